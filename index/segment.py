"""Cut Chinese text into words.

Owns the choice of segmenter and is the only file that knows jieba (or its Rust port rjieba, the same dictionary and model)
and OpenCC, which turns Traditional text into the Simplified that their dictionary knows.  Knows nothing of folding tables,
English or indexes.

When a query is typed there is no time to load a dictionary; `cut_by_frequency` cuts it by the words that the index has,
which are the only ones that can match.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any, Protocol

LONGEST_WORD = 12
"""The longest word, in code points, that is looked for when a query is cut."""

_LONE_SURROGATE = "[\ud800-\udfff]"


class Tokenizer(Protocol):
    """What jieba and rjieba have in common (jieba's names)."""

    def tokenize(self, text: str, mode: str = ...) -> Iterable[tuple[str, int, int]]:
        """(word, start, end) in code points; in mode "search" also the shorter words inside long ones, before them."""

    def cut_for_search(self, text: str) -> Iterable[str]:
        """The words that mode "search" gives."""


def available() -> str:
    """The segmenter to use: `rjieba` where it is installed, else `jieba`."""
    from importlib.util import find_spec  # who only searches needs it not

    return "rjieba" if find_spec("rjieba") else "jieba"


def described(name: str) -> str:
    """Name and version of a package, for fingerprints."""
    from importlib.metadata import version  # takes 20 ms, and only who writes an index asks

    return f"{name} {version(name)}"


def load(name: str, dictionary: str = "", alone: bool = False) -> Tokenizer:
    """A segmenter with the user's words added: one of its own, so that whoever else uses the library does not see them.

    Where nobody else does in this process, who is `alone`, rjieba's global one will do: another takes a tenth of a second.
    `dictionary` is text in jieba's format: a line is `word [frequency] [tag]`; see `parse_dictionary` for its errors.
    """
    if name == "rjieba":
        rjieba: Any = import_module("rjieba")
        tokenizer = rjieba if alone else rjieba.Jieba()
    else:
        jieba: Any = import_module("jieba")
        jieba.setLogLevel("ERROR")  # it announces on stderr that it loads its dictionary
        tokenizer = jieba.Tokenizer()
        tokenizer.initialize()
    for word, frequency, tag in parse_dictionary(dictionary):
        tokenizer.add_word(to_simplified(word), frequency, tag)
    return tokenizer  # type: ignore[no-any-return]  # neither library has types


def parse_dictionary(text: str) -> list[tuple[str, int | None, str | None]]:
    """Lines of jieba's dictionary format as (word, frequency, tag); raises ValueError naming the line."""
    return [_entry(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _entry(number: int, columns: list[str]) -> tuple[str, int | None, str | None]:
    word, *rest = columns
    frequency = int(rest.pop(0)) if rest and rest[0].isdecimal() else None
    if len(rest) > 1:
        raise ValueError(f"line {number} has {len(columns)} columns")
    if frequency is not None and frequency >= 1 << 63:
        raise ValueError(f"line {number} has a frequency beyond all counting")
    return word, frequency, rest[0] if rest else None


@cache
def _opencc() -> Any:
    return import_module("opencc").OpenCC("t2s")


def to_simplified(text: str) -> str:
    """The text as jieba's dictionary knows it, each code point in its place (OpenCC's `t2s` keeps the length)."""
    if text.isascii():
        return text
    converted: str = _opencc().convert(re.sub(_LONE_SURROGATE, "\ufffd", text))
    # Measured to hold over all of Unicode and 10 million characters; should a later OpenCC differ, words are cut less well,
    # but not put in wrong places.
    return converted if len(converted) == len(text) else text


def cut_by_frequency(text: str, frequency: Callable[[str], int], total: int) -> list[str]:
    """Cut a run of unspaced text into the most probable sequence of known words (unigram model, the model of jieba's `cut`).

    `frequency` gives a word's count in a collection of `total`; unknown single characters count as rarest of all.  The words
    joined are the text.
    """
    log_total = math.log(total + 1)
    best: list[tuple[float, int]] = [(0.0, 0)] * (len(text) + 1)  # of each tail: its log probability, the end of its first word
    for start in range(len(text) - 1, -1, -1):
        ends = range(start + 1, min(start + LONGEST_WORD, len(text)) + 1)
        known = ((best[end][0] + math.log(count), end) for end in ends if (count := frequency(text[start:end])))
        log_chance, end = max([(best[start + 1][0] - 1, start + 1), *known])
        best[start] = log_chance - log_total, end
    words, start = [], 0
    while start < len(text):
        words.append(text[start : best[start][1]])
        start = best[start][1]
    return words
