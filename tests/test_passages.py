"""Passages: the whole text in pieces, each at its place, none too long, none torn."""

import re
import sys
import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tongwen.index.model import Document, Heading, Passage
from tongwen.index.passages import HIGH, LOW, TARGET, split

ANY_TEXT = st.text(st.characters(codec=None) | st.characters(categories=["Cs", "Mn", "Cf", "Zs", "Zl", "Cc"]), max_size=300)
LONG_TEXT = st.lists(
    st.sampled_from(
        [
            "中文",
            "句子。",
            "好！」",
            "逗號，",
            "word ",
            "Sentence. ",
            "a1",
            "\n",
            "\r\n",
            "\n\n",
            "\u3000",
            "\f",
            "e\u0301",
            "·",
            "\ud83d",
            "\ude00",
        ]
    ).flatmap(lambda piece: st.integers(1, 300).map(lambda times: piece * times)),
    max_size=12,
).map("".join)


def document(text: str, *headings: tuple[int, str]) -> Document:
    """A document with `text` and headings (start, words)."""
    return Document("a.txt", text, "Title", tuple(Heading(*heading) for heading in headings))


def texts(text: str, *headings: tuple[int, str]) -> list[str]:
    """The texts of the passages."""
    return [text[passage.start : passage.end] for passage in split(document(text, *headings))]


def check(text: str, passages: list[Passage]) -> None:
    """The laws that hold for any text."""
    assert [passage.number for passage in passages] == list(range(1, len(passages) + 1)), "numbers count from 1"
    ends = [0, *(passage.end for passage in passages)]
    starts = [*(passage.start for passage in passages), len(text)]
    for end, start in zip(ends, starts, strict=True):
        assert end <= start, "passages are disjoint and in order"
        assert not text[end:start].strip(), "only white space lies between passages"
    for passage in passages:
        piece = text[passage.start : passage.end]
        assert piece, "a passage holds something"
        assert piece == piece.strip(), "a passage neither begins nor ends with white space"


def is_legal(before: str, after: str) -> bool:
    """Whether a cut between two of the characters of LONG_TEXT tears nothing."""
    word = "a1ewordSntc"
    return not ({before, after} & {*"\u0301·"} or (before in word and after in word) or (before, after) == ("\ud83d", "\ude00"))


# ------------------------------------------------------------------------------------------ laws


@given(ANY_TEXT, st.lists(st.tuples(st.integers(-5, 310), st.text(max_size=3)), max_size=4))
@example("\ud800", [(0, "h")])
@example("\x1c\x85\u2028", [])
def test_any_text(text, headings):
    """Whatever the text and the headings, the pieces are the text, and nothing is raised."""
    check(text, split(document(text, *headings)))


@settings(deadline=None)
@given(LONG_TEXT, st.lists(st.integers(0, 5000), max_size=4))
def test_any_long_text(text, headings):
    """Long runs of anything keep the laws, and a passage is longer than HIGH only where no cut is legal."""
    passages = split(document(text, *((start, str(start)) for start in headings)))
    check(text, passages)
    for passage in passages:
        piece = text[passage.start : passage.end]
        if len(piece) > HIGH:
            assert not [place for place in range(1, HIGH + 1) if is_legal(piece[place - 1], piece[place])]


@settings(deadline=None)
@given(st.text("中文ab1é\u0301\ufe00\u200b·・ﾞ\ud83d\ude00①", max_size=40))
def test_hard_cuts_tear_nothing(unit):
    """Without punctuation and white space, no cut is beside a mark, inside a word, or inside a pair of surrogates.

    Nor beside an interpunct, unless that is behind a letter or digit.
    """
    text = (unit + "中文") * (3000 // (len(unit) + 2))
    assert len(texts(text)) > 1
    for before, after in pairwise(texts(text)):
        for character in (before[-1], after[0]):
            assert unicodedata.category(character) not in {"Mn", "Me", "Mc", "Cf"}
            assert character != "ﾞ"
        assert after[0] not in "·・"
        assert before[-1] not in "·・" or before[-2] in "ab1é①"
        assert not (before[-1] in "ab1é①" and after[0] in "ab1é①")
        assert (before[-1], after[0]) != ("\ud83d", "\ude00")


@pytest.mark.parametrize(
    "text",
    ["a·" * 150 + "chips" + "·a" * 150, "·".join(80 * ["Home", "About", "Contact", "Products"]), "1‧" * 250, "Ab•芯片" * 120],
)
def test_words_between_interpuncts_stay_whole(text):
    """A menu of words with nothing but interpuncts between them is cut behind one of these."""
    pieces = texts(text)

    assert len(pieces) > 1
    assert max(map(len, pieces)) <= HIGH
    assert not any(before[-1].isascii() and before[-1].isalnum() and after[0].isalnum() for before, after in pairwise(pieces))


@given(ANY_TEXT)
def test_same_twice(text):
    """The same document is cut the same way every time."""
    assert split(document(text)) == split(document(text))


# ------------------------------------------------------------------------------------------ packing


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u3000\r\n\t\f", "\x1c\u2028\u2029"])
def test_nothing_visible(text):
    """White space alone has no passages."""
    assert split(document(text)) == []


def test_small_document():
    """A short text is one passage, without the white space around it."""
    assert split(document("  人工智能\n")) == [Passage(1, 2, 6)]


def test_small_paragraphs_are_packed():
    """Paragraphs of 100 characters come three to a passage, at their own ends."""
    paragraph = "字" * 99 + "。"

    assert texts("\n\n".join([paragraph] * 6)) == ["\n\n".join([paragraph] * 3)] * 2


def test_english_counts_as_chinese_does():
    """A code point is a code point: an English passage has as many as a Chinese one, packed or cut."""
    chinese, english = "字" * 99 + "。", "w" * 99 + "."

    assert len(texts("\n\n".join([chinese] * 12))) == 4
    assert len(texts("\n\n".join([english] * 12))) == 4
    assert [len(text) for text in texts("ten chars. " * 54)] == [296, 296]


def test_paragraph_of_allowed_length_is_not_cut():
    """A paragraph of HIGH characters stays whole, and its small neighbours do not lengthen it."""
    long, short = "句。" * (HIGH // 2), "字" * LOW

    assert texts(f"{short}\n\n{long}\n\n{short}") == [short, long, short]


def test_crumb_before_a_long_paragraph():
    """A few characters never make a passage of their own; what they make too long is cut evenly."""
    first, second = texts("前言\n" + "一二三四五六七八九。" * 40)

    assert first.startswith("前言\n")
    assert (len(first), len(second)) == (203, 200)


def test_crumb_at_the_end():
    """A last crumb goes to the passage before it, which is cut evenly if that makes it too long."""
    assert texts("字" * 350 + "\n完") == ["字" * 350 + "\n完"]
    assert [len(text) for text in texts("一二三四五六七八九。" * 40 + "\n完")] == [200, 202]


def test_wide_gap_is_no_part_of_a_passage():
    """A thousand blank lines are not carried about in a passage."""
    assert texts("上" + "\n" * 1000 + "下") == ["上", "下"]


# ------------------------------------------------------------------------------------------ lines and paragraphs


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\f"])
def test_line_ends(end):
    """Every kind of line end ends a paragraph where lines are paragraphs."""
    line = "字" * 149 + "。"

    assert texts(end.join([line] * 4)) == [line + end + line] * 2


WRAPPED = (
    "The quick brown fox jumps over the lazy dog while the others look on and\n"
    "wonder. How could it ever have come to this, they ask each other, in a\n"
    "whisper that nobody hears? There is no answer, there never was any answer\n"
)


def test_hard_wrapped_paragraph_is_one():
    """A paragraph broken at 72 columns is cut at the ends of sentences, not of lines."""
    passages = texts(WRAPPED * 8)

    assert len(passages) == 6
    assert all(re.search(r"[.?]$", text) for text in passages[:-1])


def test_hard_wrapped_chinese():
    """A Chinese paragraph broken at 35 characters is one, too."""
    text = "天地玄黄宇宙洪荒。日月盈昃辰宿列张寒来暑往，秋收冬藏" * 40
    wrapped = "\n".join(text[start : start + 35] for start in range(0, len(text), 35))

    assert all(passage.endswith("。") for passage in texts(wrapped)[:-1])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("字" * 24 + "。", "each ends as a paragraph does"),
        ("字" * 15, "too narrow for prose"),
        ("字" * 120, "too wide for a page"),
        ("字" * 30 + "\n" + "字" * 10, "of uneven length"),
    ],
)
def test_lines_that_are_paragraphs(line, why):
    """Lines that were not broken to fit a page are paragraphs: the passages end where they end."""
    lines = {*line.split("\n")}

    for passage in texts("\n".join([line] * 60)):
        assert {*passage.split("\n")} <= lines, why


def test_paragraphs_by_indentation():
    """A line indented by an ideographic space begins a paragraph, so wrapped novels have paragraphs."""
    paragraph = "\u3000\u3000" + "\n".join(["字" * 33, *["字" * 35] * 6, "字" * 20])

    assert texts("\n".join([paragraph] * 3)) == [paragraph.strip()] * 3


# ------------------------------------------------------------------------------------------ cutting


def test_single_long_line_is_cut_not_lost():
    """100,000 characters without any punctuation become passages of about TARGET characters."""
    pieces = texts("字" * 100_000)

    assert sum(map(len, pieces)) == 100_000
    assert {TARGET - 5 < len(piece) < TARGET + 5 for piece in pieces} == {True}


def test_pieces_are_even():
    """420 characters are two pieces of 210, not 400 and 20."""
    assert [len(piece) for piece in texts("一二三四五六七八九。" * 42)] == [210, 210]


@pytest.mark.parametrize(
    ("unit", "end"),
    [
        ("他说：「是这样，的。」然后，走", "」"),
        ("你好，世界！真", "！"),
        ("什么，意思?!的", "!"),
        ("好……吧，", "…"),
        ("没有句号，只有逗号", "，"),
        ("甲；乙丙 ", "；"),
        ("Version 3.14 is out, as of 12:30. It, well, works ", "12:30."),
        ("一二三 四五", "三"),
    ],
)
def test_best_place_wins(unit, end):
    """A long paragraph is cut at the best kind of place it has, closing quotes included."""
    pieces = texts(unit * 250)

    assert len(pieces) > 2
    assert {piece.endswith(end) for piece in pieces[:-1]} == {True}


def test_numbers_and_addresses_stay_whole():
    """A comma, a colon or a point inside a number or an address is no place to cut."""
    word = "1,000:2,000.5!=a;b"

    for piece in texts(f"{word} " * 100):
        assert {*piece.split(" ")} == {word}


def test_mark_after_punctuation_belongs_to_it():
    """A variation selector after a full stop is not torn off."""
    assert all(piece.endswith("。\ufe00") or "。" not in piece[-2:] for piece in texts("一二三四五。\ufe00" * 200))


def test_word_is_not_cut():
    """A hard cut goes round a word of up to HIGH characters, to either side."""
    assert texts("字" * 150 + "w" * 300 + "字" * 300)[0] == "字" * 150
    assert texts("字" * 50 + "w" * 350 + "字" * 300)[0] == "字" * 50 + "w" * 350
    assert texts("字" * 50 + "w" * 351 + "字" * 300)[0] == "字" * 50, "a crumb is better than a passage longer than HIGH"


def test_word_longer_than_a_passage_is_cut():
    """A word longer than HIGH is cut, but not beside its marks."""
    assert [len(piece) for piece in texts("x" * 900)] == [300, 300, 300]
    assert all(not piece.startswith("\u0301") for piece in texts("xyze\u0301" * 500))


def test_nothing_legal():
    """Where every place is beside a mark the passage ends before, or else at the next legal place or the end of the text."""
    assert texts("字" + "\u0301" * 5000) == ["字" + "\u0301" * 5000]
    first, second = texts("字" + "\u0301" * 5000 + "文字" * 200)
    assert first == "字" + "\u0301" * 5000 + "文"
    assert len(second) == 399
    assert texts("字" * 150 + "\u0301" * 5000) == ["字" * 149, "字" + "\u0301" * 5000]


@pytest.mark.parametrize("mark", ["ﾞ", "･", "\u00ad", "\ufe0f", "\u180d", "\U000e0101", "\U000e0800"])
def test_marks(mark):
    """A half-width voicing mark stays with its kana, an interpunct with its name, anything invisible where it is."""
    for before, after in pairwise(texts(("字カ" + mark) * 900)):
        assert (before[-1], after[0]) == ("字", "カ")


# ------------------------------------------------------------------------------------------ headings


def test_heading_begins_a_passage():
    """A heading ends a passage of LOW/2 characters, and names the passages below it."""
    one, two = "字" * 110, "文" * 200
    text = f"上\n{one}\n下\n{two}"

    passages = split(document(text, (0, "上"), (text.index("下"), "下")))

    assert [(text[passage.start], passage.heading) for passage in passages] == [("上", "上"), ("下", "下")]


def test_heading_after_a_crumb():
    """A heading after less than LOW/2 characters goes on in the same passage."""
    text = "字" * 90 + "\n下\n" + "文" * 100

    assert [passage.heading for passage in split(document(text, (91, "下")))] == ["下"]


def test_heading_stays_with_its_text():
    """A heading goes with a paragraph too long for the passage above it, several headings likewise."""
    text = "字" * 95 + "\n标题一\n标题二\n" + "文" * 390

    first, second = texts("引" * 100 + "\n" + text, (197, "标题一"), (201, "标题二"))
    assert (first[-1], second[:7]) == ("字", "标题一\n标题二")


def test_heading_at_the_very_end():
    """A heading with nothing below it is kept."""
    text = "字" * 300 + "\n标题"

    assert texts(text, (301, "标题")) == ["字" * 300, "标题"]


def test_no_heading_yet():
    """Before the first heading a passage has none, unless that one is inside it."""
    text = "字" * 300 + "\n" + "文" * 300 + "\n标题"

    assert [passage.heading for passage in split(document(text, (602, "标题")))] == ["", "", "标题"]


def test_markdown_sign():
    """A passage that begins with the sign of a heading has that heading, also if its offset is that of the words."""
    text = "# 一\n" + "字" * 200 + "\n## 二\n" + "文" * 200

    assert [passage.heading for passage in split(document(text, (2, "一"), (208, "二")))] == ["一", "二"]


def test_headings_out_of_order():
    """Headings need not be sorted, and may point at the blank before their line."""
    text = "字" * 200 + "\n\n二\n" + "文" * 200

    assert [passage.heading for passage in split(document(text, (201, "二"), (0, "一")))] == ["一", "二"]


# ------------------------------------------------------------------------------------------ speed


@pytest.mark.parametrize(
    "unit", ["中文字", "abcdefghi9", "e\u0301", "·", "中a1文", "a\n", "\n", "字。", "Word. ", "a" + " " * 99]
)
def test_linear_time(unit):
    """A quarter of a million characters of anything take a moment: no step looks at the whole text again and again."""
    text = unit * (250_000 // len(unit))
    start = time.process_time()

    split(document(text))

    assert time.process_time() - start < (2 if sys.gettrace() is None else 10)
