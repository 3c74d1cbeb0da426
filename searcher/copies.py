"""Which passages say nearly the same: reprints, quotations, one page kept twice.

Owns what is near enough.  Pure: texts in, groups of their numbers out.

Two texts are compared by the sets of their shingles, all the runs of `SHINGLE` letters and digits in them, so that punctuation,
spaces and line ends make no difference (Broder 1997, “On the resemblance and containment of documents”).  Few pairs need be
compared: of a text's shingles another that is like it lacks a tenth at the most, so it has most of every part of them that is
large enough.  That part are the shingles that begin with one character in four; who has which, a dictionary says for all texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import compress

SHINGLE = 5
"""How many letters and digits are compared at a time: few enough that one changed character touches only five of a passage's
hundreds, enough that two texts on one subject share few."""

ALIKE = 0.9
"""The part of the shingles of two texts that must be in both (Jaccard).  A passage of 400 characters may differ in about four
places, a reprint's other headline or a corrected word; a sentence more or less makes it another passage."""

_SIGNS = re.compile(r"[\W_]+")
_BEGINS = bytes(point % 4 == 0 for point in range(256))  # by the last eight bits of a code point


def grouped(texts: Sequence[str]) -> list[list[int]]:
    """The numbers of folded texts in groups of near-identical ones, each group and the groups in the order of the texts.

    The first of a group stands for it: every other one is like it, and was put to the first group of which that is true.
    """
    groups: list[list[int]] = []
    firsts: list[str] = []  # the letters of each group's first text
    least: list[int] = []  # how many of its samples a text has that is like it; 0 or less: samples tell nothing
    untold: list[int] = []  # groups of which that is so
    sampled: dict[str, list[int]] = {}  # groups by the samples of their first texts
    group_of: dict[str, int] = {}  # by letters: what is equal need not be compared
    shingles_of = lru_cache(maxsize=64)(_shingles)
    for number, text in enumerate(texts):
        letters = _SIGNS.sub("", text) or text
        if letters not in group_of:
            samples = _samples(letters)
            shared = Counter(group for sample in sampled.keys() & samples for group in sampled[sample])
            near = sorted({*untold, *(group for group, count in shared.items() if count >= least[group])})
            found = next((group for group in near if _are_alike(shingles_of(letters), shingles_of(firsts[group]))), None)
            if found is None:
                found = len(groups)
                groups.append([])
                firsts.append(letters)
                least.append(len(samples) - _lacking(letters))
                if least[found] <= 0:
                    untold.append(found)
                for sample in samples:
                    sampled.setdefault(sample, []).append(found)
            group_of[letters] = found
        groups[group_of[letters]].append(number)
    return groups


def _shingles(letters: str) -> set[str]:
    """A text's shingles; of a shorter text the whole."""
    return {letters[at : at + SHINGLE] for at in range(max(1, len(letters) - SHINGLE + 1))}


def _samples(letters: str) -> set[str]:
    """Those of a text's shingles that begin with certain characters."""
    chosen = letters.encode("utf-32-le", "surrogatepass")[::4].translate(_BEGINS)
    return {letters[at : at + SHINGLE] for at in compress(range(max(1, len(letters) - SHINGLE + 1)), chosen)}


def _lacking(letters: str) -> int:
    """How many of a text's shingles one that is like it lacks at the most."""
    return int((1 - ALIKE) * len(letters) + 1e-6)  # the number of shingles is not larger than that of letters


def _are_alike(one: set[str], other: set[str]) -> bool:
    common = len(one & other)
    return common >= ALIKE * (len(one) + len(other) - common)
