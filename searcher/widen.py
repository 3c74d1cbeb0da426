"""What else stands for the words of a query: from tokens and a lexicon to variants with weights.

Owns widening: which neighbouring tokens are one word of the lexicon, which equivalents are worth looking for in this index,
and how many at the most.  Knows neither syntax nor folding.  Pure.

A variant that no passage of the index has costs nothing and is left out; of the others a word keeps the `MOST` best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise, product
from typing import TypeVar

from ..index.analysis import grams
from ..index.fold import fold
from ..index.frozen import frozen, replace
from ..index.lexicon import Equivalent, Lexicon
from ..index.model import LEVELS, Leaf, Level, Term, Variant, Whole, Wide, Words
from ..index.scripts import is_letter, is_unspaced, runs

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

SURER = 0.85
"""The same of a translation that is only CC-CEDICT's, where our own lists or the user's translate the word."""

BESIDE = 0.3
"""What the weight of a translation is multiplied with where a word of the same language stands for what was typed."""

BUILT = 0.7
"""What a translation built from those of its parts keeps of their weights."""

_ENGLISH = "a an and are as at be by for from how in into is it of on or that the this to was were with you your"
_PARTICLES = "的 了 与 及 或 把 被 从 对"
_DOUBTFUL = "在 和 中 之 为 以 于 是 将"
FUNCTION_WORDS = frozenset(f"{_ENGLISH} {_PARTICLES} {_DOUBTFUL}".split())
"""Folded words that only say how others belong together.  At the level `cross` they raise the score and are not required: the
other language says it in its own way, or not at all."""

DOUBTFUL = frozenset(_DOUBTFUL.split())
"""Those that are parts of names and words as often: 陈中和 is somebody, 中芯 a company."""

T = TypeVar("T")


@frozen
class Token:
    """A part of a query that is one word: what to look for, its key in the lexicon ("" if it has none).

    `variants` are other forms of it, whatever the lexicon says; `is_function` says that it may be missing.
    """

    leaf: Term | Words
    key: str
    variants: tuple[Variant, ...] = ()
    is_function: bool = False


@frozen
class Known:
    """What widening asks of an index: in how many passages a token of each channel is, and how many passages there are.

    `word` counts words (stems, Chinese words), `gram` pairs of unspaced characters and words of letters as written; `similar`
    gives the words of letters that are spelt nearly like one, each with a weight.
    """

    word: Callable[[str], int]
    gram: Callable[[str], int]
    passages: int
    similar: Callable[[str], Sequence[tuple[str, float]]] = lambda word: ()


class Widener:
    """A lexicon at a level, and the index whose passages are to be found; `notes` says where the cap held."""

    def __init__(self, lexicon: Lexicon, level: Level, known: Known) -> None:
        self.lexicon, self.level, self.known = lexicon, level, known
        self.notes: list[str] = []

    def joined(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens of one typed word, single characters that were left over when it was cut joined to a word of the lexicon.

        投|影片 in an index that does not know 投影片: whoever types it does not mean 投.
        """
        spans = [(start, end) for start, end, _ in self._entries(tokens) if _has_remnant(tokens[start:end])]
        return [
            _joined(tokens[start:end])
            for start, end in _cut(len(tokens), dict(sorted(spans, key=lambda span: span[0] - span[1])))
        ]

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
            found = self._of(tokens[0], phrase.typed)
        whole = [replace(variant, leaf=_as_phrase(variant.leaf, phrase.typed)) for variant in found]
        regional = {start: end for start, end, variants in entries if _regional(variants)}
        return self._best([*whole, *self._word_for_word(tokens, regional, phrase), *self._built(tokens, phrase.typed)])

    def _wide(self, token: Token) -> Leaf | Wide:
        return _wide(token.leaf, self._best([*token.variants, *self._of(token, token.leaf.typed)]))

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

    def _of(self, token: Token, typed: str) -> list[Variant]:
        """What stands for a token; training is no train, though its stem is."""
        surface = fold(token.leaf.typed) if isinstance(token.leaf, Words) and len(token.leaf.stems) == 1 else ""
        return self._equivalents(token.key, typed, surface.removesuffix("'s"))

    def _equivalents(self, key: str, typed: str, surface: str = "") -> list[Variant]:
        if not key:
            return []
        reach = LEVELS.index(self.level)
        found = [equivalent for equivalent in self.lexicon.equivalents(key, surface) if LEVELS.index(equivalent.level) <= reach]
        sure = [equivalent.weight for equivalent in found if equivalent.level == "cross" and equivalent.sources != ("cedict",)]
        best = max((equivalent.weight for equivalent in found if equivalent.level == "cross"), default=0.0)
        return [
            Variant(leaf, equivalent.level, equivalent.weight)
            for equivalent in found
            if equivalent.level == "region" or _is_sure(equivalent, best, hand_made=bool(sure))
            for leaf in _leaves(equivalent, typed)
        ]

    def _word_for_word(self, tokens: Sequence[Token], regional: Mapping[int, int], phrase: Term) -> Iterator[Variant]:
        """The phrase with words of other regions in the places of its own; `regional` spans of tokens are one word."""
        if (places := _places(tokens, phrase.text)) is None:
            return
        for spans in dict.fromkeys((tuple(_cut(len(tokens), regional)), tuple(_cut(len(tokens), {})))):
            words = [_joined(tokens[start:end]) for start, end in spans]
            slots = [(places[start][0], places[end - 1][1]) for start, end in spans]
            choices = [[("", 1.0), *_regional(self._of(word, ""))] for word in words]
            for chosen in _few(choices):
                text, at, weight = "", 0, 1.0
                for (start, end), (instead, own) in zip(slots, chosen, strict=True):
                    text, at, weight = text + phrase.text[at:start] + (instead or phrase.text[start:end]), end, weight * own
                if weight < 1:
                    yield Variant(Term(text + phrase.text[at:], phrase.typed, word=False), "region", weight)

    def _built(self, tokens: Sequence[Token], typed: str) -> Iterator[Variant]:
        """Translations of a phrase put together from those of its words, one behind the other."""
        if self.level != "cross" or len(tokens) < 2:
            return
        choices = [[variant for variant in self._of(token, "") if variant.level == "cross"][:4] for token in tokens]
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


def _is_sure(translation: Equivalent, best: float, *, hand_made: bool) -> bool:
    """Whether a translation is sure enough beside the best one of its word, of which some are `hand_made` or not."""
    if translation.weight < SINGLE and len(translation.text) == 1:
        return False
    return translation.weight >= best * (SURER if hand_made and translation.sources == ("cedict",) else SURE)


def _leaves(equivalent: Equivalent, typed: str) -> Iterator[Term | Words]:
    """What to look for where an equivalent stands.

    A single character only where it is a word: 行 for row is not in 执行.  Where scripts meet, with a space and without: U 盘.
    """
    if equivalent.stems:
        yield Words(equivalent.stems, typed)
        return
    yield Term(equivalent.text, typed, alone=len(equivalent.text) == 1 and is_unspaced(equivalent.text))
    if (spaced := with_spaces(equivalent.text)) != equivalent.text:
        yield Term(spaced, typed, word=False)


def with_spaces(text: str) -> str:
    """A folded text with a space wherever scripts with and without spaces meet."""
    if text.isascii() or is_unspaced(text):
        return text
    meet = ((is_unspaced(one) and is_letter(other)) or (is_letter(one) and is_unspaced(other)) for one, other in pairwise(text))
    return text[0] + "".join(f" {other}" if apart else other for apart, other in zip(meet, text[1:], strict=True))


def _places(tokens: Sequence[Token], text: str) -> list[tuple[int, int]] | None:
    """Where in a folded text the tokens cut of it stand; None if that cannot be told (½ is two tokens, both typed ½)."""
    places, end = list[tuple[int, int]](), 0
    for token in tokens:
        literal = _literal(token)
        if (start := text.find(literal, end)) < 0:
            return None
        end = start + len(literal)
        places.append((start, end))
    return places


def _cut(length: int, spans: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """All of so many tokens in spans of one, but for those (start → end) given; of overlapping ones that which begins first."""
    at = 0
    while at < length:
        end = spans.get(at, at + 1)
        yield at, end
        at = end


def _wide(leaf: Leaf, variants: Sequence[Variant]) -> Leaf | Wide:
    return Wide(leaf, tuple(variants)) if variants else leaf


def _has_remnant(tokens: Sequence[Token]) -> bool:
    """Whether a single character is among the tokens, and no word that is sure to be a function word."""
    keys = [token.key for token in tokens]
    return any(len(key) == 1 and is_unspaced(key) for key in keys) and not (FUNCTION_WORDS - DOUBTFUL).intersection(keys)


def _joined(tokens: Sequence[Token]) -> Token:
    """Neighbouring tokens as one."""
    if len(tokens) == 1:
        return tokens[0]
    key, text, typed = "", "".join(map(_literal, tokens)), _typed(tokens)
    for token in tokens:
        key = joined_keys(key, token.key)
    spaced = with_spaces(text)
    apart = (Variant(Term(spaced, typed, word=False), "script", SPELT),) if spaced != text else ()
    return Token(Term(text, typed), key, apart)


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
    return replace(leaf, typed=typed, word=leaf.alone) if isinstance(leaf, Term) else replace(leaf, typed=typed)


def unwidened(tokens: Sequence[Token]) -> tuple[list[Leaf | Wide], list[Whole]]:
    """The tokens with no variants but their own."""
    return [_wide(token.leaf, token.variants) for token in tokens], []


def _few(choices: Sequence[Sequence[T]]) -> Iterator[tuple[T, ...]]:
    """The combinations of one choice from each, the first few of them."""
    return islice(product(*choices), FEW)
