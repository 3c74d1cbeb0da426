"""Files to an engine: read, analysed and handed over, here or by several processes side by side.

Owns what an engine is told of a document, and what becomes of one file: a document there, or the reason why not.  Which files
are read is `indexing`'s business.  A process that helps is `helper` run by another Python: it gets its share of the files on
its standard input, and says now and then on its standard output what became of some (JSON, a line each time).  It is no worker
of `multiprocessing`: that would run the caller's main module once more.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from functools import lru_cache, partial
from itertools import starmap
from typing import NamedTuple

from . import sources
from .analysis import Analyser
from .engines.base import Sink, Writer
from .errors import HelperLost, TongwenError, UnreadableFile
from .language import language
from .model import Analysed, Document
from .passages import split

SHARE = 1_000_000
"""Bytes of files that are worth a process of their own: it takes 0.4 seconds to start, and reads as many bytes in two."""

MOST_PROCESSES = 4
"""Each may write segments of its own, and searches take longer the more there are."""


class Task(NamedTuple):
    """A file to read, in the encoding forced for it; not to be added if its hash is the `known` one."""

    file: sources.FoundFile
    encoding: str | None
    known: str


class Outcome(NamedTuple):
    """What became of a file: its hash, and where its document is, if that is new; or the reason why it was skipped.

    `began` is when its reading began (nanoseconds since the epoch).  `hindered` says that the reason is not in the file
    (permissions), `doubtful` names an encoding that was a close guess.
    """

    path: str
    began: int
    hash: str = ""
    segment: str = ""
    document: int = -1
    skipped: str = ""
    hindered: bool = False
    doubtful: str = ""


def analysing(analyser: Analyser) -> Callable[[Document], Analysed]:
    """What makes of a document what an engine is told of it; pages repeat their headings, so the words of the last are kept."""
    counted = lru_cache(maxsize=512)(lambda text: Counter(analyser.words(text)))

    def analysed(document: Document) -> Analysed:
        passages = split(document)
        return Analysed(
            document,
            language(document.text),
            passages,
            analyser.document(document.text, passages),
            analyser.analyse(document.title),
            [counted(passage.heading) for passage in passages],
        )

    return analysed


def take(
    sink: Sink, analysed: Callable[[Document], Analysed], path: str, known: str, read: Callable[[], tuple[str, Document]]
) -> Outcome:
    """Read a document, and add it unless its hash is the known one."""
    began = time.time_ns()
    try:
        digest, document = read()
    except UnreadableFile as error:
        # What hindered it, permissions say, may go without changing the file.
        return Outcome(path, began, skipped=error.reason, hindered=isinstance(error.__cause__, OSError))
    doubtful = document.encoding if document.doubtful else ""
    if digest == known:
        return Outcome(path, began, digest, doubtful=doubtful)
    return Outcome(path, began, digest, *sink.add(analysed(document)), doubtful=doubtful)


def read(sink: Sink, analysed: Callable[[Document], Analysed], tasks: Iterable[Task]) -> Iterator[Outcome]:
    """Read files into a sink, one after another."""
    for file, encoding, known in tasks:
        yield take(sink, analysed, file.path, known, partial(sources.read_file, file, encoding))


# ------------------------------------------------------------------------------------------ side by side


def processes(tasks: Sequence[Task], jobs: int | None) -> int:
    """By how many processes files are best read; `jobs` if that is said, but no more than there are files."""
    if not sys.executable:
        return 1
    enough = sum(task.file.size for task in tasks) // SHARE if jobs is None else jobs
    return max(1, min(enough, len(tasks), jobs or min(_cores(), MOST_PROCESSES)))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shares(tasks: Iterable[Task], count: int) -> list[list[Task]]:
    """The files in so many shares, about as many bytes in each; the same files always make the same shares."""
    found, sizes = [list[Task]() for _ in range(count)], [0] * count
    for task in tasks:
        least = sizes.index(min(sizes))
        found[least].append(task)
        sizes[least] += task.file.size
    return found


def side_by_side(writer: Writer, analyser: Analyser, tasks: Sequence[Task], count: int) -> Iterator[Outcome]:
    """Read files into an index by so many processes; the outcomes come in no order.

    Raises OSError where a process did (the disk is full), TongwenError with its message where one did, HelperLost if one ended
    otherwise.  However this ends, so do they.
    """
    told: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
    with _helping(writer, analyser, shares(tasks, count), told) as helpers:
        finished = set[int]()
        while len(finished) < count:
            number, line = told.get()
            message = json.loads(line or "{}")
            if "outcomes" in message:
                yield from starmap(Outcome, message["outcomes"])
            elif "made" in message:
                finished.add(number)
                writer.helped(message["made"])
            elif "problem" in message:
                raise TongwenError(message["problem"])
            elif "error" in message:
                raise OSError(*message["error"])
            elif number not in finished:
                raise HelperLost(helpers[number].wait())


@contextmanager
def _helping(
    writer: Writer, analyser: Analyser, tasks: Sequence[list[Task]], told: queue.SimpleQueue[tuple[int, str]]
) -> Iterator[list[subprocess.Popen[str]]]:
    """A process for each share of the files; what they say, and at last nothing, is `told` with their number."""
    helpers, talks = list[subprocess.Popen[str]](), list[threading.Thread]()
    try:
        for number, share in enumerate(tasks):
            helpers.append(_helper(writer, analyser, writer.helper(number, len(tasks))))
            talk = threading.Thread(target=_talk, args=(number, helpers[-1], analyser.dictionary, share, told))
            talk.start()
            talks.append(talk)
        yield helpers
    finally:
        for helper in helpers:
            helper.kill()
        for talk in talks:
            talk.join()
        for helper in helpers:
            helper.communicate()  # waits for it, and closes what it was spoken to through


_START = "import json, sys; sys.path[:] = json.loads({!r}); from {}.helper import help_out; help_out(*json.loads({!r}))"


def _helper(writer: Writer, analyser: Analyser, sink: list[object]) -> subprocess.Popen[str]:
    """Start a process that reads files into a sink of its own.

    It holds the lock, too: should this process be killed, nobody else writes to the index before the helper has noticed.
    """
    own = analyser.segmenter, writer.manifest.engine, sink
    code = _START.format(json.dumps(sys.path), __package__, json.dumps(own))
    return subprocess.Popen(  # noqa: S603 - our own code in our own Python
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="ascii",
        pass_fds=[writer.lock] if writer.lock >= 0 else [],
    )


def _talk(
    number: int, helper: subprocess.Popen[str], dictionary: str, tasks: list[Task], told: queue.SimpleQueue[tuple[int, str]]
) -> None:
    """Tell a helper what to read, and pass on what it says; at last nothing.

    Its input is left open: the end of that tells it that nobody listens any more.
    """
    to, of = helper.stdin, helper.stdout
    with suppress(OSError):
        if to and of:
            to.write(json.dumps([dictionary, [(astuple(task.file), task.encoding, task.known) for task in tasks]]) + "\n")
            to.flush()
            for line in of:
                told.put((number, line))
    told.put((number, ""))
