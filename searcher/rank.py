"""Put matches in order.

Owns the order and nothing else: score before place.  Pure.

How many of the words a passage has is part of its score (see `index.engines.evaluation`) and no rank of its own: whoever types
the title of a page wants that page, though a passage elsewhere have one word more of it.  docs/ranking.md has the figures.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

from ..index.model import Match


def best(matches: Sequence[Match], limit: int, place: Callable[[int], tuple[str, int]]) -> list[Match]:
    """The first `limit` matches (0: all) by score, then place.

    `place` gives the path of a match and where it is in there, so that equals stand in the same order however the index came
    about; it is asked only where scores are equal.
    """
    if 0 < limit < len(matches):
        last = heapq.nsmallest(limit, map(_worth, matches))[-1]
        matches = [match for match in matches if _worth(match) <= last]
    ordered = sorted(matches, key=_worth)
    start = 0
    for end in range(1, len(ordered) + 1):
        if end == len(ordered) or _worth(ordered[end]) != _worth(ordered[start]):
            if end - start > 1:
                ordered[start:end] = sorted(ordered[start:end], key=lambda match: place(match.id))
            start = end
    return ordered[:limit] if limit > 0 else ordered


def _worth(match: Match) -> float:
    return -match.score
