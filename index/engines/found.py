"""What is found, and how findings go together: sets of passages at once, scores only of those that may be among the best.

Owns the arithmetic of findings and nothing of what was sought.  Most passages that match a query are nowhere near the top.  So
a finding says of all its passages at once how much they score at the most (`Levels`), and is asked for the scores of some:
those with the highest bounds, until nothing that is left can be better than the best that were found.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from ..frozen import frozen
from ..model import Match
from . import bitmaps
from .bitmaps import Bits, Column, Planes

Scores = dict[int, float]
"""Scores of passages, by their numbers."""

Scoring = Callable[[Sequence[int]], Scores]
"""The scores of those among some passages that match."""

Levels = list[tuple[float, Bits]]
"""Sets of passages, each with what they score at the most; what is in several, no more than the highest of these."""

Groups = Iterator[tuple[float, Iterator[tuple[float, Bits]]]]
"""Groups of passages, each with what they score at the most, and the same of smaller groups of them, highest first."""

FIRST, TOGETHER = 48, 192
"""So many passages are scored at first, and then at once: that costs little more than to score one."""

ROUNDING = 1 + 1e-9
"""How much bounds are raised because they are rounded otherwise than scores."""

STEPS = 32
"""How finely bounds are told apart: in such parts of the highest."""


class Postings:
    """The passages that have a term, and how often they do."""

    def __init__(self, planes: Planes) -> None:
        self.passages, *self.more = planes

    def often(self, among: Iterable[int]) -> dict[int, float]:
        """How often those among some passages have it that do."""
        first, *more = self._columns
        often = dict.fromkeys(first.those(among), 1.0)
        for bit, column in enumerate(more):
            for number in column.those(often):
                often[number] += 1 << bit
        return often

    def at_most(self) -> Iterator[tuple[int, Bits]]:
        """Sets of the passages, each with how often they have it at the most."""
        left = self.passages
        for bit in range(len(self.more) - 1, -1, -1):
            if having := left & self.more[bit]:
                yield 1 << bit + 1, having
                left ^= having
        yield 1, left

    @cached_property
    def _columns(self) -> list[Column]:
        return [Column(self.passages), *map(Column, self.more)]


class Found:
    """Passages that match, and their scoring.

    No score is above `most`, nor above the sum of what `levels` say, which are made when they are asked for.  `loose` are those
    that have some term only inside a longer word.  `idf` is how rare what was sought is: what the scores are multiplied with, 0
    if that is no one number.
    """

    def __init__(
        self,
        passages: Bits = 0,
        scores: Scoring = lambda among: {},
        most: float = 0.0,
        levels: Callable[[], Sequence[Levels]] | None = None,
        loose: Bits = 0,
        idf: float = 0.0,
    ) -> None:
        self.passages, self.scores, self.most, self.loose, self.idf = passages, scores, most, loose, idf
        self._levels = levels or (lambda: [[(most, passages)]])

    @cached_property
    def levels(self) -> Sequence[Levels]:
        """What passages score at the most is the sum of what these say of it."""
        return self._levels()

    def only(self, kept: Bits) -> Found:
        """What is found, but for passages that are not kept."""
        passages = self.passages & kept
        column = Column(passages)
        return Found(
            passages,
            lambda among: self.scores(column.those(among)),
            self.most,
            lambda: self.levels,
            self.loose & kept,
            self.idf,
        )


def unscored(passages: Bits) -> Found:
    """Passages that match, with nothing that speaks for one before another."""
    column = Column(passages)
    return Found(passages, lambda among: dict.fromkeys(column.those(among), 0.0))


def union(parts: Sequence[Found]) -> Found:
    """What any of the parts finds; scores are sums, and what one part finds firmly is not loose."""
    if len(parts) == 1:
        return parts[0]
    passages = bitmaps.union(part.passages for part in parts)
    firm = bitmaps.union(part.passages & ~part.loose for part in parts)
    return Found(
        passages,
        lambda among: summed(part.scores(among) for part in parts),
        sum(part.most for part in parts),
        lambda: [levels for part in parts for levels in part.levels],
        passages & ~firm,
    )


def intersection(parts: Sequence[Found]) -> Found:
    """What all parts find; scores are sums, and what one part finds only loosely is loose."""
    if len(parts) == 1:
        return parts[0]
    passages = bitmaps.intersection(part.passages for part in parts)
    everything = Found(
        passages,
        lambda among: summed(part.scores(among) for part in parts),
        sum(part.most for part in parts),
        lambda: [levels for part in parts for levels in part.levels],
        bitmaps.union(part.loose for part in parts),
    )
    return everything.only(passages)


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
    idf, most, already = found.idf, found.most, bool(found.passages)
    passages, loose = found.passages, found.loose
    for weight, instead in variants:
        if not instead.passages:
            continue
        weight *= min(1.0, idf / instead.idf) if idf and instead.idf and already else 1.0
        weighed.append((weight, instead))
        idf, most, already = idf if already else instead.idf, max(most, weight * instead.most), True
        loose |= instead.loose & ~passages
        passages |= instead.passages
    if len(weighed) == 1:
        return found
    return Found(passages, lambda among: _maxima(weighed, among), most, lambda: [_any_of(weighed)], loose, idf)


def _maxima(weighed: Sequence[tuple[float, Found]], among: Sequence[int]) -> Scores:
    (_, typed), *variants = weighed
    best = typed.scores(among)
    for weight, found in variants:
        for number, score in found.scores(among).items():
            worth = weight * score
            if number not in best or best[number] < worth:
                best[number] = worth
    return best


def _any_of(weighed: Iterable[tuple[float, Found]]) -> Levels:
    """Levels of what is in any of several findings, of which the best counts."""
    levels = [(weight, each.levels[0] if len(each.levels) == 1 else [(each.most, each.passages)]) for weight, each in weighed]
    return [(weight * bound, passages) for weight, own in levels for bound, passages in own]


def apart(levels: Levels) -> Levels:
    """The same levels, each passage only in that with the highest bound; that first."""
    best, seen = list[tuple[float, Bits]](), 0
    for bound, passages in sorted(levels, key=lambda level: -level[0]):
        if new := passages & ~seen:
            best.append((bound, new))
            seen |= new
    return best


def by_bound(passages: Bits, levels: Callable[[], Iterable[Levels]], most: float) -> Iterator[tuple[float, Bits]]:
    """Groups of passages with what they score at the most, highest first: the sum of the levels, or `most`."""
    if passages.bit_count() <= TOGETHER or not most:
        yield most * ROUNDING, passages
        return
    sums: Planes = ()
    for each in levels():
        sums = bitmaps.added(sums, _stepwise(each, STEPS / most))
    for steps, group in bitmaps.descending(passages, sums):
        yield steps * most / STEPS * ROUNDING, group


def _stepwise(levels: Levels, scale: float) -> Planes:
    """For each passage the bound of its level, in whole steps; of several levels no less than the highest of their bounds."""
    found = defaultdict[int, Bits](int)
    for bound, passages in levels:
        steps = math.ceil(bound * scale)
        for bit in range(steps.bit_length()):
            if steps >> bit & 1:
                found[bit] |= passages
    return tuple(found[bit] for bit in range(max(found, default=-1) + 1))


@frozen
class Matches:
    """The passages that answer a plan; those that have all it wants are `complete`, and some have some term only `loose`ly.

    The best are sought in the `groups` one after another; `count_documents` says in how many documents passages are.
    """

    passages: Bits
    complete: Bits
    loose: Bits
    scores: Scoring
    groups: Callable[[], Groups]
    count_documents: Callable[[Bits], int]

    def __len__(self) -> int:
        return self.passages.bit_count()

    def __iter__(self) -> Iterator[Match]:
        """Every match, in no order."""
        return iter(self.among_best(0))

    @property
    def count_complete(self) -> int:
        """How many are complete."""
        return self.complete.bit_count()

    @property
    def documents(self) -> int:
        """In how many documents they are."""
        return self.count_documents(self.passages)

    def complete_among(self, passages: Iterable[int]) -> list[int]:
        """Those among some passages that are complete."""
        return bitmaps.those(self.complete, passages)

    def among(self, passages: Iterable[int]) -> list[int]:
        """Those among some passages that answer."""
        return bitmaps.those(self.passages, passages)

    def among_best(self, limit: int) -> list[Match]:
        """Matches among which are the best `limit` (0: all), and all that are as good as the last of these."""
        if not 0 < limit < len(self):
            return self._matches(self.scores(bitmaps.numbers(self.passages)))
        scores, last, new = Scores(), -math.inf, list[int]()
        for most, groups in self.groups():
            for bound, group in groups if last <= most * ROUNDING else ():
                if new and len(new) + min(group.bit_count(), FIRST) > (TOGETHER if scores else FIRST):
                    scores.update(self.scores(new))
                    last, new = _last_of_best(limit, scores), []
                if last > bound:
                    break
                new += bitmaps.numbers(group)
        scores.update(self.scores(new))
        last = _last_of_best(limit, scores)
        return self._matches({number: score for number, score in scores.items() if score >= last})

    def _matches(self, scores: Mapping[int, float]) -> list[Match]:
        loose, complete = (set(bitmaps.those(each, scores)) for each in (self.loose, self.complete))
        tiers = (int(number in loose) if number in complete else 2 for number in scores)
        return [Match(number, tier, score) for (number, score), tier in zip(scores.items(), tiers, strict=True)]


def _last_of_best(limit: int, scores: Scores) -> float:
    """The lowest of the best `limit` scores; less than any if there are fewer."""
    return heapq.nlargest(limit, scores.values())[-1] if len(scores) >= limit else -math.inf
