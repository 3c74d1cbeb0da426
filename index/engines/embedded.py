"""Answer a plan from segments on this machine: postings say where to look, folded text decides.

Owns boolean matching, the tiers, and BM25; gets tokens and gives numbers of passages and scores.  It never analyses text:
what folds or segments it is not its business.

Every term is matched as a substring of the documents' folded text, exactly: grams and words only name candidates.  That the
segmenter saw the term as a word raises its score and its tier, nothing more.

Scores are BM25 (Robertson and Zaragoza 2009, formula 3.15, with the non-negative idf of Lucene), summed term by term over whole
posting lists, over the passage's own words, its heading's and its title's.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..model import AllOf, AnyOf, Filter, Hint, Match, Not, Plan, Stored, Term, Whole, Wild, leaves
from ..patterns import as_typed, nfc
from ..scripts import is_unspaced
from .segments import Segment, SegmentFiles

K1, B = 1.2, 0.75
"""BM25's saturation of repeated words and its correction for length, at the values Robertson and Zaragoza recommend."""

TITLE, HEADING = 3.0, 0.5
"""How much a word in the document's title and in the nearest heading adds to one in the passage."""

DOCUMENT = 0.5
"""How much the words elsewhere in its document add to a passage that lacks them."""

LOOSE = 0.5
"""The frequency that stands for occurrences inside other words."""


@dataclass(slots=True)
class Found:
    """Passages that match, with their scores; `loose` are those where some term is only inside a longer word."""

    scores: dict[int, float] = field(default_factory=dict)
    loose: set[int] = field(default_factory=set)


class EmbeddedEngine:
    """The segments of one generation, opened for reading.  Passages are numbered through all of them."""

    def __init__(self, segments: Iterable[SegmentFiles]) -> None:
        self._segments: list[Segment] = []
        passages = documents = 0
        for files in segments:
            segment = Segment(files, passages, documents)
            self._segments.append(segment)
            passages += segment.texts.passages
            documents += segment.texts.documents
        self._bases = [segment.base for segment in self._segments]
        dead = sum(len(segment.dead) for segment in self._segments)
        self.passages = passages - dead
        self.documents = documents - sum(len(segment.dead_documents) for segment in self._segments)
        words = sum(
            sum(segment.lengths) - sum(segment.lengths[number] for number in segment.dead) for segment in self._segments
        )
        self._mean_length = max(1.0, words / max(1, self.passages))

    def close(self) -> None:
        """Close all files."""
        for segment in self._segments:
            segment.postings.close()

    # -------------------------------------------------------------------------------------- what is there

    def frequency(self, word: str) -> int:
        """In how many passages a token is."""
        return sum(segment.frequency(word) for segment in self._segments)

    def count(self, leaf: Term | Wild) -> tuple[int, int]:
        """In how many passages a leaf is a word by itself, and in how many it is at all."""
        found = self._found(leaf)
        is_word = isinstance(leaf, Term) and leaf.word
        return len(found.scores) - len(found.loose) if is_word else 0, len(found.scores)

    def _at(self, passage: int) -> tuple[Segment, int]:
        segment = self._segments[bisect_right(self._bases, passage) - 1]
        return segment, passage - segment.base

    def document_of(self, passage: int) -> int:
        """The number of a passage's document."""
        segment = self._segments[bisect_right(self._bases, passage) - 1]
        return segment.document_base + segment.documents[passage - segment.base]

    def count_documents(self, passages: Iterable[int]) -> int:
        """In how many documents the passages are."""
        return len(set(map(self.document_of, passages)))

    def place(self, passage: int) -> tuple[str, int]:
        """Path and offset of a passage: a stable order among equals."""
        segment, number = self._at(passage)
        return segment.texts.path(segment.documents[number]), segment.texts.passage(number).start

    def fetch(self, passage: int, around: int = 0) -> Stored:
        """A passage with its texts, and `around` code points of context on each side."""
        segment, number = self._at(passage)
        row = segment.texts.passage(number)
        before, text, after = segment.original(number, around)
        first = segment.texts.document(row.document).first_passage
        path, title = segment.texts.path(row.document), segment.texts.title(row.document)
        return Stored(path, title, number - first + 1, row.start, text, before, after, segment.line(number))

    # -------------------------------------------------------------------------------------- what is asked

    def search(self, plan: Plan) -> list[Match]:
        """Every passage that answers, with its tier and score, in no order.

        Those with every child of the plan's top (tiers 0 and 1); only if there are none, all that have some (tier 2).
        """
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        wanted = self._wanted(children)
        hints = [child.text for child in children if isinstance(child, Hint)]
        allowed = self._allowed(children)
        if not wanted:
            return [Match(number, 0, 0.0) for number in _kept(dict.fromkeys(self._live(), 0.0), allowed)]
        whole = _intersection(wanted)
        scores = _kept(whole.scores, allowed)
        complete = bool(scores) or len(wanted) == 1
        if not complete:
            scores = _kept(_union(wanted).scores, allowed)
        self._add_hints(scores, hints)
        if not complete:
            self._add_coverage(scores, wanted)
        self._add_titles(scores, [*dict.fromkeys(leaf.text for leaf in leaves(plan) if isinstance(leaf, Term)), *hints])
        return [Match(number, int(number in whole.loose) if complete else 2, score) for number, score in scores.items()]

    def _wanted(self, children: Iterable[Plan]) -> list[Found]:
        """What is found of each child that says what a passage must have."""
        children = list(children)
        found = {child: self._found(child) for child in children if not isinstance(child, (Not, Filter, Hint, Whole))}
        for whole in (child for child in children if isinstance(child, Whole)):
            numbers = self._found(whole.term).scores
            for part in whole.parts:
                own = found[part]
                missing = dict.fromkeys(numbers.keys() - own.scores.keys(), LOOSE)
                own.scores.update(self._bm25(missing, len(own.scores) + len(missing)))
                own.loose.update(missing)
        return list(found.values())

    def _add_hints(self, scores: dict[int, float], hints: Iterable[str]) -> None:
        for hint in hints:
            holding = self._postings("grams", hint)
            for number, score in self._bm25(dict.fromkeys(holding.keys() & scores.keys(), 1.0), len(holding)).items():
                scores[number] += score

    def _add_titles(self, scores: dict[int, float], terms: Sequence[str]) -> None:
        """Raise passages whose document has terms of the query in its title, the more the nearer their lengths are.

        That is BM25 with the query's own number of terms for the mean length: who types a title wants the page of that title,
        neither one that says more nor one that says less.
        """
        for term in terms:
            titled = [(segment, segment.postings_of("title", term)) for segment in self._segments]
            idf = TITLE * self._idf(sum(len(numbers) for _, (numbers, _) in titled)) * (K1 + 1)
            for segment, (numbers, _) in titled:
                base, documents, lengths = segment.base, segment.documents, segment.title_terms
                for number in numbers:
                    if base + number in scores:
                        distance = abs(lengths[documents[number]] - len(terms)) / len(terms)
                        scores[base + number] += idf / (1 + K1 * (1 + B * distance))

    def _add_coverage(self, scores: dict[int, float], wanted: Sequence[Found]) -> None:
        """Raise partial answers by the share of the words they have, and by what else their document has of them."""
        of_document: dict[int, float] = defaultdict(float)
        count: dict[int, int] = defaultdict(int)
        for found in wanted:
            best: dict[int, float] = defaultdict(float)
            for number in found.scores.keys() & scores.keys():
                document = self.document_of(number)
                best[document] = max(best[document], found.scores[number])
                count[number] += 1
            for document, score in best.items():
                of_document[document] += score
        for number in scores:
            scores[number] *= 1 + count[number] / len(wanted)
            scores[number] += DOCUMENT * of_document[self.document_of(number)]

    def _allowed(self, children: Iterable[Plan]) -> Callable[[int], bool] | None:
        """The test that the plan's conditions and exclusions come to; None if there are none."""
        documents = [self._documents(child) for child in children if isinstance(child, Filter)]
        out = [self._found(child.child).scores for child in children if isinstance(child, Not)]
        if not documents and not out:
            return None
        inside = set.intersection(*documents) if documents else None
        return lambda number: (
            (inside is None or self.document_of(number) in inside) and not any(number in scores for scores in out)
        )

    def _live(self) -> Iterator[int]:
        return (segment.base + number for segment in self._segments for number in segment.live())

    def _documents(self, condition: Filter) -> set[int]:
        return {segment.document_base + number for segment in self._segments for number in segment.matching(condition)}

    def _found(self, plan: Plan) -> Found:
        match plan:
            case Term():
                return self._exactly(plan, self._term(plan)) if plan.exact else self._term(plan)
            case Wild():
                return self._wild(plan)
            case AnyOf():
                return _union([self._found(child) for child in plan.children])
            case Hint() | Whole():
                return Found()
            case Filter():
                documents = self._documents(plan)
                return Found({number: 0.0 for number in self._live() if self.document_of(number) in documents})
            case Not():
                without = self._found(plan.child).scores
                return Found({number: 0.0 for number in self._live() if number not in without})
            case AllOf():
                return self._both(plan)

    def _both(self, plan: AllOf) -> Found:
        """A conjunction inside a plan, where a partial answer is none."""
        allowed = self._allowed(plan.children)
        whole = _intersection(self._wanted(plan.children) or [Found(dict.fromkeys(self._live(), 0.0))])
        return Found(_kept(whole.scores, allowed), whole.loose)

    # -------------------------------------------------------------------------------------- terms

    def _term(self, term: Term) -> Found:
        """Passages with a term, scored: with its frequency where it is a word, else as `LOOSE`."""
        frequencies = self._postings("words", term.text)
        if not term.word:
            everywhere = self._literal(term)
            return Found(self._scored(term, {number: frequencies.get(number, 1.0) for number in everywhere}))
        if not is_unspaced(term.text):  # words of spaced scripts are never cut
            return Found(self._scored(term, frequencies))
        loose = self._literal(term, frequencies)
        return Found(self._scored(term, frequencies | dict.fromkeys(loose, LOOSE)), loose)

    def _postings(self, name: str, text: str) -> dict[int, float]:
        found: dict[int, float] = {}
        for segment in self._segments:
            numbers, weights = segment.postings_of(name, text)
            found.update(zip((segment.base + number for number in numbers) if segment.base else numbers, weights, strict=True))
        return found

    def _literal(self, term: Term, known: Container[int] = ()) -> set[int]:
        """Passages, other than those known, in which an occurrence of a literal begins."""
        return {segment.base + number for segment in self._segments for number in segment.literal(term, known)}

    def _exactly(self, term: Term, found: Found) -> Found:
        """Those of the found passages that have the term as it was typed."""
        typed = nfc(term.typed)
        kept = {number for number in found.scores if self._holds_exactly(number, typed)}
        return Found({number: score for number, score in found.scores.items() if number in kept}, found.loose & kept)

    def _holds_exactly(self, passage: int, typed: str) -> bool:
        segment, number = self._at(passage)
        before, text, after = map(nfc, segment.original(number, 2 * len(typed) + 4))
        end = len(before) + len(text)
        return any(at < end for at, _ in as_typed(typed, before + text + after, len(before)))

    def _wild(self, wild: Wild) -> Found:
        numbers = {segment.base + number for segment in self._segments for number in segment.wild(wild)}
        return Found(self._bm25(dict.fromkeys(numbers, 1.0), len(numbers)))

    # -------------------------------------------------------------------------------------- scores

    def _scored(self, term: Term, frequencies: dict[int, float]) -> dict[int, float]:
        scores = self._bm25(frequencies, len(frequencies))
        headed = self._postings("heading", term.text)
        idf = HEADING * self._idf(len(headed))
        for number in headed.keys() & scores.keys():
            scores[number] += idf
        return scores

    def _idf(self, count: int) -> float:
        return math.log(1 + (self.passages - count + 0.5) / (count + 0.5))

    def _bm25(self, frequencies: dict[int, float], count: int) -> dict[int, float]:
        idf, scores = self._idf(count) * (K1 + 1), {}
        fixed, per_word = K1 * (1 - B), K1 * B / self._mean_length
        for segment in self._segments:
            base, lengths, end = segment.base, segment.lengths, segment.base + segment.texts.passages
            for number, frequency in frequencies.items():
                if base <= number < end:
                    scores[number] = idf * frequency / (frequency + fixed + per_word * lengths[number - base])
        return scores


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
    scores: dict[int, float] = defaultdict(float)
    for found in all_found:
        for number, score in found.scores.items():
            scores[number] += score
    firm = {number for found in all_found for number in found.scores.keys() - found.loose}
    return Found(dict(scores), set(scores) - firm)
