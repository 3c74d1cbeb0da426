"""What is told of the work on an index: progress, the report at the end, the state it is in.

Owns when a step is worth showing and how it and the outcome read.  Writes through a function it is given.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .render import clean, columns, format_count, format_seconds, format_table, json_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..index.reports import Report, Status, Step

_BAR = 20
_DOING = {
    "looking": "looking for files",
    "reading": "reading",
    "writing": "writing the index",
    "merging": "merging segments",
    "lexicon": "compiling the lexicon, once for all indexes",
}


class Progress:
    """Shows steps as they come: one line redrawn on a terminal, else a line of its own now and then.

    A log gets a line when ten per cent more are done, but not every second, or after five seconds.
    """

    def __init__(self, write: Callable[[str], None], width: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        """`width` is the terminal's, None if there is none."""
        self._write, self._width, self._clock = write, width, clock
        self._stage, self._shown = "", 0
        self._begun = self._last = clock()
        self._drawn = False

    def __call__(self, step: Step) -> None:
        """Take note of a step, and show it if it is time."""
        now, fresh = self._clock(), step.stage != self._stage
        if fresh:
            self._stage, self._begun, self._shown = step.stage, now, 0
        seconds, waited = now - self._begun, now - self._last
        if self._width is not None:
            if fresh or waited >= 0.1:
                self._last, self._drawn = now, True
                self._write(f"\r{format_bar(step, seconds, self._width - 3)}\x1b[K")  # room for the ^C that a terminal echoes
        elif waited >= 5 or (waited >= 1 and _percent(step) >= self._shown + 10):
            self._last, self._shown = now, _percent(step)
            self._write(format_step(step, seconds) + "\n")

    def close(self) -> None:
        """Wipe the line, if one was drawn."""
        if self._drawn:
            self._write("\r\x1b[K")


def _percent(step: Step) -> int:
    return 100 * step.done // step.total if step.total else 0


def _pace(step: Step, seconds: float) -> list[str]:
    """Files a second and the time left, as soon as there is something to say."""
    if not step.done or seconds < 0.5:
        return []
    left = round((step.total - step.done) * seconds / step.done)
    clock = f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}" if left >= 3600 else f"{left // 60}:{left % 60:02}"
    return [f"{step.done / seconds:,.0f}/s", f"{clock} left"]


def format_step(step: Step, seconds: float) -> str:
    """A step as a line of a log, `seconds` after its stage began: `reading: 45 of 90 files, 50 %, 15/s, 0:03 left`."""
    if step.stage != "reading":
        return _DOING[step.stage]
    counted = f"{step.done:,} of {format_count(step.total, 'file')}"
    return f"reading: {', '.join([counted, f'{_percent(step)} %', *_pace(step, seconds)])}"


def format_bar(step: Step, seconds: float, width: int) -> str:
    """A step as a line of a terminal, of at most `width` columns; the file's name if there is room."""
    if step.stage != "reading":
        return _DOING[step.stage][:width]
    full = _BAR * step.done // max(step.total, 1)
    parts = [f"reading [{'#' * full}{'-' * (_BAR - full)}] {_percent(step):3} %", f"{step.done:,}/{step.total:,}"]
    line = "  ".join([*parts, *_pace(step, seconds)])[:width]
    room, path = width - len(line) - 2, clean(step.path)
    if columns(path) > room:
        while path and columns(path) > room - 1:
            path = path[1:]
        path = path and f"…{path}"
    return f"{line}  {path}" if path else line


# ------------------------------------------------------------------------------------------ the outcome


def format_report(report: Report, most: int | None = None) -> list[str]:
    """What building an index did: files skipped, files of doubtful encoding, at most `most` of each, and a line of sums."""
    skipped = [f"skipped {path}: {reason}" for path, reason in report.skipped]
    doubtful = [f"doubtful {path}: read as {encoding}; force another with --encoding" for path, encoding in report.doubtful]
    return [*_first(skipped, most), *_first(doubtful, most), _sums(report)]


def _first(lines: list[str], most: int | None) -> list[str]:
    if most is None or len(lines) <= most:
        return lines
    return [*lines[:most], f"… and {len(lines) - most:,} more"]


def _sums(report: Report) -> str:
    verbs = ("added", "changed", "removed", "unchanged") if report.added or report.changed or report.removed else ()
    counts = [(number, verb) for verb in verbs if (number := getattr(report, verb))]
    told = [f"{number:,} {verb}" for number, verb in counts[1:]]
    told.insert(0, f"{format_count(counts[0][0], 'document')} {counts[0][1]}" if counts else "nothing changed")
    told += [f"{len(report.skipped):,} skipped"] if report.skipped else []
    holds = [
        format_count(report.documents, "document"),
        format_count(report.passages, "passage"),
        format_seconds(report.seconds),
    ]
    return f"{', '.join(told)}; {', '.join(holds)}"


def format_bytes(number: int) -> str:
    """`1 byte`, `12.3 kB`, `1.0 MB`, `1,234.5 GB`."""
    if number < 1000:
        return format_count(number, "byte")
    amount, unit = number / 1000, "kB"
    for larger in ("MB", "GB"):
        if amount >= 999.95:  # would be shown as 1000.0
            amount, unit = amount / 1000, larger
    return f"{amount:,.1f} {unit}"


def format_status(status: Status) -> list[str]:
    """What an index is and how it stands to its sources."""
    counts = ((status.new, "new"), (status.changed, "changed"), (status.vanished, "vanished"))
    stale = ", ".join(f"{number:,} {what}" for number, what in counts if number)
    facts = [
        ("index", status.location),
        ("engine", f"{status.engine} at {status.where}" if status.where else status.engine),
        ("generation", f"{status.generation:,}, made {status.created[:19].replace('T', ' ')}"),
        ("documents", f"{status.documents:,}"),
        ("passages", f"{status.passages:,}"),
        ("segments", f"{status.segments:,}"),
        ("size", f"{format_bytes(status.size)}, for {format_bytes(status.text_size)} of text"),
        *_listed("sources", status.sources),
        ("skipped", format_count(status.skipped, "file")),
        ("stale", f"{stale}; update with: tongwen index" if stale else "nothing"),
        ("fingerprint", status.fingerprint),
        *_listed("analysis", [f"{name} {value}" for name, value in status.analysis if value]),
    ]
    if status.outdated:
        facts.append(("outdated", f"{status.outdated}; bring up to date with: tongwen rebuild"))
    return format_table(facts)


def format_status_json(status: Status) -> str:
    """The same for machines, as one object."""
    from dataclasses import asdict

    return json_line(asdict(status) | {"analysis": dict(status.analysis)})


def _listed(name: str, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(name if not number else "", value) for number, value in enumerate(values)]
