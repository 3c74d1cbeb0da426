"""Which characters are written with spaces between words, and which are not.

Owns the character classes that folding, tokens and patterns share, twice: as regular expressions, for long texts, and as
functions of a character, for short ones.  (A class of 30,000 characters takes 2 to 5 ms to compile, half as long as a search.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby

_HAN = (
    ("\u3005", "\u3005"),
    ("\u3007", "\u3007"),
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)
# Kana, their marks and Bopomofo are written without spaces too: they are searched like Han, but not joined across spaces.
_KANA = (
    ("\u3041", "\u309f"),
    ("\u30a1", "\u30fa"),
    ("\u30fc", "\u30ff"),
    ("\u3105", "\u312f"),
    ("\u31f0", "\u31ff"),
    ("\uff66", "\uff9f"),  # half-width: only in original text, folding widens them
)

HAN = "".join(f"{first}-{last}" for first, last in _HAN)
"""Han characters, as the inside of a regular expression's brackets."""

UNSPACED = HAN + "".join(f"{first}-{last}" for first, last in _KANA)
"""Characters of scripts written without spaces, as the inside of a regular expression's brackets."""


@cache
def run_pattern() -> re.Pattern[str]:
    """A run of letters and digits; group 1 is set if it is of a script without spaces."""
    return re.compile(rf"([{UNSPACED}]+)|[^\W_{UNSPACED}]+")


@lru_cache(maxsize=1 << 14)
def is_han(character: str) -> bool:
    """Whether a character is Han."""
    return character >= "\u3005" and any(first <= character <= last for first, last in _HAN)


def is_letter(character: str) -> bool:
    """Whether a character is a letter or digit of a script with spaces."""
    return character.isalnum() and not _is_unspaced(character)


@lru_cache(maxsize=1 << 14)
def _is_unspaced(character: str) -> bool:
    return character >= "\u3005" and any(first <= character <= last for first, last in _HAN + _KANA)


def is_unspaced(text: str) -> bool:
    """Whether a text is one run of characters of scripts without spaces."""
    return bool(text) and all(map(_is_unspaced, text))


def _kind(character: str) -> int:
    return 1 if _is_unspaced(character) else 2 if character.isalnum() else 0


def runs(text: str) -> Iterator[tuple[int, str, bool]]:
    """The runs of letters and digits of a short text: offset, run, whether it is of a script without spaces."""
    at = 0
    for kind, characters in groupby(text, _kind):
        run = "".join(characters)
        if kind:
            yield at, run, kind == 1
        at += len(run)
