"""Measure tongwen and its peers in one run, and print a table.

    python bench/run.py [--corpus DIR] [--rounds N] [--peers none|fast|all] [--json FILE]

Owns what is measured and in which order; the goals and the table are `table.py`'s.  Nothing is asserted: a missed goal is
printed as missed and the exit status is 0.  See README.md for what the figures mean.

This process loads no more than the standard library: what it starts begins with its memory as the mark for a peak.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

import corpus as help_corpus
from peers import pages, text_of
from table import format_table, table

HERE = Path(__file__).resolve().parent
PACKAGES = ("tongwen", "whoosh3", "rjieba", "jieba", "opencc", "click")
PEER_SETS = {"none": (), "fast": ("fts5",), "all": ("fts5", "tutorial")}
SLOW = ("tutorial",)
"""Peers that are measured in the first round only."""

COLD_RUNS = 9
"""The fewest cold starts of each kind."""


@dataclass(frozen=True)
class Run:
    """A process that has ended: wall and CPU seconds, peak resident memory in MB."""

    wall: float
    cpu: float
    memory: float
    output: str


def run(*command: str | Path) -> Run:
    """Run a command to its end; leaves with its last words if it fails."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            last = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
            sys.exit(f"{last}\nrun.py: exit status {process.returncode} of {' '.join(map(str, command))}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6, output.decode())


def tongwen(*arguments: str | Path) -> tuple[str | Path, ...]:
    """The command as installed."""
    command = Path(sys.executable).with_name("tongwen")
    start = (command,) if command.exists() else (sys.executable, "-c", "from tongwen.searcher.cli import main; main()")
    return (*start, *arguments)


def size_of(folder: Path) -> float:
    """MB in all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


# ------------------------------------------------------------------------------------------ one round


@dataclass(frozen=True)
class Plan:
    """What every round works on: a copy of the corpus, the queries in a file, a folder for indexes."""

    corpus: Path
    queries: Path
    indexes: Path
    cold_runs: int
    peers: tuple[str, ...]

    def update(self, name: str, index: Path) -> Run:
        """Make an index or bring it up to date, in a fresh process."""
        if name == "tongwen":
            return run(*tongwen("index", "--quiet", "--index", index, self.corpus))
        return run(sys.executable, HERE / "peers.py", name, self.corpus, index)


def measure(plan: Plan, number: int) -> dict[str, Any]:
    """One round: everything of ours next to the same of the peers."""
    names = ("tongwen", *(name for name in plan.peers if number == 0 or name not in SLOW))
    indexes = {name: plan.indexes / f"{name}-{number}" for name in names}
    found: dict[str, Any] = {key: {} for key in ("indexing", "size", "update", "warm", "cold")}
    for name, index in indexes.items():
        _tell(f"round {number + 1}: indexing, {name}")
        found["indexing"][name] = _figures(plan.update(name, index))
        found["size"][name] = size_of(index)
    _tell(f"round {number + 1}: cold starts")
    found["cold"] = cold(plan, indexes["tongwen"])
    for name, index in indexes.items():
        _tell(f"round {number + 1}: warm searches, {name}")
        found["warm"][name] = json.loads(run(sys.executable, HERE / "warm.py", name, index, plan.queries).output)
    changed, _ = next(pages(plan.corpus))
    with Path(changed).open("a", encoding="utf-8") as page:
        page.write(f"同文 {number}\n")
    for name, index in indexes.items():
        found["update"][name] = _figures(plan.update(name, index))
        shutil.rmtree(index)
    return found


def cold(plan: Plan, index: Path) -> dict[str, list[float]]:
    """Wall milliseconds of fresh processes, one of each kind in turn; the first turn, which fills caches, is dropped."""
    queries = json.loads(plan.queries.read_text(encoding="utf-8"))
    words = [query["parts"][0] for query in queries if query["group"] == "middling word"]
    found: dict[str, list[float]] = {"pass": [], "import click": [], "tongwen": []}
    for turn in range(plan.cold_runs + 1):
        commands = {
            "pass": (sys.executable, "-c", "pass"),
            "import click": (sys.executable, "-c", "import click"),
            "tongwen": tongwen("search", "--index", index, words[turn % len(words)]),
        }
        for name, command in commands.items():
            milliseconds = 1000 * run(*command).wall
            found[name] += [milliseconds] if turn else []
    return found


def _figures(done: Run) -> dict[str, float]:
    return {"wall": done.wall, "cpu": done.cpu, "memory": done.memory}


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


# ------------------------------------------------------------------------------------------ the surroundings


def machine() -> dict[str, str]:
    """Where and with what this is measured."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    facts = {
        "date": time.strftime("%Y-%m-%d %H:%M %z"),
        "machine": f"{cores} cores, {_processor()}, load {os.getloadavg()[0]:.1f}",
        "Python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
    }
    if '"editable": true' in (distribution("tongwen").read_text("direct_url.json") or ""):
        facts["note"] = "editable install: its import hook slows every start of Python; a normal install has none"
    return facts


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def describe(corpus: Path) -> tuple[str, float]:
    """What is in the corpus, in words, and its size in MB."""
    number = characters = size = 0
    for path, info in pages(corpus):
        number, characters, size = number + 1, characters + len(text_of(path)), size + info.st_size
    return f"{number:,} pages, {characters / 1e6:.1f} M characters, {size / 1e6:.1f} MB", size / 1e6


def arguments() -> argparse.Namespace:
    """What is asked on the command line."""
    parser = argparse.ArgumentParser(description="Measure tongwen and its peers in one run.")
    parser.add_argument(
        "--corpus", type=Path, help="a folder of UTF-8 text [default: the help corpus, brought when first needed]"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often everything is measured [default: 3]")
    parser.add_argument(
        "--peers", choices=PEER_SETS, default="fast", help="fast: SQLite FTS5; all: the tutorial stack too, which is slow"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    asked = parser.parse_args()
    if asked.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if _version("tongwen") == "none":
        parser.error("tongwen is not installed here; in the folder above: python -m pip install .")
    return asked


def main() -> None:
    """Measure and print."""
    asked = arguments()
    source = asked.corpus or help_corpus.default_folder()
    if asked.corpus is None and not source.exists():
        _tell(f"bringing the help corpus to {source}")
        run(sys.executable, HERE / "corpus.py", source)
    with tempfile.TemporaryDirectory(prefix="tongwen-bench-") as name:
        plan = Plan(
            Path(name, "corpus"),
            Path(name, "queries.json"),
            Path(name),
            math.ceil(COLD_RUNS / asked.rounds),
            PEER_SETS[asked.peers],
        )
        shutil.copytree(source, plan.corpus)
        described, text_size = describe(plan.corpus)
        facts = machine() | {"corpus": described, "rounds": f"{asked.rounds}, medians (and ranges)"}
        plan.queries.write_text(run(sys.executable, HERE / "queries.py", plan.corpus).output, encoding="utf-8")
        queries = json.loads(plan.queries.read_text(encoding="utf-8"))
        rounds = [measure(plan, number) for number in range(asked.rounds)]
    groups = [query["group"] for query in queries if query["group"] != "warm-up"]
    rows = table(rounds, groups, text_size, plan.peers)
    print("\n".join(f"{key + ':':10}{value}" for key, value in facts.items()), end="\n\n")
    print(format_table(rows))
    if asked.json:
        whole = {"facts": facts, "table": rows, "queries": queries, "rounds": rounds}
        asked.json.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
