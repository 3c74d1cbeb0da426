"""The engine for many machines: an index in an OpenSearch cluster, opened for searching.

Owns what the table of engines calls, and the promise of a reader; the modules beside it keep the parts of that promise.  What a
plan means in a cluster, `translation` says; how to speak with one, `cluster`.

A reader sees the index as of the last commit before each of its requests, but what words there are, and how often, as of up to
a minute before (`statistics`), and how many passages there are, and how long, as of when it was opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from ...errors import IndexNotFound, IndexOutdated
from ...frozen import replace
from ...generation import FORMAT, FileRecord, Manifest
from ...model import Leaf, Plan, Stored, Term, Words
from ...scripts import is_unspaced
from ..base import Size
from ..scoring import COVERAGE
from . import units
from .cluster import Cluster
from .fetched import Passages
from .found import OpenSearchFound
from .queries import Query, a_term
from .records import FILES, deleted_share, files_below, location_of, remote_manifest
from .requests import Index
from .statistics import DELETED, Statistics
from .translation import Translation

T = TypeVar("T")


def manifest(index_dir: Path, here: Manifest) -> Manifest:
    """What the cluster says of the index that a folder's manifest points to; the sources are those of this machine.

    Raises ClusterProblem, EngineMissing, IndexNotFound, IndexOutdated.
    """
    with Cluster(location_of(here)) as cluster:
        there = remote_manifest(cluster)
    if there is None:
        raise IndexNotFound(str(location_of(here)))
    if there.format != FORMAT:
        raise IndexOutdated(str(location_of(here)), f"format ({there.format}, now {FORMAT})")
    return replace(there, sources=here.sources, encodings=here.encodings, lexicon=here.lexicon, own={**here.own, **there.own})


def opened(index_dir: Path, manifest: Manifest) -> OpenSearchReader:
    """The index in a cluster that a manifest describes; raises ClusterProblem, EngineMissing."""
    return OpenSearchReader(Cluster(location_of(manifest)), manifest)


def files(index_dir: Path, manifest: Manifest) -> dict[str, FileRecord]:
    """The files that this machine has read, by path; raises ClusterProblem."""
    with Cluster(location_of(manifest)) as cluster:
        return files_below(cluster, manifest.own["index"], manifest.sources)


def dictionary(index_dir: Path, manifest: Manifest) -> str:
    """The user's dictionary that the index was made with, "" if none."""
    return str(manifest.own["dictionary"])


def where(manifest: Manifest) -> str:
    """A node of the cluster, and the index's name there."""
    return str(location_of(manifest))


def size(index_dir: Path, manifest: Manifest) -> Size:
    """How large the index is in the cluster, without replicas; raises ClusterProblem."""
    index = manifest.own["index"]
    with Cluster(location_of(manifest)) as cluster:
        stats = cluster.ask("GET", f"/{index},{index}{FILES}/_stats/store,segments", whole=True)["_all"]["primaries"]
        body = {"size": 0, "aggs": {"bytes": {"sum": {"field": "text_bytes"}}}}
        texts = cluster.ask("POST", f"/{index}/_search", body, whole=True)["aggregations"]["bytes"]["value"]
    return Size(stats["store"]["size_in_bytes"], int(texts), stats["segments"]["count"])


class OpenSearchReader:
    """An index in a cluster, opened for searching; see `base.Reader`."""

    def __init__(self, cluster: Cluster, manifest: Manifest) -> None:
        self.passages, self.documents = manifest.passages, manifest.documents
        own = manifest.own
        self._deleted: float = own["deleted"]
        if self._deleted > DELETED:  # merged away by now, perhaps
            self._deleted = deleted_share(cluster, own["index"])
        self._index = Index(cluster, own["index"], own["routings"])
        self._fetched = Passages(self._index)
        self._known = Statistics(self._index, self._fetched, self.passages, max(1.0, own["mean_length"]), self._deleted)

    def close(self) -> None:
        """Close the connections."""
        self._index.cluster.close()

    # -------------------------------------------------------------------------------------- what is there

    def settled(self, work: Callable[[], T]) -> T:
        """What work gives; all frequencies that it asks for are asked of the cluster together, so it may be done again."""
        return self._known.settled(work)

    def frequency(self, word: str) -> int:
        """In how many passages a token is; what is not known yet is guessed while work is being settled."""
        return self._frequency("words", units.term(word))

    def gram_frequency(self, gram: str) -> int:
        """In how many passages a pair of characters, or the surface form of a word, is, deleted ones included."""
        return self._frequency("grams", units.term(gram))

    def _frequency(self, field: str, term: str) -> int:
        return self.settled(lambda: self._known.frequency(field, term))

    def terms(self, field: str, *prefixes: str) -> Iterator[str]:
        """The terms of `words` or `grams` that begin with any of some prefixes, those of deleted passages included."""
        return self._known.terms(field, prefixes)

    # -------------------------------------------------------------------------------------- what is asked

    def search(self, plan: Plan, expected: int = 0) -> OpenSearchFound:
        """Every passage that answers (see `translation`); asked for when somebody wants to know of it."""
        return OpenSearchFound(self._index, self._fetched, self.settled(lambda: Translation(self._known).asked(plan)), expected)

    def count(self, leaf: Leaf) -> tuple[int, int]:
        """In how many passages a leaf is a word by itself, and in how many it is at all."""

        def counted() -> tuple[int, int]:
            having = Translation(self._known).found(leaf).having
            everywhere = self._known.count(self._exactly(having))
            if isinstance(leaf, Words):
                return everywhere, everywhere
            if not (isinstance(leaf, Term) and leaf.word):
                return 0, everywhere
            if leaf.alone or not is_unspaced(leaf.text):
                return everywhere, everywhere
            word = a_term("words", units.term(leaf.text))
            return self._known.count({"bool": {"filter": [word, having]}}), everywhere

        return self.settled(counted)

    def _exactly(self, query: Query) -> Query:
        """The same query, but that its passages are counted without deleted ones, if there are any."""
        return {"bool": {"filter": [query]}} if self._deleted and "term" in query else query

    def score_parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""
        parts = self.settled(lambda: list(Translation(self._known).asked(plan).parts()))
        only = self._fetched.only([passage])
        answers = self._index.search_all(
            [{"query": {"bool": {"must": [query], "filter": [only]}}, "size": 1} for _, _, query in parts]
        )
        scores = [hits[0]["_score"] if (hits := answer["hits"]["hits"]) else None for answer in answers]
        found, total = list[tuple[str, str, float]](), 0.0
        had = [score is not None for (kind, _, _), score in zip(parts, scores, strict=True) if kind == "had"]
        for (kind, of, _), score in zip(parts, scores, strict=True):
            if kind in ("words", "pairs") and score:
                found.append((kind, of, score))
                total += score
        if not all(had):
            found.append(("coverage", "", total * ((sum(had) / len(had)) ** COVERAGE - 1)))
        titles = ((kind, of, score) for (kind, of, _), score in zip(parts, scores, strict=True) if kind == "title" and score)
        return [*found, *titles]

    # -------------------------------------------------------------------------------------- passages

    def passage_of(self, passage: int) -> tuple[str, int]:
        """The path of a passage's document, and the passage's number in it, from 1."""
        return self._fetched.place(passage)

    def passages_of(self, path: str) -> range:
        """The passages of the document with a path, none if there is no such document."""
        return self._fetched.of_document(path)

    def expect(self, passages: Iterable[int], around: int) -> None:
        """Ask at once for what is beside passages that will be fetched one by one, if they do not have enough around them."""
        self._fetched.expect(passages, around)

    def fetch(self, passage: int, around: int = 0) -> Stored:
        """A passage with its texts, and `around` code points of context on each side."""
        row = self._fetched.row(passage)
        before, after = self._fetched.around(row, around)
        return Stored(row.path, row.title, row.number, row.start, row.text, before, after, row.line)

    def folded(self, passage: int) -> str:
        """The folded text of a passage, with what the white space behind it folds to."""
        return self._fetched.row(passage).folded
