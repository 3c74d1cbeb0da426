"""The one call: open an index, plan a query, search, rank, mark.

Owns the order of these and the check that the index was made by the analysis of today.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from ..index import generation
from ..index.analysis import differences, query_parts
from ..index.engines.embedded import EmbeddedEngine
from ..index.engines.segments import SegmentFiles
from ..index.errors import IndexDamaged, IndexOutdated, QueryError
from ..index.fold import fold
from ..index.model import LEVELS, Explained, Explanation, Filter, Hit, Level, Match, Results, Term, Wild, leaves
from . import highlight, rank
from .plan import Planned, Vocabulary, language, plan
from .query import parse


class Searcher:
    """An index opened for searching; close it, or use it as a context manager.

    It keeps answering from the generation it opened, whatever is written meanwhile.

        with Searcher("notes/.tongwen") as searcher:
            for hit in searcher.search("出口管制", limit=5):
                print(hit.path, hit.text)

    Raises IndexNotFound, IndexDamaged, or IndexOutdated if the index was made by another analysis.
    """

    def __init__(self, index_dir: str | Path) -> None:
        self._engine = _opened(Path(index_dir))

    def __enter__(self) -> Searcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the index's files."""
        self._engine.close()

    def search(
        self, query: str, limit: int = 10, match: str = "cross", path: str | None = None, lang: str | None = None
    ) -> Results:
        """Search for a query in tongwen's query language; the best `limit` passages, all of them if it is 0.

        `match` is how far the query may reach (one of `LEVELS`); `path` is a shell-style pattern that the document's path
        must match (`*` crosses `/`), `lang` its language (zh-Hans, zh-Hant, en).

        Raises QueryError if `match` or `lang` is unknown, `limit` negative, or nothing in the query can be searched.
        """
        started = time.perf_counter()
        planned = self._planned(query, _level(match), _filters(path, lang))
        if limit < 0:
            raise QueryError(f"limit {limit} is negative; 0 means all passages")
        if planned.plan is None:
            raise QueryError("; ".join(["nothing to search for", *planned.warnings]))
        found = self._engine.search(planned.plan)
        ordered = rank.best(found, limit, self._engine.place)
        asked = tuple(leaves(planned.plan))
        return Results(
            query=query,
            hits=tuple(self._hit(number, match, asked) for number, match in enumerate(ordered, 1)),
            total=len(found),
            documents=self._engine.count_documents(match.id for match in found),
            partial=any(match.tier == 2 for match in found),
            warnings=planned.warnings,
            seconds=time.perf_counter() - started,
        )

    def explain(self, query: str, match: str = "cross") -> Explanation:
        """How a query is understood, and how many passages each part of it finds.  Raises QueryError as `search` does."""
        planned = self._planned(query, _level(match), ())
        asked: Iterable[Term | Wild] = leaves(planned.plan) if planned.plan is not None else ()
        counts = tuple(Explained(str(leaf), leaf.typed, *self._engine.count(leaf)) for leaf in asked)
        tree = parse(query).tree
        return Explanation(query, str(tree or ""), fold(query), str(planned.plan or ""), counts, planned.warnings)

    def _planned(self, query: str, level: Level, filters: Iterable[Filter]) -> Planned:
        parsed = parse(query)
        if parsed.tree is None:
            return Planned(None, parsed.warnings)
        planned = plan(parsed.tree, Vocabulary(self._engine.frequency, self._engine.passages), level, filters)
        return Planned(planned.plan, (*parsed.warnings, *planned.warnings))

    def _hit(self, number: int, match: Match, asked: tuple[Term | Wild, ...]) -> Hit:
        stored = self._engine.fetch(match.id, highlight.reach(asked))
        text, marks = highlight.marked(stored, asked)
        first = marks[0].start if marks else 0
        return Hit(
            rank=number,
            score=round(match.score, 4),
            path=stored.path,
            title=stored.title,
            passage=stored.number,
            start=stored.start,
            end=stored.start + len(text),
            text=text,
            tier=match.tier,
            line=None if stored.line is None else stored.line + text.count("\n", 0, first),
            highlights=highlight.merged(marks),
            matched=marks,
        )


def _opened(index_dir: Path) -> EmbeddedEngine:
    """The current generation; if a writer replaces it while its files are being opened, the one after."""
    for _ in range(10):
        manifest = generation.read_manifest(index_dir)
        if changed := differences(manifest.analysis, query_parts()):
            raise IndexOutdated(index_dir, changed)
        files = [
            SegmentFiles(generation.segment_folder(index_dir, entry.name), frozenset(entry.deleted))
            for entry in manifest.segments
        ]
        try:
            return EmbeddedEngine(files)
        except (OSError, IndexDamaged) as error:
            broken = error
            if generation.read_manifest(index_dir).generation == manifest.generation:
                break
    raise broken if isinstance(broken, IndexDamaged) else IndexDamaged(index_dir, f"a file of it cannot be read: {broken}")


def _level(match: str) -> Level:
    for level in LEVELS:
        if level == match:
            return level
    raise QueryError(f"{match} is no level of matching; use one of {', '.join(LEVELS)}")


def _filters(path: str | None, lang: str | None) -> list[Filter]:
    filters = [] if path is None else [Filter("path", path)]
    if lang is None:
        return filters
    if (known := language(lang)) is None:
        raise QueryError(f"{lang} is no language known here; use zh-Hans, zh-Hant or en")
    return [*filters, Filter("lang", known)]
