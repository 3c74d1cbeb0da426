"""What to try when a query finds little: words that sound like it, and words that may have been meant.

Owns when that is so and what is asked of the index for it; how words sound and are mistaken, `sounds` and `suggest` say, which
are loaded only then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from ..index.english import stem
from ..index.fold import fold
from ..index.model import AllOf, Leaf, Plan, Term, Variant, Whole, Wide, Words, sought
from ..index.scripts import is_han
from . import highlight
from .query import And, Node, Word
from .results import Suggestion
from .widen import FUNCTION_WORDS

if TYPE_CHECKING:
    from ..index.engines.base import Reader
    from ..index.lexicon import Lexicon
    from .sounds import Vocabulary

LITTLE = 2
"""If so many passages or fewer have all the words, that is little."""

MISSING = 16
"""For so many words at the most something else is suggested; each takes some milliseconds, and nobody reads more."""

_UNTRANSLATED = """
aka anti demo gala gee here html lite longer made mae make maxi midi more one same sane some take taken tue wanna why
"""
_ENGLISH = frozenset(_UNTRANSLATED.split())
"""English words that could be pinyin, and of which the lexicon has no translation."""


def _vocabulary(engine: Reader) -> Vocabulary:
    from .sounds import Vocabulary

    return Vocabulary(
        lambda *prefixes: engine.terms("words", *prefixes),
        lambda *prefixes: engine.terms("grams", *prefixes),
        engine.frequency,
        engine.gram_frequency,
        lambda text: engine.count(Term(text, text, word=False))[1],
    )


def similar(word: str, engine: Reader) -> list[tuple[str, float]]:
    """The words of the index spelt nearly like a folded word, each with a weight."""
    from .suggest import similar_words

    return similar_words(word, _vocabulary(engine))


# ------------------------------------------------------------------------------------------ by sound


def by_sound(tree: Node, engine: Reader, lexicon: Lexicon) -> list[Variant]:
    """The Chinese words of the index that a query in Latin letters or Zhuyin may be the sound of.

    None for a query of more than words, of English words, or of one word that is much more likely a misspelt one of the index.
    """
    typed = _typed(tree)
    if not typed or any(map(is_han, typed)) or _is_english(typed, lexicon):
        return []
    from . import sounds, suggest

    vocabulary = _vocabulary(engine)
    readings = sounds.syllables(typed)
    found = sounds.names(readings, vocabulary, lexicon, sounds.surnames()) if readings else []
    by_syllables = found and sounds.SYLLABLES.issuperset(readings[0])
    if by_syllables and is_doubtful(tree) and not _is_loan(fold(typed), lexicon):  # nobody takes hrx for a word
        most = max(vocabulary.passages(name) for name, _ in found)
        if suggest.respelt(fold(typed), vocabulary) >= suggest.CLEARLY * most:
            return []
    return [Variant(Term(name, typed), "sound", weight) for name, weight in found]


def with_sound(plan: Plan, variants: Iterable[Variant]) -> Plan:
    """A plan in which each of the variants stands for all the words together: what has some of the words stays found."""
    children = plan.children if isinstance(plan, AllOf) else (plan,)
    parts = tuple(child for child in children if isinstance(child, (Term, Words, Wide)))
    return AllOf((*children, *(Whole(variant, parts) for variant in variants)))


def is_doubtful(tree: Node) -> bool:
    """Whether a query may just as well be one misspelt word: it is one of nothing but the letters a to z."""
    return isinstance(tree, Word) and tree.text.isascii() and tree.text.isalpha()


def _typed(tree: Node) -> str:
    """The words of a query that is nothing but words, "" for another."""
    nodes = tree.children if isinstance(tree, And) else (tree,)
    words = [node.text for node in nodes if isinstance(node, Word) and not (node.exact or node.fuzzy)]
    return " ".join(words) if len(words) == len(nodes) else ""


def _is_english(typed: str, lexicon: Lexicon) -> bool:
    """Whether a text is of English words; syllable by syllable it is none, for so pinyin is written, and hardly English."""
    from .sounds import SYLLABLES

    words = [word.lower() for word in typed.split()]
    is_spelt_out = len(words) > 1 and SYLLABLES.issuperset(words)
    return not is_spelt_out and all(word.isascii() and _is_word(word, lexicon) for word in words)


def _is_word(word: str, lexicon: Lexicon) -> bool:
    """Whether a folded word is English: in the lexicon, and not for its sound, as 北京 for beijing."""
    if word in FUNCTION_WORDS or word in _ENGLISH:
        return True
    return bool(lexicon.equivalents(stem(word))) and not _is_loan(word, lexicon)


def _is_loan(word: str, lexicon: Lexicon) -> bool:
    """Whether the lexicon has Chinese for a folded word whose pinyin begins with the stem of the word: beij, of beijing."""
    from .sounds import SYLLABLES, begins, syllables

    stemmed, is_pinyin = stem(word), any(SYLLABLES.issuperset(reading) for reading in syllables(word))
    return is_pinyin and any(begins(each.text, stemmed, lexicon) for each in lexicon.equivalents(stemmed) if not each.stems)


# ------------------------------------------------------------------------------------------ did you mean


def suggested(plan: Plan, engine: Reader, lexicon: Lexicon) -> list[Suggestion]:
    """What may have been meant by those typed words of a plan that the index does not have.

    What is suggested for a text is not suggested for a part of it again.
    """
    found = list(dict.fromkeys(_suggested(plan, engine, lexicon)))
    return [one for one in found if not any(_is_part(one, other) for other in found)]


def _is_part(one: Suggestion, other: Suggestion) -> bool:
    typed, of = fold(one.typed), fold(other.typed)
    return typed != of and typed in of and fold(one.instead) in fold(other.instead)


def _suggested(plan: Plan, engine: Reader, lexicon: Lexicon) -> Iterator[Suggestion]:
    typed = dict.fromkeys(variant.leaf for variant in sought(plan) if variant.level == "script" and variant.weight == 1)
    absent = (leaf for leaf in typed if isinstance(leaf, (Term, Words)) and not engine.count(leaf)[1])
    missing = list(islice(absent, MISSING))
    for leaf in missing:
        if isinstance(leaf, Term) and leaf.exact and (found := _shown(Term(leaf.text, leaf.typed, leaf.word), engine)):
            yield Suggestion(leaf.typed, found[0], "conversion", found[1])
    yield from _meant([fold(leaf.typed) for leaf in missing], engine, lexicon)


def _meant(words: Sequence[str], engine: Reader, lexicon: Lexicon) -> Iterator[Suggestion]:
    from .suggest import suggestions

    for each in suggestions(words, _vocabulary(engine), lexicon, lambda word: _is_word(word, lexicon)):
        if found := _shown(Term(each.instead, each.instead), engine):
            yield Suggestion(each.typed, *found[:1], each.reason, found[1])


def _shown(leaf: Leaf, engine: Reader) -> tuple[str, int] | None:
    """A leaf as it is written in the passage that has it most, and in how many passages it is; None if in none."""
    found = engine.search(leaf)
    if not found:
        return None
    asked = [Variant(leaf, "script", 1.0)]
    best = max(found.among_best(1), key=lambda match: (match.score, -match.id))
    stored = engine.fetch(best.id, highlight.reach(asked))
    text, marks = highlight.marked(stored, asked)
    return (text[marks[0].start : marks[0].end], len(found)) if marks else None
