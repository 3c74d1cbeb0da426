"""What a plan finds in segments, and what each passage is worth.

Owns boolean matching, the tiers, and BM25; gets tokens and gives numbers of passages and scores.  It never analyses text:
what folds or segments it is not its business.

Every literal is matched as a substring of the documents' folded text, exactly: grams and words only name candidates.  That the
segmenter saw a term as a word raises its score and its tier, nothing more, unless it is to stand alone.

Scores are BM25 (Robertson and Zaragoza 2009, formula 3.15, with the non-negative idf of Lucene), summed term by term over whole
posting lists, over the passage's own words, its heading's and its title's.  A variant scores as the typed leaf would, times its
weight, and no rarer than that: no passage is worth more for a variant than it would be for what was typed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from ..model import AllOf, AnyOf, Filter, Hint, Leaf, Match, Near, Not, Plan, Term, Variant, Whole, Wide, Wild, Words
from ..patterns import as_typed, nfc
from ..scripts import is_unspaced
from .segments import Segments

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

    segments: Segments
    _memory: dict[tuple[Leaf, bool], Found] = field(default_factory=dict)

    def matches(self, plan: Plan) -> list[Match]:
        """Every passage that answers, with its tier and score, in no order.

        Those with every child of the plan's top (tiers 0 and 1), of which one must be in the passage itself, the others may
        be in its document's title; if these are fewer than `ENOUGH`, also those that have some (tier 2).
        """
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        wanted = self._wanted(children)
        allowed = self._allowed(children)
        if not wanted:
            return [Match(number, 0, 0.0) for number in _kept(dict.fromkeys(self._live(), 0.0), allowed)]
        loose = set[int]().union(*(found.loose for found in wanted.values()))
        titles = self._titles(children)
        having = _having(wanted, titles)
        scores = dict(_kept(_union(list(wanted.values())).scores, allowed))
        complete = scores.keys() if len(having) == 1 else set(scores).intersection(*having)
        if ENOUGH <= len(complete) < len(scores):
            scores = {number: scores[number] for number in complete}
        for _, stage in self._stages(having, titles, children):
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
        titles = self._titles(children)
        for name, stage in self._stages(_having(wanted, titles), titles, children):
            before = scores[passage]
            stage(scores)
            what, _, of = name.partition(" ")
            parts += [(what, of, scores[passage] - before)] if scores[passage] != before else []
        return parts

    def _stages(
        self, having: Sequence[Set[int]], titles: Mapping[Plan, Mapping[int, float]], children: Sequence[Plan]
    ) -> Iterator[tuple[str, Callable[[dict[int, float]], None]]]:
        """What is done to the scores of words, in order, each with its name and the part of the plan that it is for."""
        for hint in (child for child in children if isinstance(child, Hint)):
            yield f"pairs {hint.leaf}", partial(self._add_hint, hint)
        if len(having) > 1:
            yield "coverage ", partial(_cover, having)
        count = sum(map(_title_words, titles))
        for child, worth in titles.items():
            yield f"title {child}", partial(self._add_title, worth, max(1, count))

    def found(self, plan: Plan) -> Found:
        """What a plan finds by itself."""
        match plan:
            case Term() | Words() | Near() | Wild():
                return self._leaf(plan)
            case Wide():
                return self._wide(plan)
            case AnyOf():
                return _union([self.found(child) for child in plan.children])
            case Hint() | Whole():
                return Found()
            case Filter():
                documents = self._documents(plan)
                return Found({number: 0.0 for number in self._live() if self.segments.document_of(number) in documents})
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

    def _both(self, plan: AllOf) -> Found:
        """A conjunction inside a plan, where a partial answer is none."""
        allowed = self._allowed(plan.children)
        wanted = list(self._wanted(plan.children).values())
        whole = _intersection(wanted or [Found(dict.fromkeys(self._live(), 0.0))])
        return Found(_kept(whole.scores, allowed), whole.loose)

    def _wide(self, wide: Wide) -> Found:
        found = self.found(wide.leaf)
        headed = not found.scores or self._is_token(wide.leaf)  # else a heading counts for nothing that stands for it either
        for variant in wide.variants:
            found = _also(found, self._leaf(variant.leaf, headed), variant)
        return found

    def _is_token(self, leaf: Leaf) -> bool:
        """Whether a leaf is what headings are made of."""
        if isinstance(leaf, Words):
            return len(leaf.stems) == 1
        return isinstance(leaf, Term) and is_unspaced(leaf.text) and self._is_word(leaf.text)

    def _allowed(self, children: Iterable[Plan]) -> Callable[[int], bool] | None:
        """The test that the plan's conditions and exclusions come to; None if there are none."""
        documents = [self._documents(child) for child in children if isinstance(child, Filter)]
        out = [self.found(child.child).scores for child in children if isinstance(child, Not)]
        if not documents and not out:
            return None
        inside = set.intersection(*documents) if documents else None
        return lambda number: (
            (inside is None or self.segments.document_of(number) in inside) and not any(number in scores for scores in out)
        )

    def _live(self) -> Iterator[int]:
        return (segment.base + number for segment in self.segments for number in segment.live())

    def _documents(self, condition: Filter) -> set[int]:
        return {segment.document_base + number for segment in self.segments for number in segment.matching(condition)}

    def _is_word(self, text: str) -> bool:
        return self.segments.frequency(text) > 0

    # -------------------------------------------------------------------------------------- leaves

    def _leaf(self, leaf: Leaf, headed: bool = True) -> Found:
        """What a leaf finds; `headed` says whether the nearest headings count."""
        if (leaf, headed) not in self._memory:
            self._memory[leaf, headed] = self._find(leaf, headed)
        return self._memory[leaf, headed]

    def _find(self, leaf: Leaf, headed: bool) -> Found:
        match leaf:
            case Term():
                found = self._term(leaf, headed)
                return self._exactly(leaf, found) if leaf.exact else found
            case Words():
                return self._words(leaf, headed)
            case Near():
                return self._plainly(segment.base + number for segment in self.segments for number in segment.near(leaf))
            case Wild():
                return self._plainly(segment.base + number for segment in self.segments for number in segment.wild(leaf))

    def _plainly(self, numbers: Iterable[int]) -> Found:
        frequencies = dict.fromkeys(numbers, 1.0)
        return Found(self._bm25(frequencies, len(frequencies)), idf=self._idf(len(frequencies)))

    def _words(self, words: Words, headed: bool) -> Found:
        if len(words.stems) == 1:
            return self._scored(words.stems[0], self._postings("words", words.stems[0]), headed)
        return self._plainly(segment.base + number for segment in self.segments for number in segment.words(words))

    def _term(self, term: Term, headed: bool) -> Found:
        """Passages with a term, scored: with its frequency where it is a word, else as often as it stands there.

        A word of the index counts as `LOOSE` where it is only inside longer ones, and for nothing if it is to stand alone.
        """
        unspaced = is_unspaced(term.text)
        frequencies = self._postings("words", term.text) if unspaced else {}
        if term.alone:
            return self._scored(term.text, frequencies, headed)
        if not (term.word and unspaced):
            everywhere = self._literal(term)
            frequencies = {number: frequency for number, frequency in frequencies.items() if number in everywhere}
            counts = self._counts(term, everywhere.difference(frequencies))
            return self._scored(term.text, frequencies | counts, headed and unspaced)
        loose = self._literal(term, frequencies)
        inside = dict.fromkeys(loose, LOOSE) if frequencies else self._counts(term, loose)
        return replace(self._scored(term.text, frequencies | inside, headed), loose=loose)

    def _postings(self, name: str, text: str) -> dict[int, float]:
        found: dict[int, float] = {}
        for segment in self.segments:
            numbers, weights = segment.postings_of(name, text)
            found.update(zip((segment.base + number for number in numbers) if segment.base else numbers, weights, strict=True))
        return found

    def _literal(self, term: Term, known: Collection[int] = ()) -> set[int]:
        """Passages, other than those known, in which an occurrence of a literal begins."""
        return {segment.base + number for segment in self.segments for number in segment.literal(term, known)}

    def _counts(self, term: Term, passages: Set[int]) -> dict[int, float]:
        """How often a term stands in passages that have it."""
        found: dict[int, float] = {}
        for segment in self.segments:
            own = [number - segment.base for number in passages if 0 <= number - segment.base < segment.texts.passages]
            found.update((segment.base + number, count) for number, count in segment.counts(term.text, own))
        return found

    def _exactly(self, term: Term, found: Found) -> Found:
        """Those of the found passages that have the term as it was typed."""
        typed = nfc(term.typed)
        kept = {number for number in found.scores if self._holds_exactly(number, typed)}
        return Found({number: score for number, score in found.scores.items() if number in kept}, found.loose & kept, found.idf)

    def _holds_exactly(self, passage: int, typed: str) -> bool:
        segment, number = self.segments.at(passage)
        before, text, after = map(nfc, segment.original(number, 2 * len(typed) + 4))
        end = len(before) + len(text)
        return any(at < end for at, _ in as_typed(typed, before + text + after, len(before)))

    # -------------------------------------------------------------------------------------- scores

    def _scored(self, text: str, frequencies: dict[int, float], headed: bool) -> Found:
        scores = self._bm25(frequencies, len(frequencies))
        idf = HEADING * self._idf(len(frequencies))  # as the word in the passage: a variant in rare headings is worth no more
        for number in self._postings("heading", text).keys() & scores.keys() if headed else ():
            scores[number] += idf
        return Found(scores, idf=self._idf(len(frequencies)))

    def _idf(self, count: int) -> float:
        return math.log(1 + (self.segments.passages - count + 0.5) / (count + 0.5))

    def _bm25(self, frequencies: dict[int, float], count: int) -> dict[int, float]:
        idf, lengths = self._idf(count) * (K1 + 1), self.segments.lengths
        fixed, per_word = K1 * (1 - B), K1 * B / self.segments.mean_length
        return {
            number: idf * frequency / (frequency + fixed + per_word * lengths[number])
            for number, frequency in frequencies.items()
        }

    def _add_hint(self, hint: Hint, scores: dict[int, float]) -> None:
        for number, score in self.found(_hinted(hint)).scores.items():
            if number in scores:
                scores[number] += score

    # -------------------------------------------------------------------------------------- titles

    def _titles(self, children: Iterable[Plan]) -> dict[Plan, dict[int, float]]:
        """What the titles have of each child that a title may have, or of what stands for it: see `_in_titles`.

        Of hints too: pairs of characters tell a title of the same words in the same order from others.
        """
        children = list(children)
        wholes = [child for child in children if isinstance(child, Whole)]
        return {
            child: self._in_titles(child, [whole.variant for whole in wholes if child in whole.parts])
            for child in children
            if _title_words(child) or isinstance(child, Hint)
        }

    def _in_titles(self, plan: Plan, instead: Sequence[Variant] = ()) -> dict[int, float]:
        """The passages of documents whose title has a plan, or what else stands for it, and what that is worth."""
        match plan:
            case Term() | Words():
                return self._worth(plan, instead)
            case Wide():
                return self._worth(plan.leaf, [*plan.variants, *instead])
            case Hint():
                return self._worth(plan.leaf, ())
            case AnyOf():
                best: dict[int, float] = {}
                for child in plan.children:
                    for number, worth in self._in_titles(child).items():
                        best[number] = max(worth, best.get(number, 0.0))
                return best
            case AllOf() if all(_title_words(child) for child in plan.children if not isinstance(child, (Not, Filter, Whole))):
                titles = list(self._titles(plan.children).values())
                everywhere = dict.fromkeys(set.intersection(*map(set, titles)), 0.0) if titles else {}
                kept = _kept(everywhere, self._allowed(plan.children))
                return {number: sum(worth[number] for worth in titles) for number in kept}
            case _:
                return {}

    def _worth(self, leaf: Leaf, variants: Iterable[Variant]) -> dict[int, float]:
        """The passages of documents that have a leaf or a variant of it in their title, and the idf of the best in it, weighed.

        A variant is no rarer there than what was typed.
        """
        titled = self._titled(leaf)
        most = self._idf(len(titled)) if titled else math.inf
        worth = dict.fromkeys(titled, most)
        for variant in variants:
            titled = self._titled(variant.leaf)
            value = variant.weight * min(most, self._idf(len(titled)))
            worth.update((number, value) for number in titled if worth.get(number, 0.0) < value)
        return worth

    def _titled(self, leaf: Leaf) -> Set[int]:
        """The passages of documents that have a leaf in their title; as typed, if that is asked for, in the passage too."""
        if not isinstance(leaf, (Term, Words)):
            return set()
        titled = set[int]()
        for segment in self.segments:
            own = segment.titled(leaf, self._is_word)
            titled.update((segment.base + number for number in own) if segment.base else own)
        return titled & self.found(leaf).scores.keys() if isinstance(leaf, Term) and leaf.exact else titled

    def _add_title(self, worth: Mapping[int, float], count: int, scores: dict[int, float]) -> None:
        """Raise passages whose document has something in its title, the more the nearer the title's length is to the query's.

        That is BM25 with the query's own number of words, `count`, for the mean length: who types a title wants the page of
        that title, neither one that says more nor one that says less.
        """
        for number, value in worth.items():
            if number in scores:
                segment, own = self.segments.at(number)
                distance = abs(segment.title_terms[segment.documents[own]] - count) / count
                scores[number] += TITLE * value * (K1 + 1) / (1 + K1 * (1 + B * distance))


def _having(wanted: Mapping[Plan, Found], titles: Mapping[Plan, Mapping[int, float]]) -> list[Set[int]]:
    """The passages that have each wanted child, themselves or, of several children, in their document's title."""
    if len(wanted) == 1:
        return [found.scores.keys() for found in wanted.values()]
    return [found.scores.keys() | titles.get(child, {}).keys() for child, found in wanted.items()]


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


def _title_words(plan: Plan) -> int:
    """How many words a title that has a plan has of it; 0 if that cannot be asked of a title."""
    match plan:
        case Term() | Words() | Wide(Term() | Words()):
            return 1
        case AnyOf():
            return max(map(_title_words, plan.children), default=0)
        case AllOf():
            return sum(map(_title_words, plan.children))
        case _:
            return 0


def _hinted(hint: Hint) -> Leaf:
    """What a hint asks for: one character only where it is a word, for inside others nearly every passage has it."""
    leaf = hint.leaf
    return replace(leaf, alone=True) if isinstance(leaf, Term) and len(leaf.text) == 1 and is_unspaced(leaf.text) else leaf


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
