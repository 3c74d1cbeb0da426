"""Draw cost against size: SVG of both scales logarithmic, light or dark as the reader's page is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from table import NAMES, Cost, cost

WIDTH, HEIGHT = 700, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 170, 40, 48
"""Room beside the plot: for numbers, names, title, sizes."""

COLOURS = {"tongwen": "#2f7ebc", "ids": "#6fb3d9", "fts5": "#c2703d", "xapian": "#5f9a4f", "tantivy": "#9a6fb8"}
STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #444 } .title { font-size: 15px; fill: #222 }
    .grid { stroke: #888; stroke-opacity: 0.3; stroke-width: 1 } .line { fill: none; stroke-width: 2.2 }
    @media (prefers-color-scheme: dark) { text { fill: #bbb } .title { fill: #ddd } }
"""

Line = list[tuple[float, float]]


def plots(sizes: list[dict[str, Any]]) -> dict[str, str]:
    """An SVG of each kind of cost, by its name."""
    costs: dict[str, list[tuple[float, Cost]]] = {}
    for size in sizes:
        for engine, measured in size["engines"].items():
            costs.setdefault(engine, []).append((size["passages"], cost(measured)))
            if "ids" in measured:
                costs.setdefault("ids", []).append((size["passages"], cost(measured | {"warm": measured["ids"]})))
    whole = {engine: line for engine, line in costs.items() if engine != "ids"}
    return {
        "build": svg("Building an index: seconds", {name: [(x, of.build) for x, of in line] for name, line in whole.items()}),
        "memory": svg("Building an index: peak MB", {name: [(x, of.memory) for x, of in line] for name, line in whole.items()}),
        "warm": svg(
            "One to three words, warm, ten best: milliseconds, 95th percentile",
            {name: [(x, of.p95) for x, of in line] for name, line in costs.items()},
        ),
    }


def svg(title: str, lines: dict[str, Line]) -> str:
    """Lines over the number of passages, each with its name at its end."""
    points = [point for line in lines.values() for point in line]
    x_low, x_high = _bounds(x for x, _ in points)
    y_low, y_high = _bounds(y for _, y in points)

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - x_low) / (x_high - x_low)
        up = (math.log10(y) - y_low) / (y_high - y_low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    drawn = [f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>']
    for power in range(x_low, x_high + 1):
        x, y = at(10**power, 10**y_low)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{10**power:,}</text>')
    for power in range(y_low, y_high + 1):
        x, y = at(10**x_low, 10**power)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{10**power:,g}</text>')
    drawn.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">passages</text>')
    ends = {engine: at(*line[-1]) for engine, line in lines.items()}
    for engine, y in _apart({engine: y for engine, (_, y) in ends.items()}):
        colour, path = COLOURS.get(engine, "#888"), " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in lines[engine])
        drawn.append(f'<polyline class="line" stroke="{colour}" points="{path}"/>')
        drawn += ['<circle r="3" fill="{}" cx="{:.1f}" cy="{:.1f}"/>'.format(colour, *at(*point)) for point in lines[engine]]
        drawn.append(f'<text x="{WIDTH - RIGHT + 12}" y="{y + 4:.1f}" style="fill:{colour}">{escape(NAMES[engine])}</text>')
    inside = "\n".join(f"  {each}" for each in drawn)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>'
    return f"{head}\n  <style>{STYLE}  </style>\n{inside}\n</svg>\n"


def _bounds(values: Iterable[float]) -> tuple[int, int]:
    """The powers of ten around the values, or next to them if that is nearly the same."""
    known = sorted(values)
    low, high = math.floor(math.log10(1.1 * known[0])), math.ceil(math.log10(known[-1] / 1.1))
    return low, max(high, low + 1)


def _apart(heights: dict[str, float], least: float = 17) -> Iterator[tuple[str, float]]:
    """Where names stand beside the ends of their lines, moved down where they would overlap."""
    last = -math.inf
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        last = max(height, last + least)
        yield name, last
