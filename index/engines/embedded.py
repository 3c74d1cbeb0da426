"""The embedded engine: the segments of one generation on this machine, opened for reading.

Owns what is stored of passages and documents, by their number in the index; what a plan finds and what that is worth,
`evaluation` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, product
from pathlib import Path
from typing import TypeVar

from .. import generation
from ..generation import FileRecord, Manifest, segment_folder
from ..model import Leaf, Plan, Stored, Term, Words
from ..texts import decode
from .base import Size
from .evaluation import Evaluation
from .found import Matches
from .segments import SegmentFiles, Segments

T = TypeVar("T")


def manifest(index_dir: Path, here: Manifest) -> Manifest:
    """The manifest in the index's folder is the one that counts."""
    return here


def files(index_dir: Path, manifest: Manifest) -> dict[str, FileRecord]:
    """The files of a generation by path; raises IndexDamaged."""
    return generation.read_files(index_dir, manifest)


def dictionary(index_dir: Path, manifest: Manifest) -> str:
    """The user's dictionary that a generation was made with; raises IndexDamaged."""
    return generation.read_dictionary(index_dir, manifest)


def where(manifest: Manifest) -> str:
    """In the folder."""
    return ""


def size(index_dir: Path, manifest: Manifest) -> Size:
    """The bytes of all that is in the index's folder, and those of the folded texts; raises OSError."""
    texts = [segment_folder(index_dir, entry.name) / "folded" for entry in manifest.segments]
    everything = (path for path in index_dir.rglob("*") if path.is_file())
    return Size(sum(path.stat().st_size for path in everything), sum(path.stat().st_size for path in texts), len(texts))


def opened(index_dir: Path, manifest: Manifest) -> EmbeddedEngine:
    """The segments that a manifest names; raises IndexDamaged, OSError."""
    return EmbeddedEngine(
        SegmentFiles(segment_folder(index_dir, entry.name), frozenset(entry.deleted)) for entry in manifest.segments
    )


class EmbeddedEngine:
    """The segments of one generation, opened for reading.  Passages are numbered through all of them."""

    def __init__(self, segments: Iterable[SegmentFiles]) -> None:
        self._segments = Segments(segments)
        self.passages, self.documents = self._segments.passages, self._segments.documents

    def close(self) -> None:
        """Close all files."""
        for segment in self._segments:
            segment.postings.close()

    # -------------------------------------------------------------------------------------- what is there

    def settled(self, work: Callable[[], T]) -> T:
        """What work gives: frequencies are at hand."""
        return work()

    def frequency(self, word: str) -> int:
        """In how many passages a token is."""
        return self._segments.frequency(word)

    def gram_frequency(self, gram: str) -> int:
        """In how many passages a pair of characters, or the surface form of a word, is, deleted ones included."""
        return sum(segment.postings.frequency("grams", gram) for segment in self._segments)

    def terms(self, field: str, *prefixes: str) -> Iterator[str]:
        """The terms of a field that begin with a prefix, of each segment in turn, those of deleted passages included."""
        each = product(prefixes, self._segments)
        return chain.from_iterable(segment.postings.terms(field, prefix) for prefix, segment in each)

    def document_of(self, passage: int) -> int:
        """The number of a passage's document."""
        return self._segments.document_of(passage)

    def passage_of(self, passage: int) -> tuple[str, int]:
        """The path of a passage's document, and the passage's number in it, from 1."""
        segment, number = self._segments.at(passage)
        document = segment.documents[number]
        return segment.texts.path(document), number - segment.texts.document(document).first_passage + 1

    def expect(self, passages: Iterable[int], around: int) -> None:
        """Nothing: all is at hand."""

    def fetch(self, passage: int, around: int = 0) -> Stored:
        """A passage with its texts, and `around` code points of context on each side."""
        segment, number = self._segments.at(passage)
        row = segment.texts.passage(number)
        before, text, after = segment.original(number, around)
        path, place = self.passage_of(passage)
        return Stored(path, segment.texts.title(row.document), place, row.start, text, before, after, segment.line(number))

    # -------------------------------------------------------------------------------------- what is asked

    def search(self, plan: Plan, expected: int = 0) -> Matches:
        """Every passage that answers (see `evaluation`); scored when asked for."""
        return self._evaluation().matches(plan)

    def count(self, leaf: Leaf) -> tuple[int, int]:
        """In how many passages a leaf is a word by itself, and in how many it is at all."""
        found = self._evaluation().found(leaf)
        is_word = isinstance(leaf, Words) or (isinstance(leaf, Term) and leaf.word)
        return (found.passages & ~found.loose).bit_count() if is_word else 0, found.passages.bit_count()

    def score_parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""
        return self._evaluation().parts(plan, passage)

    def _evaluation(self) -> Evaluation:
        return Evaluation(self._segments)

    # -------------------------------------------------------------------------------------- what a document has

    def passages_of(self, path: str) -> range:
        """The passages of the document with a path, none if there is no such document."""
        for segment in self._segments:
            for document, other in enumerate(segment.texts.paths()):
                if other == path and document not in segment.dead_documents:
                    first, end = segment.texts.first_passages()[document : document + 2]
                    return range(segment.base + first, segment.base + end)
        return range(0)

    def folded(self, passage: int) -> str:
        """The folded text of a passage, with what the white space behind it folds to."""
        segment, number = self._segments.at(passage)
        return decode(segment.texts.folded[segment.starts[number] : segment.starts[number + 1]]).rstrip("\0")
