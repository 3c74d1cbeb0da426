"""Results as lines: blocks for people, JSON Lines for machines.

Owns how everything looks: wrapping by display width, marks, colours, numbers, sentences.  Writes nothing, reads no
environment and knows no terminal; `cli.py` does.

A terminal obeys what is printed to it, and documents come from anywhere; so every text that goes to people passes through
`clean` first, which lets no control character through.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import cache
from itertools import accumulate, count, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .results import ExplainedHit, Explanation, Hit, Like, Mark, Results, Suggestion, WhyNot

    Spans = Sequence[tuple[int, int]]
    Notes = Sequence[tuple[int, str]]

MOST_PASSAGES = 3
"""How many passages of one document people are shown."""

MOST_LIKE = 2
"""How many documents are named that have a passage like the one shown."""

RESET, BOLD, DIM, MARK, PATH, LINE = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[35m", "\x1b[32m"
_INDENT = "  "
_SIGNS = {
    "region": "≈",
    "cross": "=",
    "sound": "~",
    "spelt": "~",
}  # before what was typed, behind a mark that is something else
_WIDEST_NOTE = 32  # columns of what was typed
_TOGETHER = 8  # code points of a mark that stay on the line of the note behind it

_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)  # controls, bidi controls, surrogates
_UNSAFE_JSON = "[\x7f-\x9f\u2028\u2029\ud800-\udfff]"  # what json.dumps leaves as it is
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


def wrap(text: str, width: int, marks: Spans = (), extra: int = 0, whole: Spans = ()) -> list[tuple[int, int]]:
    """Where the lines of a text start and end when it is shown in `width` columns; white space between lines is left out.

    Every piece of a mark takes `extra` columns more.  A word, or a span that is to stay `whole`, is torn only if it does not
    fit into a line by itself.
    """
    sums = [0, *accumulate(map(_columns, text))]
    inside = {at for first, last in whole for at in range(first + 1, last)}
    stop = len(text.rstrip())

    def fits(start: int, end: int) -> bool:
        pieces = sum(first < end and start < last for first, last in marks)
        return sums[end] - sums[start] + extra * pieces <= width

    def may_end(at: int) -> bool:
        return at == stop or (at not in inside and _may_break(text[at - 1], text[at]))

    lines: list[tuple[int, int]] = []
    start = len(text) - len(text.lstrip())
    start = start if sums[start] > width // 4 else 0  # some indentation is worth keeping
    while start < stop:
        last = bisect_right(sums, sums[start] + width, hi=stop + 1) - 1
        while last > start and not fits(start, last):
            last -= 1
        following = last + next((at for at, character in enumerate(text[last:stop]) if not character.isspace()), stop - last)
        following = next((at for at in range(following, start, -1) if may_end(at) and text[start:at].strip()), start)
        if following == start:  # not even one word: tear it
            last = following = next((cut for cut in range(last, start, -1) if _columns(text[cut])), start + 1)
        else:
            last = start + len(text[start:following].rstrip())
        lines.append((start, last))
        start = following
    return lines


def paint(text: str, start: int, end: int, marks: Spans, color: bool, notes: Spans = ()) -> str:
    """`text[start:end]` with the pieces of marks that are in it marked, in bold red or by « », and those of notes dimmed."""
    of_mark, of_note = ((MARK, RESET), (DIM, RESET)) if color else (("«", "»"), ("", ""))
    pieces, at = [], start
    for first, last, (on, off) in sorted([*((*span, of_mark) for span in marks), *((*span, of_note) for span in notes)]):
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


def format_passage(text: str, marks: Spans, width: int, color: bool, notes: Notes = ()) -> list[str]:
    """A passage in lines of at most `width` columns, its own lines kept, of several blank ones in a row only one.

    `notes` are put where they belong, on the same line as the mark before them, or the end of it.
    """
    text, marks, noted = _with_notes(text, marks, notes)
    lines: list[str] = []
    at, blank = 0, False
    for end, following in [*(found.span() for found in _LINE_END.finditer(text)), (len(text), 0)]:
        line = clean(text[at:end])
        here, said = _inside(marks, at, end), _inside(noted, at, end)
        starts = {last: first for first, last in here}
        whole = [(max(starts.get(first, first), first - _TOGETHER), last) for first, last in said]
        wrapped = wrap(line, width, here, 0 if color else 2, whole)
        if wrapped and blank and lines:
            lines.append("")
        lines += [paint(line, *span, here, color, said) for span in wrapped]
        at, blank = following, not wrapped
    return lines


def _inside(spans: Spans, start: int, end: int) -> Spans:
    """Those spans that are in `[start, end)` at least in part, counted from its start."""
    return [(max(first - start, 0), last - start) for first, last in spans if first < end and start < last]


def _with_notes(text: str, marks: Spans, notes: Notes) -> tuple[str, Spans, Spans]:
    """A text with the notes in it, and where marks and notes are in that; a mark with a note inside it becomes two."""
    ends = [offset for offset, _ in notes]
    sums = [0, *accumulate(len(note) for _, note in notes)]
    pieces = [text[start:end] + note for start, (end, note) in zip([0, *ends], notes, strict=False)]
    split = []
    for first, last in marks:
        cuts = [first, *(offset for offset in ends if first < offset < last), last]
        split += [
            (start + sums[bisect_right(ends, start)], end + sums[bisect_left(ends, end)]) for start, end in pairwise(cuts)
        ]
    said = [(offset + before, offset + before + len(note)) for (offset, note), before in zip(notes, sums, strict=False)]
    return "".join([*pieces, text[ends[-1] if ends else 0 :]]), split, said


def notes_of(hit: Hit, query: str) -> tuple[Spans, Notes]:
    """What to mark in a hit's text, and what to say behind the marks of something else than was typed: ` (≈晶片)`.

    Said once for each marked text and what was typed for it.  Marks side by side are one where what was typed for them is side
    by side in the query too.
    """
    from ..index.fold import fold
    from .highlight import merged

    far, said = _far_marks(hit, query), set[tuple[str, str]]()
    of_end: dict[int, list[str]] = {}
    for mark in far:
        if (key := (fold(hit.text[mark.start : mark.end]), mark.typed)) not in said:
            said.add(key)
            note = _SIGNS[mark.level] + _shortened(clean(" ".join(mark.typed.split())), _WIDEST_NOTE)
            of_end.setdefault(mark.end, []).append(note)
    spans = merged(sorted((*hit.matched, *far), key=lambda mark: mark.start))
    return spans, [(end, f" ({', '.join(of_end[end])})") for end in sorted(of_end)]


def _far_marks(hit: Hit, query: str) -> list[Mark]:
    """The marks that are not what was typed, those of words side by side as one, without those inside others."""
    far: list[Mark] = []
    marks = [mark for mark in hit.matched if mark.level in _SIGNS]
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end, list(_SIGNS).index(mark.level))):
        if any(_covers(other, mark) for other in hit.matched):
            continue
        if far and (together := _together(far[-1], mark, hit.text, query)):
            far[-1] = together
        else:
            far.append(mark)
    return far


def _together(one: Mark, other: Mark, text: str, query: str) -> Mark | None:
    """Two marks as one, if they stand side by side both in the text and, by what was typed for them, in the query."""
    from .results import Mark

    if one.level != other.level or other.start < one.end or text[one.end : other.start] not in ("", " "):
        return None
    typed = re.search(rf"{re.escape(one.typed)}\s*{re.escape(other.typed)}", query)
    return Mark(one.start, other.end, one.level, typed[0]) if typed else None


def _covers(other: Mark, mark: Mark) -> bool:
    """Whether a mark makes another needless: it is what was typed, or longer."""
    is_longer = other.end - other.start > mark.end - mark.start
    return other.start <= mark.start and mark.end <= other.end and (is_longer or other.level not in _SIGNS)


def _shortened(text: str, width: int) -> str:
    """The beginning of a text that is too wide."""
    if columns(text) <= width:
        return text
    return next(text[:end] for end in range(len(text), -1, -1) if columns(text[:end]) < width) + "…"


def _place(hit: Hit, cwd: str, color: bool) -> str:
    path, line = clean(shown_path(hit.path, cwd)), "" if hit.line is None else str(hit.line)
    path, line = (f"{PATH}{path}{RESET}", f"{LINE}{line}{RESET}") if color else (path, line)
    return f"{path} ¶{hit.passage}" if hit.line is None else f"{path}:{line}"


def _dim(text: str, color: bool) -> str:
    return f"{DIM}{text}{RESET}" if color else text


def _passage(hit: Hit, query: str, width: int, color: bool, cwd: str, rank: str = "") -> list[str]:
    """Where a hit is, with its `rank` if that is to be said, its passage, and where there are others like it."""
    marks, notes = notes_of(hit, query)
    passage = format_passage(hit.text, marks, width - len(_INDENT), color, notes)
    like = [_dim(_like(hit.like, cwd), color)] if hit.like else []
    place = _place(hit, cwd, color) + (f"  {_dim(rank, color)}" if rank else "")
    return [place, *(line and _INDENT + line for line in [*passage, *like])]


def _like(like: Sequence[Like], cwd: str) -> str:
    """`+3 like this: a.txt, b.txt, …`."""
    paths = list(dict.fromkeys(clean(shown_path(each.path, cwd)) for each in like))
    named = [*paths[:MOST_LIKE], "…"] if len(paths) > MOST_LIKE else paths
    return f"+{len(like):,} like this: {', '.join(named)}"


def chosen(hits: Iterable[Hit], limit: int, most: int = MOST_PASSAGES) -> tuple[list[Hit], dict[str, int]]:
    """The first `limit` hits of a ranking with at most `most` of a document, and how many of which were passed over."""
    shown: list[Hit] = []
    of: dict[str, int] = {}  # hits of a document so far
    for hit in hits:
        if len(shown) == limit:
            break
        of[hit.path] = of.get(hit.path, 0) + 1
        if of[hit.path] <= most:
            shown.append(hit)
    return shown, {path: number - most for path, number in of.items() if number > most}


def format_hits(
    hits: Iterable[Hit], width: int, color: bool, cwd: str, query: str = "", more: Mapping[str, int] | None = None
) -> list[str]:
    """Hits for people, a block each, grouped by document in the order of each document's best hit.

    Where a hit's rank is not its place on the page, it is said: `#7`.  `more` says of which document how many were left out.
    """
    documents: dict[str, list[Hit]] = {}
    for hit in hits:
        documents.setdefault(hit.path, []).append(hit)
    lines: list[str] = []
    places = count(1)
    for path, group in documents.items():
        title = clean(group[0].title)
        titles = [title[start:end] for start, end in wrap(title, width)]
        lines += [f"{BOLD}{line}{RESET}" if color else line for line in titles]
        for hit, place in zip(group, places, strict=False):
            rank = f"#{hit.rank}" if hit.rank != place else ""
            lines += [*_passage(hit, query, width, color, cwd, rank), ""]
        if left_out := (more or {}).get(path):
            lines[-1:] = [f"{_INDENT}+{left_out:,} more in this document", ""]
    return lines[:-1]


def format_paths(hits: Iterable[Hit], cwd: str) -> list[str]:
    """The documents of hits, each once, best first."""
    return [shown_path(path, cwd) for path in dict.fromkeys(hit.path for hit in hits)]


def json_line(value: object) -> str:
    """A value as one line of JSON, unescaped but for control characters, line separators and lone surrogates."""
    import json

    return re.sub(_UNSAFE_JSON, lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def format_json(hits: Iterable[Hit]) -> list[str]:
    """Hits for machines, one object a line.

    `matched` says of each mark as what it was found (exact, script, region, cross, sound: read like what was typed, or spelt:
    spelt nearly like it) and for which typed word; `like` names the passages that say nearly the same; `partial` that only
    some of the words are in it.
    """
    return [json_line(_hit_object(hit)) for hit in hits]


def _hit_object(hit: Hit) -> dict[str, object]:
    keys = ("rank", "score", "path", "title", "passage", "start", "end", "text", "highlights")
    matched = [{"start": mark.start, "end": mark.end, "as": mark.level, "for": mark.typed} for mark in hit.matched]
    like = [{"path": each.path, "passage": each.passage, "start": each.start} for each in hit.like]
    return {key: getattr(hit, key) for key in keys} | {"matched": matched, "like": like, "partial": hit.tier == 2}


def format_count(number: int, noun: str) -> str:
    """`1 passage`, `1,234 passages`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def format_seconds(seconds: float) -> str:
    """`0.004 s`, `1.2 s`."""
    return f"{seconds:.3f} s" if seconds < 1 else f"{seconds:,.1f} s"


def format_nothing(query: str, narrowed: Iterable[str], explain: str) -> str:
    """That nothing was found, and what to try.

    `narrowed` are options that may have kept something out, `explain` is the command that tells how the query was read.
    """
    advice = [f"without {option}" for option in narrowed] + ["with fewer words"] * (len(query.split()) > 1)
    how = f"try {' or '.join(advice)}" if advice else f"see how it was read with: {explain}"
    return clean(f"no passage matches {query}; {how}")


def format_summary(results: Results, paths: int | None = None) -> str:
    """How much was found and shown and how long it took; if `paths` documents are shown by their paths only, so many."""
    shown, total, noun = (len(results), results.total, "passage") if paths is None else (paths, results.documents, "document")
    folded = sum(len(hit.like) for hit in results) if paths is None else 0
    told = f"{shown:,} (+{folded:,} like them)" if folded else f"{shown:,}"
    counted = format_count(total, noun) if shown == total else f"{told} of {format_count(total, noun)}"
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


def format_suggestions(suggestions: Iterable[Suggestion]) -> list[str]:
    """What may have been meant, a question each."""
    return [f"did you mean {each.instead} ({format_count(each.passages, 'passage')})?" for each in suggestions]


# ------------------------------------------------------------------------------------------ explanations


def _facts(facts: Iterable[tuple[str, str]], width: int) -> list[str]:
    """Names and what is said of each, beside them in lines of its own; broken at spaces only, if that can be."""
    facts = [(name, clean(text)) for name, text in facts]
    indent = max(columns(name) for name, _ in facts) + 2
    lines = []
    for name, text in facts:
        spans = wrap(text, max(1, width - indent), whole=[found.span() for found in re.finditer(r"\S+", text)]) or [(0, 0)]
        heads = [name + " " * (indent - columns(name)), *[" " * indent] * (len(spans) - 1)]
        lines += [(head + text[start:end]).rstrip() for head, (start, end) in zip(heads, spans, strict=True)]
    return lines


def format_explanation(explanation: Explanation, width: int) -> list[str]:
    """How a query was read, and a table of what is looked for, by what was typed."""
    lines = _facts([(name, getattr(explanation, name)) for name in ("query", "folded", "tree", "plan")], width)
    by_typed: dict[str, list[tuple[str, ...]]] = {}
    for leaf in explanation.leaves:
        counts = (f"{leaf.as_word:,}", f"{leaf.passages:,}", f"{leaf.documents:,}")
        by_typed.setdefault(leaf.typed, []).append((leaf.leaf, leaf.level, f"{leaf.weight:.2g}", *counts))
    if by_typed:
        head = ("typed", "looked for", "level", "weight", "as a word", "passages", "documents")
        rows = [("" if at else typed, *row) for typed, group in by_typed.items() for at, row in enumerate(group)]
        lines += ["", *format_table([head, *rows], numbers=4)]
    if explanation.notes:
        lines += ["", *_facts([("note" if not at else "", note) for at, note in enumerate(explanation.notes)], width)]
    return lines


def format_explanation_json(explanation: Explanation) -> str:
    """The same for machines, as one object."""
    from dataclasses import asdict

    return json_line(asdict(explanation))


def format_explained_hit(explained: ExplainedHit, width: int, color: bool, cwd: str) -> list[str]:
    """A hit, and a table of what its score is made of."""
    from ..index.model import TIERS

    hit = explained.hit
    rows = [(part.what, part.leaf, f"{part.value:,.4f}") for part in explained.parts]
    total = ("sum", "", f"{sum(part.value for part in explained.parts):,.4f}")
    return [
        *_passage(hit, explained.query, width, color, cwd),
        "",
        *_facts([("rank", f"{hit.rank:,} of {format_count(explained.total, 'passage')}"), ("has", TIERS[hit.tier])], width),
        "",
        *format_table([("score for", "of", "value"), *rows, total], numbers=1),
    ]


def format_explained_hit_json(explained: ExplainedHit) -> str:
    """The same for machines, as one object: the hit's, and the parts of its score."""
    parts = [{"what": part.what, "leaf": part.leaf, "value": part.value} for part in explained.parts]
    return json_line(_hit_object(explained.hit) | {"total": explained.total, "parts": parts})


def format_why_not_json(why_not: WhyNot) -> str:
    """Why a document is not found, for machines, as one object."""
    from dataclasses import asdict

    return json_line(asdict(why_not))
