"""Segmenting: whichever segmenter is used, its words are pieces of the text at the places it says."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tongwen.index import segment
from tongwen.index.scripts import HAN
from tongwen.index.segment import Tokenizer, available, cut_by_frequency, described, load, parse_dictionary, to_simplified

DICTIONARY = "韬光养晦器 100 n\n同文檢索\n"
"""Two words that no dictionary has, one of them in Traditional characters."""

COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
)
HAN_TEXT = st.text(COMMON, min_size=1, max_size=12) | st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=6
)


@pytest.fixture(scope="session", params=["rjieba", "jieba"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """Each segmenter, with the dictionary above; the reference takes a second to load."""
    return load(request.param, DICTIONARY)


# ------------------------------------------------------------------------------------------ the contract of a segmenter


def longest(words: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """The words that lie in no other."""
    for word, start, end in words:
        if not any((a, b) != (start, end) and a <= start and end <= b for _, a, b in words):
            yield word, start, end


def check(text: str, words: list[tuple[str, int, int]]) -> None:
    """The laws that hold for any text."""
    assert all(0 <= start < end <= len(text) and text[start:end] == word for word, start, end in words)
    whole = list(longest(words))
    assert "".join(word for word, _, _ in whole) == text
    assert [start for _, start, _ in whole] == [0, *(end for _, _, end in whole[:-1])]


@given(text=HAN_TEXT)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_words_are_pieces_of_the_text(tokenizer, text):
    """Each word stands where it says, and the longest, joined, are the text; both ways to ask give the same words."""
    words = list(tokenizer.tokenize(text, "search"))

    check(text, words)
    assert [word for word, _, _ in words] == list(tokenizer.cut_for_search(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("图书馆", {"图书馆"}),
        ("北京大学图书馆", {"北京", "大学", "图书馆", "北京大学图书馆"}),
        ("数据类型", {"数据类型", "数据", "类型"}),
        ("我爱北京天安门", {"北京", "天安门"}),
    ],
)
def test_search_mode(tokenizer, text, words):
    """Long words come with the shorter words inside them."""
    found = list(tokenizer.tokenize(text, "search"))

    check(text, found)
    assert words <= {word for word, _, _ in found}


@pytest.mark.parametrize(("text", "word"), [("他造了韬光养晦器来", "韬光养晦器"), ("用同文检索找", "同文检索")])
def test_dictionary_reaches_the_segmenter(tokenizer, text, word):
    """Words of the user's dictionary are cut as words, in the Simplified form in which text is cut."""
    assert word in tokenizer.cut_for_search(text)


@pytest.fixture(scope="session")
def without_dictionary(tokenizer: Tokenizer) -> Tokenizer:
    """Each segmenter again, loaded after the one with the dictionary."""
    return load("jieba" if type(tokenizer).__module__ == "jieba" else "rjieba")


def test_dictionaries_are_kept_apart(tokenizer, without_dictionary):
    """A segmenter without the dictionary does not know its words, though one with it is loaded."""
    assert type(without_dictionary) is type(tokenizer)
    assert "韬光养晦器" not in without_dictionary.cut_for_search("他造了韬光养晦器来")


def test_alone_in_a_process():
    """The library's own instance, in a process where nobody else uses it, has the dictionary and cuts as another does."""
    text = "他造了韬光养晦器来，用同文检索找软件的价格"
    cut = f"load('rjieba', {DICTIONARY!r}, alone=True).tokenize({text!r}, 'search')"
    command = [sys.executable, "-c", f"from tongwen.index.segment import load; print({cut})"]
    run = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")

    assert run.stdout == f"{load('rjieba', DICTIONARY).tokenize(text, 'search')}\n"
    assert "韬光养晦器" in run.stdout


def test_segmenters_agree(tokenizer):
    """The Rust port cuts ordinary text as the reference does."""
    text = "软件的价格取决于市场对人工智能芯片的需求图书馆里的数据库适用于研究"

    assert list(tokenizer.cut_for_search(text)) == list(load("rjieba").cut_for_search(text))


def test_the_faster_segmenter_is_used_where_it_is(monkeypatch):
    """The Rust port where it is installed, else the reference."""
    assert available() == "rjieba"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert available() == "jieba"


def test_described():
    """A segmenter is known by name and version."""
    assert re.fullmatch(r"jieba 0\.42\.\d+", described("jieba"))


# ------------------------------------------------------------------------------------------ dictionaries


def test_dictionary_columns():
    """A word, its frequency or none, its tag or none; blank lines are none."""
    assert parse_dictionary("同文 5 n\n檢索\n\n  \n雲計算 eng\r\n台積電 7") == [
        ("同文", 5, "n"),
        ("檢索", None, None),
        ("雲計算", None, "eng"),
        ("台積電", 7, None),
    ]
    assert parse_dictionary("") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b c", "line 1 has 3 columns"),
        ("好\n\n好 1 n x", "line 3 has 4 columns"),
        (f"好 {1 << 63}", "line 1 has a frequency beyond all counting"),
    ],
)
def test_dictionary_errors_name_the_line(text, message):
    """A line with too many columns is told by its number."""
    with pytest.raises(ValueError, match=f"^{message}$"):
        parse_dictionary(text)


# ------------------------------------------------------------------------------------------ Traditional to Simplified


def test_simplified_text_is_as_long_as_the_text():
    """OpenCC keeps the length and place of every Han character, alone and among others."""
    han = re.findall(f"[{HAN}]", "".join(map(chr, range(sys.maxunicode + 1))))
    for at in range(0, len(han), 5_000):
        chunk = "".join(han[at : at + 5_000])
        assert len(to_simplified(chunk)) == len(chunk)
    assert to_simplified("\n".join(han)).split("\n") != han
    assert to_simplified("\n".join(han))[1::2] == "\n" * (len(han) - 1)


@given(st.text(st.characters(codec=None), max_size=20) | st.text("乾隆皇帝發髮面麵\ud800\udc00 a", max_size=12))
@settings(deadline=None)
def test_anything_can_be_simplified(text):
    """Nothing raises, lone surrogates neither, and the length stays."""
    assert len(to_simplified(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "simplified"),
    [("圖書館裡的數據庫", "图书馆里的数据库"), ("乾隆", "乾隆"), ("ascii", "ascii"), ("圖\ud800書", "图\ufffd书"), ("", "")],
)
def test_to_simplified(text, simplified):
    """Text becomes what the dictionary knows."""
    assert to_simplified(text) == simplified


def test_a_converter_that_changes_the_length_is_not_believed(monkeypatch):
    """Should OpenCC ever change the length, the text stays as it is, so that words stay in place."""

    class Longer:
        def convert(self, text: str) -> str:
            return text + "!"

    monkeypatch.setattr(segment, "_opencc", Longer)

    assert to_simplified("圖書") == "圖書"


# ------------------------------------------------------------------------------------------ cutting by the words of an index

WORDS = st.dictionaries(st.text("甲乙丙", min_size=1, max_size=4), st.integers(1, 1000), max_size=12)


def segmentations(text: str) -> Iterator[list[str]]:
    """Every way to cut a text."""
    if not text:
        yield []
    for end in range(1, len(text) + 1):
        yield from ([text[:end], *rest] for rest in segmentations(text[end:]))


def chance(words: list[str], counts: dict[str, int], total: int) -> float:
    """The log probability of a sequence of words; an unknown character counts as a third of a word seen once."""
    chances = [math.log(counts[w]) if w in counts else -1 if len(w) == 1 else -math.inf for w in words]
    return sum(chances) - len(words) * math.log(total + 1)


@given(st.text("甲乙丙", max_size=8), WORDS, st.integers(0, 3000))
@settings(max_examples=200, deadline=None)
@example("甲乙", {"甲": 1000, "甲乙": 1}, 0)
def test_the_cut_is_the_most_probable_of_all(text, counts, total):
    """No way to cut a text is more probable than the one that is found."""
    words = cut_by_frequency(text, lambda word: counts.get(word, 0), total)

    assert "".join(words) == text
    best = max(chance(way, counts, total) for way in segmentations(text))
    assert chance(words, counts, total) == pytest.approx(best)


@given(st.text("中文か\ud800", max_size=40))
@settings(deadline=None)
def test_without_words_every_character_is_one(text):
    """An index without words cuts into characters."""
    assert cut_by_frequency(text, lambda word: 0, 0) == list(text)


def test_long_words_are_preferred():
    """A word that the index has is not cut into words that it has too, up to a length."""
    words = {"人工": 90, "智能": 80, "人工智能": 20, "人": 300, "工": 100, "长" * 12: 1, "长" * 13: 900}

    assert cut_by_frequency("人工智能人", lambda word: words.get(word, 0), 1000) == ["人工智能", "人"]
    assert max(map(len, cut_by_frequency("长" * 30, lambda word: words.get(word, 0), 1000))) == segment.LONGEST_WORD
