"""What a plan finds in segments, and what each passage is worth.

Owns boolean matching, the tiers, and BM25; gets tokens and gives numbers of passages and scores.  It never analyses text:
what folds or segments it is not its business.

Every literal is matched as a substring of the documents' folded text, exactly: grams and words only name candidates.  That the
segmenter saw a term as a word raises its score and its tier, nothing more, unless it is to stand alone.

Scores are BM25 (Robertson and Zaragoza 2009, formula 3.15, with the non-negative idf of Lucene), summed term by term over
the passage's own words, its heading's and its title's.  A variant scores as the typed leaf would, times its
weight, and no rarer than that: no passage is worth more for a variant than it would be for what was typed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from itertools import chain, compress
from typing import NamedTuple

from ..frozen import replace
from ..model import AllOf, AnyOf, Filter, Hint, Leaf, Near, Not, Plan, Term, Variant, Whole, Wide, Wild, Words
from ..patterns import as_typed, nfc
from ..scripts import is_unspaced
from .found import Found, Matches, Passages, Postings, Scores, Within, best_of, intersection, summed, union, unscored
from .segments import Segment, Segments

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


Frequencies = Callable[[set[int]], dict[int, float]]
"""How often those among some passages have a term that do."""

Titles = Mapping[Plan, dict[int, float]]
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
            live = kept(set(self._live()))
            return Matches(live, live, unscored(live).loose, unscored(live).scores, first=live)
        found, titles = union(list(wanted.values())), self._titles(children)
        several = len(wanted) > 1
        complete = kept(_complete(wanted, titles)) if several else kept(found.passages)
        passages = complete if len(complete) >= ENOUGH or not several else kept(found.passages)
        return Matches(
            passages,
            complete,
            lambda among: set[int]().union(*(each.loose(among) for each in wanted.values())),
            partial(self._scores, wanted, titles, children),
            complete if several else set(),
            [] if several and passages is complete else self._bounded(found, wanted, titles, children),
        )

    def _scores(self, wanted: Mapping[Plan, Found], titles: Titles, children: Sequence[Plan], among: set[int]) -> Scores:
        own = {child: found.scores(among) for child, found in wanted.items()}
        scores = summed(own.values())
        for _, stage in self._stages(own, titles, children):
            stage(scores)
        return scores

    def _bounded(
        self, found: Found, wanted: Mapping[Plan, Found], titles: Titles, children: Sequence[Plan]
    ) -> list[tuple[Within, float]]:
        """What to look at, in order, each with a bound for the scores of what is in it, or only later, and not complete."""
        hints = sum(self.found(_hinted(child)).most for child in children if isinstance(child, Hint))
        parts = _parts(wanted.items() if len(wanted) > 1 else enumerate(found.parts or (found,)), titles)
        return [(part.within, _bound(parts[number:], hints, len(wanted))) for number, part in enumerate(parts)]

    def parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        if not (wanted := self._wanted(children)):
            return []
        own = {child: found.scores({passage}) for child, found in wanted.items()}
        parts = [("words", str(child), score[passage]) for child, score in own.items() if score]
        scores = {passage: sum(value for _, _, value in parts)}
        titles = self._titles(children)
        for name, stage in self._stages(own, titles, children):
            before = scores[passage]
            stage(scores)
            what, _, of = name.partition(" ")
            parts += [(what, of, scores[passage] - before)] if scores[passage] != before else []
        return parts

    def _stages(
        self, own: Mapping[Plan, Scores], titles: Titles, children: Sequence[Plan]
    ) -> Iterator[tuple[str, Callable[[Scores], None]]]:
        """What is done to the sums of the words' `own` scores, in order, each with its name and the part that it is for."""
        for hint in (child for child in children if isinstance(child, Hint)):
            yield f"pairs {hint.leaf}", partial(self._add_hint, hint)
        if len(own) > 1:
            yield "coverage ", partial(_cover, own, titles)
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
                return union([self.found(child) for child in plan.children])
            case Hint() | Whole():
                return Found()
            case Filter() | Not():
                return unscored(self._condition([plan])(set(self._live())))
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
        whole = intersection(wanted) if wanted else unscored(set(self._live()))
        return whole.only(self._condition(plan.children)(whole.passages))

    def _wide(self, wide: Wide) -> Found:
        found = self.found(wide.leaf)
        headed = not found.lists or self._is_token(wide.leaf)  # else a heading counts for nothing that stands for it either
        return best_of(found, ((variant.weight, self._leaf(variant.leaf, headed)) for variant in wide.variants))

    def _is_token(self, leaf: Leaf) -> bool:
        """Whether a leaf is what headings are made of."""
        if isinstance(leaf, Words):
            return len(leaf.stems) == 1
        return isinstance(leaf, Term) and is_unspaced(leaf.text) and self._is_word(leaf.text)

    def _condition(self, children: Iterable[Plan]) -> Callable[[set[int]], set[int]]:
        """What the plan's conditions and exclusions keep of some passages."""
        children = list(children)
        documents = [self._documents(child) for child in children if isinstance(child, Filter)]
        out = [self.found(child.child) for child in children if isinstance(child, Not)]
        inside = set.intersection(*documents) if documents else None

        def kept(passages: set[int]) -> set[int]:
            if inside is not None:
                passages = set(compress(passages, map(inside.__contains__, self.segments.documents_of(passages))))
            for found in out:
                passages = passages - found.within(passages)
            return passages

        return kept

    def _live(self) -> Iterator[int]:
        return chain.from_iterable(segment.numbered(segment.live()) for segment in self.segments)

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
            case Words(stems=(stem,)):
                return self._of_word(stem, headed)
            case Words():
                return self._plainly(lambda segment: segment.words(leaf))
            case Near():
                return self._plainly(lambda segment: segment.near(leaf))
            case Wild():
                return self._plainly(lambda segment: segment.wild(leaf))

    def _plainly(self, of_segment: Callable[[Segment], Iterable[int]]) -> Found:
        """What is there or not, however often."""
        numbers = set(chain.from_iterable(segment.numbered(of_segment(segment)) for segment in self.segments))
        return self._scored([numbers], lambda among: dict.fromkeys(among & numbers, 1))

    def _of_word(self, word: str, headed: bool) -> Found:
        """The passages that have a word of the index."""
        postings = self._postings("words", word)
        return self._scored([postings.numbers], postings.often, word if headed else "")

    def _term(self, term: Term, headed: bool) -> Found:
        """Passages with a term, scored: with its frequency where it is a word, else as often as it stands there.

        A word of the index counts as `LOOSE` where it is only inside longer ones, and for nothing if it is to stand alone.
        """
        unspaced, heading = is_unspaced(term.text), term.text if headed else ""
        if term.alone:
            return self._of_word(term.text, headed)
        words = self._postings("words", term.text) if unspaced else Postings([], ())
        if not (term.word and unspaced):
            everywhere = self._literal(term)

            def counted(among: set[int]) -> dict[int, float]:
                having = among & everywhere
                often = words.often(having)
                return often | self._counts(term, having - often.keys())

            return self._scored([everywhere], counted, heading if unspaced else "")
        pair = self._postings("grams", term.text).numbers if len(term.text) == 2 else []  # those of the word, too
        inside = Found([pair or self._literal(term, set(words.numbers))])

        def frequencies(among: set[int]) -> dict[int, float]:
            often = words.often(among)
            loose = inside.within(among).difference(often)
            return often | (dict.fromkeys(loose, LOOSE) if words.numbers else self._counts(term, loose))

        lists = [pair] if pair else [words.numbers, *inside.lists]
        return self._scored(lists, frequencies, heading, lambda among: inside.within(among) - words.within(among))

    def _postings(self, name: str, text: str) -> Postings:
        """The passages that have a term."""
        numbers, all_weights = list[int](), list[int]()
        for segment in self.segments:
            own, weights = segment.postings_of(name, text)
            if weights is not None or all_weights:
                all_weights += [1] * (len(numbers) - len(all_weights))
                all_weights += weights or [1] * len(own)
            numbers += segment.numbered(own)
        return Postings(numbers, all_weights)

    def _literal(self, term: Term, known: Set[int] = frozenset()) -> set[int]:
        """Passages, other than those known, in which an occurrence of a literal begins."""
        return set[int]().union(*(segment.literal(term, known) for segment in self.segments))

    def _counts(self, term: Term, passages: set[int]) -> dict[int, float]:
        """How often a term stands in passages that have it."""
        found: dict[int, float] = {}
        for segment in self.segments:
            own = [number - segment.base for number in passages if 0 <= number - segment.base < segment.texts.passages]
            found.update((segment.base + number, count) for number, count in segment.counts(term.text, own))
        return found

    def _exactly(self, term: Term, found: Found) -> Found:
        """Those of the found passages that have the term as it was typed."""
        typed = nfc(term.typed)
        return found.only({number for number in found.passages if self._holds_exactly(number, typed)})

    def _holds_exactly(self, passage: int, typed: str) -> bool:
        segment, number = self.segments.at(passage)
        before, text, after = map(nfc, segment.original(number, 2 * len(typed) + 4))
        end = len(before) + len(text)
        return any(at < end for at, _ in as_typed(typed, before + text + after, len(before)))

    # -------------------------------------------------------------------------------------- scores

    def _scored(
        self, lists: Sequence[Passages], frequencies: Frequencies, heading: str = "", loose: Within = lambda among: set()
    ) -> Found:
        """A leaf, given its passages (each once), and how often those among some have it; their headings may have it, too."""
        count = sum(map(len, lists))
        idf, lengths = self._idf(count), self.segments.lengths
        fixed, per_word = K1 * (1 - B), K1 * B / self.segments.mean_length
        headings = set(self._postings("heading", heading).numbers) if heading else set[int]()

        def scores(among: set[int]) -> Scores:
            found = {
                number: idf * (K1 + 1) * often / (often + fixed + per_word * lengths[number])
                for number, often in frequencies(among).items()
            }
            # As the word in the passage: a variant in rare headings is worth no more.
            for number in headings & found.keys() if headings else ():
                found[number] += HEADING * idf
            return found

        return Found(lists, scores, (K1 + 1 + HEADING * bool(headings)) * idf, loose, idf)

    def _idf(self, count: int) -> float:
        return math.log(1 + (self.segments.passages - count + 0.5) / (count + 0.5))

    def _add_hint(self, hint: Hint, scores: Scores) -> None:
        for number, score in self.found(_hinted(hint)).scores(set(scores)).items():
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
                everywhere = set.intersection(*map(set, titles)) if titles else set[int]()
                kept = self._condition(plan.children)(everywhere)
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
            titled.update(segment.numbered(own))
        return self.found(leaf).within(titled) if isinstance(leaf, Term) and leaf.exact else titled

    def _add_title(self, worth: Mapping[int, float], count: int, scores: dict[int, float]) -> None:
        """Raise passages whose document has something in its title, the more the nearer the title's length is to the query's.

        That is BM25 with the query's own number of words, `count`, for the mean length: who types a title wants the page of
        that title, neither one that says more nor one that says less.
        """
        both = worth.keys() & scores.keys()
        for number, length in zip(both, self.segments.title_lengths(both), strict=True):
            distance = abs(length - count) / count
            scores[number] += TITLE * worth[number] * (K1 + 1) / (1 + K1 * (1 + B * distance))


def _complete(wanted: Mapping[Plan, Found], titles: Titles) -> set[int]:
    """The passages that have everything, themselves or in their document's title, and something themselves."""
    first, *others = sorted(wanted, key=lambda child: wanted[child].size)
    having = wanted[first].passages.union(titles.get(first, ()))
    for child in others:
        having = _having(wanted[child], titles.get(child, {}), having)
    without = having
    for found in wanted.values():
        without = without - found.within(without)
    return having - without


def _having(found: Found, titled: Mapping[int, float], among: set[int]) -> set[int]:
    """Those among some passages that have something, themselves or in their document's title."""
    return found.within(among) | (among & titled.keys())


class _Part(NamedTuple):
    """Passages, and the most that they get for a child of a plan (its number) being in them, or in their title."""

    within: Within
    most: float
    child: int
    in_title: bool


def _parts(wanted: Iterable[tuple[Plan | int, Found]], titles: Titles) -> list[_Part]:
    """What makes passages worth looking at, best first; words in a title, mostly in the passage too, before others."""
    parts: list[tuple[float, _Part]] = []
    numbers: dict[Plan | int, int] = {}
    for child, found in wanted:
        numbers[child] = len(numbers)
        parts.append((found.most, _Part(found.within, found.most, numbers[child], in_title=False)))
    for child, worth in titles.items():
        by_value: defaultdict[float, set[int]] = defaultdict(set)
        for passage, value in worth.items():
            by_value[value].add(passage)
        number = numbers.setdefault(child, len(numbers))
        for value, passages in by_value.items():
            parts.append(((TITLE + K1 + 1) * value, _Part(passages.intersection, TITLE * value, number, in_title=True)))
    return [part for _, part in sorted(parts, key=lambda part: -part[0])]


def _bound(left: Sequence[_Part], hints: float, count: int) -> float:
    """What no incomplete passage scores more than of those that only the parts that are left may have something for."""
    text = sorted((part.most for part in left if not part.in_title), reverse=True)
    titles: dict[int, float] = {}
    for part in left:
        if part.in_title:
            titles[part.child] = max(part.most, titles.get(part.child, 0.0))
    had = min(len({part.child for part in left}), count - 1)
    share = (had / count) ** COVERAGE if count > 1 else 1.0
    return ((sum(text[:had] if count > 1 else text) + hints) * share + sum(titles.values())) * (1 + 1e-9)  # rounded otherwise


def _cover(own: Mapping[Plan, Scores], titles: Titles, scores: Scores) -> None:
    """Multiply each score with a power of the share of the words that the passage has, in itself or in its document's title."""
    passages = set(scores)
    lacking = Counter(
        chain.from_iterable(passages.difference(had).difference(titles.get(child, {})) for child, had in own.items())
    )
    for number, count in lacking.items():
        scores[number] *= (1 - count / len(own)) ** COVERAGE


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
