r"""What was typed, as a tree: words, phrases, fields, and how they are joined.

Owns the query language.  Knows no index, no folding and no segmentation: what a word means is the plan's business, and so
is a tree of nothing but negatives, or a word of nothing but punctuation.

    a b, a AND b    both            "a b", 「a b」     the phrase             title:x   in the title; title:(a b) each of them
    a OR b, a | b   either          =a, ="a b"       as typed, not folded   path:*.md on the path, shell style
    -a, NOT a       not that        chip*, 人工*能     any letters for *      lang:en   language
    (a b)           grouping        "a b"~5          with 5 words among them
    \-a \OR \"      plain text      chip~            and words spelt nearly like it

`OR` joins only its two neighbours: `a b OR c d` is `(a (b | c) d)`.  Operators are upper case and words by themselves.
Full-width （ ） － ： ＊ ｜ ＝ ～ ＯＲ mean the same; “ ” „ ‟ " ＂ open and close each other, 「 is closed by 」, 『 by 』.
Whatever is typed gives the nearest sensible tree, and a warning for each thing that had to be mended or left out.  A tree
prints as a query that parses to the same tree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..index.frozen import frozen
from ..index.scripts import is_letter

FIELDS = ("title", "path", "lang")
DEPTH = 50  # of brackets; deeper ones are left out
MOST_SLOP = 1000
_MINUS, _TILDE, _DOUBLE = "-－−", "~～", '“”„‟"＂'
_NARROW = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
_OPEN, _CLOSE, _QUOTES, _EXACT = "(（", ")）", f"{_DOUBLE}「『", "=＝"
_BEGINS = {"open": _OPEN, "close": _CLOSE, "minus": _MINUS, "quote": _QUOTES}
_KINDS = {character: kind for kind, characters in _BEGINS.items() for character in characters}
"""What kind a token is, by its first character; for others, see `_Parser._kind`."""

# `re` compiles each of these patterns when it is used, and keeps it; most queries use one of them.
_TOKENS = {
    "space": r"\s+",
    "open": f"[{_OPEN}]",
    "close": f"[{_CLOSE}]",
    "minus": f"[{_MINUS}]+",
    "quote": rf"(?s)(?P<exact>[{_EXACT}]?)(?:[{_DOUBLE}](?P<double>(?:\\.|[^\\{_DOUBLE}])*)|「(?P<corner>(?:\\.|[^\\」])*)"
    rf"|『(?P<white>(?:\\.|[^\\』])*))(?P<end>[{_DOUBLE}」』]?)(?P<slop>[{_TILDE}][0-9０-９]*)?",
    "word": rf"(?s)(?:\\.|[^\s{_OPEN}{_CLOSE}{_QUOTES}\\])+",
}
_MEANING = frozenset(rf"\*＊{_TILDE}=＝")  # what is more than text in a word
_MARKS = r"(?s)(\\.)|[*＊]+|(?<!~)~+\Z"
_PART = r"(?s)((?:\\.|[^\\*])*)\*"
_SPECIAL = rf"[\\\s()（）{_DOUBLE}「『*＊]"  # to be escaped anywhere in a word


@frozen
class Word:
    """A piece of text without white space; as typed, not folded, if `exact`; if `fuzzy` words like it too.

    Below `path:` a glob.
    """

    text: str
    exact: bool = False
    fuzzy: bool = False

    def __str__(self) -> str:
        return _printed([self.text], self.exact) + "~" * self.fuzzy


@frozen
class Phrase:
    """Quoted text; unless `slop` is None, its words in any order with at most so many others among them."""

    text: str
    exact: bool = False
    slop: int | None = None

    def __str__(self) -> str:
        quoted = re.sub(rf"[\\{_DOUBLE}]", r"\\\g<0>", self.text)
        return f'{"=" if self.exact else ""}"{quoted}"{"" if self.slop is None else f"~{self.slop}"}'


@frozen
class Wildcard:
    r"""A word with `*` for any letters; a `*` or a backslash that is meant itself is `\*`, `\\` in `text`."""

    text: str
    exact: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The literal pieces between the `*`; the first or last is empty where a `*` is at that end."""
        return tuple(map(_plain, re.findall(_PART, self.text + "*")))

    def __str__(self) -> str:
        return _printed(self.parts, self.exact)


@frozen
class Field:
    """A condition on the document: `name` is one of FIELDS.  The child of `path` is a Word that holds the glob."""

    name: str
    child: Word | Phrase | Wildcard

    def __str__(self) -> str:
        if self.name != "path":
            return f"{self.name}:{self.child}"
        glob = self.child.text
        return f"path:{Phrase(glob) if re.search(_SPECIAL, glob.replace('*', '')) else glob}"


@frozen
class Not:
    """Not `child`, which is never a Not itself."""

    child: Node

    def __str__(self) -> str:
        return f"-{self.child}"


@frozen
class And:
    """All of at least two children, none of them an And."""

    children: tuple[Node, ...]

    def __str__(self) -> str:
        return "(" + " ".join(map(str, self.children)) + ")"


@frozen
class Or:
    """Any of at least two children, none of them an Or."""

    children: tuple[Node, ...]

    def __str__(self) -> str:
        return "(" + " | ".join(map(str, self.children)) + ")"


Node = Word | Phrase | Wildcard | Field | Not | And | Or


@frozen
class Parsed:
    """The tree, None if nothing is left to search; and what had to be mended, each a sentence without a full stop."""

    tree: Node | None
    warnings: tuple[str, ...] = ()


def _plain(text: str) -> str:
    return re.sub(r"(?s)\\(.)", r"\1", text) if "\\" in text else text


def _printed(parts: Sequence[str], exact: bool) -> str:
    """The word with `*` between its parts, and a backslash wherever it would be read as something else."""
    text = "*".join(re.sub(_SPECIAL, r"\\\g<0>", part) for part in parts)
    text = f"{text[:-1]}\\{text[-1]}" if text.endswith("~") or _waves(text) else text
    if exact or text.translate(_NARROW) in ("OR", "AND", "NOT", "|") or text.startswith((*_MINUS, "=", "＝")):
        return ("=" if exact else "\\") + text
    name, colon, _ = text.translate(_NARROW).partition(":")
    return f"{text[: len(name)]}\\{text[len(name) :]}" if colon and name.lower() in FIELDS else text


def _waves(text: str) -> int:
    """How many full-width ～ end a word of letters; behind anything else, as in 哈哈～, they are but a tone of voice."""
    word = text.rstrip("～")
    return len(text) - len(word) if is_letter(word[-1:]) else 0


def _joined(kind: type[And | Or], nodes: Sequence[Node]) -> Node | None:
    """`nodes` under one `kind`, those of the same kind opened; one alone as it is; None for none."""
    flat = [child for node in nodes for child in (node.children if isinstance(node, kind) else (node,))]
    return kind(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)


def _spread(name: str, node: Node) -> Node:
    """`node` with the field `name` on each of its leaves that has none."""
    if isinstance(node, (And, Or)):
        return type(node)(tuple(_spread(name, child) for child in node.children))
    if isinstance(node, Not):
        return Not(_spread(name, node.child))
    if isinstance(node, Field):
        return node
    glob = "*".join(node.parts) if isinstance(node, Wildcard) else node.text
    return Field(name, Word(glob) if name == "path" else node)


class _Group:
    """An open bracket: its members so far, each a list of alternatives, and what it is to be when it is closed."""

    def __init__(self, name: str = "", *, negative: bool = False) -> None:
        self.name, self.negative = name, negative
        self.members: list[list[Node]] = []
        self.either = False  # an OR waits for its right side


def parse(typed: str) -> Parsed:
    """The tree of what was typed, and warnings for what was mended or left out.  Never raises."""
    parser = _Parser(typed)
    return Parsed(parser.run(), tuple(parser.warnings))


def _like(name: str) -> list[str]:
    """The field that a misspelt name may mean."""
    from difflib import get_close_matches  # a slow import for a rare case

    return get_close_matches(name.lower(), FIELDS, n=1, cutoff=0.8)


class _Parser:
    """One pass over the tokens with a stack of open brackets; a method for each kind of token, by the name of its group."""

    def __init__(self, typed: str) -> None:
        dangling = (len(typed) - len(typed.rstrip("\\"))) % 2  # a last backslash escapes nothing and is itself text
        self.typed, self.at = typed + "\\" * dangling, 0
        self.warnings: dict[str, None] = {}  # each once, in order
        self.groups = [_Group()]
        self.too_deep = 0  # open brackets beyond DEPTH
        self.name, self.negative, self.after_not = "", False, False  # what the next item gets

    def run(self) -> Node | None:
        while found := re.compile(_TOKENS[kind := self._kind()]).match(self.typed, self.at):
            self.at = found.end()
            if kind != "space":
                getattr(self, f"_{kind}")(found)
            elif self.name:
                self._drop_pending()
        self._drop_pending()
        self._warn("a bracket was not closed; it was closed at the end", when=self.too_deep > 0 or len(self.groups) > 1)
        while len(self.groups) > 1:
            self._shut()
        return self._tree(self.groups[0])

    def _kind(self) -> str:
        """What the next token is; behind the name of a field a minus is part of a word."""
        first, second = self.typed[self.at : self.at + 1], self.typed[self.at + 1 : self.at + 2]
        if first.isspace():
            return "space"
        if first in tuple(_EXACT) and _KINDS.get(second) == "quote":
            return "quote"
        kind = _KINDS.get(first, "word")
        return "word" if kind == "minus" and self.name else kind

    def _warn(self, message: str, *, when: bool = True) -> None:
        if when:
            self.warnings[message] = None

    def _open(self, found: re.Match[str]) -> None:
        group, too_deep = _Group(self.name, negative=self.negative), len(self.groups) > DEPTH
        self._add(None)
        self._warn(f"brackets nested deeper than {DEPTH} were left out", when=too_deep)
        self.too_deep += too_deep
        self.groups += [] if too_deep else [group]

    def _close(self, found: re.Match[str]) -> None:
        self._drop_pending()
        self._warn("a closing bracket without its opening was left out", when=not self.too_deep and len(self.groups) == 1)
        if self.too_deep:
            self.too_deep -= 1
        elif len(self.groups) > 1:
            self._shut()

    def _minus(self, found: re.Match[str]) -> None:
        lone = self.typed[self.at : self.at + 1].strip() in ("", ")", "）")
        self._warn("a lone - was left out", when=lone)
        self.negative ^= not lone and len(found[0]) % 2 == 1

    def _quote(self, found: re.Match[str]) -> None:
        text = _plain(found["double"] or found["corner"] or found["white"] or "").strip()
        self._warn("an empty quote was left out", when=not text)
        self._warn("the quote was not closed; it was closed at the end", when=bool(text) and not found["end"])
        number, exact = (found["slop"] or "")[1:], bool(found["exact"])
        slop = min(int(number[:9]), MOST_SLOP) if number else None  # Python reads no number of thousands of digits
        self._warn('~ behind a quote needs a number, as in "a b"~5, and was left out', when=bool(found["slop"] and not number))
        self._warn("a quote is either exact (=) or loose (~); ~ was left out", when=exact and slop is not None)
        self._add(Phrase(text, exact, None if exact else slop) if text else None)

    def _word(self, found: re.Match[str]) -> None:
        typed, start = found[0], found.start()
        plain = typed.translate(_NARROW)
        operator = "" if self.name or (start and self.typed[start - 1] in _MINUS) else plain  # `title:OR`, `-OR` are text
        name, colon, _ = plain.partition(":") if not self.name else ("", "", "")
        if operator in ("OR", "|"):
            self._drop_pending()
            group = self.groups[-1]
            self._warn("OR needs something on either side and was left out", when=group.either or not group.members)
            group.either = bool(group.members)
        elif operator == "AND":
            self._drop_pending()
            self._warn("AND needs something on its left and was left out", when=not self.groups[-1].members)
        elif operator == "NOT":
            self.negative, self.after_not = not self.negative, True
        elif colon and name.lower() in FIELDS:
            self.name, self.at = name.lower(), start + len(name) + 1
        else:
            if colon and len(name) > 1 and name.isascii() and name.isalpha() and not plain.startswith("//", len(name) + 1):
                meant = next((f'did you mean "{near}:"?' for near in _like(name)), "fields are title:, path: and lang:;")
                self._warn(f'"{typed[: len(name)]}:" is no field; {meant} searched as text')
            self._add(self._leaf(typed))

    def _leaf(self, typed: str) -> Word | Wildcard | None:
        """The word typed, None if nothing is left of it."""
        if self.name == "path" or _MEANING.isdisjoint(typed):
            return Word(_plain(typed.replace("＊", "*")))
        exact = len(typed) > 1 and typed[0] in _EXACT
        typed = typed[exact:]
        if waves := _waves(typed):
            typed = f"{typed[:-waves]}~"
        text = re.sub(_MARKS, lambda found: found[1] or ("" if found[0][0] == "~" else "*"), typed) or typed
        fuzzy = typed.endswith("~") and not text.endswith("~")
        self._warn("a lone * was left out", when=text == "*")
        parts = Wildcard(text).parts
        self._warn("a word is either exact (=) or fuzzy (~); ~ was left out", when=fuzzy and exact)
        self._warn("a word with * cannot be fuzzy; ~ was left out", when=fuzzy and len(parts) > 1)
        if len(parts) == 1:
            return Word(parts[0], exact, fuzzy and not exact)
        return Wildcard("*".join(re.sub(r"[\\*]", r"\\\g<0>", part) for part in parts), exact) if any(parts) else None

    def _add(self, node: Node | None) -> None:
        """Put `node` (None: nothing is left of it) into the open group, with what was pending for it."""
        name, negative = self.name, self.negative
        self.name, self.negative, self.after_not = "", False, False
        if node is None:
            return
        node = _spread(name, node) if name else node
        if negative:
            node = node.child if isinstance(node, Not) else Not(node)
        group = self.groups[-1]
        group.members += [] if group.either else [[]]
        group.members[-1].append(node)
        group.either = False

    def _drop_pending(self) -> None:
        """The item that a field name or a NOT waits for does not come."""
        self._warn(f'"{self.name}:" had nothing after it and was left out', when=bool(self.name))
        self._warn("NOT had nothing after it and was left out", when=self.after_not)
        self._add(None)

    def _shut(self) -> None:
        group = self.groups.pop()
        node = self._tree(group)
        self._warn("an empty bracket was left out", when=node is None)
        self.name, self.negative = group.name, group.negative
        self._add(node)

    def _tree(self, group: _Group) -> Node | None:
        self._warn("OR needs something on either side and was left out", when=group.either)
        return _joined(And, [node for member in group.members if (node := _joined(Or, member))])
