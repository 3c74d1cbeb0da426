"""What a plan finds in segments, and what each passage is worth.

Owns boolean matching, the tiers, and BM25; gets tokens and gives numbers of passages and scores.  It never analyses text:
what folds or segments it is not its business.

Every literal is matched as a substring of the documents' folded text, exactly: grams and words only name candidates.  That the
segmenter saw a term as a word raises its score and its tier, nothing more, unless it is to stand alone.

What a match is worth `scoring` says.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from ..model import AllOf, AnyOf, Filter, Hint, Leaf, Near, Not, Plan, Term, Variant, Whole, Wide, Wild, Words
from ..patterns import as_typed, nfc
from ..scripts import is_unspaced
from . import bitmaps
from .bitmaps import Bits, Column, Planes
from .found import (
    TOGETHER,
    Found,
    Groups,
    Levels,
    Matches,
    Postings,
    Scores,
    apart,
    best_of,
    by_bound,
    intersection,
    summed,
    union,
    unscored,
)
from .scoring import COVERAGE, ENOUGH, HEADING, K1, LOOSE, TITLE, B, hinted, idf, nearness, title_length, title_words
from .segments import Segment, Segments

STEPS = 16
"""How finely bounds for the scores of a word are told apart."""

Frequencies = Callable[[Sequence[int]], dict[int, float]]
"""How often those among some passages have a term that do."""

Bounds = Iterable[tuple[float, Bits]]
"""Sets of passages that have none in common, each with how often they have a term at the most."""

Titles = Mapping[Plan, Levels]
"""The passages of documents whose title has a part of a plan, and what that is worth."""


class Evaluation:
    """One plan at work over the segments of an index; what a leaf finds is found once."""

    def __init__(self, segments: Segments) -> None:
        self.segments = segments
        self._memory: dict[tuple[Leaf, bool], Found] = {}

    def matches(self, plan: Plan) -> Matches:
        """Every passage that answers.

        Those with every child of the plan's top (tiers 0 and 1), of which one must be in the passage itself, the others may
        be in its document's title; if these are fewer than `ENOUGH`, also those that have some (tier 2).
        """
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        wanted, kept = self._wanted(children), self._condition(children)
        if not wanted:
            everything = unscored(kept(self.segments.alive))
            passages = everything.passages
            return Matches(
                passages,
                passages,
                0,
                everything.scores,
                lambda: iter([(0.0, iter([(0.0, passages)]))]),
                self.segments.count_documents,
            )
        titles = self._titles(children)
        having = _having(wanted, titles)
        some = kept(bitmaps.union(found.passages for found in wanted.values()))
        complete = bitmaps.intersection(having) & some
        passages = complete if complete.bit_count() >= ENOUGH else some
        return Matches(
            passages,
            complete,
            bitmaps.union(found.loose for found in wanted.values()),
            partial(self._scores, wanted, having, titles, children),
            partial(self._groups, passages, having, wanted, titles, children),
            self.segments.count_documents,
        )

    def _scores(
        self,
        wanted: Mapping[Plan, Found],
        having: Sequence[Bits],
        titles: Titles,
        children: Sequence[Plan],
        among: Sequence[int],
    ) -> Scores:
        scores = summed(found.scores(among) for found in wanted.values())
        for _, stage in self._stages(having, titles, children):
            stage(scores)
        return scores

    def _groups(
        self,
        passages: Bits,
        having: Sequence[Bits],
        wanted: Mapping[Plan, Found],
        titles: Titles,
        children: Sequence[Plan],
    ) -> Groups:
        """The passages by how many of the children they have, and by what they score at the most."""
        hints = [self.found(hinted(child)) for child in children if isinstance(child, Hint)]
        mosts = sorted((found.most for found in wanted.values()), reverse=True)
        had: Planes = ()
        for each in having:
            had = bitmaps.added(had, (each,))

        def levels(share: float) -> Iterator[Levels]:
            for found in (*wanted.values(), *hints):
                yield from ([(share * bound, each) for bound, each in own] for own in found.levels)
            yield from (self._by_distance(titled, title_length(titles)) for titled in titles.values() if titled)

        for count, group in bitmaps.descending(passages, had):
            share = (count / len(wanted)) ** COVERAGE
            most = share * (sum(mosts[:count]) + sum(hint.most for hint in hints))
            most += sum(TITLE * titled[0][0] for titled in titles.values() if titled)
            yield most, by_bound(group, partial(levels, share), most)

    def parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        if not (wanted := self._wanted(children)):
            return []
        own = {child: found.scores([passage]) for child, found in wanted.items()}
        parts = [("words", str(child), score[passage]) for child, score in own.items() if score]
        scores = {passage: sum(value for _, _, value in parts)}
        titles = self._titles(children)
        for name, stage in self._stages(_having(wanted, titles), titles, children):
            before = scores[passage]
            stage(scores)
            what, _, of = name.partition(" ")
            parts += [(what, of, scores[passage] - before)] if scores[passage] != before else []
        return parts

    def _stages(
        self, having: Sequence[Bits], titles: Titles, children: Sequence[Plan]
    ) -> Iterator[tuple[str, Callable[[Scores], None]]]:
        """What is done to the sums of the words' scores, in order, each with its name and the part that it is for."""
        for hint in (child for child in children if isinstance(child, Hint)):
            yield f"pairs {hint.leaf}", partial(self._add_hint, hint)
        if len(having) > 1:
            yield "coverage ", partial(_cover, having)
        for child, worth in titles.items():
            yield f"title {child}", partial(self._add_title, worth, title_length(titles))

    def found(self, plan: Plan) -> Found:
        """What a plan finds by itself."""
        match plan:
            case Term() | Words() | Near() | Wild():
                return self._leaf(plan)
            case Wide():
                return self._wide(plan)
            case AnyOf():
                return union([self.found(child) for child in plan.children])
            case Hint() | Whole():
                return Found()
            case Filter() | Not():
                return unscored(self._condition([plan])(self.segments.alive))
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
                found[part] = best_of(found[part], [(whole.variant.weight, instead)])
        return found

    def _both(self, plan: AllOf) -> Found:
        """A conjunction inside a plan, where a partial answer is none."""
        wanted = list(self._wanted(plan.children).values())
        whole = intersection(wanted) if wanted else unscored(self.segments.alive)
        return whole.only(self._condition(plan.children)(whole.passages))

    def _wide(self, wide: Wide) -> Found:
        found = self.found(wide.leaf)
        headed = not found.passages or self._is_token(wide.leaf)  # else a heading counts for nothing that stands for it either
        return best_of(found, ((variant.weight, self._leaf(variant.leaf, headed)) for variant in wide.variants))

    def _is_token(self, leaf: Leaf) -> bool:
        """Whether a leaf is what headings are made of."""
        if isinstance(leaf, Words):
            return len(leaf.stems) == 1
        return isinstance(leaf, Term) and is_unspaced(leaf.text) and self.segments.frequency(leaf.text) > 0

    def _condition(self, children: Iterable[Plan]) -> Callable[[Bits], Bits]:
        """What the plan's conditions and exclusions keep of some passages."""
        kept = self.segments.alive
        for child in children:
            if isinstance(child, Filter):
                kept &= self.segments.joined(partial(Segment.matching, condition=child))
            elif isinstance(child, Not):
                kept &= ~self.found(child.child).passages
        return kept.__and__

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
            case Words(stems=(stem,)):
                return self._of_word(stem, headed)
            case Words():
                return self._plainly(lambda segment: segment.words(leaf))
            case Near():
                return self._plainly(lambda segment: segment.near(leaf))
            case Wild():
                return self._plainly(lambda segment: segment.wild(leaf))

    def _plainly(self, of_segment: Callable[[Segment], Bits]) -> Found:
        """What is there or not, however often."""
        passages = self.segments.joined(of_segment)
        return self._scored(passages, Postings((passages,)).often, [(1, passages)])

    def _of_word(self, word: str, headed: bool) -> Found:
        """The passages that have a word of the index."""
        postings = self._postings("words", word)
        return self._scored(postings.passages, postings.often, postings.at_most(), word if headed else "")

    def _term(self, term: Term, headed: bool) -> Found:
        """Passages with a term, scored: with its frequency where it is a word, else as often as it stands there.

        A word of the index counts as `LOOSE` where it is only inside longer ones, and for nothing if it is to stand alone.
        """
        unspaced, heading = is_unspaced(term.text), term.text if headed else ""
        if term.alone:
            return self._of_word(term.text, headed)
        words = self._postings("words", term.text) if unspaced else Postings((0,))
        if not (term.word and unspaced):
            everywhere = Column(passages := self._literal(term))

            def counted(among: Sequence[int]) -> dict[int, float]:
                often = words.often(having := everywhere.those(among))
                return often | self._counts(term, [number for number in having if number not in often])

            bounds = [*((often, own & passages) for often, own in words.at_most()), (math.inf, passages & ~words.passages)]
            return self._scored(passages, counted, bounds, heading if unspaced else "")
        pair = self._postings("grams", term.text).passages if len(term.text) == 2 else 0  # those of the word, too
        loose = (pair or self._literal(term, words.passages)) & ~words.passages
        inside = Column(loose)

        def frequencies(among: Sequence[int]) -> dict[int, float]:
            often, others = words.often(among), inside.those(among)
            return often | (dict.fromkeys(others, LOOSE) if words.passages else self._counts(term, others))

        bounds = [*words.at_most(), (LOOSE if words.passages else math.inf, loose)]
        return self._scored(words.passages | loose, frequencies, bounds, heading, loose)

    def _postings(self, name: str, text: str) -> Postings:
        """The passages that have a term."""
        return Postings(self.segments.planes(name, text))

    def _literal(self, term: Term, known: Bits = 0) -> Bits:
        """Passages, other than those known, in which an occurrence of a literal begins."""
        return self.segments.joined(lambda segment: segment.literal(term, segment.own(known)))

    def _counts(self, term: Term, passages: Iterable[int]) -> dict[int, float]:
        """How often a term stands in passages that have it."""
        own = defaultdict[Segment, list[int]](list)
        for number in passages:
            segment, local = self.segments.at(number)
            own[segment].append(local)
        return {
            segment.base + number: count
            for segment, numbers in own.items()
            for number, count in segment.counts(term.text, numbers)
        }

    def _exactly(self, term: Term, found: Found) -> Found:
        """Those of the found passages that have the term as it was typed."""
        typed = nfc(term.typed)
        kept = (number for number in bitmaps.numbers(found.passages) if self._holds_exactly(number, typed))
        return found.only(bitmaps.of(kept, len(self.segments.lengths)))

    def _holds_exactly(self, passage: int, typed: str) -> bool:
        segment, number = self.segments.at(passage)
        before, text, after = map(nfc, segment.original(number, 2 * len(typed) + 4))
        end = len(before) + len(text)
        return any(at < end for at, _ in as_typed(typed, before + text + after, len(before)))

    # -------------------------------------------------------------------------------------- scores

    def _scored(self, passages: Bits, frequencies: Frequencies, bounds: Bounds, heading: str = "", loose: Bits = 0) -> Found:
        """A leaf, given its passages, and how often those among some have it; their headings may have it, too."""
        if not passages:
            return Found()
        idf, lengths = self._idf(passages.bit_count()), self.segments.lengths
        fixed, per_word = K1 * (1 - B), K1 * B / self.segments.mean_length
        headings = self._postings("heading", heading).passages if heading else 0

        def scores(among: Sequence[int]) -> Scores:
            found = {
                number: idf * (K1 + 1) * often / (often + fixed + per_word * lengths[number])
                for number, often in frequencies(among).items()
            }
            # As the word in the passage: a variant in rare headings is worth no more.
            for number in bitmaps.those(headings, found) if headings else ():
                found[number] += HEADING * idf
            return found

        most = (K1 + 1 + HEADING * bool(headings)) * idf

        def levels() -> list[Levels]:
            highest = defaultdict[int, Bits](int)
            for often, having in bounds:
                for length, as_long in self.segments.lengths_at_least:
                    value = often / (often + fixed + per_word * length) if often < math.inf else 1.0
                    highest[math.ceil(STEPS * value)] |= having & as_long
            plain = [(idf * (K1 + 1) * steps / STEPS, having) for steps, having in highest.items()]
            return [plain + [(bound + HEADING * idf, having & headings) for bound, having in plain if headings]]

        return Found(passages, scores, most, levels if passages.bit_count() > TOGETHER else None, loose, idf)

    def _idf(self, count: int) -> float:
        return idf(count, self.segments.passages)

    def _add_hint(self, hint: Hint, scores: Scores) -> None:
        for number, score in self.found(hinted(hint)).scores(list(scores)).items():
            scores[number] += score

    # -------------------------------------------------------------------------------------- titles

    def _titles(self, children: Iterable[Plan]) -> dict[Plan, Levels]:
        """What the titles have of each child that a title may have, or of what stands for it: see `_in_titles`.

        Of hints too: pairs of characters tell a title of the same words in the same order from others.
        """
        children = list(children)
        wholes = [child for child in children if isinstance(child, Whole)]
        return {
            child: self._in_titles(child, [whole.variant for whole in wholes if child in whole.parts])
            for child in children
            if title_words(child) or isinstance(child, Hint)
        }

    def _in_titles(self, plan: Plan, instead: Sequence[Variant] = ()) -> Levels:
        """The passages of documents whose title has a plan, or what else stands for it, and what that is worth."""
        match plan:
            case Term() | Words():
                return self._worth(plan, instead)
            case Wide():
                return self._worth(plan.leaf, [*plan.variants, *instead])
            case Hint():
                return self._worth(plan.leaf, ())
            case AnyOf():
                return apart([level for child in plan.children for level in self._in_titles(child)])
            case AllOf() if all(title_words(child) for child in plan.children if not isinstance(child, (Not, Filter, Whole))):
                both: Levels = [(0.0, self._condition(plan.children)(self.segments.alive))]
                for levels in self._titles(plan.children).values():
                    both = [(one + other, had & has) for one, had in both for other, has in levels if had & has]
                return apart(both)
            case _:
                return []

    def _worth(self, leaf: Leaf, variants: Iterable[Variant]) -> Levels:
        """The passages of documents that have a leaf or a variant of it in their title, and the idf of the best in it, weighed.

        A variant is no rarer there than what was typed.
        """
        titled = self._titled(leaf)
        most = self._idf(titled.bit_count()) if titled else math.inf
        worth = [(most, titled)]
        for variant in variants:
            titled = self._titled(variant.leaf)
            worth.append((variant.weight * min(most, self._idf(titled.bit_count())), titled))
        return apart(worth)

    def _titled(self, leaf: Leaf) -> Bits:
        """The passages of documents that have a leaf in their title; as typed, if that is asked for, in the passage too."""
        if not isinstance(leaf, (Term, Words)):
            return 0
        titled = self.segments.joined(partial(Segment.titled, leaf=leaf))
        return titled & self.found(leaf).passages if isinstance(leaf, Term) and leaf.exact else titled

    def _add_title(self, worth: Levels, count: int, scores: dict[int, float]) -> None:
        """Raise passages whose document has something in its title, the more the nearer the title's length is to the query's.

        That is BM25 with the query's own number of words, `count`, for the mean length: who types a title wants the page of
        that title, neither one that says more nor one that says less.
        """
        lengths = self.segments.title_lengths
        for value, passages in worth:
            for number in bitmaps.those(passages, scores):
                scores[number] += TITLE * value * nearness(abs(lengths[number] - count) / count)

    def _by_distance(self, worth: Levels, count: int) -> Levels:
        """What passages get for their titles at the most."""
        return [
            (TITLE * value * nearness(distance), having & as_far)
            for value, having in worth
            for distance, as_far in self.segments.title_distances(count)
        ]


def _having(wanted: Mapping[Plan, Found], titles: Titles) -> list[Bits]:
    """The passages that have each of the wanted parts of a plan, in themselves or in their document's title."""
    return [found.passages | bitmaps.union(titled for _, titled in titles.get(child, [])) for child, found in wanted.items()]


def _cover(having: Sequence[Bits], scores: Scores) -> None:
    """Multiply each score with a power of the share of the words that the passage has, in itself or in its document's title."""
    lacking = Counter[int]()
    for each in having:
        lacking.update(scores.keys() - bitmaps.those(each, scores))
    for number, count in lacking.items():
        scores[number] *= (1 - count / len(having)) ** COVERAGE
