"""What an index with positions is told of a text, so that a phrase of its terms is an exact substring and nothing else is.

Owns the terms of four fields, and how a literal and words in a row are spelt in them; knows no cluster.  Pure.

`grams` has the folded text as a row of units: a run of letters and digits is one, so is each sign; of a run of characters of
scripts without spaces each pair is one, and so are the first and the last character.  A space between two runs of letters is
none: nothing else can be between them.  So a row of units says what the text is, and a literal's units stand in a row exactly
where the literal stands.

`chain` has the stems of words of spaced scripts in a row where they follow each other (see `patterns`), and `BREAK` where they
do not; words written as one once more in their parts, with the words around them.

An occurrence belongs to the passage in which it begins.  So each passage has some terms of what follows it, too, marked: a
literal that crosses its end is looked for in the several ways that it may be cut there.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import accumulate, pairwise

from ..english import is_possessive, parts, stem
from ..patterns import BETWEEN
from ..scripts import UNSPACED

FOLLOWING = 20
"""So many terms of what follows a passage are among its own."""

AROUND = 8
"""So many words around one that is written as several stand beside its parts."""

_LONGEST = 100  # characters: a whitespace tokenizer cuts terms of more than 255 UTF-16 code units

# Private characters that begin the terms that are no text: whatever of a text begins so is spelt otherwise.
_ODD, _FIRST, _NEXT, _STEM, BREAK = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
_OURS = frozenset((_ODD, _FIRST, _NEXT, _STEM, BREAK))

_LONE = re.compile(f"[\ud800-\udfff{_ODD}]")
_STORED = re.compile(f"{_ODD}(....)")

Row = tuple[Sequence[str], Sequence[int]]
"""Terms in a row, and the offset (code points) at which each begins."""


@cache
def _pieces() -> re.Pattern[str]:
    letters = rf"[^\W_{UNSPACED}]"
    return re.compile(rf"({letters}+)( (?={letters}))?|([{UNSPACED}]+)|([\s\S])")


@cache
def _ascii_pieces() -> re.Pattern[str]:
    return re.compile(r"([a-z0-9]+)( (?=[a-z0-9]))?|(\Z.)|([\s\S])")


@cache
def _links() -> re.Pattern[str]:
    letters = rf"[^\W_{UNSPACED}]"
    return re.compile(rf"({letters}+)|({BETWEEN}(?={letters}))|([\s\S])")


@cache
def _ascii_links() -> re.Pattern[str]:
    return re.compile(rf"([a-z0-9]+)|({BETWEEN}(?=[a-z0-9]))|([\s\S])")


@lru_cache(maxsize=1 << 16)
def term(word: str) -> str:
    """A word as a term: itself, unless it is too long to be one, or has what no term may have."""
    odd = len(word) > _LONGEST or any(map(_is_odd, word))
    return _ODD + blake2b(word.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest() if odd else word


def _is_odd(character: str) -> bool:
    return character.isspace() or character in _OURS or unicodedata.category(character) in ("Cc", "Cs", "Cn")


@lru_cache(maxsize=1 << 12)
def _sign(character: str) -> str:
    return f"{_ODD}{ord(character):x}" if _is_odd(character) else character


def storable(text: str) -> str:
    """A text as it can be kept where only Unicode's characters can: `restored` gives it back."""
    return _LONE.sub(lambda found: f"{_ODD}{ord(found[0]):04x}", text)


def restored(text: str) -> str:
    """The text that `storable` made this of."""
    return _STORED.sub(lambda found: chr(int(found[1], 16)), text) if _ODD in text else text


# ------------------------------------------------------------------------------------------ rows


def units(text: str, *, whole: bool = True) -> Row:
    """The units of folded text.  Of a literal (not `whole`) those that it has wherever it stands: its ends are none."""
    rows, starts, at = list[str](), list[int](), 0
    for letters, space, run, sign in (_ascii_pieces() if text.isascii() else _pieces()).findall(text):
        if letters:
            rows.append(letters if len(letters) <= _LONGEST else term(letters))
            starts.append(at)
            at += len(letters) + len(space)
        elif sign:
            rows.append(_sign(sign))
            starts.append(at)
            at += 1
        else:
            after = at + len(run)
            first, last = whole or at > 0, whole or after < len(text)
            own = _run(run, first=first, last=last)
            rows += own
            starts += ([at] if first else []) + [*range(at, at + len(own) - first)]
            at = after
    return rows, starts


def _run(run: str, *, first: bool, last: bool) -> list[str]:
    """The units of a run of unspaced characters, one of which is its first, or its last, character by itself."""
    if len(run) == 1:
        return [run]
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    return [*([run[0]] if first else []), *pairs, *([run[-1]] if last else [])]


def chain(text: str, cuts: Sequence[int]) -> Iterator[Row]:
    """The words of folded text in rows; `cuts` are the rising offsets at which words written as one are cut."""
    words, starts, at, linked = list[str](), list[int](), 0, False
    compounds = list[tuple[int, tuple[str, ...]]]()
    for word, link, other in (_ascii_links() if text.isascii() else _links()).findall(text):
        start, at = at, at + len(word or link or other)
        if word:
            if word == "s" and is_possessive(text, start, at):
                continue
            if words and not linked:
                words.append(BREAK)
                starts.append(start)
            if cuts and (inside := [cut - start for cut in cuts[bisect_left(cuts, start + 1) : bisect_left(cuts, at)]]):
                compounds.append((len(words), parts(word, tuple(inside))))
            words.append(_stemmed(word))
            starts.append(start)
            linked = True
        elif not link:
            linked = False
    yield words, starts
    if compounds:
        yield from _in_parts(words, starts, compounds)


@lru_cache(maxsize=1 << 16)
def _stemmed(word: str) -> str:
    return term(stem(word))


def _in_parts(words: Sequence[str], starts: Sequence[int], compounds: Sequence[tuple[int, tuple[str, ...]]]) -> Iterator[Row]:
    """Rows around words written as one: each by itself in its parts, and together with others that are near."""
    several = dict(compounds)
    for place, _ in compounds:
        around = range(max(0, place - AROUND), min(len(words), place + AROUND + 1))
        for apart in dict.fromkeys((frozenset([place]), frozenset(several.keys() & set(around)))):
            row, offsets = list[str](), list[int]()
            for each in around:
                own = list(map(term, several[each])) if each in apart else [words[each]]
                row += own
                offsets += [starts[each]] * len(own)
            yield row, offsets


def of_passages(row: Row, borders: Sequence[int]) -> Iterator[list[str]]:
    """The terms of each passage, given where passages begin, the first at 0, and the last ends (offsets, one more).

    Behind its own are the marked ones of what follows, if it has any of its own.
    """
    terms, starts = row
    places = [bisect_left(starts, border) for border in borders]
    for first, after in pairwise(places):
        yield [*terms[first:after], *_marked(terms[after : after + FOLLOWING])] if first < after else []


def _marked(terms: Sequence[str]) -> Iterator[str]:
    return ((_NEXT if place else _FIRST) + each for place, each in enumerate(terms))


def title_terms(row: Row, chains: Iterable[Row], words: Iterable[str], characters: Iterable[str]) -> Iterator[str]:
    """The terms of a title: its units, the stems of its words in a row, its words, its unspaced characters."""
    yield from row[0]
    for stems, _ in chains:
        yield BREAK
        yield from map(stem_in_title, stems)
    for other in dict.fromkeys((*map(term, words), *characters)):
        yield BREAK
        yield stem_in_title(other)


def stem_in_title(word: str) -> str:
    """A word or character of a title as it stands in it beside its units."""
    return word if word == BREAK else _STEM + word


# ------------------------------------------------------------------------------------------ what is looked for


def crossing(row: Row) -> Iterator[tuple[list[str], bool]]:
    """A literal's terms as they stand where it crosses the end of a passage, for each way to cut it there.

    With each, whether that is all of it: of more than `FOLLOWING` terms behind the end only those are said.
    """
    terms, starts = row
    for cut in range(1, len(terms)):
        if starts[cut - 1] < starts[cut]:
            behind = terms[cut:]
            yield [*terms[:cut], *_marked(behind[:FOLLOWING])], len(behind) <= FOLLOWING


def behind(term: str) -> Iterator[str]:
    """A term as it stands among those of what follows a passage."""
    return (mark + term for mark in (_FIRST, _NEXT))


def stems_row(stems: Sequence[str]) -> Row:
    """Words in a row as terms."""
    return list(map(term, stems)), range(len(stems))


def borders(lengths: Iterable[int]) -> list[int]:
    """Where passages begin, and the last ends, given how long each is."""
    return list(accumulate(lengths, initial=0))
