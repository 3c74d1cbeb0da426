"""Segments on this machine: where a piece of text is in each, exactly, and how they are numbered through.

Owns the way from a leaf of a plan to the passages that hold it: postings name candidates, the folded text decides, and what is
kept of where words written as one are cut in it.  Knows no scores.
"""

from __future__ import annotations

import fnmatch
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from functools import cached_property, lru_cache, partial
from itertools import chain, compress
from mmap import mmap
from pathlib import Path

from ..english import LONGEST_ENDING, beginning, stem
from ..frozen import frozen
from ..model import LONGEST_PASSAGE, WILD_GAP, Filter, Leaf, Near, Term, Wild, Words
from ..patterns import GAP, begins_in_original, in_folded, is_bounded, stands_alone
from ..scripts import is_unspaced, runs
from ..texts import LANGUAGES, Texts, decode, encode, occurrences
from .w3 import Postings, PostingsReader


@frozen
class SegmentFiles:
    """A segment to open: its folder, and which of its documents (by number) are deleted."""

    folder: Path
    deleted: frozenset[int] = frozenset()


class Segment:
    """One segment opened, its passages and documents numbered on from `base` and `document_base`."""

    def __init__(self, files: SegmentFiles, base: int, document_base: int) -> None:
        self.texts, self.postings = Texts(files.folder), PostingsReader(files.folder)
        self.base, self.document_base = base, document_base
        first = self.texts.first_passages()
        self.dead = {passage for document in files.deleted for passage in range(first[document], first[document + 1])}
        self.dead_documents = files.deleted
        self.documents, self.starts, self.lengths = map(self.texts.column, ("document", "folded", "words"))
        self.title_terms = self.texts.document_column("title_terms")
        self._frequency_of = lru_cache(maxsize=1 << 14)(self._frequency)

    def live(self) -> Iterator[int]:
        """The numbers (in the segment) of its passages that are not deleted."""
        return (number for number in range(self.texts.passages) if number not in self.dead)

    def frequency(self, word: str) -> int:
        """In how many passages that are not deleted a token is."""
        return self._frequency_of(word)

    def _frequency(self, word: str) -> int:
        count = self.postings.frequency("words", word)
        return count - len(self.dead.intersection(self.postings.postings("words", word)[0])) if count and self.dead else count

    def numbered(self, numbers: Iterable[int]) -> Iterable[int]:
        """Numbers of its passages as they are in the index."""
        return map(self.base.__add__, numbers) if self.base else numbers

    def postings_of(self, name: str, term: str) -> Postings:
        """Passages that are not deleted with a term, and how often they have it."""
        numbers, weights = self.postings.postings(name, term)
        if not self.dead:
            return numbers, weights
        alive = [number not in self.dead for number in numbers]
        return list(compress(numbers, alive)), None if weights is None else list(compress(weights, alive))

    def literal(self, term: Term, known: Set[int] = frozenset()) -> set[int]:
        """The passages, by their number in the index, in which an occurrence of a literal begins, other than those known."""
        text = term.text
        if is_unspaced(text) and len(text) <= 2:
            having = _prefixed(self, text) if len(text) == 1 else self.postings.postings("grams", text)[0]
            numbers = self.numbered(set(having) - self.dead if self.dead else having)
            return set(numbers).difference(known)
        wanted, bounded, is_gram = encode(text), is_bounded(text), _is_gram(text)
        return {
            self.base + number
            for number in _candidates(self, text)
            if number not in self.dead and self.base + number not in known
            if (is_gram and not self._is_at_edge(number, wanted)) or self._holds(number, term, wanted, bounded)
        }

    def counts(self, text: str, numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
        """How often a literal begins in each of some passages that have it; not inside longer words, if these are ASCII."""
        wanted, data, starts = encode(text), self.texts.folded, self.starts
        whole = _search_whole(wanted) if is_bounded(text) else None
        once = set[int]()
        if _is_gram(text):  # it is there no more often than all the forms of its word
            having, weights = self.postings.postings("words", stem(text))
            once.update(having if weights is None else (n for n, weight in zip(having, weights, strict=True) if weight == 1))
        for number in numbers:
            start, end = starts[number], starts[number + 1] + len(wanted) - 1
            count = 1 if number in once else len(whole(data, start, end)) if whole else data[start:end].count(wanted)
            yield number, max(1, count)

    def wild(self, wild: Wild) -> Iterator[int]:
        """The passages in which an occurrence of a wildcard begins."""
        reach = 4 * sum(len(part) + WILD_GAP for part in wild.parts)
        return (
            number for number in _wild_candidates(self, wild) if number not in self.dead and self._begins(number, wild, reach)
        )

    def words(self, words: Words) -> Iterator[int]:
        """The passages in which words begin that follow each other, in any form."""
        if len(words.stems) == 1:
            yield from self.postings_of("words", words.stems[0])[0]
            return
        numbers: set[int] | None = None
        places = sorted(enumerate(words.stems), key=lambda place: self.frequency(place[1]))
        for place, word in places:  # at most so many passages behind where the first is: each passage has one of them or more
            having = self.postings.postings("words", word)[0]
            if numbers is None:
                numbers = set(having) if not place else {number - back for number in having for back in range(place + 1)}
            else:
                others = frozenset(having)
                behind = numbers - others if place else ()
                numbers &= others
                numbers.update(number for number in behind if not others.isdisjoint(range(number + 1, number + place + 1)))
        numbers = (numbers or set()) - self.dead
        reach = sum(map(_longest, words.stems))
        yield from (number for number in sorted(numbers) if self._has_words(number, words, reach))

    def near(self, near: Near) -> Iterator[int]:
        """The passages that have words near each other."""
        parts = (set(self.numbered(self.words(part))) if isinstance(part, Words) else self.literal(part) for part in near.parts)
        for number in (number - self.base for number in sorted(set.intersection(*parts))):
            own = decode(self.texts.folded[self.starts[number] : min(self.starts[number + 1], self._document_end(number))])
            if any(True for _ in in_folded(near, own)):
                yield number

    def matching(self, condition: Filter) -> Iterator[int]:
        """The documents that meet a condition."""
        return iter(_CONDITIONS[condition.field](self.texts, condition.value))

    def titled(self, leaf: Term | Words, is_word: Callable[[str], bool]) -> Set[int]:
        """The passages that are not deleted of the documents whose title has a leaf; `is_word` knows the words of the index."""
        if isinstance(leaf, Words):
            numbers = set.intersection(*(set(self.postings_of("title", stem)[0]) for stem in leaf.stems))
            return self._of_titled(numbers, lambda title: self._title_has(title, leaf)) if len(leaf.stems) > 1 else numbers
        if leaf.alone:
            alone = partial(self._title_has_alone, leaf, is_word)
            return self._of_titled(self.postings_of("title", leaf.text)[0], alone)
        if len(leaf.text) == 2 and is_unspaced(leaf.text):
            return set(self.postings_of("title", leaf.text)[0])
        first, documents = self.texts.first_passages(), self.texts.titled(leaf.text) - self.dead_documents
        if is_bounded(leaf.text):
            documents = {number for number in documents if self._title_has(number, leaf)}
        return {passage for number in documents for passage in range(first[number], first[number + 1])}

    def _of_titled(self, passages: Collection[int], has: Callable[[int], bool]) -> set[int]:
        """Those of the passages whose document meets a condition on its title."""
        kept = {document for document in {self.documents[number] for number in passages} if has(document)}
        return {number for number in passages if self.documents[number] in kept}

    def _title_has(self, document: int, leaf: Leaf) -> bool:
        if any(True for _ in in_folded(leaf, self.texts.folded_title(document))):
            return True
        return isinstance(leaf, Words) and begins_in_original(leaf, self.texts.title(document))

    def _title_has_alone(self, leaf: Term, is_word: Callable[[str], bool], document: int) -> bool:
        title = self.texts.folded_title(document)
        return any(stands_alone(title, span, is_word) for span in in_folded(leaf, title))

    def _document_end(self, passage: int) -> int:
        """Where the folded text of a passage's document ends (bytes; its closing NUL left out)."""
        return self.texts.document(self.documents[passage] + 1).folded - 1

    def _holds(self, passage: int, term: Term, wanted: bytes, bounded: bool) -> bool:
        data, after = self.texts.folded, self.starts[passage + 1]
        at = data.find(wanted, self.starts[passage], after + len(wanted) - 1)
        while at >= 0:
            end = at + len(wanted)
            if end >= after and end > self._document_end(passage):
                return False
            goes_on = [_goes_on(data, at), _goes_on(data, end)] if bounded else [False]
            if True not in goes_on:
                return None not in goes_on or self._begins(passage, term, len(wanted))
            at = data.find(wanted, at + 1, after + len(wanted) - 1)
        return False

    def _is_at_edge(self, passage: int, word: bytes) -> bool:
        """Whether a passage begins or ends with a word, which is then perhaps only what is here of a longer one."""
        data, start, after = self.texts.folded, self.starts[passage], self.starts[passage + 1]
        return data[start : start + len(word)] == word or data[after - len(word) : after] == word

    def _has_words(self, passage: int, words: Words, reach: int) -> bool:
        """What `_begins` says of words, sooner where they and what is around them are ASCII, and none is the s of Nvidia's."""
        data, after, search = self.texts.folded, self.starts[passage + 1], _search_words(words.stems)
        match = first = search(data, self.starts[passage], after + reach)
        while match and match.start() < after:
            follow = _follow_at(data, match.start(), words.stems)
            if follow is None or "s" in words.stems:
                return self._begins(passage, words, reach) or self._follow_in_parts(passage, words, reach)
            if follow:
                return True
            match = search(data, match.start() + 1, after + reach)
        return first is not None and self._follow_in_parts(passage, words, reach)

    def _follow_in_parts(self, passage: int, words: Words, reach: int) -> bool:
        """What `_begins` says of words some of which may be parts of words written as one."""
        cuts, folded = self.texts.cuts, self.texts.folded
        first, end = bisect_left(cuts, self.starts[passage]), self.starts[passage + 1] + reach
        if cuts[first] > end:
            return False
        near = cuts[first : bisect_right(cuts, end, first)]
        return any(_is_part(folded, cut, words.stems) for cut in near) and self._begins(passage, words, reach, near)

    def _begins(self, passage: int, leaf: Leaf, reach: int, cuts: Iterable[int] = ()) -> bool:
        """Whether an occurrence of a leaf, at most `reach` bytes long, begins in a passage.

        `cuts` are where words of it, or behind it, are cut (bytes).
        """
        texts, start, after, end = self.texts, self.starts[passage], self.starts[passage + 1], self._document_end(passage)
        first = texts.document(self.documents[passage]).folded
        lead = decode_within(texts.folded[max(first, start - 8) : start])
        own = decode(texts.folded[start : min(after, end)])
        rest = decode_within(texts.folded[after : max(after, min(after + reach + 8, end))])
        breaks = [len(lead) + len(decode(texts.folded[start:cut])) for cut in cuts]
        return any(len(lead) <= at < len(lead) + len(own) for at, _ in in_folded(leaf, lead + own + rest, len(lead), breaks))

    def original(self, passage: int, around: int) -> tuple[str, str, str]:
        """A passage's original text, and up to `around` code points of its document before and behind it."""
        row = self.texts.passage(passage)
        first = max(0, row.start - around)
        text = self.texts.original(row.document, first, row.end + around)
        start, end = row.start - first, row.end - first
        return text[:start], text[start:end], text[end:]

    def line(self, passage: int) -> int | None:
        """The line of the file on which a passage begins, from 1; None where lines mean nothing."""
        return self.texts.passage(passage).line or None


class Segments:
    """The segments of one generation, opened; their passages and documents are numbered through all of them.

    `passages` and `documents` count what is not deleted, `mean_length` is that of its passages, in words; `lengths` are those
    of all passages, by their number.
    """

    def __init__(self, files: Iterable[SegmentFiles]) -> None:
        self._all: list[Segment] = []
        self.lengths: list[int] = []
        documents = dead = words = 0
        for each in files:
            segment = Segment(each, len(self.lengths), documents)
            own = segment.lengths.tolist()[:-1]
            self._all.append(segment)
            self.lengths += own
            documents += segment.texts.documents
            dead += len(segment.dead)
            words += sum(own) - sum(own[number] for number in segment.dead)
        self._bases = [segment.base for segment in self._all]
        self.passages = len(self.lengths) - dead
        self.documents = documents - sum(len(segment.dead_documents) for segment in self._all)
        self.mean_length = max(1.0, words / max(1, self.passages))

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._all)

    def at(self, passage: int) -> tuple[Segment, int]:
        """The segment of a passage, and its number there."""
        segment = self._all[bisect_right(self._bases, passage) - 1]
        return segment, passage - segment.base

    def documents_of(self, passages: Iterable[int]) -> Iterator[int]:
        """The numbers of the passages' documents."""
        return map(self._documents.__getitem__, passages)

    def title_lengths(self, passages: Iterable[int]) -> Iterator[int]:
        """How many different terms the titles of the passages' documents have."""
        return map(self._title_terms.__getitem__, self.documents_of(passages))

    def count_documents(self, passages: Iterable[int]) -> int:
        """In how many documents the passages are."""
        return len(set(self.documents_of(passages)))

    @cached_property
    def _documents(self) -> Sequence[int]:
        own = (map(each.document_base.__add__, each.documents[:-1]) for each in self._all)
        return list(chain.from_iterable(own))

    @cached_property
    def _title_terms(self) -> Sequence[int]:
        return list(chain.from_iterable(each.title_terms[:-1] for each in self._all))

    def frequency(self, word: str) -> int:
        """In how many passages that are not deleted a token is."""
        return sum(segment.frequency(word) for segment in self._all)


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


# ------------------------------------------------------------------------------------------ candidates

Key = tuple[str, int]
"""(gram, offset): what every passage has among its grams in which the literal's part from the offset on begins."""


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
    found = list(runs(text))
    for at, run, unspaced in found:
        if not unspaced:
            yield from [(run, at)] if len(run) <= LONGEST_PASSAGE else []  # a longer one may be torn between passages
        elif len(run) == 1:
            singles.append((run, at))
        else:
            yield from ((run[i : i + 2], at + i) for i in range(len(run) - 1))
    if len(singles) == len(found):
        yield from singles


def _is_gram(text: str) -> bool:
    """Whether every passage that has a literal has it among its grams, and no other unless a word is torn at its edge."""
    return text.isalnum() and len(text) <= LONGEST_PASSAGE and not any(map(is_unspaced, text))


def _rarest(segment: Segment, keys: Iterable[Key]) -> tuple[Iterable[int], int]:
    """The passages of the rarest key, and its offset."""
    gram, offset = min(keys, key=lambda key: segment.postings.frequency("grams", key[0]))
    if len(gram) == 1 and is_unspaced(gram):
        return _prefixed(segment, gram), offset
    return segment.postings.postings("grams", gram)[0], offset


def _scan(segment: Segment, wanted: bytes) -> set[int]:
    found = occurrences(segment.texts.folded, wanted, 0, len(segment.texts.folded))
    return {bisect_right(segment.starts, at) - 1 for at in found}


def _prefixed(segment: Segment, prefix: str) -> set[int]:
    return segment.postings.having_prefix("grams", prefix)


def _reaching_back(segment: Segment, numbers: Iterable[int], reach: int) -> set[int]:
    """The passages, and those before them in their document that end at most `reach` bytes before them."""
    reached = set(numbers)
    for number in list(reached):
        before = number - 1
        while (
            before >= 0
            and segment.documents[before] == segment.documents[number]
            and segment.starts[before + 1] + reach > segment.starts[number]
        ):
            reached.add(before)
            before -= 1
    return reached


def _wild_candidates(segment: Segment, wild: Wild) -> Iterable[int]:
    """Passages in which an occurrence of a wildcard may begin: by a key of its parts, by a prefix, or else every passage."""
    last = len(wild.parts) - 1
    closed = [_closed(part, at > 0, at < last) for at, part in enumerate(wild.parts)]
    if keys := [key for part in closed for key in _keys(part)]:
        return _reaching_back(segment, _rarest(segment, keys)[0], 4 * sum(len(part) + WILD_GAP for part in wild.parts))
    if head := [(run, at) for at, run, _ in runs(wild.parts[0])]:
        prefix, at = head[-1]
        return _reaching_back(segment, _prefixed(segment, prefix), 4 * at)  # signs before it may end a passage
    return range(segment.texts.passages)


def _goes_on(data: mmap | bytes, at: int) -> bool | None:
    """Whether a word of a spaced script goes on across an offset; None if more than ASCII decides it."""
    around = data[max(0, at - 1) : at + 1]
    if around.isascii():
        return len(around) == 2 and around.isalnum()
    return None if all(byte >= 0x80 or chr(byte).isalnum() for byte in around) else False


_Search = Callable[[mmap | bytes, int, int], "re.Match[bytes] | None"]


@lru_cache(maxsize=256)
def _search_words(stems: tuple[str, ...]) -> _Search:
    """Looks for beginnings of words of the stems that may follow each other, or be parts of one; few other texts have that."""
    beginnings = (re.escape(encode(beginning(word))) for word in stems)
    return re.compile((rb"\S*?[\W_]{0,%d}" % (4 * GAP)).join(beginnings)).search


_WORD_AND_GAP = re.compile(rb"([0-9a-z]+)(?:'s(?![0-9a-z]))?[^0-9a-z\0\x80-\xff]{0,%d}" % GAP)


def _follow_at(data: mmap | bytes, at: int, stems: Iterable[str]) -> bool | None:
    """Whether words that begin at an offset have these stems and follow each other; None if more than ASCII decides it."""
    before = data[max(0, at - 1) : at]
    if before.isalnum() or not before.isascii():
        return False if before.isascii() else None
    for wanted in stems:
        match = _WORD_AND_GAP.match(data, at)
        if match is None:
            return False if data[at : at + 1].isascii() else None
        if not data[match.end(1) : match.end(1) + 1].isascii():
            return None
        if stem(match[1].decode()) != wanted:
            return False
        at = match.end()
    return True


@lru_cache(maxsize=256)
def _search_whole(wanted: bytes) -> Callable[[mmap | bytes, int, int], list[bytes]]:
    """Finds a literal where no word of ASCII letters and digits goes on over its edges."""
    literal, letter = re.escape(wanted), rb"[0-9a-z]"
    before = rb"(?<!%s%s)" % (letter, literal) if re.match(letter, wanted) else b""
    behind = rb"(?!%s)" % letter if re.match(letter, wanted[-1:]) else b""
    return re.compile(literal + before + behind).findall


def _is_part(folded: mmap | bytes, cut: int, stems: tuple[str, ...]) -> bool:
    """Whether a word of the stems may end or begin where a word is cut."""
    behind, before, longest = _search_parts(stems)
    return bool(behind(folded, cut, len(folded)) or before(folded, max(0, cut - longest), cut))


@lru_cache(maxsize=256)
def _search_parts(stems: tuple[str, ...]) -> tuple[_Search, _Search, int]:
    """Looks for words of the stems that begin at an offset, or end at one, and are no longer (bytes) than the last says."""
    starts = b"|".join(re.escape(encode(beginning(word))) for word in stems)
    before = re.compile(rb"(?:%s)[0-9a-z\x80-\xff]*\Z" % starts)
    return re.compile(starts).match, before.search, max(map(_longest, stems))


def _longest(stem: str) -> int:
    """The most bytes that a word of a stem and what lies between it and the next one take up."""
    return len(encode(stem)) + LONGEST_ENDING + 4 * (GAP + 2)


def _closed(part: str, open_left: bool, open_right: bool) -> str:
    """A part of a wildcard without the letters at its open ends, which may go on and so are no whole words."""
    for at, run, unspaced in list(runs(part)):
        touches = (open_left and at == 0) or (open_right and at + len(run) == len(part))
        if touches and not unspaced:
            part = part[:at] + " " * len(run) + part[at + len(run) :]
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
