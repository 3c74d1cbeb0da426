"""From files to an index: what `build` promises, done.

Owns the order of things: which files to read, what goes into which segment, when to merge.  Tells of its progress by
callback; prints nothing.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from . import encodings as decoding
from . import generation, lexicon, sources
from .analysis import Analyser, differences, fingerprint
from .engines.whoosh import PostingsWriter
from .errors import DictionaryError, IndexDamaged, IndexNotFound, IndexOutdated, NothingIndexed, UnreadableFile
from .generation import FileRecord, Manifest, SegmentEntry, Writer, segment_folder
from .language import language
from .model import Document, Report, Status, Step
from .passages import split
from .scripts import is_unspaced
from .segment import parse_dictionary
from .sources import STDIN
from .texts import Texts, TextsWriter

Progress = Callable[[Step], None]

SEGMENT_POSTINGS = 6_000_000
"""A segment is closed when it has so many postings, so that memory depends on the largest document, not on the corpus."""

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
        with closing(_Job(writer, manifest, Analyser(words), progress, manifest.encodings | forced)) as job:
            job.check(dictionary is not None)
            job.again = job.encodings != manifest.encodings
            if stdin is not None:
                job.take(STDIN, lambda: sources.read_stdin(stdin, encoding), len(stdin), 0)
                if job.skipped and wanted == [STDIN]:
                    raise NothingIndexed("standard input", tuple(job.skipped))
            below = _without_stdin(wanted) if wanted else _existing(manifest.sources)
            job.update(below, wanted or manifest.sources)
            return job.finish(started, wanted)


def rebuild(index_dir: Path, progress: Progress, encoding: str | None, dictionary: str | Path | None) -> Report:
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
        with closing(_Job(writer, fresh, Analyser(words), progress, forced)) as job:
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
        text_size=sum((folder / "originals").stat().st_size for folder in folders),
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


class _SegmentWriter:
    """Writes one segment; the embedded engine's postings and the texts side by side."""

    def __init__(self, name: str, folder: Path, analyser: Analyser) -> None:
        self.name, self._folder, self._analyser = name, folder, analyser
        self._texts, self._postings = TextsWriter(folder), PostingsWriter()
        self._count_heading = lru_cache(maxsize=512)(lambda text: Counter(analyser.words(text)))

    @property
    def is_full(self) -> bool:
        return self._postings.postings >= SEGMENT_POSTINGS

    def add(self, document: Document) -> int:
        """Add a document; its number in the segment."""
        passages = split(document)
        analysed = self._analyser.document(document.text, passages)
        title = self._analyser.analyse(document.title)
        title_terms = {*title.words, *filter(is_unspaced, title.grams)}
        self._texts.start_document(document, title.folded, language(document.text), len({*title.words}))
        apart = not any(title.folded in analysis.folded for analysis in analysed)
        at = 0
        for passage, analysis in zip(passages, analysed, strict=True):
            words = Counter(analysis.words)
            if passage.number == 1 and apart:
                words.update(title.words)  # a title that is not part of the text (HTML) is found with the first passage
            heading = self._count_heading(passage.heading)
            self._postings.add({"grams": analysis.grams, "title": title_terms}, {"heading": heading, "words": words})
            self._texts.add_passage(document.text[at : passage.end], passage, at, analysis.folded + analysis.gap, words.total())
            at = passage.end
        self._texts.end_document(document.text[at:])
        return self._texts.documents - 1

    def close(self) -> SegmentEntry:
        """Write what is still in memory."""
        self._texts.finish()
        self._postings.write(self._folder)
        return SegmentEntry(self.name, self._texts.documents, self._texts.passages, postings=self._postings.postings)

    def abandon(self) -> None:
        """Close the files as they are."""
        self._texts.close()


@dataclass(slots=True)
class _Segments:
    """The segments that a job makes, one after another as they fill."""

    writer: Writer
    generation: int
    analyser: Analyser
    done: list[SegmentEntry] = field(default_factory=list)
    _open: _SegmentWriter | None = None

    def add(self, document: Document) -> tuple[str, int]:
        """Add a document; the segment's name and the document's number in it."""
        if self._open is None:
            self._open = _SegmentWriter(*self.writer.new_segment(self.generation, len(self.done)), self.analyser)
        name, number = self._open.name, self._open.add(document)
        if self._open.is_full:
            self.close()
        return name, number

    def close(self) -> None:
        """Close the segment at hand, if there is one."""
        if self._open is not None:
            self.done.append(self._open.close())
            self._open = None

    def abandon(self) -> None:
        """Close the files of the segment at hand, if something went wrong with it."""
        if self._open is not None:
            self._open.abandon()


class _Job:
    """One build, update or rebuild, with what it has found so far."""

    def __init__(
        self, writer: Writer, manifest: Manifest, analyser: Analyser, progress: Progress, encodings: dict[str, str]
    ) -> None:
        self.index_dir, self.writer, self.manifest, self.progress = writer.index_dir, writer, manifest, progress
        self.encodings, self.analyser = encodings, analyser
        self.records = generation.read_files(self.index_dir, manifest) if manifest.created else {}
        self.segments = _Segments(writer, manifest.generation + 1, analyser)
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
        for number, file in enumerate(files):
            self.progress(Step("reading", number, len(files), file.path))
            self._consider(file)
        self.progress(Step("reading", len(files), len(files)))

    def _consider(self, file: sources.FoundFile) -> None:
        record = self.records.get(file.path)
        if record is None or self.again or not _unchanged(record, file):
            self.take(file.path, lambda: sources.read_file(file, self.encoding_of(file.path)), file.size, file.mtime_ns)
        elif record.skipped:
            self.skipped.append((file.path, record.skipped))
        else:
            self.counts["unchanged"] += 1

    def take(self, path: str, read: Callable[[], tuple[str, Document]], size: int, mtime_ns: int) -> None:
        """Read a document and put it in the place of the one of that path, unless it is the same."""
        old = self.records.get(path)
        recent = time.time_ns() - mtime_ns < _RACY_NS
        record = FileRecord(path, size, _RACY if recent else mtime_ns)
        self.touched = True
        try:
            digest, document = read()
        except UnreadableFile as error:
            self.skipped.append((path, error.reason))
            if path == STDIN and old and old.segment:
                return  # what came before is nowhere else
            self._drop([path] if old else ())
            if isinstance(error.__cause__, OSError):  # what hindered it, permissions say, may go without changing the file
                record = replace(record, mtime_ns=_RACY)
            self.records[path] = replace(record, skipped=error.reason)
            return
        if document.doubtful:
            self.doubtful.append((path, document.encoding))
        if old is not None and old.hash == digest and not self.again:
            self.counts["unchanged"] += 1
            self.records[path] = replace(old, size=record.size, mtime_ns=record.mtime_ns)
            return
        self.counts["changed" if old and old.segment else "added"] += 1
        self._delete(old)
        segment, number = self.segments.add(document)
        self.records[path] = replace(record, hash=digest, segment=segment, document=number)

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
        """Write the small segments but the largest of them anew, from the texts they keep, when there are too many.

        Full segments stay as they are, until half of what is in them is deleted: else every update of a large index would
        write nearly all of it again.
        """
        live = {
            entry.name: entry.postings * (1 - len(self.deleted.get(entry.name, ())) / entry.documents)
            for entry in (*self.manifest.segments, *self.segments.done)
        }
        small = {name for name, postings in live.items() if postings < SEGMENT_POSTINGS / 2}
        if len(small) <= MOST_SEGMENTS:
            return
        moved = small - {max(small, key=lambda name: (live[name], name))}
        self.progress(Step("merging", 0, len(moved)))
        merged = _Segments(self.writer, self.manifest.generation + 1, self.analyser, list(self.segments.done))
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


def _below(path: str, roots: set[str]) -> bool:
    return path in roots or any(path.startswith(root.rstrip("/") + "/") for root in roots)
