"""From what was measured to tables: the goals of this release and how far they are met, then all figures beside the peers'.

Owns the goals and how figures look.  A ratio is ours divided by the peer's: less than 1 is faster or smaller.  A figure is the
median over the rounds; of latencies, the percentile over the queries, of each of which it is the median over the rounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from peers import PEERS

NAMES = {
    "tongwen": "tongwen",
    "ids": "tongwen, ids only",
    "searcher": "Whoosh's searcher",
    **{key: PEERS[key].label for key in PEERS},
}

GROUPS = ("keywords", "word", "phrase", "common OR")
"""The groups of queries, in the order of the table."""

REFERENCE, FROM, UP_TO = "fts5", 33_000, 1_000_000
"""The peer of the goals; the sizes between which building may not become dearer."""

GIB = 1024**3 / 1e6
"""In MB."""

Row = tuple[str, ...]
Table = list[Row]
GOAL_HEAD: Row = ("goal", "measured", "must", "aim", "")


class Goal(NamedTuple):
    """A figure that this release must reach, and one that it would like to: with a unit or, without, the ratio to `against`."""

    figure: str
    must: float
    aim: float
    ours: float | None
    against: float | None = None
    unit: str = ""

    def row(self) -> Row:
        """What the table says of it; nothing met or missed where something needed was not measured."""
        limits = (_limit(self.must, self.unit), _limit(self.aim, self.unit))
        if self.ours is None or (self.against is None and not self.unit):
            return (self.figure, "not measured", *limits, "")
        value = self.ours / self.against if self.against else self.ours
        of = f" = {_number(self.ours)} / {_number(self.against)}" if self.against else ""
        verdict = "aim met" if value <= self.aim else "met, aim missed" if value <= self.must else "missed"
        return (self.figure, _shown(value, self.unit) + of, *limits, verdict)


def compared(found: dict[str, Any]) -> list[Table]:
    """The goals, what a terminal sees, what a program sees: of the rounds on one corpus."""
    figures = Figures(found)
    return [_goals(figures), _terminal(figures), _program(figures)]


class Figures:
    """The figures of all rounds by engine; None where an engine was not measured."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.rounds, self.text = found["rounds"], found["text"]
        self.groups = [query["group"] for query in found["queries"]]
        self.peers = [name for name in PEERS if name in self.rounds[0]["indexing"]]

    def of(self, what: str, engine: str, part: str = "") -> float | None:
        """The median of a figure over the rounds."""
        measured = [each[what][engine] for each in self.rounds if engine in each[what]]
        return median(each[part] if part else each for each in measured) if measured else None

    def cold(self, engine: str) -> float | None:
        """The median of cold starts, milliseconds."""
        times = [time for each in self.rounds for time in each["cold"].get(engine, [])]
        return median(times) if times else None

    def warm(self, engine: str, group: str) -> tuple[list[float], list[int]]:
        """Of the queries of a group: milliseconds, and how many were found."""
        got = [each["warm"][engine] for each in self.rounds if engine in each["warm"]]
        chosen = [at for at, name in enumerate(self.groups) if name == group and got]
        return [median(each["ms"][at] for each in got) for at in chosen], [got[0]["found"][at] for at in chosen]

    def latency(self, engine: str, group: str, share: float) -> float | None:
        """A percentile of the latencies of a group, milliseconds."""
        times, _ = self.warm(engine, group)
        return percentile(times, share) if times else None


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest of the values that so large a share of them does not exceed; the middle if it is the half."""
    ordered = sorted(values)
    return median(ordered) if share == 0.5 else ordered[math.ceil(share * len(ordered)) - 1]


# ------------------------------------------------------------------------------------------ one corpus


def _goals(of: Figures) -> Table:
    peer, of_latency = NAMES[REFERENCE], of.latency
    builds = {name: of.of("indexing", name, "wall") for name in ("tongwen", REFERENCE, "tutorial")}
    keywords = {f"p{at}": [of_latency(name, "keywords", at / 100) for name in ("ids", REFERENCE)] for at in (50, 95)}
    common = of_latency("ids", "common OR", 0.5), of_latency("searcher", "common OR", 0.5)
    goals = [
        Goal(f"indexing / {peer}, s", 3, 1.5, builds["tongwen"], builds[REFERENCE]),
        Goal(f"indexing / {NAMES['tutorial']}, s", 1 / 5, 1 / 10, builds["tongwen"], builds["tutorial"]),
        Goal("cold search / import click, ms", 3, 2, of.cold("tongwen"), of.cold("import click")),
        *(Goal(f"keywords, ids, {at} / {peer}, ms", 2, 1, *keywords[at]) for at in keywords),
        Goal("keywords, marked passages, p95", 20, 5, of_latency("tongwen", "keywords", 0.95), unit="ms"),
        Goal("any of four common words, ids, p50 / Whoosh's searcher, ms", 1 / 8, 1 / 30, *common),
        Goal("phrase, ids, p95", 20, 3, of_latency("ids", "phrase", 0.95), unit="ms"),
        Goal("phrase, marked passages, p95", 20, 3, of_latency("tongwen", "phrase", 0.95), unit="ms"),
        Goal("update after one changed file", 1, 0.3, of.of("update", "tongwen"), unit="s"),
        Goal("index / text, MB", 3, 1.5, of.of("size", "tongwen"), of.text),
    ]
    return [GOAL_HEAD, *(goal.row() for goal in goals)]


def _terminal(of: Figures) -> Table:
    """Whole processes; in brackets, the ratio."""
    engines = ["tongwen", *of.peers]
    figures = {
        "indexing, s": [of.of("indexing", name, "wall") for name in engines],
        "indexing, CPU s": [of.of("indexing", name, "cpu") for name in engines],
        "indexing, peak MB": [of.of("indexing", name, "memory") for name in engines],
        "index, MB": [of.of("size", name) for name in engines],
        "update, s": [of.of("update", name) for name in engines],
        "cold search, ms": [of.cold(name) for name in engines],
    }
    bare = [(f"python -c '{code}', ms", _number(of.cold(code)), *("" for _ in of.peers)) for code in ("import click", "pass")]
    rows = [(name, _number(ours), *(_with_ratio(ours, value) for value in rest)) for name, (ours, *rest) in figures.items()]
    return [("process", *(NAMES[name] for name in engines)), *rows, *bare]


def _program(of: Figures) -> Table:
    """Latencies in one process; the ratio is that of ids only, because the peers give no more."""
    engines = ["searcher", *of.peers]
    rows = list[Row]()
    for group in (name for name in GROUPS if name in of.groups):
        for share in (0.5, 0.95):
            marked, ids = (of.latency(name, group, share) for name in ("tongwen", "ids"))
            others = [of.latency(name, group, share) if any(of.warm(name, group)[1]) else None for name in engines]
            cells = (_with_ratio(ids, value) for value in others)
            rows.append((f"{group}, p{share * 100:.0f} ms", _number(marked), _number(ids), *cells))
        found = [of.warm(name, group)[1] for name in ("tongwen", "ids", *engines)]
        answered = (str(sum(number > 0 for number in numbers)) if any(numbers) else "" for numbers in found)
        rows.append((f"  with an answer, of {of.groups.count(group)}", *answered))
    return [("warm", *(NAMES[name] for name in ("tongwen", "ids", *engines))), *rows]


# ------------------------------------------------------------------------------------------ growing corpora


class Cost(NamedTuple):
    """What an engine takes on one size: seconds and MB to build, MB on disk, warm and cold milliseconds."""

    build: float
    memory: float
    index: float
    p50: float
    p95: float
    cold: float


def cost(measured: dict[str, Any]) -> Cost:
    """The figures of one engine on one size."""
    build, memory = (median(each[part] for each in measured["indexing"]) for part in ("wall", "memory"))
    p50, p95 = (percentile(measured["warm"]["ms"], share) for share in (0.5, 0.95))
    return Cost(build, memory, measured["size"], p50, p95, median(measured["cold"]))


def scaled(sizes: list[dict[str, Any]]) -> list[Table]:
    """The goals, and the figures of every size and engine."""
    ours = {size["wanted"]: (size["passages"], cost(size["engines"]["tongwen"])) for size in sizes}
    number, last = ours.get(UP_TO, (1, None))
    other, first = ours.get(FROM, (1, None))
    microseconds = [made and 1e6 * made.build / many for made, many in ((last, number), (first, other))]
    goals = [
        Goal(f"build time a passage at {UP_TO:,} / at {FROM:,}, µs", 1.5, 1.1, *microseconds),
        Goal(f"peak memory at {UP_TO:,}", 2, 1, last and last.memory / GIB, unit="GiB"),
        Goal(f"keywords, marked passages, p95 at {UP_TO:,}", 200, 50, last and last.p95, unit="ms"),
    ]
    head = ("passages", "text, MB", "engine", "build, s", "s / 1,000", "peak MB", "index / text", "p50 ms", "p95 ms", "cold ms")
    rows = [row for size in sizes for row in _size(size)]
    return [[GOAL_HEAD, *(goal.row() for goal in goals)], [head, *rows]]


def _size(size: dict[str, Any]) -> Iterable[Row]:
    """The rows of one size, what is common to them in the first."""
    first = (f"{size['passages']:,}", _number(size["text"]))
    for name, measured in size["engines"].items():
        of = cost(measured)
        each = (of.build, 1000 * of.build / size["passages"], of.memory, of.index / size["text"], of.p50, of.p95, of.cold)
        yield (*first, NAMES[name], *map(_number, each))
        if "ids" in measured:
            ids = (_number(percentile(measured["ids"]["ms"], share)) for share in (0.5, 0.95))
            yield ("", "", "  ids only", "", "", "", "", *ids, "")
        first = ("", "")


# ------------------------------------------------------------------------------------------ how it looks


_DIGITS = ((99.5, 0), (9.95, 1), (0.0995, 2))
"""How many digits behind the point a figure has from what size on: three that mean something."""


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.{next((digits for least, digits in _DIGITS if value >= least), 3)}f}"


def _shown(value: float, unit: str) -> str:
    """A figure with its unit; a ratio below a half as a fraction."""
    return f"{_number(value)} {unit}" if unit else f"1/{_number(1 / value)}" if 0 < value < 0.5 else _number(value)


def _limit(value: float, unit: str) -> str:
    return f"≤ {value:g} {unit}" if unit else f"≤ {value:g}" if value >= 1 else f"≤ 1/{1 / value:g}"


def _with_ratio(ours: float | None, theirs: float | None) -> str:
    return f"{_number(theirs)} ({_shown(ours / theirs, '')})" if ours is not None and theirs else _number(theirs)


def as_text(facts: dict[str, str], tables: list[Table]) -> str:
    """For a terminal: the facts, and the tables in columns with a rule below the first row."""
    parts = ["\n".join(f"{key + ':':10}{value}" for key, value in facts.items())]
    for rows in tables:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        parts.append("\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]]))
    return "\n\n".join(parts)


def as_markdown(facts: dict[str, str], tables: list[Table]) -> str:
    """The same in Markdown."""
    parts = ["\n".join(f"- {key}: {value}" for key, value in facts.items())]
    for head, *rows in tables:
        rule = ("---",) * len(head)
        parts.append("\n".join("| " + " | ".join(cell.strip() for cell in row) + " |" for row in (head, rule, *rows)))
    return "\n\n".join(parts)


def put_into(file: Path, name: str, text: str) -> None:
    """Replace what is between `<!-- NAME -->` and `<!-- /NAME -->` in a file.  Raises ValueError if it has no such markers."""
    before, begin, rest = file.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not end:
        raise ValueError(f"{file} has no place for this: <!-- {name} --> and <!-- /{name} -->, each a line")
    file.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")
