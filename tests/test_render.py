"""Rendering: what people and programs read, line by line."""

import json
import unicodedata
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tongwen.index.reports import Report, Status, Step
from tongwen.searcher.progress import (
    Progress,
    format_bar,
    format_bytes,
    format_report,
    format_status,
    format_status_json,
    format_step,
)
from tongwen.searcher.render import (
    chosen,
    clean,
    columns,
    format_explained_hit,
    format_explained_hit_json,
    format_explanation,
    format_explanation_json,
    format_hits,
    format_json,
    format_nothing,
    format_passage,
    format_paths,
    format_suggestions,
    format_summary,
    format_table,
    format_why_not_json,
    json_line,
    notes_of,
    paint,
    shown_path,
    wrap,
)
from tongwen.searcher.results import (
    Explained,
    ExplainedHit,
    Explanation,
    Hit,
    Like,
    Mark,
    Results,
    ScorePart,
    Suggestion,
    WhyNot,
)

ANY_TEXT = st.text(st.characters(codec=None) | st.characters(categories=["Cs", "Cc", "Cf", "Mn"]), max_size=200)
LINES = st.lists(
    st.sampled_from(["中文", "晶片，", "「引文」", "word ", "export", " ", "e\u0301", "\u3000", "！！", "(AI)", "GPU", "，"]),
    max_size=40,
).map("".join)


def hit(path="/docs/a.txt", text="晶片", marks=((0, 2),), *, title="標題", line=1, passage=1, rank=1) -> Hit:
    """A hit with what a test does not care about filled in."""
    matched = tuple(Mark(start, end, "script", text[start:end]) for start, end in marks)
    return Hit(rank, 12.5, path, title, passage, 0, len(text), text, 0, line, tuple(marks), matched)


def results(*hits: Hit, query="晶片", total=None, documents=None, partial=False, warnings=(), seconds=0.0042) -> Results:
    """Results that say of themselves what the hits say, unless told otherwise."""
    found = len({each.path for each in hits}) if documents is None else documents
    total = len(hits) if total is None else total
    return Results(query, hits, total, found, 0 if partial else total, tuple(warnings), seconds)


def marked(text: str, *marks: tuple[str, str, str]) -> Hit:
    """A hit with marks given as (marked text, level, typed); the same text again is its next occurrence."""
    found, at = [], {}
    for piece, level, typed in marks:
        start = text.index(piece, at.get((piece, typed), 0))
        at[piece, typed] = start + len(piece)
        found.append(Mark(start, start + len(piece), level, typed))
    found.sort(key=lambda mark: (mark.start, mark.end, mark.typed))
    spans = sorted({(mark.start, mark.end) for mark in found})
    return Hit(1, 1.0, "/a", "", 1, 0, len(text), text, 0, 1, tuple(spans), tuple(found))


def shown(found: Hit, query: str) -> str:
    """A passage in one line as people see it."""
    marks, notes = notes_of(found, query)
    (line,) = format_passage(found.text, marks, 1000, False, notes)
    return line


def lines_of(text: str, width: int, marks=(), extra=0, whole=()) -> list[str]:
    """The lines themselves instead of where they are."""
    return [text[start:end] for start, end in wrap(text, width, marks, extra, whole)]


# ------------------------------------------------------------------------------------------ text on a terminal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 中文", "plain 中文"),
        ("\x1b[31mred\x1b]0;title\x07", "\ufffd[31mred\ufffd]0;title\ufffd"),
        ("a\tb\nc\rd\x7f\x9b", "a b\ufffdc\ufffdd\ufffd\ufffd"),
        ("\ud83d\udcff", "\ufffd\ufffd"),
        ("\u202eabc\u2066\u2028", "\ufffdabc\ufffd\ufffd"),
        ("e\u0301\u200b👍", "e\u0301\u200b👍"),
    ],
)
def test_clean(text, expected):
    """Nothing that a terminal would obey or cannot encode comes through; all else does."""
    assert clean(text) == expected


@given(ANY_TEXT)
def test_clean_keeps_offsets(text):
    """Cleaned text is as long as before, can be encoded, and holds no control character."""
    cleaned = clean(text)

    assert len(cleaned) == len(text)
    assert cleaned.encode().decode() == cleaned
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in cleaned)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("abc", 3),
        ("中文", 4),
        ("ＡＩ", 4),
        ("ｱ", 1),
        ("e\u0301", 1),
        ("华\u200b为", 4),
        ("“”…—", 4),
        ("👍", 2),
        ("각", 2),
    ],
)
def test_columns(text, expected):
    """Han, full-width and emoji characters are two columns, combining and invisible ones none."""
    assert columns(text) == expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, []),
        ("   ", 10, []),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 6, ["one", "two", "three"]),
        ("中文字符測試", 5, ["中文", "字符", "測試"]),
        ("中文，字符。測試", 5, ["中", "文，", "字", "符。", "測試"]),
        ("我說「好的」嗎", 6, ["我說", "「好", "的」嗎"]),
        ("中文word中文", 6, ["中文", "word中", "文"]),
        ("internationalization", 8, ["internat", "ionaliza", "tion"]),
        ("an internationalization", 8, ["an", "internat", "ionaliza", "tion"]),
        ("abcdefghij k", 5, ["abcde", "fghij", "k"]),
        ("！！！！！！", 5, ["！！", "！！", "！！"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
        ("中\u0301文\u0301字", 3, ["中\u0301", "文\u0301", "字"]),
        ("中", 1, ["中"]),
        ("中文", 1, ["中", "文"]),
        ("  indented text", 10, ["  indented", "text"]),
        ("        far right", 12, ["far right"]),
        ("a\xa0b c", 4, ["a\xa0b", "c"]),
        ('他說"好的"嗎', 8, ['他說"好', '的"嗎']),
        ('他說"好的"嗎', 6, ["他", '說"好', '的"嗎']),
    ],
)
def test_wrap(text, width, expected):
    """Lines end after spaces and beside Han characters, not inside words, before closing or after opening punctuation."""
    assert lines_of(text, width) == expected


def test_wrap_counts_the_marks():
    """A mark takes two columns more on each line on which it is."""
    text = "中文晶片測試"

    assert lines_of(text, 7, [(2, 4)], 2) == ["中文", "晶片", "測試"]
    assert lines_of(text, 8, [(0, 6)], 2) == ["中文晶", "片測試"]
    assert lines_of(text, 8, [(0, 6)], 0) == ["中文晶片", "測試"]


def test_wrap_keeps_spans_whole():
    """Inside such a span no line ends, unless it is wider than a line."""
    text = "中文 (≈晶片)測試 a b"

    assert lines_of(text, 8) == ["中文 (≈", "晶片)測", "試 a b"]
    assert lines_of(text, 11, whole=[(2, 8)]) == ["中", "文 (≈晶片)", "測試 a b"]
    assert lines_of(text, 7, whole=[(2, 8)]) == ["中", "文 (≈晶", "片)測試", "a b"]
    assert lines_of(text, 18, whole=[(11, 14)]) == ["中文 (≈晶片)測試", "a b"]


@given(LINES, st.integers(4, 40), st.lists(st.integers(0, 60), max_size=6), st.sampled_from([0, 2]))
def test_wrap_keeps_all_and_fits(text, width, ends, extra):
    """Only white space is left out, no line is too wide, and none starts or ends blank."""
    ends = sorted(set(ends))
    marks = list(zip(ends[::2], ends[1::2], strict=False))
    spans = wrap(text, width, marks, extra)

    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())
    assert all(first_end <= second for (_, first_end), (second, _) in pairwise(spans))
    for start, end in spans:
        pieces = sum(first < end and start < last for first, last in marks)
        assert columns(text[start:end]) + extra * pieces <= width
        assert text[start:end].strip()
        assert text[end - 1 : end].strip()


def test_paint():
    """Marks are cut to the line, in colour and without."""
    text = "晶片與芯片"

    assert paint(text, 0, 5, [(0, 2), (3, 5)], color=False) == "«晶片»與«芯片»"
    assert paint(text, 1, 4, [(0, 2), (3, 5)], color=True) == "\x1b[1;31m片\x1b[0m與\x1b[1;31m芯\x1b[0m"
    assert paint(text, 2, 3, [(0, 2), (3, 5)], color=False) == "與"


def test_paint_notes():
    """Notes are dimmed; without colour they stand as they are."""
    text = "芯片 (≈晶片)與"

    assert paint(text, 0, 9, [(0, 2)], color=True, notes=[(2, 8)]) == "\x1b[1;31m芯片\x1b[0m\x1b[2m (≈晶片)\x1b[0m與"
    assert paint(text, 1, 5, [(0, 2)], color=False, notes=[(2, 8)]) == "«片» (≈"


@pytest.mark.parametrize(
    ("path", "cwd", "expected"),
    [
        ("/home/me/docs/a.txt", "/home/me", "docs/a.txt"),
        ("/home/mess/a.txt", "/home/me", "/home/mess/a.txt"),
        ("/etc/a.txt", "/", "etc/a.txt"),
        ("/home/me/-rf", "/home/me", "./-rf"),
        ("-", "/home/me", "(standard input)"),
    ],
)
def test_shown_path(path, cwd, expected):
    """Paths below the current folder are relative to it and never look like options."""
    assert shown_path(path, cwd) == expected


# ------------------------------------------------------------------------------------------ results


def test_format_passage_keeps_lines():
    """Line breaks of every kind stay, several blank lines become one, those at the ends vanish."""
    assert format_passage("\n一\r\n二\r\n\n \n三\x0b四\u2028五\n\n", [], 20, color=False) == ["一", "二", "", "三", "四", "五"]


def test_format_passage_marks_across_lines():
    """A mark that runs over a line end, of the text or of the wrapping, is closed and opened again."""
    assert format_passage("壓縮\r\n機房設備", [(1, 5)], 20, color=False) == ["壓«縮»", "«機»房設備"]
    assert format_passage("資料中心機房", [(1, 5)], 8, color=False) == ["資«料中»", "«心機»房"]
    assert format_passage("資料中心機房", [(1, 5)], 8, color=True) == ["資\x1b[1;31m料中心\x1b[0m", "\x1b[1;31m機\x1b[0m房"]


def test_format_passage_is_clean():
    """What a terminal would obey does not reach it, and marks stay in their places."""
    assert format_passage("a\x1b[2J\t晶片\ud83d", [(6, 8)], 40, color=False) == ["a\ufffd[2J «晶片»\ufffd"]


@pytest.mark.parametrize(
    ("found", "query", "expected"),
    [
        (marked("晶片與芯片", ("晶片", "exact", "晶片"), ("芯片", "script", "芯片")), "晶片", "«晶片»與«芯片»"),
        (marked("買芯片了", ("芯片", "region", "晶片")), "晶片", "買«芯片» (≈晶片)了"),
        (marked("on chips.", ("chips", "cross", "晶片")), "晶片", "on «chips» (=晶片)."),
        (marked("黄仁勋说", ("黄仁勋", "sound", "huang renxun")), "huang renxun", "«黄仁勋» (~huang renxun)说"),
        (marked("on chips", ("chips", "spelt", "chpis")), "chpis~", "on «chips» (~chpis)"),
        (marked("x \x1b", ("x", "cross", "a\x1b\n b")), "", "«x» (=a\ufffd b) \ufffd"),
        # said once for each pair of marked text, after folding, and typed word
        (
            marked(
                "芯片、芯片、記憶體、記忆体",
                *[("芯片", "region", "晶片")] * 2,
                *[(w, "region", "内存") for w in ("記憶體", "記忆体")],
            ),
            "晶片 内存",
            "«芯片» (≈晶片)、«芯片»、«記憶體» (≈内存)、«記忆体»",
        ),
        (
            marked("chip, Chip, chips", *[(word, "cross", "晶片") for word in ("chip", "Chip", "chips")]),
            "晶片",
            "«chip» (=晶片), «Chip», «chips» (=晶片)",
        ),
        (
            marked("芯片，芯片", ("芯片", "region", "晶片"), ("芯片", "cross", "chip")),
            "晶片 OR chip",
            "«芯片» (≈晶片, =chip)，芯片",
        ),
        # what was typed side by side and stands side by side is one
        (
            marked("对出口管制", ("出口", "cross", "export"), ("管制", "cross", "controls")),
            "export  controls",
            "对«出口管制» (=export controls)",
        ),
        (
            marked("export control laws", ("export", "cross", "出口"), ("control", "cross", "管制"), ("laws", "cross", "法")),
            "出口管制法",
            "«export control laws» (=出口管制法)",
        ),
        (
            marked("管制出口", ("出口", "cross", "export"), ("管制", "cross", "controls")),
            "export controls",
            "«管制» (=controls)«出口» (=export)",
        ),
        (
            marked("出口，管制", ("出口", "cross", "export"), ("管制", "cross", "controls")),
            "export controls",
            "«出口» (=export)，«管制» (=controls)",
        ),
        (
            marked("出口管制", ("出口", "cross", "export"), ("管制", "cross", "controls")),
            "export OR controls",
            "«出口» (=export)«管制» (=controls)",
        ),
        (
            marked("芯片出口", ("芯片", "region", "晶片"), ("出口", "cross", "export")),
            "晶片 export",
            "«芯片» (≈晶片)«出口» (=export)",
        ),
        (marked("AI芯片", ("AI", "exact", "AI"), ("芯片", "region", "晶片")), "AI 晶片", "«AI芯片» (≈晶片)"),
        # of marks inside others only the outer one counts, unless it is what was typed
        (
            marked("出口管制", ("出口", "cross", "export"), ("出口管制", "cross", "export controls")),
            "export controls",
            "«出口管制» (=export controls)",
        ),
        (marked("芯片", ("芯片", "script", "芯片"), ("芯片", "region", "晶片")), "晶片 OR 芯片", "«芯片»"),
        (marked("AB", ("AB", "script", "AB"), ("A", "cross", "甲")), "AB 甲", "«AB»"),
        # a long phrase is cut
        (marked("x", ("x", "cross", "長" * 20)), "", f"«x» (={'長' * 15}…)"),
    ],
)
def test_notes(found, query, expected):
    """Behind what is marked for something else stands what was typed and how far it is from it."""
    assert shown(found, query) == expected


def test_notes_count_in_wrapping():
    """A note stays on the line of the end of its mark, and is as wide as it is."""
    found = marked("我們的芯片出口", ("芯片", "region", "晶片"))
    marks, notes = notes_of(found, "晶片")

    assert format_passage(found.text, marks, 23, False, notes) == ["我們的«芯片» (≈晶片)出", "口"]
    assert format_passage(found.text, marks, 19, False, notes) == ["我們的", "«芯片» (≈晶片)出口"]
    assert format_passage(found.text, marks, 19, True, notes) == [
        "我們的\x1b[1;31m芯片\x1b[0m\x1b[2m (≈晶片)\x1b[0m",
        "出口",
    ]
    found = marked("一二三四五六七八九十", ("一二三四五六七八九十", "cross", "numbers"))
    assert format_passage(found.text, *notes_of(found, "")[:1], 40, False, notes_of(found, "")[1]) == [
        "«一二三四五六七八九十» (=numbers)"
    ]
    assert format_passage(found.text, *notes_of(found, "")[:1], 30, False, notes_of(found, "")[1]) == [
        "«一二»",
        "«三四五六七八九十» (=numbers)",
    ]


@given(LINES, st.integers(24, 40), st.data())
def test_notes_fit(text, width, data):
    """However many notes, no line is too wide, and without marks and notes it is the text."""
    ends = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = list(zip(ends[::2], ends[1::2], strict=False))
    notes = [(end, " (≈晶片)") for _, end in spans]
    lines = format_passage(text, spans, width, False, notes)

    assert all(columns(line) <= width for line in lines)
    bare = "".join(lines).replace("(≈晶片)", "").replace("«", "").replace("»", "")
    assert "".join(bare.split()) == "".join(clean(text).split())


@pytest.mark.parametrize(
    ("paths", "limit", "shown", "more"),
    [
        ("", 3, [], {}),
        ("ab", 3, [1, 2], {}),
        ("aaab", 3, [1, 2, 3], {}),
        ("aaaab", 4, [1, 2, 3, 5], {"a": 1}),
        ("aaaaa", 4, [1, 2, 3], {"a": 2}),
        ("abababababc", 7, [1, 2, 3, 4, 5, 6, 11], {"a": 2, "b": 2}),
        ("aaaabaaaa", 4, [1, 2, 3, 5], {"a": 1}),
    ],
)
def test_chosen(paths, limit, shown, more):
    """Three of a document at the most, others in their places; what is passed over is counted as far as was looked."""
    hits, passed_over = chosen([hit(path, rank=rank) for rank, path in enumerate(paths, 1)], limit)

    assert ([each.rank for each in hits], passed_over) == (shown, more)


def test_format_hits():
    """Blocks by document in the order of their best hits; behind a place that is not the rank stands the rank."""
    hits = [
        hit("/docs/a.txt", "晶片是甚麼", line=3, rank=1),
        hit("/docs/b.html", "芯片", title="Chips\x1b", line=None, passage=4, rank=2),
        *(hit("/docs/a.txt", f"晶片{rank}", line=rank, rank=rank) for rank in (3, 7)),
        hit("/docs/c.txt", "晶片", rank=5),
    ]

    assert format_hits(hits, 80, color=False, cwd="/docs", more={"/docs/a.txt": 2000, "/gone": 1}) == [
        "標題",
        "a.txt:3",
        "  «晶片»是甚麼",
        "",
        "a.txt:3  #3",
        "  «晶片»3",
        "",
        "a.txt:7  #7",
        "  «晶片»7",
        "  +2,000 more in this document",
        "",
        "Chips\ufffd",
        "b.html ¶4  #2",
        "  «芯片»",
        "",
        "標題",
        "c.txt:1",
        "  «晶片»",
    ]


def test_format_hits_in_colour():
    """The title is bold, the path magenta, the line green, a hit bold red; a blank line is not indented."""
    assert format_hits(
        [hit(text="晶片\n\n好", line=3), hit("/b", "x", (), title="", line=None, rank=7)], 80, color=True, cwd="/docs"
    ) == [
        "\x1b[1m標題\x1b[0m",
        "\x1b[35ma.txt\x1b[0m:\x1b[32m3\x1b[0m",
        "  \x1b[1;31m晶片\x1b[0m",
        "",
        "  好",
        "",
        "\x1b[35m/b\x1b[0m ¶1  \x1b[2m#7\x1b[0m",
        "  x",
    ]


def test_format_hits_with_others_like_them():
    """Below a passage stands how many say nearly the same, with the first two of their documents."""
    like = (Like("/docs/b", 1, 0), Like("/x\x1b", 1, 0), Like("/docs/b", 2, 9), Like("/c", 1, 0))
    hits = [replace(hit(text="茶", marks=()), like=like[:1]), replace(hit("/e", "茶", (), rank=2), like=like)]

    assert format_hits(hits, 80, color=False, cwd="/docs")[2:4] == ["  茶", "  +1 like this: b"]
    assert format_hits(hits, 80, color=False, cwd="/docs")[-1] == "  +4 like this: b, /x\ufffd, …"
    assert format_hits(hits[:1], 80, color=True, cwd="/docs")[-1] == "  \x1b[2m+1 like this: b\x1b[0m"


def test_format_hits_with_notes():
    """The notes of a hit are shown, given the query."""
    found = marked("出口管制", ("出口", "cross", "export"), ("管制", "cross", "controls"))

    assert format_hits([found], 80, color=False, cwd="/", query="export controls")[-1] == "  «出口管制» (=export controls)"


def test_format_hits_wraps():
    """Passages and titles are wrapped, passages with room for the indentation."""
    assert format_hits([hit(text="晶片晶片晶片", marks=(), title="很長的標題")], 8, color=False, cwd="/") == [
        "很長的標",
        "題",
        "docs/a.txt:1",
        "  晶片晶",
        "  片晶片",
    ]


def test_nothing_to_format():
    """No hits, no lines."""
    assert format_hits([], 80, color=True, cwd="/") == []
    assert format_json([]) == []


def test_format_paths():
    """Each document once, best first."""
    assert format_paths([hit("/b"), hit("/docs/a"), hit("/b")], "/docs") == ["/b", "a"]


def test_format_json():
    """Exactly the promised keys in the promised order, Chinese as it is, a line to a hit."""
    marks = (Mark(0, 2, "region", "芯片"), Mark(2, 3, "spelt", "chpis"))
    found = Hit(1, 12.3, "/abs/file", "標題", 3, 120, 124, "晶片\n\x1b", 1, 7, ((0, 2),), marks, (Like("/b", 2, 9),))

    assert format_json([found]) == [
        '{"rank": 1, "score": 12.3, "path": "/abs/file", "title": "標題", "passage": 3, "start": 120, "end": 124, '
        '"text": "晶片\\n\\u001b", "highlights": [[0, 2]], '
        '"matched": [{"start": 0, "end": 2, "as": "region", "for": "芯片"}, '
        '{"start": 2, "end": 3, "as": "spelt", "for": "chpis"}], '
        '"like": [{"path": "/b", "passage": 2, "start": 9}], "partial": false}'
    ]


def test_json_line_escapes_what_is_no_text():
    """Lone surrogates, C1 controls and line separators are escaped, so that any reader of lines can read it."""
    value = {"text": "\ud800 \x9b \u2028 \udcff 晶"}

    assert json_line(value) == '{"text": "\\ud800 \\u009b \\u2028 \\udcff 晶"}'
    assert json.loads(json_line(value)) == value


@given(ANY_TEXT.filter(lambda text: text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")))
def test_json_line_round_trip(text):
    """Any text comes back; it is one line of UTF-8 for everybody."""
    line = json_line(text)

    assert json.loads(line.encode()) == text
    assert line.splitlines() == [line]


@pytest.mark.parametrize(
    ("found", "paths", "expected"),
    [
        (results(hit()), None, "1 passage in 1 document, 0.004 s"),
        (results(hit(), total=1370, documents=25, seconds=2.51), None, "1 of 1,370 passages in 25 documents, 2.5 s"),
        (
            results(replace(hit(), like=(Like("/b", 1, 0),) * 2), total=9),
            None,
            "1 (+2 like them) of 9 passages in 1 document, 0.004 s",
        ),
        (results(hit(), total=137, documents=25), 25, "25 documents, 0.004 s"),
        (results(hit(), total=137, documents=25), 5, "5 of 25 documents, 0.004 s"),
    ],
)
def test_format_summary(found, paths, expected):
    """How many of how many passages, or documents."""
    assert format_summary(found, paths) == expected


@pytest.mark.parametrize(
    ("query", "narrowed", "expected"),
    [
        ("晶片", [], "no passage matches 晶片; see how it was read with: tongwen explain \ufffd"),
        ("a b\x1b", [], "no passage matches a b\ufffd; try with fewer words"),
        ("a b", ["--match", "--lang"], "no passage matches a b; try without --match or without --lang or with fewer words"),
    ],
)
def test_format_nothing(query, narrowed, expected):
    """Nothing found: the next thing to try."""
    assert format_nothing(query, narrowed, "tongwen explain \x1b") == expected


def test_format_table():
    """Columns are aligned by display width, numbers to the right."""
    assert format_table([("leaf", "n"), ("晶片", "10"), ("ab", "1,000")], numbers=1) == [
        "leaf      n",
        "晶片     10",
        "ab    1,000",
    ]


def test_format_suggestions():
    """What may have been meant, with how much there is of it."""
    found = (Suggestion("黄仁熏", "黄仁勋", "sounds alike", 12), Suggestion("expotr", "export", "is spelt nearly so", 1))

    assert format_suggestions(found) == ["did you mean 黄仁勋 (12 passages)?", "did you mean export (1 passage)?"]


LEAVES = (
    Explained("晶片", "晶片", "script", 1.0, 12, 1300, 25),
    Explained('"ai"', "ＡＩ", "script", 1.0, 0, 3, 3),
    Explained("芯片", "晶片", "region", 0.85, 1000, 1001, 9),
)


def test_format_explanation():
    """How a query was read, then what is looked for, by what was typed."""
    explanation = Explanation(
        "晶片 ＡＩ\n", "(晶片 ＡＩ)", "晶片 ai", "(晶片{芯片^0.85} ai)", LEAVES, (), ("晶片: 1 of 31 equivalents",)
    )

    assert format_explanation(explanation, 80) == [
        "query   晶片 ＡＩ\ufffd",
        "folded  晶片 ai",
        "tree    (晶片 ＡＩ)",
        "plan    (晶片{芯片^0.85} ai)",
        "",
        "typed  looked for  level   weight  as a word  passages  documents",
        "晶片   晶片        script       1         12     1,300         25",
        "       芯片        region    0.85      1,000     1,001          9",
        'ＡＩ   "ai"        script       1          0         3          3',
        "",
        "note  晶片: 1 of 31 equivalents",
    ]
    assert format_explanation(Explanation("-", "", "", "", (), ()), 80) == ["query   -", "folded", "tree", "plan"]


def test_format_explanation_wraps():
    """A wide plan goes on below itself, and is broken at spaces, not inside words."""
    explanation = Explanation("", "", "", '(晶片{芯片^0.85 /chip/^0.5} ~"出口管制")', (), (), ("a b c", "d"))

    assert format_explanation(explanation, 24)[3:] == [
        "plan    (晶片{芯片^0.85",
        "        /chip/^0.5}",
        '        ~"出口管制")',
        "",
        "note  a b c",
        "      d",
    ]


def test_format_explanation_json():
    """The same as one object."""
    explanation = Explanation("晶片", "晶片", "晶片", "晶片", LEAVES[:1], ("careful",), ("a note",))

    assert format_explanation_json(explanation) == (
        '{"query": "晶片", "tree": "晶片", "folded": "晶片", "plan": "晶片", "leaves": [{"leaf": "晶片", "typed": "晶片", '
        '"level": "script", "weight": 1.0, "as_word": 12, "passages": 1300, "documents": 25}], "warnings": ["careful"], '
        '"notes": ["a note"]}'
    )


PARTS = (ScorePart("words", "晶片", 1.25), ScorePart("title", "晶片", 1000.5))
EXPLAINED = ExplainedHit("晶片", replace(hit(text="晶片", line=3), like=(Like("/b", 1, 0),)), 12, PARTS)


def test_format_explained_hit():
    """The hit as in a search, its rank and tier, and what its score is made of."""
    assert format_explained_hit(EXPLAINED, 80, color=False, cwd="/docs") == [
        "a.txt:3",
        "  «晶片»",
        "  +1 like this: /b",
        "",
        "rank  1 of 12 passages",
        "has   all words",
        "",
        "score for  of         value",
        "words      晶片      1.2500",
        "title      晶片  1,000.5000",
        "sum              1,001.7500",
    ]


def test_format_explained_hit_json():
    """The object of a hit with two keys more."""
    facts = json.loads(format_explained_hit_json(EXPLAINED))

    assert list(facts) == [*json.loads(format_json([EXPLAINED.hit])[0]), "total", "parts"]
    assert (facts["total"], facts["parts"][1]) == (12, {"what": "title", "leaf": "晶片", "value": 1000.5})


def test_format_why_not_json():
    """Where a document was lost, for machines."""
    assert format_why_not_json(WhyNot(False, "word", ("茶 is nowhere",), warnings=("careful",))) == (
        '{"found": false, "step": "word", "sentences": ["茶 is nowhere"], "rank": null, "warnings": ["careful"]}'
    )


# ------------------------------------------------------------------------------------------ the work on an index


def report(added=0, changed=0, removed=0, unchanged=0, skipped=(), doubtful=(), documents=56, passages=310) -> Report:
    """A report of what a test names."""
    return Report(added, changed, removed, unchanged, tuple(skipped), tuple(doubtful), documents, passages, 1.23)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            report(12, 3, 1, 40, [("a", "binary"), ("b", "binary")]),
            "12 documents added, 3 changed, 1 removed, 40 unchanged, 2 skipped; 56 documents, 310 passages, 1.2 s",
        ),
        (report(1, documents=1, passages=1), "1 document added; 1 document, 1 passage, 1.2 s"),
        (report(removed=2000), "2,000 documents removed; 56 documents, 310 passages, 1.2 s"),
        (report(unchanged=56), "nothing changed; 56 documents, 310 passages, 1.2 s"),
        (report(unchanged=56, skipped=[("a", "binary")]), "nothing changed, 1 skipped; 56 documents, 310 passages, 1.2 s"),
    ],
)
def test_format_report(made, expected):
    """The sums at the end of the report name only what there is."""
    assert format_report(made)[-1] == expected


def test_format_report_lists_files():
    """Skipped and doubtful files are listed, of many only the first, unless all are asked for."""
    made = report(1, skipped=[(f"/{number}", "binary") for number in range(4)], doubtful=[("/x", "big5")])
    sums = "1 document added, 4 skipped; 56 documents, 310 passages, 1.2 s"
    doubtful = "doubtful /x: read as big5; force another with --encoding"

    assert format_report(made, 2) == ["skipped /0: binary", "skipped /1: binary", "… and 2 more", doubtful, sums]
    assert format_report(made, None) == [*(f"skipped /{number}: binary" for number in range(4)), doubtful, sums]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (12_340, "12.3 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (10**9, "1.0 GB"),
        (2 * 10**13, "20,000.0 GB"),
    ],
)
def test_format_bytes(number, expected):
    """Sizes have one decimal and a unit that keeps them short."""
    assert format_bytes(number) == expected


def made_status(**changes) -> Status:
    """The status of a small index."""
    facts = {
        "location": "/docs/.tongwen",
        "generation": 3,
        "created": "2026-01-02T03:04:05+0800",
        "engine": "whoosh",
        "documents": 1234,
        "passages": 32_800,
        "size": 12_300_000,
        "text_size": 1000,
        "segments": 2,
        "sources": ("/docs", "/more"),
        "skipped": 1,
        "new": 0,
        "changed": 0,
        "vanished": 0,
        "fingerprint": "abc",
        "analysis": (("fold", "1"), ("segmenter", "rjieba 0.2"), ("dictionary", "")),
        "outdated": "",
    }
    return Status(**(facts | changes))


def test_format_status():
    """One fact a line, aligned; lists go on below."""
    assert format_status(made_status()) == [
        "index        /docs/.tongwen",
        "engine       whoosh",
        "generation   3, made 2026-01-02 03:04:05",
        "documents    1,234",
        "passages     32,800",
        "segments     2",
        "size         12.3 MB, for 1.0 kB of text",
        "sources      /docs",
        "             /more",
        "skipped      1 file",
        "stale        nothing",
        "fingerprint  abc",
        "analysis     fold 1",
        "             segmenter rjieba 0.2",
    ]


def test_format_status_of_an_index_in_a_cluster():
    """It says in which one."""
    assert format_status(made_status(engine="opensearch", where="https://a:9200/news"))[1] == (
        "engine       opensearch at https://a:9200/news"
    )


def test_format_status_of_a_stale_index():
    """What moved on is counted, with the command that mends it."""
    lines = format_status(made_status(new=2, vanished=1000, outdated="segmenter (jieba instead of rjieba)"))

    assert lines[10] == "stale        2 new, 1,000 vanished; update with: tongwen index"
    assert lines[-1] == "outdated     segmenter (jieba instead of rjieba); bring up to date with: tongwen rebuild"


def test_format_status_json():
    """The same facts for machines, the analysis by name."""
    facts = json.loads(format_status_json(made_status()))

    assert list(facts) == list(Status.__dataclass_fields__)
    assert facts["sources"] == ["/docs", "/more"]
    assert facts["analysis"] == {"fold": "1", "segmenter": "rjieba 0.2", "dictionary": ""}


@pytest.mark.parametrize(
    ("step", "seconds", "expected"),
    [
        (Step("looking", 0, 0), 0, "looking for files"),
        (Step("writing", 0, 1), 9, "writing the index"),
        (Step("merging", 0, 3), 9, "merging segments"),
        (Step("reading", 0, 0), 9, "reading: 0 of 0 files, 0 %"),
        (Step("reading", 0, 1), 9, "reading: 0 of 1 file, 0 %"),
        (Step("reading", 30, 90), 0.1, "reading: 30 of 90 files, 33 %"),
        (Step("reading", 30, 90), 2, "reading: 30 of 90 files, 33 %, 15/s, 0:04 left"),
        (Step("reading", 1000, 1_000_000), 10, "reading: 1,000 of 1,000,000 files, 0 %, 100/s, 2:46:30 left"),
    ],
)
def test_format_step(step, seconds, expected):
    """A line for a log, with rate and time left as soon as they can be told."""
    assert format_step(step, seconds) == expected


@pytest.mark.parametrize(
    ("step", "width", "expected"),
    [
        (Step("looking", 0, 0), 7, "looking"),
        (
            Step("reading", 45, 90, "/a/中文.txt"),
            80,
            "reading [##########----------]  50 %  45/90  15/s  0:03 left  /a/中文.txt",
        ),
        (Step("reading", 45, 90, "/a/中文.txt"), 71, "reading [##########----------]  50 %  45/90  15/s  0:03 left  …中文.txt"),
        (Step("reading", 45, 90, "/a/中文.txt"), 60, "reading [##########----------]  50 %  45/90  15/s  0:03 left"),
        (Step("reading", 45, 90, "/a/中文.txt"), 30, "reading [##########----------]"),
        (Step("reading", 0, 0), 80, "reading [--------------------]   0 %  0/0"),
    ],
)
def test_format_bar(step, width, expected):
    """A bar for a terminal that never is wider than it; of the file's path the end, if there is room."""
    assert format_bar(step, 3, width) == expected


class Clock:
    """Time as the test wants it."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_progress_in_a_log():
    """A line when ten per cent more are done but at least a second after the last, or after five seconds."""
    told, clock = [], Clock()
    progress = Progress(told.append, None, clock)
    for now, done in [(100, 0), (100.5, 20), (101, 21), (101.5, 40), (102, 41), (103, 42), (107, 43), (107.1, 100)]:
        clock.now = now
        progress(Step("reading", done, 100))
    progress.close()

    assert told == [
        "reading: 21 of 100 files, 21 %, 21/s, 0:04 left\n",
        "reading: 41 of 100 files, 41 %, 20/s, 0:03 left\n",
        "reading: 43 of 100 files, 43 %, 6/s, 0:09 left\n",
    ]


def test_progress_on_a_terminal():
    """One line drawn over and over, not too often, at once for a new stage, and wiped at the end."""
    told, clock = [], Clock()
    progress = Progress(told.append, 80, clock)
    for now, step in [
        (100, Step("looking", 0, 0)),
        (100.01, Step("reading", 0, 2)),
        (100.05, Step("reading", 1, 2)),
        (101, Step("reading", 1, 2)),
    ]:
        clock.now = now
        progress(step)
    progress.close()

    assert told == [
        "\rlooking for files\x1b[K",
        "\rreading [--------------------]   0 %  0/2\x1b[K",
        "\rreading [##########----------]  50 %  1/2  1/s  0:01 left\x1b[K",
        "\r\x1b[K",
    ]


def test_progress_of_nothing():
    """Where nothing was drawn nothing is wiped."""
    told = []
    Progress(told.append, 80).close()

    assert told == []
