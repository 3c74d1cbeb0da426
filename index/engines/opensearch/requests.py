"""What is asked of an index in a cluster, a request for each method: searches, counts, frequencies, terms.

Owns the requests of reading and how many things are asked in one; knows neither plans nor passages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .cluster import Cluster, problem
from .queries import Query, all_of

PAGE = 1000
"""So many passages, or terms, are asked for at once where all are wanted."""

TOGETHER = 256
"""The terms that begin with any of so many prefixes are asked for at once: of two characters each."""

SAID = 64
"""By so many characters of it a term is said after which others come: what is said grows with the square of that."""


class Index:
    """An index of a generation, asked through a connection; `routings` has for each shard what leads a request to it."""

    def __init__(self, cluster: Cluster, name: str, routings: Sequence[str]) -> None:
        self.cluster, self._name, self._routings = cluster, name, routings

    def ask(self, what: str, body: object, **params: Any) -> Any:
        """The answer to a request; raises ClusterProblem, also if it is not whole."""
        return self.cluster.ask("POST", f"/{self._name}/{what}", body, whole=True, **params)

    def found(self, body: dict[str, Any]) -> dict[str, Any]:
        """What a search finds."""
        answer: dict[str, Any] = self.ask("_search", body, allow_partial_search_results="false")
        return answer

    def search_all(self, bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers to several searches, in one request; those without a size only count."""
        if len(bodies) < 2:
            return [self.found({"size": 0, "track_total_hits": True} | body) for body in bodies]
        lines = [json.dumps(part) for body in bodies for part in ({}, {"size": 0, "track_total_hits": True} | body)]
        answers: list[dict[str, Any]] = self.ask("_msearch", "\n".join(lines) + "\n")["responses"]
        return answers

    def all_hits(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """All hits of a search; no two of them may be equal by its `sort`."""
        return hits_of(self.cluster, self._name, body)

    def counts(self, queries: Sequence[Query]) -> list[int]:
        """How many passages each of some queries finds, in one request."""
        return [answer["hits"]["total"]["value"] for answer in self.search_all([{"query": all_of([q])} for q in queries])]

    def frequencies(self, terms: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """In how many passages terms are, given as (field, term): one request for all, whatever the fields.

        The document of these terms is nowhere; each shard says how many it has that have one of them.
        """
        document: dict[str, str] = {}
        for field, term in terms:
            document[field] = f"{document.get(field, '')} {term}"
        unwanted = dict.fromkeys(("positions", "offsets", "payloads", "field_statistics"), False)
        asked = {"doc": document, "term_statistics": True, **unwanted}
        answer = self.ask("_mtermvectors", {"docs": [asked | {"routing": each} for each in self._routings] or [asked]})
        counts: dict[tuple[str, str], int] = {}
        for shard in answer["docs"]:
            for field, found in shard.get("term_vectors", {}).items():
                for term, known in found["terms"].items():
                    counts[field, term] = counts.get((field, term), 0) + known.get("doc_freq", 0)
        return counts

    def terms(self, field: str, prefixes: Iterable[str]) -> Iterator[str]:
        """The terms of `words` or `grams` that begin with any of some prefixes; those of deleted passages included.

        Some come twice; of many that begin with the same `SAID` characters some do not come at all.

        There is no request for them; but a query for what they begin with is rewritten into one for the first of them, and that
        is shown.
        """
        left = _shortest(prefixes)
        while left:
            some, left = left[:TOGETHER], left[TOGETHER:]
            beginnings, last = list(map(_quoted, some)), ""
            while beginnings:
                pattern = {"value": f"({'|'.join(beginnings)}).*", "flags": "NONE", "rewrite": f"top_terms_{PAGE}"}
                shards = [_terms_shown(field, shown) for shown in self._rewritten({"regexp": {field: pattern}})]
                full = [found[-1] for found in shards if len(found) >= PAGE]
                found = sorted({term for each in shards for term in each if not full or term <= min(full)})
                yield from (term for term in found if term[:1].isalnum())  # a shard without passages shows the pattern itself
                if not full:
                    break
                before, last = last, min(full)[: max(SAID, *map(len, some))]
                beginnings = [*_beyond(some, last), *([] if last == before else [f"{_quoted(last)}."])]

    def _rewritten(self, query: Query) -> list[str]:
        """A query as each shard shows it; raises ClusterError if it is none."""
        answer = self.ask("_validate/query", {"query": query}, rewrite="true", all_shards="true")
        if not answer["valid"]:
            why = next((each["error"] for each in answer["explanations"] if "error" in each), "the query is not valid")
            raise problem(str(self.cluster.location), 400, {"error": why})
        return [each["explanation"] for each in answer["explanations"]]


def hits_of(cluster: Cluster, index: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
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


def _terms_shown(field: str, explanation: str) -> list[str]:
    """The terms of a field in a query as it is shown: `words:芯 words:芯片`."""
    sign = f"{field}:"
    return sorted(each.removeprefix(sign) for each in explanation.split(" ") if each.startswith(sign))


def _shortest(prefixes: Iterable[str]) -> list[str]:
    """Prefixes in order, without those that begin with another one."""
    found = list[str]()
    for prefix in sorted(prefixes):
        if not (found and prefix.startswith(found[-1])):
            found.append(prefix)
    return found


def _beyond(prefixes: Iterable[str], last: str) -> Iterator[str]:
    """What terms begin with that begin with a prefix, but not with `last`, and come after it, as regular expressions."""
    for prefix in prefixes:
        if last.startswith(prefix):
            places = (at for at in range(len(prefix), len(last)) if ord(last[at]) < 0x10FFFF)
            yield from (f"{_quoted(last[:at])}[{_quoted(chr(ord(last[at]) + 1))}-\U0010ffff]" for at in places)
        elif prefix > last:
            yield _quoted(prefix)


def _quoted(text: str) -> str:
    return "".join(each if each.isalnum() else f"\\{each}" for each in text)
