r"""Fold text: every way to write one word becomes one string, with a map back to the original.

Owns the answer to "are these two the same letters?".  Knows nothing of words, dictionaries or languages, and looks at each
character by itself, so that a piece of text folds the same wherever it stands:

    fold(a + b) == fold(a) + fold(b)

except for the joins, which look at their neighbours: white space between two Han characters goes (unless it is an empty
line), as do interpuncts inside names (比爾·蓋茨), and a full stop in an interpunct's place (比爾.蓋茨, but not in 一.概述);
elsewhere a run of white space becomes one space, an empty line PARAGRAPH.

The steps, in order: other forms of a character (case, width, compatibility, diacritics; `data/compat.tsv`), joins, Han
variants (`data/han.tsv`).  The text between the two last, `plain`, has the same length as the folded one: what a segmenter
says of it holds for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from pathlib import Path
from zlib import crc32

from .scripts import HAN, is_han

_DATA = Path(__file__).parent / "data"

_DROPPED_RANGES = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x0300, 0x036F),  # combining diacritics, and their later blocks
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
    (0x061C, 0x061C),  # marks of direction, joiners, zero-width spaces
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),
    (0xE0000, 0xE0FFF),  # tags, and the other variation selectors
)
DROPPED = frozenset(point for first, last in _DROPPED_RANGES for point in range(first, last + 1))
"""Code points that leave nothing behind."""

PARAGRAPH = "\u2029"
"""What an empty line folds to: never mistaken for the end of a line when folded again."""

_LINE_ENDS = (0x0A, 0x85, 0x2028)
WHITE = frozenset(_LINE_ENDS) | {
    ord(PARAGRAPH),
    *range(0x09, 0x0E),
    *range(0x1C, 0x21),
    0xA0,
    0x1680,
    *range(0x2000, 0x200B),
    0x202F,
    0x205F,
    0x3000,
}
"""White space.  A carriage return is none of the line ends, so that CR LF is one."""

_DOTS = "·‧•∙⋅・"
_MARKERS = frozenset("〇零一二三四五六七八九十百千甲乙丙章节条款项点")
"""What a full stop follows in lists and numbers, and so seldom in names that it joins nothing there; as folded."""

# White space and dots between two characters that are not ASCII; whether those are Han, and the dots so few as inside a name,
# `_joined` decides.  The first character is matched before the look-behind, so that the scan skips along by character set.
_JOINT = re.compile(rf"[ \n.{_DOTS}](?<=[^\x00-\x7f][ \n.{_DOTS}])[ \n{_DOTS}]*(?=[^\x00-\x7f])")
_SPACE_OR_DOT = re.compile(rf" *(?:\n *|[{_DOTS}] *)?")
_WHITE_RUN = re.compile(rf"[ \n{PARAGRAPH}][ \n{PARAGRAPH}]+")


class _Learning(dict[int, str]):
    """A table for `str.translate` that learns which characters it leaves alone: to find no entry costs twice as much."""

    def __missing__(self, point: int) -> str:
        self[point] = chr(point)
        return self[point]


class _Both(dict[int, str]):
    """A table for `str.translate` that learns what a character is after both tables, the joins between them left out.

    `uneven` are the characters met so far that become none or several.
    """

    def __init__(self) -> None:
        super().__init__()
        self.uneven = set[str]()

    def __missing__(self, point: int) -> str:
        self[point] = fold_han(_compat()[point])
        if len(self[point]) != 1:
            self.uneven.add(chr(point))
        return self[point]

    def all_even(self, text: str) -> bool:
        """Whether every character of a text that was translated becomes one."""
        if len(self.uneven) > 50:  # then it is faster to look at each character of the text
            return self.uneven.isdisjoint(text)
        return not any(map(text.__contains__, self.uneven))


def _table(name: str) -> dict[int, str]:
    lines = (_DATA / name).read_text(encoding="utf-8").split("\n")
    groups = (line.split("\t") for line in lines if line)
    return {ord(character): folded for folded, characters in groups for character in characters}


@cache
def compat_table() -> dict[int, str]:
    """Code point → its plain form."""
    table = _table("compat.tsv")
    for points, folded in ((DROPPED, ""), (WHITE, " "), (_LINE_ENDS, "\n"), ({ord(PARAGRAPH)}, PARAGRAPH)):
        table.update(dict.fromkeys(points, folded))
    return table


@cache
def han_table() -> dict[int, str]:
    """Han code point → the character that stands for all its variants."""
    return _table("han.tsv")


@cache
def _compat() -> _Learning:
    return _Learning(compat_table())


@cache
def _han() -> _Learning:
    return _Learning(han_table())


@cache
def _both() -> _Both:
    return _Both()


@cache
def digest() -> str:
    """A short hash over everything that decides how text folds."""
    patterns = _JOINT.pattern, _SPACE_OR_DOT.pattern, _WHITE_RUN.pattern, "".join(sorted(_MARKERS))
    code = repr((HAN, _DROPPED_RANGES, sorted(WHITE), *patterns))
    data = b"".join((_DATA / name).read_bytes() for name in ("compat.tsv", "han.tsv"))
    return f"{crc32(code.encode() + data):08x}"


def _joined(match: re.Match[str]) -> str:
    text, found, (start, end) = match.string, match[0], match.span()
    if not (is_han(text[start - 1]) and is_han(text[end])):
        return found
    if found[0] == ".":  # never joins together with white space: that is the end of a sentence
        return "" if found == "." and fold_han(text[start - 1]) not in _MARKERS else found
    # A line end that does not join (a list item's dot follows) must not look like a space that would, when folded again.
    return "" if len(found) == 1 or _SPACE_OR_DOT.fullmatch(found) else found.replace("\n", PARAGRAPH)


def _white(match: re.Match[str]) -> str:
    return PARAGRAPH if PARAGRAPH in match[0] or match[0].count("\n") > 1 else " "


def plain(text: str) -> str:
    """The text with other forms of its characters and its joins settled, but Han variants as they were written."""
    settled = text.translate(_compat())
    if not settled.isascii():
        settled = _JOINT.sub(_joined, settled)
    return _WHITE_RUN.sub(_white, settled).replace("\n", " ")


def fold_han(plain_text: str) -> str:
    """The last step: `plain` text with Han variants replaced; the length stays."""
    return plain_text.translate(_han())


def fold(text: str) -> str:
    """Fold a text; what is folded already stays as it is."""
    return fold_han(plain(text))


def fold_all(texts: Iterable[str]) -> list[str]:
    """Each text folded, all in one go: one by one takes three times as long.  None of them may hold U+0000."""
    return fold("\0".join(texts)).split("\0")


@lru_cache(maxsize=1 << 12)
def is_loose(character: str) -> bool:
    """Whether what a character folds to depends on what is around it: white space, dots, and what leaves nothing behind."""
    return all(folded in f" \n.{PARAGRAPH}{_DOTS}" for folded in compat_table().get(ord(character), character))


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its code points the offset in `text` of the one it came from.

    The offsets never decrease, and one more is appended: the length of `text`.  This is the way of short texts: both tables
    come first, which is as good, for the joins ask only which characters are Han and what they fold to.
    """
    table = _both()
    folded, offsets = text.translate(table), _counted(len(text) + 1)
    if not text.isascii():
        if not table.all_even(text):
            uneven = ((at, len(table[ord(character)])) for at, character in enumerate(text) if character in table.uneven)
            offsets = _changed(offsets, ((at, at + 1, times) for at, times in uneven))
        folded, offsets = _replaced(_JOINT, _joined, folded, offsets)
    folded, offsets = _replaced(_WHITE_RUN, _white, folded, offsets)
    return folded.replace("\n", " "), offsets


def _counted(length: int) -> list[int]:
    return _numbers()[:length] if length <= 4096 else list(range(length))


@cache
def _numbers() -> list[int]:
    return list(range(4096))  # to copy some of it takes a tenth of the time


def _replaced(
    pattern: re.Pattern[str], replaced: Callable[[re.Match[str]], str], text: str, offsets: list[int]
) -> tuple[str, list[int]]:
    """What `pattern.sub` gives, of the offsets too: what is left of a match keeps its first ones."""
    dropped = list[tuple[int, int, int]]()

    def keep(match: re.Match[str]) -> str:
        kept, (start, end) = replaced(match), match.span()
        if start + len(kept) < end:
            dropped.append((start + len(kept), end, 0))
        return kept

    text = pattern.sub(keep, text)
    return text, _changed(offsets, dropped) if dropped else offsets


def _changed(offsets: list[int], changes: Iterable[tuple[int, int, int]]) -> list[int]:
    """The offsets with each (start, end, times) of them replaced by so many times the first."""
    changed, at = list[int](), 0
    for start, end, times in changes:
        changed += offsets[at:start]
        changed += [offsets[start]] * times
        at = end
    return changed + offsets[at:]


def original_span(text: str, offsets: list[int], start: int, end: int) -> tuple[int, int]:
    """The span of `text` that the non-empty folded span came from, with the marks that cling to its last character."""
    last = offsets[end - 1] + 1
    while last < len(text) and clings(text[last]):
        last += 1
    return offsets[start], last


def clings(character: str) -> bool:
    """Whether a character folds to nothing because it is a mark on the one before it."""
    return ord(character) in DROPPED and character not in "\u00ad\u200b\ufeff"
