"""Segments on this machine: where a piece of text is in each, exactly, and how they are numbered through.

Owns the way from a leaf of a plan to the passages that hold it: postings name candidates, the folded text decides, and what is
kept of where words written as one are cut in it.  Knows no scores.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache, partial
from itertools import chain, pairwise, repeat, zip_longest
from operator import sub
from pathlib import Path

from ..english import stem
from ..frozen import frozen
from ..model import LONGEST_PASSAGE, WILD_GAP, Filter, Leaf, Near, Term, Wild, Words
from ..patterns import begins_in_original, in_folded, is_bounded
from ..scripts import is_unspaced, runs
from ..texts import Texts, decode, decode_within, encode, occurrences
from . import bitmaps, bytewise
from .bitmaps import Bits, Planes
from .neighbours import Neighbours
from .w3 import PostingsReader

FEW = 16
"""So few passages are looked at more closely rather than asking the index whether they have more of what is sought."""

_LENGTHS = (0, 0.25, 0.5, 0.75, 1.0, 1.3)
"""Bounds of the sets that passages are sorted into by their lengths, in parts of the mean."""

_DISTANCES = (0.0, 1e-9, 0.5, 1.0, 2.0, math.inf)
"""Bounds of the sets that passages are sorted into by the distance of their titles' lengths from a number."""


@frozen
class SegmentFiles:
    """A segment to open: its folder, and which of its documents (by number) are deleted."""

    folder: Path
    deleted: frozenset[int] = frozenset()


class Segment:
    """One segment opened, its passages and documents numbered on from `base` and `document_base`.

    Sets of passages are those of the segment, by their number in it.  `alive` are those that are not deleted.
    """

    def __init__(self, files: SegmentFiles, base: int, document_base: int) -> None:
        self.texts, self.postings = Texts(files.folder), PostingsReader(files.folder)
        self.base, self.document_base = base, document_base
        self.passages = self.texts.passages
        self.neighbours = Neighbours(files.folder, self.passages)
        self.dead_documents = files.deleted
        self.dead = self.of_documents(files.deleted) if files.deleted else 0
        self.alive = bitmaps.first_ones(self.passages) ^ self.dead
        self.documents, self.starts, self.lengths = map(self.texts.column, ("document", "folded", "words"))
        self._frequency_of = lru_cache(maxsize=1 << 14)(self._frequency)
        self._shorter_than = lru_cache(maxsize=16)(partial(bitmaps.near_next, self.starts))

    def of_documents(self, documents: Iterable[int]) -> Bits:
        """The passages of some documents."""
        first = self.texts.first_passages()
        spans = [(first[number], first[number + 1]) for number in documents if first[number] < first[number + 1]]
        ends = bitmaps.of((end for _, end in spans), self.passages + 1)
        return ends - self._of(start for start, _ in spans)  # all bits from each start up to its end

    @cached_property
    def last_passages(self) -> Bits:
        """The last passage of each document."""
        return bitmaps.of(self.texts.first_passages(), self.passages + 1) >> 1

    @property
    def title_lengths(self) -> Iterator[int]:
        """How many different terms the title of each passage's document has."""
        first, lengths = self.texts.first_passages(), self.texts.document_column("title_terms")
        return chain.from_iterable(map(repeat, lengths, map(sub, first[1:], first)))

    def own(self, passages: Bits) -> Bits:
        """Those of the index's passages that are in this segment, by their number in it."""
        return (passages >> self.base) & bitmaps.first_ones(self.passages)

    def before(self, passages: Bits, reach: int) -> Bits:
        """The passages, and those before them in their document that end at most `reach` bytes before one, or a little more."""
        found, step, short = passages, passages, self._shorter_than(reach.bit_length())
        while step := (step >> 1) & ~self.last_passages & ~found:
            found |= step
            step &= short
        return found

    def frequency(self, word: str) -> int:
        """In how many passages that are not deleted a token is."""
        return self._frequency_of(word)

    def _frequency(self, word: str) -> int:
        if not self.dead:
            return self.postings.frequency("words", word)
        return self.planes("words", word)[0].bit_count()

    def planes(self, name: str, term: str) -> Planes:
        """Passages that are not deleted with a term, and the bits of how often more than once they have it."""
        planes = self.postings.planes(name, term)
        return tuple(plane & self.alive for plane in planes) if self.dead else planes

    def literal(self, term: Term, known: Bits = 0) -> Bits:
        """The passages that are not deleted in which an occurrence of a literal begins, other than those known."""
        text = term.text
        if is_unspaced(text) and len(text) <= 2:
            return self.having("grams", text) & self.alive & ~known
        wanted, candidates = encode(text), bitmaps.numbers(_candidates(self, text) & self.alive & ~known)
        if not is_bounded(text):
            return self._of(self._holding(candidates, wanted))
        is_gram = _is_gram(text)
        return self._of(
            number
            for number in candidates
            if (is_gram and not self._is_at_edge(number, wanted)) or self._holds(number, term, wanted)
        )

    def having(self, name: str, gram: str) -> Bits:
        """The passages, deleted ones too, that have a gram; of one unspaced character, any that begins with it."""
        is_prefix = len(gram) == 1 and is_unspaced(gram)
        return self.postings.having_prefix(name, gram) if is_prefix else self.postings.planes(name, gram)[0]

    def _holding(self, passages: Iterable[int], wanted: bytes) -> Iterator[int]:
        """Those of some passages in which a string begins."""
        starts, find, length = self.starts, self.texts.folded.find, len(wanted)
        for number in passages:
            after = starts[number + 1]
            at = find(wanted, starts[number], after + length - 1)
            if at >= 0 and (at + length < after or at + length <= self._document_end(number)):
                yield number

    def _of(self, numbers: Iterable[int]) -> Bits:
        return bitmaps.of(numbers, self.passages)

    def counts(self, text: str, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
        """How often a literal begins in each of some passages that have it; not inside longer words, if these are ASCII."""
        wanted, data, starts = encode(text), self.texts.folded, self.starts
        whole = bytewise.search_whole(wanted) if is_bounded(text) else None
        once = set[int]()
        if _is_gram(text) and text != "s":  # it is there no more often than all the forms of its word; that of Nvidia's is none
            having, *more = self.postings.planes("words", stem(text))
            once.update(bitmaps.those(having & ~bitmaps.union(more), numbers))
        for number in numbers:
            start, end = starts[number], starts[number + 1] + len(wanted) - 1
            count = 1 if number in once else len(whole(data, start, end)) if whole else data[start:end].count(wanted)
            yield number, max(1, count)

    def wild(self, wild: Wild) -> Bits:
        """The passages in which an occurrence of a wildcard begins."""
        reach = 4 * sum(len(part) + WILD_GAP for part in wild.parts)
        candidates = bitmaps.numbers(_wild_candidates(self, wild) & self.alive)
        return self._of(number for number in candidates if self._begins(number, wild, reach))

    def words(self, words: Words) -> Bits:
        """The passages in which words begin that follow each other, in any form."""
        if len(words.stems) == 1:
            return self.planes("words", words.stems[0])[0]
        candidates = self.alive
        for place, (word, following) in enumerate(zip_longest(words.stems, words.stems[1:])):
            having = self.postings.planes("words", word)[0]
            if following and "s" not in (word, following):  # an s alone may be that of Nvidia's
                having &= self.neighbours.having(word, following)
            # Each passage has a word or more: so many behind at the most.
            candidates &= bitmaps.union(having >> behind for behind in range(place + 1))
        return self._of(self._having_words(bitmaps.numbers(candidates), words)) if candidates else 0

    def near(self, near: Near) -> Bits:
        """The passages that have words near each other."""
        candidates = self.alive
        for part in near.parts:
            candidates &= self.words(part) if isinstance(part, Words) else self.literal(part)
        return self._of(number for number in bitmaps.numbers(candidates) if self._has_near(number, near))

    def _has_near(self, passage: int, near: Near) -> bool:
        own = decode(self.texts.folded[self.starts[passage] : min(self.starts[passage + 1], self._document_end(passage))])
        return any(True for _ in in_folded(near, own))

    def matching(self, condition: Filter) -> Bits:
        """The passages of the documents that meet a condition."""
        return self.of_documents(self.texts.matching(condition))

    def titled(self, leaf: Term | Words) -> Bits:
        """The passages that are not deleted of the documents whose title has a leaf."""
        if isinstance(leaf, Words):
            having = bitmaps.intersection(self.planes("title", stem)[0] for stem in leaf.stems)
            return self._of_titled(having, leaf) if len(leaf.stems) > 1 else having
        if leaf.alone:
            return self.planes("title", leaf.text)[0]
        if len(leaf.text) <= 2 and is_unspaced(leaf.text):
            return self.having("title", leaf.text) & self.alive
        if pairs := [key for key, _ in _keys(leaf.text) if len(key) == 2 and is_unspaced(key)]:
            having = bitmaps.intersection(self.planes("title", pair)[0] for pair in pairs)
            return self._of_titled(having, leaf)
        documents = self.texts.titled(leaf.text) - self.dead_documents
        return self.of_documents(number for number in documents if not is_bounded(leaf.text) or self._title_has(number, leaf))

    def _of_titled(self, passages: Bits, leaf: Term | Words) -> Bits:
        """The passages of some whole documents, but only of those whose title has a leaf."""
        documents = [self.documents[number] for number in bitmaps.numbers(passages & self.last_passages)]
        return passages & self.of_documents(self._titled_among(documents, leaf))

    def _titled_among(self, documents: Iterable[int], leaf: Term | Words) -> Iterator[int]:
        """Those of some documents whose title has a leaf."""
        if isinstance(leaf, Term) and not is_bounded(leaf.text):
            return self.texts.titled_among(documents, leaf.text)
        return (number for number in documents if self._title_has(number, leaf))

    def _title_has(self, document: int, leaf: Leaf) -> bool:
        if any(True for _ in in_folded(leaf, self.texts.folded_title(document))):
            return True
        return isinstance(leaf, Words) and begins_in_original(leaf, self.texts.title(document))

    def _document_end(self, passage: int) -> int:
        """Where the folded text of a passage's document ends (bytes; its closing NUL left out)."""
        return self.texts.document(self.documents[passage] + 1).folded - 1

    def _holds(self, passage: int, term: Term, wanted: bytes) -> bool:
        """Whether a literal begins in a passage where no word goes on over its edges."""
        data, after = self.texts.folded, self.starts[passage + 1]
        at = data.find(wanted, self.starts[passage], after + len(wanted) - 1)
        while at >= 0:
            end = at + len(wanted)
            if end >= after and end > self._document_end(passage):
                return False
            goes_on = [bytewise.goes_on(data, at), bytewise.goes_on(data, end)]
            if True not in goes_on:
                return None not in goes_on or self._begins(passage, term, len(wanted))
            at = data.find(wanted, at + 1, after + len(wanted) - 1)
        return False

    def _is_at_edge(self, passage: int, word: bytes) -> bool:
        """Whether a passage begins or ends with a word, which is then perhaps only what is here of a longer one."""
        data, start, after = self.texts.folded, self.starts[passage], self.starts[passage + 1]
        return data[start : start + len(word)] == word or data[after - len(word) : after] == word

    def _having_words(self, passages: Iterable[int], words: Words) -> Iterator[int]:
        """Those of some passages in which words begin that follow each other: what `_begins` says of them, sooner."""
        starts, data, stems = self.starts, self.texts.folded, words.stems
        search, plainly = bytewise.search_words(stems, 0), bytewise.match_plainly(stems)
        reach, is_plain = sum(map(bytewise.longest, stems)), "s" not in stems
        for number in passages:
            after = starts[number + 1]
            if match := search(data, starts[number], after + reach):
                at = match.start()
                plain = plainly(data, at) if is_plain and at < after else None
                if (plain and bytewise.have_stems(plain[0], stems)) or self._has_words(number, words, reach, at):
                    yield number

    def _has_words(self, passage: int, words: Words, reach: int, at: int) -> bool:
        """Whether words that follow each other begin in a passage, in which they may do so from an offset (bytes) on."""
        data, after, stems = self.texts.folded, self.starts[passage + 1], words.stems
        search, plainly = bytewise.search_words(stems, 1), bytewise.match_plainly(stems)
        while (match := search(data, at, after + reach)) and (at := match.start()) < after:
            plain = plainly(data, at)
            if plain:
                follow = bytewise.have_stems(plain[0], stems)
            else:
                follow = bytewise.begins_word(data, at) and bytewise.follow(data, at, stems)
            if follow is None or "s" in stems:  # an s alone may be that of Nvidia's
                return self._begins(passage, words, reach) or self._follow_in_parts(passage, words, reach)
            if follow:
                return True
            at += 1
        return self._follow_in_parts(passage, words, reach)

    def _follow_in_parts(self, passage: int, words: Words, reach: int) -> bool:
        """What `_begins` says of words some of which may be parts of words written as one."""
        cuts, data, start, after = self.texts.cuts, self.texts.folded, self.starts[passage], self.starts[passage + 1]
        first = bisect_left(cuts, start)
        if cuts[first] > after + reach:
            return False
        near = cuts[first : bisect_right(cuts, after + reach, first)].tolist()
        if not any(bytewise.is_part(data, cut, words.stems) for cut in near):
            return False
        if "s" in words.stems:
            return self._begins(passage, words, reach, near)
        for match in bytewise.search_beginnings(words.stems[0])(data, start, after):
            at = match.start()
            follow = (at in near or bytewise.begins_word(data, at)) and bytewise.follow(data, at, words.stems, near)
            if follow is None:
                return self._begins(passage, words, reach, near)
            if follow:
                return True
        return False

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
    of all passages, by their number, and `alive` those that are not deleted.
    """

    def __init__(self, files: Iterable[SegmentFiles]) -> None:
        self._all: list[Segment] = []
        self.lengths: list[int] = []
        documents = words = 0
        for each in files:
            segment = Segment(each, len(self.lengths), documents)
            own = segment.lengths.tolist()[:-1]
            self._all.append(segment)
            self.lengths += own
            documents += segment.texts.documents
            words += sum(own) - sum(own[number] for number in bitmaps.numbers(segment.dead))
        self._bases, self._sizes = [segment.base for segment in self._all], [segment.passages for segment in self._all]
        self.alive = self.joined(lambda segment: segment.alive)
        self.passages = self.alive.bit_count()
        self.documents = documents - sum(len(segment.dead_documents) for segment in self._all)
        self.mean_length = max(1.0, words / max(1, self.passages))
        self._distances = lru_cache(maxsize=16)(self._title_distances)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._all)

    def at(self, passage: int) -> tuple[Segment, int]:
        """The segment of a passage, and its number there."""
        segment = self._all[bisect_right(self._bases, passage) - 1]
        return segment, passage - segment.base

    def joined(self, of_segment: Callable[[Segment], Bits]) -> Bits:
        """The passages of the index, given those of each segment."""
        return self._joined(list(map(of_segment, self._all)))

    def _joined(self, own: Sequence[Bits]) -> Bits:
        return bitmaps.joined(own, self._sizes)

    def planes(self, name: str, term: str) -> Planes:
        """Passages that are not deleted with a term, and the bits of how often more than once they have it."""
        found = (segment.planes(name, term) for segment in self._all)
        return tuple(map(self._joined, zip_longest(*found, fillvalue=0))) or (0,)

    def document_of(self, passage: int) -> int:
        """The number of a passage's document."""
        segment, number = self.at(passage)
        return segment.document_base + segment.documents[number]

    def count_documents(self, passages: Bits) -> int:
        """In how many documents the passages are."""
        return bitmaps.any_between(passages, self._last_passages, bitmaps.first_ones(len(self.lengths)))

    @cached_property
    def _last_passages(self) -> Bits:
        return self.joined(lambda segment: segment.last_passages)

    @cached_property
    def lengths_at_least(self) -> list[tuple[int, Bits]]:
        """All passages, sorted into sets by their lengths, each with what is the least of those."""
        column = _bytes(self.lengths)
        edges = sorted({min(255, int(part * self.mean_length)) for part in _LENGTHS})
        return [
            (least, bitmaps.where(column, [least <= length < end for length in range(256)]))
            for least, end in pairwise([*edges, 256])
        ]

    def title_distances(self, count: int) -> list[tuple[float, Bits]]:
        """All passages, sorted into sets by how far from a number the length of their title is, in parts of that number.

        Each set stands behind the least distance in it.
        """
        return self._distances(count)

    def _title_distances(self, count: int) -> list[tuple[float, Bits]]:
        distances = [*(abs(length - count) / count for length in range(255)), max(0, 255 - count) / count]  # 255: or more
        return [
            (min(near), bitmaps.where(self._title_column, [least <= distance < end for distance in distances]))
            for least, end in pairwise(_DISTANCES)
            if (near := [distance for distance in distances if least <= distance < end])
        ]

    @cached_property
    def _title_column(self) -> bytes:
        return _bytes(self.title_lengths)

    @cached_property
    def title_lengths(self) -> list[int]:
        """How many different terms the title of each passage's document has."""
        return list(chain.from_iterable(segment.title_lengths for segment in self._all))

    def frequency(self, word: str) -> int:
        """In how many passages a token is, of those that are not deleted."""
        return sum(segment.frequency(word) for segment in self._all)


def _bytes(numbers: list[int]) -> bytes:
    """Numbers as bytes; what is more than 255 as that."""
    return bytes(numbers) if max(numbers, default=0) < 256 else bytes(map(min, numbers, repeat(255)))


# ------------------------------------------------------------------------------------------ candidates

Key = tuple[str, int]
"""(gram, offset): what every passage has among its grams in which the literal's part from the offset on begins."""


def _candidates(segment: Segment, text: str) -> Bits:
    """Passages in which an occurrence of a literal may begin: those that have all its keys, or that these are right behind.

    A passage before is one too because what a key stands for, in the middle of the literal, may be in the next passage.
    """
    keys = list(_keys(text))
    return _having_all(segment, keys, 0) if keys else _scan(segment, encode(text))


def _having_all(segment: Segment, keys: Sequence[Key], reach: int) -> Bits:
    """Passages that have all the keys, in themselves or as far behind as a key's offset says, and `reach` bytes more.

    The rarest is looked for first, others as long as many are left: to look at one of them takes as long as to look closer.
    """
    by_rareness = sorted(keys, key=lambda key: segment.postings.frequency("grams", key[0]))
    found = segment.alive
    for gram, offset in by_rareness:
        having = segment.having("grams", gram)
        found &= segment.before(having, reach + 4 * offset) if offset or reach else having
        if found.bit_count() <= FEW:
            break
    return found


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


def _scan(segment: Segment, wanted: bytes) -> Bits:
    found = occurrences(segment.texts.folded, wanted, 0, len(segment.texts.folded))
    return bitmaps.of((bisect_right(segment.starts, at) - 1 for at in found), segment.passages)


def _wild_candidates(segment: Segment, wild: Wild) -> Bits:
    """Passages in which an occurrence of a wildcard may begin: by a key of its parts, by a prefix, or else every passage."""
    last = len(wild.parts) - 1
    closed = [_closed(part, at > 0, at < last) for at, part in enumerate(wild.parts)]
    if keys := [key for part in closed for key in _keys(part)]:
        return _having_all(segment, keys, 4 * sum(len(part) + WILD_GAP for part in wild.parts))
    if head := [(run, at) for at, run, _ in runs(wild.parts[0])]:
        prefix, at = head[-1]
        having = segment.postings.having_prefix("grams", prefix)
        return segment.before(having, 4 * at) if at else having  # signs before it may end a passage
    return segment.alive


def _closed(part: str, open_left: bool, open_right: bool) -> str:
    """A part of a wildcard without the letters at its open ends, which may go on and so are no whole words."""
    for at, run, unspaced in list(runs(part)):
        touches = (open_left and at == 0) or (open_right and at + len(run) == len(part))
        if touches and not unspaced:
            part = part[:at] + " " * len(run) + part[at + len(run) :]
    return part
