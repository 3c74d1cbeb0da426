"""Latency in one process: every query once, after a warm-up with other words, so that no answer is found ready-made.

    python bench/warm.py tongwen|fts5|tutorial INDEX QUERIES

prints `{"ms": [...], "found": [...]}` as JSON, in the order of QUERIES (a file from `queries.py`) without its warm-up.
tongwen is timed through its Python interface, from the text of the query to ten passages with their marks.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from peers import LIMIT, PEERS, Engine


class Tongwen:
    """tongwen as a program would use it."""

    def __init__(self, index: Path) -> None:
        from tongwen.searcher import Searcher

        self._searcher = Searcher(index)

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        typed = [f'"{part}"' if form == "phrase" else part for part in parts]
        return len(self._searcher.search(" OR ".join(typed), limit=LIMIT).hits)


def main() -> None:
    """Time the queries."""
    name, index, queries = sys.argv[1:]
    engines: dict[str, type[Engine]] = {"tongwen": Tongwen, **PEERS}
    engine = engines[name](Path(index))
    milliseconds, found = [], []
    for query in json.loads(Path(queries).read_text(encoding="utf-8")):
        started = time.perf_counter()
        count = engine.search(query["form"], query["parts"])
        took = 1000 * (time.perf_counter() - started)
        if query["group"] != "warm-up":
            milliseconds.append(took)
            found.append(count)
    json.dump({"ms": milliseconds, "found": found}, sys.stdout)


if __name__ == "__main__":
    main()
