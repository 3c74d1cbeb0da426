"""From files to an index: what `build` promises, done.

Owns the order of things: which files to read, what goes into which segment, when to merge.  Tells of its progress by
callback; prints nothing.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from . import encodings as decoding
from . import generation, lexicon, reading, sources
from .analysis import Analyser, differences, fingerprint
from .errors import DictionaryError, IndexDamaged, IndexNotFound, IndexOutdated, NothingIndexed, UnreadableFile
from .frozen import replace
from .generation import FileRecord, Manifest, SegmentEntry, Writer, segment_folder
from .model import Document
from .reading import Outcome, Segments, Task
from .reports import Report, Status, Step
from .segment import parse_dictionary
from .sources import STDIN
from .texts import Texts

Progress = Callable[[Step], None]

MOST_SEGMENTS = 8
"""More segments than this that are not full are merged."""

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
) -> Report:
    """See `build.build`."""
    started, wanted = time.perf_counter(), [STDIN if str(path) == STDIN else sources.absolute(path) for path in paths]
    words = _read_dictionary(dictionary) if dictionary is not None else None
    with generation.writing(index_dir) as writer:
        old = generation.read_manifest(index_dir) if generation.exists(index_dir) else None
        if old is None and not wanted:
            raise IndexNotFound(index_dir)
        writer.clean(old)
        manifest = old or Manifest()
        words = generation.read_dictionary(index_dir, manifest) if words is None else words
        forced = dict.fromkeys(_without_stdin(wanted or manifest.sources), encoding) if encoding is not None else {}
        with closing(_Job(writer, manifest, Analyser(words), progress, {**manifest.encodings, **forced}, jobs)) as job:
            job.check(dictionary is not None)
            job.again = job.encodings != manifest.encodings
            if stdin is not None:
                job.take(STDIN, lambda: sources.read_stdin(stdin, encoding), len(stdin), 0)
                if job.skipped and wanted == [STDIN]:
                    raise NothingIndexed("standard input", tuple(job.skipped))
            below = _without_stdin(wanted) if wanted else _existing(manifest.sources)
            job.update(below, wanted or manifest.sources)
            return job.finish(started, wanted)


def rebuild(
    index_dir: Path, progress: Progress, encoding: str | None, dictionary: str | Path | None, jobs: int | None
) -> Report:
    """See `build.rebuild`."""
    started = time.perf_counter()
    words = _read_dictionary(dictionary) if dictionary is not None else None
    if not generation.exists(index_dir):
        raise IndexNotFound(index_dir)
    with generation.writing(index_dir) as writer:
        old = generation.read_manifest_of_any_format(index_dir)
        words = generation.read_dictionary(index_dir, old) if words is None else words
        fresh = Manifest(generation=old.generation, sources=old.sources)
        forced = old.encodings if encoding is None else dict.fromkeys(_without_stdin(old.sources), encoding)
        with closing(_Job(writer, fresh, Analyser(words), progress, forced, jobs)) as job:
            if STDIN in old.sources:
                job.take(STDIN, lambda: _stored_stdin(index_dir, old), 0, 0)
            existing = _existing(old.sources)
            job.update(existing, old.sources)
            job.skipped += [(path, "vanished") for path in old.sources if path not in (STDIN, *existing)]
            return job.finish(started, old.sources)


def status(index_dir: Path) -> Status:
    """See `build.status`."""
    manifest = generation.read_manifest(index_dir)
    try:
        return _status(index_dir, manifest)
    except (OSError, IndexDamaged) as error:
        if generation.read_manifest(index_dir).generation != manifest.generation:  # replaced while we were looking
            return status(index_dir)
        raise IndexDamaged(index_dir, f"a file of it cannot be read: {error}") from error


def _status(index_dir: Path, manifest: Manifest) -> Status:
    records = generation.read_files(index_dir, manifest)
    found = {file.path: file for file in _files(index_dir, _existing(manifest.sources), lambda error: None)}
    folders = [segment_folder(index_dir, entry.name) for entry in manifest.segments]
    now = Analyser(generation.read_dictionary(index_dir, manifest)).parts()
    return Status(
        location=str(index_dir),
        generation=manifest.generation,
        created=manifest.created,
        engine=manifest.engine,
        documents=manifest.documents,
        passages=manifest.passages,
        size=sum(path.stat().st_size for path in index_dir.rglob("*") if path.is_file()),
        text_size=sum((folder / "folded").stat().st_size for folder in folders),
        segments=len(folders),
        sources=manifest.sources,
        skipped=sum(bool(record.skipped) for record in records.values()),
        new=len(found.keys() - records.keys()),
        changed=sum(_may_have_changed(records[path], file) for path, file in found.items() if path in records),
        vanished=len(records.keys() - found.keys() - {STDIN}),
        fingerprint=fingerprint(manifest.analysis),
        analysis=tuple(manifest.analysis.items()),
        outdated=differences(manifest.analysis, now),
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


def _stored_stdin(index_dir: Path, manifest: Manifest) -> tuple[str, Document]:
    """Hash and document of what came from standard input, as the index has it; raises UnreadableFile."""
    try:
        record = generation.read_files(index_dir, manifest)[STDIN]
        return record.hash, Texts(segment_folder(index_dir, record.segment)).stored_document(record.document)
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
        writer: Writer,
        manifest: Manifest,
        analyser: Analyser,
        progress: Progress,
        encodings: Mapping[str, str],
        jobs: int | None,
    ) -> None:
        self.index_dir, self.writer, self.manifest, self.progress = writer.index_dir, writer, manifest, progress
        self.encodings, self.analyser, self.jobs = encodings, analyser, jobs
        self.records = generation.read_files(self.index_dir, manifest) if manifest.created else {}
        self.segments = Segments(writer, manifest.generation + 1, analyser)
        self.deleted = {entry.name: set(entry.deleted) for entry in manifest.segments}
        self.skipped: list[tuple[str, str]] = []
        self.doubtful: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()
        self.touched, self.lexicon = False, manifest.lexicon
        self.again = False  # whether files are read again that have not changed
        self._texts = lru_cache(maxsize=None)(lambda name: Texts(segment_folder(self.index_dir, name)))

    def encoding_of(self, path: str) -> str | None:
        """The encoding forced for a file: that of the nearest source it is below."""
        above = [source for source in self.encodings if _below(path, {source})]
        return self.encodings[max(above, key=len)] if above else None

    def check(self, dictionary_named: bool) -> None:
        """Refuse to add to an index whose files are broken, or that was made by another analysis."""
        for entry in self.manifest.segments:
            self._texts(entry.name)
        now = self.analyser.parts()
        if self.manifest.segments and (changed := differences(self.manifest.analysis, now)):
            command = "tongwen rebuild --dictionary FILE" if dictionary_named else "tongwen rebuild"
            raise IndexOutdated(self.index_dir, changed, command)

    def close(self) -> None:
        """Leave no file open, however the job ended."""
        self.segments.abandon()

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
        several = count > 1
        for outcome in reading.side_by_side(self.segments, tasks, count) if several else reading.read(self.segments, tasks):
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
        self._record(self.segments.take(path, self._known(path), read), size, mtime_ns)

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
            self.records[path] = FileRecord(path, size, mtime_ns, skipped=outcome.skipped)
            return
        if outcome.doubtful:
            self.doubtful.append((path, outcome.doubtful))
        if old is not None and not outcome.segment:
            self.counts["unchanged"] += 1
            self.records[path] = replace(old, size=size, mtime_ns=mtime_ns)
            return
        self.counts["changed" if old and old.segment else "added"] += 1
        self._delete(old)
        self.records[path] = FileRecord(path, size, mtime_ns, outcome.hash, outcome.segment, outcome.document)

    def _drop(self, paths: Iterable[str]) -> None:
        for path in list(paths):
            record = self.records.pop(path)
            self._delete(record)
            self.counts["removed"] += bool(record.segment)
            self.touched = True

    def _delete(self, record: FileRecord | None) -> None:
        if record is not None and record.segment in self.deleted:
            self.deleted[record.segment].add(record.document)

    def finish(self, started: float, named: Iterable[str]) -> Report:
        """Write what is left, merge if there are too many segments, switch, and report."""
        self.progress(Step("writing", 0, 1))
        self.segments.close()
        self._merge()
        kept = [replace(entry, deleted=tuple(sorted(self.deleted[entry.name]))) for entry in self.manifest.segments]
        kept = [entry for entry in kept if len(entry.deleted) < entry.documents] + self.segments.done
        documents = sum(entry.documents - len(entry.deleted) for entry in kept)
        recorded = tuple(dict.fromkeys((*self.manifest.sources, *named)))
        if not documents and not self.manifest.created:
            raise NothingIndexed(", ".join(recorded), tuple(self.skipped))
        self.lexicon = lexicon.ready(lambda: self.progress(Step("lexicon", 0, 1)))
        if self.touched or recorded != self.manifest.sources or self.lexicon != self.manifest.lexicon:
            self._commit(kept, documents, recorded)
        return Report(
            self.counts["added"],
            self.counts["changed"],
            self.counts["removed"],
            self.counts["unchanged"],
            tuple(self.skipped),
            tuple(self.doubtful),
            documents,
            self.manifest.passages,
            time.perf_counter() - started,
        )

    def _commit(self, segments: list[SegmentEntry], documents: int, recorded: tuple[str, ...]) -> None:
        passages = sum(entry.passages - self._dead_passages(entry) for entry in segments)
        manifest = Manifest(
            generation=self.manifest.generation + 1,
            analysis=self.analyser.parts(),
            sources=recorded,
            encodings=self.encodings,
            lexicon=self.lexicon,
            segments=tuple(segments),
            documents=documents,
            passages=passages,
            created=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        )
        self.manifest = self.writer.commit(manifest, self.records.values(), self.analyser.dictionary)

    def _dead_passages(self, entry: SegmentEntry) -> int:
        first = self._texts(entry.name).first_passages()
        return sum(first[number + 1] - first[number] for number in entry.deleted)

    def _merge(self) -> None:
        """Write the smallest segments anew as one, from the texts they keep, when there are too many.

        Full segments stay as they are, until half of what is in them is deleted: else every update of a large index would
        write nearly all of it again.
        """
        live = {
            entry.name: entry.postings * (1 - len(self.deleted.get(entry.name, ())) / entry.documents)
            for entry in (*self.manifest.segments, *self.segments.done)
        }
        small = {name for name, postings in live.items() if postings < reading.SEGMENT_POSTINGS / 2}
        if len(small) <= MOST_SEGMENTS:
            return
        moved = _smallest({name: live[name] for name in small}, MOST_SEGMENTS)
        self.progress(Step("merging", 0, len(moved)))
        merged = Segments(
            self.writer, self.manifest.generation + 1, self.analyser, self.segments.number, done=list(self.segments.done)
        )
        for path, record in list(self.records.items()):
            if record.segment in moved:
                texts = self._texts(record.segment)
                segment, number = merged.add(texts.stored_document(record.document))
                self.records[path] = replace(record, segment=segment, document=number)
        merged.close()
        self._texts.cache_clear()
        for name in moved & self.deleted.keys():
            entry = next(entry for entry in self.manifest.segments if entry.name == name)
            self.deleted[name] = set(range(entry.documents))
        self.segments.done = [entry for entry in merged.done if entry.name not in moved]


def _smallest(sizes: Mapping[str, float], most: int) -> set[str]:
    """Which of too many segments are to become one so that no more than `most` are left.

    With them any that is no larger than they are together: so whatever is written again ends up in twice as much, and that
    seldom.
    """
    ordered = sorted(sizes, key=lambda name: (sizes[name], name))
    count = len(ordered) - most + 1
    while count < len(ordered) and sizes[ordered[count]] <= sum(map(sizes.__getitem__, ordered[:count])):
        count += 1
    return set(ordered[:count])


def _below(path: str, roots: set[str]) -> bool:
    return path in roots or any(path.startswith(root.rstrip("/") + "/") for root in roots)
