"""From what was typed to what an engine is asked: syntax tree → plan.

Owns the meaning of a query: folding, cutting into words, what becomes a literal, what a field takes.  Needs of an index only
how often it has a word.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeGuard

from ..index.analysis import Piece, cut, grams, pieces
from ..index.fold import fold, fold_with_offsets, original_span
from ..index.frozen import frozen, replace
from ..index.lexicon import key_of
from ..index.model import LEVELS, AllOf, AnyOf, Filter, Hint, Level, Near, Not, Plan, Term, Variant, Whole, Wide, Wild, Words
from ..index.scripts import is_unspaced, runs
from . import query
from .widen import DOUBTFUL, FUNCTION_WORDS, SPELT, Known, Token, Widener, unwidened

if TYPE_CHECKING:
    from ..index.lexicon import Lexicon

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

_LEADING_SIGNS = frozenset(".#@$")  # .NET is no net
_INITIALS = 4


def language(text: str) -> str | None:
    """The language that was meant, None if it is not known: `zh_TW` is zh-Hant."""
    return LANGUAGES.get(text.lower().replace("_", "-"))


@frozen
class Planned:
    """A plan, or None if nothing can be asked, and sentences for people about what was left out, and not widened further."""

    plan: Plan | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()


class _Planner:
    """A plan in the making, and the warnings so far."""

    def __init__(self, known: Known, level: Level, widener: Widener | None) -> None:
        self.known, self.level, self.widener = known, level, widener
        self.warnings: list[str] = []
        self.absent = 0  # how many negations the node at hand is in

    def plan(self, node: query.Node) -> Plan | None:
        match node:
            case query.Word():
                return _all(self.words([node]))
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
                return _all(self.together(node.children))
            case query.Or():
                children = tuple(child for each in node.children if (child := self.plan(each)) is not None)
                return children[0] if len(children) == 1 else AnyOf(children) if children else None

    def together(self, nodes: Iterable[query.Node]) -> Iterator[Plan]:
        """The children of an And: words side by side are planned together, for they may be one word of the lexicon."""
        groups = [(plain, list(group)) for plain, group in groupby(nodes, _is_plain)]
        others = [
            [] if plain else [child for node in group if (child := self.plan(node)) is not None] for plain, group in groups
        ]
        alone = all(isinstance(child, (Filter, Not)) for children in others for child in children)
        for (_, group), children in zip(groups, others, strict=True):
            yield from children
            yield from self.words([node for node in group if _is_plain(node)], alone=alone) if not children else ()

    def words(self, nodes: Iterable[query.Word], *, alone: bool = True) -> Iterator[Plan]:
        """What typed words ask for: each of their parts, and those that stand together as a whole.

        Where a word must be absent, only the whole of it, not its parts anywhere.  Function words are required only if there is
        nothing else, and the words are `alone`.
        """
        tokens, typed_wholes = list[Token](), list[tuple[Term, int, int]]()
        for node in nodes:
            own = self.tokens(node)
            if self.widener and not self.absent and not node.exact:
                own = _as_names(self.widener.joined(own))
            if len(own) > 1 and (self.absent or node.exact):
                own = [Token(self.whole(node), "")]
            elif len(own) > 1:
                typed_wholes.append((self.whole(node), len(tokens), len(tokens) + len(own)))
            tokens += own
        plans, wholes = self.widener.widened(tokens) if self.widener and not self.absent else unwidened(tokens)
        needed = [plan for token, plan in zip(tokens, plans, strict=True) if not self.is_optional(token)]
        yield from (
            Hint(token.leaf) if (needed or not alone) and self.is_optional(token) else plan
            for token, plan in zip(tokens, plans, strict=True)
        )
        typed = (Whole(Variant(term, "script", 1.0), tuple(plans[start:end])) for term, start, end in typed_wholes)
        for whole in (*typed, *wholes):
            if len(parts := tuple(part for part in whole.parts if part in needed)):
                yield replace(whole, parts=parts)

    def is_optional(self, token: Token) -> bool:
        return token.is_function and self.level == LEVELS[-1] and not self.absent

    def tokens(self, node: query.Word) -> list[Token]:
        """The parts of a typed word."""
        found = pieces(node.text)
        if not found:
            self.warnings.append(
                f"nothing in {node.text} can be searched as a word and it was left out; put it in quotes to find it as it is"
            )
        exact = self.level == LEVELS[0] or node.exact
        whole = node.exact or self.absent > 0
        tokens = [token for piece in found for token in self.tokens_of(piece, exact=exact, together=whole)]
        return list(map(self.fuzzy, tokens)) if node.fuzzy else tokens

    def tokens_of(self, piece: Piece, *, exact: bool, together: bool = False) -> list[Token]:
        """A piece of a word as tokens; cut into words if it is of a script without spaces."""
        if is_unspaced(piece.text):
            parts = [piece] if together else cut(piece, self.known.word, self.known.passages)
            terms = [Term(part.text, part.typed, exact=exact) for part in parts]
            return [Token(term, "" if exact else term.text, (), not exact and term.text in FUNCTION_WORDS) for term in terms]
        if exact:
            return [Token(Term(piece.text, piece.typed, word=not piece.literal, exact=True), "")]
        words = Words(piece.stems, piece.typed)
        if not piece.literal:
            apart = (Variant(Words(piece.parts, piece.typed), "script", SPELT),) if piece.parts else ()
            if initials := self.initials(piece):
                pointed = Variant(Words(tuple(piece.text), piece.typed), "script", SPELT)
                return [Token(words, initials, (*apart, pointed))]
            return [Token(words, " ".join(piece.stems), apart, piece.text in FUNCTION_WORDS)]
        variants = (
            [Variant(words, "script", SPELT), Variant(Term(piece.joined, piece.typed), "script", SPELT)] if piece.joined else []
        )
        key = "" if piece.text[0] in _LEADING_SIGNS else key_of(piece.text)
        return [Token(Term(piece.text, piece.typed, word=False), key, tuple(variants))]

    def initials(self, piece: Piece) -> str:
        """The key of initials that are typed without points, "" if the lexicon has none: US is U.S., us and Us are not.

        Those that the lexicon knows as a word, AI, are that.
        """
        if self.widener is None or not (piece.typed.isupper() and piece.text.isalpha() and 1 < len(piece.text) <= _INITIALS):
            return ""
        known, key = self.widener.lexicon.equivalents, " ".join(piece.text)
        return key if known(key) and not known(" ".join(piece.stems)) else ""

    def whole(self, node: query.Word) -> Term:
        """A typed word in one piece, without the signs around it."""
        found = pieces(node.text)
        exact = self.level == LEVELS[0] or node.exact
        if len(found) == 1:
            return Term(found[0].text, found[0].typed, word=False, exact=exact)
        folded, offsets = fold_with_offsets(node.text)
        at, end = folded.index(found[0].text), folded.rindex(found[-1].text) + len(found[-1].text)
        start, stop = original_span(node.text, offsets, at, end)
        return Term(folded[at:end], node.text[start:stop], word=False, exact=exact)

    def phrase(self, node: query.Phrase) -> Plan | None:
        folded, offsets = fold_with_offsets(node.text)
        if not (text := folded.strip()):
            self.warnings.append("a quote with nothing to search for was left out")
            return None
        at = folded.index(text)
        start, end = original_span(node.text, offsets, at, at + len(text))  # without what is invisible around it
        exact = self.level == LEVELS[0] or node.exact
        term = Term(text, node.text[start:end], word=False, exact=exact)
        if node.slop is not None:
            return self.near(node, node.slop)
        if exact or self.absent or self.widener is None:
            return term
        tokens = [token for piece in pieces(node.text) for token in self.tokens_of(piece, exact=False)]
        variants = self.widener.phrase(tokens, term)
        return Wide(term, tuple(variants)) if variants else term

    def near(self, node: query.Phrase, slop: int) -> Plan | None:
        if self.level == LEVELS[0]:
            self.warnings.append(f"{node} was searched in every spelling; words near each other cannot be taken as typed")
        leaves = tuple(dict.fromkeys(token.leaf for piece in pieces(node.text) for token in self.tokens_of(piece, exact=False)))
        if not leaves:
            self.warnings.append(f"nothing in {node} is a word that others could be near to, and it was left out")
            return None
        return leaves[0] if len(leaves) == 1 else Near(leaves, slop, node.text)

    def fuzzy(self, token: Token) -> Token:
        """A word of letters with the words of the index that are spelt nearly like it."""
        if not isinstance(token.leaf, Words) or not token.leaf.typed.isalpha():
            self.warnings.append(f"{token.leaf.typed}~ was searched without ~, which is for words of letters")
            return token
        similar = self.known.similar(fold(token.leaf.typed))
        variants = [Variant(Term(word, token.leaf.typed), "spelt", weight) for word, weight in similar]
        return replace(token, variants=(*token.variants, *variants))

    def wildcard(self, node: query.Wildcard) -> Plan | None:
        parts = tuple(map(fold, node.parts))
        if any(map(str.isalnum, "".join(parts))):
            if self.level == LEVELS[0] or node.exact:
                self.warnings.append(f"{node.text} was searched in every spelling; a word with * cannot be taken as typed")
            return Wild(parts, "*".join(node.parts))
        self.warnings.append(f"{node.text} has no letters to search for and was left out")
        return None

    def field(self, node: query.Field) -> Plan | None:
        parts = node.child.parts if isinstance(node.child, query.Wildcard) else (node.child.text,)
        if node.name == "path":
            return Filter("path", "*".join(parts))
        if node.name == "title":
            self.plainly(node.child)
            return _all(Filter("title", folded) for part in parts if (folded := fold(part).strip()))
        return self.language("*".join(parts))

    def plainly(self, node: query.Word | query.Phrase | query.Wildcard) -> None:
        """Say that a title is looked for in every spelling, if something else was asked."""
        if self.level == LEVELS[0] or node.exact:
            self.warnings.append(f"title:{node} was searched in every spelling; a title cannot be taken as typed")
        if (isinstance(node, query.Word) and node.fuzzy) or (isinstance(node, query.Phrase) and node.slop is not None):
            self.warnings.append(f"title:{node} was searched without ~, which is for what is in the text")

    def language(self, text: str) -> Plan | None:
        if known := language(text):
            return Filter("lang", known)
        self.warnings.append(f"lang:{text} was left out; languages are zh-Hans, zh-Hant and en")
        return None


def _as_names(tokens: Sequence[Token]) -> list[Token]:
    """The tokens of one typed word, those of them that are likely to be a name neither left out nor translated.

    Those are single characters side by side, one of which could be a function word: 陈|中|和 is not 陈 (lay out), in, and.
    """
    found = list[Token]()
    for single, group in groupby(tokens, lambda token: len(token.key) == 1 and is_unspaced(token.key)):
        run = list(group)
        doubtful = any(token.key in DOUBTFUL for token in run) and not all(token.is_function for token in run)
        found += [replace(token, key="", is_function=False) for token in run] if single and doubtful else run
    return found


def _is_plain(node: query.Node) -> TypeGuard[query.Word]:
    return isinstance(node, query.Word) and not node.exact


def _all(children: Iterable[Plan]) -> Plan | None:
    flat: dict[Plan, None] = {}
    for child in children:
        flat.update(dict.fromkeys(child.children if isinstance(child, AllOf) else (child,)))
    if not flat:
        return None
    return next(iter(flat)) if len(flat) == 1 else AllOf(tuple(flat))


def plan(
    tree: query.Node, known: Known, level: Level = "cross", filters: Iterable[Filter] = (), lexicon: Lexicon | None = None
) -> Planned:
    """The plan of a syntax tree at a level; `filters` are asked besides.  Without a lexicon no word is widened."""
    widener = Widener(lexicon, level, known) if lexicon and level in LEVELS[2:] else None
    planner = _Planner(known, level, widener)
    asked = planner.plan(tree)
    notes = tuple(dict.fromkeys(widener.notes)) if widener else ()
    return Planned(None if asked is None else _all([asked, *_hints(tree, asked), *filters]), tuple(planner.warnings), notes)


def _hints(tree: query.Node, asked: Plan) -> Iterator[Hint]:
    """The pairs of characters in the words at the top of a query of several words, other than those that are words."""
    leaves = (
        [child.leaf if isinstance(child, (Wide, Hint)) else child for child in asked.children]
        if isinstance(asked, AllOf)
        else []
    )
    terms = [leaf for leaf in leaves if (isinstance(leaf, Term) and leaf.word) or isinstance(leaf, Words)]
    words = [node.text for node in (tree.children if isinstance(tree, query.And) else (tree,)) if isinstance(node, query.Word)]
    if len(terms) > 1:
        known = {leaf.text for leaf in terms if isinstance(leaf, Term)}
        pairs = (pair for word in words for _, run, unspaced in runs(fold(word)) if unspaced for pair in grams(run)[:-1])
        yield from (Hint(Term(pair, pair)) for pair in dict.fromkeys(pairs) if pair not in known)
