"""Document to passages: pieces of about 300 characters with offsets into the document's text.

Owns where a document is cut, and nothing else: it neither reads files, nor folds, nor segments.  Pure.

A character is a code point, in Chinese and in English, and the white space inside a passage counts.

Lines (as `str.splitlines` sees them) make blocks: a blank line, a line indented by U+3000, or a heading begins a new one.
A hard-wrapped block is a paragraph; in any other block each line is.  A heading goes with the paragraph below it.  Small
paragraphs are packed together, long ones cut into even pieces, at the ends of sentences if at all possible.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from .model import LONGEST_PASSAGE, Document, Heading, Passage

LOW, TARGET, HIGH = 200, 300, LONGEST_PASSAGE
"""Lengths of a passage, in code points.

TARGET is aimed at; nothing is cut into pieces shorter than LOW, if there is another way; anything longer than HIGH is cut.
"""

_CRUMB = LOW // 2  # less is not worth a passage of its own
_WRAPPED_FROM, _WRAPPED_TO = 40, 200  # columns of the widest line: narrower is a list or verse, wider whole paragraphs

_CLOSERS = r"[」』”’）】》〉〕］｝»\"')\]}]*"
_SENTENCE = re.compile(rf"[。！？…｡]+{_CLOSERS}|[.!?]+{_CLOSERS}(?=\s)|[!?]+{_CLOSERS}(?=[^\x00-\x7f])")
_CLAUSE = re.compile(rf"[，、；：]+{_CLOSERS}|[,;:]+{_CLOSERS}(?=[^\x00-\x7f]|\s)")  # 12:30 and 1,000 stay whole
_LINE_END, _SPACE = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+"), re.compile(r"\s+")
_SOFT_CUTS = (_SENTENCE, _CLAUSE, _LINE_END, _SPACE)  # where a long paragraph may be cut: at the end of the match, best first
_FINAL = frozenset("。！？…｡.!?：:」』”")  # a line ending so is the end of its paragraph as often as not
_HEADING_SIGN = re.compile(r"#+[ \t]*\Z")  # Markdown's, which a passage begins with although the heading may start after it
_INTERPUNCTS = frozenset("·‧•・∙⋅")
_WORDLIKE = re.compile(  # what folds to letters of a word between spaces or to digits: also ① Ⅳ ㎏ ﬁ Ａ 𝐀
    r"(?=[^\W_])[\0-\u0dff\u1e00-\u1fff]|[\u2070-\u218f\u2460-\u24ff\u3250-\u33ff\ufb00-\ufb06\uff10-\uff5a\U0001d400-\U0001d7ff]"
)
# Where a cut tears nothing, in a string of `_kind`s: not beside a mark, not between the halves of a surrogate pair ...
_UNTORN = re.compile(r"(?<=[^im])(?=[^im])(?!(?<=h)l)")
# ... and not inside a word; behind an interpunct only if that is behind a word, where it does not join a name: Home·About.
_LEGAL = re.compile(rf"{_UNTORN.pattern}(?!(?<=w)w)|(?<=wi)(?=[^im])")


class _Piece(NamedTuple):
    """A piece of the text on its way to a passage: offsets, and whether it begins with a heading."""

    start: int
    end: int
    heading: bool = False

    @property
    def length(self) -> int:
        return self.end - self.start

    def plus(self, other: _Piece) -> _Piece:
        """Both and the white space between them."""
        return _Piece(self.start, other.end, self.heading)


def split(document: Document) -> list[Passage]:
    """Cut the text of `document` into passages, numbered from 1; offsets are code points of `document.text`.

    Passages are disjoint and in order, hold every character that is not white space, and neither begin nor end with white
    space.  The heading of a passage is the last one that starts at or before it, else the first one inside it.  Never raises.
    """
    text = document.text
    headings = sorted(document.headings, key=lambda heading: heading.start)
    signs = [_HEADING_SIGN.search(text, max(0, heading.start - 9), heading.start) for heading in headings]
    starts = [sign.start() if sign else heading.start for sign, heading in zip(signs, headings, strict=True)]
    pieces = _packed(_paragraphs(_blocks(text, starts), text), text)
    return [Passage(n, piece.start, piece.end, _heading_of(piece, starts, headings)) for n, piece in enumerate(pieces, 1)]


def _heading_of(piece: _Piece, starts: Sequence[int], headings: Sequence[Heading]) -> str:
    nearest = max(0, bisect_right(starts, piece.start) - 1)
    return headings[nearest].text if starts and starts[nearest] < piece.end else ""


def _blocks(text: str, headings: Sequence[int]) -> Iterator[list[_Piece]]:
    """The lines that are not blank, in blocks; a line to which one of the offsets `headings` points is one by itself."""
    block: list[_Piece] = []
    position = seen = 0
    for line in text.splitlines(keepends=True):
        left = line.lstrip()
        shown = left.rstrip()
        start = position + len(line) - len(left)
        end = start + len(shown)
        position += len(line)
        heading = bool(shown) and seen < len(headings) and headings[seen] < end
        if block and (not shown or heading or block[0].heading or line[0] == "\u3000"):
            yield block
            block = []
        if heading:
            seen = bisect_right(headings, end - 1)
        if shown:
            block.append(_Piece(start, end, heading))
    if block:
        yield block


def _paragraphs(blocks: Iterable[list[_Piece]], text: str) -> Iterator[_Piece]:
    """The paragraphs of the blocks, each with the headings right above it."""
    above: _Piece | None = None
    for block in blocks:
        for paragraph in _unwrapped(block, text):
            joined = above.plus(paragraph) if above else paragraph
            above = joined if paragraph.heading else None
            if not above:
                yield joined
    if above:
        yield above


def _unwrapped(block: list[_Piece], text: str) -> list[_Piece]:
    """The lines of `block`, or all in one piece if they are a paragraph that was broken to fit a page.

    They are if, the last aside, nine in ten are 3/4 as wide as the widest and at most one in three ends as a paragraph would.
    """
    *lines, last = block
    if not lines or 3 * sum(text[line.end - 1] in _FINAL for line in lines) > len(lines):
        return block
    widths = [_columns(text[line.start : line.end]) for line in block]
    widest = max(widths)
    short = sum(4 * width < 3 * widest for width in widths[:-1])
    if not _WRAPPED_FROM <= widest <= _WRAPPED_TO or 10 * short > len(lines):
        return block
    return [block[0].plus(last)]


def _columns(text: str) -> int:
    """The width on a page: ASCII 1, anything else 2."""
    return len(text) if text.isascii() else 2 * len(text) - len(text.encode("ascii", "ignore"))


def _packed(paragraphs: Iterable[_Piece], text: str) -> list[_Piece]:
    """Small paragraphs joined, long ones cut; the last piece of a long one may still take in what follows."""
    packed: list[_Piece] = []
    for paragraph in paragraphs:
        if packed and _belongs(packed[-1], paragraph):
            paragraph = packed.pop().plus(paragraph)
        if paragraph.length > HIGH:
            packed += _cut_up(text, paragraph)
        else:
            packed.append(paragraph)
    if len(packed) > 1 and packed[-1].length < _CRUMB and not packed[-1].heading:
        packed[-2:] = _cut_up(text, packed[-2].plus(packed[-1]))
    return packed


def _belongs(piece: _Piece, paragraph: _Piece) -> bool:
    """Whether `paragraph` goes on `piece`: always if that is a crumb; else if it gets nearer to TARGET and is no heading."""
    length, both = piece.end - piece.start, paragraph.end - piece.start
    return length < _CRUMB or (both <= HIGH and both + length <= 2 * TARGET and not paragraph.heading)


def _cut_up(text: str, piece: _Piece) -> Iterator[_Piece]:
    """`piece` in pieces no longer than HIGH, as even as its sentences allow."""
    start, end, heading = piece
    while end - start > HIGH and (cut := _cut(text, start, end)) < end:
        yield _Piece(start, start + len(text[start:cut].rstrip()), heading)
        space = _SPACE.match(text, cut)
        start, heading = space.end() if space else cut, False
    yield _Piece(start, end, heading)


def _cut(text: str, start: int, end: int) -> int:
    """Where to cut next: the best kind of place between LOW and HIGH, of these the nearest to an even share of the rest."""
    rest = end - start
    low, high = start + LOW, start + min(HIGH, rest - LOW)
    ideal = start + rest // max(2, round(rest / TARGET))
    for pattern in _SOFT_CUTS:
        ends = (found.end() for found in pattern.finditer(text, low - 1, high + 1))
        # A mark after the punctuation belongs to it; after white space it has nothing to belong to.
        places = [place for place in ends if place <= high and (pattern is _SPACE or _kind(text[place]) not in "im")]
        if places:
            return min(places, key=lambda place: abs(place - ideal))
    return _hard_cut(text, start, end, (low, ideal, high))


def _hard_cut(text: str, start: int, end: int, window: tuple[int, int, int]) -> int:
    """A cut where there is neither punctuation nor white space, that changes nothing of how either side folds.

    `window` is (low, ideal, high).  Never beside a combining mark, a format character or an interpunct inside a name, however
    long that makes the piece; and inside a word only if the word is longer than HIGH itself.
    """
    low, ideal, high = window
    places = _places(_LEGAL, text, low, high)
    if not places:
        limit = min(end, low + HIGH)
        left = max(_places(_LEGAL, text, start + 1, low), default=start)
        right = min(_places(_LEGAL, text, high, limit - 1), default=limit)
        if right - left <= HIGH:
            return right if left - start < _CRUMB and right - start <= HIGH else left
        places = _places(_UNTORN, text, low, high) or _places(_UNTORN, text, start + 1, low)
    while not places and high < end:  # a step at a time, for there may be a million marks
        low, high = high, high + HIGH
        places = _places(_UNTORN, text, low, min(high, end - 1))[:1]
    return min(places, key=lambda place: abs(place - ideal), default=end)


def _places(pattern: re.Pattern[str], text: str, first: int, last: int) -> list[int]:
    """The offsets from `first` to `last` where `pattern`, which reads kinds, allows a cut."""
    kinds = "".join(map(_kind, text[first - 1 : last + 1]))
    return [first - 1 + found.start() for found in pattern.finditer(kinds)]


@lru_cache(maxsize=1 << 14)
def _kind(character: str) -> str:
    """`i` an interpunct; `m` a mark; `w` part of a word; `h`, `l` halves of a surrogate pair; `.` all else."""
    first = unicodedata.normalize("NFKD", character)[0]  # the half-width ﾞ and ･ are what they stand for
    if first in _INTERPUNCTS:
        return "i"
    if unicodedata.category(first) in {"Mn", "Mc", "Me", "Cf"} or 0xE0000 <= ord(first) <= 0xE0FFF:
        return "m"
    if unicodedata.category(first) == "Cs":
        return "h" if first < "\udc00" else "l"
    return "w" if _WORDLIKE.match(character) else "."
