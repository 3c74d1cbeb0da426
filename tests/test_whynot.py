"""Why a document is not found: each step at which one can be lost, on a real index."""

import os
from pathlib import Path

import pytest
from tongwen.index import build
from tongwen.index.engines.scoring import ENOUGH
from tongwen.index.errors import IndexNotFound, QueryError
from tongwen.searcher import Searcher, whynot
from tongwen.searcher.results import WhyNot

LONG = "這一段是為了把前後兩段隔開而寫的文字，說的是天氣與散步。" * 14
COPY = "代理商的同事說：" + "，".join(f"第{number}份文件交給{number * 37 % 101}號櫃檯" for number in range(30))

TEXTS = {
    "tea.txt": f"茶與杯子\n\n{LONG}\n\n水在這裡，貨也在這裡。\n",
    "both.txt": "# 茶和水，也有杯子和碗\n",
    "kept.txt": "保留、维持、保存、守住、留下\n",
    "fruit.txt": f"果樹園\n\n只有香蕉。{LONG}\n\n有西瓜，也有榴槤。\n",
    "chips.txt": "# 台灣的晶片\n\n晶片出口受到管制。\n",
    "english.md": "# Keepers\n\nThe goalkeeper met other keepers of small microchips. Rules on export came with controls.\n",
    "copy.txt": COPY,
    "reprint.txt": COPY.replace("第7份", "第七份"),
    "names/chips.txt": "別的\n",
    "named.gif": "其實是文字\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents with an index in it."""
    folder = tmp_path_factory.mktemp("why")
    for name, text in TEXTS.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    docs = folder / "docs"
    (docs / "empty.txt").touch()
    (docs / "picture.png").write_bytes(b"\x89PNG")
    (docs / ".hidden").mkdir()
    (docs / ".hidden" / "a.txt").write_text("茶", encoding="utf-8")
    (docs / "zlink.txt").symlink_to(docs / "tea.txt")
    for number in range(12):
        (docs / f"many{number:02}.txt").write_text(f"橘子{'甲乙丙丁戊己庚辛壬癸子丑'[number] * 9}", encoding="utf-8")
    for number in range(ENOUGH):  # so many have all the words that those that have some are no answers
        (docs / f"full{number:02}.txt").write_text(f"{number} 號果樹園：蘋果、香蕉、西瓜\n", encoding="utf-8")
    (folder / "outside.txt").write_text("茶", encoding="utf-8")
    (folder / "twelve & more.txt").write_text("茶", encoding="utf-8")
    build(folder / "index", [docs / "named.gif", docs])
    (docs / "later.txt").write_text("茶", encoding="utf-8")
    os.mkfifo(docs / "pipe")
    return folder


@pytest.fixture(scope="module")
def searcher(folder: Path):
    """The index, opened."""
    with Searcher(folder / "index") as searcher:
        yield searcher


def asked(searcher: Searcher, folder: Path, file: str, query: str, **options: str) -> WhyNot:
    """What is said of a file, the folder's name left out of the sentences."""
    answer = searcher.why_not(folder / file if file != "-" else file, query, **options)
    return WhyNot(answer.found, answer.step, tuple(line.replace(str(folder), "") for line in answer.sentences), answer.rank)


# ------------------------------------------------------------------------------------------ on the way into the index


@pytest.mark.parametrize(
    ("file", "step", "sentences"),
    [
        ("docs/tee.txt", "missing", ["there is no such file", "check the spelling"]),
        ("elsewhere/tea.txt", "missing", ["there is no such file", "the index has one of that name: /docs/tea.txt"]),
        (
            "elsewhere/chips.txt",
            "missing",
            ["there is no such file", "the index has one of that name: /docs/chips.txt, /docs/names/chips.txt"],
        ),
        ("docs", "missing", ["it is a folder; ask for a file in it"]),
        (
            "outside.txt",
            "source",
            [
                "it is below none of the paths that are indexed: /docs/named.gif, /docs",
                "add it by name with: tongwen index /outside.txt",
            ],
        ),
        (
            "twelve & more.txt",
            "source",
            [
                "it is below none of the paths that are indexed: /docs/named.gif, /docs",
                "add it by name with: tongwen index '/twelve & more.txt'",
            ],
        ),
        (
            "docs/.hidden/a.txt",
            "skipped",
            [
                "files and folders whose names begin with . are left out",
                "add it by name with: tongwen index /docs/.hidden/a.txt",
            ],
        ),
        ("docs/empty.txt", "skipped", ["it was left out: empty", "mend that, then run: tongwen index"]),
        (
            "docs/picture.png",
            "skipped",
            ["it was left out: binary (by its ending)", "add it by name with: tongwen index /docs/picture.png"],
        ),
        ("docs/pipe", "skipped", ["it was left out: a pipe, socket or device", "mend that, then run: tongwen index"]),
        ("index/manifest.json", "skipped", ["it is part of the index, which is never indexed"]),
        ("docs/later.txt", "index", ["it has not been indexed yet; do that with: tongwen index"]),
        ("-", "index", ["nothing that came from standard input was indexed; do that with: tongwen index -"]),
    ],
)
def test_lost_on_the_way(searcher, folder, file, step, sentences):
    """What was never indexed is said to be so, and why, whatever the query."""
    assert asked(searcher, folder, file, "茶") == WhyNot(False, step, tuple(sentences))


@pytest.mark.parametrize("file", ["docs/zlink.txt", "docs/../docs/tea.txt"])
def test_other_ways_to_a_file(searcher, folder, file):
    """A link, or a detour, leads to the document of the file."""
    assert asked(searcher, folder, file, "杯子").found


def test_path_relative_to_here(searcher, folder, monkeypatch):
    """A relative path is taken from the current folder."""
    monkeypatch.chdir(folder / "docs")

    assert searcher.why_not("tea.txt", "杯子").found


def test_a_file_that_was_named_is_there(searcher, folder):
    """A file that was named for the index is indexed whatever its ending."""
    assert asked(searcher, folder, "docs/named.gif", "文字").found


def test_changed_since(tmp_path):
    """Of a file that has changed or vanished the index tells what it knows, and that it knows no better."""
    file = tmp_path / "docs" / "a.txt"
    file.parent.mkdir()
    file.write_text("茶", encoding="utf-8")
    build(tmp_path / "index", [file.parent])
    changed = "it has changed since it was indexed; bring the index up to date with: tongwen index"
    gone = "the file is gone since it was indexed; tongwen index will drop it"

    with Searcher(tmp_path / "index") as searcher:
        file.write_text("咖啡豆", encoding="utf-8")
        assert searcher.why_not(file, "咖啡") == WhyNot(False, "stale", (changed, "as it was then: 咖啡 is nowhere in it"))
        assert searcher.why_not(file, "茶").found
        assert searcher.why_not(file, "茶").sentences[-1] == changed
        file.unlink()
        assert searcher.why_not(file, "茶").sentences[-1] == gone
        assert searcher.why_not(file, "咖啡").step == "stale"


def test_indexed_meanwhile(tmp_path):
    """What was indexed after the index was opened is not in it."""
    (tmp_path / "a.txt").write_text("茶", encoding="utf-8")
    build(tmp_path / "index", [tmp_path / "a.txt"])
    with Searcher(tmp_path / "index") as searcher:
        (tmp_path / "b.txt").write_text("茶", encoding="utf-8")
        build(tmp_path / "index", [tmp_path / "b.txt"])

        assert searcher.why_not(tmp_path / "b.txt", "茶") == WhyNot(
            False, "index", ("it was indexed after this index was opened; open it again",)
        )


def test_standard_input(tmp_path):
    """What came from standard input is a document like others, and never stale."""
    (tmp_path / "a.txt").write_text("水", encoding="utf-8")
    build(tmp_path / "index", ["-", tmp_path / "a.txt"], stdin="管道裡的茶".encode())
    with Searcher(tmp_path / "index") as searcher:
        assert searcher.why_not("-", "茶").sentences[0].startswith("it is found: passage 1 (line 1) has rank 1 of 1, score ")
        assert searcher.why_not("-", "水").step == "word"


# ------------------------------------------------------------------------------------------ in the index


@pytest.mark.parametrize(
    ("file", "query", "options", "step", "sentences"),
    [
        # what the search was narrowed to
        (
            "docs/tea.txt",
            "茶",
            {"path": "*.md"},
            "filter",
            [
                "--path *.md does not match its path, /docs/tea.txt, nor the end of it from some folder on",
                "search without --path",
            ],
        ),
        (
            "docs/tea.txt",
            "茶",
            {"lang": "en"},
            "filter",
            ["--lang en is not its language, which is zh-Hant as far as its text tells", "search without --lang"],
        ),
        # fields of the query
        ("docs/tea.txt", "茶 title:碗", {}, "field", ["title:碗 is not in its title, 茶與杯子", "search without title:碗"]),
        (
            "docs/tea.txt",
            "茶 path:*/names/*",
            {},
            "field",
            [
                "path:*/names/* does not match its path, /docs/tea.txt, nor the end of it from some folder on",
                "search without path:*/names/*",
            ],
        ),
        (
            "docs/english.md",
            "export lang:zh-TW",
            {},
            "field",
            ["lang:zh-Hant is not its language, which is en as far as its text tells", "search without lang:zh-Hant"],
        ),
        # what must be absent
        ("docs/both.txt", "茶 -水", {}, "absent", ["-水 excludes every passage of it", "search without -水"]),
        (
            "docs/both.txt",
            "杯子 -水 -（茶 碗）",
            {},
            "absent",
            ["-水 and -(茶 碗) exclude every passage of it", "search without -水 and -(茶 碗)"],
        ),
        (
            "docs/tea.txt",
            "水 -貨",
            {},
            "absent",
            ["-貨 excludes passage 2 (line 3), where all the words are", "search without -貨"],
        ),
        (
            "docs/fruit.txt",
            "香蕉 西瓜 -榴槤",
            {"match": "script"},
            "absent",
            ["-榴槤 excludes passage 2 (line 3), where 西瓜 is", "search without -榴槤"],
        ),
        (  # what the title has is as good as in every passage
            "docs/fruit.txt",
            "果樹園 西瓜 -榴槤",
            {"match": "script"},
            "absent",
            ["-榴槤 excludes passage 2 (line 3), where all the words are", "search without -榴槤"],
        ),
        ("docs/both.txt", "茶 -title:碗", {}, "absent", ["-title:碗 excludes every passage of it", "search without -title:碗"]),
        # words that are not there
        ("docs/tea.txt", "碗", {}, "word", ["碗 is nowhere in it"]),
        ("docs/fruit.txt", "香蕉 蘋果", {"match": "script"}, "word", ["蘋果 is nowhere in it", "search without 蘋果"]),
        (
            "docs/chips.txt",
            "芯片",
            {"match": "script"},
            "word",
            ["芯片 is nowhere in it", "with --match region it is found, as 晶片"],
        ),
        (
            "docs/chips.txt",
            "exports",
            {"match": "script"},
            "word",
            ["exports is nowhere in it", "with --match cross it is found, as 出口"],
        ),
        (
            "docs/chips.txt",
            "台湾",
            {"match": "exact"},
            "word",
            ["台湾 is nowhere in it", "with --match script it is found, as 台灣"],
        ),
        (
            "docs/chips.txt",
            "=台湾",
            {"match": "script"},
            "word",
            ["台湾 is nowhere in it", "without = before 台湾 it is found, as 台灣"],
        ),
        (
            "docs/english.md",
            "eeper",
            {"match": "script"},
            "word",
            ["eeper is nowhere in it", "it has eeper only as part of keepers, goalkeeper; *eeper* finds that"],
        ),
        (
            "docs/english.md",
            '"crochip"',
            {"match": "script"},
            "word",
            ["crochip is nowhere in it", "it has crochip only as part of microchips; *crochip* finds that"],
        ),
        (
            "docs/english.md",
            '"controls export"',
            {"match": "script"},
            "word",
            [
                "controls export is nowhere in it",
                "passage 1 (line 1) has the words of controls export, but not as this phrase; leave out the quotes",
            ],
        ),
        ("docs/english.md", "zeb*", {}, "word", ["zeb* is nowhere in it"]),
        ("docs/english.md", '"goalkeeper controls"~2', {}, "word", ['"goalkeeper controls"~2 is nowhere in it']),
        ("docs/both.txt", "貨 OR 箱子", {"match": "script"}, "word", ["(貨 OR 箱子) is nowhere in it"]),
        ("docs/both.txt", "貨 OR title:箱子", {"match": "script"}, "word", ["(貨 OR title:箱子) is nowhere in it"]),
        # words that are never together
        (
            "docs/fruit.txt",
            "香蕉 西瓜",
            {"match": "script"},
            "passage",
            [
                "the words are all in it, but in no passage together; shown are passages of other documents that have them all",
                "passage 1 (line 1) has most: 香蕉, but not 西瓜",
                "search without 西瓜, or with OR between the words",
            ],
        ),
    ],
)
def test_lost_in_the_index(searcher, folder, file, query, options, step, sentences):
    """What is indexed but not found is lost at the first step that excludes it."""
    assert asked(searcher, folder, file, query, **options) == WhyNot(False, step, tuple(sentences))
    assert str(folder / file) not in {hit.path for hit in searcher.search(query, limit=0, **options)}


def test_many_others(searcher, folder, monkeypatch):
    """Of many words that were tried the first few are named."""
    monkeypatch.setattr(whynot, "NAMED", 1)
    (first, *_) = asked(searcher, folder, "docs/both.txt", "keep").sentences

    assert first.startswith("keep is nowhere in it, nor is ")
    assert first.endswith(" more")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("jingpian", "jingpian is nowhere in it, nor is 晶片"),
        ("jing pian", "jing is nowhere in it"),
        ("xjpz", "xjpz is nowhere in it"),
    ],
)
def test_what_a_query_sounds_like_is_tried(searcher, folder, query, first):
    """What a search tries by sound is tried for a file, too, and named where it is not there."""
    answer = asked(searcher, folder, "docs/chips.txt", query)
    hits = {hit.path: hit for hit in searcher.search(query, limit=0)}

    assert answer.found == (query != "xjpz")
    assert answer.found == (str(folder / "docs/chips.txt") in hits)
    assert answer.rank == (hits[str(folder / "docs/chips.txt")].rank if answer.found else None)
    assert asked(searcher, folder, "docs/tea.txt", query).sentences[0] == first


@pytest.mark.parametrize("file", ["docs/chips.txt", "docs/tea.txt", "docs/gone.txt", "outside.txt"])
def test_warnings(searcher, folder, file):
    """What was left out of a query, or taken for text, is said as a search says it, whatever became of the file."""
    query = "titel:晶片 lang:tlh"
    warnings = searcher.search(query).warnings

    assert len(warnings) == 2
    assert searcher.why_not(folder / file, query).warnings == warnings
    assert searcher.why_not(folder / file, "晶片").warnings == ()


# ------------------------------------------------------------------------------------------ found


def test_found(searcher, folder):
    """A document that is found has the rank and score of its best passage."""
    answer = asked(searcher, folder, "docs/tea.txt", "水", match="script")
    hits = searcher.search("水", match="script", limit=0).hits
    (own,) = [hit for hit in hits if hit.path.endswith("tea.txt")]

    assert answer == WhyNot(
        True, "found", (f"it is found: passage 2 (line 3) has rank {own.rank} of {len(hits)}, score {own.score:.4f}",), own.rank
    )


@pytest.mark.parametrize(
    ("file", "query", "sentence"),
    [
        ("docs/tea.txt", "杯子 飛機場", "it has only some of the words; no passage has all"),
        ("docs/tea.txt", "杯子 碗", "it has only some of the words; others have all of them"),
        ("docs/english.md", "keepers export zebra", "it has only some of the words; no passage has all"),
    ],
)
def test_found_with_some_words(searcher, folder, file, query, sentence):
    """A passage with some of the words is found as long as not many have them all."""
    answer = asked(searcher, folder, file, query, match="script")

    assert answer.found
    assert answer.sentences[1:] == (sentence,)


def test_found_far_down(searcher, folder):
    """What is not among the first says how to see it."""
    last = searcher.search("橘子", limit=0, match="script").hits[-1]
    answer = searcher.why_not(last.path, "橘子", match="script")

    assert (answer.rank, last.rank) == (12, 12)
    assert answer.sentences[1:] == ("a search shows the best 10; to see it too: -n 12",)
    assert searcher.why_not(searcher.search("橘子", match="script").hits[-1].path, "橘子", match="script").sentences[1:] == ()


def test_found_as_one_with_another(searcher, folder):
    """What is shown as one with a near-identical passage says with which."""
    first, second = searcher.search("代理商", match="script").hits
    answer = asked(searcher, folder, f"docs/{Path(second.path).name}", "代理商", match="script")
    other = first.path.removeprefix(str(folder))

    assert answer.rank == 2
    assert answer.sentences[1:] == (
        f"it says nearly the same as {other}, and is shown as one with that; to see both: --copies",
    )
    assert searcher.why_not(first.path, "代理商", match="script").sentences[1:] == ()


# ------------------------------------------------------------------------------------------ trouble


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        ("", {}, "nothing to search for"),
        ("lang:tlh", {}, "nothing to search for; lang:tlh was left out"),
        ("茶", {"match": "near"}, "near is no level of matching"),
        ("茶", {"lang": "tlh"}, "tlh is no language known here"),
    ],
)
def test_refused(searcher, folder, query, options, message):
    """What cannot be asked is refused as a search refuses it, even for a file that is nowhere."""
    with pytest.raises(QueryError) as error:
        asked(searcher, folder, "docs/gone.txt", query, **options)

    assert str(error.value).startswith(message)


def test_index_gone(tmp_path):
    """An index that was removed meanwhile is said to be so."""
    (tmp_path / "a.txt").write_text("茶", encoding="utf-8")
    build(tmp_path / "index", [tmp_path / "a.txt"])
    with Searcher(tmp_path / "index") as searcher:
        (tmp_path / "index" / "manifest.json").unlink()
        with pytest.raises(IndexNotFound):
            searcher.why_not(tmp_path / "a.txt", "茶")
