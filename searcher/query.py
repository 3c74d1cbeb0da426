r"""What was typed, as a tree: words, phrases, fields, and how they are joined.

Owns the query language.  Knows no index, no folding and no segmentation: what a word means is the plan's business, and so
is a tree of nothing but negatives, or a word of nothing but punctuation.

    a b             both            "a b", 「a b」     the phrase             title:x   in the title; title:(a b) each of them
    a OR b, a | b   either          =a, ="a b"       as typed, not folded   path:*.md on the path, shell style
    -a, NOT a       not that        chip*, 人工*能     any letters for *      lang:en   language
    (a b)           grouping        \-a \OR \"       plain text

`OR` joins its two neighbours only, as in most search engines: `a b OR c d` is `(a (b | c) d)`.  Operators are upper case
words by themselves.  Full-width forms （ ） － ： ＊ ｜ ＝ ＯＲ and U+3000 mean the same; “ ” „ ‟ " ＂ open and close each other,
「 is closed by 」 and 『 by 』 only.

The parser is lenient: whatever is typed gives the nearest sensible tree, and a warning for each thing that had to be mended
or left out.  A tree prints as a query that parses to the same tree.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Union

FIELDS = ("title", "path", "lang")
"""The names that may stand before a colon."""

DEPTH = 50
"""The deepest nesting of brackets that is kept."""

_MINUS, _DOUBLE = "-－−", '“”„‟"＂'
_NARROW = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
_BODY = r"((?:\\.|\\\Z|[^\\%s])*)"
_WORD = re.compile(rf"(?P<word>(?:\\.|\\\Z|[^\s()（）{_DOUBLE}「『\\])+)", re.DOTALL)
_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<open>[(（])|(?P<close>[)）])|(?P<minus>[{_MINUS}]+)|(?P<quote>(?P<exact>[=＝]?)"
    rf"(?:[{_DOUBLE}]{_BODY % _DOUBLE}|「{_BODY % '」'}|『{_BODY % '』'})(?P<end>[{_DOUBLE}」』]?)(?P<slop>~[0-9]*)?)|{_WORD.pattern}",
    re.DOTALL,
)
_CHARACTER = re.compile(r"\\.|.", re.DOTALL)  # of a word: one, or one escaped
_FIELD = re.compile(r"(\w{1,8})[:：]")
_SPECIAL = re.compile(rf"[\\\s()（）{_DOUBLE}「『*＊]")  # what must be escaped anywhere in a word
_NOT_IN_PATH = re.compile(rf"[\\\s()（）{_DOUBLE}「『＊]")  # what makes a path be quoted


# ------------------------------------------------------------------------------------------ the tree


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text without white space; as typed, not folded, if `exact`.  Below `path:` a glob."""

    text: str
    exact: bool = False

    def __str__(self) -> str:
        return _printed([self.text], self.exact)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Quoted text."""

    text: str
    exact: bool = False

    def __str__(self) -> str:
        return ("=" if self.exact else "") + _quoted(self.text)


@dataclass(frozen=True, slots=True)
class Wildcard:
    r"""A word with `*` for any letters; a `*` or a backslash that is meant itself is `\*`, `\\` in `text`."""

    text: str
    exact: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The literal pieces between the `*`; the first or last is empty where a `*` is at that end."""
        pieces = [""]
        for character in _CHARACTER.findall(self.text):
            if character == "*":
                pieces.append("")
            else:
                pieces[-1] += character[-1]
        return tuple(pieces)

    def __str__(self) -> str:
        return _printed(self.parts, self.exact)


@dataclass(frozen=True, slots=True)
class Field:
    """A condition on the document: `name` is one of FIELDS.  The child of `path` is a Word that holds the glob."""

    name: str
    child: Word | Phrase | Wildcard

    def __str__(self) -> str:
        if self.name != "path":
            return f"{self.name}:{self.child}"
        return "path:" + (_quoted(self.child.text) if _NOT_IN_PATH.search(self.child.text) else self.child.text)


@dataclass(frozen=True, slots=True)
class Not:
    """Not `child`, which is never a Not itself."""

    child: Node

    def __str__(self) -> str:
        return f"-{self.child}"


@dataclass(frozen=True, slots=True)
class And:
    """All of at least two children, none of them an And."""

    children: tuple[Node, ...]

    def __str__(self) -> str:
        return "(" + " ".join(map(str, self.children)) + ")"


@dataclass(frozen=True, slots=True)
class Or:
    """Any of at least two children, none of them an Or."""

    children: tuple[Node, ...]

    def __str__(self) -> str:
        return "(" + " | ".join(map(str, self.children)) + ")"


Node = Union[Word, Phrase, Wildcard, Field, Not, And, Or]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree, None if nothing is left to search; and what had to be mended, each a sentence without a full stop."""

    tree: Node | None
    warnings: tuple[str, ...] = ()


def _quoted(text: str) -> str:
    return '"' + re.sub(rf"[\\{_DOUBLE}]", r"\\\g<0>", text) + '"'


def _printed(parts: Sequence[str], exact: bool) -> str:
    """The word with `*` between its parts, and a backslash wherever it would be read as something else."""
    text = "*".join(_SPECIAL.sub(r"\\\g<0>", part) for part in parts)
    text = text[:-1] + "\\~" if text.endswith("~") else text
    if exact:
        return "=" + text
    if text.translate(_NARROW) in ("OR", "NOT", "|") or text.startswith((*_MINUS, "=", "＝")):
        return "\\" + text
    found = _FIELD.match(text)
    return f"{found[1]}\\{text[found.end(1) :]}" if found and _field_name(found[1]) in FIELDS else text


def _field_name(typed: str) -> str:
    return typed.translate(_NARROW).lower()


def _joined(kind: type[And | Or], nodes: Sequence[Node]) -> Node | None:
    """`nodes` under one `kind`, those of the same kind opened; one alone as it is; None for none."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.children if isinstance(node, kind) else [node])
    return kind(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)


def _negated(node: Node) -> Node:
    return node.child if isinstance(node, Not) else Not(node)


def _spread(name: str, node: Node) -> Node:
    """`node` with the field `name` on each of its leaves that has none."""
    if isinstance(node, (And, Or)):
        return type(node)(tuple(_spread(name, child) for child in node.children))
    if isinstance(node, Not):
        return _negated(_spread(name, node.child))
    if isinstance(node, Field):
        return node
    if name == "path":
        return Field(name, Word("*".join(node.parts) if isinstance(node, Wildcard) else node.text))
    return Field(name, node)


# ------------------------------------------------------------------------------------------ the parser


@dataclass(slots=True)
class _Group:
    """An open bracket: its members so far, each a list of alternatives, and what it is to be when it is closed."""

    name: str = ""
    negative: bool = False
    members: list[list[Node]] = field(default_factory=list)
    either: bool = False  # an OR waits for its right side


def parse(typed: str) -> Parsed:
    """The tree of what was typed, and warnings for what was mended or left out.  Never raises."""
    parser = _Parser(typed)
    tree = parser.run()
    return Parsed(tree, tuple(parser.warnings))


class _Parser:
    """One pass over the tokens with a stack of open brackets; a method for each kind of token, by the name of its group."""

    def __init__(self, typed: str) -> None:
        self.typed, self.at = typed, 0
        self.warnings: dict[str, None] = {}  # each once, in order
        self.groups = [_Group()]
        self.too_deep = 0  # open brackets beyond DEPTH
        self.name, self.negative, self.after_not = "", False, False  # what goes on the next item

    def run(self) -> Node | None:
        while found := self._next():
            self.at = found.end()
            getattr(self, f"_{found.lastgroup}")(found)
        self._drop_pending()
        if self.too_deep or len(self.groups) > 1:
            self._warn("a bracket was not closed; it was closed at the end")
        while len(self.groups) > 1:
            self._shut()
        return self._tree(self.groups[0])

    def _next(self) -> re.Match[str] | None:
        minus_is_text = self.name and self.typed.startswith(tuple(_MINUS), self.at)
        return (_WORD if minus_is_text else _TOKEN).match(self.typed, self.at)

    def _warn(self, message: str) -> None:
        self.warnings[message] = None

    # What a token does.

    def _space(self, found: re.Match[str]) -> None:
        if self.name:
            self._drop_pending()

    def _open(self, found: re.Match[str]) -> None:
        if len(self.groups) <= DEPTH:
            self.groups.append(_Group(self.name, self.negative))
        else:
            self.too_deep += 1
            self._warn(f"brackets nested deeper than {DEPTH} were left out")
        self.name, self.negative, self.after_not = "", False, False

    def _close(self, found: re.Match[str]) -> None:
        self._drop_pending()
        if self.too_deep:
            self.too_deep -= 1
        elif len(self.groups) > 1:
            self._shut()
        else:
            self._warn("a closing bracket without its opening was left out")

    def _minus(self, found: re.Match[str]) -> None:
        following = self.typed[self.at : self.at + 1]
        if not following.strip() or following in ")）":
            self._warn("a lone - was left out")
        else:
            self.negative ^= len(found[0]) % 2 == 1

    def _quote(self, found: re.Match[str]) -> None:
        body = next(group for group in found.group(7, 8, 9) if group is not None)
        text = re.sub(r"(?s)\\(.)", r"\1", body).strip()
        if not text:
            self._warn("an empty quote was left out")
        elif not found["end"]:
            self._warn("the quote was not closed; it was closed at the end")
        if found["slop"]:
            self._warn("~ is not known yet and was left out")
        self._add(Phrase(text, bool(found["exact"])) if text else None)

    def _word(self, found: re.Match[str]) -> None:
        typed, start = found[0], found.start()
        plain = bool(self.name) or (start > 0 and self.typed[start - 1] in _MINUS)  # `-OR` and `title:OR` are no operators
        operator = "" if plain else typed.translate(_NARROW)
        named = None if self.name else _FIELD.match(typed)
        if operator in ("OR", "|"):
            self._or()
        elif operator == "NOT":
            self.negative, self.after_not = not self.negative, True
        elif named and _field_name(named[1]) in FIELDS:
            self.name, self.at = _field_name(named[1]), start + named.end()
        else:
            if named:
                self._suggest(named[1])
            self._add(self._leaf(typed))

    def _or(self) -> None:
        self._drop_pending()
        group = self.groups[-1]
        if group.either or not group.members:
            self._warn("OR needs something on either side and was left out")
        group.either = bool(group.members)

    # What an item becomes.

    def _leaf(self, typed: str) -> Word | Wildcard | None:
        """The word typed, None if nothing is left of it."""
        exact = self.name != "path" and len(typed) > 1 and typed[0] in "=＝"
        characters = ["*" if character == "＊" else character for character in _CHARACTER.findall(typed[exact:])]
        if self.name == "path":
            return Word("".join(character[-1] for character in characters))
        while characters[-1] == "~" and {*characters} != {"~"}:
            characters.pop()
            self._warn("~ is not known yet and was left out")
        if {*characters} == {"*"}:
            self._warn("a lone * was left out")
            return None
        if "*" not in characters:
            return Word("".join(character[-1] for character in characters), exact)
        literals = ("\\" + character[-1] if character[-1] in "*\\" else character[-1] for character in characters)
        pieces = [character if character == "*" else literal for character, literal in zip(characters, literals, strict=True)]
        kept = (piece for before, piece in zip(["", *pieces], pieces) if (before, piece) != ("*", "*"))  # noqa: B905
        return Wildcard("".join(kept), exact)

    def _suggest(self, name: str) -> None:
        for near in difflib.get_close_matches(_field_name(name), FIELDS, n=1, cutoff=0.8):
            self._warn(f'"{name}:" is no field; did you mean "{near}:"? searched as text')

    def _add(self, node: Node | None) -> None:
        """Put `node` (None: nothing is left of it) into the open group, with what was pending for it."""
        name, negative = self.name, self.negative
        self.name, self.negative, self.after_not = "", False, False
        if node is None:
            return
        node = _spread(name, node) if name else node
        node = _negated(node) if negative else node
        group = self.groups[-1]
        if group.either:
            group.members[-1].append(node)
        else:
            group.members.append([node])
        group.either = False

    def _drop_pending(self) -> None:
        """The item that a field name or a NOT waited for does not come."""
        for waiting in filter(None, (f'"{self.name}:"' if self.name else "", "NOT" if self.after_not else "")):
            self._warn(f"{waiting} had nothing after it and was left out")
        self._add(None)

    def _shut(self) -> None:
        group = self.groups.pop()
        node = self._tree(group)
        if node is None:
            self._warn("an empty bracket was left out")
        self.name, self.negative = group.name, group.negative
        self._add(node)

    def _tree(self, group: _Group) -> Node | None:
        if group.either:
            self._warn("OR needs something on either side and was left out")
        return _joined(And, [node for member in group.members if (node := _joined(Or, member))])
