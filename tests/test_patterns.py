"""Patterns: every occurrence is found, overlapping ones too, and none inside another word."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tongwen.index.model import WILD_GAP, Term, Wild
from tongwen.index.patterns import as_typed, in_folded, is_bounded, nfc
from tongwen.index.scripts import UNSPACED, is_letter, is_unspaced

# No letter of a spaced script before, after: Unicode's words without underscore and unspaced characters.
_NONE_BEFORE = re.compile(rf"(?<![^\W_{UNSPACED}])")
_NONE_AFTER = re.compile(rf"(?![^\W_{UNSPACED}])")
_LETTER = re.compile(rf"[^\W_{UNSPACED}]")

SMALL = st.text("ab中文_ -", max_size=14)
ANY_TEXT = st.text(st.characters(codec=None), max_size=20)


def term(text: str) -> Term:
    """A term that was typed as it is."""
    return Term(text, text)


def is_bounded_at(text: str, at: int) -> bool:
    """Whether no word of a spaced script goes on across an offset, as two regular expressions see it."""
    return bool(_NONE_BEFORE.match(text, at) or _NONE_AFTER.match(text, at))


def every_span(text: str) -> list[tuple[int, int]]:
    """Every piece of a text, by its span."""
    return [(start, end) for start in range(len(text)) for end in range(start + 1, len(text) + 1)]


# ------------------------------------------------------------------------------------------ literals


@given(st.text("ab中文_ -", min_size=1, max_size=3), SMALL, st.integers(0, 5))
@settings(max_examples=400, deadline=None)
@example("aa", "aaa aa", 0)
@example("中中", "中中中", 0)
@example("a中", "ba中 a中b", 0)
def test_literals_by_brute_force(wanted, text, start):
    """A literal occurs at every place where it stands and no word goes on over its edges, overlapping or not."""
    expected = [
        (at, end)
        for at, end in every_span(text)
        if at >= start and text[at:end] == wanted and is_bounded_at(text, at) and is_bounded_at(text, end)
    ]

    assert list(in_folded(term(wanted), text, start)) == expected
    assert list(as_typed(wanted, text, start)) == expected


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        ("art", "start art", ["art"]),
        ("c", "c++ c c中", ["c", "c", "c"]),
        ("c++", "c++ c++11 c", ["c++"] * 2),
        ("芯片", "gpu芯片组", ["芯片"]),
        ("gpu", "gpu芯片组", ["gpu"]),
        ("gpu芯片", "agpu芯片 gpu芯片a", ["gpu芯片"]),
        ("用于", "适用于", ["用于"]),
        ("case", "snake_case", ["case"]),
        ("4", "gpt-4 14", ["4"]),
        ("한", "한국", []),
        ("中中", "中中中", ["中中", "中中"]),
    ],
)
def test_literals(wanted, text, expected):
    """A word of a spaced script must end where the literal ends; an unspaced one need not."""
    spans = list(in_folded(term(wanted), text))

    assert [text[start:end] for start, end in spans] == expected
    assert spans == sorted(set(spans))


# ------------------------------------------------------------------------------------------ wildcards


def whole_words(text: str, first: int, end: int, parts: tuple[str, ...]) -> tuple[int, int]:
    """The span with the words at its open ends taken in: letters and digits that do not touch an unspaced character of it."""
    while not parts[-1] and end < len(text) and is_letter(text[end]) and not is_unspaced(text[end - 1]):
        end += 1
    while not parts[0] and first > 0 and is_letter(text[first - 1]) and not is_unspaced(text[first]):
        first -= 1
    return first, end


def wild_by_hand(parts: tuple[str, ...], text: str) -> list[tuple[int, int]]:
    """Where the parts of a wildcard follow each other, each by the shortest gap that lets the next ones follow."""

    def ends(at: int, rest: tuple[str, ...]) -> int | None:
        if not rest:
            return at
        for gap in range(WILD_GAP + 1):
            if any(map(str.isspace, text[at : at + gap])) or at + gap > len(text):
                return None
            if text.startswith(rest[0], at + gap) and (end := ends(at + gap + len(rest[0]), rest[1:])) is not None:
                return end
        return None

    solid = tuple(filter(None, parts))
    found = []
    for at in range(len(text)):
        if text.startswith(solid[0], at) and (end := ends(at + len(solid[0]), solid[1:])) is not None:
            first, last = whole_words(text, at, end, parts)
            if is_bounded_at(text, first) and is_bounded_at(text, last):
                found.append((first, last))
    return found


PARTS = st.lists(st.text("ab中文-", min_size=1, max_size=2), min_size=1, max_size=3).flatmap(
    lambda inner: st.sampled_from([("", *inner), (*inner, ""), ("", *inner, ""), *([tuple(inner)] if len(inner) > 1 else [])])
)


@given(PARTS, SMALL | st.text("ab中", max_size=40))
@settings(max_examples=400, deadline=None)
@example(("a", "b"), "a" + "中" * WILD_GAP + "b")
@example(("a", "b"), "a" + "中" * (WILD_GAP + 1) + "b")
@example(("", "b", ""), "abab")
def test_wildcards_by_brute_force(parts, text):
    """A wildcard occurs where a retelling of its rules says: short gaps without white space, whole words at open ends."""
    assert list(in_folded(Wild(parts, "*".join(parts)), text)) == wild_by_hand(parts, text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("chip*", "chip chips microchips", ["chip", "chips"]),
        ("*chip", "chip microchip chips", ["chip", "microchip"]),
        ("*chip*", "microchips", ["microchips"]),
        ("人工*能", "人工智能和人工 能", ["人工智能"]),
        ("人工*能", "人工能", ["人工能"]),
        ("人工*能", "人工智能的可能", ["人工智能"]),
        ("芯*", "芯片组", ["芯"]),
        ("a*z", "a" + "b" * WILD_GAP + "z", ["a" + "b" * WILD_GAP + "z"]),
        ("a*z", "a" + "b" * (WILD_GAP + 1) + "z", []),
        ("a*z", "a\u2029z", []),
        ("c+*", "c++", ["c+"]),
        ("3.*", "3514", []),
    ],
)
def test_wildcards(pattern, text, expected):
    """What a `*` stands for, by example; signs of regular expressions are only signs."""
    spans = in_folded(Wild(tuple(pattern.split("*")), pattern), text)

    assert [text[start:end] for start, end in spans] == expected


def test_a_later_start_finds_the_rest():
    """Looking from an offset on gives the occurrences that begin there or later."""
    assert list(in_folded(Wild(("中", "文"), "中*文"), "中文中文", 1)) == [(2, 4)]
    assert list(in_folded(term("中"), "中中", 1)) == [(1, 2)]


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@settings(deadline=None)
def test_anything_may_be_looked_for(one, other, text):
    """Nothing raises; spans lie in the text and hold what they should."""
    assume(one)
    for start, end in in_folded(term(one), text + one + other):
        assert (text + one + other)[start:end] == one
    for start, end in in_folded(Wild((one, other), ""), one + text + other):
        assert 0 <= start < end <= len(one + text + other)


# ------------------------------------------------------------------------------------------ the rest


@given(st.text(st.characters(codec=None), min_size=1, max_size=5))
@settings(deadline=None)
def test_bounded_literals_are_those_with_letters_at_an_edge(text):
    """Whether the surroundings matter depends on the first and the last character."""
    assert is_bounded(text) == bool(_LETTER.match(text[0]) or _LETTER.match(text[-1]))


@given(st.text("中一", min_size=1, max_size=3), SMALL)
@settings(deadline=None)
def test_unbounded_literals_occur_wherever_they_stand(wanted, text):
    """A literal that is not bounded is a plain substring."""
    assert not is_bounded(wanted)
    assert [start for start, _ in in_folded(term(wanted), text)] == [
        at for at in range(len(text)) if text.startswith(wanted, at)
    ]


@given(ANY_TEXT)
@settings(deadline=None)
def test_exact_forgives_composition_only(text):
    """What is compared exactly is Unicode's Normalization Form C."""
    assert unicodedata.is_normalized("NFC", nfc(text))
    assert unicodedata.normalize("NFD", nfc(text)) == unicodedata.normalize("NFD", text)
    assert nfc("黃e\u0301Ａ") == "黃éＡ"
