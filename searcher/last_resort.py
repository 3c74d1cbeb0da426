"""What to try when a query finds little: words that sound like it, and words that may have been meant.

Owns when that is so and what is asked of the index for it; how words sound and are mistaken, `sounds` and `suggest` say, which
are loaded only then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..index.fold import fold
from ..index.model import Leaf, Plan, Suggestion, Term, Variant, Wide, Words, sought
from . import highlight

if TYPE_CHECKING:
    from ..index.engines.embedded import EmbeddedEngine
    from ..index.lexicon import Lexicon
    from .sounds import Vocabulary

LITTLE = 2
"""If so many passages or fewer have all the words, that is little."""


def _vocabulary(engine: EmbeddedEngine) -> Vocabulary:
    from .sounds import Vocabulary

    return Vocabulary(
        lambda prefix: engine.terms("words", prefix),
        lambda prefix: engine.terms("grams", prefix),
        engine.frequency,
        engine.gram_frequency,
        lambda text: engine.count(Term(text, text, word=False))[1],
    )


def similar(word: str, engine: EmbeddedEngine) -> list[tuple[str, float]]:
    """The words of the index spelt nearly like a folded word, each with a weight."""
    from .suggest import similar_words

    return similar_words(word, _vocabulary(engine))


def by_sound(query: str, engine: EmbeddedEngine, lexicon: Lexicon) -> Wide | None:
    """The Chinese words of the index that a query in Latin letters or Zhuyin may be the sound of; None if there are none."""
    from . import sounds

    readings = sounds.syllables(query)
    found = sounds.names(readings, _vocabulary(engine), lexicon, sounds.surnames()) if readings else []
    variants = tuple(Variant(Term(name, query), "sound", weight) for name, weight in found)
    return Wide(Term(fold(query).strip(), query, word=False), variants) if variants else None


def suggested(plan: Plan, engine: EmbeddedEngine, lexicon: Lexicon) -> Iterator[Suggestion]:
    """What may have been meant by those typed words of a plan that the index does not have."""
    typed = dict.fromkeys(variant.leaf for variant in sought(plan) if variant.level == "script" and variant.weight == 1)
    missing = [leaf for leaf in typed if isinstance(leaf, (Term, Words)) and not engine.count(leaf)[1]]
    for leaf in missing:
        if isinstance(leaf, Term) and leaf.exact and (found := _shown(Term(leaf.text, leaf.typed, leaf.word), engine)):
            yield Suggestion(leaf.typed, found[0], "conversion", found[1])
    yield from _meant([fold(leaf.typed) for leaf in missing], engine, lexicon)


def _meant(words: Sequence[str], engine: EmbeddedEngine, lexicon: Lexicon) -> Iterator[Suggestion]:
    from .suggest import suggestions

    for each in suggestions(words, _vocabulary(engine), lexicon):
        if found := _shown(Term(each.instead, each.instead), engine):
            yield Suggestion(each.typed, *found[:1], each.reason, found[1])


def _shown(leaf: Leaf, engine: EmbeddedEngine) -> tuple[str, int] | None:
    """A leaf as it is written in the passage that has it most, and in how many passages it is; None if in none."""
    found = engine.search(leaf)
    if not found:
        return None
    asked = [Variant(leaf, "script", 1.0)]
    stored = engine.fetch(max(found, key=lambda match: (match.score, -match.id)).id, highlight.reach(asked))
    text, marks = highlight.marked(stored, asked)
    return (text[marks[0].start : marks[0].end], len(found)) if marks else None
