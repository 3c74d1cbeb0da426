"""The passages that came from a cluster: their numbers, what they say, and what is around them.

Numbers are given out as passages are seen, those of a document in one range.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from ...errors import IndexDamaged
from . import units
from .kept import CONTEXT, Row, document_of, id_of, row_of
from .queries import Query, a_term, all_of, constant
from .requests import PAGE, Index

ASKED: Query = {"stored_fields": ["stored"]}
"""What is said in a search for passages, so that they come."""


class Numbers:
    """The numbers of passages: those of a document are one range, given out when it is first seen."""

    def __init__(self) -> None:
        self._ranges: dict[tuple[str, int], int] = {}
        self._starts, self._documents = list[int](), list[tuple[str, int]]()
        self._next = 0

    def of_document(self, path: str, passages: int) -> range:
        """The numbers of a document's passages; others if it has become longer or shorter."""
        key = path, passages
        if key not in self._ranges:
            self._ranges[key] = self._next
            self._starts.append(self._next)
            self._documents.append(key)
            self._next += passages
        first = self._ranges[key]
        return range(first, first + passages)

    def of(self, row: Row) -> int:
        """The number of a passage."""
        return self.of_document(row.path, row.of)[row.number - 1]

    def passage(self, number: int) -> tuple[str, int]:
        """Path of the document and number in it, from 1, of a passage."""
        at = bisect_right(self._starts, number) - 1
        return self._documents[at][0], number - self._starts[at] + 1


class Passages:
    """The passages of an index as far as somebody wanted them; the last that came are kept."""

    def __init__(self, index: Index) -> None:
        self._index, self._numbers, self._rows = index, Numbers(), dict[int, Row]()

    def place(self, passage: int) -> tuple[str, int]:
        """The path of a passage's document, and the passage's number in it, from 1."""
        return self._numbers.passage(passage)

    def row(self, passage: int) -> Row:
        """What a passage says; raises IndexDamaged if it is gone."""
        if passage not in self._rows:
            self.fetch([self._numbers.passage(passage)])
        if passage not in self._rows:
            path, number = self._numbers.passage(passage)
            raise IndexDamaged(
                str(self._index.cluster.location), f"passage {number} of {path} is gone", "it was changed; search again"
            )
        return self._rows[passage]

    def of_document(self, path: str) -> range:
        """The passages of the document with a path, none if there is no such document."""
        first = all_of([a_term("path", units.storable(path)), {"term": {"number": 1}}])
        hits = self._index.found({"query": first, "size": 1} | ASKED)["hits"]["hits"]
        return self._numbers.of_document(path, self.seen(hits[0])[1].of) if hits else range(0)

    def fetch(self, wanted: Iterable[tuple[str, int]]) -> list[Row]:
        """Passages by path of the document and number in it, those that are there."""
        ids = (id_of(document_of(path), number) for path, number in wanted)
        found = list[Row]()
        while some := list(islice(ids, PAGE)):
            answer = self._index.ask("_mget", {"ids": some}, realtime="false", stored_fields="stored")
            found += [self.seen(each)[1] for each in answer["docs"] if each.get("found")]
        return found

    def seen(self, kept: Mapping[str, Any]) -> tuple[int, Row]:
        """A passage as it came from the cluster, and its number; it is kept, for a while."""
        row = row_of(kept)
        number = self._numbers.of(row)
        self._rows.pop(number, None)
        if len(self._rows) >= 10 * PAGE:
            for oldest in list(islice(self._rows, PAGE)):
                del self._rows[oldest]
        self._rows[number] = row
        return number, row

    def scanned(self, query: Query) -> Iterator[Row]:
        """All passages that a query finds."""
        body = {"query": constant(query, 1.0), "sort": ["path", "start"]} | ASKED
        return (self.seen(hit)[1] for hit in self._index.all_hits(body))

    def only(self, passages: Iterable[int]) -> Query:
        """The passages with some numbers, as a query."""
        places = map(self._numbers.passage, passages)
        return {"ids": {"values": [id_of(document_of(path), number) for path, number in places]}}

    def beside(self, row: Row, step: int) -> Row | None:
        """The passage before (-1) or behind (1) another one in its document; None if there is none, or it is gone."""
        if not 1 <= row.number + step <= row.of:
            return None
        number = self._numbers.of(row) + step
        if number not in self._rows:
            self.fetch([(row.path, row.number + step)])
        return self._rows.get(number)

    def around(self, row: Row, length: int) -> tuple[str, str]:
        """What is before and behind a passage, so many code points of the document's text.

        Less where more white space is between two passages than is kept with either: what is beyond that is not known.
        """
        (start, known), near = _surroundings(row), row
        while start > max(0, row.start - length) and (found := self.beside(near, -1)):
            near, (first, more) = found, _surroundings(found)
            if first + len(more) < start:
                break
            start, known = first, more[: start - first] + known
        before, near = known[: row.start - start], row
        start, known = _surroundings(row)
        wanted = row.start + len(row.text) + length
        # Where less is kept, the document ends.
        while start + len(known) < wanted and len(near.after) == CONTEXT and (found := self.beside(near, 1)):
            near, (first, more) = found, _surroundings(found)
            if first > start + len(known):
                break
            known += more[start + len(known) - first :]
        return before[max(0, len(before) - length) :], known[row.start - start + len(row.text) : wanted - start]

    def expect(self, passages: Iterable[int], around: int) -> None:
        """Ask at once for passages that will be fetched one by one, and for what is beside them if there is more around them.

        All of that is there afterwards if it is no more than is kept.
        """
        wanted = list(passages)
        self._have(wanted)
        if around > CONTEXT:
            rows = [(number, self._rows[number]) for number in wanted if number in self._rows]
            before = [number - 1 for number, row in rows if len(row.before) == CONTEXT and row.number > 1]
            behind = [number + 1 for number, row in rows if len(row.after) == CONTEXT and row.number < row.of]
            self._have(dict.fromkeys((*wanted, *before, *behind)))

    def _have(self, passages: Iterable[int]) -> None:
        """See to it that some passages are there, and the last to go."""
        missing = list[tuple[str, int]]()
        for number in passages:
            if row := self._rows.pop(number, None):
                self._rows[number] = row
            else:
                missing.append(self._numbers.passage(number))
        self.fetch(missing)


def _surroundings(row: Row) -> tuple[int, str]:
    """The text of a document that is kept with a passage, and where it begins."""
    return row.start - len(row.before), row.before + row.text + row.after
