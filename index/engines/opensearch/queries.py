"""The queries of OpenSearch that plans are made of, as values of JSON.

Owns their shapes and how a condition on documents is said; knows neither plans' scores nor a connection.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from ...model import Filter
from ...texts import LANGUAGES
from . import units

Query: TypeAlias = dict[str, Any]
"""A query of OpenSearch's, as its JSON is."""

_CLAUSES = frozenset(("term", "match_phrase", "ids", "prefix", "wildcard", "regexp", "terms"))

NOTHING: Query = {"match_none": {}}
EVERYTHING: Query = {"match_all": {}}


def any_of(queries: Iterable[Query]) -> Query:
    """What any of some queries finds; scores are sums."""
    found = [query for query in queries if query is not NOTHING]
    return found[0] if len(found) == 1 else {"bool": {"should": found}} if found else NOTHING


def all_of(queries: Iterable[Query], without: Sequence[Query] = ()) -> Query:
    """What all of some queries find, and none of others; without scores."""
    found = [query for query in queries if query is not EVERYTHING]
    if not (found or without):
        return EVERYTHING
    return found[0] if len(found) == 1 and not without else {"bool": {"filter": found, "must_not": list(without)}}


def best_of(queries: Iterable[Query]) -> Query:
    """What any of some queries finds; the highest score counts."""
    found = [query for query in queries if query is not NOTHING]
    return found[0] if len(found) == 1 else {"dis_max": {"queries": found}} if found else NOTHING


def at_least(count: int, queries: Sequence[Query]) -> Query:
    """What so many of some queries find; without scores."""
    found = [query for query in queries if query is not NOTHING]
    if count == 1 or len(found) < count:
        return any_of(found) if count == 1 else NOTHING
    return all_of(found) if count == len(found) else {"bool": {"should": found, "minimum_should_match": count}}


def constant(query: Query, score: float) -> Query:
    """What a query finds, with one score for all."""
    return NOTHING if query is NOTHING else {"constant_score": {"filter": query, "boost": score}}


def scripted(query: Query, source: str, **params: float) -> Query:
    """What a query finds, with what a script makes of its scores."""
    if query is NOTHING:
        return NOTHING
    return {"script_score": {"query": query, "script": {"source": source, "params": params}}}


def a_term(field: str, text: str) -> Query:
    """The passages that have a term, scored by how often."""
    return {"term": {field: text}}


def in_row(field: str, terms: Sequence[str]) -> Query:
    """The passages that have some terms in a row, scored by how often.

    The similarity is asked once for each of the terms, hence the boost.
    """
    if len(terms) == 1:
        return a_term(field, terms[0])
    return {"match_phrase": {field: {"query": " ".join(terms), "boost": 1 / len(terms)}}}


def clauses(query: Any) -> int:
    """How many clauses Lucene counts in a query: what is no combination of others."""
    if isinstance(query, list):
        return sum(map(clauses, query))
    if not isinstance(query, dict):
        return 0
    return sum(1 if kind in _CLAUSES else clauses(what) for kind, what in query.items())


def terms_of(query: Query) -> Iterator[tuple[str, str]]:
    """The (field, term) pairs of a query for a term or for terms in a row."""
    for kind, asked in query.items():
        for field, what in asked.items():
            if kind == "term":
                yield field, what
            elif kind == "match_phrase":
                yield from ((field, each) for each in what["query"].split(" "))


def alternatives(query: Query) -> Iterator[Query]:
    """The queries of which any may be met."""
    if list(query.get("bool", ())) == ["should"]:
        for each in query["bool"]["should"]:
            yield from alternatives(each)
    else:
        yield query


def condition(asked: Filter) -> Query:
    """The passages of the documents that meet a condition."""
    match asked.field:
        case "title":
            return {"wildcard": {"folded_title": {"value": f"*{_escaped(asked.value)}*"}}}
        case "path":
            globs = [asked.value] if asked.value.startswith("/") else [asked.value, f"*/{asked.value}"]
            return {"regexp": {"path": {"value": "|".join(map(_regexp, globs)), "flags": "NONE"}}}
        case "lang":
            named = [name for name in LANGUAGES if name.split("-")[0] == asked.value]
            return {"terms": {"language": [asked.value, "zh"] if asked.value.startswith("zh-") else named}}


def _escaped(text: str) -> str:
    return "".join(each if each.isalnum() else f"\\{each}" for each in units.storable(text))


def _regexp(glob: str) -> str:
    """A shell-style pattern, as `fnmatch` reads it, in Lucene's language."""
    found, at = "", 0
    while at < len(glob):
        sign, at = glob[at], at + 1
        end = glob.find("]", at + 1 + glob.startswith("!", at)) if sign == "[" else -1
        if end > 0:
            inside, at = glob[at:end], end + 1
            negated = inside.startswith("!")
            found += f"[{'^' * negated}{''.join(each if each == '-' else _escaped(each) for each in inside[negated:])}]"
        else:
            found += {"*": ".*", "?": "."}.get(sign) or _escaped(sign)
    return found
