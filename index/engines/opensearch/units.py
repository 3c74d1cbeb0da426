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
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import accumulate, chain, pairwise, starmap

from ...english import stem
from ...model import Analysis
from ...patterns import BETWEEN
from ...scripts import UNSPACED

FOLLOWING = 20
"""So many terms of what follows a passage are among its own."""

AROUND = 6
"""So many words around one that is written as several stand beside its parts."""

_BORDER = 8  # code points on each side of a passage's end in which is seen whether words follow each other

LONGEST = 4000
"""The most characters of a term: a run of more letters is a term that nothing in it can be looked for by."""

# Private characters that begin the terms that are no text: whatever of a text begins so is spelt otherwise.
_ODD, _FIRST, _NEXT, _STEM, BREAK, _CHARACTER = map(chr, range(0xE000, 0xE006))
_SIGNS = 0xE100  # behind this the characters of ASCII that no term may have
_SPACE = chr(_SIGNS + ord(" "))
_ASCII_SIGNS = {code: chr(_SIGNS + code) for code in (*range(33), 127)}

_LONE = re.compile(f"[\ud800-\udfff{_ODD}]")
_STORED = re.compile(f"{_ODD}(....)")

Row = tuple[Sequence[str], Sequence[int]]
"""Terms in a row, and the offset (code points) at which each begins."""


@cache
def _pieces() -> re.Pattern[str]:
    letters = rf"[^\W_{UNSPACED}]"
    return re.compile(rf"({letters}+)( (?={letters}))?|([{UNSPACED}]+)|([\s\S])")


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{UNSPACED}]+")


@cache
def _ascii_pieces() -> re.Pattern[str]:
    """All that is a unit; a space is one beside what is no letter."""
    return re.compile(rf"[a-z0-9]+|(?<![a-z0-9]){_SPACE}|{_SPACE}(?![a-z0-9])|[^a-z0-9{_SPACE}]")


@cache
def _words_and_breaks(plain: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What lies between words that do not follow each other; words, and what that becomes.  For `plain` ASCII it is faster."""
    letters, others = ("[a-z0-9]", "[^a-z0-9]") if plain else (rf"[^\W_{UNSPACED}]", rf"[\W_{UNSPACED}]")
    between = rf"(?<={letters})(?!{BETWEEN}{letters}){others}+(?={letters})"
    return re.compile(between), re.compile(f"{letters}+|{BREAK}")


@cache
def _possessives() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The s of Nvidia's; and of what is no word, as another such s is none."""
    letters = rf"[^\W_{UNSPACED}]"
    return re.compile(rf"(?<={letters})(?<!\S's)'s(?!{letters})"), re.compile(rf"(?<=\S)'s(?!{letters})")


@cache
def _link() -> re.Pattern[str]:
    letters = rf"[^\W_{UNSPACED}]"
    return re.compile(f"(?<={letters})(?:'s(?!{letters}))?{BETWEEN}(?={letters})")


@lru_cache(maxsize=1 << 16)
def term(word: str) -> str:
    """A word as a term: itself, unless it is too long to be one, or has what no term may have."""
    odd = len(word) > LONGEST or any(map(_is_odd, word))
    return _ODD + blake2b(word.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest() if odd else word


def _is_odd(character: str) -> bool:
    """Whether no term may have a character, or only ours do; the same for every Python, whatever Unicode it knows."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cs", "Co")


@lru_cache(maxsize=1 << 12)
def _sign(character: str) -> str:
    if not _is_odd(character):
        return character
    return chr(_SIGNS + ord(character)) if character.isascii() else f"{_ODD}{ord(character):x}"


def storable(text: str) -> str:
    """A text as it can be kept where only Unicode's characters can: `restored` gives it back."""
    return _LONE.sub(lambda found: f"{_ODD}{ord(found[0]):04x}", text)


def restored(text: str) -> str:
    """The text that `storable` made this of."""
    return _STORED.sub(lambda found: chr(int(found[1], 16)), text) if _ODD in text else text


# ------------------------------------------------------------------------------------------ rows


def grams(folded: Sequence[str]) -> list[str]:
    """The `grams` of each passage of a document, given their folded texts."""
    if all(each.isascii() and each for each in folded) and not any(starmap(_are_one_word, pairwise(folded))):
        around = zip(["", *folded[:-1]], folded, [*folded[1:], ""], strict=True)
        own = [_ascii_units(before[-1:], text, behind[:1]) for before, text, behind in around]
        behind = ([*chain.from_iterable(own[at + 1 : at + 1 + FOLLOWING])][:FOLLOWING] for at in range(len(own)))
        return [" ".join([*terms, *_marked(others)]) if terms else "" for terms, others in zip(own, behind, strict=True)]
    borders = list(accumulate(map(len, folded), initial=0))
    return list(map(" ".join, of_passages(units("".join(folded)), borders)))


def _are_one_word(text: str, following: str) -> bool:
    """Whether a long word goes on across the end of a passage."""
    return text[-1].isalnum() and following[0].isalnum()


def _ascii_units(before: str, text: str, behind: str) -> list[str]:
    """What `units` gives of a passage between two characters; of ASCII, and sooner."""
    found = _ascii_pieces().findall((before + text + behind).translate(_ASCII_SIGNS))
    own = found[len(before) : len(found) - len(behind)]
    return own if len(text) <= LONGEST or max(map(len, own), default=0) <= LONGEST else list(map(term, own))


def units(text: str, *, whole: bool = True) -> Row:
    """The units of folded text.  Of a literal (not `whole`) those that it has wherever it stands: its ends are none."""
    rows, starts, at = list[str](), list[int](), 0
    for letters, space, run, sign in _pieces().findall(text):
        if letters:
            rows.append(letters if len(letters) <= LONGEST else term(letters))
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


def words_in_row(text: str) -> list[str]:
    """The stems of the words of spaced scripts in folded text, and `BREAK` between two of which the second does not follow."""
    if "'s" in text:
        of_word, other = _possessives()
        text = other.sub(BREAK, of_word.sub("", text))
    between, words = _words_and_breaks(text.isascii())
    return list(map(_stemmed, words.findall(between.sub(BREAK, text))))


def chains(analyses: Sequence[Analysis]) -> list[str]:
    """The `chain` of each passage of a document."""
    folded = [analysis.folded + analysis.gap for analysis in analyses]
    rows = list(map(words_in_row, folded))
    found = list[str]()
    for place, row in enumerate(rows):
        beyond = list(_following(rows, folded, place)) if row else []
        written = dict(_compounds(row, analyses[place]))
        if beyond and analyses[place + 1].compounds:
            written |= {len(row) + at: parts for at, parts in _compounds(rows[place + 1], analyses[place + 1])}
        own = [*row, *_marked(beyond)]
        for terms in _in_parts([*row, *beyond], len(row), written):
            own += [BREAK, *terms]
        found.append(" ".join(own))
    return found


def _compounds(row: Sequence[str], analysis: Analysis) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The places in a row of words written as one, each with the stems of its parts."""
    if not analysis.compounds:
        return
    words = list(accumulate((stem is not None for stem in analysis.chain), initial=0))
    places = [place for place, each in enumerate(row) if each != BREAK]
    for place, parts in analysis.compounds:
        yield places[words[place]], tuple(map(term, parts))


def _in_parts(row: Sequence[str], end: int, compounds: Mapping[int, tuple[str, ...]]) -> Iterator[list[str]]:
    """Words around those written as one: each by itself in its parts, and together with others that are near.

    What is behind the `end` of the passage is marked.  Not among them: of those near each other some in parts and some whole.
    """
    for place in (place for place in compounds if place < len(row)):
        around = range(max(0, place - AROUND), min(len(row), place + AROUND + 1))
        together = frozenset(each for each in compounds if each in around)
        for apart in dict.fromkeys((frozenset([place]), together)) if around[0] < end else ():
            own, beyond = list[str](), list[str]()
            for each in around:
                (own if each < end else beyond).extend(compounds[each] if each in apart else (row[each],))
            yield [*own, *_marked(beyond)]


def _following(rows: Sequence[Sequence[str]], folded: Sequence[str], place: int) -> Iterator[str]:
    """The first words behind a passage in a row with its last, as far as they are asked for."""
    left, at = FOLLOWING, place
    while left and at + 1 < len(rows) and _linked(folded[at], folded[at + 1]):
        yield from rows[at + 1][:left]
        left, at = left - len(rows[at + 1][:left]), at + 1


def _linked(text: str, following: str) -> bool:
    """Whether the first word of a passage follows the last one of that before it."""
    end = len(text[-_BORDER:])
    links = _link().finditer(text[-_BORDER:] + following[:_BORDER])
    return any(match.start() <= end <= match.end() for match in links)


@lru_cache(maxsize=1 << 16)
def _stemmed(word: str) -> str:
    return word if word == BREAK else term(stem(word))


def characters(text: str) -> str:
    """The unspaced characters of folded text, in one."""
    return "" if text.isascii() else "".join(_unspaced().findall(text))


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


def title_terms(title: Analysis) -> Iterator[str]:
    """The terms of a title: its units, the stems of its words in a row, its words, its unspaced characters."""
    yield from units(title.folded)[0]
    yield BREAK
    yield from map(stem_in_title, chains([title])[0].split())
    others = chain(map(stem_in_title, map(term, title.words)), map(character_in_title, characters(title.folded)))
    for other in dict.fromkeys(others):
        yield BREAK
        yield other


def stem_in_title(word: str) -> str:
    """A word of a title as it stands in it beside its units."""
    return word if word == BREAK else _STEM + word


def character_in_title(character: str) -> str:
    """An unspaced character as it stands in a title for itself, be it a word or a part of one."""
    return _CHARACTER + character


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
