"""The engine for many machines: an index in an OpenSearch cluster, opened for searching.

Owns what is asked of the cluster and in how many requests: statistics for many words at once, then the best passages with their
texts.  What a plan means there, `translation` says; how to speak with a cluster, `cluster`.

Numbers of passages are given out as they are seen, those of a document in one range.  A reader sees the index as of the last
commit before each of its requests, but how many passages there are, and how long, as of when it was opened.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ClusterAddress, IndexDamaged, IndexNotFound, IndexOutdated, QueryError
from ..frozen import frozen, replace
from ..generation import FORMAT, FileRecord, Manifest
from ..model import WILD_GAP, Leaf, Match, Near, Plan, Stored, Term, Wild, Words
from ..patterns import as_typed, in_folded, nfc
from ..scripts import is_unspaced
from . import units
from .base import Size
from .cluster import ENGINE, Cluster, Location
from .scoring import COVERAGE, ENOUGH
from .translation import EVERYTHING, NOTHING, Asked, Query, Translation, a_term, all_of, any_of, constant

CONTEXT = 168
"""So many code points of what is around a passage are stored with it; who wants more asks for its neighbours, too."""

PAGE = 1000
"""So many passages, or terms, are asked for at once where all are wanted."""

LOOKED_AT = 50_000
"""In the texts of so many passages something is sought at the most that the cluster's terms do not tell."""

EXACT = 40_000
"""Up to so many documents are counted exactly, or nearly so; of more, the count is an estimate (HyperLogLog++)."""

DELETED = 0.01
"""If this share of the passages that are there is deleted, or less, terms are counted with them, which is soonest."""

KEPT = ("path", "number", "start", "stored")
"""What of a passage is asked for again."""

COUNTING: Query = {
    "track_total_hits": True,
    "aggs": {"documents": {"cardinality": {"field": "document", "precision_threshold": EXACT}}},
}
"""What is said in a search to know how many passages and documents there are."""

T = TypeVar("T")


FILES = "-files"
"""What the name of a generation's index with its manifest and the records of its files ends in."""


# ------------------------------------------------------------------------------------------ what the engine's table calls


def location_of(here: Manifest) -> Location:
    """Where the cluster is, by the manifest that is kept in a folder; raises ClusterAddress if it does not say."""
    if not here.own:
        raise ClusterAddress("no --url", "the engine opensearch needs to know where its cluster is")
    return Location(tuple(here.own["urls"]), here.own["name"])


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


def remote_manifest(cluster: Cluster) -> Manifest | None:
    """What the cluster says of the generation that answers; None if there is none.  `own` has what only this engine knows."""
    name = cluster.location.name
    found = cluster.ask("GET", f"/{name}{FILES}/_doc/manifest", absent={})
    if not found.get("found"):
        return None
    kept, index = found["_source"]["manifest"], found["_index"].removesuffix(FILES)
    own = {key: kept[key] for key in ("mean_length", "routings", "deleted", "machines", "dictionary")}
    return Manifest(
        generation=int(index.removeprefix(f"{name}-")),
        engine=ENGINE,
        own=own | {"index": index},
        **{key: kept[key] for key in ("format", "analysis", "created", "documents", "passages")},
    )


def files_below(cluster: Cluster, index: str, roots: Iterable[str]) -> dict[str, FileRecord]:
    """What is known in a generation of the files below some paths."""
    below: list[Query] = []
    for root in map(units.storable, roots):
        below += [a_term("path", root), {"prefix": {"path": root.rstrip("/") + "/"}}]
    hits = all_hits(cluster, f"{index}{FILES}", {"query": constant(any_of(below), 1.0), "sort": ["path"]})
    records = (_record(index, hit["_source"]) for hit in hits)
    return {record.path: record for record in records}


def _record(index: str, source: dict[str, Any]) -> FileRecord:
    """What is known of a file; if its passages were being written, how many there may be, and that it is to be read again."""
    kept = source["record"]
    values: list[Any] = [units.restored(each) if isinstance(each, str) else each for each in kept.get("of", ())]
    known = FileRecord(*values) if values else None
    if "writing" not in kept and known:
        return known
    most = max(kept["writing"], known.document if known else 0)
    return FileRecord(units.restored(source["path"]), -1, -1, segment=index, document=most)


def all_hits(cluster: Cluster, index: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All hits of a search, a page at a time; no two of them may be equal by its `sort`.

    Each page is asked for by the last hit of the one before, so that it can be asked for again, of another node.
    """
    asked = {"size": PAGE, "track_total_hits": False} | body
    while True:
        answer = cluster.ask("POST", f"/{index}/_search", asked, whole=True, allow_partial_search_results="false")
        hits = answer["hits"]["hits"]
        yield from hits
        if len(hits) < PAGE:
            return
        asked["search_after"] = hits[-1]["sort"]


# ------------------------------------------------------------------------------------------ passages


def document_of(path: str) -> int:
    """The number of a document, by its path: 64 bits, signed."""
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def id_of(document: int, number: int) -> str:
    """The name of a passage in the cluster: whoever writes it again writes the same one."""
    return f"{document % 2**64:016x}-{number}"


@frozen
class Row:
    """A passage as the cluster keeps it; `of` is how many its document has."""

    path: str
    number: int
    of: int
    start: int
    title: str
    text: str
    before: str
    after: str
    folded: str
    line: int | None

    @property
    def id(self) -> str:
        """Its name in the cluster."""
        return id_of(document_of(self.path), self.number)


def _row(source: dict[str, Any]) -> Row:
    kept = source["stored"]
    title, text, before, after, folded = map(
        units.restored, (kept["title"], kept["text"], kept["before"], kept["after"], kept["folded"])
    )
    return Row(
        units.restored(source["path"]),
        source["number"],
        kept["of"],
        source["start"],
        title,
        text,
        before,
        after,
        folded,
        kept["line"] or None,
    )


class Numbers:
    """The numbers of passages: those of a document are one range, given out when it is first seen."""

    def __init__(self) -> None:
        self._ranges: dict[tuple[str, int], int] = {}
        self._starts, self._documents = list[int](), list[tuple[str, int]]()
        self._next = 0

    def of_document(self, path: str, passages: int) -> range:
        """The numbers of a document's passages; others if it has become longer or shorter."""
        key = path, passages
        if key not in self._ranges:
            self._ranges[key] = self._next
            self._starts.append(self._next)
            self._documents.append(key)
            self._next += passages
        first = self._ranges[key]
        return range(first, first + passages)

    def of(self, row: Row) -> int:
        """The number of a passage."""
        return self.of_document(row.path, row.of)[row.number - 1]

    def passage(self, number: int) -> tuple[str, int]:
        """Path of the document and number in it, from 1, of a passage."""
        at = bisect_right(self._starts, number) - 1
        return self._documents[at][0], number - self._starts[at] + 1


class Statistics:
    """How many passages have what, as far as that is known; what is `missing` is found out at once for all that was asked.

    What is not known yet is taken to be in one passage: whoever asked then asks again.
    """

    def __init__(self, reader: OpenSearchReader) -> None:
        self._reader = reader
        self.passages, self.mean_length = reader.passages, reader.mean_length
        self._frequencies: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = {}
        self._holding: dict[tuple[Leaf, str], Query] = {}
        self._missing_terms: set[tuple[str, str]] = set()
        self._missing: dict[str, Query] = {}
        self._unseen: dict[tuple[Leaf, str], Query] = {}
        self._guesses, self._depth = 0, 0
        self._settled, self._place, self._round = dict[int, Any](), 0, 0

    def frequency(self, field: str, term: str) -> int:
        """In how many passages a term is, deleted ones that are still there included."""
        known = self._frequencies.get((field, term))
        if known is None:
            self._missing_terms.add((field, term))
            self._guesses += 1
            return 1
        return min(known, self.passages)  # others may have added some

    def count(self, query: Query) -> int:
        """How many passages a query finds; if it is a term, deleted ones that are still there included."""
        if query is EVERYTHING:
            return self.passages
        if query is NOTHING:
            return 0
        if "term" in query:
            ((field, term),) = query["term"].items()
            return self.frequency(field, term)
        key = json.dumps(query)
        if key not in self._counts:
            self._missing[key] = query
            self._guesses += 1
        return min(self._counts.get(key, 1), self.passages)

    def holding(self, leaf: Leaf, query: Query) -> Query:
        """Those of the passages that a query finds in whose texts a leaf begins."""
        if query is NOTHING:
            return NOTHING
        key = leaf, json.dumps(query)
        if key not in self._holding:
            self._unseen[key] = query
            self._guesses += 1
        return self._holding.get(key, NOTHING)

    def settled(self, work: Callable[[], T]) -> T:
        """What work gives when it knows all it asks.

        Of work inside other work, what it gives now, for that is done again; but not what comes before the first guess.
        """
        if self._depth:
            return self._inside(work)
        self._settled.clear()
        self._depth = 1
        try:
            while True:
                self._place, self._round = 0, self._guesses
                result = work()
                if self._guesses == self._round:
                    return result
                self._find_out()
        finally:
            self._depth = 0

    def _inside(self, work: Callable[[], T]) -> T:
        """Work at a place in other work, done only once if nothing was guessed until then; what is inside it has no place."""
        if self._depth > 1:
            return work()
        self._place += 1
        if (place := self._place) not in self._settled:
            self._depth = 2
            try:
                result = work()
            finally:
                self._depth = 1
            if self._guesses > self._round:
                return result
            self._settled[place] = result
        return self._settled[place]  # type: ignore[no-any-return]  # what this work gave

    def _find_out(self) -> None:
        terms, self._missing_terms = self._missing_terms, set()
        missing, self._missing = self._missing, {}
        unseen, self._unseen = self._unseen, {}
        # What queries there are to be counted depends on terms, and which passages are looked at on both.
        if terms and self._reader.deleted <= DELETED:
            frequencies = self._reader.frequencies(terms)
            self._frequencies.update({term: frequencies.get(term, 0) for term in terms})
        elif terms:
            self._frequencies.update(zip(terms, self._reader.counts([a_term(*term) for term in terms]), strict=True))
        elif missing:
            self._counts.update(zip(missing, self._reader.counts(list(missing.values())), strict=True))
        else:
            for (leaf, key), query in unseen.items():
                self._holding[leaf, key] = self._reader.holding(leaf, query)


class OpenSearchReader:
    """An index in a cluster, opened for searching; see `base.Reader`."""

    def __init__(self, cluster: Cluster, manifest: Manifest) -> None:
        self._cluster = cluster
        self._index: str = manifest.own["index"]
        self._routings: list[str] = manifest.own["routings"]
        self.passages, self.documents = manifest.passages, manifest.documents
        self.deleted: float = manifest.own["deleted"]
        self.mean_length: float = max(1.0, manifest.own["mean_length"])
        self._numbers, self._rows = Numbers(), dict[int, Row]()
        self._known = Statistics(self)
        self._terms: dict[tuple[str, str], list[str]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._cluster.close()

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

    def frequencies(self, terms: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """In how many passages terms are, given as (field, term): one request for all, whatever the fields.

        The document of these terms is nowhere; each shard says how many it has that have one of them.
        """
        document: dict[str, str] = {}
        for field, term in terms:
            document[field] = f"{document.get(field, '')} {term}"
        unwanted = dict.fromkeys(("positions", "offsets", "payloads", "field_statistics"), False)
        asked = {"doc": document, "term_statistics": True, **unwanted}
        answer = self._ask("_mtermvectors", {"docs": [asked | {"routing": each} for each in self._routings] or [asked]})
        counts: dict[tuple[str, str], int] = {}
        for shard in answer["docs"]:
            for field, found in shard.get("term_vectors", {}).items():
                for term, known in found["terms"].items():
                    counts[field, term] = counts.get((field, term), 0) + known.get("doc_freq", 0)
        return counts

    def counts(self, queries: Sequence[Query]) -> list[int]:
        """How many passages each of some queries finds, in one request."""
        return [answer["hits"]["total"]["value"] for answer in self.search_all([{"query": all_of([q])} for q in queries])]

    def terms(self, field: str, prefix: str = "") -> Iterator[str]:
        """The terms of `words` or `grams` that begin with a prefix, in order; those of deleted passages included.

        There is no request for them; but the query for a prefix is rewritten into one for its first terms, and that is shown.
        """
        if (field, prefix) not in self._terms:
            self._terms[field, prefix] = list(self._terms_asked(field, prefix))
        return iter(self._terms[field, prefix])

    def _terms_asked(self, field: str, prefix: str) -> Iterator[str]:
        query: Query = {"prefix": {field: {"value": prefix, "rewrite": f"top_terms_{PAGE}"}}}
        while True:
            answer = self._ask("_validate/query", {"query": query}, rewrite="true", all_shards="true")
            shards = [_terms_shown(field, each["explanation"]) for each in answer.get("explanations", ())]
            full = [found[-1] for found in shards if len(found) >= PAGE]
            found = sorted({term for each in shards for term in each if not full or term <= min(full)})
            # A shard without passages shows the query itself.
            yield from (term for term in found if term[0].isalnum() and term != f"{prefix}*")
            if not full:
                return
            after = {"value": _behind(prefix, min(full)), "flags": "NONE", "rewrite": f"top_terms_{PAGE}"}
            query = {"regexp": {field: after}}

    # -------------------------------------------------------------------------------------- what is asked

    def search(self, plan: Plan, expected: int = 0) -> OpenSearchFound:
        """Every passage that answers (see `translation`); asked for when somebody wants to know of it."""
        return OpenSearchFound(self, self.settled(lambda: Translation(self._known).asked(plan)), expected)

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
        return {"bool": {"filter": [query]}} if self.deleted and "term" in query else query

    def score_parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""
        parts = self.settled(lambda: list(Translation(self._known).asked(plan).parts()))
        only = self.only([passage])
        answers = self.search_all(
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

    def place(self, passage: int) -> tuple[str, int]:
        """Path and offset of a passage: a stable order among equals."""
        row = self._row(passage)
        return row.path, row.start

    def passage_of(self, passage: int) -> tuple[str, int]:
        """The path of a passage's document, and the passage's number in it, from 1."""
        return self._numbers.passage(passage)

    def passages_of(self, path: str) -> range:
        """The passages of the document with a path, none if there is no such document."""
        found = self.rows(all_of([a_term("path", units.storable(path)), {"term": {"number": 1}}]), 1)
        return self._numbers.of_document(path, found[0].of) if found else range(0)

    def expect(self, passages: Iterable[int], around: int) -> None:
        """Ask at once for what is beside passages that will be fetched one by one, if they do not have enough around them."""
        if around <= CONTEXT:
            return
        wanted = dict[int, tuple[str, int]]()
        for passage in passages:
            row = self._row(passage)
            for step, is_more in ((-1, len(row.before) == CONTEXT), (1, len(row.after) == CONTEXT)):
                if is_more and 1 <= row.number + step <= row.of and passage + step not in self._rows:
                    wanted[passage + step] = row.path, row.number + step
        self._fetched(wanted.values())

    def fetch(self, passage: int, around: int = 0) -> Stored:
        """A passage with its texts, and `around` code points of context on each side."""
        row = self._row(passage)
        before, after = self._around(row, around)
        return Stored(row.path, row.title, row.number, row.start, row.text, before, after, row.line)

    def folded(self, passage: int) -> str:
        """The folded text of a passage, with what the white space behind it folds to."""
        return self._row(passage).folded

    def _row(self, passage: int) -> Row:
        if passage not in self._rows:
            self._fetched([self._numbers.passage(passage)])
        if passage not in self._rows:
            path, number = self._numbers.passage(passage)
            raise IndexDamaged(
                str(self._cluster.location), f"passage {number} of {path} is gone", "it was changed; search again"
            )
        return self._rows[passage]

    def _fetched(self, wanted: Iterable[tuple[str, int]]) -> list[Row]:
        """Passages by path of the document and number in it, those that are there."""
        ids = [id_of(document_of(path), number) for path, number in wanted]
        answer = self._ask("_mget", {"ids": ids}, realtime="false", _source_includes=",".join(KEPT)) if ids else {"docs": ()}
        return [self.seen(each["_source"])[1] for each in answer["docs"] if each.get("found")]

    def seen(self, source: dict[str, Any]) -> tuple[int, Row]:
        """A passage as it came from the cluster, and its number; what comes is kept."""
        row = _row(source)
        number = self._numbers.of(row)
        if len(self._rows) >= 10 * PAGE and number not in self._rows:
            self._rows.clear()
        self._rows[number] = row
        return number, row

    def _beside(self, row: Row, step: int) -> Row | None:
        """The passage before (-1) or behind (1) another one in its document; None if it is gone."""
        number = self._numbers.of(row) + step
        if number not in self._rows:
            self._fetched([(row.path, row.number + step)])
        return self._rows.get(number)

    def _around(self, row: Row, around: int) -> tuple[str, str]:
        """What is before and behind a passage, so many code points of the document's text."""
        before, after, first, last = row.before, row.after, row, row
        while len(before) < min(around, row.start) and first.number > 1 and (found := self._beside(first, -1)):
            first = found
            missing = row.start - len(before) - (first.start - len(first.before))
            before = (first.before + first.text + first.after)[: max(0, missing)] + before
        # Where less is stored, the document ends.
        while len(after) < around and len(last.after) == CONTEXT and last.number < row.of and (found := self._beside(last, 1)):
            last = found
            beyond = row.start + len(row.text) + len(after) - (last.start - len(last.before))
            after += (last.before + last.text + last.after)[beyond:]
        return before[max(0, len(before) - around) :], after[:around]

    # -------------------------------------------------------------------------------------- looking at texts

    def holding(self, leaf: Leaf, query: Query) -> Query:
        """Those of the passages that a query finds in whose texts a leaf begins, as a query; raises QueryError for too many."""
        if self.counts([query])[0] > LOOKED_AT:
            what = f"more than {LOOKED_AT:,} passages would have to be read to tell which have {leaf.typed}"
            raise QueryError(f"{what}; add a word, or leave that one out")
        ids = [row.id for row in self._scanned(query) if self._begins(leaf, row)]
        return {"ids": {"values": ids}} if ids else NOTHING

    def _begins(self, leaf: Leaf, row: Row) -> bool:
        """Whether an occurrence of a leaf begins in a passage."""
        if isinstance(leaf, Near):
            return any(True for _ in in_folded(leaf, row.folded))
        if isinstance(leaf, Term) and leaf.exact:
            typed = nfc(leaf.typed)
            before, after = map(nfc, self._around(row, 2 * len(typed) + 4))
            text = nfc(row.text)
            end = len(before) + len(text)
            return any(at < end for at, _ in as_typed(typed, before + text + after, len(before)))
        reach = sum(len(part) + WILD_GAP for part in leaf.parts) if isinstance(leaf, Wild) else len(str(leaf))
        before = row.before[-1:]  # what begins before a passage that a long word goes on in is not its own
        text, last, start = before + row.folded, row, len(before)
        end = len(text)
        if any(start <= at and beyond < end for at, beyond in in_folded(leaf, text, start)):
            return True
        while len(text) < end + reach and last.number < row.of and (found := self._beside(last, 1)):
            last = found
            text += last.folded
        return any(start <= at < end for at, _ in in_folded(leaf, text, start))

    # -------------------------------------------------------------------------------------- requests

    def _ask(self, what: str, body: object, **params: Any) -> Any:
        return self._cluster.ask("POST", f"/{self._index}/{what}", body, whole=True, **params)

    def found(self, body: dict[str, Any]) -> dict[str, Any]:
        """What a search finds."""
        answer: dict[str, Any] = self._ask("_search", body, allow_partial_search_results="false")
        return answer

    def search_all(self, bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers to several searches, in one request; those without a size only count."""
        if len(bodies) < 2:
            return [self.found({"size": 0, "track_total_hits": True} | body) for body in bodies]
        lines = [json.dumps(part) for body in bodies for part in ({}, {"size": 0, "track_total_hits": True} | body)]
        answers: list[dict[str, Any]] = self._ask("_msearch", "\n".join(lines) + "\n")["responses"]
        return answers

    def rows(self, query: Query, limit: int) -> list[Row]:
        """Some of the passages that a query finds."""
        return [
            self.seen(hit["_source"])[1] for hit in self.found({"query": query, "size": limit, "_source": KEPT})["hits"]["hits"]
        ]

    def _scanned(self, query: Query) -> Iterator[Row]:
        """All passages that a query finds."""
        return (
            self.seen(hit["_source"])[1]
            for hit in self.all_hits({"query": constant(query, 1.0), "sort": ["path", "start"], "_source": KEPT})
        )

    def all_hits(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """All hits of a search; no two of them may be equal by its `sort`."""
        return all_hits(self._cluster, self._index, body)

    def only(self, passages: Iterable[int]) -> Query:
        """The passages with some numbers, as a query."""
        places = map(self._numbers.passage, passages)
        return {"ids": {"values": [id_of(document_of(path), number) for path, number in places]}}


class OpenSearchFound:
    """The passages that answer a plan; see `base.Found`.

    If `ENOUGH` passages have all that is wanted, these alone are the `matching` ones.  Whether that is so is presumed until it
    is known: so the best, and how many there are, are asked for at once, and once more if it was wrong (one query in ten).
    """

    def __init__(self, reader: OpenSearchReader, asked: Asked, expected: int) -> None:
        self._reader, self._asked, self._expected = reader, asked, expected
        self._may_be_enough = asked.wanted > 1 and asked.at_most >= ENOUGH
        self._matching = asked.complete if self._may_be_enough and asked.by_chance >= ENOUGH else asked.some
        self._answers: dict[int, list[Match]] = {}
        self._complete, self._total, self._documents = -1, -1, -1

    def __len__(self) -> int:
        self._count()
        return self._total

    @property
    def count_complete(self) -> int:
        """How many have all that is wanted."""
        self._count()
        return self._complete

    def __iter__(self) -> Iterator[Match]:
        """Every match, in no order."""
        return iter(self.among_best(0))

    @property
    def documents(self) -> int:
        """In how many documents they are."""
        self._count()
        return self._documents

    def among(self, passages: Iterable[int]) -> Collection[int]:
        """Those among some passages that answer."""
        self._count()
        return self._those(passages, self._matching)

    def complete_among(self, passages: Iterable[int]) -> Collection[int]:
        """Those among some passages that have all that is wanted."""
        return self._those(passages, self._asked.complete)

    def _those(self, passages: Iterable[int], query: Query) -> list[int]:
        numbers, found = iter(passages), list[int]()
        while some := list(islice(numbers, PAGE)):
            body = {"query": all_of([self._reader.only(some), query]), "size": PAGE, "_source": KEPT}
            found += [self._reader.seen(hit["_source"])[0] for hit in self._reader.found(body)["hits"]["hits"]]
        return found

    def among_best(self, limit: int) -> list[Match]:
        """The best `limit` matches (0: all); of those as good as the last the cluster gives the first by place."""
        if not 0 < limit <= PAGE and limit not in self._answers:
            self._count()
            self._answers[limit] = self._all(limit)
        while limit not in self._answers:
            presumed, best = self._matching, self._best(limit)
            if self._matching is presumed:
                self._answers[limit] = best
        return self._answers[limit]

    def _best(self, limit: int) -> list[Match]:
        """The best passages, sought first where they are likely to be: among those that have all that is wanted, or nearly so.

        The others are looked at if one of them may be better than the last that was found.
        """
        asked, matching = self._asked, self._matching
        if matching is asked.complete:
            return self._look(limit, matching)
        has_some = 0 <= self._complete < limit or (self._complete < 0 and asked.by_chance < limit)
        count = asked.wanted - has_some
        while count > 1:
            found = self._look(limit, asked.having(count))
            last = found[-1].score if len(found) == limit else 0.0
            if asked.others(count) < last or self._matching is not matching:
                return found
            count = max(1, min(count - 1, next(less for less in range(count, 0, -1) if less == 1 or asked.others(less) < last)))
        return self._look(limit, matching)

    def _body(self, among: Query) -> dict[str, Any]:
        return {
            "query": self._asked.scored(EVERYTHING if among is self._asked.some else among),
            "_source": KEPT,
            "sort": ["_score", {"path": "asc"}, {"start": "asc"}],
            "track_scores": True,
        }

    def _look(self, limit: int, among: Query) -> list[Match]:
        """The best passages among some; and how many there are in all, if that is not known yet."""
        body = self._body(among) | {"size": limit, "track_total_hits": False}
        if self._total >= 0:
            (best,) = self._reader.search_all([body])
        elif among is self._matching:
            best, *others = self._reader.search_all([body | COUNTING, *self._counting()[1:]])
            self._counted([best, *others])
        else:
            best, *counts = self._reader.search_all([body, *self._counting()])
            self._counted(counts)
        return list(map(self._match, best["hits"]["hits"]))

    def _count(self) -> None:
        """Find out how many there are; with the best, if they are expected to be asked for."""
        while self._total < 0:
            if 0 < self._expected <= PAGE:
                self.among_best(self._expected)
            else:
                self._counted(self._reader.search_all(self._counting()))

    def _counting(self) -> list[dict[str, Any]]:
        """The searches that count those presumed to match, and those that have all that is wanted if these are others."""
        matching = {"query": all_of([self._matching]), "size": 0} | COUNTING
        has_others = self._complete < 0 and self._asked.wanted > 1 and self._matching is not self._asked.complete
        return [matching, {"query": all_of([self._asked.complete])}] if has_others else [matching]

    def _counted(self, answers: Sequence[dict[str, Any]]) -> None:
        """Take over what the searches that count have counted, unless it was presumed wrongly what matches."""
        total = answers[0]["hits"]["total"]["value"]
        if self._complete < 0:
            self._complete = answers[-1]["hits"]["total"]["value"]
        are_enough = self._may_be_enough and self._complete >= ENOUGH
        matching = self._asked.complete if are_enough else self._asked.some
        if matching is self._matching:
            self._total, self._documents = total, answers[0]["aggregations"]["documents"]["value"]
        self._matching = matching

    def _all(self, limit: int) -> list[Match]:
        """All matches in order, or the first of them."""
        hits = self._reader.all_hits(self._body(self._matching))
        return list(map(self._match, islice(hits, limit) if limit else hits))

    def _match(self, hit: dict[str, Any]) -> Match:
        number, _ = self._reader.seen(hit["_source"])
        return Match(number, *self._asked.scale.match(hit["_score"]))


def _terms_shown(field: str, explanation: str) -> list[str]:
    """The terms of a field in a query as it is shown: `words:芯 words:芯片`."""
    sign = f"{field}:"
    return sorted(each.removeprefix(sign) for each in explanation.strip("()").split(" ") if each.startswith(sign))


def _behind(prefix: str, last: str) -> str:
    """What terms are that begin with a prefix and come after one that does, in Lucene's language of regular expressions."""
    places = (at for at in range(len(prefix), len(last)) if ord(last[at]) < 0x10FFFF)
    others = (f"{_quoted(last[:at])}[{_quoted(chr(ord(last[at]) + 1))}-\U0010ffff].*" for at in places)
    return "|".join([f"{_quoted(last)}.+", *others])


def _quoted(text: str) -> str:
    return "".join(each if each.isalnum() else f"\\{each}" for each in text)
