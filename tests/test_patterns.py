"""Patterns: every occurrence is found, overlapping ones too, and none inside another word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise, product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tongwen.index.english import stem
from tongwen.index.fold import PARAGRAPH
from tongwen.index.model import WILD_GAP, Near, Term, Wild, Words
from tongwen.index.patterns import GAP, as_typed, in_folded, is_bounded, may_hold, nfc, stands_alone
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
    wild = Wild(parts, "*".join(parts))
    assert list(in_folded(wild, text)) == wild_by_hand(parts, text)
    assert may_hold(wild, text) >= bool(wild_by_hand(parts, text))


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


# ------------------------------------------------------------------------------------------ words

_RUN = re.compile(rf"[^\W_{UNSPACED}]+")


def words(typed: str) -> Words:
    """Words as they are planned."""
    return Words(tuple(map(stem, typed.split())), typed)


def possessive(text: str, start: int, end: int) -> bool:
    """Whether an s is that of Nvidia's."""
    return bool(re.fullmatch(r".*\S's", text[:end], re.DOTALL)) and text[start:end] == "s"


def words_by_hand(stems: Sequence[str], text: str, cuts: Sequence[int]) -> list[tuple[int, int]]:
    """Where words follow each other: every word and part of a word, tried with every other behind it."""
    tokens, ends = [], {}
    for run in _RUN.finditer(text):
        edges = [run.start(), *(cut for cut in cuts if run.start() < cut < run.end()), run.end()]
        parts = [(one, other) for one, other in pairwise(edges) if one == run.start() or text[one : run.end()] != "s"]
        if not possessive(text, *run.span()):
            tokens += [run.span(), *(part for part in parts if part != run.span())]
        last = parts[-1]
        if last[1] != run.end():
            ends[last[1]] = run.end()  # what follows the part before an s follows that

    def follows(one: tuple[int, int], other: tuple[int, int]) -> bool:
        end = ends.get(one[1], one[1])
        if one[1] == other[0] and one[1] in cuts:
            return True
        gap = text[end : other[0]]
        if gap.startswith("'s") and possessive(text, end + 1, end + 2) and not gap[2:3].isalnum():
            gap = gap[2:]
        ended = any(run.end() == end for run in _RUN.finditer(text)) and any(
            run.start() == other[0] for run in _RUN.finditer(text)
        )
        return ended and re.fullmatch(rf"[^\w{PARAGRAPH}\0]{{1,{GAP}}}", gap.replace("_", " ")) is not None

    chains = [[token] for token in tokens if stem(text[slice(*token)]) == stems[0]]
    for wanted in stems[1:]:
        chains = [
            [*chain, token]
            for chain in chains
            for token in tokens
            if token[0] >= chain[-1][1] and stem(text[slice(*token)]) == wanted and follows(chain[-1], token)
        ]
    spans = {(chain[0][0], chain[-1][1]) for chain in chains}
    if len(stems) > 1:
        return sorted(spans)
    return sorted((start, end) for start, end in spans if not any(one == start and other > end for one, other in spans))


def with_breaks(text: str) -> tuple[str, list[int]]:
    """A text in which ^ stands for a break, where one may be; and the offsets of these."""
    pieces = re.split(rf"(?<=[^\W_{UNSPACED}])\^(?=[^\W_{UNSPACED}])", text)
    pieces = [piece.replace("^", "") for piece in pieces]
    return "".join(pieces), [sum(map(len, pieces[:number])) for number in range(1, len(pieces))]


@given(
    st.lists(
        st.sampled_from(["chip", "chips", "s", "a", "is", "芯", "^", "^", "'s", "'", " ", " ", ", ", "-", "—", PARAGRAPH]),
        max_size=10,
    )
    .map("".join)
    .map(with_breaks),
    st.lists(st.sampled_from(["chip", "s", "a", "is", "chipchip"]), min_size=1, max_size=3),
    st.integers(0, 3),
)
@settings(max_examples=1000, deadline=None)
@example(("chips's a", [4]), ["chip", "a"], 0)
@example(("chipchips chip", [4]), ["chip"], 0)
@example(("achips", [1, 5]), ["chip"], 0)
def test_words_by_brute_force(cut, stems, start):
    """Words occur where a retelling of the rules finds them behind each other, each part of a word a word as well."""
    text, cuts = cut
    expected = [span for span in words_by_hand(stems, text, cuts) if span[0] >= start]

    found = list(in_folded(Words(tuple(stems), ""), text, start, cuts))
    assert sorted(found) == expected
    assert may_hold(Words(tuple(stems), ""), text) >= bool(found)
    assert [span[0] for span in found] == sorted(span[0] for span in found)


@pytest.mark.parametrize(
    ("typed", "text", "expected"),
    [
        ("chip", "chips chip chipped microchip chip2", ["chips", "chip", "chipped"]),
        ("chips", "芯片chips。", ["chips"]),
        ("export controls", "export control, exporting - controlled", ["export control", "exporting - controlled"]),
        (
            "export control",
            "export-control export/control export_control",
            ["export-control", "export/control", "export_control"],
        ),
        ("export control", "export of control exportcontrol export 的 control", []),
        ("export control", f"export{PARAGRAPH}control export\0control export -- -control", []),
        ("nvidia chips", "nvidia's chips, nvidia' chip", ["nvidia's chips", "nvidia' chip"]),
        ("nvidia", "nvidia's", ["nvidia"]),
        ("s", "nvidia's s", ["s"]),
        ("happy", "happier happily happiness", ["happiness"]),
        ("die", "dying dies did", ["dying", "dies"]),
        ("man", "men's main mean", ["men"]),
        ("gpt 4", "gpt-4 gpt 4", ["gpt-4", "gpt 4"]),
        ("a a", "a a a", ["a a", "a a"]),
        ("한국", "한국 한국어", ["한국"]),
    ],
)
def test_words(typed, text, expected):
    """Words in any form, one behind the other, by example; the s of a possessive is no part of them."""
    spans = list(in_folded(words(typed), text))

    assert [text[start:end] for start, end in spans] == expected


@pytest.mark.parametrize(
    ("typed", "text", "expected"),
    [
        ("element", "get^element^by^id", ["element"]),
        ("getelementbyid", "get^element^by^id", ["getelementbyid"]),
        ("get element", "get^element^by^id get element", ["getelement", "get element"]),
        ("by id", "get^element^by^ids ids", ["byids"]),
        ("id value", "get^id value", ["id value"]),
        ("gpt 4", "gpt^4", ["gpt4"]),
        ("dnn", "dnn^s dnn", ["dnns", "dnn"]),
        ("dn", "dn^s dn", ["dn", "dn"]),
        ("dnn model", "dnn^s' models", ["dnns' models"]),
        ("llm", "llm^s", ["llms"]),
        ("s", "dnn^s", []),
        ("elementby", "get^element^by^id", []),
    ],
)
def test_words_inside_words(typed, text, expected):
    """Where words written as one are cut, each part is a word; the s of several is none."""
    text, cuts = with_breaks(text)

    assert [text[start:end] for start, end in in_folded(words(typed), text, 0, cuts)] == expected


# ------------------------------------------------------------------------------------------ words near each other


def others(text: str, start: int, end: int) -> int:
    """How many words lie between two offsets, none of them inside a word."""
    units = re.finditer(rf"[^\W_{UNSPACED}]+|[{UNSPACED}]", text)
    return sum(start <= unit.start() and unit.end() <= end and not possessive(text, *unit.span()) for unit in units)


def windows_by_hand(near: Near, text: str) -> set[tuple[tuple[int, int], ...]]:
    """Every choice of a place for each part that is near enough, but for those around another."""
    places = [list(in_folded(part, text)) for part in near.parts]
    choices = {tuple(sorted(choice)) for choice in product(*places)}
    fitting = {
        choice
        for choice in choices
        if all(one[1] <= other[0] for one, other in pairwise(choice))
        and sum(others(text, one[1], other[0]) for one, other in pairwise(choice)) <= near.slop
    }
    ends = {(choice[0][0], choice[-1][1]) for choice in fitting}
    around = {
        (start, end)
        for start, end in ends
        if any((one, other) != (start, end) and start <= one and other <= end for one, other in ends)
    }
    return {choice for choice in fitting if (choice[0][0], choice[-1][1]) not in around}


@given(
    st.lists(st.sampled_from(["a ", "b ", "c ", "中", "文", "中文", ", ", "ab ", "a's ", "-"]), max_size=10).map("".join),
    st.lists(
        st.sampled_from([words("a"), words("b"), words("a b"), *map(term, ["中", "中文", "文中", "b, a"])]),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 4),
)
@settings(max_examples=600, deadline=None)
@example("a b a", [words("a"), words("b")], 0)
@example("a c a", [words("a"), words("a")], 1)
@example("中文 c 中", [term("中"), term("中文")], 1)
def test_near_by_brute_force(text, parts, slop):
    """The parts of all smallest windows are found, whatever their order, and nothing where there is no window."""
    near = Near(tuple(parts), slop, "")
    windows = windows_by_hand(near, text)

    found = list(in_folded(near, text))
    assert len(found) == len(set(found))
    assert set(found) <= {span for window in windows for span in window}
    assert {window[0][0] for window in windows} | {window[-1][1] for window in windows} <= {at for span in found for at in span}
    assert bool(found) == bool(windows)
    assert set(in_folded(near, text, 2)) == {span for span in found if span[0] >= 2}
    assert may_hold(near, text) >= bool(found)


@pytest.mark.parametrize(
    ("parts", "slop", "text", "expected"),
    [
        (["control", "export"], 0, "controls, exports", ["controls", "exports"]),
        (["export", "control"], 0, "export of controls", []),
        (["export", "control"], 1, "export of controls", ["export", "controls"]),
        (["export", "control"], 2, "export 的 of controls", ["export", "controls"]),
        (["export", "control"], 1, "export 出口 controls", []),
        (["芯片", "出口"], 2, "芯片的新出口", ["芯片", "出口"]),
        (["芯片", "出口"], 1, "芯片的新出口", []),
        (["nvidia", "chip"], 0, "nvidia's chips", ["nvidia", "chips"]),
        (["a", "b", "c"], 1, "c a x b", ["c", "a", "b"]),
        (["a", "b"], 9, "a x a b x a", ["a", "b", "a"]),
        (["中国", "国家"], 9, "中国家", []),
        (["中国", "国家"], 9, "中国国家", ["中国", "国家"]),
    ],
)
def test_near(parts, slop, text, expected):
    """Parts in any order, with so many words among them, by example."""
    leaves = tuple(term(part) if is_unspaced(part) else words(part) for part in parts)

    assert [text[start:end] for start, end in sorted(in_folded(Near(leaves, slop, ""), text))] == expected


def test_parts_of_one_word_are_near_each_other():
    """Of words written as one no other word is between two parts, though the rest of one is."""
    text, cuts = with_breaks("get^element^by^id of c")
    get, of = words("get"), words("of")

    assert sorted(in_folded(Near((get, words("id")), 0, ""), text, 0, cuts)) == [(0, 3), (12, 14)]
    assert sorted(in_folded(Near((get, of), 0, ""), text, 0, cuts)) == [(0, 3), (15, 17)]


def test_near_takes_no_time_for_many_parts():
    """Eight words, each many times, in a window of the whole text take a moment."""
    text = " ".join(["a b c d e f g h"] * 12)
    parts = tuple(map(words, "abcdefgh"))

    assert len(list(in_folded(Near(parts, 100, ""), text))) == 8 * 12


# ------------------------------------------------------------------------------------------ the rest


def test_a_later_start_finds_the_rest():
    """Looking from an offset on gives the occurrences that begin there or later."""
    assert list(in_folded(Wild(("中", "文"), "中*文"), "中文中文", 1)) == [(2, 4)]
    assert list(in_folded(term("中"), "中中", 1)) == [(1, 2)]


@pytest.mark.parametrize(
    ("leaf", "text", "expected"),
    [
        (term("中文"), "中 文", False),
        (words("hoping controls"), "controlled hope", True),
        (words("hoping controls"), "hope", False),
        (Wild(("人", "能"), "人*能"), "人工智慧", False),
        (Near((term("中"), words("chips")), 1, ""), "中國 chip", True),
        (Near((term("中"), words("chips")), 1, ""), "中國 ship", False),
    ],
)
def test_what_an_occurrence_is_made_of(leaf, text, expected):
    """A text without some part of a leaf is known to lack it."""
    assert may_hold(leaf, text) is expected


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@settings(deadline=None)
def test_anything_may_be_looked_for(one, other, text):
    """Nothing raises; spans lie in the text and hold what they should."""
    assume(one)
    for start, end in in_folded(term(one), text + one + other):
        assert (text + one + other)[start:end] == one
    for leaf in (Wild((one, other), ""), Words((one, other or "a"), ""), Near((term(one), Words((one,), "")), 3, "")):
        for start, end in in_folded(leaf, one + text + other):
            assert 0 <= start < end <= len(one + text + other)


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


@pytest.mark.parametrize(
    ("text", "at", "alone"),
    [
        ("行", 0, True),
        ("一行", 1, True),
        ("行数", 0, True),
        ("执行", 1, False),
        ("行动", 0, False),
        ("行 动", 0, True),
        ("a行", 1, True),
        ("执行 行", 3, True),
        ("执行 行", 1, False),
    ],
)
def test_stands_alone(text, at, alone):
    """A character stands alone where it and the one beside it are no word together."""
    assert stands_alone(text, (at, at + 1), {"执行", "行动", "a行", ""}.__contains__) == alone


@given(ANY_TEXT)
@settings(deadline=None)
def test_exact_forgives_composition_only(text):
    """What is compared exactly is Unicode's Normalization Form C."""
    assert unicodedata.is_normalized("NFC", nfc(text))
    assert unicodedata.normalize("NFD", nfc(text)) == unicodedata.normalize("NFD", text)
    assert nfc("黃e\u0301Ａ") == "黃éＡ"
