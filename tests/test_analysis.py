"""Analysis: two streams of tokens that miss nothing, and pieces of queries that are cut alike."""

from __future__ import annotations

import sys
import time
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
    pieces,
    query_parts,
)
from tongwen.index.english import breaks, stem
from tongwen.index.fold import PARAGRAPH, fold, plain
from tongwen.index.model import Document, Passage
from tongwen.index.passages import HIGH, split
from tongwen.index.scripts import is_unspaced, runs

ANY_TEXT = st.text(st.characters(codec=None), max_size=30)
MIXED = st.text("華为経人工々GPUａ1éß㍿かガ -_.·，\n\u3000\u0301\u200b's", max_size=30)
PLAIN = st.text("華为经gpuａ1éß㍿かガ -_.·，\n\u3000\u0301\u200b'", max_size=30).filter(lambda text: not breaks(text))  # no s


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    """What writes an index without a user dictionary."""
    return Analyser()


# ------------------------------------------------------------------------------------------ tokens of a text


@given(text=ANY_TEXT | MIXED)
@settings(max_examples=300, deadline=None)
@example(text="華 為的 GPU")
@example(text="chips' and Nvidia's")
def test_grams_are_all_that_the_text_is_written_with(analyser, text):
    """The grams are the words of spaced scripts as they stand, and of the other runs each pair, and the last character."""
    analysis = analyser.analyse(text)
    found = list(runs(fold(text)))
    unspaced, spaced = ([run for _, run, is_run in found if is_run is kind] for kind in (True, False))

    assert analysis.folded == fold(text)
    assert analysis.gap == ""
    pairs = {one + other for run in unspaced for one, other in pairwise(run)}
    assert analysis.grams == pairs | {run[-1] for run in unspaced} | {*spaced}
    assert analysis.grams == {gram for run in unspaced for gram in grams(run)} | {*spaced}


@given(text=PLAIN)
@settings(max_examples=300, deadline=None)
@example(text="chips and 芯片 of 2008")
def test_words_are_those_of_the_folded_text(analyser, text):
    """Every run of spaced script is a word by its stem, in order, and every unspaced character is in one."""
    words, folded = analyser.words(text), fold(text)
    found = list(runs(folded))

    assert words == analyser.analyse(text).words
    assert [word for word in words if not is_unspaced(word)] == [stem(run) for _, run, unspaced in found if not unspaced]
    unspaced = [word for word in words if is_unspaced(word)]
    assert all(word in folded for word in unspaced)
    assert set("".join(unspaced)) == {character for _, run, is_run in found for character in run if is_run}


@given(text=st.text("aS'sé 芯.-\u2019U", max_size=12))
@settings(max_examples=300, deadline=None)
@example(text="s's 's芯's")
def test_ascii_takes_a_short_way_to_the_same(analyser, text):
    """Text that is folded to ASCII is analysed by itself; with a character that is not, the same comes of it."""
    alone, beside = analyser.analyse(text), analyser.analyse(text + " ，")

    assert beside.words == alone.words
    assert beside.grams == alone.grams


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("北京大学图书馆", ["北京", "大学", "图书", "书馆", "图书馆", "北京大学图书馆"]),
        ("圖書館裡的數據庫", ["图书", "书馆", "图书馆", "里", "的", "数据", "据库", "数据库"]),
        ("圖書館 裏", ["图书", "书馆", "图书馆", "里"]),
        ("GPU芯片", ["gpu", "芯片"]),
        ("C++ and .NET", ["c", "and", "net"]),
        ("乾隆皇帝", ["干隆", "皇帝", "干隆皇帝"]),
        ("Résumé ＡＩ", ["resum", "ai"]),
        ("companies' controlled GPUs", ["compani", "control", "gpu"]),
        ("Nvidia's and Nvidia’s, 台灣's; it's", ["nvidia", "and", "nvidia", "台湾", "it"]),
        ("'s s' 's'", ["s", "s", "s"]),
        ("café naïve Zürich", ["cafe", "naiv", "zurich"]),
        ("getElementById", ["getelementbyid", "get", "element", "by", "id"]),
        ("a HTTPServer芯片", ["a", "httpserver", "芯片", "http", "server"]),
        ("GPT4 v2 2008年", ["gpt4", "v2", "2008", "年", "gpt", "4"]),
        ("LLMs DNNs XMLs' iPhones H100s", ["llm", "dnn", "xml", "iphon", "h100"]),
        ("RLs", ["rls", "rl"]),
        ("\x01OpenAI max_value", ["openai", "max", "valu", "open", "ai"]),
        ("㍿\u00adOpen\u200bAI e\u0301OpenAI", ["会社", "株式会社", "openai", "eopenai", "eopen", "ai"]),
        ("……", []),
        ("", []),
    ],
)
def test_words(analyser, text, words):
    """What the words of a text are: folded, stemmed, long ones after the shorter words inside them, parts at the end."""
    assert analyser.words(text) == words


@pytest.mark.parametrize(
    ("text", "stems", "compounds"),
    [
        ("Nvidia's AI chips", "nvidia ai chip", {}),
        ("call getElementById", "call getelementbyid", {1: ("get", "element", "by", "id")}),
        ("it's OpenAI's 16GB GPT4's", "it openai 16gb gpt4", {1: ("open", "ai"), 3: ("gpt", "4")}),
        ("LLMs RLs", "llm rls", {1: ("rl",)}),
        ("AI 芯片，內存 for GPT4的chips", "ai - - for gpt4 - chip", {4: ("gpt", "4")}),
        ("……", "", {}),
    ],
)
def test_chain(analyser, text, stems, compounds):
    """Words follow each other without the s of possessives, and not across scripts without spaces; compounds have parts."""
    analysis = analyser.analyse(text)

    assert " ".join(stem or "-" for stem in analysis.chain) == stems
    assert dict(analysis.compounds) == compounds


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
LINES = st.sampled_from(["\n", "\r\n", "\n\n", "\n\u3000\u3000", "\n• 项", "\n- ", "\n•\n", " · ", "."])
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
        ("华", "\n", "为", ("华", "", "为")),
        ("华\u200b", " ", "\u200b为", ("华", "", "为")),
        ("华", "\n\n", "为", ("华", PARAGRAPH, "为")),
        ("a", "\n", "为", ("a", " ", "为")),
        ("a", "", "b", ("a", "", "b")),
        ("㍿" * 9, "", "㍿" * 9, ("株式会社" * 9, "", "株式会社" * 9)),
        ("一。", "\n", "• 二", ("一。", " ", "• 二")),
        ("一", "\n", "• 二", ("一", PARAGRAPH, "• 二")),
        # dots at an edge
        ("一 ·", " ", "二", ("一", "", "二")),
        ("一", " ", "· 二", ("一", "", "二")),
        ("一\n·", "\n", "二", (f"一{PARAGRAPH}·", PARAGRAPH, "二")),
        ("一", "\n", "•\n二", ("一", PARAGRAPH, f"•{PARAGRAPH}二")),
        ("一·········", "\n", "二", ("一·········", PARAGRAPH, "二")),
        ("尔.", "", "盖", ("尔", "", "盖")),
        ("一.", "", "盖", ("一.", "", "盖")),
        ("a ·", " ", "二", ("a ·", " ", "二")),
        ("·", "\n", "二", ("·", " ", "二")),
    ],
)
def test_edges_of_passages(analyser, before, gap, after, expected):
    """What is at the edges of two passages and between them folds as it does in the whole."""
    passages = [Passage(1, 0, len(before)), Passage(2, len(before + gap), len(before + gap + after))]
    first, second = analyser.document(before + gap + after, passages)

    assert (first.folded, first.gap, second.folded) == expected
    assert "".join(expected) == fold(before + gap + after)


LOOSE = "、·•.\u3000 \n\u200b"


@given(st.text(f"{LOOSE}一尔盖aX", max_size=40), st.lists(st.integers(0, 40), max_size=8))
@settings(max_examples=400, deadline=None)
@example("尔·\n\n·\n盖", [0, 2, 4, 6])
@example("尔 · 盖", [2, 3, 3, 4])
def test_passages_fold_as_the_whole_wherever_they_are_cut(analyser, text, places):
    """Folded passages and gaps joined are the folded document, even where dots stand alone, or white space at an edge."""
    inner = sorted(min(place, len(text)) for place in places)
    places = [0, *inner[: len(inner) // 2 * 2], len(text)]
    passages = [Passage(n, *span) for n, span in enumerate(zip(places[::2], places[1::2], strict=True), 1)]

    analyses = analyser.document(text, passages)

    assert "".join(analysis.folded + analysis.gap for analysis in analyses) == fold(text)


def test_a_million_dots_take_a_moment(analyser):
    """What is loose is folded once, however long it is, whichever passages it belongs to."""
    text = "尔" + ". " * 100_000 + "盖"
    passages = [Passage(n, start, start + 299) for n, start in enumerate(range(1, 199_700, 300), 1)]
    start = time.process_time()

    analyses = analyser.document(text, passages)

    assert "".join(analysis.folded + analysis.gap for analysis in analyses) == text[1 : passages[-1].end]
    assert time.process_time() - start < (2 if sys.gettrace() is None else 20)


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
        ("Nvidia’s", [("nvidia", "Nvidia", False)]),
        ("台灣's", [("台湾", "台灣", False)]),
        ("C++'s", [("c++", "C++", True)]),
        ("AT&T's", [("at&t", "AT&T", True)]),
        ("companies'", [("companies", "companies", False)]),
        ("'s", [("s", "s", False)]),
        ("，", []),
        ("……", []),
        ("+++", []),
        ("\u200b", []),
        ("", []),
    ],
)
def test_pieces(typed, expected):
    """A typed word falls into runs of unspaced characters and words with the signs that belong to them."""
    assert [(piece.text, piece.typed, piece.literal) for piece in pieces(typed)] == expected


@given(ANY_TEXT | MIXED)
@settings(max_examples=300, deadline=None)
def test_pieces_are_parts_of_what_was_typed(typed):
    """Pieces hold every letter and digit once, in order, but possessives; what was typed of each is a slice of the original."""
    found, folded, at, typed_at = pieces(typed), fold(typed), 0, 0

    for piece in found:
        at = folded.index(piece.text, at) + len(piece.text)
        assert piece.text in fold(piece.typed)
        start = typed.index(piece.typed, typed_at)
        typed_at = start if len(fold(piece.typed)) > len(piece.text) else start + len(piece.typed)
        assert piece.literal == bool(set(piece.text) - {c for _, run, _ in runs(piece.text) for c in run} or mixed(piece.text))
    letters = [run for piece in found for _, run, _ in runs(piece.text)]
    assert [run for run in letters if run != "s"] == [run for _, run, _ in runs(folded) if run != "s"]
    assert letters.count("s") <= [run for _, run, _ in runs(folded)].count("s") <= letters.count("s") + folded.count("'s")


@pytest.mark.parametrize(
    ("typed", "stems", "joined", "parts"),
    [
        ("Companies", ["compani"], "", []),
        ("Nvidia's", ["nvidia"], "", []),
        ("GPT-4", ["gpt", "4"], "gpt4", []),
        ("F-35s", ["f", "35s"], "f35s", []),
        ("data-centers", ["data", "center"], "datacenters", []),
        ("max_value", ["max", "valu"], "maxvalue", []),
        ("e-mail", ["e", "mail"], "email", []),
        ("and/or", ["and", "or"], "andor", []),
        ("AT&T", ["at", "t"], "att", []),
        ("don’t", ["don", "t"], "dont", []),
        ("Node.js", ["node", "js"], "nodejs", []),
        ("Moody's/Fitch", ["moodi", "fitch"], "", []),
        ("C++", ["c"], "", []),
        ("C#", ["c"], "", []),
        (".NET", ["net"], "", []),
        ("3.14", ["3", "14"], "", []),
        ("9-11", ["9", "11"], "", []),
        ("v1.2", ["v1", "2"], "", []),
        ("U.S.", ["u", "s"], "", []),
        ("x:y", ["x", "y"], "", []),
        ("50%", ["50"], "", []),
        ("getElementById", ["getelementbyid"], "", ["get", "element", "by", "id"]),
        ("HTTPServers", ["httpserver"], "", ["http", "server"]),
        ("TensorFlow2", ["tensorflow2"], "", ["tensor", "flow", "2"]),
        ("GPT4", ["gpt4"], "", ["gpt", "4"]),
        ("ｇｐｔ４", ["gpt4"], "", ["gpt", "4"]),
        ("H100", ["h100"], "", ["h", "100"]),
        ("16GB", ["16gb"], "", ["16", "gb"]),
        ("DNNs", ["dnn"], "", []),
        ("RLs", ["rls"], "", ["rl"]),
        ("H100s", ["h100"], "", []),
        ("GPUs", ["gpu"], "", []),
        ("v2", ["v2"], "", []),
        ("sha256sum", ["sha256sum"], "", []),
        ("한국", ["한국"], "", []),
        ("芯片", [], "", []),
        ("㎏", ["kg"], "", []),
    ],
)
def test_what_else_a_piece_may_be(typed, stems, joined, parts):
    """Each piece knows its stems, how it is written without its signs, and what it is put together from."""
    [piece] = pieces(typed)

    assert (piece.stems, piece.joined, piece.parts) == (tuple(stems), joined, tuple(parts))


@given(ANY_TEXT | MIXED | st.text("aZ1s'-.芯", max_size=12))
@settings(max_examples=300, deadline=None)
@example("OpenAI's")
def test_what_a_piece_may_be_is_in_the_index(analyser, typed):
    """The words of a typed text are the stems of its pieces and their parts, as they are in the index."""
    found = pieces(typed)
    words = {word for word in analyser.words(typed) if not is_unspaced(word)}

    assert {stem for piece in found for stem in piece.stems} <= words
    for piece in found:
        assert not piece.parts or not piece.literal
        assert piece.joined in ("", "".join(run for _, run, _ in runs(piece.text)))
        assert (piece.stems == ()) == is_unspaced(piece.text)


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
