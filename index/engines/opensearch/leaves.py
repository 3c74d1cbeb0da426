"""What the leaves of a plan find, and what it is worth: words, literals, words near each other, wildcards.

How many passages have something is asked of `Known`, whenever a sum needs it.  What can only be told by looking at texts (words
near each other, wildcards inside words, a spelling as typed) is asked there, too, and becomes a list of passages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

from ...model import Leaf, Near, Term, Wild, Words
from ...scripts import is_letter, is_unspaced
from ..scoring import HEADING, K1, LOOSE, B, idf
from . import units
from .parts import Part, Scale
from .queries import NOTHING, Query, a_term, all_of, alternatives, any_of, best_of, constant, in_row, scripted, terms_of

_WORTH = "params.w * _score / (_score + params.c + params.d * doc['length'].value)"
_ROUNDED = f"(params.q > 0 ? Math.rint({_WORTH} / params.q) * params.q : {_WORTH})"
# One occurrence is not exactly 1 (see `in_row`); what is loose is 0.8.
_PACKED = f"{_ROUNDED} + params.p + (_score < 0.9 ? params.u : params.l)"


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


class Leaves:
    """The leaves of a plan on their way into queries."""

    def __init__(self, known: Known) -> None:
        self.known = known

    def found(self, leaf: Leaf, headed: bool = True) -> Part:
        """What a leaf finds; `headed` says whether the nearest headings count."""
        match leaf:
            case Term():
                return self._term(leaf, headed)
            case Words(stems=(stem,)):
                return self._of_word(stem, headed)
            case Words():
                return self._plainly(any_of(self.rows("chain", units.stems_row(leaf.stems))))
            case Near():
                return self._plainly(self.known.holding(leaf, self._candidates(leaf)))
            case Wild():
                return self._plainly(self._wild(leaf))

    def _plainly(self, having: Query) -> Part:
        """What is there or not, however often."""
        return self._scored_part(having, constant(having, 1.0))

    def _of_word(self, word: str, headed: bool) -> Part:
        """The passages that have a word of the index."""
        query = word_of(word)
        return self._scored_part(query, query, word if headed else "")

    def _term(self, term: Term, headed: bool) -> Part:
        """Passages with a term; see `evaluation`, where the same is told of the embedded engine."""
        unspaced, heading = is_unspaced(term.text), term.text if headed else ""
        if term.alone:
            return self._exactly(term, self._of_word(term.text, headed))
        literal, word = self.literal(term), word_of(term.text)
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
        exactly = any_of(self.rows("grams", found))
        if text != text.strip():
            return self.known.holding(Term(text, text, word=False), exactly)
        beyond = any_of(self.row("grams", terms) for terms, is_whole in units.crossing(found) if not is_whole)
        if beyond is NOTHING:
            return exactly
        return any_of([exactly, constant(self.known.holding(Term(text, text, word=False), beyond), 1.0)])

    def row(self, field: str, terms: Sequence[str]) -> Query:
        """Terms in a row, unless one of them is nowhere."""
        counts = [self.of_term((field, term)) for term in terms]  # all of them: they are asked for at once
        return in_row(field, terms) if all(counts) else NOTHING

    def rows(self, field: str, found: units.Row) -> Iterator[Query]:
        """Terms in a row, in a passage or across its end."""
        yield self.row(field, found[0])
        yield from (self.row(field, terms) for terms, is_whole in units.crossing(found) if is_whole)

    def _wild(self, wild: Wild) -> Query:
        first, *others = wild.parts
        if others == [""] and first and all(map(is_letter, first)):
            return {"prefix": {"grams": {"value": units.term(first)}}}
        return self.known.holding(wild, self._candidates(wild))

    def _candidates(self, leaf: Near | Wild) -> Query:
        """Passages among which are those in which words near each other, or a wildcard, begin."""
        if isinstance(leaf, Near):
            return all_of(
                any_of(self.rows("chain", units.stems_row(part.stems)))
                if isinstance(part, Words) and len(part.stems) > 1
                else word_of(part.stems[0])
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

    def _scored_part(
        self, having: Query, often: Query, heading: str = "", *, loose: bool = False, counted: Sequence[Query] = ()
    ) -> Part:
        """A leaf, given its passages, and how often they have it as scores; their headings may have it, too.

        `counted` are queries that together find as many passages, none of them twice, if these are counted sooner.
        """
        counted = counted or [having]
        fixed, per_word = K1 * (1 - B), K1 * B / self.known.mean_length
        in_heading = a_term("heading", units.term(heading)) if heading else NOTHING
        at_least = idf(min(sum(map(self.at_most, counted)), self.known.passages), self.known.passages)

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
            more = _rounded(HEADING * rare, scale.quantum) if scale and scale.quantum else HEADING * rare
            return {"bool": {"must": [scored], "should": [constant(in_heading, more)]}}

        return Part(having, worth, highest, count, own_idf)

    def at_most(self, query: Query) -> int:
        """How many passages a query finds at the most, as far as its terms tell."""
        if query is NOTHING:
            return 0
        everything = self.known.passages
        counts = (min(map(self.of_term, terms_of(each)), default=everything) for each in alternatives(query))
        return min(sum(counts), everything)

    def of_term(self, field_and_term: tuple[str, str]) -> int:
        """In how many passages a term is, or at the most."""
        return self.known.frequency(*field_and_term)


def word_of(word: str) -> Query:
    """The passages that have a word of the index."""
    return a_term("words", units.term(word))


def _rounded(score: float, quantum: float) -> float:
    return round(score / quantum) * quantum
