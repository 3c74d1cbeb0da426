"""A plan as queries of OpenSearch: which passages answer, and what each is worth, to the last part the embedded engine's sums.

Owns how the parts of a plan go together, and titles; `leaves` has what the leaves find.  The fields' similarity gives how often
a passage has a term and nothing else; what that is worth is worked out in scripts, from the index's own statistics, which are
parameters: so it matters neither in which shard a passage is, nor what its neighbours there are.

What is other than in the embedded engine: of what overlaps itself (字字 in 字字字) each occurrence counts; and a passage with
several of what stands for one another, or alternatives, has tier 0 or 1 as the one has that it is worth most for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

from ...frozen import frozen, replace
from ...model import AllOf, AnyOf, Filter, Hint, Leaf, Near, Not, Plan, Term, Variant, Whole, Wide, Wild, Words
from ...scripts import is_unspaced
from ..scoring import COVERAGE, K1, TITLE, B, hinted, idf, nearness, title_length, title_words
from . import units
from .leaves import Known, Leaves, word_of
from .parts import Part, Scale, best_part, sum_of, summed, unscored
from .queries import (
    EVERYTHING,
    NOTHING,
    Query,
    a_term,
    all_of,
    any_of,
    at_least,
    best_of,
    clauses,
    condition,
    constant,
    scripted,
    terms_of,
)

CLAUSES = 1000
"""Lucene takes 1,024 clauses in a query, if nobody says otherwise to the nodes."""

LONG = CLAUSES // 3
"""In a search each clause that says what a passage may have stands about three times: of a plan with more of them all passages
that have any are looked at at once, and titles and pairs of characters count as far as there is room."""

_COVERED = """
double had = Math.floor(_score / params.p), rest = _score - had * params.p;
double loose = params.u > 0 ? Math.rint(rest / params.u) % params.r : 0;
double worth = (rest - loose * params.u) * Math.pow(had / params.n, params.e);
return Math.rint(worth / params.t) * params.t + params.t / 4 * (had < params.n ? 2 : loose > 0 ? 1 : 0);
"""
_NEAR = "_score * params.w / (1 + params.k * (1 + params.b * Math.abs(doc['title_length'].value - params.n) / params.n))"
_TITLED = f"Math.rint({_NEAR} / params.t) * params.t"


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


class Translation:
    """One plan on its way into queries."""

    def __init__(self, known: Known) -> None:
        self.known, self.leaves = known, Leaves(known)

    def asked(self, plan: Plan) -> Asked:
        """A plan as queries; see `base.Reader.search`."""
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        wanted, (filters, without) = self._wanted(children), self._condition(children)
        if not wanted:
            return _unranked(all_of(filters, without))
        some = any_of(part.having for part in wanted.values())
        is_long = clauses(some) > LONG
        titles, hints = self._besides(children, wanted, is_long)
        in_titles = {child: title for child, (title, _) in titles.items() if not is_long}
        having = [any_of([part.having, in_titles.get(child, NOTHING)]) for child, part in wanted.items()]
        only_some = all_of([some, *filters], without)
        in_text = [some] if in_titles else []  # what has all may have all of it in its title
        complete = all_of([*having, *in_text, *filters], without) if len(having) > 1 else only_some
        mosts = sorted((part.most(1.0, math.inf) for part in wanted.values()), reverse=True)
        pairs = sum(hint.most(1.0, math.inf) for hint in hints.values())
        scale = self._scale(len(wanted), sum(mosts) + pairs, len(titles))
        scored = self._scored(wanted, titles, hints, scale)

        def others(count: int) -> float:
            rounded = (count - 1 + len(hints)) * scale.quantum
            return math.pow((count - 1) / len(wanted), COVERAGE) * (sum(mosts[: count - 1]) + pairs + rounded)

        return Asked(
            only_some,
            complete,
            len(wanted),
            min(counts := list(map(self.leaves.at_most, having))),
            self.known.passages * math.prod(count / max(1, self.known.passages) for count in counts),
            lambda among: scored([*([] if among is EVERYTHING else [among]), *filters], without),
            scale,
            lambda count: only_some if is_long else any_of([at_least(count, having), *in_titles.values()]),
            others,
            lambda: self._parts(wanted, titles, hints),
        )

    def _besides(
        self, children: Sequence[Plan], wanted: Mapping[Plan, Part], is_long: bool
    ) -> tuple[dict[Plan, tuple[Query, Query]], dict[Hint, Part]]:
        """What counts besides the parts themselves: titles, and hints; of a long plan as far as there is room for clauses."""
        titles = self._titles(children)
        hints = {child: self.found(hinted(child)) for child in children if isinstance(child, Hint)}
        if is_long and clauses(self._scored(wanted, titles, hints, Scale(1, 1.0))((), ())) > CLAUSES:
            return {}, dict(_first_few(hints, CLAUSES - sum(map(_clauses_of, wanted.values()))))
        return titles, hints

    def _scale(self, wanted: int, highest: float, titles: int) -> Scale:
        """Powers of two: floats of 24 bits hold them, and their sums, exactly.

        Passages are worth less than `had` for their words, and less than four times as much with their titles.
        """
        with_titles = highest + idf(0, self.known.passages) * TITLE * nearness(0) * titles
        return Scale(wanted, 2.0 ** math.ceil(math.log2(max(1.0, 1.01 * highest + 0.01, with_titles / 3.9))))

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
        most_loose = scale.quantum / scale.unit if scale.unit else 1
        unpacked = {"p": scale.had, "u": scale.unit, "r": most_loose, "n": len(wanted), "e": power}

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
                return self.leaves.found(plan)
            case Wide():
                return self._wide(plan)
            case AnyOf():
                return sum_of([self.found(child) for child in plan.children])
            case Hint() | Whole():
                return unscored(NOTHING)
            case Filter() | Not():
                return unscored(all_of(*self._condition([plan])))
            case AllOf():
                return self._both(plan)

    def _wanted(self, children: Iterable[Plan]) -> dict[Plan, Part]:
        """What is found of each child that says what a passage must have."""
        children = list(children)
        found: dict[Plan, Part] = {
            child: self.found(child) for child in children if not isinstance(child, (Not, Filter, Hint, Whole))
        }
        instead: dict[Plan, list[tuple[float, Part]]] = {}
        for whole in (child for child in children if isinstance(child, Whole)):
            part = self.found(whole.variant.leaf)
            for child in whole.parts if self.leaves.at_most(part.having) else ():
                instead.setdefault(child, []).append((whole.variant.weight, part))
        return found | {child: best_part(found[child], parts) for child, parts in instead.items()}

    def _both(self, plan: AllOf) -> Part:
        """A conjunction inside a plan, where a partial answer is none."""
        wanted, (filters, without) = list(self._wanted(plan.children).values()), self._condition(plan.children)
        having = all_of([*(part.having for part in wanted), *filters], without)
        if len(wanted) == 1 and not (filters or without):
            return wanted[0]

        def worth(weight: float, most: float, scale: Scale | None) -> Query:
            scored = [part.worth(weight, most, None) for part in wanted]
            both: Query = {"bool": {"must": scored, "filter": filters, "must_not": without}}
            return summed(both, scale)

        def highest(weight: float, most: float) -> float:
            return sum(part.most(weight, most) for part in wanted)

        return Part(having, worth, highest, partial(self.known.count, having)) if wanted else unscored(having)

    def _wide(self, wide: Wide) -> Part:
        found = self.found(wide.leaf)
        headed = self._is_token(wide.leaf) or not self.known.count(found.having)
        return best_part(found, [(variant.weight, self.leaves.found(variant.leaf, headed)) for variant in wide.variants])

    def _is_token(self, leaf: Leaf) -> bool:
        """Whether a leaf is what headings are made of."""
        if isinstance(leaf, Words):
            return len(leaf.stems) == 1
        return isinstance(leaf, Term) and is_unspaced(leaf.text) and self.known.count(word_of(leaf.text)) > 0

    def _condition(self, children: Iterable[Plan]) -> tuple[list[Query], list[Query]]:
        """What the plan's conditions keep, and what its exclusions leave out."""
        children = list(children)
        return (
            [condition(child) for child in children if isinstance(child, Filter)],
            [self.found(child.child).having for child in children if isinstance(child, Not)],
        )

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
        counts = [self.leaves.of_term(each) for each in terms_of(query)]
        if not all(counts):
            return None
        return idf(min(counts, default=self.known.passages), self.known.passages)

    def _titled(self, leaf: Leaf) -> Query:
        """The passages of documents that have a leaf in their title; as typed, if that is asked for, in the passage too."""
        if isinstance(leaf, Words):
            return self.leaves.row("title", [units.stem_in_title(units.term(stem)) for stem in leaf.stems])
        if not isinstance(leaf, Term):
            return NOTHING
        if leaf.alone:
            titled = a_term("title", units.stem_in_title(units.term(leaf.text)))
        elif len(leaf.text) == 1 and is_unspaced(leaf.text):
            titled = a_term("title", units.character_in_title(leaf.text))
        else:
            titled = self.leaves.row("title", units.units(leaf.text.strip(), whole=False)[0])
        return all_of([titled, self.found(leaf).having]) if leaf.exact and titled is not NOTHING else titled


def _clauses_of(part: Part) -> int:
    """How many clauses say what a part is worth."""
    return clauses(part.worth(1.0, math.inf, None))


def _first_few(hints: Mapping[Hint, Part], room: int) -> Iterator[tuple[Hint, Part]]:
    """The first of hints, as far as there is room for their clauses."""
    for hint, part in hints.items():
        room -= _clauses_of(part)
        if room < 0:
            return
        yield hint, part


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


def _near(query: Query, words: int, step: float) -> Query:
    """What is in titles, the more the nearer their length is to that of a query of so many words."""
    return scripted(query, _TITLED, n=words, w=TITLE * (K1 + 1), k=K1, b=B, t=step)
