"""What is asked of OpenSearch in its own languages: the terms of an index, patterns of paths.  A real node answers."""

import json
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from uuid import uuid4

import pytest
from conftest import SEEDS
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opensearch_node import ask
from tongwen.index import build
from tongwen.index.engines import base
from tongwen.index.engines.base import Reader
from tongwen.index.engines.opensearch import requests
from tongwen.index.engines.opensearch.cluster import Cluster, located
from tongwen.index.engines.opensearch.queries import LONGEST_PATTERN, condition
from tongwen.index.engines.opensearch.requests import Index
from tongwen.index.engines.opensearch.units import storable
from tongwen.index.errors import ClusterError, QueryError
from tongwen.index.model import Filter
from tongwen.searcher import Searcher


@pytest.fixture
def where(opensearch_url) -> Iterator[str]:
    """The address of an index that there is not yet; it is removed."""
    url = f"{opensearch_url}/queries-{uuid4().hex}"
    yield url
    ask(f"{url}*", method="DELETE")


@pytest.fixture(scope="module")
def seeds_in_cluster(opensearch_url, tmp_path_factory) -> Iterator[Path]:
    """An index of the project's own sample documents, in a cluster."""
    folder, url = tmp_path_factory.mktemp("seeds"), f"{opensearch_url}/seeds-{uuid4().hex}"
    build(folder, [SEEDS], engine="opensearch", urls=[url], shards=2)
    yield folder
    ask(f"{url}-0*", method="DELETE")


# ------------------------------------------------------------------------------------------ terms

LONG = ["ab" + "b" * 150 + each for each in "cdef"]


@pytest.fixture(scope="module")
def readers(opensearch_url, tmp_path_factory) -> Iterator[tuple[Reader, Reader]]:
    """An index of many words, in a folder and in a cluster."""
    folder, url = tmp_path_factory.mktemp("terms"), f"{opensearch_url}/terms-{uuid4().hex}"
    words = [*map("".join, product("abc", repeat=4)), *LONG, "芯片", "芯水", "水水", "𠮷野", "(a)", "( b )", "c++", "..."]
    file = folder / "a.txt"
    file.write_text("\n\n".join(words), "utf-8")
    try:
        build(folder / "mine", [file], engine="whoosh")
        build(folder / "other", [file], engine="opensearch", urls=[url], shards=3)
        mine, other = (base.opened(made, base.manifest(made)) for made in (folder / "mine", folder / "other"))
        yield mine, other
        mine.close()
        other.close()
    finally:
        ask(f"{url}-0*", method="DELETE")


@pytest.mark.parametrize("page", [2, 5, 7, 1000])
@pytest.mark.parametrize("prefix", ["a", "ab", "abb", LONG[0][:100], "b", "水", "芯", "𠮷", "(", ")", "+", ".", "nowhere"])
def test_terms(readers, monkeypatch, page, prefix):
    """They are those of an index in a folder, but for some long ones that begin alike, if more do than are asked for."""
    monkeypatch.setattr(requests, "PAGE", page)
    for field in ("words", "grams"):
        # The single characters of `grams` are others.
        mine, other = ({term for term in reader.terms(field, prefix) if len(term) > 1} for reader in readers)
        readers[1]._known._terms.clear()
        assert other - mine == set()
        assert {term for term in mine - other if page > 4 or len(term) <= requests.SAID} == set()


@pytest.mark.parametrize("page", [2, 7, 1000])
def test_terms_of_several_prefixes(readers, monkeypatch, page):
    """They are those of each of them, wherever a page of them ends; a prefix may begin with another one."""
    monkeypatch.setattr(requests, "PAGE", page)
    monkeypatch.setattr(requests, "TOGETHER", 4)
    for prefixes in (("c", "ca", "bb", "bcb", "水", "ac", "nowhere"), ("芯", "ba", "芯"), ("ca",), ("𠮷", "caa")):
        mine, other = ({term for term in reader.terms("words", *prefixes) if len(term) > 1} for reader in readers)
        readers[1]._known._terms.clear()
        assert other == mine
    assert list(readers[1].terms("words")) == []


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The paths of all requests from now on."""
    paths, ask_it = list[str](), Cluster.ask
    monkeypatch.setattr(Cluster, "ask", lambda self, *what, **how: paths.append(what[1]) or ask_it(self, *what, **how))
    return paths


@pytest.mark.parametrize(
    "query", ["exprotcontrols", "出口菅制法", '"数据仲心是"', "shishishi", "hrx", "sematic~", "记忆体晶园"]
)
def test_what_sounds_or_is_spelt_alike_is_asked_for_at_once(seeds_index, seeds_in_cluster, asked, query):
    """Not for each beginning of it by itself; what is found and suggested is that of an index in a folder."""
    with Searcher(seeds_index) as mine, Searcher(seeds_in_cluster) as other:
        expected, actual = mine.search(query), other.search(query)
    assert (actual.total, actual.suggestions) == (expected.total, expected.suggestions)
    assert sum("_validate" in each for each in asked) <= 4
    assert len(asked) <= 25


def test_a_document_is_looked_at_as_a_whole(seeds_index, seeds_in_cluster, asked):
    """Where a word was lost in it is told without a request for each passage."""
    file = SEEDS / "en" / "export-rules.md"
    with Searcher(seeds_index) as mine, Searcher(seeds_in_cluster) as other:
        expected = mine.why_not(file, "hip")
        assert expected.step == "word"
        assert other.why_not(file, "hip") == expected
    assert sum("_mget" in each for each in asked) <= 2


def test_terms_that_cannot_be_asked_for(where, monkeypatch):
    """What the cluster says is said."""
    ask(where, {"settings": {"max_regex_length": 5}, "mappings": {"properties": {"words": {"type": "text"}}}}, method="PUT")
    ask(f"{where}/_doc?refresh=true", {"words": "abc abd"}, method="POST")
    monkeypatch.setattr(requests, "PAGE", 1)
    with Cluster(located([where])) as cluster:
        index = Index(cluster, cluster.location.name, [])
        with pytest.raises(ClusterError, match="length of regex"):
            list(index.terms("words", ["ab"]))


# ------------------------------------------------------------------------------------------ patterns of paths

SIGNS = "ab-]![^\\\ud83d\udc80\ue000\ue001😀"
NAMES = ["/d/" + "".join(each) for count in range(3) for each in product(SIGNS, repeat=count)] + [
    "/d\n/a",
    "/d/a/b",
    "/d/2024-05-06",
]
GLOBS = (
    "[a-]*",
    "[z-a]*",
    "[!z-a]*",
    "[a-b-d]",
    "[\ud800-\udfff]",
    "[!\udc80]",
    "[a-\U0010ffff]",
    "?",
    "??",
    "[]-a]",
    "a]",
    "d/?",
)


@pytest.fixture(scope="module")
def paths(opensearch_url) -> Iterator[Callable[[str], list[str]]]:
    """A function that asks for the `NAMES` of a pattern, of an index that has them as the paths of documents."""
    url = f"{opensearch_url}/paths-{uuid4().hex}"
    ask(
        url,
        {"settings": {"max_regex_length": LONGEST_PATTERN}, "mappings": {"properties": {"path": {"type": "keyword"}}}},
        method="PUT",
    )
    lines = [json.dumps(each) for at, name in enumerate(NAMES) for each in ({"index": {"_id": at}}, {"path": storable(name)})]
    ask(f"{url}/_bulk?refresh=true", "\n".join(lines) + "\n", method="POST")

    def found(glob: str) -> list[str]:
        body = {"query": condition(Filter("path", glob)), "size": len(NAMES), "_source": False}
        return sorted(NAMES[int(hit["_id"])] for hit in ask(f"{url}/_search", body)["hits"]["hits"])

    yield found
    ask(url, method="DELETE")


@settings(deadline=None, max_examples=200)
@given(st.text([*SIGNS, "*", "?", "[", "]", "-", "/"], min_size=1, max_size=9) | st.sampled_from(GLOBS))
def test_patterns_of_paths(paths, glob):
    """They mean what they mean to a shell, whatever they are made of."""
    assume(glob.count("?") < 7)
    globs = [glob] if glob.startswith("/") else [glob, f"*/{glob}"]
    assert paths(glob) == sorted(name for name in NAMES if any(fnmatchcase(name, each) for each in globs))


def test_many_of_any_character(paths):
    """As they are for dates: a node can still work out what that means."""
    assert paths("????-??-??") == ["/d/2024-05-06"]
    assert paths("/d/????-??-??") == ["/d/2024-05-06"]


def test_patterns_that_are_too_long(paths):
    """It is said how long they are; the longest is still asked for."""
    assert paths("x" * (LONGEST_PATTERN - 6)) == []
    for glob in ("x" * (LONGEST_PATTERN - 5), "😀" * 6000):
        with pytest.raises(QueryError, match=f"the pattern of {len(glob):,} characters is too long"):
            paths(glob)
