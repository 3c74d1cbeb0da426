"""Run a command to its end and say what it took; which command that is of which engine; and on which machine.

Memory is that of the command and all its helpers together: ten times a second, the proportional set sizes (PSS: a page that
several share counts once) of the process and its descendants are summed, as Linux tells them in `/proc/*/smaps_rollup`.  The
peak is the highest sum, or the peak of the largest single process (`ru_maxrss`) if that is more; where there is no
`/proc`, only the latter.

What a process starts begins with its starter's memory as the mark for a peak, so this and whoever imports it loads no more
than the standard library.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

HERE = Path(__file__).resolve().parent

EVERY = 0.1
"""Seconds between two looks at the memory; more where a look takes long, so that looking is a twentieth of the time at most."""


@dataclass(frozen=True)
class Run:
    """A process that has ended: wall and CPU seconds, peak memory in MB (of 10⁶ bytes) if it was watched, what it printed."""

    wall: float
    cpu: float
    memory: float
    output: str


def run(*command: str | Path, watched: bool = False) -> Run:
    """Run a command to its end; leaves with its last words if it fails."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        with _Watch(process.pid) if watched else contextlib.nullcontext() as watch:
            output = process.stdout.read() if process.stdout else b""
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            last = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
            sys.exit(f"{last}\nexit status {process.returncode} of {' '.join(map(str, command))}")
    largest = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    memory = max(largest, watch.peak) / 1e6 if watch else 0
    return Run(wall, usage.ru_utime + usage.ru_stime, memory, output.decode())


class _Watch(threading.Thread):
    """Looks at the memory of a process and its descendants as long as it is a context; `peak` is in bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self._over = pid, 0, threading.Event()

    def __enter__(self) -> _Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Look, until told that it is over."""
        took = 0.0
        while not self._over.wait(max(EVERY, 20 * took)):
            started = time.perf_counter()
            self.peak = max(self.peak, sum(map(_proportional, _family(self.pid))))
            took = time.perf_counter() - started


def _family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    with contextlib.suppress(OSError):  # it has ended, or there is no /proc
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from _family(int(child))


def _proportional(pid: int) -> int:
    """The proportional set size of a process in bytes; 0 if it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    return 0


# ------------------------------------------------------------------------------------------ commands


def tongwen(*arguments: str | Path) -> tuple[str | Path, ...]:
    """The command as installed."""
    command = Path(sys.executable).with_name("tongwen")
    start = (command,) if command.exists() else (sys.executable, "-c", "from tongwen.searcher.cli import main; main()")
    return (*start, *arguments)


def update(engine: str, corpus: Path, index: Path) -> Run:
    """Make the index of tongwen or a peer, or bring it up to date."""
    if engine == "tongwen":
        return run(*tongwen("index", "--quiet", "--index", index, corpus), watched=True)
    return run(sys.executable, HERE / "peers.py", engine, "index", corpus, index, watched=True)


def cold(engine: str, index: Path, word: str) -> float:
    """Milliseconds of a search in a process of its own."""
    if engine == "tongwen":
        return 1000 * run(*tongwen("search", "--index", index, word)).wall
    return 1000 * run(sys.executable, HERE / "peers.py", engine, "search", index, word).wall


def warm(engine: str, index: Path, queries: Path) -> dict[str, list[float]]:
    """What `warm.py` says of an engine."""
    found: dict[str, list[float]] = json.loads(run(sys.executable, HERE / "warm.py", engine, index, queries).output)
    return found


def size_of(folder: Path) -> float:
    """MB in all files of a folder, without what links lead to."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


# ------------------------------------------------------------------------------------------ the surroundings


def machine(packages: Sequence[str]) -> dict[str, str]:
    """Where and with what this is measured."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    facts = {
        "date": time.strftime("%Y-%m-%d %H:%M %z"),
        "machine": f"{cores} cores, {_processor()}, load {os.getloadavg()[0]:.1f}",
        "Python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "packages": ", ".join(f"{name} {version_of(name)}" for name in packages if version_of(name)),
    }
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "-C", HERE, "describe", "--always", "--dirty"]
        facts["commit"] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    if '"editable": true' in (distribution("tongwen").read_text("direct_url.json") or ""):
        facts["note"] = "editable install: its import hook slows every start of Python; a normal install has none"
    return facts


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def version_of(package: str) -> str:
    """The version of an installed package, "" if it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
