"""Answer a plan from segments on this machine: postings say where to look, folded text decides.

Owns boolean matching, the tiers, and BM25; gets tokens and gives numbers of passages and scores.  It never analyses text:
what folds or segments it is not its business.

Every term is matched as a substring of the documents' folded text, exactly: grams and words only name candidates.  That the
segmenter saw the term as a word raises its score and its tier, nothing more.

Scores are BM25 (Robertson and Zaragoza 2009, formula 3.15, with the non-negative idf of Lucene), summed term by term over whole
posting lists, over the passage's own words, its heading's and its title's.
"""

from __future__ import annotations

import fnmatch
import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..model import WILD_GAP, AllOf, AnyOf, Filter, Match, Not, Plan, Stored, Term, Wild
from ..patterns import exact_pattern, folded_pattern, is_bounded, nfc
from ..scripts import RUN, is_unspaced
from ..texts import LANGUAGES, PassageRow, Texts, decode, encode, occurrences
from .whoosh import PostingsReader

K1, B = 1.2, 0.75
"""BM25's saturation of repeated words and its correction for length, at the values Robertson and Zaragoza recommend."""

TITLE, HEADING = 1.5, 0.5
"""How much a word in the document's title and in the nearest heading adds to one in the passage."""

LOOSE = 0.5
"""The frequency that stands for occurrences inside other words."""

@dataclass(frozen=True, slots=True)
class SegmentFiles:
    """A segment to open: its folder, and which of its documents (by number) are deleted."""

    folder: Path
    deleted: frozenset[int] = frozenset()


@dataclass(slots=True)
class Found:
    """Passages that match, with their scores; `loose` are those where some term is only inside a longer word."""

    scores: dict[int, float] = field(default_factory=dict)
    loose: set[int] = field(default_factory=set)


class Segment:
    """One segment opened, its passages and documents numbered on from `base` and `document_base`."""

    def __init__(self, files: SegmentFiles, base: int, document_base: int) -> None:
        self.texts, self.postings = Texts(files.folder), PostingsReader(files.folder)
        self.base, self.document_base = base, document_base
        first = self.texts.first_passages()
        self.dead = {passage for document in files.deleted for passage in range(first[document], first[document + 1])}
        self.dead_documents = files.deleted
        self.documents, self.starts, self.lengths = map(self.texts.column, ("document", "folded", "words"))

    def live(self) -> Iterator[int]:
        """The numbers (in the segment) of its passages that are not deleted."""
        return (number for number in range(self.texts.passages) if number not in self.dead)

    def postings_of(self, name: str, term: str) -> Iterator[tuple[int, float]]:
        """Passages that are not deleted with a term, and how often they have it."""
        pairs = zip(*self.postings.postings(name, term), strict=True)
        return ((number, weight) for number, weight in pairs if number not in self.dead) if self.dead else pairs

    def document_end(self, passage: int) -> int:
        """Where the folded text of a passage's document ends (bytes; its closing NUL left out)."""
        return self.texts.document(self.documents[passage] + 1).folded - 1

    def holds(self, passage: int, leaf: Term, wanted: bytes, bounded: bool) -> bool:
        """Whether an occurrence of a literal begins in a passage."""
        start, after = self.starts[passage], self.starts[passage + 1]
        end = min(after + len(wanted) - 1, self.document_end(passage))
        if self.texts.folded.find(wanted, start, end) < 0:
            return False
        return not bounded or self.begins(passage, folded_pattern(leaf), len(wanted))

    def begins(self, passage: int, pattern: re.Pattern[str], reach: int) -> bool:
        """Whether a match of a pattern over folded text, at most `reach` bytes long, begins in a passage."""
        texts, start, after = self.texts, self.starts[passage], self.starts[passage + 1]
        first = texts.document(self.documents[passage]).folded
        lead = decode_within(texts.folded[max(first, start - 8) : start])
        own = decode(texts.folded[start : min(after, self.document_end(passage))])
        rest = decode_within(texts.folded[after : max(after, min(after + reach + 8, self.document_end(passage)))])
        return any(match.start() < len(lead) + len(own) for match in pattern.finditer(lead + own + rest, len(lead)))

    def original(self, passage: int, around: int) -> tuple[str, str, str]:
        """A passage's original text, and up to `around` code points of its document before and behind it."""
        texts, row, following = self.texts, self.texts.passage(passage), self.texts.passage(passage + 1)
        first, end = texts.document(row.document).original, texts.document(row.document + 1).original
        text = decode(texts.originals[row.original : min(end, following.original)])[: row.end - row.start]
        past = row.original + len(encode(text))
        before = decode_within(texts.originals[max(first, row.original - 4 * around) : row.original])
        return before[-around:], text, decode_within(texts.originals[past : min(end, past + 4 * around)])[:around]

    def line(self, row: PassageRow) -> int | None:
        """The line of the file on which a passage begins, from 1; None where lines mean nothing."""
        document = self.texts.document(row.document)
        if not document.has_lines:
            return None
        return self.texts.originals[document.original : row.original].count(b"\n") + 1


def decode_within(data: bytes) -> str:
    """Decode UTF-8 that may begin or end in the middle of a code point."""
    return data.decode("utf-8", "ignore") if b"\xed" not in data else _decode_surrogates(data)


def _decode_surrogates(data: bytes) -> str:
    while data and data[0] & 0xC0 == 0x80:
        data = data[1:]
    for cut in range(4):
        try:
            return decode(data[: len(data) - cut])
        except UnicodeDecodeError:
            continue
    return ""


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
        words = sum(sum(segment.lengths) - sum(segment.lengths[number] for number in segment.dead) for segment in self._segments)
        self._mean_length = max(1.0, words / max(1, self.passages))

    def close(self) -> None:
        """Close all files."""
        for segment in self._segments:
            segment.postings.close()

    # -------------------------------------------------------------------------------------- what is there

    def frequency(self, word: str) -> int:
        """In how many passages a token is (deleted ones may be counted: this only guides the cutting of queries)."""
        return sum(segment.postings.frequency("words", word) for segment in self._segments)

    def _at(self, passage: int) -> tuple[Segment, int]:
        segment = self._segments[bisect_right(self._bases, passage) - 1]
        return segment, passage - segment.base

    def document_of(self, passage: int) -> int:
        """The number of a passage's document."""
        segment, number = self._at(passage)
        return segment.document_base + segment.documents[number]

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
        return Stored(path, title, number - first + 1, row.start, text, before, after, segment.line(row))

    # -------------------------------------------------------------------------------------- what is asked

    def search(self, plan: Plan) -> list[Match]:
        """Every passage that answers, with its tier and score, in no order.

        Passages with every child of the plan's top come first (tiers 0, 1); documents that have every child, but in no
        single passage, follow with all passages that have some (tier 2); only if there are neither, passages with some (3).
        """
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        wanted = [self._found(child) for child in children if not isinstance(child, (Not, Filter))]
        allowed = self._allowed(children)
        if not wanted:
            return [Match(number, 0, 0.0) for number in self._live() if allowed(number)]
        whole = _intersection(wanted)
        matches = [Match(number, int(number in whole.loose), score) for number, score in whole.scores.items() if allowed(number)]
        if len(wanted) == 1:
            return matches
        some = _union(wanted)
        some.scores = {number: score for number, score in some.scores.items() if allowed(number)}
        complete = self._complete_documents(wanted, allowed) - {self.document_of(match.id) for match in matches}
        spread = [Match(number, 2, score) for number, score in some.scores.items() if self.document_of(number) in complete] if complete else []
        return matches + spread or [Match(number, 3, score) for number, score in some.scores.items()]

    def _complete_documents(self, wanted: Sequence[Found], allowed: Callable[[int], bool]) -> set[int]:
        complete: set[int] | None = None
        for found in sorted(wanted, key=lambda found: len(found.scores)):
            documents = {self.document_of(number) for number in found.scores if allowed(number)}
            complete = documents if complete is None else complete & documents
            if not complete:
                break
        return complete or set()

    def _allowed(self, children: Iterable[Plan]) -> Callable[[int], bool]:
        documents = [self._documents(child) for child in children if isinstance(child, Filter)]
        out = [self._found(child.child).scores for child in children if isinstance(child, Not)]
        if not documents and not out:
            return lambda number: True
        inside = set.intersection(*documents) if documents else None
        return lambda number: (inside is None or self.document_of(number) in inside) and not any(number in scores for scores in out)

    def _live(self) -> Iterator[int]:
        return (segment.base + number for segment in self._segments for number in segment.live())

    def _documents(self, condition: Filter) -> set[int]:
        test = _CONDITIONS[condition.field]
        return {segment.document_base + number for segment in self._segments for number in test(segment.texts, condition.value)}

    def _found(self, plan: Plan) -> Found:
        match plan:
            case Term():
                return self._exactly(plan, self._term(plan)) if plan.exact else self._term(plan)
            case Wild():
                return self._wild(plan)
            case AnyOf():
                return _union([self._found(child) for child in plan.children])
            case Filter():
                documents = self._documents(plan)
                return Found({number: 0.0 for number in self._live() if self.document_of(number) in documents})
            case Not():
                without = self._found(plan.child).scores
                return Found({number: 0.0 for number in self._live() if number not in without})
            case AllOf():
                return _intersection([self._found(child) for child in plan.children])

    # -------------------------------------------------------------------------------------- terms

    def _term(self, term: Term) -> Found:
        """Passages with a term, scored: as a word with its frequency, else as `LOOSE`."""
        frequencies = self._postings("words", term.text) if term.word else {}
        if term.word and not is_unspaced(term.text):  # words of spaced scripts are never cut
            return Found(self._scored(term, frequencies))
        loose = self._literal(term) - frequencies.keys()
        return Found(self._scored(term, frequencies | dict.fromkeys(loose, LOOSE)), loose if term.word else set())

    def _postings(self, name: str, text: str) -> dict[int, float]:
        lists = ((segment.base, segment.postings_of(name, text)) for segment in self._segments)
        return {base + number: weight for base, pairs in lists for number, weight in pairs}

    def _literal(self, term: Term) -> set[int]:
        """Passages in which an occurrence of a literal begins."""
        if len(term.text) == 2 and is_unspaced(term.text):
            return set(self._postings("grams", term.text))
        return {segment.base + number for segment in self._segments for number in self._literal_in(segment, term)}

    def _literal_in(self, segment: Segment, term: Term) -> Iterator[int]:
        wanted, bounded = encode(term.text), is_bounded(term.text)
        for number in _candidates(segment, term.text):
            if number not in segment.dead and segment.holds(number, term, wanted, bounded):
                yield number

    def _exactly(self, term: Term, found: Found) -> Found:
        """Those of the found passages that have the term as it was typed."""
        pattern, around = exact_pattern(term.typed), 2 * len(term.typed) + 4
        kept = {number for number in found.scores if self._holds_exactly(number, pattern, around)}
        return Found({number: score for number, score in found.scores.items() if number in kept}, found.loose & kept)

    def _holds_exactly(self, passage: int, pattern: re.Pattern[str], around: int) -> bool:
        segment, number = self._at(passage)
        before, text, after = map(nfc, segment.original(number, around))
        found = pattern.finditer(before + text + after, len(before))
        return any(match.start() < len(before) + len(text) for match in found)

    def _wild(self, wild: Wild) -> Found:
        pattern, reach = folded_pattern(wild), 4 * sum(len(part) + 24 for part in wild.parts)
        numbers = [
            segment.base + number
            for segment in self._segments
            for number in sorted(_wild_candidates(segment, wild))
            if number not in segment.dead and segment.begins(number, pattern, reach)
        ]
        return Found(self._bm25(dict.fromkeys(numbers, 1.0), len(numbers)))

    # -------------------------------------------------------------------------------------- scores

    def _scored(self, term: Term, frequencies: dict[int, float]) -> dict[int, float]:
        scores = self._bm25(frequencies, len(frequencies))
        for name, factor in (("title", TITLE), ("heading", HEADING)) if term.word else ():
            own = self._postings(name, term.text)
            idf = self._idf(len(own)) * factor
            for number in own.keys() & scores.keys():
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


def _intersection(all_found: Sequence[Found]) -> Found:
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


# ------------------------------------------------------------------------------------------ candidates

Key = tuple[str, str, int]
"""(field, term, offset): a term that every passage has in which the literal's part from the offset on begins."""


def _candidates(segment: Segment, text: str) -> Iterable[int]:
    """Passages in which an occurrence of a literal may begin: those of its rarest key, and the ones right before them.

    A passage before is one too because what a key stands for, in the middle of the literal, may be in the next passage.
    """
    if keys := list(_keys(text)):
        numbers, offset = _rarest(segment, keys)
        return _reaching_back(segment, numbers, 4 * offset) if offset else numbers
    return _scan(segment, encode(text))


def _keys(text: str) -> Iterator[Key]:
    """The keys of a literal: its letter runs, the pairs of its unspaced runs, or else a character that stands alone."""
    singles = []
    for match in RUN.finditer(text):
        run, at = match[0], match.start()
        if not match[1]:
            yield "words", run, at
        elif len(run) == 1:
            singles.append(("grams", run, at))
        else:
            yield from (("grams", run[i : i + 2], at + i) for i in range(len(run) - 1))
    if len(singles) == len(RUN.findall(text)):
        yield from singles


def _rarest(segment: Segment, keys: Iterable[Key]) -> tuple[Iterable[int], int]:
    """The passages of the rarest key, and its offset."""
    name, term, offset = min(keys, key=lambda key: segment.postings.frequency(key[0], key[1]))
    if name == "grams" and len(term) == 1:
        return _prefixed(segment, name, term), offset
    return segment.postings.postings(name, term)[0], offset


def _scan(segment: Segment, wanted: bytes) -> set[int]:
    found = occurrences(segment.texts.folded, wanted, 0, len(segment.texts.folded))
    return {bisect_right(segment.starts, at) - 1 for at in found}


def _prefixed(segment: Segment, name: str, prefix: str) -> set[int]:
    return {number for term in segment.postings.terms(name, prefix) for number in segment.postings.postings(name, term)[0]}


def _reaching_back(segment: Segment, numbers: Iterable[int], reach: int) -> set[int]:
    """The passages, and those before them in their document that end at most `reach` bytes before them."""
    reached = set(numbers)
    for number in list(reached):
        before = number - 1
        while before >= 0 and segment.documents[before] == segment.documents[number] and segment.starts[before + 1] + reach > segment.starts[number]:
            reached.add(before)
            before -= 1
    return reached


def _wild_candidates(segment: Segment, wild: Wild) -> Iterable[int]:
    """Passages in which an occurrence of a wildcard may begin: by a key of its parts, by a prefix, or else every passage."""
    last = len(wild.parts) - 1
    closed = [_closed(part, at > 0, at < last) for at, part in enumerate(wild.parts)]
    if keys := [key for part in closed for key in _keys(part)]:
        return _reaching_back(segment, _rarest(segment, keys)[0], 4 * sum(len(part) + WILD_GAP for part in wild.parts))
    if head := [match[0] for match in RUN.finditer(wild.parts[0])]:
        return _prefixed(segment, "words", head[-1])
    return range(segment.texts.passages)


def _closed(part: str, open_left: bool, open_right: bool) -> str:
    """A part of a wildcard without the letters at its open ends, which may go on and so are no whole words."""
    for match in list(RUN.finditer(part))[::-1]:
        touches = (open_left and match.start() == 0) or (open_right and match.end() == len(part))
        if touches and not match[1]:
            part = part[: match.start()] + " " + part[match.end() :]
    return part


_CONDITIONS: dict[str, Callable[[Texts, str], Iterable[int]]] = {
    "title": Texts.titled,
    "path": lambda texts, glob: _matching_paths(texts, glob),
    "lang": lambda texts, language: _in_language(texts, language),
}


def _matching_paths(texts: Texts, glob: str) -> Iterator[int]:
    """Documents whose path, or the end of it from some folder on, matches a shell-style pattern; `*` crosses `/`."""
    matches = re.compile(f"(?:{fnmatch.translate(glob)})|(?:{fnmatch.translate('*/' + glob)})").match
    return (number for number, path in enumerate(texts.paths()) if matches(path))


def _in_language(texts: Texts, language: str) -> Iterator[int]:
    """Documents in a language; Chinese that is neither clearly Simplified nor Traditional counts as both."""
    wanted = {language, "zh"} if language.startswith("zh-") else {name for name in LANGUAGES if name.split("-")[0] == language}
    return (number for number in range(texts.documents) if LANGUAGES[texts.document(number).language] in wanted)
