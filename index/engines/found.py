"""What is found, and how findings go together: sets of passages at once, scores only of those that may be among the best.

Owns the arithmetic of findings and nothing of what was sought.  Most passages that match a query of several words have few of
them and come nowhere near the top, so nothing is scored until it is asked for, and the search for the best stops where
nothing that is left can be better.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import chain

from ..frozen import frozen
from ..model import Match

Scores = dict[int, float]
"""Scores of passages, by their numbers."""

Scoring = Callable[[Set[int]], Scores]
"""The scores of those among some passages that match."""


def no_scores(among: Set[int]) -> Scores:
    """The scoring of what matches nothing."""
    return {}


@frozen
class Found:
    """Passages that match, and their scoring; `loose` are those where some term is only inside a longer word.

    No score is above `most`.  `idf` is how rare what was sought is: what the scores are multiplied with, 0 if that is no one
    number.  `parts` are the findings whose scores are summed, if there are several.
    """

    passages: Set[int] = frozenset()
    scores: Scoring = no_scores
    most: float = 0.0
    loose: Set[int] = frozenset()
    idf: float = 0.0
    parts: Sequence[Found] = ()

    def only(self, kept: Set[int]) -> Found:
        """What is found among some passages."""
        passages = self.passages & kept
        return Found(passages, lambda among: self.scores(passages & among), self.most, self.loose & kept, self.idf)


def unscored(passages: Set[int]) -> Found:
    """Passages that match, with nothing that speaks for one before another."""
    return Found(passages, lambda among: dict.fromkeys(passages & among, 0.0))


def union(parts: Sequence[Found]) -> Found:
    """What any of the parts finds; scores are sums, and what one part finds firmly is not loose."""
    if len(parts) == 1:
        return parts[0]
    passages = set[int]().union(*(part.passages for part in parts))
    loose = passages.difference(*(part.passages - part.loose for part in parts))
    return Found(passages, lambda among: _sums(parts, among), sum(part.most for part in parts), loose, parts=parts)


def intersection(parts: Sequence[Found]) -> Found:
    """What all parts find; scores are sums, and what one part finds only loosely is loose."""
    if len(parts) == 1:
        return parts[0]
    first, *others = sorted((part.passages for part in parts), key=len)
    passages = set(first).intersection(*others)
    loose = passages.intersection(chain.from_iterable(part.loose for part in parts))
    return Found(passages, lambda among: _sums(parts, passages & among), sum(part.most for part in parts), loose)


def _sums(parts: Iterable[Found], among: Set[int]) -> Scores:
    """Summed in the order of the query, not of sizes: equal passages get equal scores in every generation."""
    sums: Scores = defaultdict(float)
    for part in parts:
        for number, score in part.scores(among).items():
            sums[number] += score
    return dict(sums)


def best_of(found: Found, variants: Iterable[tuple[float, Found]]) -> Found:
    """What is found, or else what variants of it, each with its weight, find: each passage by the best of them.

    A variant counts no more than what it stands for would: it is no rarer.
    """
    weighed, passages, loose = [(1.0, found)], [found.passages], set(found.loose)
    idf, most, already = found.idf, found.most, bool(found.passages)
    for weight, instead in variants:
        if not instead.passages:
            continue
        weight *= min(1.0, idf / instead.idf) if idf and instead.idf and already else 1.0
        if instead.loose:
            loose |= set(instead.loose).difference(*passages)
        weighed.append((weight, instead))
        passages.append(instead.passages)
        idf, most, already = idf if already else instead.idf, max(most, weight * instead.most), True
    if len(weighed) == 1:
        return found
    return Found(set[int]().union(*passages), lambda among: _maxima(weighed, among), most, loose, idf)


def _maxima(weighed: Iterable[tuple[float, Found]], among: Set[int]) -> Scores:
    best: Scores = {}
    for weight, found in weighed:
        for number, score in found.scores(among).items():
            worth = weight * score
            if number not in best or best[number] < worth:
                best[number] = worth
    return best


@frozen
class Matches:
    """The passages that answer a plan; those that have all it wants are `complete`.

    What is known of their scores before these are computed: of those that are not `first`, which no part before the one with a
    number finds, none has more than that number of the `bounds`.
    """

    passages: Set[int]
    complete: Set[int]
    loose: Set[int]
    scores: Scoring
    first: Set[int]
    parts: Sequence[Set[int]] = ()
    bounds: Sequence[float] = ()

    def __len__(self) -> int:
        return len(self.passages)

    def __iter__(self) -> Iterator[Match]:
        """Every match, in no order."""
        return iter(self.among_best(0))

    def among_best(self, limit: int) -> list[Match]:
        """Matches among which are the best `limit` (0: all), and all that are as good as the last of these."""
        if not 0 < limit < len(self.passages):
            return [self._match(*scored) for scored in self.scores(self.passages).items()]
        scores, seen = self.scores(self.first), set(self.first)
        for part, bound in zip(self.parts, self.bounds, strict=True):
            if _last_of_best(limit, scores) > bound:
                break
            new = (part & self.passages) - seen
            scores.update(self.scores(new))
            seen |= new
        last = _last_of_best(limit, scores)
        return [self._match(number, score) for number, score in scores.items() if score >= last]

    def _match(self, number: int, score: float) -> Match:
        tier = int(number in self.loose) if number in self.complete else 2
        return Match(number, tier, score)


def _last_of_best(limit: int, scores: Scores) -> float:
    """The lowest of the best `limit` scores; less than any if there are fewer."""
    return heapq.nlargest(limit, scores.values())[-1] if len(scores) >= limit else -math.inf
