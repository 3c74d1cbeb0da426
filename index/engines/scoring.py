"""What a match is worth, in whatever engine it is found: the weights, and the few formulas that every engine shares.

Scores are BM25 (Robertson and Zaragoza 2009, formula 3.15, with the non-negative idf of Lucene), summed term by term over
the passage's own words, its heading's and its title's.  A variant scores as the typed leaf would, times its
weight, and no rarer than that: no passage is worth more for a variant than it would be for what was typed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..frozen import replace
from ..model import AllOf, AnyOf, Hint, Leaf, Plan, Term, Wide, Words
from ..scripts import is_unspaced

K1, B = 1.2, 0.75
"""BM25's saturation of repeated words and its correction for length, at the values Robertson and Zaragoza recommend."""

TITLE, HEADING = 2.5, 0.5
"""How much a word in the document's title and in the nearest heading adds to one in the passage."""

COVERAGE = 2.0
"""The power of the share of the words that a passage has, which its score is multiplied with."""

ENOUGH = 200
"""If so many passages have all the words, those that have only some are no answers."""

LOOSE = 0.8
"""The frequency that stands for occurrences inside other words."""


def idf(count: int, passages: int) -> float:
    """How rare is what `count` of all `passages` have."""
    return math.log(1 + (passages - count + 0.5) / (count + 0.5))


def nearness(distance: float) -> float:
    """What the length of a title leaves of a word's worth in it, given how far it is from the query's, in parts of that."""
    return (K1 + 1) / (1 + K1 * (1 + B * distance))


def title_length(titles: Iterable[Plan]) -> int:
    """How many words the title would have that has all of these and nothing else, at the least one."""
    return max(1, sum(map(title_words, titles)))


def title_words(plan: Plan) -> int:
    """How many words a title that has a plan has of it; 0 if that cannot be asked of a title."""
    match plan:
        case Term() | Words() | Wide(Term() | Words()):
            return 1
        case AnyOf():
            return max(map(title_words, plan.children), default=0)
        case AllOf():
            return sum(map(title_words, plan.children))
        case _:
            return 0


def hinted(hint: Hint) -> Leaf:
    """What a hint asks for: one character only where it is a word, for inside others nearly every passage has it."""
    leaf = hint.leaf
    return replace(leaf, alone=True) if isinstance(leaf, Term) and len(leaf.text) == 1 and is_unspaced(leaf.text) else leaf
