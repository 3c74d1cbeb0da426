"""How a query is understood, and what a score is made of, on a real index."""

from pathlib import Path

import pytest
from tongwen.index.errors import QueryError
from tongwen.searcher import Searcher
from tongwen.searcher.results import Explained, ScorePart

LONG = "填充用的句子不多不少。" * 40
FILES = {
    "a.txt": f"台灣的晶片。{LONG}台灣。",
    "b.txt": "台湾的芯片，适用于各种场合",
    "c.txt": "chips of Taiwan",
    "d.txt": "这些用于各种场合",
}


@pytest.fixture
def searcher(indexed) -> Searcher:
    """An index of four documents."""
    return indexed(FILES)


def table(searcher: Searcher, query: str, **options: str) -> dict[str, Explained]:
    """What is looked for, by how it prints."""
    return {leaf.leaf: leaf for leaf in searcher.explain(query, **options).leaves}


def test_levels_of_leaves(searcher):
    """Each leaf has its level, what it is worth, and for which typed word it stands; what was typed comes first."""
    leaves = table(searcher, "晶片")

    assert next(iter(leaves)) == "晶片"
    assert (leaves["晶片"].level, leaves["晶片"].weight) == ("script", 1.0)
    assert leaves["芯片"].level == "region"
    assert leaves["/chip/"].level == "cross"
    assert {leaf.typed for leaf in leaves.values()} == {"晶片"}


@pytest.mark.parametrize(("match", "levels"), [("script", {"script"}), ("region", {"script", "region"}), ("exact", {"exact"})])
def test_levels_asked_for(searcher, match, levels):
    """Nothing farther than the level is looked for."""
    assert {leaf.level for leaf in table(searcher, "晶片", match=match).values()} == levels


def test_counts(searcher):
    """Passages that have it as a word, all that have it, and the documents those are in."""
    taiwan = table(searcher, "台湾", match="script")["台湾"]
    inside = table(searcher, "用于", match="script")["用于"]

    assert (taiwan.as_word, taiwan.passages, taiwan.documents) == (3, 3, 2)
    assert (inside.as_word, inside.passages, inside.documents) == (1, 2, 2)


def test_narrowed(searcher):
    """The options that narrow a search are in its plan."""
    assert searcher.explain("茶", path="*.md", lang="zh-tw").plan == "(茶 path:*.md lang:zh-Hant)"


# ------------------------------------------------------------------------------------------ a hit


@pytest.fixture
def parts(monkeypatch):
    """The engine's parts of a score, replaced by what it was asked."""
    asked: list[tuple[str, int]] = []

    def score_parts(self, plan, passage):
        asked.append((str(plan), passage))
        return [("words", "台湾", 1.5), ("title", "台湾", 0.5)]

    monkeypatch.setattr("tongwen.index.engines.embedded.EmbeddedEngine.score_parts", score_parts, raising=False)
    return asked


def test_explain_hit(searcher, parts):
    """The hit of a search, and the parts of its score."""
    results = searcher.search("台湾", match="script")
    for number, hit in enumerate(results, 1):
        explained = searcher.explain_hit("台湾", number, match="script")
        assert (explained.query, explained.hit, explained.total) == ("台湾", hit, 3)
        assert explained.parts == (ScorePart("words", "台湾", 1.5), ScorePart("title", "台湾", 0.5))
    assert [plan for plan, _ in parts] == ["台湾"] * 3
    assert len({passage for _, passage in parts}) == 3


@pytest.mark.parametrize("query", ["台湾", "台灣 晶片", "晶片 -Taiwan", "“各种场合” OR chips", "台湾 用于 飞机场"])
def test_the_parts_are_the_score(searcher, query):
    """What the engine says a score is made of comes to the score."""
    hits = searcher.search(query).hits

    assert hits
    for hit in hits:
        parts = searcher.explain_hit(query, hit.rank).parts
        assert sum(part.value for part in parts) == pytest.approx(hit.score, abs=1e-3)
        assert all(part.what for part in parts)


@pytest.mark.parametrize("query", ["xinpian", "xin pian", "ㄒㄧㄣㄆㄧㄢˋ", "各种 chang he"])
def test_what_is_found_by_sound_is_explained(searcher, query):
    """What a query was tried as by its sound is explained like the rest, and its hits as a search has them."""
    results, explanation = searcher.search(query), searcher.explain(query)

    by_sound = [leaf for leaf in explanation.leaves if leaf.level == "sound"]
    assert [(leaf.leaf, leaf.typed, leaf.passages) for leaf in by_sound] == ([("芯片", query, 1)] if "各" not in query else [])
    assert all(f"~{leaf.leaf}^" in explanation.plan for leaf in by_sound)
    assert results
    for hit in results:
        explained = searcher.explain_hit(query, hit.rank)
        assert (explained.hit, explained.total) == (hit, results.total)
        assert sum(part.value for part in explained.parts) == pytest.approx(hit.score, abs=1e-3)


@pytest.mark.parametrize("query", ["titel:台湾", "台湾 (", "台湾 lang:tlh", "台湾"])
def test_warnings_of_an_explained_hit(searcher, query):
    """What was left out or taken for text is said as a search says it."""
    warnings = searcher.search(query).warnings

    assert searcher.explain_hit(query, 1).warnings == warnings
    assert bool(warnings) == (query != "台湾")


def test_explain_hit_of_a_narrowed_search(searcher, parts):
    """Options mean what they mean in a search."""
    explained = searcher.explain_hit("台湾", 1, path="b.*", lang="zh-Hans")

    assert Path(explained.hit.path).name == "b.txt"
    assert parts[0][0].endswith("path:b.* lang:zh-Hans)")


def test_explain_hit_of_a_collapsed_search(indexed, parts):
    """Numbers count what a search shows: near-identical passages once, if it folds them."""
    searcher = indexed({f"{name}.txt": f"台灣{LONG}" for name in "ab"} | {"c.txt": f"{'水' * 90}，台灣"})

    together = [searcher.explain_hit("台湾", number, collapse=True).hit for number in (1, 2)]

    assert together == list(searcher.search("台湾", collapse=True))
    assert [searcher.explain_hit("台湾", number).hit for number in (1, 2, 3)] == list(searcher.search("台湾"))
    assert sorted(len(hit.like) for hit in together) == [0, 1]
    with pytest.raises(QueryError, match="the last one is 2"):
        searcher.explain_hit("台湾", 3, collapse=True)


@pytest.mark.parametrize(
    ("query", "number", "message"),
    [
        ("台湾", 4, "there is no hit 4; the last one is 3"),
        ("台湾", 0, "there is no hit 0; the first one is 1"),
        ("咖啡", 1, "nothing was found"),
        ("", 1, "nothing to search for; type a word, as in: tongwen search 出口管制"),
        ("-", 1, "nothing to search for; a lone - was left out"),
    ],
)
def test_no_such_hit(searcher, query, number, message):
    """A number that no hit has is refused."""
    with pytest.raises(QueryError) as error:
        searcher.explain_hit(query, number, match="script")

    assert str(error.value) == message
