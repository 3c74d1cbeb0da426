"""What both sides of the house do to a text, and the fingerprint that proves they did the same.

Owns the order fold → segment, and what counts as a word, a gram, a literal.  Two streams come of a text: `words`, for
ranking, and `grams`, overlapping pairs of unspaced characters (and the last character of each run, so that one character
is a prefix), for finding every occurrence whatever the segmenter thinks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise
from operator import add

from . import segment
from .fold import digest, fold, fold_han, fold_with_offsets, original_span, plain
from .model import Passage
from .scripts import is_unspaced, run_pattern, runs

VERSION = 1
"""Raised when a change here makes other tokens of the same text."""

# Letters and digits with the signs that belong to them (C++, .NET, GPT-4), in text that has no unspaced characters.
_SPACED_PIECE = re.compile(r"[.#@$]?[^\W_]+(?:[-_.'/&+:@][^\W_]+)*[+#%]*")


@dataclass(frozen=True, slots=True)
class Analysis:
    """A passage analysed: its folded text, its words in order (repeated as often as they stand there), its set of grams.

    `gap` is what the white space between it and the next passage folds to; where that is nothing, the pair across the border is
    among the grams, so that the folded texts and gaps joined are the document's folded text and no pair is missing.
    """

    folded: str
    words: list[str]
    grams: set[str]
    gap: str = ""


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
    """The parts of one typed word that can be searched: runs of unspaced characters, and words of other scripts.

    None for pure punctuation.
    """
    folded, offsets = fold_with_offsets(typed)
    found, at = list[Piece](), 0
    unspaced = [(start, run) for start, run, is_run in runs(folded) if is_run]
    for start, run in [*unspaced, (len(folded), "")]:
        found += [_piece(typed, offsets, at + match.start(), match[0]) for match in _SPACED_PIECE.finditer(folded[at:start])]
        found += [_piece(typed, offsets, start, run)] if run else []
        at = start + len(run)
    return found


def _piece(typed: str, offsets: list[int], at: int, folded: str) -> Piece:
    start, end = original_span(typed, offsets, at, at + len(folded))
    return Piece(folded, typed[start:end], literal=not (folded.isalnum() or is_unspaced(folded)))


def cut(piece: Piece, frequency: Callable[[str], int], total: int) -> list[Piece]:
    """An unspaced piece cut into words that the index has (see `segment.cut_by_frequency`)."""
    _, offsets = fold_with_offsets(piece.typed)
    cut_pieces, at = [], 0
    words = segment.cut_by_frequency(piece.text, frequency, total)
    for word in _unknown_joined(words, frequency, total):
        start, end = original_span(piece.typed, offsets, at, at + len(word))
        cut_pieces.append(Piece(word, piece.typed[start:end], literal=False))
        at += len(word)
    return cut_pieces


def _unknown_joined(words: list[str], frequency: Callable[[str], int], total: int) -> list[str]:
    """Join neighbouring single characters if one of them is no word of the index: together they are a word it lacks.

    Otherwise 半导体, in an index without it, would be found wherever 半, 导 and 体 stand apart.  Characters that are words in
    more than one passage of twenty (的, 在, 和) do not join.
    """
    joined = list[str]()
    for loose, group in groupby(words, lambda word: len(word) == 1 and 20 * frequency(word) <= total):
        run = list(group)
        joined += ["".join(run)] if loose and not all(map(frequency, run)) else run
    return joined


def joint(before: str, gap: str, after: str) -> str:
    """What white space between two pieces of text folds to: nothing, a space, or a line end for an empty line."""
    before, after = before[-8:], after[:8]  # joins look at the neighbours only, past a few marks that fold to nothing
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
            "dictionary": _hash(self.dictionary) if self.dictionary else "",
        }

    def words(self, text: str) -> list[str]:
        """The folded words of a text in order; shorter words inside long ones come before them, as in jieba's search mode."""
        plain_text = plain(text)
        return self._words(plain_text, fold_han(plain_text))

    def _words(self, plain_text: str, folded: str) -> list[str]:
        known, words = segment.to_simplified(plain_text), list[str]()
        for match in run_pattern().finditer(folded):
            if match[1] is None:
                words.append(match[0])
            else:
                words.extend(self._cut(match[0], known[match.start() : match.end()]))
        return words

    def _cut(self, run: str, known: str) -> Iterable[str]:
        """Words of a folded run, cut as the dictionary cuts its known form."""
        if run == known:
            return self._tokenizer.cut_for_search(run)
        return [run[start:end] for _, start, end in self._tokenizer.tokenize(known, "search")]

    def analyse(self, text: str) -> Analysis:
        """Analyse a piece of text that stands by itself."""
        plain_text = plain(text)
        folded = fold_han(plain_text)
        found = set[str]()
        for run in filter(None, run_pattern().findall(folded)):  # what the group is of: runs without spaces, else ""
            found.update(map(add, run, run[1:]))
            found.add(run[-1])
        return Analysis(folded, self._words(plain_text, folded), found)

    def document(self, text: str, passages: Sequence[Passage]) -> list[Analysis]:
        """Analyse the passages of a document's text."""
        done = [self.analyse(text[passage.start : passage.end]) for passage in passages]
        for number, (here, following) in enumerate(pairwise(passages)):
            gap = joint(text[here.start : here.end], text[here.end : following.start], text[following.start : following.end])
            pair = done[number].folded[-1:] + done[number + 1].folded[:1]
            if not gap and len(pair) == 2 and is_unspaced(pair):
                done[number].grams.add(pair)
            done[number] = replace(done[number], gap=gap)
        return done


def query_parts() -> dict[str, str]:
    """The parts of the fingerprint that a query depends on: cheap to know, nothing is loaded for them."""
    return {"analysis": str(VERSION), "fold": digest()}


def fingerprint(parts: dict[str, str]) -> str:
    """A short hash over the parts."""
    return _hash(json.dumps(parts, sort_keys=True))


def _hash(text: str) -> str:
    from hashlib import blake2b  # takes 5 ms to import, and a search needs none

    return blake2b(text.encode(), digest_size=8).hexdigest()


def differences(stored: dict[str, str], now: dict[str, str]) -> str:
    """What differs between two sets of parts, for people: `segmenter (rjieba 0.2.1, now rjieba 0.2.2)`; "" if nothing."""
    return ", ".join(
        f"{name} ({stored.get(name, 'none') or 'none'}, now {value or 'none'})"
        for name, value in now.items()
        if stored.get(name) != value
    )
