"""The parts of bench/ that make figures and texts out of what was measured: wrong ones would be believed."""

from __future__ import annotations

import importlib
import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parent.parent / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of bench/, which is no package."""
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module


@pytest.mark.parametrize(
    ("ours", "against", "unit", "measured", "verdict"),
    [
        (6, 2, "", "3.00 = 6.00 / 2.00", "met, aim missed"),
        (6.2, 2, "", "3.10 = 6.20 / 2.00", "missed"),
        (1, 5, "", "1/5.00 = 1.00 / 5.00", "aim met"),
        (1.5, None, "s", "1.50 s", "aim met"),
        (None, None, "s", "not measured", ""),
        (1, None, "", "not measured", ""),
    ],
)
def test_goal(bench: Any, ours: float | None, against: float | None, unit: str, measured: str, verdict: str) -> None:
    """Met is what is at the limit or below; nothing is said of what was not measured."""
    row = bench("table").Goal("figure", 3, 1.5, ours, against, unit).row()

    assert (row[1], row[-1]) == (measured, verdict)


def test_percentile(bench: Any) -> None:
    """The 95th percentile of a hundred is the 95th, the 50th the middle."""
    values = [float(number) for number in range(100, 0, -1)]

    assert [bench("table").percentile(values, share) for share in (0.5, 0.95)] == [50.5, 95]


def test_tables_take_the_medians_of_the_rounds_and_leave_out_who_was_not_measured(bench: Any) -> None:
    """Three rounds, a peer in the first only, a query that a peer does not answer."""
    rounds = [
        {
            "indexing": {name: {"wall": wall, "cpu": wall, "memory": 100} for name, wall in walls.items()},
            "size": dict.fromkeys(walls, 20),
            "update": dict.fromkeys(walls, 0.5),
            "cold": {"tongwen": [100, 120], "import click": [50], "pass": [10]},
            "warm": {
                name: {"ms": [wall, 2 * wall], "found": [10, 10 * (name != "fts5")]}
                for name, wall in (walls | {"ids": 1, "searcher": 5}).items()
            },
        }
        for walls in ({"tongwen": 9, "fts5": 3, "tutorial": 80}, {"tongwen": 6, "fts5": 2}, {"tongwen": 90, "fts5": 1})
    ]
    queries = [{"group": "keywords"}, {"group": "common OR"}]

    goals, terminal, warm = bench("table").compared({"rounds": rounds, "text": 10, "queries": queries})

    measured = {row[0]: row[1] for row in goals}
    assert measured["indexing / FTS5 + rjieba, s"] == "4.50 = 9.00 / 2.00"
    assert measured["indexing / Whoosh + jieba, s"] == "1/8.89 = 9.00 / 80.0"
    assert measured["keywords, ids, p95 / FTS5 + rjieba, ms"] == "0.50 = 1.00 / 2.00"
    assert measured["any of four common words, ids, p50 / Whoosh's searcher, ms"] == "1/5.00 = 2.00 / 10.0"
    assert measured["phrase, ids, p95"] == "not measured"
    assert terminal[:2] == [
        ("process", "tongwen", "FTS5 + rjieba", "Whoosh + jieba"),
        ("indexing, s", "9.00", "2.00 (4.50)", "80.0 (1/8.89)"),
    ]
    assert warm[3] == ("  with an answer, of 1", "1", "1", "1", "1", "1")


def test_tables_are_put_between_markers(bench: Any, tmp_path: Path) -> None:
    """And nothing else of the file changes; a file without the place is an error."""
    file = tmp_path / "speed.md"
    file.write_text("a\n<!-- peers -->\nold\n<!-- /peers -->\nz\n", encoding="utf-8")

    bench("table").put_into(file, "peers", "new")

    assert file.read_text(encoding="utf-8") == "a\n<!-- peers -->\nnew\n<!-- /peers -->\nz\n"
    with pytest.raises(ValueError, match="scale"):
        bench("table").put_into(file, "scale", "new")


def test_plot_is_xml_with_every_line(bench: Any) -> None:
    """Names that lie at one height are moved apart."""
    drawn = bench("plot").svg("cost < size", {"tongwen": [(1000, 1), (10_000, 10)], "fts5": [(1000, 2), (10_000, 10)]})

    texts = [element for element in ElementTree.fromstring(drawn).iter() if element.tag.endswith("text")]  # noqa: S314
    heights = {element.text: float(element.attrib["y"]) for element in texts}
    assert heights["FTS5 + rjieba"] - heights["tongwen"] >= 17


def test_made_corpus_is_the_beginning_of_a_larger_one(bench: Any, tmp_path: Path) -> None:
    """Pages are the same whatever the size; words come from the source but for those made up, which nearly all differ."""
    scaled = bench("scaled")
    (tmp_path / "source" / "en").mkdir(parents=True)
    words = "select the cell, then click OK.\nThe table is shown in a window.\n" * 20
    (tmp_path / "source" / "en" / "page.txt").write_text(words, encoding="utf-8")

    for name, sizes in (("small", (50,)), ("large", (20, 100))):
        for size in sizes:
            scaled.make(tmp_path / "source", tmp_path / name, size)

    small, large = (
        {path.relative_to(tmp_path / name): path.read_text(encoding="utf-8") for path in (tmp_path / name).rglob("*.txt")}
        for name in ("small", "large")
    )
    assert 0 < len(small) < len(large)
    assert small.items() <= large.items()
    language = scaled.Language("zh-CN", iter([words]))
    chance = random.Random(1)
    assert len({language.made_up(chance.random()) for _ in range(1000)}) > 300
