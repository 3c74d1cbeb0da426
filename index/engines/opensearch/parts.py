"""Parts of a plan on their way into queries: the passages that have one, and what it is worth as a script makes it.

Owns how a score, and what else is said of a passage, are packed into one float; knows no index.  Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ...frozen import frozen
from .queries import Query, any_of, best_of, constant, scripted

FEW = 15
"""Of so many parts it is told whether a passage has each as a word or only inside longer ones: up to here rounding costs a
thousandth of a score, in an index of a million passages."""

_SUM = "(params.q > 0 ? Math.rint(_score / params.q) * params.q : _score) + params.p"


@frozen
class Part:
    """A part of a plan: the passages that have it, and what it is worth.

    `worth(weight, most, scale)` is a query whose scores are those, times a weight, as if it were no rarer than `most` (an idf),
    packed if there is a scale; `most(weight, most)` is the highest of them.  `count` says how many passages have the part, and
    `idf` how rare that is, 0 if that is no one number.
    """

    having: Query
    worth: Callable[[float, float, Scale | None], Query]
    most: Callable[[float, float], float] = lambda weight, most: 0.0
    count: Callable[[], int] = lambda: 0
    idf: Callable[[], float] = lambda: 0.0


@frozen
class Scale:
    """How more than a score is packed into one, for a plan of so many `parts`: scores are floats, of 24 bits.

    The scores of parts are multiples of `quantum`, to which `unit` is added if the part is there only inside longer words, and
    `had` to say that it is there at all, both unless it is not `counted`; no sum of scores alone is as high.  The score in the
    end is a multiple of `step`, and so many quarters of it more as its tier says.

    Of more than `FEW` parts there is no room to tell those inside longer words: their scores are sums as they are.
    """

    parts: int
    had: float
    counted: bool = True

    @property
    def unit(self) -> float:
        """What says that something is there only inside longer words; 0 where that is not said."""
        return self.had * 2.0 ** (math.ceil(math.log2(self.parts + 1)) - 24) if self.parts <= FEW else 0.0

    @property
    def quantum(self) -> float:
        """What the scores of parts are multiples of, 0 for none: all of them may be there only inside longer words."""
        return self.unit * 2.0 ** math.ceil(math.log2(self.parts + 1))

    @property
    def step(self) -> float:
        """What the score in the end is a multiple of."""
        return self.had * 2.0**-20

    def match(self, score: float) -> tuple[int, float]:
        """Tier and score, of a packed score."""
        quarters = round(4 * score / self.step)
        return quarters % 4, (quarters - quarters % 4) * self.step / 4


def unscored(having: Query) -> Part:
    """Passages that match, with nothing that speaks for one before another."""
    return Part(having, lambda weight, most, scale: constant(having, scale.had if scale else 0.0))


def sum_of(parts: Sequence[Part]) -> Part:
    """What any of the parts finds; scores are sums."""
    if len(parts) == 1:
        return parts[0]
    having = any_of(part.having for part in parts)

    def worth(weight: float, most: float, scale: Scale | None) -> Query:
        return summed(any_of(part.worth(weight, most, None) for part in parts), scale)

    def highest(weight: float, most: float) -> float:
        return sum(part.most(weight, most) for part in parts)

    return Part(having, worth, highest)


def best_part(found: Part, variants: Sequence[tuple[float, Part]]) -> Part:
    """What is found, or else what variants of it, each with its weight, find: each passage by the best of them.

    A variant counts no more than what it stands for would: it is no rarer.
    """
    parts = [found, *(part for _, part in variants)]

    def first_idf() -> float:
        return next((part.idf() for part in parts if part.count()), 0.0)

    def highest(weight: float, most: float) -> float:
        rare = min(most, first_idf() or math.inf)
        return max([found.most(weight, most), *(part.most(weight * own, rare) for own, part in variants)])

    def worth(weight: float, most: float, scale: Scale | None) -> Query:
        rare = min(most, first_idf() or math.inf)
        instead = (part.worth(weight * own, rare, scale) for own, part in variants)
        return best_of([found.worth(weight, most, scale), *instead])

    having = any_of(part.having for part in parts)
    return Part(having, worth, highest, lambda: sum(part.count() for part in parts), first_idf) if variants else found


def summed(query: Query, scale: Scale | None) -> Query:
    """Sums of what parts of a part are worth, packed if there is a scale."""
    return scripted(query, _SUM, p=scale.had, q=scale.quantum) if scale else query
