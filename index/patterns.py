"""What an occurrence of a plan's leaf is: the one definition.

The engine that decides whether a passage matches and the highlighter that marks it both ask here.  They agree if both say where
words written as one are cut, and which words the index has.  Pure; knows no index.

A word of a script with spaces is a run of its letters and digits, and each of the parts of a word written as several
(get|Element|By|Id), where the caller says at which offsets such words are cut: folded text has no capitals any more.  The s of
Nvidia's is no word, nor that of several LLMs.

Words follow each other if there is no letter, digit, empty line or NUL between them, and no more than `GAP` code points;
parts of one word if nothing is.  The s of a possessive counts as nothing.

How near to each other parts are is counted in words: a run of letters and digits of a script with spaces is one, and so is each
character of a script without.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from .english import beginning, breaks, is_possessive, stem, word_end, word_start
from .fold import PARAGRAPH, clings, fold_with_offsets
from .model import WILD_GAP, Leaf, Near, Term, Wild, Words
from .scripts import is_letter, is_unspaced, run_pattern

Span = tuple[int, int]

GAP = 3
"""The most code points between two words that follow each other."""

BETWEEN = rf"(?:[^\w{PARAGRAPH}\0]|_){{1,{GAP}}}"
"""What may lie between two words that follow each other, as a regular expression."""

_BETWEEN = re.compile(rf"{BETWEEN}(?=[^\W_])")
_ASCII_WORD = re.compile(r"[a-z0-9]+")


def in_folded(leaf: Leaf, text: str, start: int = 0, breaks: Sequence[int] = ()) -> Iterator[Span]:
    """The spans of a leaf's occurrences in folded text that begin at `start` or later, overlapping ones too.

    `breaks` are the offsets, rising, at which words written as one are cut.  The spans of a Near are those of its parts, the
    last first, in every window that holds all of them, no more other words among them than it allows, and no smaller window.
    """
    match leaf:
        case Term():
            return _literal(leaf.text, text, start)
        case Wild():
            return _wild(leaf.parts, text, start)
        case Words():
            return _words(leaf.stems, text, start, breaks)
        case Near():
            return (span for span in _near(leaf, text, breaks) if span[0] >= start)


def may_hold(leaf: Leaf, text: str) -> bool:
    """Whether folded text has what every occurrence of a leaf is made of: soon asked, and most texts lack most leaves."""
    match leaf:
        case Term():
            return leaf.text in text
        case Wild():
            return all(map(text.__contains__, leaf.parts))
        case Words():
            return all(map(text.__contains__, map(beginning, leaf.stems)))
        case Near():
            return all(may_hold(part, text) for part in leaf.parts)


def begins_in_original(leaf: Leaf, text: str, before: str = "", after: str = "") -> bool:
    """Whether an occurrence of a leaf begins in original text, given what is around it.

    Original text says by its capitals where words written as one are cut.
    """
    whole = before + text + after
    folded, offsets = fold_with_offsets(whole)
    start, end, *cuts = (bisect_left(offsets, at) for at in (len(before), len(before) + len(text), *breaks(whole)))
    return any(at < end for at, _ in in_folded(leaf, folded, start, cuts))


def as_typed(typed: str, text: str, start: int = 0) -> Iterator[Span]:
    """The spans of what was typed in original text; both are taken to be in Normalization Form C already.

    A character with one more mark on it is another one: x is not x̄.
    """
    return (span for span in _literal(typed, text, start) if not any(map(clings, text[span[1] : span[1] + 1])))


def stands_alone(text: str, span: Span, is_word: Callable[[str], bool]) -> bool:
    """Whether what is at a span of folded text is no part of a longer word, as far as the characters beside it tell.

    It is part of one if it and the unspaced character before, or behind it, are a word together (执行, not 一行).
    """
    (start, end), found = span, text[slice(*span)]
    before, behind = text[max(0, start - 1) : start], text[end : end + 1]
    return not (is_unspaced(before) and is_word(before + found)) and not (is_unspaced(behind) and is_word(found + behind))


def nfc(text: str) -> str:
    """Unicode's Normalization Form C, the only change that the level `exact` forgives."""
    return unicodedata.normalize("NFC", text)


def is_bounded(text: str) -> bool:
    """Whether an occurrence of a literal depends on what stands around it."""
    return is_letter(text[0]) or is_letter(text[-1])


# ------------------------------------------------------------------------------------------ literals


def _literal(wanted: str, text: str, start: int) -> Iterator[Span]:
    first, last = is_letter(wanted[:1]), is_letter(wanted[-1:])
    at = text.find(wanted, start)
    while at >= 0:
        end = at + len(wanted)
        if not (first and is_letter(text[max(0, at - 1) : at])) and not (last and is_letter(text[end : end + 1])):
            yield at, end
        at = text.find(wanted, at + 1)


def _continues(text: str, at: int) -> bool:
    """Whether a word of a spaced script goes on across an offset."""
    return 0 < at < len(text) and is_letter(text[at - 1]) and is_letter(text[at])


# ------------------------------------------------------------------------------------------ words


def _words(stems: Sequence[str], text: str, start: int, breaks: Sequence[int]) -> Iterator[Span]:
    first, *others = map(beginning, stems)
    if not all(other in text for other in others):
        return
    at = text.find(first, start)
    while at >= 0:
        if at == 0 or not is_letter(text[at - 1]) or _is_break(at, breaks):
            for end in dict.fromkeys(_ends(stems, text, at, breaks)) if others else _ends(stems, text, at, breaks):
                yield at, end
        at = text.find(first, at + 1)


def _ends(stems: Sequence[str], text: str, at: int, breaks: Sequence[int]) -> Iterator[int]:
    """Where words of these stems end, the first of which begins at an offset where words may begin."""
    for end in _word_ends(text, at, breaks):
        if stem(text[at:end]) == stems[0]:
            if len(stems) == 1:
                yield end
                return
            if (following := _following(text, end, breaks)) is not None:
                yield from _ends(stems[1:], text, following, breaks)


def _word_ends(text: str, at: int, breaks: Sequence[int]) -> tuple[int, ...]:
    """The end of the word that begins at an offset, and that of its first part; none of an s that is no word."""
    end, following = word_end(text, at), bisect_right(breaks, at)
    is_part = following > 0 and breaks[following - 1] == at
    if end == at + 1 and (is_possessive(text, at, end) or (is_part and text[at] == "s")):
        return ()
    if following == len(breaks) or breaks[following] >= end:
        return (end,)
    return (breaks[following],) if is_part else (end, breaks[following])


def _is_break(at: int, breaks: Sequence[int]) -> bool:
    place = bisect_right(breaks, at)
    return place > 0 and breaks[place - 1] == at


def _following(text: str, end: int, breaks: Sequence[int]) -> int | None:
    """Where the word after one that ends at an offset begins; None if none follows it."""
    if _is_break(end, breaks):
        if text[end : word_end(text, end)] != "s":
            return end
        end += 1
    if text.startswith("'s", end) and is_possessive(text, end + 1, word_end(text, end + 1)):
        end += 2
    between = _BETWEEN.match(text, end)
    return between.end() if between and is_letter(text[between.end()]) else None


# ------------------------------------------------------------------------------------------ words near each other


def _near(near: Near, text: str, breaks: Sequence[int]) -> Iterator[Span]:
    occurrences = [sorted(in_folded(part, text, 0, breaks)) for part in near.parts]
    if not all(occurrences):
        return
    found, smallest = set[Span](), len(text) + 1
    firsts = sorted(((span, part) for part, spans in enumerate(occurrences) for span in spans), reverse=True)
    for _, group in groupby(firsts, lambda first: first[0][0]):
        windows = filter(None, [_smallest_window(occurrences, part, span, near.slop, text) for span, part in group])
        window = min(windows, key=lambda window: window[-1][1], default=None)
        if window and window[-1][1] < smallest:  # else it holds another window
            smallest = window[-1][1]
            yield from (span for span in window if span not in found)
            found.update(window)


def _smallest_window(
    occurrences: Sequence[Sequence[Span]], first: int, span: Span, slop: int, text: str
) -> tuple[Span, ...] | None:
    """The spans of all parts, in order, of which this span of this part comes first, so that they end as soon as can be."""
    everything = (1 << len(occurrences)) - 1
    best: dict[int, tuple[int, tuple[Span, ...]]] = {1 << first: (slop, (span,))}  # by parts placed: slop left, spans
    for _ in range(len(occurrences) - 1):
        further: dict[int, tuple[int, tuple[Span, ...]]] = {}
        for placed, (left, spans) in best.items():
            end = spans[-1][1]
            following = {
                part: others[place]
                for part, others in enumerate(occurrences)
                if not placed >> part & 1 and (place := bisect_left(others, (end, 0))) < len(others)
            }
            if len(following) < everything.bit_count() - placed.bit_count():
                continue  # one of the parts can no longer be had
            for part, other in following.items():
                rest, now = left - _words_between(text, end, other[0]), placed | 1 << part
                if rest >= 0 and (now not in further or other[1] < further[now][1][-1][1]):
                    further[now] = rest, (*spans, other)
        best = further
    return best[everything][1] if everything in best else None


def _words_between(text: str, start: int, end: int) -> int:
    """How many words lie wholly between two offsets of a folded text."""
    start = word_end(text, start) if _continues(text, start) else start
    end = word_start(text, end) if _continues(text, end) else end
    if text.isascii():
        return sum(not is_possessive(text, *match.span()) for match in _ASCII_WORD.finditer(text, start, end))
    found = run_pattern().finditer(text, start, end)
    return sum(not is_possessive(text, *match.span()) if match[1] is None else len(match[1]) for match in found)


# ------------------------------------------------------------------------------------------ wildcards


def _wild(parts: tuple[str, ...], text: str, start: int) -> Iterator[Span]:
    search, open_start, open_end = _wild_search(parts), not parts[0], not parts[-1]
    found = search(text, start)
    while found:
        first, end = found.span()
        while open_end and end < len(text) and is_letter(text[end]) and not is_unspaced(text[end - 1]):
            end += 1
        while open_start and first > 0 and is_letter(text[first - 1]) and not is_unspaced(text[first]):
            first -= 1
        if not _continues(text, first) and not _continues(text, end):
            yield first, end
        found = search(text, found.start() + 1)


@lru_cache(maxsize=64)
def _wild_search(parts: tuple[str, ...]) -> Callable[[str, int], re.Match[str] | None]:
    return re.compile(rf"\S{{0,{WILD_GAP}}}?".join(re.escape(part) for part in parts if part)).search
