"""Plan leaves as regular expressions over a passage's text: the one definition of what an occurrence is.

The engine that decides whether a passage matches and the highlighter that marks it both ask here, so they cannot differ.
Pure; knows neither indexes nor offsets.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .model import WILD_GAP, Term, Wild
from .scripts import LETTER, begins_with_letter


def _bounded(text: str) -> str:
    before = rf"(?<!{LETTER})" if begins_with_letter(text) else ""
    after = rf"(?!{LETTER})" if begins_with_letter(text[-1]) else ""
    return before + re.escape(text) + after


def _wild(parts: tuple[str, ...]) -> str:
    first, last = parts[0], parts[-1]
    pattern = rf"[^\s]{{0,{WILD_GAP}}}?".join(re.escape(part) for part in parts if part)
    if begins_with_letter(first):
        pattern = rf"(?<!{LETTER})" + pattern
    elif not first:
        pattern = rf"{LETTER}*" + pattern
    if last and begins_with_letter(last[-1]):
        return pattern + rf"(?!{LETTER})"
    return pattern if last else pattern + rf"{LETTER}*"


@lru_cache(maxsize=256)
def folded_pattern(leaf: Term | Wild) -> re.Pattern[str]:
    """What an occurrence of the leaf looks like in folded text."""
    return re.compile(_bounded(leaf.text) if isinstance(leaf, Term) else _wild(leaf.parts))


@lru_cache(maxsize=256)
def exact_pattern(typed: str) -> re.Pattern[str]:
    """What an occurrence of typed text looks like in original text after NFC."""
    return re.compile(_bounded(nfc(typed)))


def nfc(text: str) -> str:
    """Unicode's Normalization Form C, the only change that the level `exact` forgives."""
    return unicodedata.normalize("NFC", text)


def is_bounded(text: str) -> bool:
    """Whether an occurrence of the text depends on its neighbours (it begins or ends with a letter of a spaced script)."""
    return bool(begins_with_letter(text) or begins_with_letter(text[-1]))
