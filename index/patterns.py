"""What an occurrence of a plan's leaf is: the one definition.

The engine that decides whether a passage matches and the highlighter that marks it both ask here, so they cannot differ.
Pure; knows no index, and of folding only which marks cling to a character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from .fold import clings
from .model import WILD_GAP, Term, Wild
from .scripts import is_letter, is_unspaced

Span = tuple[int, int]


def in_folded(leaf: Term | Wild, text: str, start: int = 0) -> Iterator[Span]:
    """The spans of a leaf's occurrences in folded text that begin at `start` or later, overlapping ones too."""
    return _literal(leaf.text, text, start) if isinstance(leaf, Term) else _wild(leaf.parts, text, start)


def as_typed(typed: str, text: str, start: int = 0) -> Iterator[Span]:
    """The spans of what was typed in original text; both are taken to be in Normalization Form C already.

    A character with one more mark on it is another one: x is not x̄.
    """
    return (span for span in _literal(typed, text, start) if not any(map(clings, text[span[1] : span[1] + 1])))


def _literal(wanted: str, text: str, start: int) -> Iterator[Span]:
    at = text.find(wanted, start)
    while at >= 0:
        end = at + len(wanted)
        if not _continues(text, at) and not _continues(text, end):
            yield at, end
        at = text.find(wanted, at + 1)


def _continues(text: str, at: int) -> bool:
    """Whether a word of a spaced script goes on across an offset."""
    return 0 < at < len(text) and is_letter(text[at - 1]) and is_letter(text[at])


def _wild(parts: tuple[str, ...], text: str, start: int) -> Iterator[Span]:
    search, open_start, open_end = _wild_search(parts), not parts[0], not parts[-1]
    found = search(text, start)
    while found:
        first, end = found.span()
        while open_end and end < len(text) and is_letter(text[end]) and not is_unspaced(text[end - 1]):
            end += 1
        while open_start and first > 0 and is_letter(text[first - 1]) and not is_unspaced(text[first]):
            first -= 1
        if not _continues(text, first) and not _continues(text, end):
            yield first, end
        found = search(text, found.start() + 1)


@lru_cache(maxsize=64)
def _wild_search(parts: tuple[str, ...]) -> Callable[[str, int], re.Match[str] | None]:
    return re.compile(rf"\S{{0,{WILD_GAP}}}?".join(re.escape(part) for part in parts if part)).search


def nfc(text: str) -> str:
    """Unicode's Normalization Form C, the only change that the level `exact` forgives."""
    return unicodedata.normalize("NFC", text)


def is_bounded(text: str) -> bool:
    """Whether an occurrence of a literal depends on what stands around it."""
    return is_letter(text[0]) or is_letter(text[-1])
