"""From what was measured to the table: figure, ours, the goal of this release, the peer's, the ratio.

Owns the goals and how figures look.  A ratio is ours divided by the peer's: less than 1 is faster or smaller.
"""

from __future__ import annotations

import math
from statistics import median
from typing import Any

SECONDS, MEGABYTES, COLD_RATIO, WARM_MS = 20, 600, 5, 5
"""The goals of this release: indexing (wall time, peak memory), a cold search in `import click`s, the median warm word."""

NAMES = {"fts5": "FTS5 + rjieba", "tutorial": "Whoosh + jieba"}

_WORDS = ("frequent word", "middling word", "rare word")
_GROUPS = {"one word": _WORDS, **{name: (name,) for name in (*_WORDS, "phrase", "four-word OR")}}
"""Which groups of queries make a row."""

Row = tuple[str, str, str, str, str]
Round = dict[str, Any]
HEAD: Row = ("figure", "tongwen", "goal", "peer", "ratio")


def table(rounds: list[Round], groups: list[str], text_size: float, peers: tuple[str, ...]) -> list[Row]:
    """All figures of all rounds; `groups` are those of the queries timed, in order, `text_size` is in MB."""
    sizes = [got["size"]["tongwen"] for got in rounds]
    return [
        HEAD,
        *_compared("indexing, wall time", _values(rounds, peers, "indexing", "wall"), "s", SECONDS),
        *_compared("indexing, CPU time", _values(rounds, peers, "indexing", "cpu"), "s"),
        *_compared("indexing, peak memory", _values(rounds, peers, "indexing", "memory"), "MB", MEGABYTES),
        *_compared("index on disk", _values(rounds, peers, "size"), "MB"),
        ("index / text", f"{median(sizes) / text_size:.1f}", "", "", ""),
        *_compared("update after one change", _values(rounds, peers, "update", "wall"), "s"),
        *_cold(rounds),
        *(row for name, members in _GROUPS.items() for row in _warm(name, _chosen(groups, members), rounds, peers)),
    ]


def _values(rounds: list[Round], peers: tuple[str, ...], key: str, part: str = "") -> dict[str, list[float]]:
    """One figure of every round, by who it is of."""
    return {
        name: [got[key][name][part] if part else got[key][name] for got in rounds if name in got[key]]
        for name in ("tongwen", *peers)
    }


def _compared(figure: str, values: dict[str, list[float]], unit: str, most: float = math.inf) -> list[Row]:
    ours, *others = values
    middle = median(values[ours])
    cells = [(f"{NAMES[name]} {_spread(values[name], unit)}", _ratio(middle, values[name])) for name in others]
    return _rows(figure, _spread(values[ours], unit), _goal(middle, most, unit), cells)


def _cold(rounds: list[Round]) -> list[Row]:
    times = {name: [value for got in rounds for value in got["cold"][name]] for name in rounds[0]["cold"]}
    ours, click = median(times["tongwen"]), median(times["import click"])
    cells = [
        (f"python -c '{name}' {_spread(times[name], 'ms')}", _ratio(ours, times[name])) for name in ("import click", "pass")
    ]
    return _rows("cold search", _spread(times["tongwen"], "ms"), _goal(ours / click, COLD_RATIO, "× click"), cells)


def _chosen(groups: list[str], members: tuple[str, ...]) -> list[int]:
    return [at for at, group in enumerate(groups) if group in members]


def _warm(name: str, chosen: list[int], rounds: list[Round], peers: tuple[str, ...]) -> list[Row]:
    """Latencies of the chosen queries, of each the median over the rounds; and to how many there was an answer."""
    if not chosen:
        return []
    times, answered = dict[str, list[float]](), dict[str, int]()
    for engine in ("tongwen", *peers):
        got = [each["warm"][engine] for each in rounds if engine in each["warm"]]
        times[engine] = [median(each["ms"][at] for each in got) for at in chosen]
        answered[engine] = sum(got[0]["found"][at] > 0 for at in chosen)
    ours = median(times["tongwen"])
    cells = [(f"{NAMES[peer]} {_percentiles(times[peer])}", _ratio(ours, times[peer])) for peer in peers]
    goal = _goal(ours, WARM_MS, "ms") if name == "one word" else ""
    counts = [(f"{NAMES[peer]} {answered[peer]}", "") for peer in peers]
    return [
        *_rows(f"warm, {name} (p50/p95/max)", _percentiles(times["tongwen"]), goal, cells),
        *_rows("  with an answer", f"{answered['tongwen']} of {len(chosen)}", "", counts),
    ]


def _rows(figure: str, ours: str, goal: str, cells: list[tuple[str, str]]) -> list[Row]:
    """One row for each peer; what is ours stands in the first."""
    first, *others = cells or [("", "")]
    return [(figure, ours, goal, *first), *(("", "", "", *cell) for cell in others)]


def _ratio(ours: float, theirs: list[float]) -> str:
    return _number(ours / median(theirs))


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 99.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def _spread(values: list[float], unit: str) -> str:
    """The median, and the range if there is one."""
    low, middle, high = (_number(value) for value in (min(values), median(values), max(values)))
    return f"{middle} {unit}" if low == high else f"{middle} {unit} ({low} to {high})"


def _percentiles(values: list[float]) -> str:
    ordered = sorted(values)
    return " / ".join(map(_number, (median(ordered), ordered[math.ceil(0.95 * len(ordered)) - 1], ordered[-1]))) + " ms"


def _goal(value: float, most: float, unit: str) -> str:
    return "" if most == math.inf else f"≤ {most:g} {unit}: {'met' if value <= most else 'missed'}"


def format_table(rows: list[Row]) -> str:
    """The rows in columns, a rule below the first."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])
