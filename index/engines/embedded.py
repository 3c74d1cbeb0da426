"""The embedded engine: the segments of one generation on this machine, opened for reading.

Owns the numbering of passages and documents through all segments, and what is stored of them; what a plan finds and what it is
worth, `evaluation` says.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain

from ..model import Leaf, Match, Plan, Stored, Term, Words
from ..texts import decode
from .evaluation import Evaluation
from .segments import Segment, SegmentFiles


class EmbeddedEngine:
    """The segments of one generation, opened for reading.  Passages are numbered through all of them."""

    def __init__(self, segments: Iterable[SegmentFiles]) -> None:
        self._segments: list[Segment] = []
        passages = documents = 0
        for files in segments:
            segment = Segment(files, passages, documents)
            self._segments.append(segment)
            passages += segment.texts.passages
            documents += segment.texts.documents
        self._bases = [segment.base for segment in self._segments]
        dead = sum(len(segment.dead) for segment in self._segments)
        self.passages = passages - dead
        self.documents = documents - sum(len(segment.dead_documents) for segment in self._segments)
        words = sum(
            sum(segment.lengths) - sum(segment.lengths[number] for number in segment.dead) for segment in self._segments
        )
        self._mean_length = max(1.0, words / max(1, self.passages))

    def close(self) -> None:
        """Close all files."""
        for segment in self._segments:
            segment.postings.close()

    # -------------------------------------------------------------------------------------- what is there

    def frequency(self, word: str) -> int:
        """In how many passages a token is."""
        return sum(segment.frequency(word) for segment in self._segments)

    def gram_frequency(self, gram: str) -> int:
        """In how many passages a pair of characters, or the surface form of a word, is, deleted ones included."""
        return sum(segment.postings.frequency("grams", gram) for segment in self._segments)

    def _at(self, passage: int) -> tuple[Segment, int]:
        segment = self._segments[bisect_right(self._bases, passage) - 1]
        return segment, passage - segment.base

    def terms(self, field: str, prefix: str = "") -> Iterator[str]:
        """The terms of a field that begin with a prefix, of each segment in turn, those of deleted passages included."""
        return chain.from_iterable(segment.postings.terms(field, prefix) for segment in self._segments)

    def document_of(self, passage: int) -> int:
        """The number of a passage's document."""
        segment = self._segments[bisect_right(self._bases, passage) - 1]
        return segment.document_base + segment.documents[passage - segment.base]

    def count_documents(self, passages: Iterable[int]) -> int:
        """In how many documents the passages are."""
        if len(self._segments) == 1:
            return len(set(map(self._segments[0].documents.__getitem__, passages)))
        return len(set(map(self.document_of, passages)))

    def place(self, passage: int) -> tuple[str, int]:
        """Path and offset of a passage: a stable order among equals."""
        segment, number = self._at(passage)
        return segment.texts.path(segment.documents[number]), segment.texts.passage(number).start

    def fetch(self, passage: int, around: int = 0) -> Stored:
        """A passage with its texts, and `around` code points of context on each side."""
        segment, number = self._at(passage)
        row = segment.texts.passage(number)
        before, text, after = segment.original(number, around)
        first = segment.texts.document(row.document).first_passage
        path, title = segment.texts.path(row.document), segment.texts.title(row.document)
        return Stored(path, title, number - first + 1, row.start, text, before, after, segment.line(number))

    # -------------------------------------------------------------------------------------- what is asked

    def search(self, plan: Plan) -> list[Match]:
        """Every passage that answers, with its tier and score, in no order (see `evaluation`)."""
        return self._evaluation().matches(plan)

    def count(self, leaf: Leaf) -> tuple[int, int]:
        """In how many passages a leaf is a word by itself, and in how many it is at all."""
        found = self._evaluation().found(leaf)
        is_word = isinstance(leaf, Words) or (isinstance(leaf, Term) and leaf.word)
        return len(found.scores) - len(found.loose) if is_word else 0, len(found.scores)

    def score_parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""
        return self._evaluation().parts(plan, passage)

    def _evaluation(self) -> Evaluation:
        return Evaluation(self._segments, self._bases, self.passages, self._mean_length)

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
        segment, number = self._at(passage)
        return decode(segment.texts.folded[segment.starts[number] : segment.starts[number + 1]]).rstrip("\0")
