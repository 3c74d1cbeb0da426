"""HTML and Markdown reduced to the text a reader sees, with title and headings.

Owns what of a marked-up file is visible and how its pieces are separated.  Does not own files, encodings or passages.  Pure,
and total: any text at all is parsed, nothing is raised.  The two parsers are imported when first needed.

Markdown keeps its lines: what stands on line 7 of the file stands on line 7 of the text, markup-only lines are empty.  HTML
has no lines worth keeping: white space is collapsed as browsers do, and blank lines separate blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import accumulate
from typing import TYPE_CHECKING

from .model import Heading

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from selectolax.lexbor import LexborNode


@dataclass(frozen=True, slots=True)
class Parsed:
    """The visible text of a file, its title ("" if it names none), and headings at their offsets in `text`."""

    text: str
    title: str = ""
    headings: tuple[Heading, ...] = ()


# ------------------------------------------------------------------------------------------ HTML


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INVISIBLE = _names("script style template noscript head title desc iframe noembed noframes object rp rt datalist")
_BLOCKS = _names(
    "address article aside blockquote body center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 "
    "h5 h6 header hgroup hr legend main menu nav ol optgroup p pre search section summary table textarea ul"
)
_LINES = _names("li tr option caption dt dd")
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
_SEPARATORS = ("", " ", "  ", "\n", "\n\n")
_SPACE, _CELL, _LINE, _BLOCK = 1, 2, 3, 4
_RANKS = dict.fromkeys(_BLOCKS, _BLOCK) | dict.fromkeys(_LINES, _LINE) | dict.fromkeys(("td", "th"), _CELL)
_KEPT = _names("pre textarea")
_WHITE = re.compile(r"[ \t\n\r\f]+")  # what HTML collapses; a no-break space is not among it


def html(source: str) -> Parsed:
    """What a browser shows of a page, scripts off: blocks a blank line apart, list items and rows by line, cells two spaces.

    The title is that of `<title>`, else the first `<h1>`.  Ruby annotations are left out, so that the words under them
    can be found.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(_LONE.sub("\ufffd", _opened(source)))
    page = _Page()
    for node, tag, closing in _walk(tree.root):
        if tag == "-text":
            page.text(node.text_content or "")
        else:
            (page.close if closing else page.open)(tag)
    title = tree.css_first("head > title")
    named = _WHITE.sub(" ", title.text()).strip() if title is not None else ""
    return Parsed("".join(page.parts), named or page.first_h1, tuple(page.headings))


_LONE = re.compile("[\ud800-\udfff]")  # the parser takes UTF-8, which has no lone surrogates
_SELF_CLOSED = re.compile(r"<(script|style|title|textarea|iframe|noscript|div|p|span|a|td)\b([^<>]*)/>", re.IGNORECASE)


def _opened(source: str) -> str:
    """XHTML closes an empty `<script/>` where HTML would swallow all that follows."""
    return _SELF_CLOSED.sub(r"<\1\2></\1>", source) if source.lstrip("\ufeff \t\r\n").startswith("<?xml") else source


def _walk(root: LexborNode | None) -> Iterable[tuple[LexborNode, str, bool]]:
    """Each visible node as it opens and, if it is an element, as it closes; without recursion, pages nest deep."""
    stack = [(root, False)]
    while stack:
        node, closing = stack.pop()
        if node is None:
            continue
        tag = node.tag or ""
        if not closing:
            stack.append((node.next, False))
            if _is_hidden(node, tag):
                continue
            if tag != "-text":
                stack += [(node, True), (node.first_child, False)]
        yield node, tag, closing


def _is_hidden(node: LexborNode, tag: str) -> bool:
    if tag in _INVISIBLE:
        return True
    if tag.startswith("-"):
        return tag != "-text"
    attributes = node.attributes
    return "hidden" in attributes or bool(re.search(r"(?i)display\s*:\s*none", attributes.get("style") or ""))


class _Page:
    """The text of a page as it grows.  A separator waits until text follows it, and gives way to a stronger one."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.headings: list[Heading] = []
        self.first_h1 = ""
        self._length = self._waiting = self._kept = 0
        self._heading = ""  # the tag of the open one
        self._before = 0  # how many parts came before it

    def text(self, text: str) -> None:
        """A piece of text, as it stands in the source."""
        if self._kept and not self._heading:
            self._add(text)
            return
        words = _WHITE.sub(" ", text)
        self._separate(_SPACE if words.startswith(" ") else 0)
        self._add(words.strip(" "))
        self._separate(_SPACE if words.endswith(" ") else 0)

    def open(self, tag: str) -> None:
        """An element begins."""
        self._separate(_RANKS.get(tag, 0))
        if tag in _KEPT:
            self._kept += 1
        elif tag == "br":  # the second in a row ends a paragraph
            self._separate(_BLOCK if self._waiting >= _LINE else _LINE)
        elif tag in _HEADINGS and not self._heading:
            self._heading, self._before = tag, len(self.parts)

    def close(self, tag: str) -> None:
        """An element ends."""
        if tag in _KEPT:
            self._kept -= 1
        elif tag == self._heading:
            self._end_heading()
        self._separate(_RANKS.get(tag, 0))

    def _end_heading(self) -> None:
        text = "".join(self.parts[self._before + 1 :])  # without the separator
        if text:
            self.headings.append(Heading(self._length - len(text), text))
        if self._heading == "h1":
            self.first_h1 = self.first_h1 or text
        self._heading = ""

    def _separate(self, rank: int) -> None:
        """A heading is one line: nothing but spaces within it."""
        self._waiting = max(self._waiting, min(rank, _SPACE) if self._heading else rank)

    def _add(self, text: str) -> None:
        if text:
            separator = _SEPARATORS[self._waiting] if self.parts else ""
            self.parts += [separator, text]
            self._length += len(separator) + len(text)
            self._waiting = 0


# ------------------------------------------------------------------------------------------ Markdown

_DEEPEST = 100  # levels of nesting, of which a list item takes two


def markdown(source: str) -> Parsed:
    """What a reader sees of CommonMark with tables and strikethrough, each line on the line number it has in the source.

    Visible are text, code, the words of links and the descriptions of images; not URLs, HTML tags, comments and front
    matter, whose `title:` gives the title; else the first heading does.  Bullets are dropped, cells stand two spaces
    apart, a heading set over two lines stands on its first.  Source nested beyond reason is taken as it is.
    """
    lines = re.sub(r"\r\n?", "\n", source).split("\n")
    front = _front_matter(lines)
    title = _front_title(lines[:front])
    body = "\n".join([""] * front + lines[front:])
    try:
        tokens = _markdown_parser().parse(body)
    except RecursionError:
        return Parsed(body, title)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return Parsed(body, title)  # the parser drops what is nested deeper
    sheet = _Sheet(len(lines))
    for before, token in zip([None, *tokens], tokens, strict=False):
        sheet.take(token, is_heading=before is not None and before.type == "heading_open")
    text, headings = sheet.finish()
    return Parsed(text, title or next((heading.text for heading in headings), ""), headings)


_KEY = re.compile(r"[\w\"'.-]+[ \t]*:(?:[ \t]|$)")
_YAML = re.compile(_KEY.pattern + r"|[ \t#\]}-]|$")


def _front_matter(lines: list[str]) -> int:
    """How many lines it takes.  All must look like YAML: a page may begin with a rule, and have another further down."""
    if lines[0].rstrip() != "---" or not _KEY.match(lines[1] if len(lines) > 1 else ""):
        return 0
    for number, line in enumerate(lines[2:], 3):
        if line.rstrip() in ("---", "..."):
            return number
        if not _YAML.match(line):
            break
    return 0


def _front_title(lines: list[str]) -> str:
    found = (re.match(r"title[ \t]*:(?![ \t]*[>|])(.*)", line, re.IGNORECASE) for line in lines)
    return next((match[1].strip().strip("\"'").strip() for match in found if match), "")


class _Sheet:
    """The lines of the source, filled with what is visible of each."""

    def __init__(self, lines: int) -> None:
        self._lines = [""] * lines
        self._headings: list[tuple[int, str]] = []  # the line it has to itself, its words

    def take(self, token: Token, is_heading: bool) -> None:
        """One block of the document; containers hold nothing themselves."""
        first = token.map[0] if token.map else 0
        if token.type == "inline" and is_heading:
            self._put_heading(first, re.sub(r"\s*\n\s*", " ", _visible(token.children or [])).strip())
        elif token.type == "inline":
            self._put(first, _visible(token.children or []))
        elif token.type in ("fence", "code_block"):
            self._put(first + (token.type == "fence"), token.content)
        elif token.type == "html_block":
            self._put(first, _untagged(token.content))

    def _put_heading(self, line: int, text: str) -> None:
        if text:
            self._put(line, text)
            self._headings.append((line, text))

    def _put(self, first: int, text: str) -> None:
        """Line by line; the cells of a table row share one."""
        for number, line in zip(range(first, len(self._lines)), text.split("\n"), strict=False):
            self._lines[number] += "  " + line if line and self._lines[number] else line

    def finish(self) -> tuple[str, tuple[Heading, ...]]:
        """The text and its headings."""
        starts = [0, *accumulate(len(line) + 1 for line in self._lines)]
        return "\n".join(self._lines), tuple(Heading(starts[line], text) for line, text in self._headings)


def _visible(tokens: list[Token]) -> str:
    """The visible text of inline tokens, with a line break wherever the source has one, and nowhere else."""
    return "".join(_visible_part(token) + "\n" * token.meta.get("lines", 0) for token in tokens)


def _visible_part(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "image":
        return _visible(token.children or [])
    if token.type == "text":
        return _one_line(token.content)
    return token.content if token.type == "code_inline" else ""


def _one_line(text: str) -> str:
    """An entity such as `&#10;` may mean a line break that is none in the source."""
    return text.replace("\n", " ").replace("\r", " ")


def _untagged(markup: str) -> str:
    """HTML within Markdown: its text, with the line breaks of what is taken out."""
    bare = _MARKUP.sub(lambda found: "\n" * found.group().count("\n"), markup)
    return "\n".join(_one_line(unescape(line)) for line in bare.split("\n"))


_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|</?[a-z][^<>]*>|<[!?][^<>]*>", re.DOTALL | re.IGNORECASE
)


@lru_cache(maxsize=1)
def _markdown_parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import backtick, html_inline, image, link

    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    for name, rule in (("backticks", backtick), ("html_inline", html_inline), ("image", image), ("link", link)):
        parser.inline.ruler.at(name, _counting_lines(rule))
    return parser


def _counting_lines(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """The rule, noting how many line breaks its tokens took from the source and do not show: those within URLs and tags."""

    def counting(state: StateInline, silent: bool) -> bool:
        start, known = state.pos, len(state.tokens)
        matched = rule(state, silent)
        lines = 0 if silent else state.src.count("\n", start, state.pos)
        if matched and lines and (new := state.tokens[known:]):
            last = new[-1]
            if last.type == "code_inline":  # whose line breaks the parser made spaces
                last.content = state.src[start + len(last.markup) : state.pos - len(last.markup)].strip(" ")
            last.meta["lines"] = lines - _visible(new).count("\n")
        return matched

    return counting
