"""From what was typed to what an engine is asked: syntax tree → plan.

Owns the meaning of a query: folding, cutting into words, what becomes a literal, what a field takes.  Needs of an index only
how often it has a word.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..index.analysis import Piece, cut, grams, pieces
from ..index.fold import fold, fold_with_offsets, original_span
from ..index.model import LEVELS, AllOf, AnyOf, Filter, Hint, Level, Not, Plan, Term, Whole, Wild
from ..index.scripts import is_unspaced, runs
from . import query

LANGUAGES = {
    "zh": "zh",
    "zh-hans": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-hant": "zh-Hant",
    "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant",
    "en": "en",
    "ja": "ja",
    "und": "und",
}
"""What may be said for a language, in lower case, and what is meant."""


def language(text: str) -> str | None:
    """The language that was meant, None if it is not known: `zh_TW` is zh-Hant."""
    return LANGUAGES.get(text.lower().replace("_", "-"))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What planning asks of an index: in how many passages a word is, and how many passages there are."""

    frequency: Callable[[str], int]
    passages: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, or None if nothing can be asked, and sentences for people about what was left out."""

    plan: Plan | None
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Planner:
    vocabulary: Vocabulary
    exact: bool
    warnings: list[str] = field(default_factory=list)
    absent: int = 0  # how many negations the node at hand is in

    def plan(self, node: query.Node) -> Plan | None:
        match node:
            case query.Word():
                return _all(self.word(node))
            case query.Phrase():
                return self.phrase(node)
            case query.Wildcard():
                return self.wildcard(node)
            case query.Field():
                return self.field(node)
            case query.Not():
                self.absent += 1
                child = self.plan(node.child)
                self.absent -= 1
                return None if child is None else Not(child)
            case query.And():
                return _all(self.children(node.children))
            case query.Or():
                children = tuple(self.children(node.children))
                return children[0] if len(children) == 1 else AnyOf(children) if children else None

    def children(self, nodes: Iterable[query.Node]) -> Iterator[Plan]:
        return (child for node in nodes if (child := self.plan(node)) is not None)

    def word(self, node: query.Word) -> Iterator[Plan]:
        """The terms of a typed word, and the word as a whole; where it must be absent, only that, not its parts anywhere."""
        exact = self.exact or node.exact
        found = pieces(node.text)
        if not found:
            self.warnings.append(
                f"nothing in {node.text} can be searched as a word and it was left out; put it in quotes to find it as it is"
            )
            return
        parts = [part for piece in found for part in self.parts(piece, node.exact)]
        terms = tuple(Term(part.text, part.typed, word=not part.literal, exact=exact) for part in parts)
        if len(found) > 1:
            folded, offsets = fold_with_offsets(node.text)
            at, end = folded.index(found[0].text), folded.rindex(found[-1].text) + len(found[-1].text)
            start, stop = original_span(node.text, offsets, at, end)
            whole = Term(folded[at:end], node.text[start:stop], word=False, exact=exact)
        else:
            whole = Term(found[0].text, found[0].typed, word=not found[0].literal, exact=exact)
        if not self.absent and len(terms) > 1:
            yield from terms
            yield Whole(replace(whole, word=False), terms)
        else:
            yield whole

    def parts(self, piece: Piece, together: bool) -> list[Piece]:
        """A piece of a word cut into words, if it is of a script without spaces."""
        if together or self.absent or not is_unspaced(piece.text):
            return [piece]
        return cut(piece, self.vocabulary.frequency, self.vocabulary.passages)

    def phrase(self, node: query.Phrase) -> Plan | None:
        folded, offsets = fold_with_offsets(node.text)
        if text := folded.strip():
            at = folded.index(text)
            start, end = original_span(node.text, offsets, at, at + len(text))  # without what is invisible around it
            return Term(text, node.text[start:end], word=False, exact=self.exact or node.exact)
        self.warnings.append("a quote with nothing to search for was left out")
        return None

    def wildcard(self, node: query.Wildcard) -> Plan | None:
        parts = tuple(map(fold, node.parts))
        if any(map(str.isalnum, "".join(parts))):
            if self.exact or node.exact:
                self.warnings.append(f"{node.text} was searched in every spelling; a word with * cannot be taken as typed")
            return Wild(parts, "*".join(node.parts))
        self.warnings.append(f"{node.text} has no letters to search for and was left out")
        return None

    def field(self, node: query.Field) -> Plan | None:
        parts = node.child.parts if isinstance(node.child, query.Wildcard) else (node.child.text,)
        if node.name == "path":
            return Filter("path", "*".join(parts))
        if node.name == "title":
            return _all(Filter("title", folded) for part in parts if (folded := fold(part).strip()))
        return self.language("*".join(parts))

    def language(self, text: str) -> Plan | None:
        if known := language(text):
            return Filter("lang", known)
        self.warnings.append(f"lang:{text} was left out; languages are zh-Hans, zh-Hant and en")
        return None


def _all(children: Iterable[Plan]) -> Plan | None:
    flat: dict[Plan, None] = {}
    for child in children:
        flat.update(dict.fromkeys(child.children if isinstance(child, AllOf) else (child,)))
    if not flat:
        return None
    return next(iter(flat)) if len(flat) == 1 else AllOf(tuple(flat))


def plan(tree: query.Node, vocabulary: Vocabulary, level: Level = "cross", filters: Iterable[Filter] = ()) -> Planned:
    """The plan of a syntax tree at a level; `filters` are asked besides."""
    planner = _Planner(vocabulary, exact=level == LEVELS[0])
    asked = planner.plan(tree)
    return Planned(None if asked is None else _all([asked, *_hints(tree, asked), *filters]), tuple(planner.warnings))


def _hints(tree: query.Node, asked: Plan) -> Iterator[Hint]:
    """The pairs of characters in the words at the top of a query of several words, other than those that are words."""
    terms = [child for child in asked.children if isinstance(child, Term) and child.word] if isinstance(asked, AllOf) else []
    words = [node.text for node in (tree.children if isinstance(tree, query.And) else (tree,)) if isinstance(node, query.Word)]
    if len(terms) > 1:
        known = {term.text for term in terms}
        pairs = (pair for word in words for _, run, unspaced in runs(fold(word)) if unspaced for pair in grams(run)[:-1])
        yield from (Hint(pair) for pair in dict.fromkeys(pairs) if pair not in known)
