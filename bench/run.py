"""Measure tongwen and its peers in one run, and print tables.

    python bench/run.py [--peers NAME,…] [--rounds N] [--markdown FILE] [--json FILE]
    python bench/run.py --scale [--sizes N,…] [--peers NAME,…] [--markdown FILE] [--svg FOLDER] [--json FILE]

Owns the command line, and what is measured on the help corpus in which order; `scale.py` has the same for growing corpora,
`table.py` the goals and the tables.  Nothing is asserted: a missed goal is printed as missed and the exit status is 0.
See README.md for what the figures mean.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import corpus as help_corpus
import plot
import scale
import table
from peers import PEERS, pages, text_of
from processes import HERE, cold, machine, run, size_of, update, version_of, warm

PACKAGES = ("tongwen", "whoosh3", "rjieba", "jieba", "opencc", "click", "tantivy")
SLOW = ("tutorial",)
"""Peers that are measured in the first round only."""

COLD_RUNS = 9
"""The fewest cold starts of each kind."""

OURS = ("tongwen", "ids", "searcher")
"""What `warm.py` measures on our index."""


@dataclass(frozen=True)
class Plan:
    """What every round works on: a copy of the corpus, the queries in a file, a folder for indexes."""

    corpus: Path
    queries: Path
    indexes: Path
    cold_runs: int
    peers: tuple[str, ...]


def measure(plan: Plan, number: int) -> dict[str, Any]:
    """One round: everything of ours next to the same of the peers."""
    names = ("tongwen", *(name for name in plan.peers if number == 0 or name not in SLOW))
    indexes = {name: plan.indexes / f"{name}-{number}" for name in names}
    found: dict[str, Any] = {key: {} for key in ("indexing", "size", "update", "warm", "cold")}
    for name, index in indexes.items():
        _tell(f"round {number + 1}: indexing, {name}")
        found["indexing"][name] = asdict(update(name, plan.corpus, index)) | {"output": None}
        found["size"][name] = size_of(index)
    _tell(f"round {number + 1}: cold starts")
    found["cold"] = cold_starts(plan, indexes)
    for name in (*OURS, *names[1:]):
        _tell(f"round {number + 1}: warm searches, {name}")
        found["warm"][name] = warm(name, indexes.get(name, indexes["tongwen"]), plan.queries)
    changed, _ = next(pages(plan.corpus))
    with Path(changed).open("a", encoding="utf-8") as page:
        page.write(f"同文 {number}\n")
    for name, index in indexes.items():
        found["update"][name] = update(name, plan.corpus, index).wall
        shutil.rmtree(index)
    return found


def cold_starts(plan: Plan, indexes: dict[str, Path]) -> dict[str, list[float]]:
    """Wall milliseconds of fresh processes, one of each kind in turn; the first turn, which fills caches, is dropped."""
    queries = json.loads(plan.queries.read_text(encoding="utf-8"))
    words = [query["parts"][0] for query in queries if query["group"] == "word"]
    found: dict[str, list[float]] = {}
    for turn in range(plan.cold_runs + 1):
        times = {name: cold(name, index, words[turn % len(words)]) for name, index in indexes.items()}
        for code in ("import click", "pass"):
            times[code] = 1000 * run(sys.executable, "-c", code).wall
        for name, milliseconds in times.items():
            found[name] = [*found.get(name, []), *([milliseconds] if turn else [])]
    return found


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def describe(corpus: Path) -> tuple[str, float]:
    """What is in the corpus, in words, and its size in MB."""
    number = characters = size = 0
    for path, info in pages(corpus):
        number, characters, size = number + 1, characters + len(text_of(path)), size + info.st_size
    return f"{number:,} pages, {characters / 1e6:.1f} M characters, {size / 1e6:.1f} MB", size / 1e6


def facts(asked: argparse.Namespace) -> dict[str, str]:
    """Where and with what this is measured."""
    found = machine(PACKAGES)
    if "xapian" in asked.peers:
        code = "import xapian; print(xapian.version_string(), end='')"
        found["packages"] += f", xapian {run(sys.executable, '-c', code).output}"
    if asked.missing:
        found["left out"] = ", ".join(asked.missing)
    return found | {"rounds": str(asked.rounds)}


def compare(asked: argparse.Namespace, source: Path) -> Iterator[dict[str, Any]]:
    """What is measured so far, after each round on one corpus; the rounds of everyone are interleaved."""
    with tempfile.TemporaryDirectory(prefix="tongwen-bench-") as name:
        folder = Path(name)
        plan = Plan(folder / "corpus", folder / "queries.json", folder, math.ceil(COLD_RUNS / asked.rounds), asked.peers)
        shutil.copytree(source, plan.corpus)
        described, text_size = describe(plan.corpus)
        plan.queries.write_text(run(sys.executable, HERE / "queries.py", plan.corpus).output, encoding="utf-8")
        queries = json.loads(plan.queries.read_text(encoding="utf-8"))
        timed = [query for query in queries if query["group"] != "warm-up"]
        found: dict[str, Any] = {
            "facts": facts(asked) | {"corpus": described},
            "text": text_size,
            "queries": timed,
            "rounds": [],
        }
        for number in range(asked.rounds):
            found["rounds"].append(measure(plan, number))
            yield found


def grow(asked: argparse.Namespace, source: Path) -> Iterator[dict[str, Any]]:
    """What is measured so far, after each size."""
    found: dict[str, Any] = {"facts": facts(asked), "sizes": []}
    for size in scale.measure(source, asked.sizes, asked.rounds, asked.peers, _tell):
        found["sizes"].append(size)
        yield found


# ------------------------------------------------------------------------------------------ the command line


def arguments() -> argparse.Namespace:
    """What is asked on the command line."""
    parser = argparse.ArgumentParser(description="Measure tongwen and its peers in one run.")
    parser.add_argument(
        "--corpus", type=Path, help="a folder of UTF-8 text [default: the help corpus, brought when first needed]"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often everything is measured [default: 3]")
    parser.add_argument("--peers", metavar="NAME,…", help=f"of {', '.join(PEERS)}; none [default: those that are installed]")
    parser.add_argument("--scale", action="store_true", help="how cost grows: corpora made in the likeness of --corpus")
    parser.add_argument(
        "--sizes",
        type=_numbers,
        default=scale.SIZES,
        metavar="N,…",
        help="passages of each of these [default: 1,000 to 1,000,000]",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the tables into a file, between its markers")
    parser.add_argument("--svg", type=Path, metavar="FOLDER", help="with --scale: draw speed-*.svg there")
    parser.add_argument("--from", dest="before", type=Path, metavar="FILE", help="measure nothing, take what --json wrote")
    asked = parser.parse_args()
    if asked.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if not version_of("tongwen"):
        parser.error("tongwen is not installed here; in the folder above: python -m pip install .")
    wanted = [name for name in (asked.peers or ",".join(PEERS)).split(",") if name != "none"]
    if unknown := set(wanted) - PEERS.keys():
        parser.error(f"no peer is called {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    asked.peers = tuple(name for name in wanted if PEERS[name].installed())
    asked.missing = [
        f"{PEERS[name].label} (not installed: {PEERS[name].install})" for name in wanted if name not in asked.peers
    ]
    return asked


def _source(asked: argparse.Namespace) -> Path:
    """The corpus that is asked for; the help corpus is brought if it is not there."""
    source: Path = asked.corpus or help_corpus.default_folder()
    if asked.corpus is None and not source.exists():
        _tell(f"bringing the help corpus to {source}")
        run(sys.executable, HERE / "corpus.py", source)
    return source


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(number) for number in text.split(",")))


def main() -> None:
    """Measure and print."""
    asked = arguments()
    if asked.before:
        found = json.loads(asked.before.read_text(encoding="utf-8"))
    else:
        for found in (grow if asked.scale else compare)(asked, _source(asked)):
            if asked.json:  # each time: the last size takes longest
                asked.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    tables = table.scaled(found["sizes"]) if asked.scale else table.compared(found)
    print(table.as_text(found["facts"], tables))
    if asked.markdown:
        table.put_into(asked.markdown, "scale" if asked.scale else "peers", table.as_markdown(found["facts"], tables))
    if asked.svg and asked.scale:
        for name, drawn in plot.plots(found["sizes"]).items():
            (asked.svg / f"speed-{name}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
