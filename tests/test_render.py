"""Rendering: what people and programs read, line by line."""

import json
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tongwen.index.model import Explained, Explanation, Hit, Mark, Report, Results, Status, Step
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
    clean,
    columns,
    format_explanation,
    format_hits,
    format_json,
    format_passage,
    format_paths,
    format_summary,
    format_table,
    json_line,
    paint,
    shown_path,
    wrap,
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
    return Results(query, hits, len(hits) if total is None else total, found, partial, tuple(warnings), seconds)


def lines_of(text: str, width: int, marks=(), extra=0) -> list[str]:
    """The lines themselves instead of where they are."""
    return [text[start:end] for start, end in wrap(text, width, marks, extra)]


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


def test_format_hits():
    """Blocks by document in the order of their best hits, three passages of each at the most."""
    hits = [
        hit("/docs/a.txt", "晶片是甚麼", line=3),
        hit("/docs/b.html", "芯片", title="Chips\x1b", line=None, passage=4),
        *(hit("/docs/a.txt", f"晶片{number}", line=number) for number in (5, 7, 9, 11)),
    ]

    assert format_hits(hits, 80, color=False, cwd="/docs") == [
        "標題",
        "a.txt:3",
        "  «晶片»是甚麼",
        "",
        "a.txt:5",
        "  «晶片»5",
        "",
        "a.txt:7",
        "  «晶片»7",
        "  +2 more in this document",
        "",
        "Chips\ufffd",
        "b.html ¶4",
        "  «芯片»",
    ]


def test_format_hits_may_be_all():
    """Who asks for all passages gets more than three of a document."""
    hits = [hit("/docs/a.txt", f"晶片{number}", line=number) for number in range(5)]

    assert sum(line.startswith("a.txt:") for line in format_hits(hits, 80, color=False, cwd="/docs", most=5)) == 5


def test_format_hits_in_colour():
    """The title is bold, the path magenta, the line green, a hit bold red; a blank line is not indented."""
    assert format_hits(
        [hit(text="晶片\n\n好", line=3), hit("/b", "x", (), title="", line=None)], 80, color=True, cwd="/docs"
    ) == [
        "\x1b[1m標題\x1b[0m",
        "\x1b[35ma.txt\x1b[0m:\x1b[32m3\x1b[0m",
        "  \x1b[1;31m晶片\x1b[0m",
        "",
        "  好",
        "",
        "\x1b[35m/b\x1b[0m ¶1",
        "  x",
    ]


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
    found = Hit(1, 12.3, "/abs/file", "標題", 3, 120, 124, "晶片\n\x1b", 1, 7, ((0, 2),), (Mark(0, 2, "region", "芯片"),))

    assert format_json([found]) == [
        '{"rank": 1, "score": 12.3, "path": "/abs/file", "title": "標題", "passage": 3, "start": 120, "end": 124, '
        '"text": "晶片\\n\\u001b", "highlights": [[0, 2]], '
        '"matched": [{"start": 0, "end": 2, "as": "region", "for": "芯片"}]}'
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
        (results(hit(), total=137, documents=25), 25, "25 documents, 0.004 s"),
        (results(hit(), total=137, documents=25), 5, "5 of 25 documents, 0.004 s"),
    ],
)
def test_format_summary(found, paths, expected):
    """How many of how many passages, or documents."""
    assert format_summary(found, (), paths) == expected


@pytest.mark.parametrize(
    ("query", "narrowed", "expected"),
    [
        ("晶片", [], "no passage matches 晶片; see how it was read with: tongwen explain"),
        ("a b\x1b", [], "no passage matches a b\ufffd; try with fewer words"),
        ("a b", ["--match", "--lang"], "no passage matches a b; try without --match or without --lang or with fewer words"),
    ],
)
def test_format_summary_of_nothing(query, narrowed, expected):
    """Nothing found: the next thing to try."""
    assert format_summary(results(query=query), narrowed) == expected


def test_format_table():
    """Columns are aligned by display width, numbers to the right."""
    assert format_table([("leaf", "n"), ("晶片", "10"), ("ab", "1,000")], numbers=1) == [
        "leaf      n",
        "晶片     10",
        "ab    1,000",
    ]


def test_format_explanation():
    """How a query was read, then its leaves in a table."""
    leaves = (Explained("芯片", "晶片", 12, 1300), Explained('"ai"', "ＡＩ", 0, 3))

    assert format_explanation(Explanation("晶片 ＡＩ\n", "(晶片 ＡＩ)", "芯片 ai", '(芯片 "ai")', leaves, ())) == [
        "query   晶片 ＡＩ\ufffd",
        "folded  芯片 ai",
        "tree    (晶片 ＡＩ)",
        'plan    (芯片 "ai")',
        "",
        "leaf  typed  as a word  passages",
        "芯片  晶片          12     1,300",
        '"ai"  ＡＩ           0         3',
    ]
    assert format_explanation(Explanation("-", "", "", "", (), ())) == ["query   -", "folded", "tree", "plan"]


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
