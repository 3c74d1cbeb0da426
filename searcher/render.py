"""Results as lines: blocks for people, JSON Lines for machines.

Owns how everything looks: wrapping by display width, marks, colours, numbers, sentences.  Writes nothing, reads no
environment and knows no terminal; `cli.py` does.

A terminal obeys what is printed to it, and documents come from anywhere; so every text that goes to people passes through
`clean` first, which lets no control character through.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..index.model import Explanation, Hit, Results

    Spans = Sequence[tuple[int, int]]

MOST_PASSAGES = 3
"""How many passages of one document people are shown."""

RESET, BOLD, MARK, PATH, LINE = "\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[35m", "\x1b[32m"
_INDENT = "  "

_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)  # controls, bidi controls, surrogates
_UNSAFE_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # what json.dumps leaves as it is
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_NOT_FIRST = frozenset("，。、；：？！」』）”’】》〉〕］｝〗〙〛…·・ー々％‰℃,.;:?!)]}%»\"'")
_NOT_LAST = frozenset("「『（“‘【《〈〔［｛〖〘〚￥([{«$¥£€\"'")
_GLUE = "\xa0\u2007\u202f"  # white space at which no line ends


# ------------------------------------------------------------------------------------------ text on a terminal


def clean(text: str) -> str:
    """`text` with U+FFFD for every character that a terminal would obey or cannot show; of equal length."""
    return _UNSAFE.sub("\ufffd", text).replace("\t", " ")


@cache
def _columns(character: str) -> int:
    """How many columns of a terminal a character takes: Han and its like two, combining and invisible ones none."""
    if "\u1160" <= character <= "\u11ff" or (unicodedata.category(character) in ("Mn", "Me", "Cf") and character != "\xad"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def columns(text: str) -> int:
    """How many columns of a terminal a text without control characters takes."""
    return sum(map(_columns, text))


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters: after a space, beside a wide one, as the punctuation allows."""
    if after.isspace() or not _columns(after) or before in _GLUE:
        return False
    if before.isspace():
        return True
    return 2 in (_columns(before), _columns(after)) and before not in _NOT_LAST and after not in _NOT_FIRST


def wrap(text: str, width: int, marks: Spans = (), extra: int = 0) -> list[tuple[int, int]]:
    """Where the lines of a text start and end when it is shown in `width` columns; white space between lines is left out.

    Every piece of a mark takes `extra` columns more.  A word is torn only if it does not fit into a line by itself.
    """
    sums = [0, *accumulate(map(_columns, text))]

    def fits(start: int, end: int) -> bool:
        pieces = sum(first < end and start < last for first, last in marks)
        return sums[end] - sums[start] + extra * pieces <= width

    lines: list[tuple[int, int]] = []
    start = len(text) - len(text.lstrip())
    start = start if sums[start] > width // 4 else 0  # some indentation is worth keeping
    last, last_end = start, start  # the last place to break that fits, without and with the white space there
    for stop in range(start + 1, len(text) + 1):
        end = len(text[start:stop].rstrip()) + start
        if end == start or (stop < len(text) and not _may_break(text[stop - 1], text[stop])):
            continue
        while not fits(start, end):
            if last_end == start:  # not even one word: tear it
                last = next((cut for cut in range(end - 1, start, -1) if fits(start, cut) and _columns(text[cut])), start + 1)
                last_end = last
            lines.append((start, last))
            start = last = last_end
        last, last_end = end, stop
    return [*lines, (start, last)] if last > start else lines


def paint(text: str, start: int, end: int, marks: Spans, color: bool) -> str:
    """`text[start:end]` with the pieces of marks that are in it marked: in bold red, or by « »."""
    on, off = (MARK, RESET) if color else ("«", "»")
    pieces, at = [], start
    for first, last in marks:
        first, last = max(first, at), min(last, end)
        if first < last:
            pieces += [text[at:first], on, text[first:last], off]
            at = last
    return "".join((*pieces, text[at:end]))


def shown_path(path: str, cwd: str) -> str:
    """The path as seen from the folder `cwd` if it is below that; never something that looks like an option."""
    if path == "-":
        return "(standard input)"
    below = cwd.rstrip("/") + "/"
    short = path[len(below) :] if path.startswith(below) else path
    return f"./{short}" if short.startswith("-") else short


# ------------------------------------------------------------------------------------------ results


def format_passage(text: str, marks: Spans, width: int, color: bool) -> list[str]:
    """A passage in lines of at most `width` columns, its own lines kept, of several blank ones in a row only one."""
    lines: list[str] = []
    at, blank = 0, False
    for end, following in [*(found.span() for found in _LINE_END.finditer(text)), (len(text), 0)]:
        line = clean(text[at:end])
        here = [(max(first - at, 0), last - at) for first, last in marks if first < end and at < last]
        wrapped = wrap(line, width, here, 0 if color else 2)
        if wrapped and blank and lines:
            lines.append("")
        lines += [paint(line, *span, here, color) for span in wrapped]
        at, blank = following, not wrapped
    return lines


def _place(hit: Hit, cwd: str, color: bool) -> str:
    path, line = clean(shown_path(hit.path, cwd)), "" if hit.line is None else str(hit.line)
    path, line = (f"{PATH}{path}{RESET}", f"{LINE}{line}{RESET}") if color else (path, line)
    return f"{path} ¶{hit.passage}" if hit.line is None else f"{path}:{line}"


def format_hits(hits: Iterable[Hit], width: int, color: bool, cwd: str, most: int = MOST_PASSAGES) -> list[str]:
    """Hits for people, a block each, grouped by document in the order of each document's best hit, `most` of each."""
    documents: dict[str, list[Hit]] = {}
    for hit in hits:
        documents.setdefault(hit.path, []).append(hit)
    lines: list[str] = []
    for group in documents.values():
        title = clean(group[0].title)
        titles = [title[start:end] for start, end in wrap(title, width)]
        lines += [f"{BOLD}{line}{RESET}" if color else line for line in titles]
        for hit in group[:most]:
            passage = format_passage(hit.text, hit.highlights, width - len(_INDENT), color)
            lines += [_place(hit, cwd, color), *(line and _INDENT + line for line in passage), ""]
        if len(group) > most:
            lines[-1:] = [f"{_INDENT}+{len(group) - most:,} more in this document", ""]
    return lines[:-1]


def format_paths(hits: Iterable[Hit], cwd: str) -> list[str]:
    """The documents of hits, each once, best first."""
    return [shown_path(path, cwd) for path in dict.fromkeys(hit.path for hit in hits)]


def json_line(value: object) -> str:
    """A value as one line of JSON, unescaped but for control characters, line separators and lone surrogates."""
    import json

    return _UNSAFE_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def format_json(hits: Iterable[Hit]) -> list[str]:
    """Hits for machines, one object a line."""
    lines = []
    for hit in hits:
        keys = ("rank", "score", "path", "title", "passage", "start", "end", "text", "highlights")
        found = {key: getattr(hit, key) for key in keys}
        matched = [{"start": mark.start, "end": mark.end, "as": mark.level, "for": mark.typed} for mark in hit.matched]
        lines.append(json_line(found | {"matched": matched}))
    return lines


def format_count(number: int, noun: str) -> str:
    """`1 passage`, `1,234 passages`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def format_seconds(seconds: float) -> str:
    """`0.004 s`, `1.2 s`."""
    return f"{seconds:.3f} s" if seconds < 1 else f"{seconds:,.1f} s"


def format_summary(results: Results, narrowed: Iterable[str] = (), paths: int | None = None) -> str:
    """How much was found and shown and how long it took; if `paths` documents are shown by their paths only, so many.

    If nothing was found, what to try; `narrowed` are options that may have kept something out.
    """
    if not results.total:
        advice = [f"without {option}" for option in narrowed] + ["with fewer words"] * (len(results.query.split()) > 1)
        how = f"try {' or '.join(advice)}" if advice else "see how it was read with: tongwen explain"
        return f"no passage matches {clean(results.query)}; {how}"
    shown, total, noun = (len(results), results.total, "passage") if paths is None else (paths, results.documents, "document")
    counted = format_count(total, noun) if shown == total else f"{shown:,} of {format_count(total, noun)}"
    where = f" in {format_count(results.documents, 'document')}" if paths is None else ""
    return f"{counted}{where}, {format_seconds(results.seconds)}"


def format_table(rows: Sequence[Sequence[str]], numbers: int = 0) -> list[str]:
    """Rows in columns aligned by display width, the last `numbers` of them to the right."""
    rows = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [(" " * (width - columns(cell)), cell) for width, cell in zip(widths, row, strict=True)]
        texts = [space + cell if at >= len(row) - numbers else cell + space for at, (space, cell) in enumerate(cells)]
        lines.append("  ".join(texts).rstrip())
    return lines


def format_explanation(explanation: Explanation) -> list[str]:
    """How a query was read, and a table of its leaves."""
    facts = [(name, clean(getattr(explanation, name))) for name in ("query", "folded", "tree", "plan")]
    lines = format_table(facts)
    if explanation.leaves:
        rows = [(leaf.leaf, leaf.typed, f"{leaf.as_word:,}", f"{leaf.passages:,}") for leaf in explanation.leaves]
        lines += ["", *format_table([("leaf", "typed", "as a word", "passages"), *rows], numbers=2)]
    return lines
