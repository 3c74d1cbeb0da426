"""Latency in one process: every query once, after a warm-up with others, so that no answer is found ready-made.

    python bench/warm.py ENGINE INDEX QUERIES

prints `{"ms": [...], "found": [...]}` as JSON, in the order of QUERIES (a file from `queries.py`) without its warm-up.
ENGINE is one of `peers.py` or of these, all on the same index of ours: `tongwen`, timed through its Python interface from the
text of the query to ten passages with their marks; `ids`, the same to the ten passages' numbers; `searcher`, Whoosh's own
searcher, given the terms of the query's words.
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

        self.searcher = Searcher(index)

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        return len(self.searcher.search(typed(form, parts), limit=LIMIT).hits)


class Ids(Tongwen):
    """tongwen without texts and marks: which passages are the best."""

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        return len(list(self.searcher.rank(typed(form, parts), limit=LIMIT)))


class WhooshSearcher:
    """Whoosh itself on the Whoosh indexes inside ours; it answers only queries of form `or`."""

    def __init__(self, index: Path) -> None:
        from whoosh.index import open_dir

        self._searchers = [open_dir(str(path)).searcher() for path in sorted(index.glob("segments/*/postings"))]

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many passages have one of the words, of which the ten best are found; 0 for other forms."""
        from tongwen.index.analysis import pieces
        from whoosh.query import Or, Term

        if form != "or":
            return 0
        terms = [(piece.stems or (piece.text,))[0] for part in parts for piece in pieces(part)]
        query = Or([Term("words", term) for term in terms])
        return sum(len(searcher.search(query, limit=LIMIT)) for searcher in self._searchers)


OURS: dict[str, type[Engine]] = {"tongwen": Tongwen, "ids": Ids, "searcher": WhooshSearcher}


def typed(form: str, parts: Sequence[str]) -> str:
    """A query in tongwen's language."""
    return f'"{parts[0]}"' if form == "phrase" else (" OR " if form == "or" else " ").join(parts)


def main() -> None:
    """Time the queries."""
    name, index, queries = sys.argv[1:]
    engine = {**OURS, **PEERS}[name](Path(index))
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
