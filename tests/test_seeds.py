"""The project's own sample documents: what seeds/README.md says of them is so."""

import re
from collections import Counter
from pathlib import Path

import pytest
from tongwen.index.sources import document
from tongwen.searcher import Searcher

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
README = (SEEDS / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|\s]+/[^|\s]+) \| ([\w-]+) \| (.+) \|$", README, re.MULTILINE)
ENCODINGS = {name: encoding for name, encoding, _ in ROWS}
DEMOS = {  # what is typed: spellings it must be found in
    "黄仁勋": {"黃仁勳", "黄仁勋", "黃仁勛"},
    "华为": {"華為", "华为", "华 为", "華 為"},
    "台湾": {"臺灣", "台灣", "台湾", "台 湾"},
    "制造业": {"製造業", "制造业", "制造業"},
}


def test_table_names_every_file():
    """The table has every sample document, once, and nothing else."""
    files = [path.relative_to(SEEDS).as_posix() for path in SEEDS.rglob("*") if path.is_file() and path != SEEDS / "README.md"]

    assert sorted(files) == sorted(name for name, *_ in ROWS)
    assert len(files) >= 24


def test_formats_and_encodings():
    """All formats and encodings that the project promises to read are there."""
    endings = Counter(Path(name).suffix for name in ENCODINGS)
    encodings = Counter(ENCODINGS.values())

    assert endings.keys() == {".txt", ".md", ".html"}
    assert (encodings["big5"], encodings["gb18030"], encodings["utf-8-sig"]) == (1, 1, 1)
    assert encodings["utf-16"] >= 1
    assert {name.split("/")[0] for name in ENCODINGS} == {"tw", "hk", "cn", "en"}


@pytest.mark.parametrize(("name", "encoding"), ENCODINGS.items())
def test_encoding_is_the_one_named(name, encoding):
    """The codec in the table decodes the file, and reading it finds the same codec and text without a doubt."""
    data = (SEEDS / name).read_bytes()
    text = data.decode(encoding)

    read = document(name, data)

    assert same_codec(read.encoding) == same_codec(encoding)
    assert not read.doubtful
    if name.endswith(".txt"):
        assert read.text == text
    assert "\ufffd" not in read.text


def same_codec(name: str) -> str:
    """The name without what is said of the byte order mark or the byte order."""
    return name.lower().replace("_", "-").removesuffix("-sig").removesuffix("-le").removesuffix("-be")


@pytest.mark.parametrize("query", DEMOS)
def test_demo_searches(seeds_index, query):
    """A demonstration search marks the word in each of its spellings, and nothing but them."""
    with Searcher(seeds_index) as searcher:
        marked = {
            hit.text[start:end] for hit in searcher.search(query, limit=0, match="script") for start, end in hit.highlights
        }

    assert marked >= DEMOS[query]
    assert {re.sub(r"\s", "", text) for text in marked} <= {re.sub(r"\s", "", text) for text in DEMOS[query]}


def test_examples_of_the_readme(seeds_index):
    """Every file that the section of searches names with a spelling is found by that search, and has that spelling."""
    section = README.split("## Searches to try")[1]
    examples = re.findall(r"^- (\w+): (.+?)(?=^- |\Z)", section, re.MULTILINE | re.DOTALL)
    assert [query for query, _ in examples] == ["黄仁勋", "华为", "台湾", "制造业", "足球"]
    with Searcher(seeds_index) as searcher:
        for query, told in examples:
            found = {Path(hit.path).relative_to(SEEDS).as_posix() for hit in searcher.search(query, limit=0, match="script")}
            promised, denied = (set(re.findall(r"`([^`]+)`", part)) for part in (told + " not ").split(" not ", 1))
            assert promised <= found, query
            assert not denied & found, query


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("足球", "tw/grid-summer.html"),
        ("圖書館", "tw/grid-summer.html"),
        ("煲仔飯", "hk/export-rules.html"),
        ("輝達", "hk/football.html"),
        ("記憶體", "hk/football.html"),
    ],
)
def test_scripts_and_styles_are_not_found(seeds_index, word, name):
    """Words that stand only in a page's script or style are in the file and not found."""
    assert word in (SEEDS / name).read_text(encoding="utf-8")
    with Searcher(seeds_index) as searcher:
        assert all(not hit.path.endswith(name) for hit in searcher.search(word, limit=0, match="script"))
