"""Real articles: every occurrence in every one of them is found and marked, by an oracle of hand-made patterns.

The articles are other people's text and not part of the project; the tests skip where they are not beside the checkout.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from tongwen.index import build
from tongwen.index.sources import document
from tongwen.searcher import Searcher

GAP = r"[\s\u200b]*"
QUERIES = {  # what is typed: each of its characters as it may be written
    "黄仁勋": ["黄黃", "仁", "勋勳勛"],
    "黃仁勳": ["黄黃", "仁", "勋勳勛"],
    "華為": ["华華", "为為爲"],
    "华为": ["华華", "为為爲"],
    "臺灣": ["台臺", "湾灣"],
    "台湾": ["台臺", "湾灣"],
    "芯片": ["芯", "片"],
    "數據": ["数數", "据據"],
    "美国": ["美", "国國"],
    "黄": ["黄黃"],
    '"富国和富人的游戏"': ["富", "国國", "和", "富", "人", "的", "游遊", "戏戲戯"],
    '"富國和富人的遊戲"': ["富", "国國", "和", "富", "人", "的", "游遊", "戏戲戯"],
    '"台北市新建Nvidia"': ["台臺", "北", "市", "新", "建", "N", "v", "i", "d", "i", "a"],
    '"臺北市新建NVIDIA"': ["台臺", "北", "市", "新", "建", "N", "v", "i", "d", "i", "a"],
    '"出口管制"': ["出", "口", "管", "制製"],
    "nvidia": ["N", "v", "i", "d", "i", "a"],
    '"AI芯片"': ["A", "I", "芯", "片"],
}
FOUND_IN = {"黄仁勋": 4, "华为": 4, "台湾": 2, '"富国和富人的游戏"': 1, '"台北市新建Nvidia"': 1}  # articles of five


def pattern(characters: list[str]) -> re.Pattern[str]:
    """The characters with white space between Han ones, and no letter before or behind a Latin end."""
    pieces = [f"[{spelt}{spelt.upper()}{spelt.lower()}]" for spelt in characters]
    glue = ["" if {one, other} & set("NAvidaI") else GAP for one, other in zip(characters, [*characters[1:], "N"], strict=True)]
    before = r"(?<![A-Za-z0-9])" if characters[0].isascii() else ""
    behind = r"(?![A-Za-z0-9])" if characters[-1].isascii() else ""
    return re.compile(before + "".join(piece + gap for piece, gap in zip(pieces, glue, strict=True)) + behind)


@pytest.fixture(scope="module")
def articles_index(tmp_path_factory) -> Path:
    """Where an index of the articles is made."""
    return tmp_path_factory.mktemp("articles") / "index"


@pytest.mark.parametrize("query", QUERIES)
def test_every_occurrence_in_every_article(query, articles, articles_index):
    """Whatever script a query is typed in and an article written in, exactly its occurrences are marked."""
    build(articles_index, [articles])  # brings it up to date, which costs nothing after the first time
    texts = {str(path): document(str(path), path.read_bytes()).text for path in articles.iterdir()}
    expected = {
        path: spans
        for path, text in texts.items()
        if (spans := {match.span() for match in pattern(QUERIES[query]).finditer(text)})
    }

    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    with Searcher(articles_index) as searcher:
        for hit in searcher.search(query, limit=0, match="script"):
            assert hit.text == texts[hit.path][hit.start : hit.end]
            found[hit.path] |= {(hit.start + start, hit.start + end) for start, end in hit.highlights}

    assert found == expected
    assert len(expected) >= FOUND_IN.get(query, 1)
