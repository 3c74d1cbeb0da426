"""Analysis: two streams of tokens that miss nothing, and pieces of queries that are cut alike."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tongwen.index.analysis import (
    Analyser,
    Piece,
    cut,
    differences,
    fingerprint,
    grams,
    joint,
    pieces,
    query_parts,
)
from tongwen.index.fold import PARAGRAPH, fold, plain
from tongwen.index.model import Document
from tongwen.index.passages import HIGH, split
from tongwen.index.scripts import is_unspaced, runs

ANY_TEXT = st.text(st.characters(codec=None), max_size=30)
MIXED = st.text("華为経人工々GPUａ1éß㍿かガ -_.·，\n\u3000\u0301\u200b", max_size=30)


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    """What writes an index without a user dictionary."""
    return Analyser()


# ------------------------------------------------------------------------------------------ tokens of a text


@given(text=ANY_TEXT | MIXED)
@settings(max_examples=300, deadline=None)
@example(text="華 為的 GPU")
def test_grams_are_all_pairs_of_every_run(analyser, text):
    """The grams are each pair of neighbours in the folded text's unspaced runs, and the last character of each run."""
    analysis = analyser.analyse(text)
    unspaced = [run for _, run, is_run in runs(fold(text)) if is_run]

    assert analysis.folded == fold(text)
    assert analysis.gap == ""
    assert analysis.grams == {one + other for run in unspaced for one, other in pairwise(run)} | {run[-1] for run in unspaced}
    assert analysis.grams == {gram for run in unspaced for gram in grams(run)}


@given(text=ANY_TEXT | MIXED)
@settings(max_examples=300, deadline=None)
def test_words_are_pieces_of_the_folded_text(analyser, text):
    """Every word stands in the folded text, every run of spaced script is one, and every unspaced character is in one."""
    words, folded = analyser.words(text), fold(text)

    assert words == analyser.analyse(text).words
    assert all(word in folded for word in words)
    assert [word for word in words if not is_unspaced(word)] == [run for _, run, unspaced in runs(folded) if not unspaced]
    assert set("".join(words)) == {character for _, run, _ in runs(folded) for character in run}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("北京大学图书馆", ["北京", "大学", "图书", "书馆", "图书馆", "北京大学图书馆"]),
        ("圖書館裡的數據庫", ["图书", "书馆", "图书馆", "里", "的", "数据", "据库", "数据库"]),
        ("圖書館 裏", ["图书", "书馆", "图书馆", "里"]),
        ("GPU芯片", ["gpu", "芯片"]),
        ("C++ and .NET", ["c", "and", "net"]),
        ("乾隆皇帝", ["干隆", "皇帝", "干隆皇帝"]),
        ("Résumé ＡＩ", ["resume", "ai"]),
        ("……", []),
        ("", []),
    ],
)
def test_words(analyser, text, words):
    """What the words of a text are: folded, long ones after the shorter words inside them."""
    assert analyser.words(text) == words


def test_grams():
    """A run gives its pairs and its last character."""
    assert grams("人工智能") == ["人工", "工智", "智能", "能"]
    assert grams("人") == ["人"]


# ------------------------------------------------------------------------------------------ documents

PIECES = st.sampled_from(
    [
        "中文",
        "句子。",
        "華為",
        "经",
        "word ",
        "Sentence. ",
        "a1",
        "㍿",
        "か",
        "，",
        "比爾·蓋茨",
        "人\u200b工",
        "e\u0301",
        "\u3000",
    ]
)
LINES = st.sampled_from(["\n", "\r\n", "\n\n", "\n\u3000\u3000", "\n• 项", "\n- "])
LONG_TEXT = st.lists(st.tuples(PIECES | LINES, st.sampled_from([1, 1, 2, 7, 60, 250])), max_size=9).map(
    lambda parts: "".join(piece * times for piece, times in parts)
)


@given(text=LONG_TEXT)
@settings(max_examples=150, deadline=None)
@example(text="中文" * HIGH)
@example(text=("中文" * 90 + "\n") * 4)
@example(text="中文。" * 90 + "\n\n" + "中文。" * 90)
@example(text="word " * HIGH)
def test_passages_lose_nothing_of_the_document(analyser, text):
    """Folded passages and gaps are the folded document; each of its pairs is a gram of the passage in which it begins."""
    passages = split(Document("a.txt", text, "T"))
    analyses = analyser.document(text, passages)
    assume(passages)
    folded = "".join(analysis.folded + analysis.gap for analysis in analyses)

    assert folded == fold(text[passages[0].start : passages[-1].end]) == fold(text).strip()
    at = 0
    for analysis in analyses:
        end = at + len(analysis.folded)
        begun = {folded[here : here + 2] for here in range(at, end)}
        assert {pair for pair in begun if len(pair) == 2 and is_unspaced(pair)} <= analysis.grams
        at = end + len(analysis.gap)
    assert analyses[-1].gap == ""


def test_pairs_across_a_border(analyser):
    """Where the white space between two passages folds to nothing, the pair across it belongs to the first."""
    text = "一" * 300 + "\n" + "二" * 300 + "\n\n" + "三" * 300
    first, second, third = analyser.document(text, split(Document("a.txt", text, "T")))

    assert first.grams == {"一一", "一", "一二"}
    assert second.grams == {"二二", "二"}
    assert third.grams == {"三三", "三"}
    assert [first.gap, second.gap, third.gap] == ["", PARAGRAPH, ""]


@pytest.mark.parametrize(
    ("before", "gap", "after", "expected"),
    [
        ("华", "\n", "为", ""),
        ("华\u200b", " ", "\u200b为", ""),
        ("华", "\n\n", "为", PARAGRAPH),
        ("a", "\n", "为", " "),
        ("a", "", "b", ""),
        ("㍿" * 9, "", "㍿" * 9, ""),
        ("一。", "\n", "• 二", " "),
        ("一", "\n", "• 二", PARAGRAPH),
    ],
)
def test_joint(before, gap, after, expected):
    """What is between two pieces of text folds as it does between the whole."""
    assert joint(before, gap, after) == expected
    assert fold(before) + expected + fold(after) == fold(before + gap + after)


# ------------------------------------------------------------------------------------------ pieces of a query


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("芯片", [("芯片", "芯片", False)]),
        ("C++", [("c++", "C++", True)]),
        (".NET", [(".net", ".NET", True)]),
        ("C#", [("c#", "C#", True)]),
        ("GPT-4", [("gpt-4", "GPT-4", True)]),
        ("GPT\u20114", [("gpt-4", "GPT\u20114", True)]),
        ("PD1728_A_1", [("pd1728_a_1", "PD1728_A_1", True)]),
        ("don't", [("don't", "don't", True)]),
        ("don’t", [("don't", "don’t", True)]),
        ("3.14", [("3.14", "3.14", True)]),
        ("50%", [("50%", "50%", True)]),
        ("word.", [("word", "word", False)]),
        ("GPU芯片", [("gpu", "GPU", False), ("芯片", "芯片", False)]),
        ("ＧＰＵ晶片C++好", [("gpu", "ＧＰＵ", False), ("晶片", "晶片", False), ("c++", "C++", True), ("好", "好", False)]),
        ("《三體》", [("三体", "三體", False)]),
        ("比爾·蓋茨", [("比尔盖茨", "比爾·蓋茨", False)]),
        ("華 為", [("华为", "華 為", False)]),
        ("full/path", [("full/path", "full/path", True)]),
        ("Straße", [("strasse", "Straße", False)]),
        ("㍿", [("株式会社", "㍿", False)]),
        ("한국", [("한국", "한국", False)]),
        ("，", []),
        ("……", []),
        ("+++", []),
        ("\u200b", []),
        ("", []),
    ],
)
def test_pieces(typed, expected):
    """A typed word falls into runs of unspaced characters and words with the signs that belong to them."""
    assert pieces(typed) == [Piece(*piece) for piece in expected]


@given(ANY_TEXT | MIXED)
@settings(max_examples=300, deadline=None)
def test_pieces_are_parts_of_what_was_typed(typed):
    """Pieces hold every letter and digit once, in order; what was typed of each is a slice of the original."""
    found, folded, at, typed_at = pieces(typed), fold(typed), 0, 0

    for piece in found:
        at = folded.index(piece.text, at) + len(piece.text)
        assert piece.text in fold(piece.typed)
        start = typed.index(piece.typed, typed_at)
        typed_at = start if len(fold(piece.typed)) > len(piece.text) else start + len(piece.typed)
        assert piece.literal == bool(set(piece.text) - {c for _, run, _ in runs(piece.text) for c in run} or mixed(piece.text))
    letters = [run for piece in found for _, run, _ in runs(piece.text)]
    assert letters == [run for _, run, _ in runs(folded)]


def mixed(text: str) -> bool:
    """Whether a text has runs of both kinds."""
    return len({unspaced for _, _, unspaced in runs(text)}) > 1


COUNTS = {"华为": 50, "芯片": 80, "人工": 30, "智能": 30, "人工智能": 20, "的": 900}


@given(st.text("華為芯片人工智能的 ·", min_size=1, max_size=12))
@settings(deadline=None)
@example("人工智能的華 為芯·片")
def test_cut_words_are_the_piece(typed):
    """The words of a cut piece joined are the piece, and what was typed of each folds to it."""
    for piece in pieces(typed):
        words = cut(piece, lambda word: COUNTS.get(word, 0), 1000)

        assert "".join(word.text for word in words) == piece.text
        assert all(fold(word.typed) == word.text for word in words)
        assert not any(word.literal for word in words)


def test_cut():
    """A piece is cut into the words that the index has, each with what was typed."""
    [piece] = pieces("人工智能的華 為芯·片")

    assert cut(piece, lambda word: COUNTS.get(word, 0), 1000) == [
        Piece("人工智能", "人工智能", literal=False),
        Piece("的", "的", literal=False),
        Piece("华为", "華 為", literal=False),
        Piece("芯片", "芯·片", literal=False),
    ]


def test_words_that_the_index_lacks_stay_whole():
    """Single characters of which one is no word of the index are one word; common ones stand by themselves."""
    counts = {"半": 3, "导": 2, "的": 900, "芯片": 80}

    def texts(typed: str) -> list[str]:
        [piece] = pieces(typed)
        return [word.text for word in cut(piece, lambda word: counts.get(word, 0), 1000)]

    assert texts("半导体") == ["半导体"]
    assert texts("半导") == ["半", "导"]
    assert texts("半导体的芯片") == ["半导体", "的", "芯片"]


# ------------------------------------------------------------------------------------------ fingerprints


def test_parts_tell_analyses_apart():
    """Another segmenter or dictionary is another analysis; the same are the same."""
    every = [Analyser(), Analyser(segmenter="jieba"), Analyser("同文 5"), Analyser("同文 6")]
    prints = [fingerprint(analyser.parts()) for analyser in every]

    assert len(set(prints)) == len(prints)
    assert fingerprint(Analyser("").parts()) == prints[0]
    assert every[0].parts().items() >= query_parts().items()
    assert every[0].parts()["dictionary"] == ""


def test_fingerprint_is_of_the_parts_whatever_their_order():
    """A fingerprint depends on names and values, not on their order."""
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"}) != fingerprint({"a": "2", "b": "1"})


@pytest.mark.parametrize(
    ("stored", "now", "expected"),
    [
        ({"fold": "a"}, {"fold": "a"}, ""),
        ({"fold": "a"}, {"fold": "b"}, "fold (a, now b)"),
        ({}, {"fold": "b"}, "fold (none, now b)"),
        ({"dictionary": ""}, {"dictionary": "d1"}, "dictionary (none, now d1)"),
        ({"dictionary": "d1"}, {"dictionary": ""}, "dictionary (d1, now none)"),
        ({"a": "1", "b": "2", "gone": "x"}, {"a": "3", "b": "4"}, "a (1, now 3), b (2, now 4)"),
    ],
)
def test_differences(stored, now, expected):
    """What differs is told by name, with both values."""
    assert differences(stored, now) == expected


def test_dictionary_reaches_the_words():
    """Words of the user's dictionary are words of the text, in either script, with either segmenter."""
    for segmenter in ("rjieba", "jieba"):
        words = Analyser("韜光養晦器 100 n", segmenter).words("他造了韜光養晦器，又造了韬光养晦器")
        assert words.count("韬光养晦器") == 2, segmenter


def test_text_for_the_segmenter_keeps_its_script():
    """Words are cut in the known form of the text as written, not of the folded one: 乾隆 is a name, 干隆 is none."""
    assert plain("乾隆 皇帝") == "乾隆皇帝"
    assert "干隆" in Analyser().words("乾隆皇帝在位")
