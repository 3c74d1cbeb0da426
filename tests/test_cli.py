"""The terminal: what is asked of the library, what is written where, with which exit status."""

import io
import json
import os
import pty
import shlex
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import click
import pytest
from tongwen.index.engines import base
from tongwen.index.errors import IndexNotFound, NothingIndexed, QueryError
from tongwen.index.generation import FOLDER
from tongwen.index.model import LEVELS
from tongwen.index.reports import Report, Status, Step
from tongwen.searcher import cli as program
from tongwen.searcher.plan import language
from tongwen.searcher.render import format_summary
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

HIT = Hit(1, 12.5, "/elsewhere/a.txt", "標題", 3, 0, 4, "晶片出口", 0, 7, ((0, 2),), (Mark(0, 2, "script", "晶片"),))
OTHER = Hit(2, 2.5, "/elsewhere/b.txt", "別的", 1, 0, 2, "晶片", 0, 1, ((0, 2),), (Mark(0, 2, "script", "晶片"),))
FOUND = Results("晶片", (HIT, OTHER), 12, 2, 12, (), 0.0042)
KEYS = ["rank", "score", "path", "title", "passage", "start", "end", "text", "highlights", "matched", "like", "partial"]
NOTHING = Results("晶片", (), 0, 0, 0, (), 0.001)
DONE = Report(1, 0, 0, 0, (), (), 1, 2, 0.5)


class Calls(list):
    """What was asked of the library, and what it answers; an exception as an answer is raised, a function called."""

    results: object = FOUND
    explanation: object = Explanation(
        "晶片",
        "晶片",
        "芯片",
        "芯片",
        (Explained("芯片", "晶片", "region", 0.9, 1, 2, 1),),
        ("a warning",),
        ("1 of 3 equivalents",),
    )
    explained: object = ExplainedHit("晶片", HIT, 12, (ScorePart("words", "芯片", 12.5),))
    why_not: object = WhyNot(False, "word", ("晶片 is nowhere in it\x1b", "with --match region it is found"))
    report: object = DONE
    status: object = Status(".", 1, "2026", "whoosh", 1, 2, 3, 4, 1, ("/docs",), 0, 0, 0, 0, "abc", (("fold", "1"),), "")
    steps: tuple[Step, ...] = ()

    def answer(self, answer: object, *call: object) -> object:
        """Record a call and answer it."""
        self.append(call)
        if isinstance(answer, BaseException):
            raise answer
        return answer(*call) if callable(answer) else answer


def searcher(calls: Calls) -> type:
    """A class that records what a searcher is asked, and answers."""

    class Searcher:
        def __init__(self, index_dir, lexicon):
            self.index_dir = str(index_dir)
            if lexicon:
                calls.append(("lexicon", lexicon))

        def __enter__(self):
            return self

        def __exit__(self, *error):
            calls.append(("closed",))

        def search(self, query, **options):
            return calls.answer(calls.results, self.index_dir, query, options)

        def explain(self, query, **options):
            return calls.answer(calls.explanation, self.index_dir, query, options)

        def explain_hit(self, query, number, **options):
            return calls.answer(calls.explained, self.index_dir, query, number, options)

        def why_not(self, file, query, **options):
            return calls.answer(calls.why_not, self.index_dir, file, query, options)

    return Searcher


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """The library, replaced by something that records and answers; the current folder is `tmp_path`, no index above it."""
    calls = Calls()

    def work(name):
        def job(index_dir, *what, **options):
            *what, progress = what
            for step in calls.steps if progress else ():
                progress(step)
            return calls.answer(calls.report, name, str(index_dir), *what, progress is not None, options)

        return job

    search = types.SimpleNamespace(Searcher=searcher(calls), EXAMPLE="type a word")
    build = types.SimpleNamespace(
        build=work("build"),
        rebuild=work("rebuild"),
        status=lambda index_dir: calls.answer(calls.status, "status", str(index_dir)),
    )
    monkeypatch.setitem(sys.modules, "tongwen.searcher.search", search)
    monkeypatch.setitem(sys.modules, "tongwen.index.build", build)
    for name in ("TONGWEN_INDEX", "COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "_nearest", lambda: tmp_path / ".tongwen")
    return calls


@pytest.fixture
def run(monkeypatch, capsys):
    """A function that runs `tongwen` in this process: exit status, lines of stdout, lines of stderr."""

    def run(*args: object) -> tuple[object, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["tongwen", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            program.main()
        out, err = capsys.readouterr()
        return left.value.code, out.splitlines(), err.splitlines()

    return run


def on_terminal(monkeypatch, *streams):
    """Let streams be a terminal."""
    for stream in streams:
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)


# ------------------------------------------------------------------------------------------ search


def test_search(calls, run, tmp_path):
    """Passages on stdout, how many on stderr, 0 for found; the words of the query are joined."""
    assert run("search", "晶片", '"a b"') == (
        0,
        ["標題", "/elsewhere/a.txt:7", "  «晶片»出口", "", "別的", "/elsewhere/b.txt:1", "  «晶片»"],
        ["2 of 12 passages in 2 documents, 0.004 s"],
    )
    asked = {"limit": 10, "match": "cross", "path": None, "lang": None, "collapse": True}
    assert calls == [(f"{tmp_path}/.tongwen", '晶片 "a b"', asked), ("closed",)]


def test_search_options_reach_the_library(calls, run):
    """Every option in its long form arrives as it was typed; what is a language, the library knows."""
    run("search", "--index", "there", "--limit", "3", "--match", "script", "--path", "*.md", "--lang", "zh-TW", "晶片")

    options = {"limit": 3, "match": "script", "path": "*.md", "lang": "zh-TW", "collapse": True}
    assert calls[0] == ("there", "晶片", options)


@pytest.mark.parametrize(
    ("args", "collapse"), [([], True), (["--json"], True), (["--copies"], False), (["-l"], False), (["-c"], False)]
)
def test_near_identical_passages_are_one(calls, run, args, collapse):
    """They are folded together where passages are shown, unless --copies says no; never where they are counted or named."""
    run("search", "晶片", *args)

    assert calls[0][2]["collapse"] is collapse


def test_others_like_a_passage(calls, run):
    """How many say nearly the same stands below a passage, for programs in a key of its own."""
    like = Hit(1, 1.0, "/a", "", 1, 0, 2, "晶片", 0, 1, (), (), (Like("/b", 2, 7),))
    calls.results = Results("晶片", (like,), 3, 3, 3, (), 0.1)

    _, out, err = run("search", "晶片")
    assert (out[-1], err) == ("  +1 like this: /b", ["1 (+1 like them) of 3 passages in 3 documents, 0.100 s"])
    assert json.loads(run("search", "--json", "晶片")[1][0])["like"] == [{"path": "/b", "passage": 2, "start": 7}]


def test_marks_say_why(calls, run):
    """What was typed stands behind the mark of something else."""
    marks = (Mark(0, 2, "cross", "export"), Mark(2, 4, "cross", "controls"))
    calls.results = Results(
        "export controls", (Hit(1, 1.0, "/a", "", 1, 0, 4, "出口管制", 0, 1, ((0, 4),), marks),), 1, 1, 1, (), 0.1
    )

    assert run("search", "export", "controls")[1][-1] == "  «出口管制» (=export controls)"


@pytest.mark.parametrize(
    "args", [["search", "晶片"], ["explain", "晶片"], ["explain", "晶片", "--hit", "1"], ["why-not", "a", "晶片"]]
)
def test_lexicon(calls, run, tmp_path, args):
    """A file of equivalents of one's own is handed over; one that is missing, or has no name, is trouble in one line."""
    (tmp_path / "own.tsv").touch()

    run(*args, "--lexicon", "own.tsv")
    assert calls[0] == ("lexicon", "own.tsv")
    calls.clear()
    for file, told in (("gone.tsv", "gone.tsv"), ("", "''")):
        message = f"tongwen: {told}: no such file; check the spelling, or leave out --lexicon"
        assert run(*args, "--lexicon", file) == (2, [], [message])
    assert calls == []


@pytest.mark.parametrize(
    ("args", "query", "limit"),
    [
        (["AI", "-中国"], "AI -中国", 10),
        (["-cloud", "AI"], "-cloud AI", 10),
        (["AI", "-nature", "-l5", "-", "-5"], "AI -nature -l5 - -5", 10),
        (["-n5", "AI"], "AI", 5),
        (["-n", "0", "AI"], "AI", 0),
        (["AI", "-n", "5", "-b"], "AI -b", 5),
        (["--limit=5", "-n5x", "AI"], "-n5x AI", 5),
        (["AI", "--", "-l", "--json", "-n", "5"], "AI -l --json -n 5", 10),
        (["-title:x", '-"a b"', "－c"], '-title:x -"a b" －c', 10),
    ],
)
def test_minus_is_part_of_the_query(calls, run, args, query, limit):
    """`-word` is a word of the query unless it spells a short option in full; after -- everything is."""
    run("search", *args)

    assert (calls[0][1], calls[0][2]["limit"]) == (query, limit)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["search", "--limt", "5", "AI"], "no such option '--limt' (did you mean --limit or --match?); see: tongwen search"),
        (["search", "--芯片", "AI"], "no such option '--芯片'; see: tongwen search"),
        (["search", "AI", "--limit"], "option '--limit' requires an argument; see: tongwen search"),
        (["search", "AI", "-n"], "option '-n' requires an argument; see: tongwen search"),
        (["search", "-n", "x", "AI"], "invalid value for '-n' / '--limit': 'x' is not a valid number; see: tongwen search"),
        (
            ["search", "-n", "-5", "AI"],
            "invalid value for '-n' / '--limit': -5 is not in the range x>=0; see: tongwen search",
        ),
        (["search"], "missing argument 'QUERY...'; see: tongwen search"),
        (["search", "--json", "-l", "AI"], "--json and -l exclude each other; choose one; see: tongwen search"),
        (["search", "-lc", "AI"], "-l and -c exclude each other; choose one; see: tongwen search"),
        (
            ["search", "--match", "near", "AI"],
            "invalid value for '--match': 'near' is not one of 'exact', 'script', 'region', 'cross'; see: tongwen search",
        ),
        (["search", "--lexicon", ".", "AI"], "invalid value for '--lexicon': File '.' is a directory; see: tongwen search"),
        (["explain", "AI", "--hit", "x"], "invalid value for '--hit': 'x' is not a valid number; see: tongwen explain"),
        (["why-not", "a.txt"], "missing argument 'QUERY...'; see: tongwen why-not"),
        (["status", "--index"], "option '--index' requires an argument; see: tongwen status"),
        (["status", "x"], "got unexpected extra argument (x); see: tongwen status"),
        (["index", "-n"], "no such option '-n'; see: tongwen index"),
        (["index", "--url", "http://me:secret@a", "x"], "--url needs --engine opensearch; see: tongwen index"),
        (["index", "--engine", "whoosh", "--shards", "3", "x"], "--shards needs --engine opensearch; see: tongwen index"),
        (["rebuild", "--shards", "0"], "invalid value for '--shards': 0 is not in the range x>=1; see: tongwen rebuild"),
        (
            ["rebuild", "--dictionary", "."],
            "invalid value for '--dictionary': File '.' is a directory; see: tongwen rebuild",
        ),
        (["xyz", "AI"], "no such command 'xyz'; see: tongwen"),
        (["--quiet"], "no such option '--quiet'; see: tongwen"),
    ],
)
def test_mistyped(calls, run, args, message):
    """A mistake on the command line is one line that names it and the help to read, and ends with 2; nothing is asked."""
    code, out, err = run(*args)

    told = [line.replace("option: --", "option '--") for line in err]  # click 8.1 puts it so
    assert (code, out, told, calls) == (2, [], [f"tongwen: {message} --help"], [])


def test_no_command(run):
    """`tongwen` alone is no mistake that a line could mend: it shows the help."""
    code, out, err = run()

    assert "tongwen search 出口管制" in "\n".join([*out, *err])
    assert code == (2 if hasattr(click.exceptions, "NoArgsIsHelpError") else 0)  # as click has it since 8.2


def test_short_options_are_known():
    """The pattern that tells options from words knows all short options."""
    command = program.cli.commands["search"]
    context = click.Context(command, help_option_names=["-h", "--help"])
    names = [name for option in command.get_params(context) for name in option.opts if name[0] == "-" and name[1] != "-"]

    assert sorted(names) == ["-c", "-h", "-l", "-n"]
    assert all(program._QueryCommand.short_option.fullmatch(name) for name in names)


def test_choices_are_the_library_s():
    """Levels, languages, engines and the folder's name are repeated here only so that their modules need not be imported."""
    assert program.MATCH == LEVELS
    assert [language(name) for name in program.LANGUAGES] == list(program.LANGUAGES)
    assert program.FOLDER == FOLDER
    assert set(program.ENGINES) == set(base._MODULES)


def test_json(calls, run):
    """One object a line and nothing else."""
    code, out, err = run("search", "--json", "晶片")

    assert (code, err) == (0, [])
    assert [json.loads(line)["rank"] for line in out] == [1, 2]
    assert list(json.loads(out[0])) == KEYS


def test_count(calls, run):
    """The number of passages alone; no passage need be fetched but one."""
    assert run("search", "-c", "-n", "50", "晶片") == (0, ["12"], [])
    assert calls[0][2]["limit"] == 1


@pytest.mark.parametrize(("args", "shown"), [([], 2), (["-n", "1"], 1), (["-n", "0"], 2)])
def test_paths(calls, run, args, shown):
    """Paths of all documents, or of so many as -n says, not of so many passages."""
    summary = "2 documents, 0.004 s" if shown == 2 else "1 of 2 documents, 0.004 s"

    assert run("search", "-l", "晶片", *args) == (0, ["/elsewhere/a.txt", "/elsewhere/b.txt"][:shown], [summary])
    assert calls[0][2]["limit"] == 0


def test_paths_on_a_terminal_are_clean(calls, run, monkeypatch):
    """A path cannot make the terminal do anything."""
    calls.results = Results("x", (Hit(1, 1.0, "/\x1b[2J", "", 1, 0, 1, "x", 0, 1, (), ()),), 1, 1, 1, (), 0)
    on_terminal(monkeypatch, sys.stdout)

    assert run("search", "-l", "x")[1] == ["/\ufffd[2J"]


@pytest.mark.parametrize(
    ("form", "out", "err"),
    [
        ([], [], ["no passage matches 晶片; try without --lang"]),
        (["-l"], [], ["no passage matches 晶片; try without --lang"]),
        (["-c"], ["0"], []),
        (["--json"], [], ["no passage matches 晶片; try without --lang"]),
    ],
)
def test_nothing_found(calls, run, form, out, err):
    """Status 1; people are told what to try, on stderr, so that programs read no object."""
    calls.results = NOTHING

    assert run("search", *form, "--lang", "en", "晶片") == (1, out, err)


@pytest.mark.parametrize(
    ("query", "options", "environment", "command"),
    [
        ("zzzz", [], {}, "tongwen explain zzzz"),
        ("it's", [], {}, "tongwen explain 'it'\"'\"'s'"),
        ("-zzzz", [], {}, "tongwen explain -- -zzzz"),
        ("zzzz", ["--index", "in here"], {}, "tongwen explain --index 'in here' zzzz"),
        ("zzzz", [], {"TONGWEN_INDEX": "there"}, "tongwen explain zzzz"),
        ("zzzz", ["--lexicon", "/dev/null"], {}, "tongwen explain --lexicon /dev/null zzzz"),
    ],
)
def test_nothing_found_can_be_explained(calls, run, monkeypatch, query, options, environment, command):
    """The command that explains why can be pasted as it stands: it asks the same index the same."""
    calls.results = Results(query, (), 0, 0, 0, (), 0.001)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    told = f"no passage matches {query}; see how it was read with: {command}"
    assert run("search", *options, "--", query) == (1, [], [told])
    searched = calls[-2][:2]
    calls.clear()
    assert run(*shlex.split(command)[1:])[0] == 0
    assert calls[-2][:2] == searched


@pytest.mark.parametrize(
    ("paths", "limit", "asked", "ranks", "more"),
    [
        ("ab", 10, [10], [1, 2], []),
        ("aabbccdd", 3, [3], [1, 2, 3], []),
        ("aaaab" + "c" * 90, 4, [4, 16], [1, 2, 3, 5], ["+1"]),
        ("a" * 50, 4, [4], [1, 2, 3], ["+1"]),
        ("a" * 30 + "bcd", 4, [4, 16, 64], [1, 2, 3, 31], ["+27"]),
        ("a" * 30 + "b", 9, [9, 36], [1, 2, 3, 31], ["+27"]),
        ("a" * 500 + "b", 4, [4, 16, 64], [1, 2, 3], ["+61"]),
    ],
)
def test_three_of_a_document(calls, run, paths, limit, asked, ranks, more):
    """The cap is applied in choosing: others come up until there are enough, and no more of a ranking is fetched than need be.

    Where one document is nearly all of it, the search for others ends somewhere.
    """
    hits = tuple(Hit(rank, 1.0, path, "", 1, 0, 1, "x", 0, 1, (), ()) for rank, path in enumerate(paths, 1))
    found = Results("x", hits, len(paths), len(set(paths)), len(paths), (), 0.25)
    calls.results = lambda index_dir, query, options: replace(found, hits=hits[: options["limit"]])

    code, out, err = run("search", "x", "-n", limit)

    assert (code, [call[2]["limit"] for call in calls[:-1]]) == (0, asked)
    places = [line for line in out if ":1" in line]
    assert [int(line.partition("#")[2] or at) for at, line in enumerate(places, 1)] == ranks
    assert [line.split()[0] for line in out if line.endswith("more in this document")] == more
    assert err == [format_summary(replace(found, hits=hits[: len(ranks)], seconds=0.25 * len(asked)))]


def test_warnings(calls, run):
    """Warnings come first, that only some words were found comes last, both on stderr in all forms."""
    calls.results = Results("“晶片", (OTHER,), 1, 1, 0, ("a quote is not closed",), 0.001)
    partial = "no passage has all the words; these have some"

    assert run("search", "“晶片")[2] == ["tongwen: a quote is not closed", "1 passage in 1 document, 0.001 s", partial]
    assert run("search", "“晶片", "--json")[2] == ["tongwen: a quote is not closed", partial]


@pytest.mark.parametrize("form", [[], ["--json"], ["-l"], ["-c"]])
def test_suggestions(calls, run, form):
    """What may have been meant is asked last, on stderr, whatever the form."""
    meant = (Suggestion("黄仁熏", "黄仁勋", "sounds alike", 12),)
    calls.results = Results("黄仁熏", (), 0, 0, False, (), 0.001, meant)

    code, out, err = run("search", "黄仁熏", *form)
    assert (code, out, err[-1]) == (1, ["0"] if form == ["-c"] else [], "did you mean 黄仁勋 (12 passages)?")


@pytest.mark.parametrize(
    ("args", "terminal", "environment", "colored"),
    [
        ([], False, {}, False),
        ([], True, {}, True),
        ([], True, {"NO_COLOR": "1"}, False),
        ([], True, {"NO_COLOR": ""}, True),
        ([], True, {"TERM": "dumb"}, False),
        (["--color", "always"], False, {"NO_COLOR": "1"}, True),
        (["--color", "never"], True, {}, False),
    ],
)
def test_color(calls, run, monkeypatch, args, terminal, environment, colored):
    """Colour on a terminal that has it, unless NO_COLOR says no; --color overrules."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if terminal:
        on_terminal(monkeypatch, sys.stdout)

    assert run("search", "晶片", *args)[1][2] == ("  \x1b[1;31m晶片\x1b[0m出口" if colored else "  «晶片»出口")


@pytest.mark.parametrize(
    ("columns", "terminal", "width"),
    [
        ("", False, 80),
        ("40", False, 40),
        ("200", False, 200),
        ("200", True, 100),
        ("1", True, 20),
        ("x", False, 80),
        ("0", True, 80),
    ],
)
def test_width(calls, run, monkeypatch, columns, terminal, width):
    """COLUMNS counts, else 80; on a terminal not more than 100."""
    monkeypatch.setenv("COLUMNS", columns)
    calls.results = Results("晶", (Hit(1, 1.0, "/a", "", 1, 0, 900, "ab " * 300, 0, 1, (), ()),), 1, 1, 1, (), 0)
    if terminal:
        on_terminal(monkeypatch, sys.stdout)

    lines = run("search", "晶", "--color", "never")[1][1:]

    assert width - 3 < max(map(len, lines)) <= width


def test_reader_gone(calls, run, monkeypatch):
    """Nobody reads on: an end without a word and without an error."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert run("search", "晶片") == (0, [], [])
        print("what is written afterwards goes nowhere", file=stdout)


def test_nobody_reads_stderr(calls, run, monkeypatch):
    """What is said on stderr may go unheard; stdout and the status stay."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        assert run("search", "-l", "晶片")[:2] == (0, ["/elsewhere/a.txt", "/elsewhere/b.txt"])


def test_reader_of_no_real_file_gone(calls, run, monkeypatch):
    """The same for something that has no file descriptor."""

    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())

    assert run("search", "晶片") == (0, [], [])


def test_nowhere_to_write(calls, run, monkeypatch):
    """Started with closed streams the program still does its work and has its exit status."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)

    assert run("search", "晶片") == (0, [], [])
    sys.stdout.close()
    sys.stderr.close()


# ------------------------------------------------------------------------------------------ trouble


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (QueryError("nothing to search for"), "tongwen: nothing to search for"),
        (IndexNotFound("/x/\x1b"), "tongwen: no index at /x/\ufffd; make one with: tongwen index PATH"),
        (FileNotFoundError(2, "No such file or directory", "/gone"), "tongwen: /gone: No such file or directory"),
        (OSError("odd"), "tongwen: odd"),
        (EOFError(), "tongwen: EOFError()"),
    ],
)
def test_trouble(calls, run, error, message):
    """What a person can mend is one line on stderr and status 2."""
    calls.results = error

    assert run("search", "晶片") == (2, [], [message])


def test_mistake_of_ours(calls, run):
    """An error nobody foresaw shows where it happened and ends with 2, not with the 1 of nothing found."""
    calls.results = ZeroDivisionError("ours")

    code, out, err = run("search", "晶片")

    assert (code, out, err[0], err[-1]) == (2, [], "Traceback (most recent call last):", "ZeroDivisionError: ours")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["search", "晶片"], "interrupted"),
        (["index", "."], "interrupted; the index is as it was"),
        (["rebuild"], "interrupted; the index is as it was"),
    ],
)
def test_interrupted(calls, run, args, message):
    """Ctrl-C ends with 130 and says that nothing is broken."""
    calls.results = calls.report = KeyboardInterrupt()

    assert run(*args) == (130, [], [message])


def test_nothing_indexed_lists_what_was_skipped(calls, run):
    """When all files were skipped, the reasons are the answer."""
    calls.report = NothingIndexed("docs", (("/docs/a.png", "binary"),))

    code, out, err = run("index", "docs")

    assert (code, out, err[0]) == (2, [], "skipped /docs/a.png: binary")
    assert err[1].startswith("tongwen: nothing to index in docs: ")


# ------------------------------------------------------------------------------------------ index, rebuild, status, explain


def test_index(calls, run, tmp_path):
    """Paths and options reach the library; a report is on stderr."""
    assert run("index", "a", "b", "--encoding", "big5", "-j", "3", "--dictionary", "words.txt") == (
        0,
        [],
        ["1 document added; 1 document, 2 passages, 0.500 s"],
    )
    options = {"encoding": "big5", "dictionary": "words.txt", "jobs": 3, "stdin": None}
    assert calls == [("build", f"{tmp_path}/.tongwen", ("a", "b"), True, options)]


def test_index_in_a_cluster(calls, run):
    """Where it is, and in how many parts, reaches the library."""
    plain = {"encoding": None, "dictionary": None, "jobs": None}
    run("index", "a", "--engine", "opensearch", "--url", "http://a/news", "--url", "http://b", "--shards", "3")
    where = {"engine": "opensearch", "urls": ("http://a/news", "http://b"), "shards": 3}
    assert calls[0][4] == plain | {"stdin": None} | where
    run("rebuild", "--shards", "6", "--index", "there")
    assert calls[1] == ("rebuild", "there", True, plain | {"shards": 6})


@pytest.mark.parametrize("url", ["http://me:secret@127.0.0.1:1/news", "https://secret@127.0.0.1:1"])
def test_credentials_in_a_command(run, tmp_path, monkeypatch, url):
    """They are refused, and not repeated; nothing stays behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("晶片")
    code, out, [line] = run("index", "a.txt", "--engine", "opensearch", "--url", url)

    assert (code, out) == (2, [])
    assert "put user and password into TONGWEN_OPENSEARCH_USER and TONGWEN_OPENSEARCH_PASSWORD" in line
    assert "secret" not in line
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("how", "line"),
    [
        (
            ["--url", "http://127.0.0.1:1"],
            "the engine opensearch needs opensearch-py; install it with: pip install 'tongwen[opensearch]'",
        ),
        ([], "no --url: the engine opensearch needs to know where its cluster is; say it as in: --url"),
    ],
)
def test_index_in_no_cluster(run, tmp_path, monkeypatch, how, line):
    """What is missing is said in one line, be it a package or an address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    code, out, err = run("index", ".", "--engine", "opensearch", *how)

    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith(f"tongwen: {line}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["big6", "rot13", "a\0b"])
def test_unknown_encoding(calls, run, name):
    """A misspelt encoding is trouble before anything is done."""
    code, out, err = run("index", "a", "--encoding", name)

    assert (code, out, calls) == (2, [], [])
    told = name.replace("\0", "\ufffd")
    assert err == [f"tongwen: {told} is no encoding known here; try utf-8, gb18030, big5, utf-16"]


def test_rebuild(calls, run):
    """The same for rebuild."""
    assert run("rebuild", "--index", "there", "--dictionary", "words.txt")[0] == 0
    assert calls == [("rebuild", "there", True, {"encoding": None, "dictionary": "words.txt", "jobs": None})]


def test_index_of_stdin(calls, run, monkeypatch):
    """The bytes of standard input are handed over with `-`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xa4\xa4\xa4\xe5")))
    run("index", "-", "a")

    assert calls[0][2:] == (
        ("-", "a"),
        True,
        {"encoding": None, "dictionary": None, "jobs": None, "stdin": b"\xa4\xa4\xa4\xe5"},
    )


def test_index_lists_files(calls, run):
    """Of many skipped files twenty are listed, with --verbose all, with --quiet nothing is said."""
    calls.report = Report(1, 0, 0, 0, tuple((f"/{number}", "binary") for number in range(25)), (), 1, 2, 0.5)

    err = run("index", "a")[2]
    assert (len(err), err[0], err[20]) == (22, "skipped /0: binary", "… and 5 more")
    assert len(run("index", "a", "-v")[2]) == 26
    assert run("index", "a", "--quiet") == (0, [], [])
    assert calls[-1][3] is False


def test_index_progress_in_a_log(calls, run):
    """Work that is done at once needs no progress in a log."""
    calls.steps = (Step("looking", 0, 0), Step("reading", 0, 1, "a"))

    assert run("index", "a")[2] == ["1 document added; 1 document, 2 passages, 0.500 s"]


def test_index_progress_on_a_terminal(calls, run, monkeypatch):
    """On a terminal one line is drawn over and over, and gone at the end, whatever the end is."""
    calls.steps = (Step("looking", 0, 0), Step("reading", 0, 1, "a"))
    on_terminal(monkeypatch, sys.stderr)
    drawn = ["", "looking for files\x1b[K", "reading [--------------------]   0 %  0/1  a\x1b[K"]

    assert run("index", "a")[2] == [*drawn, "\x1b[K1 document added; 1 document, 2 passages, 0.500 s"]
    calls.report = QueryError("broken")
    assert run("index", "a")[2] == [*drawn, "\x1b[Ktongwen: broken"]


def test_index_finds_its_folder(calls, run, monkeypatch, tmp_path):
    """The index named by the option, by the environment, the nearest one, or a new one here if there is something to put in."""
    assert run("index", "a")[0] == 0
    monkeypatch.setenv("TONGWEN_INDEX", "environment")
    assert run("index", "a")[0] == 0
    assert run("index", "a", "--index", "option")[0] == 0
    monkeypatch.delenv("TONGWEN_INDEX")
    monkeypatch.setattr(program, "_nearest", lambda: None)
    assert run("index", "a")[0] == 0
    assert [call[1] for call in calls] == [f"{tmp_path}/.tongwen", "environment", "option", ".tongwen"]
    assert run("index") == (2, [], [f"tongwen: no index at {tmp_path}/.tongwen; make one with: tongwen index PATH"])


@pytest.mark.parametrize("args", [["search", "晶片"], ["explain", "晶片"], ["why-not", "a", "晶片"], ["status"], ["rebuild"]])
def test_no_index(calls, run, monkeypatch, tmp_path, args):
    """Where there is no index upward, nothing is guessed."""
    monkeypatch.setattr(program, "_nearest", lambda: None)

    assert run(*args) == (2, [], [f"tongwen: no index at {tmp_path}/.tongwen; make one with: tongwen index PATH"])
    assert calls == []


def test_no_index_in_the_root(calls, run, monkeypatch):
    """The folder above all others has its name, too."""
    monkeypatch.setattr(program, "_nearest", lambda: None)
    monkeypatch.chdir("/")

    assert run("status")[2] == ["tongwen: no index at /.tongwen; make one with: tongwen index PATH"]


def test_nearest_index(tmp_path, monkeypatch):
    """As git does: in this folder or one above, the nearest; a file of that name is none."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / ".tongwen").mkdir()
    (tmp_path / ".tongwen" / "manifest.json").touch()
    (inner / ".tongwen").touch()

    monkeypatch.chdir(inner)
    assert program._nearest() == tmp_path / ".tongwen"
    (tmp_path / "a" / ".tongwen").mkdir()
    (tmp_path / "a" / ".tongwen" / "manifest.json").touch()
    assert program._nearest() == tmp_path / "a" / ".tongwen"


def test_status(calls, run, tmp_path):
    """Facts for people, one object for machines."""
    code, out, err = run("status")

    assert (code, out[2:5], err) == (0, ["generation   1, made 2026", "documents    1", "passages     2"], [])
    assert json.loads(run("status", "--json")[1][0])["passages"] == 2
    assert calls == [("status", f"{tmp_path}/.tongwen")] * 2


def test_explain(calls, run, tmp_path):
    """How a query is read, its warnings on stderr; `-word` belongs to it."""
    assert run("explain", "晶片", "-cloud", "--match", "script") == (
        0,
        [
            "query   晶片",
            "folded  芯片",
            "tree    晶片",
            "plan    芯片",
            "",
            "typed  looked for  level   weight  as a word  passages  documents",
            "晶片   芯片        region     0.9          1         2          1",
            "",
            "note  1 of 3 equivalents",
        ],
        ["tongwen: a warning"],
    )
    asked = {"match": "script", "path": None, "lang": None}
    assert calls == [(f"{tmp_path}/.tongwen", "晶片 -cloud", asked), ("closed",)]


def test_explain_json(calls, run):
    """One object for machines."""
    code, out, err = run("explain", "晶片", "--json")

    assert (code, len(out), err) == (0, 1, ["tongwen: a warning"])
    assert json.loads(out[0])["leaves"][0]["weight"] == 0.9


def test_explain_wraps(calls, run, monkeypatch):
    """A wide plan is broken to the width there is."""
    monkeypatch.setenv("COLUMNS", "30")
    calls.explanation = Explanation("q", "t", "f", "(" + "晶片 " * 9 + ")", (), ())

    assert run("explain", "晶片")[1][3:5] == ["plan    (晶片 晶片 晶片 晶片", "        晶片 晶片 晶片 晶片"]


def test_explain_hit(calls, run, tmp_path):
    """A hit by its number, the same as in a search with the same options, and what its score is made of."""
    assert run("explain", "晶片", "--hit", "1", "--path", "*.txt", "--lang", "en") == (
        0,
        [
            "/elsewhere/a.txt:7",
            "  «晶片»出口",
            "",
            "rank  1 of 12 passages",
            "has   all words",
            "",
            "score for  of      value",
            "words      芯片  12.5000",
            "sum              12.5000",
        ],
        [],
    )
    asked = {"match": "cross", "path": "*.txt", "lang": "en", "collapse": True}
    assert calls == [(f"{tmp_path}/.tongwen", "晶片", 1, asked), ("closed",)]
    assert "\x1b[1;31m" in "".join(run("explain", "晶片", "--hit", "1", "--color", "always")[1])
    assert json.loads(run("explain", "晶片", "--hit", "1", "--json", "--copies")[1][0])["parts"][0]["value"] == 12.5
    assert calls[-2][3]["collapse"] is False
    assert run("explain", "晶片", "--hit", "0")[0] == 2


def test_explain_takes_the_options_of_a_search(calls, run):
    """What showed a hit may be given again, how many were to be shown, too."""
    assert run("explain", "晶片", "--hit", "1", "-n", "5")[0] == run("explain", "晶片", "--hit", "1", "-n5")[0] == 0
    assert calls[0] == calls[2]
    assert "limit" not in calls[0][3]


@pytest.mark.parametrize("args", [[], ["--json"]])
@pytest.mark.parametrize(
    ("warnings", "message"),
    [((), "nothing to search for; type a word"), (("a was left out",), "nothing to search for; a was left out")],
)
def test_explain_nothing(calls, run, warnings, message, args):
    """Where there is nothing to ask, there is nothing to explain, and the answer is that of a search."""
    calls.explanation = Explanation("。", "。", "。", "", (), warnings)

    assert run("explain", "。", *args) == (2, [], [f"tongwen: {message}"])


@pytest.mark.parametrize("args", [["explain", "晶片", "--hit", "1"], ["why-not", "a.txt", "晶片"]])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_warnings_of_explanations(calls, run, args, form):
    """What was left out of a query is told there, too."""
    calls.explained = replace(calls.explained, warnings=("a quote is not closed",))
    calls.why_not = replace(calls.why_not, warnings=("a quote is not closed",))

    assert run(*args, *form)[2] == ["tongwen: a quote is not closed"]


def test_why_not(calls, run, tmp_path):
    """Where a file was lost in clean lines, and 1; 0 if it was not; one object for machines."""
    lines = ["晶片 is nowhere in it\ufffd", "with --match region it is found"]

    assert run("why-not", "a.txt", "晶片", "-cloud", "--match", "script") == (1, lines, [])
    asked = {"match": "script", "path": None, "lang": None}
    assert calls == [(f"{tmp_path}/.tongwen", "a.txt", "晶片 -cloud", asked), ("closed",)]
    assert json.loads(run("why-not", "a.txt", "晶片", "--json")[1][0])["step"] == "word"
    calls.why_not = WhyNot(True, "found", ("it is found",), 3)
    assert run("why-not", "a.txt", "晶片") == (0, ["it is found"], [])
    calls.why_not = QueryError("nothing to search for")
    assert run("why-not", "a.txt", "晶片") == (2, [], ["tongwen: nothing to search for"])
    assert run("why-not", "a.txt")[0] == 2


def test_version(run):
    """The version is that of the installed package."""
    from importlib.metadata import version

    assert run("--version") == (0, [f"tongwen {version('tongwen')}"], [])


def test_help(run):
    """Every command and every option says what it is for, and every command gives an example."""
    code, out, _ = run("--help")

    assert code == 0
    commands = [line.split()[0] for line in out[out.index("Commands:") + 1 :]]
    assert commands == ["index", "rebuild", "search", "status", "explain", "why-not"]
    for name, command in program.cli.commands.items():
        assert f"  tongwen {name}" in "\n".join(run(name, "-h")[1])
        assert all(option.help for option in command.params if isinstance(option, click.Option))


# ------------------------------------------------------------------------------------------ the whole program

NEWS = {
    "tw/chips.txt": "美國的晶片管制\n\n黃仁勳說，臺灣的製造業\n不受影響。\n",
    "cn/chips.md": "# 美国的芯片管制\n\n黄仁勋说，台湾的制造业不受影响。\n",
    "en/chips.html": "<title>Chip rules</title><p>Jensen Huang said export controls matter.</p>",
}


@pytest.fixture
def news(tmp_path, monkeypatch, run):
    """A folder of three documents, indexed, as the current folder."""
    for name in ("TONGWEN_INDEX", "COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, text in NEWS.items():
        path = tmp_path / "news" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    monkeypatch.chdir(tmp_path)
    code, out, err = run("index", "news")
    assert (code, out, err[-1].split(";")[0]) == (0, [], "3 documents added")
    return tmp_path


def tongwen(*args: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """The program in a process of its own."""
    command = [sys.executable, "-c", "from tongwen.searcher.cli import main; main()", *args]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **options)


def test_search_in_another_script(news, run):
    """A name typed in one script is found and marked in both, each where it stands."""
    code, out, err = run("search", "黄仁勋", "--match", "script")

    assert code == 0
    assert sorted(line for line in out if "«" in line) == ["  «黃仁勳»說，臺灣的製造業", "  «黄仁勋»说，台湾的制造业不受影响。"]
    assert {"news/tw/chips.txt:3", "news/cn/chips.md:3", "美國的晶片管制", "美国的芯片管制"} < set(out)
    assert err[0].startswith("2 passages in 2 documents, 0.")


def test_search_in_another_language(news, run):
    """A name is found in the other language too, and says for what."""
    code, out, _ = run("search", "黄仁勋", "--lang", "en")

    assert (code, out[-1]) == (0, "  «Jensen Huang» (=黄仁勋) said export controls matter.")
    (found,) = map(json.loads, run("search", "黄仁勋", "--lang", "en", "--json")[1])
    start, end = found["highlights"][0]
    assert found["text"][start:end] == "Jensen Huang"
    assert found["matched"] == [{"start": start, "end": end, "as": "cross", "for": "黄仁勋"}]


def test_json_is_the_document(news, run):
    """The text is the document's from start to end, the highlights are where the words are."""
    found = {Path(hit["path"]).name: hit for hit in map(json.loads, run("search", "--json", "制造业")[1])}
    hit = found["chips.txt"]
    text = NEWS["tw/chips.txt"]

    assert [list(each) for each in found.values()] == [KEYS, KEYS]
    assert hit["text"] == text[hit["start"] : hit["end"]]
    assert [[each["text"][start:end] for start, end in each["highlights"]] for each in (hit, found["chips.md"])] == [
        ["製造業"],
        ["制造业"],
    ]


@pytest.mark.parametrize(
    ("args", "code", "out"),
    [
        (["-c", "黃仁勳"], 0, ["3"]),
        (["-c", "黃仁勳", "--match", "script"], 0, ["2"]),
        (["-l", "黃仁勳", "--path", "*.md"], 0, ["news/cn/chips.md"]),
        (["-l", "黃仁勳", "--lang", "zh-tw"], 0, ["news/tw/chips.txt"]),
        (["-l", "黃仁勳", "--lang", "fr"], 2, []),
        (["-l", "黃仁勳", "-美国"], 0, ["news/en/chips.html"]),
        (["-l", "黃仁勳", "-美国", "--match", "region"], 1, []),
        (["-l", "“export controls”"], 0, ["news/en/chips.html"]),
        (["-c", "沒有這個詞彙"], 1, ["0"]),
        (["-c", "("], 2, []),
    ],
)
def test_search_forms(news, run, args, code, out):
    """Counts, paths, filters and the three exit statuses on a real index."""
    assert run("search", *args)[:2] == (code, out)


def test_update(news, run, monkeypatch):
    """Without a path everything is brought up to date; from a folder below too."""
    (news / "news/tw/chips.txt").unlink()
    (news / "news/cn/chips.md").write_text("# 別的\n", encoding="utf-8")
    monkeypatch.chdir(news / "news")

    assert run("index")[2][-1].startswith("1 document changed, 1 removed, 1 unchanged; 2 documents, 2 passages, ")
    assert run("search", "-c", "黃仁勳", "--lang", "zh-Hant")[:2] == (1, ["0"])
    assert run("rebuild", "-q") == (0, [], [])
    assert run("search", "-l", "別的")[1] == ["cn/chips.md"]


def test_stdin(news):
    """A text from a pipe is found like any other."""
    assert tongwen("index", "-", "-q", input="管道裡的文字".encode()).returncode == 0

    assert tongwen("search", "管道里").stdout.decode().splitlines()[1] == "(standard input):1"


def test_status_and_explain(news, run):
    """The index as it is; the query as it is read."""
    facts = json.loads(run("status", "--json")[1][0])
    assert (facts["documents"], facts["new"], facts["changed"], facts["vanished"]) == (3, 0, 0, 0)

    lines = run("explain", "黃仁勳", "-export")[1]
    assert lines[0] == "query   黃仁勳 -export"
    assert lines[1] == "folded  黄仁勋 -export"


def test_why_not_on_a_real_index(news, run):
    """A file that is found has a place, one that is not a reason."""
    assert run("why-not", "news/tw/chips.txt", "黃仁勳")[0] == 0
    code, out, err = run("why-not", "news/tw/chips.txt", "出口")

    assert (code, out[0], err) == (1, "出口 is nowhere in it, nor is export", [])


def test_names_and_texts_of_any_bytes(news):
    """A file name that is no UTF-8, a terminal's language in it, and a locale that knows no Chinese: all come out."""
    name = os.fsencode(news) + b"/news/\xff\x1b[2J.txt"
    Path(os.fsdecode(name)).write_text("怪名字 \x1b]0;x" + "，一個字" * 9, encoding="utf-8")
    environment = {**os.environ, "LC_ALL": "C"}
    assert tongwen("index", env=environment).returncode == 0

    assert tongwen("search", "-l", "怪名字", env=environment).stdout == b"news/\xff\x1b[2J.txt\n"
    people = tongwen("search", "怪名字", env=environment).stdout.decode()
    assert "news/\ufffd\ufffd[2J.txt:1\n  «怪名字» \ufffd]0;x，一個字" in people
    assert json.loads(tongwen("search", "--json", "怪名字", env=environment).stdout)["path"] == os.fsdecode(name)


def test_closed_pipe(news):
    """`tongwen search … | head -0` ends without a word and without an error."""
    command = [sys.executable, "-c", "from tongwen.searcher.cli import main; main()", "search", "黃仁勳"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 0)


def test_terminal(news):
    """On a terminal hits are coloured, unless NO_COLOR says no."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    assert b"\x1b[1;31m\xe9\xbb\x83\xe4\xbb\x81\xe5\x8b\xb3\x1b[0m" in on_pty(environment)
    assert b"\x1b" not in on_pty({**environment, "NO_COLOR": "1"})


def on_pty(environment: dict[str, str]) -> bytes:
    """What a search writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from tongwen.searcher.cli import main; main()", "search", "黃仁勳"]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.wait(60) == 0
    os.close(theirs)
    written = os.read(ours, 100_000)  # all of it: it fits into the terminal's buffer
    os.close(ours)
    return written


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tongwen s", ["search", "status"]),
        ("tongwen search AI -word --ma", ["--match"]),
        ("tongwen search --match e", ["exact"]),
        ("tongwen search --lang ZH", ["zh-Hans", "zh-Hant"]),
    ],
)
def test_completion(words, expected):
    """The shell can complete commands, options and choices."""
    environment = {**os.environ, "_TONGWEN_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}

    assert tongwen(env=environment).stdout.decode().split() == [f"plain,{word}" for word in expected]
