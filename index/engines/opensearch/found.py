"""The passages that answer a plan: the best of them, how many there are, whether some are among them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from ...model import Match
from ..scoring import ENOUGH
from .fetched import ASKED, Passages
from .queries import EVERYTHING, Query, all_of
from .requests import PAGE, Index
from .translation import Asked

EXACT = 40_000
"""Up to so many documents are counted exactly, or nearly so; of more, the count is an estimate (HyperLogLog++)."""

COUNTING: Query = {
    "track_total_hits": True,
    "aggs": {"documents": {"cardinality": {"field": "document", "precision_threshold": EXACT}}},
}
"""What is said in a search to know how many passages and documents there are."""


class OpenSearchFound:
    """The passages that answer a plan; see `base.Found`.

    If `ENOUGH` passages have all that is wanted, these alone are the `matching` ones.  Whether that is so is presumed until it
    is known: so the best, and how many there are, are asked for at once, and once more if it was wrong (one query in ten).
    """

    def __init__(self, index: Index, passages: Passages, asked: Asked, expected: int) -> None:
        self._index, self._passages, self._asked, self._expected = index, passages, asked, expected
        self._may_be_enough = asked.wanted > 1 and asked.at_most >= ENOUGH
        self._matching = asked.complete if self._may_be_enough and asked.by_chance >= ENOUGH else asked.some
        self._answers: dict[int, list[Match]] = {}
        self._complete, self._total, self._documents = -1, -1, -1

    def __len__(self) -> int:
        self._count()
        return self._total

    @property
    def count_complete(self) -> int:
        """How many have all that is wanted."""
        self._count()
        return self._complete

    def __iter__(self) -> Iterator[Match]:
        """Every match, in no order."""
        return iter(self.among_best(0))

    @property
    def documents(self) -> int:
        """In how many documents they are."""
        self._count()
        return self._documents

    def among(self, passages: Iterable[int]) -> Collection[int]:
        """Those among some passages that answer."""
        self._count()
        return self._those(passages, self._matching)

    def complete_among(self, passages: Iterable[int]) -> Collection[int]:
        """Those among some passages that have all that is wanted."""
        return self._those(passages, self._asked.complete)

    def _those(self, passages: Iterable[int], query: Query) -> list[int]:
        numbers, found = iter(passages), list[int]()
        while some := list(islice(numbers, PAGE)):
            body = {"query": all_of([self._passages.only(some), query]), "size": PAGE} | ASKED
            found += [self._passages.seen(hit)[0] for hit in self._index.found(body)["hits"]["hits"]]
        return found

    def among_best(self, limit: int) -> list[Match]:
        """The best `limit` matches (0: all); of those as good as the last the cluster gives the first by place."""
        if not 0 < limit <= PAGE and limit not in self._answers:
            self._count()
            self._answers[limit] = self._all(limit)
        while limit not in self._answers:
            presumed, best = self._matching, self._best(limit)
            if self._matching is presumed:
                self._answers[limit] = best
        return self._answers[limit]

    def _best(self, limit: int) -> list[Match]:
        """The best passages, sought first where they are likely to be: among those that have all that is wanted, or nearly so.

        The others are looked at if one of them may be better than the last that was found.
        """
        asked, matching = self._asked, self._matching
        if matching is asked.complete:
            return self._look(limit, matching)
        has_some = 0 <= self._complete < limit or (self._complete < 0 and asked.by_chance < limit)
        count = asked.wanted - has_some
        while count > 1:
            found = self._look(limit, asked.having(count))
            last = found[-1].score if len(found) == limit else 0.0
            if asked.others(count) < last or self._matching is not matching:
                return found
            count = max(1, min(count - 1, next(less for less in range(count, 0, -1) if less == 1 or asked.others(less) < last)))
        return self._look(limit, matching)

    def _body(self, among: Query) -> dict[str, Any]:
        return {
            "query": self._asked.scored(EVERYTHING if among is self._asked.some else among),
            "sort": ["_score", {"path": "asc"}, {"start": "asc"}],
            "track_scores": True,
            **ASKED,
        }

    def _look(self, limit: int, among: Query) -> list[Match]:
        """The best passages among some; and how many there are in all, if that is not known yet."""
        body = self._body(among) | {"size": limit, "track_total_hits": False}
        if self._total >= 0:
            (best,) = self._index.search_all([body])
        elif among is self._matching:
            best, *others = self._index.search_all([body | COUNTING, *self._counting()[1:]])
            self._counted([best, *others])
        else:
            best, *counts = self._index.search_all([body, *self._counting()])
            self._counted(counts)
        return list(map(self._match, best["hits"]["hits"]))

    def _count(self) -> None:
        """Find out how many there are; with the best, if they are expected to be asked for."""
        while self._total < 0:
            if 0 < self._expected <= PAGE:
                self.among_best(self._expected)
            else:
                self._counted(self._index.search_all(self._counting()))

    def _counting(self) -> list[dict[str, Any]]:
        """The searches that count those presumed to match, and those that have all that is wanted if these are others."""
        matching = {"query": all_of([self._matching])} | COUNTING
        has_others = self._complete < 0 and self._asked.wanted > 1 and self._matching is not self._asked.complete
        return [matching, {"query": all_of([self._asked.complete])}] if has_others else [matching]

    def _counted(self, answers: Sequence[dict[str, Any]]) -> None:
        """Take over what the searches that count have counted, unless it was presumed wrongly what matches."""
        total = answers[0]["hits"]["total"]["value"]
        if self._complete < 0:
            self._complete = answers[-1]["hits"]["total"]["value"]
        are_enough = self._may_be_enough and self._complete >= ENOUGH
        matching = self._asked.complete if are_enough else self._asked.some
        if matching is self._matching:
            self._total, self._documents = total, answers[0]["aggregations"]["documents"]["value"]
        self._matching = matching

    def _all(self, limit: int) -> list[Match]:
        """All matches in order, or the first of them."""
        hits = self._index.all_hits(self._body(self._matching))
        return list(map(self._match, islice(hits, limit) if limit else hits))

    def _match(self, hit: dict[str, Any]) -> Match:
        number, _ = self._passages.seen(hit)
        return Match(number, *self._asked.scale.match(hit["_score"]))
