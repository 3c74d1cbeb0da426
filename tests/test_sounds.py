"""Looking by sound: what is typed is read as pinyin in every way it may be, and names are found that are read so."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, pinyin
from pypinyin.style import convert
from tongwen.index.english import stem
from tongwen.index.fold import fold
from tongwen.index.lexicon import open_lexicon
from tongwen.index.scripts import is_han
from tongwen.searcher import sounds
from tongwen.searcher.sounds import (
    FEW,
    INITIALS,
    LONGEST,
    SYLLABLES,
    WAYS,
    Vocabulary,
    begins,
    most_worth,
    names,
    surnames,
    syllables,
    usual,
    wade_giles,
)

DATA = Path(__file__).parent / "data"

# Where pypinyin's Wade-Giles is not Giles': it spells ai as ei behind some initials, and has a few slips.
NOT_GILES = frozenset("ai chua hai huo lai mai nai sai shai shuo tie wai".split())  # noqa: SIM905
GB2312 = [bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
FOLDED = [character for character in GB2312 if character and fold(character) == character]
HAN = FOLDED[:3500]
"""Folded characters in common use, the first of the two levels of GB 2312."""


def rows(name: str) -> list[list[str]]:
    """The rows of a data file, without its comments, with three fields at the least."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    found = [line.split("\t") for line in lines if line and not line.startswith("# ")]
    return [row + [""] * (3 - len(row)) for row in found]


@cache
def readings_of(character: str) -> tuple[str, ...]:
    """How pypinyin reads a character, without tones."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, v_to_u=False, errors="ignore")
    return tuple(dict.fromkeys(found[0])) if found else ()


class Reader:
    """A lexicon's readings, as pypinyin has them, of the folded characters of GB 2312."""

    def readings(self, character: str) -> tuple[str, ...]:
        return readings_of(character)

    def characters(self, syllable: str) -> str:
        return "".join(self._all().get(syllable, ()))

    @staticmethod
    @cache
    def _all() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for character in FOLDED:
            for syllable in readings_of(character):
                found.setdefault(syllable, []).append(character)
        return found


def small_index(texts: list[tuple[str, int, list[str]]]) -> Vocabulary:
    """An index in memory: texts, in how many passages each is, and the words it is cut into."""
    words, grams = Counter[str](), Counter[str]()
    for text, count, cut in texts:
        for word in set(cut):
            words[stem(word)] += count
        for gram in {*map("".join, pairwise(text)), text[-1]} if all(map(is_han, text)) else {text}:
            grams[gram] += count

    def beginning(terms: Counter[str], prefixes: tuple[str, ...]) -> Iterator[str]:
        yield from sorted(term for term in terms if term.startswith(prefixes))
        yield from sorted(term for term in terms if term.startswith(prefixes))  # as of a second segment

    def containing(text: str) -> int:
        return sum(count for other, count, _ in texts if text in other)

    return Vocabulary(
        lambda *prefixes: beginning(words, prefixes),
        lambda *prefixes: beginning(grams, prefixes),
        words.__getitem__,
        grams.__getitem__,
        containing,
    )


@cache
def golden_index() -> Vocabulary:
    """The index of `small_index.tsv`."""
    return small_index([(text, int(count), cut.split("|") if cut else [text]) for text, count, cut in rows("small_index.tsv")])


# ------------------------------------------------------------------------------------------ readings


@pytest.mark.parametrize(("typed", "expected", "why"), rows("sounds.tsv"))
def test_readings(typed, expected, why):
    """What is typed is read in these ways, in this order."""
    wanted = [] if expected == "-" else [tuple(reading.split()) for reading in expected.split(";")]
    assert syllables(typed) == wanted, why


def test_every_syllable_of_pypinyin_is_known():
    """Whatever a character of GB 2312 is read is a syllable, unless it has no vowel."""
    read = {syllable for character in filter(None, GB2312) for syllable in readings_of(character)}
    assert {syllable for syllable in read if set(syllable) & set("aeiouv")} - SYLLABLES <= {"ê"}
    assert SYLLABLES - read == set(), "and every syllable is one of some character"


@pytest.mark.parametrize("syllable", sorted(SYLLABLES))
def test_every_way_to_write_a_syllable(syllable):
    """A syllable is understood in pinyin with and without tones and in Zhuyin; Wade-Giles is as pypinyin writes it."""
    typed = syllable.replace("v", "ü")
    assert syllables(syllable)[0] == syllables(typed)[0] == syllables(f"{syllable}3")[0] == (syllable,)
    assert syllables(convert(typed, Style.BOPOMOFO, strict=True)) == [(syllable,)]
    written = convert(typed, Style.WADEGILES, strict=False)
    assert (wade_giles(syllable) == written) != (syllable in NOT_GILES)
    for apart in (wade_giles(syllable), wade_giles(syllable).replace("'", ""), wade_giles(syllable).replace("v", "ü")):
        assert ("ren", syllable) in syllables(f"jen-{apart}")


def cuts(letters: str) -> set[tuple[str, ...]]:
    """Every way to cut letters into one to LONGEST syllables, found by trying all."""
    found, growing = set[tuple[str, ...]](), {()}
    for _ in range(LONGEST):
        growing = {(*start, one) for start in growing for one in SYLLABLES if letters.startswith("".join(start) + one)}
        found |= {reading for reading in growing if "".join(reading) == letters}
    return found


SEQUENCES = st.lists(st.sampled_from(sorted(SYLLABLES)), min_size=1, max_size=LONGEST)


@given(SEQUENCES)
def test_cuts_are_all_there_are(sequence):
    """Letters without separators are cut in every way, and each way joined is the letters again."""
    letters = "".join(sequence)
    found = [reading for reading in syllables(letters) if set(reading) <= SYLLABLES]
    spelt = {letters} | ({letters.replace("nue", "nve").replace("lue", "lve")} if "ue" in letters else set())
    assert {"".join(reading) for reading in found} <= spelt
    assert cuts(letters) - set(found) == set() or len(syllables(letters)) == WAYS
    assert found == sorted(found, key=len)


@given(SEQUENCES, st.sampled_from([" ", "'", "-", "’", ", "]))
def test_separators_separate(sequence, separator):
    """No syllable goes across a separator."""
    found = syllables(separator.join(sequence))
    assert tuple(sequence) in found
    ends = {sum(map(len, sequence[:end])) for end in range(1, len(sequence) + 1)}
    for reading in found:
        if "".join(reading) == "".join(sequence):
            assert ends <= {sum(map(len, reading[:end])) for end in range(1, len(reading) + 1)}


@given(st.lists(st.sampled_from(HAN), min_size=1, max_size=LONGEST))
def test_tones_are_understood(characters):
    """What pypinyin writes with tones, as marks or digits, is read back."""
    wanted = tuple(found[0] for found in pinyin(characters, style=Style.NORMAL, v_to_u=False))
    if SYLLABLES.issuperset(wanted):
        marked = [found[0] for found in pinyin(characters, style=Style.TONE)]
        numbered = [found[0] for found in pinyin(characters, style=Style.TONE3, neutral_tone_with_five=True)]
        zhuyin = [found[0] for found in pinyin(characters, style=Style.BOPOMOFO)]
        assert wanted in syllables(" ".join(marked))
        assert wanted in syllables(unicodedata.normalize("NFD", "".join(marked))) or len(syllables("".join(marked))) == WAYS
        assert syllables("".join(numbered)) == [wanted]
        assert syllables(" ".join(zhuyin)) == [wanted]


@given(st.text() | st.text("abeghinorsuvxzü12 '-ㄅㄢㄧㄨˊ一"))
def test_any_text_is_read_or_not(typed):
    """No text breaks it; readings are few, short, each once, and of syllables or initials only."""
    found = syllables(typed)
    assert len(found) == len(set(found)) <= WAYS
    for reading in found:
        assert 1 <= len(reading) <= LONGEST
        assert SYLLABLES.issuperset(reading) or (len(reading) > 1 and set(INITIALS).issuperset(reading))


@pytest.mark.parametrize("typed", ["a" * 100_000, "an" * 50_000, "xi'" * 10_000, "z" * 100_000, "a-" * 10_000, "ㄢ" * 10_000])
def test_long_texts_are_no_burden(typed):
    """A text too long to be a name is read in no way, and soon."""
    assert syllables(typed) == []


# ------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(("typed", "expected", "why"), rows("names.tsv"))
def test_names(typed, expected, why):
    """What is typed finds these names."""
    found = names(syllables(typed), golden_index(), Reader(), surnames())
    assert [name for name, _ in found] == ([] if expected == "-" else expected.split()), why


@pytest.mark.parametrize(
    ("letters", "text", "is_so"),
    [
        ("beijing", "北京", True),
        ("beij", "北京", True),  # the stem
        ("beijing", "北京市", True),
        ("beijings", "北京", False),
        ("xian", "咸宁", True),
        ("male", "马利市", False),
        ("panda", "熊猫", False),
        ("zhongqing", "重庆", True),
        ("chongqing", "重庆", True),
        ("", "重庆", True),
        ("a", "", False),
        ("a", "b", False),
    ],
)
def test_begins(letters, text, is_so):
    """The pinyin of a text begins with letters, in any reading, up to the middle of a syllable."""
    assert begins(text, letters, Reader()) == is_so


def test_readings_in_use_are_readings():
    """Each of the other readings in use is one that the character has, and not the usual one."""
    listed = [(character, syllable) for syllable, characters in sounds._ALSO.items() for character in characters]
    assert len(listed) == len(set(listed)) > 100
    lexicon = open_lexicon()
    assert [(one, each) for one, each in listed if fold(one) != one or each not in lexicon.readings(one)[1:]] == []
    assert [usual("重", [each], lexicon) for each in ("zhong", "chong", "tong", "a")] == [1.0, 0.7, 0.1, 0.0]
    assert usual("重", ["tong", "chong"], lexicon) == 0.7


TEXTS = st.lists(
    st.tuples(st.text(st.sampled_from(HAN[::40] + list("黄仁勋张三重庆西安")), min_size=2, max_size=5), st.integers(1, 30)),
    min_size=1,
    max_size=12,
)


@given(TEXTS, st.data())
@settings(max_examples=150)
def test_names_are_read_as_asked(texts, data):
    """Every name is in the index and read in one of the ways asked; what is asked for is found, unless others are more."""
    index = small_index([(text, count, [text]) for text, count in texts])
    asked = data.draw(st.sampled_from([text for text, _ in texts]))[:LONGEST]
    reading = tuple(data.draw(st.sampled_from(readings_of(character))) for character in asked)
    initials = tuple(next((one for one in INITIALS if syllable.startswith(one)), "") for syllable in reading)
    for typed in filter(all, (reading, initials)):
        found = names([typed], index, Reader(), surnames())
        assert len(found) <= FEW
        for name, weight in found:
            assert index.text_count(name)
            assert 0 < weight < 0.5
            assert len(name) == len(typed)
            for character, part in zip(name, typed, strict=True):
                assert any(each == part or (typed != reading and each.startswith(part)) for each in readings_of(character))
            if typed != reading:
                assert name[0] in surnames() or name[:2] in surnames()
                assert index.word_count(name)
    if SYLLABLES.issuperset(reading) and all(
        usual(one, (each,), Reader()) == 1 for one, each in zip(asked, reading, strict=True)
    ):
        found = names([reading], index, Reader(), surnames())
        assert asked in dict(found) or any(index.word_count(name) for name, _ in found), found


def test_names_cost_little():
    """However large the index is, a name takes a bounded number of looks into it."""
    asked = Counter[str]()
    big = small_index([(one + other, 1, [one + other]) for one in HAN[::30] for other in HAN[::30]])

    def counting(name, ask):
        def counted(*terms):
            asked[name] += len(terms)
            return ask(*terms)

        return counted

    counted = Vocabulary(*(counting(name, getattr(big, name)) for name in Vocabulary.__dataclass_fields__))
    for typed in ("shishishishi", "yiyi", "jijiji", "hrx", "zhs"):
        asked.clear()
        names(syllables(typed), counted, Reader(), surnames())
        assert asked["grams"] <= 160 + 256 * (LONGEST - 2), typed
        assert asked["text_count"] <= 16, typed
        assert asked["words"] <= len(surnames()), typed


def test_most_worth_counts_no_more_than_it_must():
    """The exact number is asked for only as long as it can change the answer, and decides."""
    asked = list[str]()

    def count(text):
        asked.append(text)
        return {"a": 1, "b": 50, "c": 10, "d": 0}[text]

    found = {"a": (1.0, 100), "b": (0.5, 100), "c": (1.0, 10), "d": (1.0, 60), "e": (1.0, 5)}
    assert most_worth(found, 2, count) == [("b", 25.0, 50), ("c", 10.0, 10)]
    assert asked == ["a", "d", "b", "c"]


def test_longer_texts_are_counted_by_their_pairs_without_an_exact_count():
    """An index that cannot count texts says in how many passages they are at the most."""
    index = small_index([("黄仁勋", 3, ["黄仁勋"]), ("仁勋", 2, ["仁勋"])])
    pairs_only = Vocabulary(index.words, index.grams, index.word_count, index.gram_count)
    assert (pairs_only.passages("黄仁勋"), pairs_only.passages("仁勋"), pairs_only.passages("黄勋")) == (3, 5, 0)
    assert names([("huang", "ren", "xun")], pairs_only, Reader(), surnames()) == [("黄仁勋", 0.45)]


# ------------------------------------------------------------------------------------------ the table of surnames


def test_surnames_are_folded_and_read():
    """Each is once in the table, folded, of one or two Han characters, and a lexicon can read it."""
    lines = (Path(sounds.data.__file__).parent / "surnames.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(lines) == len(set(lines)) == len(surnames())
    assert sum(len(line) == 1 for line in lines) >= 400
    assert sum(len(line) == 2 for line in lines) >= 20
    assert [line for line in lines if fold(line) != line or not all(map(is_han, line)) or len(line) > 2] == []
    assert [line for line in lines if not all(map(readings_of, line))] == []
    assert {*"王李张刘陈黄赖蔡"} | {"欧阳", "司马", "诸葛", "上官"} <= surnames()
