"""Why a query does not find a document that should have been found: the first step at which it was lost, and what to do.

Owns the order of the steps (see `model.WhyNot`) and their sentences.  Asks the file system, the index's list of files and the
engine; knows no terminal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from ..index.engines import base
from ..index.engines.base import Found
from ..index.errors import UnreadableFile
from ..index.fold import fold
from ..index.frozen import frozen
from ..index.generation import FileRecord
from ..index.model import (
    LEVELS,
    AllOf,
    AnyOf,
    Filter,
    Hint,
    Leaf,
    Level,
    Match,
    Near,
    Not,
    Plan,
    Stored,
    Term,
    Whole,
    Wide,
    Wild,
    Words,
    sought,
)
from ..index.patterns import in_folded
from ..index.scripts import is_letter, runs
from . import highlight
from . import query as syntax
from .results import Lost, WhyNot

FIRST = 10
"""How many passages a search shows unless it is told otherwise."""

NAMED = 3
"""How many of a kind are named at the most."""

_RACY = -1  # the time that is recorded for a file written right before it was read

Search = Callable[[Plan], Found]
Planner = Callable[[str, Level], "Plan | None"]


# ------------------------------------------------------------------------------------------ on the way into the index


@frozen
class OnDisk:
    """How a file stands to an index: the path it was indexed by, or where it was lost before (`step`, with sentences).

    `stale` says in a sentence that the index has it as it was, "" if it still is so.
    """

    path: str
    step: Lost | None = None
    sentences: tuple[str, ...] = ()
    stale: str = ""


def on_disk(index_dir: Path, file: str) -> OnDisk:
    """Follow a file from the disk to the index; raises IndexNotFound, IndexDamaged."""
    manifest = base.manifest(index_dir)
    records = base.files(index_dir, manifest)
    path = file if file == "-" else os.path.abspath(file)  # noqa: PTH100 - as `sources` does
    record = records.get(path) or _same_file(records, path)
    if record is None:
        return _never_read(index_dir, manifest.sources, records, path)
    if record.skipped:
        return OnDisk(path, "skipped", (f"it was left out: {record.skipped}", "mend that, then run: tongwen index"))
    return OnDisk(record.path, stale=_stale(record))


def _same_file(records: dict[str, FileRecord], path: str) -> FileRecord | None:
    """What is recorded of the same file under another path: links lead to it."""
    real = os.path.realpath(path)
    return next((record for other, record in records.items() if os.path.realpath(other) == real), None)


def _stale(record: FileRecord) -> str:
    if record.path == "-":
        return ""
    try:
        info = os.stat(record.path)  # noqa: PTH116 - a str may hold what Path would normalise away
    except OSError:
        return "the file is gone since it was indexed; tongwen index will drop it"
    if record.size == info.st_size and record.mtime_ns in (info.st_mtime_ns, _RACY):
        return ""
    return "it has changed since it was indexed; bring the index up to date with: tongwen index"


def _never_read(index_dir: Path, sources: Sequence[str], records: Iterable[str], path: str) -> OnDisk:
    """Why a file is not in the index's list of files."""
    if path == "-":
        return OnDisk(path, "index", ("nothing that came from standard input was indexed; do that with: tongwen index -",))
    if not os.path.lexists(path):
        name = os.path.basename(path)  # noqa: PTH119 - a str as above
        others = [other for other in records if os.path.basename(other) == name][:NAMED]  # noqa: PTH119
        advice = f"the index has one of that name: {', '.join(others)}" if others else "check the spelling"
        return OnDisk(path, "missing", ("there is no such file", advice))
    if os.path.isdir(path):  # noqa: PTH112
        return OnDisk(path, "missing", ("it is a folder; ask for a file in it",))
    if _below(os.path.realpath(path), os.path.realpath(index_dir)):
        return OnDisk(path, "skipped", ("it is part of the index, which is never indexed",))
    above = [source for source in sources if _below(path, source)]
    if not above:
        return OnDisk(path, "source", (f"it is below none of the paths that are indexed: {_listed(sources)}", _add(path)))
    nearest = max(above, key=len)
    if "/." in path[len(nearest.rstrip("/")) :]:
        return OnDisk(path, "skipped", ("files and folders whose names begin with . are left out", _add(path)))
    if reason := _skipped(path, is_named=path == nearest):
        advice = _add(path) if "binary" in reason and path != nearest else "mend that, then run: tongwen index"
        return OnDisk(path, "skipped", (f"it was left out: {reason}", advice))
    return OnDisk(path, "index", ("it has not been indexed yet; do that with: tongwen index",))


def _add(path: str) -> str:
    from shlex import quote

    return f"add it by name with: tongwen index {quote(path)}"


def _skipped(path: str, *, is_named: bool) -> str:
    """Why a file is not even tried, "" if it is."""
    from ..index.sources import find_files  # brings the formats along, which a search does not need

    skipped: list[UnreadableFile] = []
    folder = os.path.dirname(path)  # noqa: PTH120 - a str as above
    is_tried = any(file.path == path for file in find_files([path if is_named else folder], skipped.append))
    return "" if is_tried else next((error.reason for error in skipped if error.path == path), "")


def _listed(names: Iterable[str]) -> str:
    """The first few of names."""
    every = list(names)
    return ", ".join([*every[:NAMED], "…"] if len(every) > NAMED else every)


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


# ------------------------------------------------------------------------------------------ in the index


@frozen
class Indexed:
    """An index and how to ask it: the engine's search, a plan for a query at a level, a passage as it is stored, and folded.

    `is_word` says of a folded text whether it is a word of the index.
    """

    search: Search
    plan: Planner
    fetch: Callable[[int], Stored]
    folded: Callable[[int], str]
    is_word: Callable[[str], bool]


class InDocument:
    """A document in an index, and what it has of a query; asked for at a level."""

    def __init__(self, index: Indexed, passages: range, level: Level) -> None:
        self._index, self._passages, self._level = index, passages, level

    def having(self, plan: Plan) -> set[int]:
        """Its passages that a plan finds by itself."""
        return set(self._index.search(plan).complete_among(self._passages))

    @cached_property
    def stored(self) -> Stored:
        """Its first passage."""
        return self._index.fetch(self._passages[0])

    def place(self, passage: int) -> str:
        """A passage of it for people: `passage 3 (line 17)`."""
        stored = self._index.fetch(passage)
        return f"passage {stored.number}" + ("" if stored.line is None else f" (line {stored.line})")

    # -------------------------------------------------------------------------------------- the steps

    def found(self, ranked: Sequence[Match], first: Iterable[Sequence[Match]], stale: str) -> WhyNot:
        """Where a document is among the matches; `first` are those that a search shows first, in groups shown as one."""
        at, best = next((number, match) for number, match in enumerate(ranked) if match.id in self._passages)
        lines = [f"it is found: {self.place(best.id)} has rank {at + 1:,} of {len(ranked):,}, score {best.score:.4f}"]
        if best.tier == 2:
            is_last = any(match.tier < 2 for match in ranked)
            lines.append(f"it has only some of the words; {'others have all of them' if is_last else 'no passage has all'}")
        shown = next((group for group in first if any(match.id == best.id for match in group)), None)
        if shown is None and at >= FIRST:
            lines.append(f"a search shows the best {FIRST}; to see it too: -n {at + 1}")
        elif shown is not None and shown[0].id not in self._passages:
            other = self._index.fetch(shown[0].id)
            lines.append(f"it says nearly the same as {other.path}, and is shown as one with that; to see both: --copies")
        return WhyNot(True, "found", (*lines, *filter(None, [stale])), at + 1)

    def lost(self, plan: Plan, filters: Iterable[Filter]) -> tuple[Lost, tuple[str, ...]]:
        """Where a document that a plan does not find was lost; `filters` are asked besides."""
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        if unmet := next((each for each in filters if not self.having(each)), None):
            return "filter", (self._unmet(unmet, f"--{unmet.field} {unmet.value}"), f"search without --{unmet.field}")
        if unmet := next((each for each in children if isinstance(each, Filter) and not self.having(each)), None):
            return "field", (self._unmet(unmet, str(unmet)), f"search without {unmet}")
        excluded = {each: self.having(each.child) for each in children if isinstance(each, Not)}
        out = set().union(*excluded.values())
        if out and out >= set(self._passages):
            return "absent", tuple(self._excluding(excluded, "every passage of it"))
        wholes = [child for child in children if isinstance(child, Whole)]
        has: dict[Plan, set[int]] = {
            child: self.having(child).union(*(self.having(whole.variant.leaf) for whole in wholes if child in whole.parts))
            for child in children
            if not isinstance(child, (Filter, Not, Whole, Hint))
        }
        if len(has) > 1:  # then what the title has is as good as in every passage
            has |= {child: set(self._passages) for child in has if self._is_in_title(child)}
        if missing := [child for child, passages in has.items() if not passages]:
            instead = {child: [whole.variant.leaf for whole in wholes if whole.parts == (child,)] for child in missing}
            lines = [line for child in missing for line in self._missing(child, instead[child])]
            if len(missing) < len(has):
                lines.append(f"search without {' and '.join(map(_shown, missing))}")
            return "word", tuple(lines)
        if complete := set(self._passages).intersection(*has.values()):
            return "absent", tuple(self._excluding(excluded, f"{self._places(complete)}, where all the words are"))
        if hidden := next((child for child, passages in has.items() if passages <= out), None):
            return "absent", tuple(self._excluding(excluded, f"{self._places(has[hidden])}, where {_shown(hidden)} is"))
        return "passage", tuple(self._apart(has))

    def _is_in_title(self, child: Plan) -> bool:
        title = fold(self.stored.title)
        leaves = (variant.leaf for variant in sought(child))
        return any(next(in_folded(leaf, title), None) for leaf in leaves if isinstance(leaf, (Term, Words)))

    def _unmet(self, condition: Filter, typed: str) -> str:
        if condition.field == "title":
            return f"{typed} is not in its title, {self.stored.title}"
        if condition.field == "path":
            return f"{typed} does not match its path, {self.stored.path}, nor the end of it from some folder on"
        languages = ("zh-Hans", "zh-Hant", "en", "ja", "und")
        own = [language for language in languages if self.having(Filter("lang", language))]
        return f"{typed} is not its language, which is {' or '.join(own)} as far as its text tells"

    def _excluding(self, excluded: dict[Not, set[int]], what: str) -> Iterator[str]:
        """What of a query excludes passages that would be found."""
        at_work = [_shown(each) for each, passages in excluded.items() if passages]
        yield f"{' and '.join(at_work)} exclude{'s' if len(at_work) == 1 else ''} {what}"
        yield f"search without {' and '.join(at_work)}"

    def _places(self, passages: Iterable[int]) -> str:
        return _listed(map(self.place, sorted(passages)))

    def _apart(self, has: dict[Plan, set[int]]) -> Iterator[str]:
        best = max(self._passages, key=lambda passage: (sum(passage in passages for passages in has.values()), -passage))
        there = [_shown(child) for child, passages in has.items() if best in passages]
        lacking = [_shown(child) for child, passages in has.items() if best not in passages]
        yield "the words are all in it, but in no passage together; shown are passages of other documents that have them all"
        yield f"{self.place(best)} has most: {', '.join(there)}, but not {', '.join(lacking)}"
        yield f"search without {' '.join(lacking)}, or with OR between the words"

    # -------------------------------------------------------------------------------------- a word that is missing

    def _missing(self, child: Plan, instead: Iterable[Leaf]) -> Iterator[str]:
        """What was tried for a part of a query that is nowhere in the document, and what would find it.

        `instead` was tried besides what the part itself says.
        """
        typed, tried = _typed(child), [*(variant.leaf for variant in sought(child)), *instead]
        known = {*map(_text, typed), *(fold(leaf.typed) for leaf in tried)}
        others = [text for text in dict.fromkeys(map(_text, tried)) if text not in known]
        more = [f"{len(others) - NAMED} more"] if len(others) > NAMED else []
        also = f", nor is {' or '.join([*others[:NAMED], *more])}" if others else ""
        yield f"{_shown(child)} is nowhere in it{also}"
        for leaf in typed:
            yield from self._farther(leaf)
            yield from self._in_pieces(leaf)
            yield from self._inside_words(leaf)

    def _farther(self, leaf: Leaf) -> Iterator[str]:
        """At which level something would be found in the place of a word."""
        if not isinstance(leaf, (Term, Words)):
            return
        is_exact = isinstance(leaf, Term) and leaf.exact and self._level != LEVELS[0]
        for level in LEVELS[LEVELS.index(self._level) + (not is_exact) :]:
            plan = self._index.plan(str(_node(leaf)), level)
            if plan is not None and self.having(plan):
                how = f"without = before {leaf.typed}" if level == self._level else f"with --match {level}"
                yield f"{how} it is found, as {' and '.join(self._surfaces(plan))}"
                return

    def _surfaces(self, plan: Plan) -> list[str]:
        """What stands in the document for what a plan looks for, each once."""
        asked = tuple(sought(plan))
        marked = (
            highlight.marked(self._index.fetch(passage), asked, is_word=self._index.is_word)
            for passage in sorted(self.having(plan))
        )
        return list(dict.fromkeys(text[mark.start : mark.end] for text, marks in marked for mark in marks))[:NAMED]

    def _in_pieces(self, leaf: Leaf) -> Iterator[str]:
        """Where the words of a phrase are, if not one behind the other."""
        if not isinstance(leaf, Term) or leaf.word:
            return
        plan = self._index.plan(" ".join(str(syntax.Word(word)) for word in leaf.typed.split()), self._level)
        if isinstance(plan, AllOf) and (there := self.having(plan)):
            yield f"{self.place(min(there))} has the words of {leaf.typed}, but not as this phrase; leave out the quotes"

    def _inside_words(self, leaf: Leaf) -> Iterator[str]:
        """The longer words of letters that a word is a part of."""
        if isinstance(leaf, Words) and len(leaf.stems) == 1:
            wanted = sorted({fold(leaf.typed), leaf.stems[0]}, key=len)
        elif isinstance(leaf, Term) and leaf.text and is_letter(leaf.text[0]) and is_letter(leaf.text[-1]):
            wanted = [leaf.text]
        else:
            return
        words = dict.fromkeys(word for passage in self._passages for _, word, _ in runs(self._index.folded(passage)))
        if longer := [word for word in words if any(part in word and part != word for part in wanted)]:
            yield f"it has {wanted[0]} only as part of {_listed(longer)}; *{wanted[0]}* finds that"


def _typed(plan: Plan) -> list[Leaf]:
    """The leaves that were typed, without what stands for them."""
    match plan:
        case Wide():
            return [plan.leaf]
        case AllOf() | AnyOf():
            return [leaf for child in plan.children for leaf in _typed(child)]
        case Term() | Words() | Near() | Wild():
            return [plan]
        case _:
            return []


def _node(leaf: Term | Words) -> syntax.Node:
    """What to type for a leaf, without saying how exactly it is meant."""
    return syntax.Phrase(leaf.typed) if isinstance(leaf, Term) and not leaf.word else syntax.Word(leaf.typed)


def _text(leaf: Leaf) -> str:
    """A leaf for people: what is looked for."""
    match leaf:
        case Term():
            return leaf.text
        case Near():
            return leaf.typed
        case Words():
            return " ".join(leaf.stems)
        case Wild():
            return str(leaf)


def _shown(plan: Plan) -> str:
    """A part of a plan as it was typed, or nearly so."""
    match plan:
        case Not():
            return f"-{_shown(plan.child)}"
        case Filter():
            return str(plan)
        case AllOf() | AnyOf():
            parts = tuple(child for child in plan.children if not isinstance(child, (Hint, Whole)))
            typed = [child.variant.leaf.typed for child in plan.children if isinstance(child, Whole) and child.parts == parts]
            shown = typed[:1] or dict.fromkeys(map(_shown, parts))
            return f"({(' ' if isinstance(plan, AllOf) else ' OR ').join(shown)})" if len(shown) > 1 else next(iter(shown))
        case Near():
            return f'"{plan.typed}"~{plan.slop}'
        case _:
            return next(sought(plan)).leaf.typed
