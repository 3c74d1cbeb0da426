"""A plan as queries of OpenSearch: which passages answer, and what each is worth, to the last part the embedded engine's sums.

Owns the shapes of the queries and knows no connection.  The fields' similarity gives how often a passage has a term and nothing
else; what that is worth is worked out in scripts, from the index's own statistics, which are parameters: so it matters neither
in which shard a passage is, nor what its neighbours there are.

How many passages have something is asked of `Known`, whenever a sum needs it.  What can only be told by looking at texts (words
near each other, wildcards inside words, a spelling as typed) is asked there, too, and becomes a list of passages.

What is other than in the embedded engine: of what overlaps itself (字字 in 字字字) each occurrence counts; and a passage with
several of what stands for one another, or alternatives, has tier 0 or 1 as the one has that it is worth most for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, Protocol, TypeAlias

from ..frozen import frozen, replace
from ..model import AllOf, AnyOf, Filter, Hint, Leaf, Near, Not, Plan, Term, Variant, Whole, Wide, Wild, Words
from ..scripts import is_letter, is_unspaced
from ..texts import LANGUAGES
from . import units
from .scoring import COVERAGE, HEADING, K1, LOOSE, TITLE, B, hinted, idf, nearness, title_length, title_words

Query: TypeAlias = dict[str, Any]
"""A query of OpenSearch's, as its JSON is."""

NOTHING: Query = {"match_none": {}}
EVERYTHING: Query = {"match_all": {}}


def _terms(**how: object) -> Query:
    """A field of terms, of which is kept how often each is there, and where unless it is said `how`."""
    return {"type": "text", "analyzer": "terms", "similarity": "frequency", "norms": False, **how}


FIELDS: Query = {
    "words": _terms(index_options="freqs"),
    "characters": _terms(index_options="freqs"),
    "grams": _terms(),
    "chain": _terms(),
    "title": _terms(),
    "apart": _terms(index_options="docs"),
    "heading": _terms(index_options="docs"),
    "path": {"type": "keyword"},
    "folded_title": {"type": "keyword", "doc_values": False},
    "language": {"type": "keyword"},
    "document": {"type": "long"},
    "number": {"type": "integer"},
    "start": {"type": "integer"},
    "length": {"type": "integer", "index": False},
    "title_length": {"type": "integer", "index": False},
    "text_bytes": {"type": "integer", "index": False},
    "stored": {"type": "object", "enabled": False},
}
"""The fields of a passage: terms, as `units` makes them; what it is filtered and sorted by; what sums need; its texts."""

ANALYSIS: Query = {
    "analyzer": {"terms": {"type": "custom", "tokenizer": "terms"}},
    "tokenizer": {"terms": {"type": "whitespace", "max_token_length": 2 * units.LONGEST + 2}},  # in UTF-16, and marked
}
"""What is between spaces is a term; OpenSearch's own analyzer for that would cut those of more than 255 characters."""

SIMILARITY: Query = {"frequency": {"type": "scripted", "script": {"source": "return query.boost * doc.freq"}}}

_WORTH = "params.w * _score / (_score + params.c + params.d * doc['length'].value)"
# One occurrence is not exactly 1 (see `in_row`); what is loose is 0.8.
_PACKED = f"Math.rint({_WORTH} / params.q) * params.q + params.p + (_score < 0.9 ? params.u : params.l)"
_SUM = "Math.rint(_score / params.q) * params.q + params.p"
_COVERED = """
double had = Math.floor(_score / params.p), rest = _score - had * params.p;
double loose = Math.rint(rest / params.u) % params.r;
double worth = (rest - loose * params.u) * Math.pow(had / params.n, params.e);
return Math.rint(worth / params.t) * params.t + params.t / 4 * (had < params.n ? 2 : loose > 0 ? 1 : 0);
"""
_NEAR = "_score * params.w / (1 + params.k * (1 + params.b * Math.abs(doc['title_length'].value - params.n) / params.n))"
_TITLED = f"Math.rint({_NEAR} / params.t) * params.t"


class Known(Protocol):
    """What is asked of an index while a plan is translated."""

    @property
    def passages(self) -> int:
        """How many passages there are."""

    @property
    def mean_length(self) -> float:
        """How many words a passage has on the average."""

    def frequency(self, field: str, term: str) -> int:
        """In how many passages a term is, or at the most."""

    def count(self, query: Query) -> int:
        """How many passages a query finds; how many at the most, if it is one term."""

    def holding(self, leaf: Leaf, query: Query) -> Query:
        """Those of the passages that a query finds in whose texts a leaf really begins."""


@frozen
class Part:
    """A part of a plan: the passages that have it, and what it is worth.

    `worth(weight, most, scale)` is a query whose scores are those, times a weight, as if it were no rarer than `most` (an idf),
    packed if there is a scale; `most(weight, most)` is the highest of them.  `count` says how many passages have the part, and
    `idf` how rare that is, 0 if that is no one number.
    """

    having: Query
    worth: Callable[[float, float, Scale | None], Query]
    most: Callable[[float, float], float] = lambda weight, most: 0.0
    count: Callable[[], int] = lambda: 0
    idf: Callable[[], float] = lambda: 0.0


@frozen
class Scale:
    """How more than a score is packed into one, for a plan of so many `parts`: scores are floats, of 24 bits.

    The scores of parts are multiples of `quantum`, to which `unit` is added if the part is there only inside longer words, and
    `had` to say that it is there at all, both unless it is not `counted`; no sum of scores alone is as high.  The score in the
    end is a multiple of `step`, and so many quarters of it more as its tier says.
    """

    parts: int
    had: float
    counted: bool = True

    @property
    def unit(self) -> float:
        """What says that something is there only inside longer words."""
        return self.had * 2.0 ** (math.ceil(math.log2(self.parts + 1)) - 24)

    @property
    def quantum(self) -> float:
        """What the scores of parts are multiples of: all of them may be there only inside longer words."""
        return self.unit * 2.0 ** math.ceil(math.log2(self.parts + 1))

    @property
    def step(self) -> float:
        """What the score in the end is a multiple of."""
        return self.had * 2.0**-20

    def match(self, score: float) -> tuple[int, float]:
        """Tier and score, of a packed score."""
        quarters = round(4 * score / self.step)
        return quarters % 4, (quarters - quarters % 4) * self.step / 4


@frozen
class Asked:
    """A plan as queries: which passages have some of it, which have all of it, and what they are worth.

    `scored(among)` is the query whose scores `scale` unpacks, of those passages that a query finds only.  `having(count)` are
    the passages that have so many of the plan's `wanted` parts, or something of it in their title; the others are worth
    `others(count)` at the most.  No more than `at_most` have all, and so many `by_chance` if each part of the plan were there
    whether the others are or not.
    """

    some: Query
    complete: Query
    wanted: int
    at_most: int
    by_chance: float
    scored: Callable[[Query], Query]
    scale: Scale
    having: Callable[[int], Query]
    others: Callable[[int], float]
    parts: Callable[[], Iterator[tuple[str, str, Query]]]


# ------------------------------------------------------------------------------------------ shapes


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


def terms_of(query: Query) -> Iterator[tuple[str, str]]:
    """The (field, term) pairs of a query for a term or for terms in a row."""
    for kind, asked in query.items():
        for field, what in asked.items():
            if kind == "term":
                yield field, what
            elif kind == "match_phrase":
                yield from ((field, each) for each in what["query"].split(" "))


# ------------------------------------------------------------------------------------------ translation


class Translation:
    """One plan on its way into queries."""

    def __init__(self, known: Known) -> None:
        self.known = known

    def asked(self, plan: Plan) -> Asked:
        """A plan as queries; see `base.Reader.search`."""
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        wanted, condition = self._wanted(children), self._condition(children)
        if not wanted:
            everything = all_of(*condition)
            return _unranked(everything)
        titles = self._titles(children)
        some = any_of(part.having for part in wanted.values())
        having = [any_of([part.having, *([titles[child][0]] if child in titles else [])]) for child, part in wanted.items()]
        filters, without = condition
        only_some = all_of([some, *filters], without)
        complete = all_of([*having, *([some] if len(having) > 1 else []), *filters], without) if len(having) > 1 else only_some
        hints = {child: self.found(hinted(child)) for child in children if isinstance(child, Hint)}
        scale = self._scale(len(wanted), len(hints), len(titles))

        mosts = sorted((part.most(1.0, math.inf) for part in wanted.values()), reverse=True)
        pairs = sum(hint.most(1.0, math.inf) for hint in hints.values())
        scored = self._scored(wanted, titles, hints, scale)

        def others(count: int) -> float:
            return math.pow((count - 1) / len(wanted), COVERAGE) * (sum(mosts[: count - 1]) + pairs)

        return Asked(
            only_some,
            complete,
            len(wanted),
            min(counts := list(map(self._at_most, having))),
            self.known.passages * math.prod(count / max(1, self.known.passages) for count in counts),
            lambda among: scored([*([] if among is EVERYTHING else [among]), *filters], without),
            scale,
            lambda count: any_of([at_least(count, having), *(title[0] for title in titles.values())]),
            others,
            lambda: self._parts(wanted, titles, hints),
        )

    def _scale(self, wanted: int, hints: int, titles: int) -> Scale:
        """Powers of two: floats of 24 bits hold them, and their sums, exactly."""
        highest = idf(0, self.known.passages) * ((K1 + 1 + HEADING) * (wanted + hints) + TITLE * nearness(0) * titles)
        return Scale(wanted, 2.0 ** math.ceil(math.log2(1.01 * highest)))

    def _scored(
        self,
        wanted: Mapping[Plan, Part],
        titles: Mapping[Plan, tuple[Query, Query]],
        hints: Mapping[Hint, Part],
        scale: Scale,
    ) -> Callable[[Sequence[Query], Sequence[Query]], Query]:
        """What passages are worth, of those that meet conditions and not others."""
        words: Query = {"should": [part.worth(1.0, math.inf, scale) for part in wanted.values()], "minimum_should_match": 1}
        in_title_only = [
            constant(all_of([titles[child][0]], [part.having]), scale.had)
            for child, part in wanted.items()
            if len(wanted) > 1 and child in titles and titles[child][0] is not NOTHING
        ]
        more = [*in_title_only, *(hint.worth(1.0, math.inf, replace(scale, counted=False)) for hint in hints.values())]
        in_titles = _near(any_of(query for _, query in titles.values()), title_length(titles), scale.step)
        power = COVERAGE if len(wanted) > 1 else 0
        unpacked = {"p": scale.had, "u": scale.unit, "r": scale.quantum / scale.unit, "n": len(wanted), "e": power}

        def scored(filters: Sequence[Query], without: Sequence[Query]) -> Query:
            matching: Query = {
                "bool": {"must": [{"bool": words}], "should": more, "filter": list(filters), "must_not": list(without)}
            }
            packed = scripted(matching, _COVERED, **unpacked, t=scale.step)
            return packed if in_titles is NOTHING else {"bool": {"must": [packed], "should": [in_titles]}}

        return scored

    def _parts(
        self, wanted: Mapping[Plan, Part], titles: Mapping[Plan, tuple[Query, Query]], hints: Mapping[Hint, Part]
    ) -> Iterator[tuple[str, str, Query]]:
        """What a score is made of, each part with the query that scores it; `had` are those that say what a passage has."""
        for child, part in wanted.items():
            yield "words", str(child), part.worth(1.0, math.inf, None)
        for hint, part in hints.items():
            yield "pairs", str(hint.leaf), part.worth(1.0, math.inf, None)
        for child, part in wanted.items() if len(wanted) > 1 else ():
            yield "had", str(child), any_of([part.having, *([titles[child][0]] if child in titles else [])])
        for child, title in titles.items():
            if title[1] is not NOTHING:
                yield "title", str(child), _near(title[1], title_length(titles), 2.0**-20)

    # -------------------------------------------------------------------------------------- how things go together

    def found(self, plan: Plan) -> Part:
        """What a plan finds by itself."""
        match plan:
            case Term() | Words() | Near() | Wild():
                return self._leaf(plan)
            case Wide():
                return self._wide(plan)
            case AnyOf():
                return _sum([self.found(child) for child in plan.children])
            case Hint() | Whole():
                return _unscored(NOTHING)
            case Filter() | Not():
                return _unscored(all_of(*self._condition([plan])))
            case AllOf():
                return self._both(plan)

    def _wanted(self, children: Iterable[Plan]) -> dict[Plan, Part]:
        """What is found of each child that says what a passage must have."""
        children = list(children)
        found: dict[Plan, Part] = {
            child: self.found(child) for child in children if not isinstance(child, (Not, Filter, Hint, Whole))
        }
        for whole in (child for child in children if isinstance(child, Whole)):
            instead = self.found(whole.variant.leaf)
            for part in whole.parts if self._at_most(instead.having) else ():
                found[part] = _best(found[part], [(whole.variant.weight, instead)])
        return found

    def _both(self, plan: AllOf) -> Part:
        """A conjunction inside a plan, where a partial answer is none."""
        wanted, (filters, without) = list(self._wanted(plan.children).values()), self._condition(plan.children)
        having = all_of([*(part.having for part in wanted), *filters], without)
        if len(wanted) == 1 and not (filters or without):
            return wanted[0]

        def worth(weight: float, most: float, scale: Scale | None) -> Query:
            scored = [part.worth(weight, most, None) for part in wanted]
            both: Query = {"bool": {"must": scored, "filter": filters, "must_not": without}}
            return _summed(both, scale)

        def highest(weight: float, most: float) -> float:
            return sum(part.most(weight, most) for part in wanted)

        return Part(having, worth, highest, partial(self.known.count, having)) if wanted else _unscored(having)

    def _wide(self, wide: Wide) -> Part:
        found = self.found(wide.leaf)
        headed = self._is_token(wide.leaf) or not self.known.count(found.having)
        return _best(found, [(variant.weight, self._leaf(variant.leaf, headed)) for variant in wide.variants])

    def _is_token(self, leaf: Leaf) -> bool:
        """Whether a leaf is what headings are made of."""
        if isinstance(leaf, Words):
            return len(leaf.stems) == 1
        return isinstance(leaf, Term) and is_unspaced(leaf.text) and self.known.count(_word(leaf.text)) > 0

    def _condition(self, children: Iterable[Plan]) -> tuple[list[Query], list[Query]]:
        """What the plan's conditions keep, and what its exclusions leave out."""
        children = list(children)
        return (
            [condition(child) for child in children if isinstance(child, Filter)],
            [self.found(child.child).having for child in children if isinstance(child, Not)],
        )

    # -------------------------------------------------------------------------------------- leaves

    def _leaf(self, leaf: Leaf, headed: bool = True) -> Part:
        """What a leaf finds; `headed` says whether the nearest headings count."""
        match leaf:
            case Term():
                return self._term(leaf, headed)
            case Words(stems=(stem,)):
                return self._of_word(stem, headed)
            case Words():
                return self._plainly(any_of(self._rows("chain", units.stems_row(leaf.stems))))
            case Near():
                return self._plainly(self.known.holding(leaf, self._candidates(leaf)))
            case Wild():
                return self._plainly(self._wild(leaf))

    def _plainly(self, having: Query) -> Part:
        """What is there or not, however often."""
        return self._scored_part(having, constant(having, 1.0))

    def _of_word(self, word: str, headed: bool) -> Part:
        """The passages that have a word of the index."""
        query = _word(word)
        return self._scored_part(query, query, word if headed else "")

    def _term(self, term: Term, headed: bool) -> Part:
        """Passages with a term; see `evaluation`, where the same is told of the embedded engine."""
        unspaced, heading = is_unspaced(term.text), term.text if headed else ""
        if term.alone:
            return self._exactly(term, self._of_word(term.text, headed))
        literal, word = self.literal(term), _word(term.text)
        has_word = unspaced and self.known.count(word) > 0
        if not (term.word and unspaced):
            often = literal
            if has_word:  # as often as it is a word, where it is one
                elsewhere: Query = {"bool": {"must": [literal], "must_not": [word]}}
                often = {"bool": {"filter": [literal], "should": [word, elsewhere]}}
            return self._exactly(term, self._scored_part(literal, often, heading if unspaced else ""))
        if has_word:
            either, often = any_of([word, literal]), best_of([word, constant(literal, LOOSE)])
            both = self._scored_part(either, often, heading, counted=[literal, a_term("apart", units.term(term.text))])
        else:
            both = self._scored_part(literal, literal, heading, loose=True)
        return self._exactly(term, both)

    def _exactly(self, term: Term, part: Part) -> Part:
        """Those of the passages that have a term as it was typed."""
        if not term.exact:
            return part
        holding = self.known.holding(term, part.having)

        def worth(weight: float, most: float, scale: Scale | None) -> Query:
            return {"bool": {"must": [part.worth(weight, most, scale)], "filter": [holding]}}

        return Part(holding, worth, part.most, partial(self.known.count, holding), part.idf)

    def literal(self, term: Term) -> Query:
        """Passages in which an occurrence of a literal begins, scored by how many do."""
        text = term.text
        if len(text) == 1 and is_unspaced(text):
            return a_term("characters", text)
        found = units.units(text.strip(), whole=False)
        exactly = any_of(self._rows("grams", found))
        if text != text.strip():
            return self.known.holding(Term(text, text, word=False), exactly)
        beyond = any_of(self._row("grams", terms) for terms, is_whole in units.crossing(found) if not is_whole)
        if beyond is NOTHING:
            return exactly
        return any_of([exactly, constant(self.known.holding(Term(text, text, word=False), beyond), 1.0)])

    def _row(self, field: str, terms: Sequence[str]) -> Query:
        """Terms in a row, unless one of them is nowhere."""
        counts = [self._of_term((field, term)) for term in terms]  # all of them: they are asked for at once
        return in_row(field, terms) if all(counts) else NOTHING

    def _rows(self, field: str, found: units.Row) -> Iterator[Query]:
        """Terms in a row, in a passage or across its end."""
        yield self._row(field, found[0])
        yield from (self._row(field, terms) for terms, is_whole in units.crossing(found) if is_whole)

    def _wild(self, wild: Wild) -> Query:
        first, *others = wild.parts
        if others == [""] and first and all(map(is_letter, first)):
            return {"prefix": {"grams": {"value": units.term(first)}}}
        return self.known.holding(wild, self._candidates(wild))

    def _candidates(self, leaf: Near | Wild) -> Query:
        """Passages among which are those in which words near each other, or a wildcard, begin."""
        if isinstance(leaf, Near):
            return all_of(
                any_of(self._rows("chain", units.stems_row(part.stems)))
                if isinstance(part, Words) and len(part.stems) > 1
                else _word(part.stems[0])
                if isinstance(part, Words)
                else self.literal(part)
                for part in leaf.parts
            )
        return any_of(self._with_part(next(part for part in leaf.parts if any(map(str.isalnum, part)))))

    def _with_part(self, part: str) -> Iterator[Query]:
        """Passages that have a unit of a part of a wildcard, or have it soon behind them.

        At the ends of the part may be no more than a part of a word of letters, or one character of a pair.
        """
        found, _ = units.units(part, whole=False)
        inside = found[is_letter(part[0]) : len(found) - is_letter(part[-1])]
        if pairs := [each for each in inside if len(each) > 1 and each.isalnum()]:
            yield from (a_term("grams", each) for each in (pairs[0], *units.behind(pairs[0])))
        else:
            piece = next(each for each in found if each.isalnum())
            yield {"wildcard": {"grams": {"value": f"*{piece}*"}}}

    # -------------------------------------------------------------------------------------- scores

    def _scored_part(
        self, having: Query, often: Query, heading: str = "", *, loose: bool = False, counted: Sequence[Query] = ()
    ) -> Part:
        """A leaf, given its passages, and how often they have it as scores; their headings may have it, too.

        `counted` are queries that together find as many passages, none of them twice, if these are counted sooner.
        """
        counted = counted or [having]
        fixed, per_word = K1 * (1 - B), K1 * B / self.known.mean_length
        in_heading = a_term("heading", units.term(heading)) if heading else NOTHING
        at_least = idf(min(sum(map(self._at_most, counted)), self.known.passages), self.known.passages)

        def count() -> int:
            return sum(map(self.known.count, counted))

        def own_idf() -> float:
            return idf(found, self.known.passages) if (found := count()) else 0.0

        def rarity(most: float) -> float:
            return most if at_least >= most else min(most, own_idf())  # to count them takes longer

        def highest(weight: float, most: float) -> float:
            return weight * rarity(most) * (K1 + 1 + HEADING * (in_heading is not NOTHING))

        def worth(weight: float, most: float, scale: Scale | None) -> Query:
            rare = weight * rarity(most)
            plain = {"w": rare * (K1 + 1), "c": fixed, "d": per_word}
            if scale:
                unit, had = (scale.unit, scale.had) if scale.counted else (0.0, 0.0)
                flags = {"p": had, "u": unit, "l": unit if loose else 0.0}
                scored = scripted(often, _PACKED, **plain, **flags, q=scale.quantum)
            else:
                scored = scripted(often, _WORTH, **plain)
            if in_heading is NOTHING or not self.known.count(in_heading):
                return scored
            more = _rounded(HEADING * rare, scale.quantum) if scale else HEADING * rare
            return {"bool": {"must": [scored], "should": [constant(in_heading, more)]}}

        return Part(having, worth, highest, count, own_idf)

    def _at_most(self, query: Query) -> int:
        """How many passages a query finds at the most, as far as its terms tell."""
        everything = self.known.passages
        counts = (min(map(self._of_term, terms_of(each)), default=everything) for each in _alternatives(query))
        return min(sum(counts), everything)

    def _of_term(self, field_and_term: tuple[str, str]) -> int:
        return self.known.frequency(*field_and_term)

    # -------------------------------------------------------------------------------------- titles

    def _titles(self, children: Iterable[Plan]) -> dict[Plan, tuple[Query, Query]]:
        """The passages whose document's title has each child that a title may have, or what stands for it, and its worth there.

        Of hints too: pairs of characters tell a title of the same words in the same order from others.
        """
        children = list(children)
        wholes = [child for child in children if isinstance(child, Whole)]
        return {
            child: self._in_title(child, [whole.variant for whole in wholes if child in whole.parts])
            for child in children
            if title_words(child) or isinstance(child, Hint)
        }

    def _in_title(self, plan: Plan, instead: Sequence[Variant] = ()) -> tuple[Query, Query]:
        match plan:
            case Term() | Words():
                return self._worth_in_title(plan, instead)
            case Wide():
                return self._worth_in_title(plan.leaf, [*plan.variants, *instead])
            case Hint():
                return self._worth_in_title(plan.leaf, ())
            case AnyOf():
                found = [self._in_title(child) for child in plan.children]
                return any_of(having for having, _ in found), best_of(worth for _, worth in found)
            case AllOf() if all(title_words(child) for child in plan.children if not isinstance(child, (Not, Filter, Whole))):
                filters, without = self._condition(plan.children)
                both = list(self._titles(plan.children).values())
                if any(having is NOTHING for having, _ in both):
                    return NOTHING, NOTHING
                having = all_of([*(having for having, _ in both), *filters], without)
                return having, {"bool": {"must": [worth for _, worth in both], "filter": filters, "must_not": without}}
            case _:
                return NOTHING, NOTHING

    def _worth_in_title(self, leaf: Leaf, variants: Iterable[Variant]) -> tuple[Query, Query]:
        """A variant is no rarer in titles than what was typed."""
        titled, most = self._titled(leaf), math.inf
        queries, worth = list[Query](), list[Query]()
        for weight, query in chain([(1.0, titled)], ((each.weight, self._titled(each.leaf)) for each in variants)):
            bound = self._rarest_in_titles(query)
            if bound is None:  # a term of it is in no title
                continue
            rare = most if bound >= most else min(most, idf(self.known.count(query), self.known.passages))
            most = rare if query is titled and self.known.count(query) else most
            queries.append(query)
            worth.append(constant(query, weight * rare))
        return any_of(queries), best_of(worth)

    def _rarest_in_titles(self, query: Query) -> float | None:
        """How rare something is in titles at the least; None if it is in none."""
        if query is NOTHING:
            return None
        counts = [self._of_term(each) for each in terms_of(query)]
        if not all(counts):
            return None
        return idf(min(counts, default=self.known.passages), self.known.passages)

    def _titled(self, leaf: Leaf) -> Query:
        """The passages of documents that have a leaf in their title; as typed, if that is asked for, in the passage too."""
        if isinstance(leaf, Words):
            return self._row("title", [units.stem_in_title(units.term(stem)) for stem in leaf.stems])
        if not isinstance(leaf, Term):
            return NOTHING
        if leaf.alone:
            titled = a_term("title", units.stem_in_title(units.term(leaf.text)))
        elif len(leaf.text) == 1 and is_unspaced(leaf.text):
            titled = a_term("title", units.character_in_title(leaf.text))
        else:
            titled = self._row("title", units.units(leaf.text.strip(), whole=False)[0])
        return all_of([titled, self.found(leaf).having]) if leaf.exact and titled is not NOTHING else titled


# ------------------------------------------------------------------------------------------ parts


def _word(word: str) -> Query:
    return a_term("words", units.term(word))


def _alternatives(query: Query) -> Iterator[Query]:
    """The queries of which any may be met."""
    if list(query.get("bool", ())) == ["should"]:
        for each in query["bool"]["should"]:
            yield from _alternatives(each)
    else:
        yield query


def _unranked(everything: Query) -> Asked:
    """All passages that meet conditions, none before another."""
    return Asked(
        everything,
        everything,
        1,
        0,
        0.0,
        lambda among: constant(everything, 0.0),
        Scale(1, 1.0),
        lambda count: everything,
        lambda count: 0.0,
        lambda: iter(()),
    )


def _unscored(having: Query) -> Part:
    """Passages that match, with nothing that speaks for one before another."""
    return Part(having, lambda weight, most, scale: constant(having, scale.had if scale else 0.0))


def _sum(parts: Sequence[Part]) -> Part:
    """What any of the parts finds; scores are sums."""
    if len(parts) == 1:
        return parts[0]
    having = any_of(part.having for part in parts)

    def worth(weight: float, most: float, scale: Scale | None) -> Query:
        return _summed(any_of(part.worth(weight, most, None) for part in parts), scale)

    def highest(weight: float, most: float) -> float:
        return sum(part.most(weight, most) for part in parts)

    return Part(having, worth, highest)


def _best(found: Part, variants: Sequence[tuple[float, Part]]) -> Part:
    """What is found, or else what variants of it, each with its weight, find: each passage by the best of them.

    A variant counts no more than what it stands for would: it is no rarer.
    """
    parts = [found, *(part for _, part in variants)]

    def first_idf() -> float:
        return next((part.idf() for part in parts if part.count()), 0.0)

    def highest(weight: float, most: float) -> float:
        rare = min(most, first_idf() or math.inf)
        return max([found.most(weight, most), *(part.most(weight * own, rare) for own, part in variants)])

    def worth(weight: float, most: float, scale: Scale | None) -> Query:
        rare = min(most, first_idf() or math.inf)
        instead = (part.worth(weight * own, rare, scale) for own, part in variants)
        return best_of([found.worth(weight, most, scale), *instead])

    having = any_of(part.having for part in parts)
    return Part(having, worth, highest, lambda: sum(part.count() for part in parts), first_idf) if variants else found


def _summed(query: Query, scale: Scale | None) -> Query:
    """Sums of what parts of a part are worth, packed if there is a scale."""
    return scripted(query, _SUM, p=scale.had, q=scale.quantum) if scale else query


def _near(query: Query, words: int, step: float) -> Query:
    """What is in titles, the more the nearer their length is to that of a query of so many words."""
    return scripted(query, _TITLED, n=words, w=TITLE * (K1 + 1), k=K1, b=B, t=step)


def _rounded(score: float, quantum: float) -> float:
    return round(score / quantum) * quantum


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
