"""How cost grows with the corpus: each size in turn is indexed, searched and deleted, by us and by the peers that keep up.

Owns what is measured on made corpora and in which order.  Up to `OFTEN` passages everything is measured several times.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from processes import HERE, cold, run, size_of, update, warm

SIZES = (1_000, 10_000, 33_000, 100_000, 333_000, 1_000_000)
OFTEN = 33_000

SLOW = ("trigram", "whoosh", "tutorial")
"""Peers that are not measured on growing corpora."""

COLD_RUNS = 9

_COUNT = "import sys; from tongwen.index import status; print(status(sys.argv[1]).passages)"


def measure(
    source: Path, sizes: tuple[int, ...], rounds: int, peers: tuple[str, ...], tell: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """The figures of every size, in rising order: the corpus of one size is the beginning of the next."""
    engines = ("tongwen", *(name for name in peers if name not in SLOW))
    with tempfile.TemporaryDirectory(prefix="tongwen-bench-") as name:
        folder = Path(name)
        for wanted in sizes:
            tell(f"{wanted:,} passages: making the texts")
            made = run(sys.executable, HERE / "scaled.py", source, folder / "corpus", str(wanted))
            pages, text = json.loads(made.output)
            (folder / "queries.json").write_text(json.dumps(_keywords(folder / "corpus")), encoding="utf-8")
            size: dict[str, Any] = {"wanted": wanted, "pages": pages, "text": text, "making": made.wall, "engines": {}}
            for number in range(rounds if wanted <= OFTEN else 1):
                for engine in engines:
                    _measure_one(size, engine, number, folder, tell)
            yield size


def _measure_one(size: dict[str, Any], engine: str, number: int, folder: Path, tell: Callable[[str], None]) -> None:
    """One engine on one size; what a first round has found of searches is not asked again."""
    corpus, index, queries = folder / "corpus", folder / engine, folder / "queries.json"
    tell(f"{size['wanted']:,} passages, round {number + 1}: {engine}")
    measured = size["engines"].setdefault(engine, {"indexing": []})
    measured["indexing"].append(asdict(update(engine, corpus, index)) | {"output": None})
    if number == 0:
        measured["size"] = size_of(index)
        measured["warm"] = warm(engine, index, queries)
        asked = [query["parts"][0] for query in json.loads(queries.read_text(encoding="utf-8"))]
        measured["cold"] = [cold(engine, index, word) for word in asked[: COLD_RUNS + 1]][1:]
        if engine == "tongwen":
            measured["ids"] = warm("ids", index, queries)
            size["passages"] = int(run(sys.executable, "-c", _COUNT, index).output)
    shutil.rmtree(index)


def _keywords(corpus: Path) -> list[dict[str, Any]]:
    """The keyword queries of a corpus, and its warm-up."""
    queries = json.loads(run(sys.executable, HERE / "queries.py", corpus).output)
    return [query for query in queries if query["group"] in ("warm-up", "keywords")]
