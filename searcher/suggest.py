"""What may have been meant: words of an index that sound, look or are spelt like a typed one.

Owns which mistakes are thought of, how likely each is, and when a word of the index is worth suggesting.  Reads no passages
and changes no query.  Pure, but for the table of look-alikes.

Mistakes are of four kinds: another character of the same sound (from an input method), one of much the same shape (from people
and OCR), one that a conversion between scripts offers and folding does not join, and a few letters in an English word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, combinations, permutations, product
from math import log2
from operator import ne
from pathlib import Path
from string import ascii_lowercase
from typing import Literal

from ..index import data
from ..index.english import stem
from ..index.scripts import is_han
from .results import Suggestion
from .sounds import Readings, Vocabulary, chained, most_worth, usual

Reason = Literal["sound", "shape", "conversion", "spelling"]

SIMILAR = 12
"""How many words are given as spelt nearly like one."""

FEW = 3
"""How many words are suggested for one."""

CLEARLY = 4
"""How many times as many passages as the typed word a suggestion has at the least."""

# The worth of a word one and two edits away, beside that of the word itself (1).
_EDITED = {1: 0.7, 2: 0.5}

# How likely a mistake is: one character of a kind, and what each further one leaves of that.  A text that is no word of the
# index is half as likely to be meant; if it has but two characters, or if more than half are replaced, it is not thought of,
# nor is what is less likely than the least.  Suggestions with less than this share of the best one's worth are dropped.
_LIKELY: dict[Reason, float] = {"sound": 0.9, "conversion": 0.9, "shape": 0.7}
_FURTHER: dict[Reason, float] = {"sound": 0.5, "conversion": 0.5, "shape": 0.3}
_NO_WORD, _LEAST, _SHARE = 0.5, 0.1, 0.4

# Bounds on the work: of how many characters a text may be to be looked for by its sound, to have two replaced, or one; how
# many readings of a typed character count; how many letters a word has at the least and at the most.
_SOUNDED, _TWICE, _ONCE, _USUALLY, _SHORTEST, _LONGEST = 6, 6, 12, 2, 3, 40

_MISTYPED_TWICE = 7
"""Of so many letters a word is in which two mistakes are thought of: in shorter ones, two make any word of any other."""


# ------------------------------------------------------------------------------------------ words of letters


def similar_words(word: str, vocabulary: Vocabulary) -> list[tuple[str, float]]:
    """The words of an index spelt nearly like a folded word, each with its worth, which is below 1.

    Words of the letters a to z, as they stand in texts, that become the word by one edit, or two if it has more than five
    characters: a letter put in, left out, replaced, or two neighbours swapped (optimal string alignment); of two edits no more
    than one in the first two letters.  Fewest edits first, then those in most passages; at most `SIMILAR`; the word itself is
    none of them.
    """
    found = _one_edit(word, vocabulary) if len(word) <= 5 else _two_edits(word, vocabulary)
    counted = sorted((edits, -vocabulary.gram_count(other), other) for other, edits in found.items())
    return [(other, _EDITED[edits]) for edits, _, other in counted[:SIMILAR]]


def _one_edit(word: str, vocabulary: Vocabulary) -> dict[str, int]:
    """Asks for each of them, some 50 a letter: faster than to list all words, and needs no library."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    edited = chain(
        (left + right[1:] for left, right in halves if right),
        (left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1),
        (left + letter + right[1:] for left, right in halves if right for letter in ascii_lowercase),
        (left + letter + right for left, right in halves for letter in ascii_lowercase),
    )
    return {other: 1 for other in set(edited) if other != word and _is_word(other) and vocabulary.gram_count(other)}


def _two_edits(word: str, vocabulary: Vocabulary) -> dict[str, int]:
    """Goes through the words of the index whose first two letters are one edit away from a beginning of the word."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    first, second = word[0], word[1]
    others = {word[1:3], *(letter + known for letter in ascii_lowercase for known in (first, second))}
    beginnings = [first, *(two for two in others if two[0] != first)]
    found = extract(word, list(vocabulary.grams(*beginnings)), scorer=OSA.distance, score_cutoff=2, limit=None)
    return {other: int(edits) for other, edits, _ in found if edits and _is_word(other)}


def _is_word(term: str) -> bool:
    return term.isascii() and term.isalpha()


def respelt(word: str, vocabulary: Vocabulary) -> int:
    """In how many passages the most frequent word is that is one edit away from a folded word; 0 if there is none."""
    return max(map(vocabulary.gram_count, _one_edit(word, vocabulary)), default=0)


# ------------------------------------------------------------------------------------------ did you mean


def suggestions(
    words: Sequence[str], vocabulary: Vocabulary, lexicon: Readings, is_word: Callable[[str], bool] = lambda word: False
) -> list[Suggestion]:
    """What may have been meant by folded words, or runs of Chinese, that are in few passages or none.

    Up to `FEW` for each, the likeliest first, in the order typed.  None for single characters and for what is neither Chinese
    nor of the letters a to z.  Nobody mistypes a word twice and gets another one: `is_word` tells whether letters are a word,
    whatever the index has.
    """
    return [
        suggestion
        for word in dict.fromkeys(words)
        for suggestion in _likeliest(word, _tried(word, vocabulary, lexicon, is_word), vocabulary)
    ]


_Tried = dict[str, tuple[float, Reason, int]]
"""A text that may be meant: how likely the mistake is, its kind, and in how many passages the text is at the most."""


def _tried(word: str, vocabulary: Vocabulary, lexicon: Readings, is_word: Callable[[str], bool]) -> Iterator[_Tried]:
    """What may be meant by a word, the likelier mistakes first; the next are wanted only if those give nothing."""
    if _is_word(word) and _SHORTEST <= len(word) <= _LONGEST:
        yield _misspelt(word, _one_edit(word, vocabulary), vocabulary)
        if len(word) >= _MISTYPED_TWICE and not is_word(word):
            yield _misspelt(word, _two_edits(word, vocabulary), vocabulary)
    elif 1 < len(word) <= _ONCE and all(map(is_han, word)):
        yield _chinese(word, vocabulary, lexicon)


def _likeliest(word: str, tried: Iterable[_Tried], vocabulary: Vocabulary) -> list[Suggestion]:
    """The suggestions among the first texts tried that give any."""
    count = vocabulary.gram_count if _is_word(word) else vocabulary.passages
    for found in tried:
        least = max(1, CLEARLY * count(word))
        enough = {text: (chance, most) for text, (chance, _, most) in found.items() if most >= least and text != word}
        best = most_worth(enough, FEW, count, lambda passages: log2(1 + passages))
        best = [(text, worth, passages) for text, worth, passages in best if passages >= least]
        if best:
            least_worth = _SHARE * best[0][1]
            return [Suggestion(word, text, found[text][1], each) for text, worth, each in best if worth >= least_worth]
    return []


def _misspelt(word: str, edits: Mapping[str, int], vocabulary: Vocabulary) -> _Tried:
    """Other words, one form of each, but for other forms of the same, which were looked for with it."""
    forms = {stem(word): word}
    for other in sorted(edits, key=lambda other: (edits[other], -vocabulary.gram_count(other), other)):
        forms.setdefault(stem(other), other)
    return {
        other: (_EDITED[edits[other]], "spelling", vocabulary.gram_count(other)) for other in forms.values() if other != word
    }


def _chinese(word: str, vocabulary: Vocabulary, lexicon: Readings) -> _Tried:
    """Chinese texts that may be meant; for each the likeliest mistake."""
    found: _Tried = {}
    for reason, chance, text, count in chain(_looking(word, vocabulary), _sounding(word, vocabulary, lexicon)):
        if not vocabulary.word_count(text):
            replaced = sum(map(ne, word, text))
            chance *= _NO_WORD if len(word) > 2 and 2 * replaced <= len(word) else 0
        if chance > (found[text][0] if text in found else _LEAST):
            found[text] = chance, reason, count
    return found


_Replaced = Iterator[tuple[Reason, float, str, int]]
"""Why, how likely, the text, and in how many passages it is at the most."""


def _sounding(word: str, vocabulary: Vocabulary, lexicon: Readings) -> _Replaced:
    """Texts that are read as a word, or may be."""
    if len(word) > _SOUNDED:
        return
    readings = {own: lexicon.readings(own)[:_USUALLY] for own in word}
    choices = [dict.fromkeys(chain(own, *map(lexicon.characters, readings[own]))) for own in word]
    how_usual = cache(lambda character, syllable: usual(character, (syllable,), lexicon))
    for text, count in chained(choices, vocabulary).items():
        chance = _LIKELY["sound"] / _FURTHER["sound"]
        for own, other in zip(word, text, strict=True):
            if own != other:
                chance *= _FURTHER["sound"] * max(how_usual(own, one) * how_usual(other, one) for one in readings[own])
        if text != word:
            yield "sound", chance, text, count


def _looking(word: str, vocabulary: Vocabulary) -> _Replaced:
    """Texts that look like a word, or that conversions take for it: with one character replaced, else with two."""
    for reason, alike in look_alikes().items():
        for replaced in (1, 2) if len(word) <= _TWICE else (1,):
            chance = _LIKELY[reason] * _FURTHER[reason] ** (replaced - 1)
            there = [(text, count) for text in _with(word, replaced, alike) if (count := vocabulary.at_most(text))]
            yield from ((reason, chance, text, count) for text, count in there)
            if there:
                break


def _with(word: str, replaced: int, alike: Mapping[str, str]) -> Iterator[str]:
    """A word with so many of its characters replaced by others that are like them."""
    for places in combinations([at for at, own in enumerate(word) if own in alike], replaced):
        for others in product(*[alike[word[at]] for at in places]):
            characters = list(word)
            for at, other in zip(places, others, strict=True):
                characters[at] = other
            yield "".join(characters)


@cache
def look_alikes() -> dict[Reason, dict[str, str]]:
    """For each kind of mistake: a character → those that are taken for it, folded."""
    found = defaultdict[str, defaultdict[str, dict[str, None]]](lambda: defaultdict(dict))
    for line in (Path(str(data.__file__)).parent / "lookalikes.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, _, group = line.partition("\t")
            for one, other in permutations(group, 2):
                found[kind][one][other] = None
    kinds: tuple[Reason, ...] = ("conversion", "shape")
    return {kind: {one: "".join(others) for one, others in found[kind].items()} for kind in kinds}
