"""What a plan finds in segments, and what each passage is worth.

Owns boolean matching, the tiers, and BM25; gets tokens and gives numbers of passages and scores.  It never analyses text:
what folds or segments it is not its business.

Every literal is matched as a substring of the documents' folded text, exactly: grams and words only name candidates.  That the
segmenter saw a term as a word raises its score and its tier, nothing more.

Scores are BM25 (Robertson and Zaragoza 2009, formula 3.15, with the non-negative idf of Lucene), summed term by term over whole
posting lists, over the passage's own words, its heading's and its title's.  A variant scores as the typed leaf would, times its
weight, and no rarer than that: no passage is worth more for a variant than it would be for what was typed.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from ..model import AllOf, AnyOf, Filter, Hint, Leaf, Match, Near, Not, Plan, Term, Variant, Whole, Wide, Wild, Words
from ..patterns import as_typed, in_folded, nfc
from ..scripts import is_unspaced
from .segments import Segment

K1, B = 1.2, 0.75
"""BM25's saturation of repeated words and its correction for length, at the values Robertson and Zaragoza recommend."""

TITLE, HEADING = 2.5, 0.5
"""How much a word in the document's title and in the nearest heading adds to one in the passage."""

COVERAGE = 2.0
"""The power of the share of the words that a passage has, which its score is multiplied with."""

ENOUGH = 200
"""If so many passages have all the words, those that have only some are no answers."""

LOOSE = 0.8
"""The frequency that stands for occurrences inside other words."""


@dataclass(slots=True)
class Found:
    """Passages that match, with their scores; `loose` are those where some term is only inside a longer word.

    `idf` is how rare what was sought is: what the scores were multiplied with, 0 if that is no one number.
    """

    scores: dict[int, float] = field(default_factory=dict)
    loose: set[int] = field(default_factory=set)
    idf: float = 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One plan at work over the segments of an index; what a leaf finds is found once."""

    segments: Sequence[Segment]
    bases: Sequence[int]
    passages: int
    mean_length: float
    _memory: dict[Leaf, Found] = field(default_factory=dict)
    _titles: dict[str, set[int]] = field(default_factory=dict)

    def matches(self, plan: Plan) -> list[Match]:
        """Every passage that answers, with its tier and score, in no order.

        Those with every child of the plan's top (tiers 0 and 1), where the words of its document's title count as a passage's
        own; if these are fewer than `ENOUGH`, also those that have some (tier 2).
        """
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        wanted = self._wanted(children)
        allowed = self._allowed(children)
        if not wanted:
            return [Match(number, 0, 0.0) for number in _kept(dict.fromkeys(self._live(), 0.0), allowed)]
        loose = set[int]().union(*(found.loose for found in wanted.values()))
        having = self._having(wanted, children)
        scores = dict(_kept(_union(list(wanted.values())).scores, allowed))
        complete = scores.keys() if len(having) == 1 else set(scores).intersection(*having)
        if ENOUGH <= len(complete) < len(scores):
            scores = {number: scores[number] for number in complete}
        for _, stage in self._stages(wanted, having, children):
            stage(scores)
        if len(complete) == len(scores):
            return [Match(number, 1 if number in loose else 0, score) for number, score in scores.items()]
        return [Match(number, int(number in loose) if number in complete else 2, score) for number, score in scores.items()]

    def parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        if not (wanted := self._wanted(children)):
            return []
        parts = [("words", str(child), found.scores[passage]) for child, found in wanted.items() if passage in found.scores]
        scores = {passage: sum(value for _, _, value in parts)}
        for name, stage in self._stages(wanted, self._having(wanted, children), children):
            before = scores[passage]
            stage(scores)
            what, _, of = name.partition(" ")
            parts += [(what, of, scores[passage] - before)] if scores[passage] != before else []
        return parts

    def _stages(
        self, wanted: Mapping[Plan, Found], having: Sequence[Set[int]], children: Sequence[Plan]
    ) -> Iterator[tuple[str, Callable[[dict[int, float]], None]]]:
        """What is done to the scores of words, in order, each with its name and the part of the plan that it is for."""
        for hint in (child for child in children if isinstance(child, Hint)):
            yield f"pairs {hint.leaf}", partial(self._add_hint, hint)
        if len(wanted) > 1:
            yield "coverage ", partial(_cover, having)
        units = list(_units(children))
        count = sum(not isinstance(unit, Hint) for unit, _ in units)
        for unit, variants in units:
            yield f"title {unit}", partial(self._add_title, variants, max(1, count))

    def found(self, plan: Plan) -> Found:
        """What a plan finds by itself."""
        match plan:
            case Term() | Words() | Near() | Wild():
                if plan not in self._memory:
                    self._memory[plan] = self._leaf(plan)
                return self._memory[plan]
            case Wide():
                return self._wide(plan)
            case AnyOf():
                return _union([self.found(child) for child in plan.children])
            case Hint() | Whole():
                return Found()
            case Filter():
                documents = self._documents(plan)
                return Found({number: 0.0 for number in self._live() if self._document_of(number) in documents})
            case Not():
                without = self.found(plan.child).scores
                return Found({number: 0.0 for number in self._live() if number not in without})
            case AllOf():
                return self._both(plan)

    # -------------------------------------------------------------------------------------- how things go together

    def _wanted(self, children: Iterable[Plan]) -> dict[Plan, Found]:
        """What is found of each child that says what a passage must have."""
        children = list(children)
        found: dict[Plan, Found] = {
            child: self.found(child) for child in children if not isinstance(child, (Not, Filter, Hint, Whole))
        }
        for whole in (child for child in children if isinstance(child, Whole)):
            instead = self.found(whole.variant.leaf)
            for part in whole.parts:
                found[part] = _also(found[part], instead, whole.variant)
        return found

    def _having(self, wanted: Mapping[Plan, Found], children: Sequence[Plan]) -> list[Set[int]]:
        """The passages that have each wanted child, themselves or, of several children, in their document's title."""
        if len(wanted) == 1:
            return [found.scores.keys() for found in wanted.values()]
        titled = {unit: [self._titled(variant.leaf) for variant in variants] for unit, variants in _units(children)}
        return [found.scores.keys() | set().union(*titled.get(child, ())) for child, found in wanted.items()]

    def _both(self, plan: AllOf) -> Found:
        """A conjunction inside a plan, where a partial answer is none."""
        allowed = self._allowed(plan.children)
        wanted = list(self._wanted(plan.children).values())
        whole = _intersection(wanted or [Found(dict.fromkeys(self._live(), 0.0))])
        return Found(_kept(whole.scores, allowed), whole.loose)

    def _wide(self, wide: Wide) -> Found:
        found = self.found(wide.leaf)
        for variant in wide.variants:
            found = _also(found, self.found(variant.leaf), variant)
        return found

    def _allowed(self, children: Iterable[Plan]) -> Callable[[int], bool] | None:
        """The test that the plan's conditions and exclusions come to; None if there are none."""
        documents = [self._documents(child) for child in children if isinstance(child, Filter)]
        out = [self.found(child.child).scores for child in children if isinstance(child, Not)]
        if not documents and not out:
            return None
        inside = set.intersection(*documents) if documents else None
        return lambda number: (
            (inside is None or self._document_of(number) in inside) and not any(number in scores for scores in out)
        )

    def _live(self) -> Iterator[int]:
        return (segment.base + number for segment in self.segments for number in segment.live())

    def _documents(self, condition: Filter) -> set[int]:
        return {segment.document_base + number for segment in self.segments for number in segment.matching(condition)}

    def _at(self, passage: int) -> tuple[Segment, int]:
        segment = self.segments[bisect_right(self.bases, passage) - 1]
        return segment, passage - segment.base

    def _document_of(self, passage: int) -> int:
        segment, number = self._at(passage)
        return segment.document_base + segment.documents[number]

    # -------------------------------------------------------------------------------------- leaves

    def _leaf(self, leaf: Leaf) -> Found:
        match leaf:
            case Term():
                return self._exactly(leaf, self._term(leaf)) if leaf.exact else self._term(leaf)
            case Words():
                return self._words(leaf)
            case Near():
                return self._plainly(segment.base + number for segment in self.segments for number in segment.near(leaf))
            case Wild():
                return self._plainly(segment.base + number for segment in self.segments for number in segment.wild(leaf))

    def _plainly(self, numbers: Iterable[int]) -> Found:
        frequencies = dict.fromkeys(numbers, 1.0)
        return Found(self._bm25(frequencies, len(frequencies)), idf=self._idf(len(frequencies)))

    def _words(self, words: Words) -> Found:
        if len(words.stems) == 1:
            return self._scored(words.stems[0], self._postings("words", words.stems[0]))
        return self._plainly(segment.base + number for segment in self.segments for number in segment.words(words))

    def _term(self, term: Term) -> Found:
        """Passages with a term, scored: with its frequency where it is a word, else as `LOOSE`."""
        frequencies = self._postings("words", term.text) if is_unspaced(term.text) else {}
        if not (term.word and is_unspaced(term.text)):
            everywhere = self._literal(term)
            return self._scored(term.text, {number: frequencies.get(number, 1.0) for number in everywhere})
        loose = self._literal(term, frequencies)
        found = self._scored(term.text, frequencies | dict.fromkeys(loose, LOOSE))
        found.loose = loose
        return found

    def _postings(self, name: str, text: str) -> dict[int, float]:
        found: dict[int, float] = {}
        for segment in self.segments:
            numbers, weights = segment.postings_of(name, text)
            found.update(zip((segment.base + number for number in numbers) if segment.base else numbers, weights, strict=True))
        return found

    def _literal(self, term: Term, known: Container[int] = ()) -> set[int]:
        """Passages, other than those known, in which an occurrence of a literal begins."""
        return {segment.base + number for segment in self.segments for number in segment.literal(term, known)}

    def _exactly(self, term: Term, found: Found) -> Found:
        """Those of the found passages that have the term as it was typed."""
        typed = nfc(term.typed)
        kept = {number for number in found.scores if self._holds_exactly(number, typed)}
        return Found({number: score for number, score in found.scores.items() if number in kept}, found.loose & kept, found.idf)

    def _holds_exactly(self, passage: int, typed: str) -> bool:
        segment, number = self._at(passage)
        before, text, after = map(nfc, segment.original(number, 2 * len(typed) + 4))
        end = len(before) + len(text)
        return any(at < end for at, _ in as_typed(typed, before + text + after, len(before)))

    # -------------------------------------------------------------------------------------- scores

    def _scored(self, text: str, frequencies: dict[int, float]) -> Found:
        scores = self._bm25(frequencies, len(frequencies))
        headed = self._postings("heading", text)
        idf = HEADING * self._idf(len(frequencies))  # as the word in the passage: a variant in rare headings is worth no more
        for number in headed.keys() & scores.keys():
            scores[number] += idf
        return Found(scores, idf=self._idf(len(frequencies)))

    def _idf(self, count: int) -> float:
        return math.log(1 + (self.passages - count + 0.5) / (count + 0.5))

    def _bm25(self, frequencies: dict[int, float], count: int) -> dict[int, float]:
        idf, scores = self._idf(count) * (K1 + 1), {}
        fixed, per_word = K1 * (1 - B), K1 * B / self.mean_length
        for segment in self.segments:
            base, lengths, end = segment.base, segment.lengths, segment.base + segment.texts.passages
            for number, frequency in frequencies.items():
                if base <= number < end:
                    scores[number] = idf * frequency / (frequency + fixed + per_word * lengths[number - base])
        return scores

    def _add_hint(self, hint: Hint, scores: dict[int, float]) -> None:
        for number, score in self.found(hint.leaf).scores.items():
            if number in scores:
                scores[number] += score

    def _add_title(self, variants: Sequence[Variant], count: int, scores: dict[int, float]) -> None:
        """Raise passages whose document has one of the variants in its title, the more the nearer their lengths are.

        That is BM25 with the query's own number of words, `count`, for the mean length: who types a title wants the page of
        that title, neither one that says more nor one that says less.
        """
        worth: dict[int, float] = {}
        typed_idf = 0.0
        for place, variant in enumerate(variants):
            titled = self._titled(variant.leaf)
            idf = self._idf(len(titled)) if titled else 0.0
            typed_idf = idf if place == 0 else typed_idf
            value = variant.weight * (min(idf, typed_idf) if typed_idf else idf)
            for number in titled:
                if number in scores and worth.get(number, 0.0) < value:
                    worth[number] = value
        for number, value in worth.items():
            segment, own = self._at(number)
            distance = abs(segment.title_terms[segment.documents[own]] - count) / count
            scores[number] += TITLE * value * (K1 + 1) / (1 + K1 * (1 + B * distance))

    def _titled(self, leaf: Leaf) -> Set[int]:
        """The passages of documents that have a leaf in their title; as typed, if that is asked for, in the passage too."""
        if isinstance(leaf, Words):
            return set.intersection(*map(self._title_postings, leaf.stems))
        if not isinstance(leaf, Term):
            return set()
        titled: Set[int] = self._title_postings(leaf.text) if is_unspaced(leaf.text) else set()
        if not titled and (len(leaf.text) > 2 or not is_unspaced(leaf.text)):
            titled = set(self._titled_with(leaf))
        return titled & self.found(leaf).scores.keys() if leaf.exact else titled

    def _titled_with(self, term: Term) -> Iterator[int]:
        """The passages of the documents in whose title a literal occurs."""
        for segment in self.segments:
            first = segment.texts.first_passages()
            for number in segment.matching(Filter("title", term.text)):
                if any(True for _ in in_folded(term, segment.texts.folded_title(number))):
                    yield from (segment.base + passage for passage in range(first[number], first[number + 1]))

    def _title_postings(self, text: str) -> set[int]:
        if text not in self._titles:
            self._titles[text] = set(self._postings("title", text))
        return self._titles[text]


def _cover(having: Sequence[Set[int]], scores: dict[int, float]) -> None:
    """Multiply each score with a power of the share of the words that the passage has."""
    lacking = Counter(chain.from_iterable(scores.keys() - numbers for numbers in having))
    for number, count in lacking.items():
        scores[number] *= (1 - count / len(having)) ** COVERAGE


def _also(found: Found, instead: Found, variant: Variant) -> Found:
    """What is found, or else what a variant finds: each passage by the better of the two."""
    if not instead.scores:
        return found
    rarer = found.idf and instead.idf and found.scores
    weight = variant.weight * (min(1.0, found.idf / instead.idf) if rarer else 1.0)
    scores, loose = dict(found.scores), set(found.loose)
    for number, score in instead.scores.items():
        if number not in scores:
            scores[number] = weight * score
            if number in instead.loose:
                loose.add(number)
        elif scores[number] < weight * score:
            scores[number] = weight * score
    return Found(scores, loose, found.idf if found.scores else instead.idf)


def _units(children: Iterable[Plan]) -> Iterator[tuple[Plan, list[Variant]]]:
    """What a title may have of a query: each part at the plan's top, with whatever stands for it, the typed form first."""
    wholes = [child for child in children if isinstance(child, Whole)]
    for child in children:
        leaf = child.leaf if isinstance(child, (Wide, Hint)) else child
        if isinstance(leaf, (Term, Words)):
            own = child.variants if isinstance(child, Wide) else ()
            yield child, [Variant(leaf, "script", 1.0), *own, *(whole.variant for whole in wholes if child in whole.parts)]


def _kept(scores: dict[int, float], allowed: Callable[[int], bool] | None) -> dict[int, float]:
    return scores if allowed is None else {number: score for number, score in scores.items() if allowed(number)}


def _intersection(all_found: Sequence[Found]) -> Found:
    if len(all_found) == 1:
        return all_found[0]
    first, *others = sorted(all_found, key=lambda found: len(found.scores))
    kept = [number for number in first.scores if all(number in other.scores for other in others)]
    # Summed in the order of the query, not of the sizes: equal passages get equal scores in every generation.
    scores = {number: sum(found.scores[number] for found in all_found) for number in kept}
    return Found(scores, {number for number in kept if any(number in found.loose for found in all_found)})


def _union(all_found: Sequence[Found]) -> Found:
    if len(all_found) == 1:
        return all_found[0]
    scores: dict[int, float] = defaultdict(float)
    for found in all_found:
        for number, score in found.scores.items():
            scores[number] += score
    firm = {number for found in all_found for number in found.scores.keys() - found.loose}
    return Found(dict(scores), set(scores) - firm)
