"""Searches whose outcome is known: cases from tests/data/golden/cases.jsonl, and every pair of scripts.

A line of the file is a case: `files` (name: text) are indexed, `query` is asked of them with limit 0 (at the level `match`, the
default one if it is left out), and what is found must be exactly `finds`: file: the marked strings in the order of the text;
and `some`, the same for passages that have only some of the words.  `not` names files that are there to be left out,
`first` the file found first, `above` files of which each stands above the next.
Long texts and long lists are given in parts, [part, times] for a part that is repeated.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise, product
from pathlib import Path

import pytest
from tongwen.index import build
from tongwen.index.errors import QueryError
from tongwen.index.model import LEVELS
from tongwen.searcher import Searcher
from tongwen.searcher.results import Hit

GOLDEN = Path(__file__).parent / "data" / "golden" / "cases.jsonl"
CASES = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
KEYS = {"name", "why", "query", "match", "path", "lang", "files", "finds", "some", "not", "first", "above", "warns", "error"}


def spelt_out(parts: str | list) -> list[str]:
    """Texts given in parts, those with a number repeated."""
    if isinstance(parts, str):
        return [parts]
    return [text for part in parts for text in ([part] if isinstance(part, str) else [part[0]] * part[1])]


def marked(hits: Iterable[Hit], folder: Path) -> dict[str, list[str]]:
    """File: its marked strings, in the order of its text.

    What begins in one passage and ends in the next is marked in both, whole in the first; it counts once.
    """
    texts: dict[str, dict[int, str]] = defaultdict(dict)
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for hit in hits:
        name = Path(hit.path).relative_to(folder).as_posix()
        texts[name] |= dict(enumerate(hit.text, hit.start))
        spans[name] += [(hit.start + start, hit.start + end) for start, end in hit.highlights]
    return {
        name: ["".join(text[at] for at in range(start, end)) for start, end in united(spans[name])]
        for name, text in texts.items()
    }


def united(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, without those inside others."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_golden(case, indexed, tmp_path):
    """The query finds what the case says, marks what it says, and says what it says."""
    searcher = indexed({name: "".join(spelt_out(parts)) for name, parts in case["files"].items()})
    options = {name: case[name] for name in ("match", "path", "lang") if name in case}
    if "error" in case:
        with pytest.raises(QueryError) as error:
            searcher.search(case["query"], limit=0, **options)
        assert case["error"] in str(error.value)
        assert str(error.value).startswith("nothing to search for")
        return

    results = searcher.search(case["query"], limit=0, **options)

    for key, hits in (
        ("finds", [hit for hit in results if hit.tier < 2]),
        ("some", [hit for hit in results if hit.tier == 2]),
    ):
        expected = {name: spelt_out(strings) for name, strings in case.get(key, {}).items()}
        assert marked(hits, tmp_path / "files") == expected, f"{key}: {case['why']}"
    assert results.partial is (bool(case.get("some")) and not case["finds"])
    order = [Path(hit.path).relative_to(tmp_path / "files").as_posix() for hit in results]
    if "first" in case:
        assert order[0] == case["first"], case["why"]
    for one, other in pairwise(case.get("above", ())):
        assert order.index(one) < order.index(other), case["why"]
    if "warns" in case:
        assert case["warns"] in "; ".join(results.warnings), case["why"]
    else:
        assert results.warnings == (), "what is understood needs no warning"


def test_cases_are_sound():
    """Every case has a name of its own, a reason, and speaks of its own files only; there are enough, at every level."""
    assert len(CASES) >= 200
    assert {case.get("match", LEVELS[-1]) for case in CASES} == set(LEVELS)
    assert len({case["name"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert case.keys() <= KEYS
        assert case["why"]
        found = {*case["finds"], *case.get("some", ())}
        assert {*found, *case.get("not", ())} <= case["files"].keys()
        assert not found & {*case.get("not", ())}
        assert {*case.get("above", ()), *([case["first"]] if "first" in case else [])} <= found


# ------------------------------------------------------------------------------------------ every pair of scripts

SCRIPTS = ("S", "TW", "HK")
WORDS = (  # on the mainland, in Taiwan, in Hong Kong
    ("国家", "國家", "國家"),
    ("台湾", "臺灣", "台灣"),
    ("价格", "價格", "價格"),
    ("为", "為", "爲"),
    ("里面", "裡面", "裏面"),
    ("卫生", "衛生", "衞生"),
    ("说话", "說話", "説話"),
    ("意味着", "意味著", "意味着"),
    ("什么", "什麼", "甚麼"),
    ("温泉", "溫泉", "温泉"),
)
PAIRS = list(product(WORDS, range(3), range(3)))
AROUND = {"S": "这个{}是旧的。", "TW": "這個{}是舊的。", "HK": "呢個{}係舊嘅。"}


@pytest.fixture(scope="module")
def spellings(tmp_path_factory) -> Searcher:
    """Each word in a sentence of each script, each in a file of its own."""
    folder = tmp_path_factory.mktemp("spellings")
    for word in WORDS:
        for script, spelt in zip(SCRIPTS, word, strict=True):
            (folder / f"{word[0]}-{script}.txt").write_text(AROUND[script].format(spelt), encoding="utf-8")
    build(folder / "index", [folder])
    with Searcher(folder / "index") as searcher:
        yield searcher


@pytest.mark.parametrize("quote", ["{}", '"{}"'], ids=["word", "phrase"])
@pytest.mark.parametrize(("word", "asked", "there"), PAIRS, ids=[f"{w[0]} {SCRIPTS[a]} in {SCRIPTS[t]}" for w, a, t in PAIRS])
def test_every_pair_of_scripts(spellings, word, asked, there, quote):
    """A word typed in one script finds the document in the other, marks it there, and finds no other word's."""
    results = spellings.search(quote.format(word[asked]), limit=0, match="script")

    found = {Path(hit.path).stem: [hit.text[start:end] for start, end in hit.highlights] for hit in results}
    assert found.pop(f"{word[0]}-{SCRIPTS[there]}") == [word[there]]
    assert {name.split("-")[0] for name in found} == {word[0]}
