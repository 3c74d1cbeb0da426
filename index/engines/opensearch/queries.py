"""The queries of OpenSearch that plans are made of, as values of JSON.

Owns their shapes and how a condition on documents is said; knows neither plans' scores nor a connection.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from ...errors import QueryError
from ...model import Filter
from ...texts import LANGUAGES
from . import units

Query: TypeAlias = dict[str, Any]
"""A query of OpenSearch's, as its JSON is."""

_CLAUSES = frozenset(("term", "match_phrase", "ids", "prefix", "wildcard", "regexp", "terms"))

LONGEST_PATTERN = 10_000
"""So long a regular expression may be (UTF-16), by the settings of our indexes."""

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
    """The passages of the documents that meet a condition; raises QueryError for too long a pattern."""
    match asked.field:
        case "title":
            return {"wildcard": {"folded_title": {"value": f"*{_escaped(asked.value)}*"}}}
        case "path":
            pattern = ("" if asked.value.startswith("/") else "(.*/)?") + _regexp(asked.value)
            if len(pattern.encode("utf-16-le")) > 2 * LONGEST_PATTERN:
                raise QueryError(f"the pattern of {len(asked.value):,} characters is too long; shorten it with *")
            return {"regexp": {"path": {"value": pattern, "flags": "NONE"}}}
        case "lang":
            named = [name for name in LANGUAGES if name.split("-")[0] == asked.value]
            return {"terms": {"language": [asked.value, "zh"] if asked.value.startswith("zh-") else named}}


def _escaped(text: str) -> str:
    return "".join(each if each.isalnum() else f"\\{each}" for each in units.storable(text))


# As `storable` spells them: a lone surrogate, or the sign itself, is the sign and four digits.
_ODD, _LONE = units.storable("\ue000")[0], range(0xD800, 0xE001)
_ANY_LONE = f"{_ODD}[0-9a-f]{{4}}"
_ANY, _NEVER = f"([^{_ODD}]|{_ANY_LONE})", f"{_ODD}x"
# Lucene takes no escaped backslash for the beginning of a range.
_PLAIN = (0, ord("[")), (ord("\\"), ord("\\")), (ord("]"), 0xD7FF), (0xE001, 0x10FFFF)
_FEW = 6
_MEMBER = re.compile(".-.|.", re.DOTALL)


def _regexp(glob: str) -> str:
    """A shell-style pattern, as `fnmatch` reads it, in Lucene's language.

    But where it has many ?, a lone surrogate is five characters: each ? may double what a node has to work out, and were the
    surrogate one, that would soon be too much.
    """
    anything = _ANY if glob.count("?") <= _FEW else "."
    found, at = "", 0
    while at < len(glob):
        sign, at = glob[at], at + 1
        end = glob.find("]", at + 1 + glob.startswith("!", at)) if sign == "[" else -1
        if end > 0:
            found, at = found + _one_of(glob[at:end]), end + 1
        else:
            found += {"*": ".*", "?": anything}.get(sign) or _escaped(sign)
    return found


def _one_of(inside: str) -> str:
    """What is between brackets: characters and ranges of them, or with ! in front any other character.

    A range that ends before it begins has none.
    """
    negated = inside.startswith("!")
    ranges = [(ord(each[0]), ord(each[-1])) for each in dict.fromkeys(_MEMBER.findall(inside, negated))]
    plain = ((max(first, low), min(last, high)) for first, last in ranges for low, high in _PLAIN)
    signs = "".join("-".join(map(_escaped, dict.fromkeys(map(chr, each)))) for each in plain if each[0] <= each[1])
    found = [f"[^{signs}{_ODD}]" if negated else f"[{signs}]"] if signs or negated else []
    lone = [code for code in _LONE if any(first <= code <= last for first, last in ranges) != negated]
    if len(lone) == len(_LONE):
        found.append(_ANY_LONE)
    else:
        found += (f"{_ODD}{high:03x}[{''.join(f'{code % 16:x}' for code in low)}]" for high, low in groupby(lone, _high))
    return f"({'|'.join(found) or _NEVER})"


def _high(code: int) -> int:
    return code // 16
