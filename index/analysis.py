"""What both sides of the house do to a text, and the fingerprint that proves they did the same.

Owns the order fold → segment, and what counts as a word, a gram, a literal.  Two streams come of a text: `words`, for
ranking, and `grams`, overlapping pairs of unspaced characters (and the last character of each run, so that one character
is a prefix), for finding every occurrence whatever the segmenter thinks.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from . import segment
from .fold import digest, fold, fold_han, fold_with_offsets, original_span, plain
from .scripts import LETTER, RUN, UNSPACED, is_unspaced

VERSION = 1
"""Raised when a change here makes other tokens of the same text."""

# A word that was typed: a run of unspaced characters, or letters and digits with the signs that belong to them (C++, .NET, GPT-4).
_PIECE = re.compile(rf"[{UNSPACED}]+|[.#@$]?{LETTER}+(?:[-_.'/&+:@]{LETTER}+)*[+#%]*")


@dataclass(frozen=True, slots=True)
class Analysis:
    """A passage analysed: its folded text, its words in order (repeated as often as they stand there), its set of grams."""

    folded: str
    words: list[str]
    grams: set[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a word that was typed: folded, as typed, and whether it is literal (has signs, so is no token by itself)."""

    text: str
    typed: str
    literal: bool


def grams(run: str) -> list[str]:
    """Overlapping pairs of characters, and the last character by itself."""
    return [run[at : at + 2] for at in range(len(run))]


def pieces(typed: str) -> list[Piece]:
    """The parts of one typed word that can be searched; none for pure punctuation."""
    folded, offsets = fold_with_offsets(typed)
    return [_piece(match, typed, offsets) for match in _PIECE.finditer(folded)]


def _piece(match: re.Match[str], typed: str, offsets: list[int]) -> Piece:
    start, end = original_span(typed, offsets, *match.span())
    return Piece(match[0], typed[start:end], RUN.fullmatch(match[0]) is None)


def cut(piece: Piece, frequency: Callable[[str], int], total: int) -> list[Piece]:
    """An unspaced piece cut into words that the index has (see `segment.cut_by_frequency`)."""
    _, offsets = fold_with_offsets(piece.typed)
    cut_pieces, at = [], 0
    for word in segment.cut_by_frequency(piece.text, frequency, total):
        start, end = original_span(piece.typed, offsets, at, at + len(word))
        cut_pieces.append(Piece(word, piece.typed[start:end], literal=False))
        at += len(word)
    return cut_pieces


def joint(before: str, gap: str, after: str) -> str:
    """What white space between two pieces of text folds to: nothing, a space, or an empty line's `\\n`.

    `before` and `after` are the code points next to the gap.
    """
    whole = fold(before + gap + after)
    return whole[len(fold(before)) : len(whole) - len(fold(after))]


class Analyser:
    """Turns passages into tokens when an index is written.

    `dictionary` is the text of the user's dictionary; `segmenter` is `rjieba` or `jieba`.
    """

    def __init__(self, dictionary: str = "", segmenter: str | None = None) -> None:
        self.dictionary = dictionary
        self.segmenter = segmenter or segment.available()

    @cached_property
    def _tokenizer(self) -> segment.Tokenizer:
        return segment.load(self.segmenter, self.dictionary)

    def parts(self) -> dict[str, str]:
        """Everything that decides the tokens of a text, by name."""
        return query_parts() | {
            "segmenter": segment.described(self.segmenter),
            "converter": segment.described("opencc"),
            "dictionary": hashlib.blake2b(self.dictionary.encode(), digest_size=6).hexdigest() if self.dictionary else "",
        }

    def words(self, text: str) -> list[str]:
        """The folded words of a text in order; shorter words inside long ones come before them, as in jieba's search mode."""
        plain_text = plain(text)
        return self._words(plain_text, fold_han(plain_text))

    def _words(self, plain_text: str, folded: str) -> list[str]:
        known, words = segment.to_simplified(plain_text), list[str]()
        for match in RUN.finditer(folded):
            if match[1] is None:
                words.append(match[0])
            else:
                run, at = match[0], match.start()
                spans = self._tokenizer.tokenize(known[at : match.end()], "search")
                words.extend([run[start:end] for _, start, end in spans])
        return words

    def analyse(self, text: str, following: str = "") -> Analysis:
        """Analyse a passage; `following` is the folded character right behind it in the document, "" if there is a gap."""
        plain_text = plain(text)
        folded = fold_han(plain_text)
        found = {gram for match in RUN.finditer(folded) if match[1] for gram in grams(match[1])}
        if is_unspaced(following) and is_unspaced(folded[-1:]):
            found.add(folded[-1] + following)
        return Analysis(folded, self._words(plain_text, folded), found)


def query_parts() -> dict[str, str]:
    """The parts of the fingerprint that a query depends on: cheap to know, nothing is loaded for them."""
    return {"analysis": str(VERSION), "fold": digest()}


def fingerprint(parts: dict[str, str]) -> str:
    """A short hash over the parts."""
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()


def differences(stored: dict[str, str], now: dict[str, str]) -> str:
    """What differs between two sets of parts, for people: `segmenter (rjieba 0.2.1, now rjieba 0.2.2)`; "" if nothing."""
    return ", ".join(f"{name} ({stored.get(name, 'none') or 'none'}, now {value or 'none'})" for name, value in now.items() if stored.get(name) != value)

