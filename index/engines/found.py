"""What is found, and how findings go together: lists of passages at once, scores only of those that may be among the best.

Owns the arithmetic of findings and nothing of what was sought.  Most passages that match a query of several words have few of
them and come nowhere near the top.  So a finding is asked what it has among some passages, rather than for all it has; nothing
is scored until it is asked for, and the search for the best stops where nothing that is left can be better.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import cached_property
from itertools import chain

from ..frozen import frozen
from ..model import Match

Passages = list[int] | set[int]
"""Numbers of passages; lists are sorted."""

Scores = dict[int, float]
"""Scores of passages, by their numbers."""

Scoring = Callable[[set[int]], Scores]
"""The scores of those among some passages that match."""

Within = Callable[[set[int]], set[int]]
"""Those among some passages that have something."""

FEW = 16
"""Where a list is so many times as long as what is sought in it, each of these is sought by itself."""

TOGETHER = 200
"""So many passages are scored at once: that costs little more than to score one."""


def _within(passages: Passages, among: set[int]) -> set[int]:
    if isinstance(passages, list) and FEW * len(among) < len(passages):
        return {number for number in among if _at(passages, number) is not None}
    return among.intersection(passages)


def _at(numbers: list[int], number: int) -> int | None:
    """Where a number is in a sorted list, None if it is not."""
    at = bisect_left(numbers, number)
    return at if at < len(numbers) and numbers[at] == number else None


class Postings:
    """The passages that have a term, and how often they do; no weights are as many ones."""

    def __init__(self, numbers: list[int], weights: Sequence[int]) -> None:
        self.numbers, self._weights = numbers, weights

    def within(self, among: set[int]) -> set[int]:
        """Those among some passages that have it."""
        return _within(self.numbers, among)

    def often(self, among: set[int]) -> dict[int, float]:
        """How often those among some passages have it that do."""
        if not self._weights:
            return dict.fromkeys(self.within(among), 1)
        if FEW * len(among) < len(self.numbers):
            places = ((number, _at(self.numbers, number)) for number in among)
            return {number: self._weights[at] for number, at in places if at is not None}
        return {number: self._by_number[number] for number in self._by_number.keys() & among}

    @cached_property
    def _by_number(self) -> dict[int, float]:
        return dict(zip(self.numbers, self._weights, strict=True))


class Found:
    """Passages that match, and their scoring.

    All are in the `lists`, some perhaps in several.  No score is above `most`.  `loose` says which of some passages have some
    term only inside a longer word.  `idf` is how rare what was sought is: what the scores are multiplied with, 0 if that is no
    one number.  `parts` are the findings whose scores are summed, if there are several.
    """

    def __init__(
        self,
        lists: Sequence[Passages] = (),
        scores: Scoring = lambda among: {},
        most: float = 0.0,
        loose: Within = lambda among: set(),
        idf: float = 0.0,
        parts: Sequence[Found] = (),
    ) -> None:
        self.lists = [each for each in lists if each]
        self.scores, self.most, self.loose, self.idf, self.parts = scores, most, loose, idf, parts

    @cached_property
    def passages(self) -> set[int]:
        """All that match."""
        return set[int]().union(*self.lists)

    @property
    def size(self) -> int:
        """How many they are at the most."""
        return sum(map(len, self.lists))

    def within(self, among: set[int]) -> set[int]:
        """Those among some passages that match."""
        if len(self.lists) == 1:
            return _within(self.lists[0], among)
        return set[int]().union(*(_within(each, among) for each in self.lists))

    def only(self, kept: set[int]) -> Found:
        """What is found, but for passages that are not kept."""
        return Found(
            [kept], lambda among: self.scores(among & kept), self.most, lambda among: self.loose(among & kept), self.idf
        )


def unscored(passages: set[int]) -> Found:
    """Passages that match, with nothing that speaks for one before another."""
    return Found([passages], lambda among: dict.fromkeys(among & passages, 0.0))


def union(parts: Sequence[Found]) -> Found:
    """What any of the parts finds; scores are sums, and what one part finds firmly is not loose."""
    if len(parts) == 1:
        return parts[0]

    def loose(among: set[int]) -> set[int]:
        found = [part.within(among) for part in parts]
        firm = (own - part.loose(own) for own, part in zip(found, parts, strict=True))
        return set[int]().union(*found).difference(*firm)

    lists = list(chain.from_iterable(part.lists for part in parts))
    return Found(
        lists, lambda among: summed(part.scores(among) for part in parts), sum(part.most for part in parts), loose, parts=parts
    )


def intersection(parts: Sequence[Found]) -> Found:
    """What all parts find; scores are sums, and what one part finds only loosely is loose."""
    if len(parts) == 1:
        return parts[0]
    first, *others = sorted(parts, key=lambda part: part.size)
    passages = first.passages
    for other in others:
        passages = other.within(passages)
    return Found(
        [passages],
        lambda among: summed(part.scores(among & passages) for part in parts),
        sum(part.most for part in parts),
        lambda among: set[int]().union(*(part.loose(among & passages) for part in parts)),
    )


def summed(all_scores: Iterable[Scores]) -> Scores:
    """In the order of the query, not of sizes: equal passages get equal scores in every generation."""
    first, *others = all_scores
    sums = defaultdict(float, first)
    for scores in others:
        for number, score in scores.items():
            sums[number] += score
    return dict(sums)


def best_of(found: Found, variants: Iterable[tuple[float, Found]]) -> Found:
    """What is found, or else what variants of it, each with its weight, find: each passage by the best of them.

    A variant counts no more than what it stands for would: it is no rarer.
    """
    weighed = [(1.0, found)]
    idf, most, already = found.idf, found.most, bool(found.lists)
    for weight, instead in variants:
        if not instead.lists:
            continue
        weight *= min(1.0, idf / instead.idf) if idf and instead.idf and already else 1.0
        weighed.append((weight, instead))
        idf, most, already = idf if already else instead.idf, max(most, weight * instead.most), True
    if len(weighed) == 1:
        return found

    def loose(among: set[int]) -> set[int]:
        found, left = set[int](), set(among)
        for _, each in weighed:
            own = each.within(left)
            found |= each.loose(own)
            left -= own
        return found

    lists = list(chain.from_iterable(each.lists for _, each in weighed))
    return Found(lists, lambda among: _maxima(weighed, among), most, loose, idf)


def _maxima(weighed: Sequence[tuple[float, Found]], among: set[int]) -> Scores:
    (_, typed), *variants = weighed
    best = typed.scores(among)
    for weight, found in variants:
        for number, score in found.scores(among).items():
            worth = weight * score
            if number not in best or best[number] < worth:
                best[number] = worth
    return best


@frozen
class Matches:
    """The passages that answer a plan; those that have all it wants are `complete`.

    The best are sought among the `first` ones, then in the `parts` one after another, each of which says how much those that
    are in it, or only in later ones, score at the most.
    """

    passages: Set[int]
    complete: Set[int]
    loose: Within
    scores: Scoring
    first: set[int]
    parts: Sequence[tuple[Within, float]] = ()

    def __len__(self) -> int:
        return len(self.passages)

    def __iter__(self) -> Iterator[Match]:
        """Every match, in no order."""
        return iter(self.among_best(0))

    def among_best(self, limit: int) -> list[Match]:
        """Matches among which are the best `limit` (0: all), and all that are as good as the last of these."""
        if not 0 < limit < len(self.passages):
            return self._matches(self.scores(set(self.passages)))
        scores = self.scores(self.first)
        last = _last_of_best(limit, scores)
        left, new = set[int](), set[int]()
        for number, (within, bound) in enumerate(self.parts):
            if last > bound:
                break
            left = left if number else set(self.passages - self.first)
            some = within(left)
            if new and len(new) + len(some) > TOGETHER:
                scores.update(self.scores(new))
                last, new = _last_of_best(limit, scores), set()
                if last > bound:
                    break
            left -= some
            new |= some
        scores.update(self.scores(new))
        last = _last_of_best(limit, scores)
        return self._matches({number: score for number, score in scores.items() if score >= last})

    def _matches(self, scores: Scores) -> list[Match]:
        loose = self.loose(set(scores))
        tiers = (int(number in loose) if number in self.complete else 2 for number in scores)
        return [Match(number, tier, score) for (number, score), tier in zip(scores.items(), tiers, strict=True)]


def _last_of_best(limit: int, scores: Scores) -> float:
    """The lowest of the best `limit` scores; less than any if there are fewer."""
    return heapq.nlargest(limit, scores.values())[-1] if len(scores) >= limit else -math.inf
