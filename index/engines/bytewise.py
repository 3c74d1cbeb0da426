"""Words in folded text as it is stored, in UTF-8, without decoding it.

Owns what ASCII alone tells of such words, which is nearly always enough; where it is not, the answer is None, and whoever asked
decodes the text and asks `patterns`, with which this agrees.  Offsets are bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from mmap import mmap

from ..english import LONGEST_ENDING, beginning, stem
from ..patterns import GAP
from ..texts import encode


def goes_on(data: mmap | bytes, at: int) -> bool | None:
    """Whether a word of a spaced script goes on across an offset; None if more than ASCII decides it."""
    around = data[max(0, at - 1) : at + 1]
    if around.isascii():
        return len(around) == 2 and around.isalnum()
    return None if all(byte >= 0x80 or chr(byte).isalnum() for byte in around) else False


_Search = Callable[[mmap | bytes, int, int], "re.Match[bytes] | None"]
_Match = Callable[[mmap | bytes, int], "re.Match[bytes] | None"]


@lru_cache(maxsize=256)
def search_words(stems: tuple[str, ...], least: int) -> _Search:
    """Finds where the first of words of some stems begins that may follow each other; few other texts have that.

    They are at `least` so many bytes apart: 0 if they may be parts of one word.  A word of other characters than ASCII is only
    found as it is.
    """
    return re.compile((rb"[0-9a-z]*?(?:'s)?[\W_]{%d,%d}" % (least, 4 * GAP)).join(_beginnings(stems))).search


@lru_cache(maxsize=256)
def match_plainly(stems: tuple[str, ...]) -> _Match:
    """Says whether at an offset words do follow each other that begin like those of some stems, between ASCII characters."""
    words = (rb"[0-9a-z]*%s" % _BETWEEN.pattern).join(_beginnings(stems))
    return re.compile(rb"(?<![0-9a-z\x80-\xff])%s[0-9a-z]*(?![0-9a-z\x80-\xe4\xea-\xff])" % words).match


def _beginnings(stems: Iterable[str]) -> Iterator[bytes]:
    return (re.escape(encode(beginning(word))) for word in stems)


_WORD = re.compile(rb"[0-9a-z]+")
_BETWEEN = re.compile(rb"(?:'s(?![0-9a-z\x80-\xff]))?[^0-9a-z\0\x80-\xff]{1,%d}" % GAP)
_HAN = frozenset(range(0xE5, 0xEA))  # first bytes of U+5000 to U+9FFF, which are letters of no word


@lru_cache(maxsize=1 << 12)
def have_stems(plain: bytes, stems: tuple[str, ...]) -> bool | None:
    """Whether words that follow each other have these stems: mostly the same few words."""
    return follow(plain + b"\0", 0, stems)


def begins_word(data: mmap | bytes, at: int) -> bool | None:
    """Whether a word of ASCII letters and digits begins at an offset where one stands; None if more than ASCII decides it."""
    before = data[max(0, at - 3) : at]
    if before[-1:].isascii():
        return not before[-1:].isalnum()
    return True if before[0] in _HAN else None


def follow(data: mmap | bytes, at: int, stems: Sequence[str], cuts: Sequence[int] = ()) -> bool | None:
    """Whether words that begin at an offset have these stems and follow each other; None if more than ASCII decides it.

    They are none of an s alone.  `cuts` are where words around are cut, and what is before and behind may be a word, too.
    """
    wanted, *others = stems
    word = _WORD.match(data, at)
    end = word.end() if word else at
    if data[end] >= 0x80 and data[end] not in _HAN:
        return None
    for last in _word_ends(at, end, cuts) if cuts else (end,):
        if stem(data[at:last].decode()) != wanted:
            continue
        if not others:
            return True
        if last < end and data[last:end] == b"s":
            return None
        between = _BETWEEN.match(data, last)
        following = follow(data, between.end() if between and last == end else last, others, cuts)
        if following or following is None:
            return following
    return False


def _word_ends(at: int, end: int, cuts: Sequence[int]) -> list[int]:
    """The end of a word, and that of its first part; only the latter if it is itself a part that begins at a cut."""
    place = bisect_right(cuts, at)
    inside = [cut for cut in cuts[place : place + 1] if cut < end]
    return inside if inside and place > 0 and cuts[place - 1] == at else [end, *inside]


@lru_cache(maxsize=256)
def search_whole(wanted: bytes) -> Callable[[mmap | bytes, int, int], list[bytes]]:
    """Finds a literal where no word of ASCII letters and digits goes on over its edges."""
    literal, letter = re.escape(wanted), rb"[0-9a-z]"
    before = rb"(?<!%s%s)" % (letter, literal) if re.match(letter, wanted) else b""
    behind = rb"(?!%s)" % letter if re.match(letter, wanted[-1:]) else b""
    return re.compile(literal + before + behind).findall


@lru_cache(maxsize=256)
def search_beginnings(word: str) -> Callable[[mmap | bytes, int, int], Iterator[re.Match[bytes]]]:
    """Finds where words of a stem may begin."""
    return re.compile(re.escape(encode(beginning(word)))).finditer


def is_part(folded: mmap | bytes, cut: int, stems: tuple[str, ...]) -> bool:
    """Whether a word of the stems may end or begin where a word is cut."""
    behind, before, longest = _search_parts(stems)
    return bool(behind(folded, cut, len(folded)) or before(folded, max(0, cut - longest), cut))


@lru_cache(maxsize=256)
def _search_parts(stems: tuple[str, ...]) -> tuple[_Search, _Search, int]:
    """Looks for words of the stems that begin at an offset, or end at one, and are no longer (bytes) than the last says."""
    starts = b"|".join(re.escape(encode(beginning(word))) for word in stems)
    before = re.compile(rb"(?:%s)[0-9a-z\x80-\xff]*\Z" % starts)
    return re.compile(starts).match, before.search, max(map(longest, stems))


def longest(stem: str) -> int:
    """The most bytes that a word of a stem and what lies between it and the next one take up."""
    return len(encode(stem)) + LONGEST_ENDING + 4 * (GAP + 2)
