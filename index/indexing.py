"""From files to an index: what `build` promises, done.

Owns the order of things: which files to read, what becomes of what is known of them, when the index is switched.  Where
documents are kept is the engine's business.  Tells of its progress by callback; prints nothing.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from . import encodings as decoding
from . import lexicon, reading, sources
from .analysis import Analyser, differences, fingerprint
from .engines import base
from .engines.base import Target, Writer
from .errors import DictionaryError, IndexDamaged, IndexNotFound, IndexOutdated, NothingIndexed, UnreadableFile
from .frozen import replace
from .generation import FileRecord, Manifest
from .model import Document
from .reading import Outcome, Task
from .reports import Report, Status, Step
from .segment import parse_dictionary
from .sources import STDIN

Progress = Callable[[Step], None]

# A file written within this time before it is read may be written again without a change of its time of modification, so
# that time is not recorded and the next update reads the file again.
_RACY_NS, _RACY = 2_000_000_000, -1


def build(
    index_dir: Path,
    paths: Iterable[str | Path],
    progress: Progress,
    encoding: str | None,
    dictionary: str | Path | None,
    stdin: bytes | None,
    jobs: int | None,
    target: Target,
) -> Report:
    """See `build.build`."""
    started, wanted = time.perf_counter(), [STDIN if str(path) == STDIN else sources.absolute(path) for path in paths]
    words = _read_dictionary(dictionary) if dictionary is not None else None
    with base.writing(index_dir, target=target) as writer:
        old = writer.manifest
        if not old.created and not wanted:
            raise IndexNotFound(index_dir)
        words = writer.dictionary() if words is None else words
        forced = dict.fromkeys(_without_stdin(wanted or old.sources), encoding) if encoding is not None else {}
        job = _Job(index_dir, writer, Analyser(words), progress, {**old.encodings, **forced}, jobs)
        job.build_upon(wanted or old.sources, dictionary is not None)
        if stdin is not None:
            job.take(STDIN, lambda: sources.read_stdin(stdin, encoding), len(stdin), 0)
            if job.skipped and wanted == [STDIN]:
                raise NothingIndexed("standard input", tuple(job.skipped))
        job.update(_without_stdin(wanted) if wanted else _existing(old.sources), wanted or old.sources)
        return job.finish(started, wanted)


def rebuild(
    index_dir: Path,
    progress: Progress,
    encoding: str | None,
    dictionary: str | Path | None,
    jobs: int | None,
    target: Target,
) -> Report:
    """See `build.rebuild`."""
    started = time.perf_counter()
    words = _read_dictionary(dictionary) if dictionary is not None else None
    with base.writing(index_dir, rebuild=True, target=target) as writer:
        old = writer.manifest
        words = writer.dictionary() if words is None else words
        forced = old.encodings if encoding is None else dict.fromkeys(_without_stdin(old.sources), encoding)
        job = _Job(index_dir, writer, Analyser(words), progress, forced, jobs)
        if STDIN in old.sources:
            job.take(STDIN, lambda: _stored_stdin(writer), 0, 0)
        existing = _existing(old.sources)
        job.update(existing, old.sources)
        job.skipped += [(path, "vanished") for path in old.sources if path not in (STDIN, *existing)]
        return job.finish(started, old.sources)


def status(index_dir: Path) -> Status:
    """See `build.status`."""
    manifest = base.manifest(index_dir)
    try:
        return _status(index_dir, manifest)
    except (OSError, IndexDamaged) as error:
        if base.manifest(index_dir).generation != manifest.generation:  # replaced while we were looking
            return status(index_dir)
        raise IndexDamaged(index_dir, f"a file of it cannot be read: {error}") from error


def _status(index_dir: Path, manifest: Manifest) -> Status:
    records = base.files(index_dir, manifest)
    found = {file.path: file for file in _files(index_dir, _existing(manifest.sources), lambda error: None)}
    now = Analyser(base.dictionary(index_dir, manifest)).parts()
    size = base.size(index_dir, manifest)
    return Status(
        location=str(index_dir),
        generation=manifest.generation,
        created=manifest.created,
        engine=manifest.engine,
        documents=manifest.documents,
        passages=manifest.passages,
        size=size.bytes,
        text_size=size.text_bytes,
        segments=size.segments,
        sources=manifest.sources,
        skipped=sum(bool(record.skipped) for record in records.values()),
        new=len(found.keys() - records.keys()),
        changed=sum(_may_have_changed(records[path], file) for path, file in found.items() if path in records),
        vanished=len(records.keys() - found.keys() - {STDIN}),
        fingerprint=fingerprint(manifest.analysis),
        analysis=tuple(manifest.analysis.items()),
        outdated=differences(manifest.analysis, now),
        where=base.where(index_dir, manifest),
    )


def _read_dictionary(path: str | Path) -> str:
    try:
        text, _, _ = decoding.decode(Path(path).read_bytes())
        text.encode()  # it is kept as UTF-8
        parse_dictionary(text)
    except OSError as error:
        raise DictionaryError(path, error.strerror or str(error)) from error
    except UnreadableFile as error:
        raise DictionaryError(path, error.reason) from error
    except ValueError as error:
        raise DictionaryError(path, str(error)) from error
    return text


def _without_stdin(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path != STDIN]


def _existing(paths: Iterable[str]) -> list[str]:
    # Path.exists() raises where a folder above may not be entered.
    return [path for path in _without_stdin(paths) if os.path.exists(path)]  # noqa: PTH110


def _files(index_dir: Path, paths: Iterable[str], on_skip: Callable[[UnreadableFile], None]) -> Iterator[sources.FoundFile]:
    """The files below the paths, without the index's own, by whatever links they are reached."""
    own = {os.path.realpath(index_dir)}
    is_own = lru_cache(maxsize=None)(lambda folder: _below(os.path.realpath(folder), own))
    return (file for file in sources.find_files(paths, on_skip) if not is_own(os.path.dirname(file.path)))  # noqa: PTH120


def _stored_stdin(writer: Writer) -> tuple[str, Document]:
    """Hash and document of what came from standard input, as the index has it; raises UnreadableFile."""
    try:
        record = writer.files([STDIN])[STDIN]
        return record.hash, writer.stored(record)
    except (IndexDamaged, OSError, KeyError, ValueError) as error:
        raise UnreadableFile(STDIN, f"what came from standard input cannot be had from the old index ({error})") from error


def _unchanged(record: FileRecord, file: sources.FoundFile) -> bool:
    return (record.size, record.mtime_ns) == (file.size, file.mtime_ns)


def _may_have_changed(record: FileRecord, file: sources.FoundFile) -> bool:
    """For a status, which reads no files: a file that was written just before it was read counts as the same."""
    return not _unchanged(record, file) and (record.size != file.size or record.mtime_ns != _RACY)


class _Job:
    """One build, update or rebuild, with what it has found so far."""

    def __init__(
        self,
        index_dir: Path,
        writer: Writer,
        analyser: Analyser,
        progress: Progress,
        encodings: Mapping[str, str],
        jobs: int | None,
    ) -> None:
        self.index_dir, self.writer, self.manifest, self.progress = index_dir, writer, writer.manifest, progress
        self.encodings, self.analyser, self.jobs = encodings, analyser, jobs
        self.analysed = reading.analysing(analyser)
        self.records = dict[str, FileRecord]()
        self.skipped: list[tuple[str, str]] = []
        self.doubtful: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()
        self.touched = False
        self.again = False  # whether files are read again that have not changed

    def encoding_of(self, path: str) -> str | None:
        """The encoding forced for a file: that of the nearest source it is below."""
        above = [source for source in self.encodings if _below(path, {source})]
        return self.encodings[max(above, key=len)] if above else None

    def build_upon(self, roots: Collection[str], dictionary_named: bool) -> None:
        """Take over what is known below some paths; refuse an index that is broken, or was made by another analysis."""
        self.records = self.writer.files(roots)
        self.again = self.encodings != self.manifest.encodings
        self.writer.check()
        now = self.analyser.parts()
        if self.manifest.documents and (changed := differences(self.manifest.analysis, now)):
            command = "tongwen rebuild --dictionary FILE" if dictionary_named else "tongwen rebuild"
            raise IndexOutdated(self.index_dir, changed, command)

    def update(self, paths: list[str], named: Iterable[str]) -> None:
        """Read what is new or changed below the paths, drop what vanished below those named."""
        self.progress(Step("looking", 0, 0))
        files = list(_files(self.index_dir, paths, lambda error: self.skipped.append((error.path, error.reason))))
        roots = {path for path in named if path != STDIN}
        self._drop(path for path in self.records.keys() - {file.path for file in files} if _below(path, roots))
        wanted = {file.path: file for file in files if self._is_wanted(file)}
        tasks = [Task(file, self.encoding_of(path), self._known(path)) for path, file in wanted.items()]
        done = len(files) - len(tasks)
        count = reading.processes(tasks, self.jobs)
        if count > 1:
            outcomes = reading.side_by_side(self.writer, self.analyser, tasks, count)
        else:
            outcomes = reading.read(self.writer.sink, self.analysed, tasks)
        for outcome in outcomes:
            self.progress(Step("reading", done, len(files), outcome.path))
            done += 1
            self._record(outcome, wanted[outcome.path].size, wanted[outcome.path].mtime_ns)
        self.progress(Step("reading", len(files), len(files)))

    def _is_wanted(self, file: sources.FoundFile) -> bool:
        """Whether a file is to be read; if not, that is counted."""
        record = self.records.get(file.path)
        if record is None or self.again or not _unchanged(record, file):
            return True
        if record.skipped:
            self.skipped.append((file.path, record.skipped))
        else:
            self.counts["unchanged"] += 1
        return False

    def _known(self, path: str) -> str:
        """The hash of a file that need not be read in again."""
        return self.records[path].hash if path in self.records and not self.again else ""

    def take(self, path: str, read: Callable[[], tuple[str, Document]], size: int, mtime_ns: int) -> None:
        """Read a document and put it in the place of the one of that path, unless it is the same."""
        self._record(reading.take(self.writer.sink, self.analysed, path, self._known(path), read), size, mtime_ns)

    def _record(self, outcome: Outcome, size: int, mtime_ns: int) -> None:
        """Put what became of a file in the place of what is known of it."""
        path, old, self.touched = outcome.path, self.records.get(outcome.path), True
        recent = outcome.began - mtime_ns < _RACY_NS
        mtime_ns = _RACY if recent or outcome.hindered else mtime_ns
        if outcome.skipped:
            self.skipped.append((path, outcome.skipped))
            if path == STDIN and old and old.segment:
                return  # what came before is nowhere else
            self._drop([path] if old else ())
            self._put(FileRecord(path, size, mtime_ns, skipped=outcome.skipped))
            return
        if outcome.doubtful:
            self.doubtful.append((path, outcome.doubtful))
        if old is not None and not outcome.segment:
            self.counts["unchanged"] += 1
            self._put(replace(old, size=size, mtime_ns=mtime_ns))
            return
        self.counts["changed" if old and old.segment else "added"] += 1
        self._put(FileRecord(path, size, mtime_ns, outcome.hash, outcome.segment, outcome.document), old)

    def _put(self, record: FileRecord, old: FileRecord | None = None) -> None:
        self.records[record.path] = record
        self.writer.put(record, old)

    def _drop(self, paths: Iterable[str]) -> None:
        for path in list(paths):
            record = self.records.pop(path)
            self.writer.drop(record)
            self.counts["removed"] += bool(record.segment)
            self.touched = True

    def finish(self, started: float, named: Iterable[str]) -> Report:
        """Switch to what was made, if anything is new, and report."""
        old, recorded = self.manifest, tuple(dict.fromkeys((*self.manifest.sources, *named)))
        if not old.created and not any(record.segment for record in self.records.values()):
            raise NothingIndexed(", ".join(recorded), tuple(self.skipped))
        compiled = lexicon.ready(lambda: self.progress(Step("lexicon", 0, 1)))
        self.progress(Step("writing", 0, 1))
        if self.touched or recorded != old.sources or compiled != old.lexicon:
            new = Manifest(
                engine=old.engine,
                analysis=self.analyser.parts(),
                sources=recorded,
                encodings=self.encodings,
                lexicon=compiled,
                created=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            )
            self.manifest = self.writer.commit(new, self.analyser.dictionary, self.analysed, self.progress)
        return Report(
            self.counts["added"],
            self.counts["changed"],
            self.counts["removed"],
            self.counts["unchanged"],
            tuple(self.skipped),
            tuple(self.doubtful),
            self.manifest.documents,
            self.manifest.passages,
            time.perf_counter() - started,
        )


def _below(path: str, roots: set[str]) -> bool:
    return path in roots or any(path.startswith(root.rstrip("/") + "/") for root in roots)
