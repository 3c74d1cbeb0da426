"""What terms there are, and how many passages have what: found out for all that a piece of work wants to know at once.

Owns the rounds of asking.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, TypeVar

from ...model import Leaf
from .fetched import Passages
from .looking import holding
from .queries import EVERYTHING, NOTHING, Query, a_term
from .requests import Index

DELETED = 0.01
"""If this share of the passages that are there is deleted, or less, terms are counted with them, which is soonest."""

KEPT = 60.0
"""Seconds for which it is kept what was found out: passages are added and removed meanwhile."""

T = TypeVar("T")


class Statistics:
    """How many passages have what, as far as that is known; what is `missing` is found out at once for all that was asked.

    What is not known yet is taken to be in one passage: whoever asked then asks again.
    """

    def __init__(self, index: Index, fetched: Passages, passages: int, mean_length: float, deleted: float) -> None:
        self._index, self._fetched = index, fetched
        self.passages, self.mean_length, self.deleted = passages, mean_length, deleted
        self._frequencies: dict[tuple[str, str], int] = {}
        self._terms: dict[tuple[str, str], list[str]] = {}
        self._counts: dict[str, int] = {}
        self._holding: dict[tuple[Leaf, str], Query] = {}
        self._missing_terms: set[tuple[str, str]] = set()
        self._missing: dict[str, Query] = {}
        self._unseen: dict[tuple[Leaf, str], Query] = {}
        self._until = time.monotonic() + KEPT
        self._guesses, self._depth = 0, 0
        self._settled, self._place, self._round = dict[int, Any](), 0, 0

    def frequency(self, field: str, term: str) -> int:
        """In how many passages a term is, deleted ones that are still there included."""
        known = self._frequencies.get((field, term))
        if known is None:
            self._missing_terms.add((field, term))
            self._guesses += 1
            return 1
        return min(known, self.passages)  # others may have added some

    def terms(self, field: str, prefixes: Iterable[str]) -> Iterator[str]:
        """The terms that begin with any of some prefixes; asked for at once."""
        prefixes = list(prefixes)
        if unknown := [prefix for prefix in prefixes if (field, prefix) not in self._terms]:
            found = list(self._index.terms(field, unknown))
            self._terms |= {(field, prefix): [term for term in found if term.startswith(prefix)] for prefix in unknown}
        return chain.from_iterable([self._terms[field, prefix] for prefix in prefixes])

    def count(self, query: Query) -> int:
        """How many passages a query finds; if it is a term, deleted ones that are still there included."""
        if query is EVERYTHING:
            return self.passages
        if query is NOTHING:
            return 0
        if "term" in query:
            ((field, term),) = query["term"].items()
            return self.frequency(field, term)
        key = json.dumps(query)
        if key not in self._counts:
            self._missing[key] = query
            self._guesses += 1
        return min(self._counts.get(key, 1), self.passages)

    def holding(self, leaf: Leaf, query: Query) -> Query:
        """Those of the passages that a query finds in whose texts a leaf begins."""
        if query is NOTHING:
            return NOTHING
        key = leaf, json.dumps(query)
        if key not in self._holding:
            self._unseen[key] = query
            self._guesses += 1
        return self._holding.get(key, NOTHING)

    def settled(self, work: Callable[[], T]) -> T:
        """What work gives when it knows all it asks.

        Of work inside other work, what it gives now, for that is done again; but not what comes before the first guess.
        """
        if self._depth:
            return self._inside(work)
        self._settled.clear()
        if time.monotonic() > self._until:
            self._forget()
        self._depth = 1
        try:
            while True:
                self._place, self._round = 0, self._guesses
                result = work()
                if self._guesses == self._round:
                    return result
                self._find_out()
        finally:
            self._depth = 0

    def _forget(self) -> None:
        self._frequencies.clear()
        self._terms.clear()
        self._counts.clear()
        self._holding.clear()
        self._until = time.monotonic() + KEPT

    def _inside(self, work: Callable[[], T]) -> T:
        """Work at a place in other work, done only once if nothing was guessed until then; what is inside it has no place."""
        if self._depth > 1:
            return work()
        self._place += 1
        if (place := self._place) not in self._settled:
            self._depth = 2
            try:
                result = work()
            finally:
                self._depth = 1
            if self._guesses > self._round:
                return result
            self._settled[place] = result
        return self._settled[place]  # type: ignore[no-any-return]  # what this work gave

    def _find_out(self) -> None:
        terms, self._missing_terms = self._missing_terms, set()
        missing, self._missing = self._missing, {}
        unseen, self._unseen = self._unseen, {}
        # What queries there are to be counted depends on terms, and which passages are looked at on both.
        if terms and self.deleted <= DELETED:
            frequencies = self._index.frequencies(terms)
            self._frequencies.update({term: frequencies.get(term, 0) for term in terms})
        elif terms:
            self._frequencies.update(zip(terms, self._index.counts([a_term(*term) for term in terms]), strict=True))
        elif missing:
            self._counts.update(zip(missing, self._index.counts(list(missing.values())), strict=True))
        else:
            counts = self._index.counts(list(unseen.values()))
            for ((leaf, key), query), count in zip(unseen.items(), counts, strict=True):
                self._holding[leaf, key] = holding(leaf, query, count, self._fetched)
