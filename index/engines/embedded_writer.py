"""The embedded engine, written: documents into segments on this machine, and segments into a generation.

Owns a segment while it is written, what is deleted of older ones, when segments are merged, and what the manifest says of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from .. import generation
from ..errors import EngineInFolder
from ..frozen import replace
from ..generation import FileRecord, Manifest, SegmentEntry, segment_folder
from ..model import Analysed, Document
from ..reports import Step
from ..scripts import is_unspaced
from ..texts import Texts, TextsWriter
from .base import Sink, Target, Writer
from .neighbours import NeighboursWriter

SEGMENT_POSTINGS = 6_000_000
"""A segment is closed when it has so many postings, so that memory depends on the largest document, not on the corpus."""

MOST_SEGMENTS = 8
"""More segments than this that are not full are merged."""


# ------------------------------------------------------------------------------------------ one segment


class SegmentWriter:
    """Writes one segment; postings, texts and neighbours side by side."""

    def __init__(self, name: str, folder: Path) -> None:
        from .whoosh import PostingsWriter  # takes 40 ms, and a process that leaves all writing to helpers needs none

        self.name, self._folder = name, folder
        self._texts, self._postings, self._neighbours = TextsWriter(folder), PostingsWriter(), NeighboursWriter()

    @property
    def is_full(self) -> bool:
        """Whether the next document should go into another one."""
        return self._postings.postings >= SEGMENT_POSTINGS or self._texts.is_full

    def add(self, told: Analysed) -> int:
        """Add a document; its number in the segment."""
        document, title, analyses = told.document, told.title, told.analyses
        title_words = {*title.words}
        title_terms = {*title_words, *_title_grams(title.grams - title_words)}
        self._texts.start_document(document, title.folded, told.language, len(title_words))
        apart = not any(title.folded in analysis.folded for analysis in analyses)
        self._postings.add_titles(title_terms, len(told.passages))
        at = 0
        for passage, analysis, heading in zip(told.passages, analyses, told.headings, strict=True):
            words = Counter(analysis.words)
            if passage.number == 1 and apart:
                words.update(title.words)  # a title that is not part of the text (HTML) is found with the first passage
            self._postings.add(analysis.grams, {"heading": heading, "words": words})
            text, folded = document.text[at : passage.end], analysis.folded + analysis.gap
            self._texts.add_passage(text, passage, at, folded, words.total(), analysis.cuts)
            at = passage.end
        self._texts.end_document(document.text[at:])
        self._neighbours.add([(analysis.chain, analysis.compounds) for analysis in analyses])
        return self._texts.documents - 1

    def close(self) -> SegmentEntry:
        """Write what is still in memory."""
        self._texts.finish()
        self._postings.write(self._folder)
        self._neighbours.write(self._folder)
        return SegmentEntry(self.name, self._texts.documents, self._texts.passages, postings=self._postings.postings)

    def abandon(self) -> None:
        """Close the files as they are."""
        self._texts.close()


def _title_grams(grams: Iterable[str]) -> Iterator[str]:
    """What is kept of a title's grams: the last character of a run, if it is no word, in a form that only a prefix finds."""
    return (gram if len(gram) > 1 else gram + "\0" for gram in grams if is_unspaced(gram))


# ------------------------------------------------------------------------------------------ one process


def sink_of(index_dir: str, for_generation: int, number: int, step: int) -> Sink:
    """What a helper puts documents into; see `EmbeddedWriter.helper`."""
    return EmbeddedSink(generation.Writer(Path(index_dir)), for_generation, number, step)


class EmbeddedSink:
    """The segments that are made one after another as they fill; `number` is that of the next one, `step` to that after."""

    pause: ClassVar[float] = 0.1

    def __init__(self, held: generation.Writer, for_generation: int, number: int = 0, step: int = 1) -> None:
        self.number, self.done = number, list[SegmentEntry]()
        self._held, self._generation, self._step = held, for_generation, step
        self._open: SegmentWriter | None = None

    def add(self, document: Analysed) -> tuple[str, int]:
        """Add a document; the segment's name and the document's number in it."""
        if self._open is None:
            self._open = SegmentWriter(*self._held.new_segment(self._generation, self.number))
            self.number += self._step
        name, number = self._open.name, self._open.add(document)
        if self._open.is_full:
            self._finish()
        return name, number

    def flush(self) -> None:
        """Nothing: a document is found when its generation is committed, and no sooner."""

    def _finish(self) -> None:
        if self._open is not None:
            self.done.append(self._open.close())
            self._open = None

    def close(self) -> object:
        """Finish the segment at hand, if there is one; the segments made, and a number above all of theirs."""
        self._finish()
        made = [(entry.name, entry.documents, entry.passages, entry.postings) for entry in self.done]
        return {"segments": made, "next": self.number - self._step + 1}

    def abandon(self) -> None:
        """Close the files of the segment at hand, if there is one."""
        if self._open is not None:
            self._open.abandon()


# ------------------------------------------------------------------------------------------ one generation


@contextmanager
def writing(index_dir: Path, rebuild: bool, target: Target) -> Iterator[Writer]:
    """Hold the index for writing its next generation; see `base.writing` and `generation.writing`.

    Raises EngineInFolder for what only an engine for clusters could do.
    """
    if target.urls or target.shards:
        raise EngineInFolder(index_dir, "--url" if target.urls else "--shards")
    with generation.writing(index_dir) as held:
        if rebuild:
            writer = EmbeddedWriter(held, generation.read_manifest_of_any_format(index_dir), rebuild)
        else:
            old = generation.read_manifest(index_dir) if generation.exists(index_dir) else None
            held.clean(old)
            writer = EmbeddedWriter(held, old or Manifest())
        try:
            yield writer
        finally:
            writer.sink.abandon()


class EmbeddedWriter:
    """A generation being written: segments of its own, and what is left of those of the one it is built upon."""

    def __init__(self, held: generation.Writer, old: Manifest, rebuild: bool = False) -> None:
        self._held, self._index_dir, self._old = held, held.index_dir, old
        fresh = Manifest(generation=old.generation, sources=old.sources, encodings=old.encodings)
        self.manifest = fresh if rebuild else old
        self.lock = held.lock
        self.sink = EmbeddedSink(held, old.generation + 1)
        self._records = generation.read_files(self._index_dir, old) if self.manifest.created else {}
        self._deleted = {entry.name: set(entry.deleted) for entry in self.manifest.segments}
        self._texts = lru_cache(maxsize=None)(lambda name: Texts(segment_folder(self._index_dir, name)))

    def dictionary(self) -> str:
        """The user's dictionary; raises IndexDamaged."""
        return generation.read_dictionary(self._index_dir, self._old)

    def files(self, roots: Collection[str]) -> dict[str, FileRecord]:
        """What the generation that answers now knows of all files; raises IndexDamaged."""
        if self.manifest is self._old:
            return dict(self._records)
        return generation.read_files(self._index_dir, self._old)

    def check(self) -> None:
        """Look whether the texts of all segments can be read; raises IndexDamaged."""
        for entry in self.manifest.segments:
            self._texts(entry.name)

    def stored(self, record: FileRecord) -> Document:
        """A document as it was added; raises IndexDamaged."""
        return self._texts(record.segment).stored_document(record.document)

    def put(self, record: FileRecord, old: FileRecord | None) -> None:
        """Note a file, and that the document of an older record is deleted."""
        self._delete(old)
        self._records[record.path] = record

    def drop(self, record: FileRecord) -> None:
        """Forget a file; its document is deleted."""
        self._delete(record)
        del self._records[record.path]

    def _delete(self, record: FileRecord | None) -> None:
        if record is not None and record.segment in self._deleted:
            self._deleted[record.segment].add(record.document)

    def helper(self, number: int, count: int) -> list[object]:
        """Every `count`th number of a segment is a helper's, so that no two segments have one name."""
        return [str(self._index_dir), self.manifest.generation + 1, self.sink.number + number, count]

    def helped(self, made: Any) -> None:
        """Take over the segments that a helper made."""
        for name, documents, passages, postings in made["segments"]:
            self.sink.done.append(SegmentEntry(name, documents, passages, postings=postings))
        self.sink.number = max(self.sink.number, made["next"])

    def commit(
        self, manifest: Manifest, dictionary: str, analyse: Callable[[Document], Analysed], progress: Callable[[Step], None]
    ) -> Manifest:
        """Write what is left, merge if there are too many segments, count what is in them, and switch."""
        self.sink.close()
        self._merge(analyse, progress)
        kept = [replace(entry, deleted=tuple(sorted(self._deleted[entry.name]))) for entry in self.manifest.segments]
        segments = [entry for entry in kept if len(entry.deleted) < entry.documents] + self.sink.done
        manifest = replace(
            manifest,
            generation=self.manifest.generation + 1,
            segments=tuple(segments),
            documents=sum(entry.documents - len(entry.deleted) for entry in segments),
            passages=sum(entry.passages - self._dead_passages(entry) for entry in segments),
        )
        return self._held.commit(manifest, self._records.values(), dictionary)

    def _dead_passages(self, entry: SegmentEntry) -> int:
        first = self._texts(entry.name).first_passages()
        return sum(first[number + 1] - first[number] for number in entry.deleted)

    def _merge(self, analyse: Callable[[Document], Analysed], progress: Callable[[Step], None]) -> None:
        """Write the smallest segments anew as one, from the texts they keep, when there are too many.

        Full segments stay as they are, until half of what is in them is deleted: else every update of a large index would
        write nearly all of it again.
        """
        live = {
            entry.name: entry.postings * (1 - len(self._deleted.get(entry.name, ())) / entry.documents)
            for entry in (*self.manifest.segments, *self.sink.done)
        }
        small = {name for name, postings in live.items() if postings < SEGMENT_POSTINGS / 2}
        if len(small) <= MOST_SEGMENTS:
            return
        moved = _smallest({name: live[name] for name in small}, MOST_SEGMENTS)
        progress(Step("merging", 0, len(moved)))
        merged = EmbeddedSink(self._held, self.manifest.generation + 1, self.sink.number)
        for path, record in list(self._records.items()):
            if record.segment in moved:
                segment, number = merged.add(analyse(self.stored(record)))
                self._records[path] = replace(record, segment=segment, document=number)
        merged.close()
        self._texts.cache_clear()
        for name in moved & self._deleted.keys():
            entry = next(entry for entry in self.manifest.segments if entry.name == name)
            self._deleted[name] = set(range(entry.documents))
        self.sink.done = [entry for entry in self.sink.done if entry.name not in moved] + merged.done


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
