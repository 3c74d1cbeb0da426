"""What both sides of the house do to a text, and the fingerprint that proves they did the same.

Owns the order fold → segment, and what counts as a word, a gram, a literal.  Two streams come of a text:

`words`, for ranking and for words in any form: what the segmenter makes of scripts without spaces, the stems of words of the
others (of those written as one, getElementById, also the stems of their parts; the s of Nvidia's is none);

`grams`, for finding every occurrence as it is written, whatever the segmenter thinks: overlapping pairs of unspaced characters
(and the last character of each run, so that one character is a prefix), and words of the other scripts as they stand.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate, chain, groupby, pairwise
from operator import add

from . import english, segment
from .english import breaks, is_possessive, stem
from .fold import digest, fold_han, fold_with_offsets, is_loose, original_span, plain
from .frozen import frozen
from .model import Analysis, Passage
from .scripts import is_unspaced, run_pattern, runs

VERSION = 2
"""Raised when a change here makes other tokens of the same text."""

# Letters and digits with the signs that belong to them (C++, .NET, GPT-4), in text that has no unspaced characters.
_SPACED_PIECE = re.compile(r"[.#@$]?[^\W_]+(?:[-_.'/&+:@][^\W_]+)*[+#%]*")
# Signs that only join: not between two digits (9-11), a full stop not beside a single letter (U.S.).
_JOINT = r"(?:[-_'/&](?:(?<!\d.)|(?!\d))|(?<=[^\W\d_][^\W\d_])\.(?=[^\W\d_][^\W\d_]))"
_JOINED = rf"[^\W_]+(?:{_JOINT}[^\W_]+)+"
_ASCII_RUN = re.compile(r"[a-z0-9]+")
_CUT = "\x01"  # stands for a cut while a text is folded; folds to itself
_FUSED = r"([^\W\d_]+)(\d+)|(\d+)([^\W\d_]+)"


@frozen
class Piece:
    """A part of a word that was typed: folded, as typed, and whether it is literal (has signs, so is no token by itself).

    Of words of scripts with spaces also: the `stems` of the runs of letters and digits in it, in order; what it is `joined`,
    without signs that only join (GPT-4 gpt4, e-mail email; "" where signs matter: C++, 3.14, U.S.); and the stems of its
    `parts`, if it is several words written as one (getElementById, GPT4, 16GB).  Not in any of them: the s of Nvidia's.
    """

    text: str
    typed: str
    literal: bool
    stems: tuple[str, ...] = ()
    joined: str = ""
    parts: tuple[str, ...] = ()


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
        for match in _SPACED_PIECE.finditer(folded[at:start]):
            first, word = at + match.start(), match[0]
            if not is_possessive(folded, first, first + len(word)):
                word = word.removesuffix("'s")
                original = _typed(typed, offsets, first, word)
                stems = _stems(folded, first, word)
                found.append(Piece(word, original, not word.isalnum(), stems, _joined(word), _parts(word, original)))
        found += [Piece(run, _typed(typed, offsets, start, run), literal=False)] if run else []
        at = start + len(run)
    return found


def _typed(typed: str, offsets: list[int], at: int, folded: str) -> str:
    start, end = original_span(typed, offsets, at, at + len(folded))
    return typed[start:end]


def _stems(folded: str, first: int, word: str) -> tuple[str, ...]:
    """The stems of a word that begins at an offset of a folded text."""
    found = ((first + at, run) for at, run, _ in runs(word))
    return tuple(stem(run) for at, run in found if not is_possessive(folded, at, at + len(run)))


def _joined(word: str) -> str:
    joins = not word.isalnum() and "'s" not in word and re.fullmatch(_JOINED, word)
    return "".join(run for _, run, _ in runs(word)) if joins else ""


def _parts(word: str, typed: str) -> tuple[str, ...]:
    """The stems of what a word without signs is put together from; single letters only beside several digits."""
    if not word.isalnum():
        return ()
    plain_text, cuts = _plain_with_breaks(typed)
    if not cuts and len(word) > 2 and not word.isalpha() and (fused := re.fullmatch(_FUSED, word)):
        cuts = [max(fused.end(1), fused.end(3))]
    return english.parts(word, tuple(cuts)) if plain_text == word else ()


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


_SHORT = 16
_folded_short = lru_cache(maxsize=1 << 12)(fold_with_offsets)  # most borders are a full stop, a line end and a letter


class _Settled:
    """What loose characters at the edges of a document's passages fold to, where they stand.

    Asked from its beginning to its end, so that what belongs together is folded once, however long it is.
    """

    def __init__(self, text: str) -> None:
        self._text, self._first, self._last = text, 0, 0
        self._folded, self._offsets = "", [0]

    def folded(self, start: int, end: int) -> str:
        """What a span of nothing but loose characters folds to."""
        if start == end:
            return ""
        if not self._first <= start < end <= self._last:
            self._settle(start, end)
        first, last = (bisect_left(self._offsets, at - self._first) for at in (start, end))
        return self._folded[first:last]

    def _settle(self, first: int, last: int) -> None:
        """Fold a span with all that is loose around it, and the characters that it is between."""
        while first > 0 and is_loose(self._text[first - 1]):
            first -= 1
        while last < len(self._text) and is_loose(self._text[last]):
            last += 1
        self._first, self._last = max(0, first - 1), last + 1
        zone = self._text[self._first : self._last]
        self._folded, self._offsets = _folded_short(zone) if len(zone) < _SHORT else fold_with_offsets(zone)


def _core(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the loose characters at its edges."""
    while end > start and is_loose(text[end - 1]):
        end -= 1
    while start < end and is_loose(text[start]):
        start += 1
    return start, end


def _plain_with_breaks(text: str) -> tuple[str, list[int]]:
    """The plain text, and the offsets in it at which words written as one are cut."""
    if not (cuts := breaks(text)):
        return plain(text), cuts
    parts = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]
    folded = list(map(plain, parts)) if _CUT in text else plain(_CUT.join(parts)).split(_CUT)
    return "".join(folded), list(accumulate(map(len, folded[:-1])))


class Analyser:
    """Turns passages into tokens when an index is written.

    `dictionary` is the text of the user's dictionary; `segmenter` is `rjieba` or `jieba`; `alone` as in `segment.load`.
    """

    def __init__(self, dictionary: str = "", segmenter: str | None = None, alone: bool = False) -> None:
        self.dictionary, self._alone = dictionary, alone
        self.segmenter = segmenter or segment.available()

    @cached_property
    def _tokenizer(self) -> segment.Tokenizer:
        return segment.load(self.segmenter, self.dictionary, self._alone)

    def parts(self) -> dict[str, str]:
        """Everything that decides the tokens of a text, by name."""
        return query_parts() | {
            "segmenter": segment.described(self.segmenter),
            "converter": segment.described("opencc"),
            "dictionary": _hash(self.dictionary) if self.dictionary else "",
        }

    def words(self, text: str) -> list[str]:
        """The words of a text, see `Analysis`; shorter ones inside long ones come before them, as in jieba's search mode."""
        return self.analyse(text).words

    def analyse(self, text: str) -> Analysis:
        """Analyse a piece of text that stands by itself."""
        return self._analysed(*_plain_with_breaks(text))

    def document(self, text: str, passages: Sequence[Passage]) -> list[Analysis]:
        """Analyse the passages of a document's text."""
        settled, done = _Settled(text), list[Analysis]()
        for number, passage in enumerate(passages):
            first, last = _core(text, passage.start, passage.end)
            before = settled.folded(passage.start, first)
            plain_text, cuts = _plain_with_breaks(text[first:last])
            plain_text = before + plain_text + settled.folded(last, passage.end)
            next_start = passages[number + 1].start if number + 1 < len(passages) else passage.end
            gap = settled.folded(passage.end, next_start)
            done.append(self._analysed(plain_text, [len(before) + at for at in cuts] if before else cuts, gap))
        for here, following in pairwise(done):
            pair = here.folded[-1:] + following.folded[:1]
            if not here.gap and len(pair) == 2 and is_unspaced(pair):
                here.grams.add(pair)
        return done

    def _analysed(self, plain_text: str, cuts: list[int], gap: str = "") -> Analysis:
        folded = fold_han(plain_text)
        words, found, links = self._english(folded) if folded.isascii() else self._mixed(plain_text, folded)
        compounds = [each for each in _compounds(folded, cuts) if each[1]] if cuts else []
        if compounds:
            words = [*words, *chain.from_iterable(parts for _, parts in compounds)]
        return Analysis(folded, words, found, gap, cuts, links, compounds)

    def _english(self, folded: str) -> tuple[list[str], set[str], Sequence[str | None]]:
        """What `_mixed` gives of ASCII, three times as fast."""
        found = _ASCII_RUN.findall(folded)
        if "'s" not in folded:
            words = list(map(stem, found))
        else:
            matches = _ASCII_RUN.finditer(folded)
            words = [stem(match[0]) for match in matches if not is_possessive(folded, *match.span())]
        return words, set(found), words

    def _mixed(self, plain_text: str, folded: str) -> tuple[list[str], set[str], Sequence[str | None]]:
        """The words and grams of a text in scripts of both kinds, and the chain of its words."""
        known, words, found, links = segment.to_simplified(plain_text), list[str](), set[str](), list[str | None]()
        for match in run_pattern().finditer(folded):
            run = match[0]
            if match[1] is None:
                found.add(run)
                if run != "s" or not is_possessive(folded, *match.span()):
                    words.append(stem(run))
                    links.append(words[-1])
            else:
                found.update(map(add, run, run[1:]))
                found.add(run[-1])
                words += self._cut(run, known[match.start() : match.end()])
                links.append(None)
        return words, found, links

    def _cut(self, run: str, known: str) -> Iterable[str]:
        """Words of a folded run, cut as the dictionary cuts its known form."""
        if run == known:
            return self._tokenizer.cut_for_search(run)
        return [run[start:end] for _, start, end in self._tokenizer.tokenize(known, "search")]


def _compounds(folded: str, cuts: list[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Words that are cut at rising offsets: the place of each in the chain of the text's words, the stems of its parts."""
    spans = [match.span() for match in (_ASCII_RUN if folded.isascii() else run_pattern()).finditer(folded)]
    if "'s" in folded:
        spans = [span for span in spans if not is_possessive(folded, *span)]
    at = 0
    while at < len(cuts):
        place = bisect_left(spans, (cuts[at],)) - 1
        start, end = spans[place]
        following = bisect_left(cuts, end, at)
        yield place, english.parts(folded[start:end], tuple(cut - start for cut in cuts[at:following]))
        at = following


def query_parts() -> dict[str, str]:
    """The parts of the fingerprint that a query depends on: cheap to know, nothing is loaded for them."""
    return {"analysis": str(VERSION), "fold": digest(), "stemmer": english.version()}


def fingerprint(parts: Mapping[str, str]) -> str:
    """A short hash over the parts."""
    import json

    return _hash(json.dumps(parts, sort_keys=True))


def _hash(text: str) -> str:
    from hashlib import blake2b  # takes 5 ms to import, and a search needs none

    return blake2b(text.encode(), digest_size=8).hexdigest()


def differences(stored: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What differs between two sets of parts, for people: `segmenter (rjieba 0.2.1, now rjieba 0.2.2)`; "" if nothing."""
    return ", ".join(
        f"{name} ({stored.get(name, 'none') or 'none'}, now {value or 'none'})"
        for name, value in now.items()
        if stored.get(name) != value
    )
