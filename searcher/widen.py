"""What else stands for the words of a query: from tokens and a lexicon to variants with weights.

Owns widening: which neighbouring tokens are one word of the lexicon, which equivalents are worth looking for in this index,
and how many at the most.  Knows neither syntax nor folding.  Pure.

A variant that no passage of the index has costs nothing and is left out; of the others a word keeps the `MOST` best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import TypeVar

from ..index.analysis import grams
from ..index.fold import fold
from ..index.lexicon import Equivalent, Lexicon
from ..index.model import LEVELS, Leaf, Level, Term, Variant, Whole, Wide, Words
from ..index.scripts import is_unspaced, runs

MOST = 8
"""How many variants a word or a phrase is widened to at the most."""

LONGEST = 6
"""Of how many neighbouring tokens a word of the lexicon is made at the most."""

SPELT = 0.95
"""The weight of the same word in another form of its own language: `GPT 4` for `GPT-4`."""

FEW = 64
"""How many combinations of equivalents of a phrase's words are tried."""

SINGLE = 0.8
"""The least weight of a translation that is a single character: most of those are parts of other words where they stand."""

SURE = 0.5
"""The share of the surest translation's weight that another one of the same word has at the least."""

BESIDE = 0.3
"""What the weight of a translation is multiplied with where a word of the same language stands for what was typed."""

BUILT = 0.7
"""What a translation built from those of its parts keeps of their weights."""

_ENGLISH = "a an and are as at be by for from how in into is it of on or that the this to was were with you your"
_CHINESE = "的 了 在 和 与 及 或 是 中 之 为 以 于 对 把 被 从 将"
FUNCTION_WORDS = frozenset(f"{_ENGLISH} {_CHINESE}".split())
"""Folded words that only say how others belong together.  At the level `cross` they raise the score and are not required: the
other language says it in its own way, or not at all."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a query that is one word: what to look for, its key in the lexicon ("" if it has none).

    `variants` are other forms of it, whatever the lexicon says.
    """

    leaf: Term | Words
    key: str
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What widening asks of an index: in how many passages a token of each channel is, and how many passages there are.

    `word` counts words (stems, Chinese words), `gram` pairs of unspaced characters and words of letters as written; `similar`
    gives the words of letters that are spelt nearly like one, each with a weight.
    """

    word: Callable[[str], int]
    gram: Callable[[str], int]
    passages: int
    similar: Callable[[str], Sequence[tuple[str, float]]] = lambda word: ()


@dataclass(frozen=True, slots=True)
class Widener:
    """A lexicon at a level, and the index whose passages are to be found; `notes` says where the cap held."""

    lexicon: Lexicon
    level: Level
    known: Known
    notes: list[str] = field(default_factory=list)

    def joined(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens of one typed word, single characters that were left over when it was cut joined to a word of the lexicon.

        投|影片 in an index that does not know 投影片: whoever types it does not mean 投.
        """
        spans = [(start, end) for start, end, _ in self._entries(tokens) if _has_remnant(tokens[start:end])]
        return _joined(tokens, dict(sorted(spans, key=lambda span: span[0] - span[1])))

    def widened(self, tokens: Sequence[Token]) -> tuple[list[Leaf | Wide], list[Whole]]:
        """The tokens with their variants, in order, and what stands for several neighbours together."""
        plans = [self._wide(token) for token in tokens]
        entries = [(start, end, self._best(variants)) for start, end, variants in self._entries(tokens)]
        return plans, [Whole(variant, tuple(plans[start:end])) for start, end, variants in entries for variant in variants]

    def phrase(self, tokens: Sequence[Token], phrase: Term) -> list[Variant]:
        """What stands for a phrase: region by region word for word, translations only for the whole of it."""
        entries = list(self._entries(tokens))
        found = [variant for start, end, variants in entries if end - start == len(tokens) for variant in variants]
        if len(tokens) == 1:
            found = self._equivalents(tokens[0].key, phrase.typed)
        whole = [replace(variant, leaf=_as_phrase(variant.leaf, phrase.typed)) for variant in found]
        joined = _joined(tokens, {start: end for start, end, variants in entries if _regional(variants)})
        return self._best([*whole, *self._word_for_word(joined, phrase), *self._built(tokens, phrase.typed)])

    def _wide(self, token: Token) -> Leaf | Wide:
        return _wide(token.leaf, self._best([*token.variants, *self._equivalents(token.key, token.leaf.typed)]))

    def _entries(self, tokens: Sequence[Token]) -> Iterator[tuple[int, int, list[Variant]]]:
        """The spans of tokens that are one word of the lexicon, with what stands for it."""
        for start in range(len(tokens)):
            key, ends = "", dict[str, int]()
            for end in range(start + 1, min(start + LONGEST, len(tokens)) + 1):
                if not tokens[end - 1].key:
                    break
                key = joined_keys(key, tokens[end - 1].key)
                ends[key] = end
            for found in self.lexicon.prefixes(key) if len(ends) > 1 else ():
                if (end := ends.get(found, 0)) > start + 1:
                    typed = _typed(tokens[start:end])
                    yield start, end, self._equivalents(found, typed)

    def _equivalents(self, key: str, typed: str) -> list[Variant]:
        if not key:
            return []
        reach = LEVELS.index(self.level)
        found = [equivalent for equivalent in self.lexicon.equivalents(key) if LEVELS.index(equivalent.level) <= reach]
        best = max((equivalent.weight for equivalent in found if equivalent.level == "cross"), default=0.0)
        return [
            Variant(_leaf(equivalent, typed), equivalent.level, equivalent.weight)
            for equivalent in found
            if equivalent.level == "region"
            or (equivalent.weight >= SURE * best and (equivalent.weight >= SINGLE or len(equivalent.text) > 1))
        ]

    def _word_for_word(self, tokens: Sequence[Token], phrase: Term) -> Iterator[Variant]:
        """The phrase with words of other regions in the places of its own."""
        choices = [[(_literal(token), 1.0), *_regional(self._equivalents(token.key, ""))] for token in tokens]
        for chosen in _few(choices):
            text, at, weight = phrase.text, 0, 1.0
            for token, (word, own) in zip(tokens, chosen, strict=True):
                at = text.index(_literal(token), at)
                text, at, weight = text[:at] + word + text[at + len(_literal(token)) :], at + len(word), weight * own
            if weight < 1:
                yield Variant(Term(text, phrase.typed, word=False), "region", weight)

    def _built(self, tokens: Sequence[Token], typed: str) -> Iterator[Variant]:
        """Translations of a phrase put together from those of its words, one behind the other."""
        if self.level != "cross" or len(tokens) < 2:
            return
        choices = [
            [variant for variant in self._equivalents(token.key, "") if variant.level == "cross"][:4] for token in tokens
        ]
        for chosen in _few(choices):
            weight = BUILT
            for variant in chosen:
                weight *= variant.weight
            leaves = [variant.leaf for variant in chosen]
            if all(isinstance(leaf, Words) for leaf in leaves):
                stems = tuple(stem for leaf in leaves if isinstance(leaf, Words) for stem in leaf.stems)
                yield Variant(Words(stems, typed), "cross", weight)
            elif all(isinstance(leaf, Term) for leaf in leaves):
                text = "".join(leaf.text for leaf in leaves if isinstance(leaf, Term))
                yield Variant(Term(text, typed, word=False), "cross", weight)

    def _best(self, variants: Iterable[Variant]) -> list[Variant]:
        """The best of those that are in the index, each once; translations weigh less beside a word of the same language."""
        best: dict[Leaf, Variant] = {}
        for variant in variants:
            if variant.leaf not in best or best[variant.leaf].weight < variant.weight:
                best[variant.leaf] = variant
        there = [variant for variant in best.values() if self._count(variant.leaf)]
        if any(variant.level == "region" for variant in there):
            there = [
                replace(variant, weight=BESIDE * variant.weight) if variant.level == "cross" else variant for variant in there
            ]
        if len(there) > MOST:
            self.notes.append(f"{there[0].leaf.typed}: the {MOST} best of {len(there)} equivalents that are in the index")
        return sorted(there, key=lambda variant: -variant.weight)[:MOST]

    def _count(self, leaf: Leaf) -> int:
        """In how many passages a leaf is at the most, as far as its tokens tell."""
        if isinstance(leaf, Words):
            return min(map(self.known.word, leaf.stems))
        if isinstance(leaf, Term):
            return min(map(self.known.gram, _grams(leaf.text)), default=self.known.passages)
        return self.known.passages


def joined_keys(before: str, after: str) -> str:
    """The key of two neighbours: with a space between words of spaced scripts."""
    spaced = before and not is_unspaced(before[-1]) and not is_unspaced(after[0])
    return f"{before} {after}" if spaced else before + after


def _typed(tokens: Sequence[Token]) -> str:
    typed = ""
    for token in tokens:
        typed = joined_keys(typed, token.leaf.typed)
    return typed


def _leaf(equivalent: Equivalent, typed: str) -> Term | Words:
    return Words(equivalent.stems, typed) if equivalent.stems else Term(equivalent.text, typed)


def _wide(leaf: Leaf, variants: Sequence[Variant]) -> Leaf | Wide:
    return Wide(leaf, tuple(variants)) if variants else leaf


def _has_remnant(tokens: Sequence[Token]) -> bool:
    """Whether a single character is among the tokens, and no function word."""
    keys = [token.key for token in tokens]
    return any(len(key) == 1 and is_unspaced(key) for key in keys) and not FUNCTION_WORDS.intersection(keys)


def _joined(tokens: Sequence[Token], spans: Mapping[int, int]) -> list[Token]:
    """The tokens with those of a span (start → end) as one; of overlapping spans the one that begins first."""
    joined, at = list[Token](), 0
    while at < len(tokens):
        end = spans.get(at, at + 1)
        run, key = tokens[at:end], ""
        for token in run:
            key = joined_keys(key, token.key)
        joined.append(run[0] if len(run) == 1 else Token(Term("".join(map(_literal, run)), _typed(run)), key))
        at = end
    return joined


def _regional(variants: Iterable[Variant]) -> list[tuple[str, float]]:
    """The texts of other regions among variants, with their weights."""
    return [(each.leaf.text, each.weight) for each in variants if each.level == "region" and isinstance(each.leaf, Term)]


def _grams(text: str) -> Iterator[str]:
    """What every passage that has a literal has among its grams: its pairs of unspaced characters and its words of letters."""
    for _, run, unspaced in runs(text):
        yield from grams(run)[:-1] if unspaced else [run]


def _literal(token: Token) -> str:
    """A token as it stands in folded text."""
    return token.leaf.text if isinstance(token.leaf, Term) else fold(token.leaf.typed)


def _as_phrase(leaf: Leaf, typed: str) -> Leaf:
    return replace(leaf, typed=typed, word=False) if isinstance(leaf, Term) else replace(leaf, typed=typed)


def unwidened(tokens: Sequence[Token]) -> tuple[list[Leaf | Wide], list[Whole]]:
    """The tokens with no variants but their own."""
    return [_wide(token.leaf, token.variants) for token in tokens], []


def _few(choices: Sequence[Sequence[T]]) -> Iterator[tuple[T, ...]]:
    """The combinations of one choice from each, the first few of them."""
    return islice(product(*choices), FEW)
