"""Files to segments: read, analysed and written, here or by several processes side by side.

Owns a segment while it is written, and what becomes of one file: a document in it, or the reason why not.  Which files are
read is `indexing`'s business.  A process that helps is `helper` run by another Python: it gets its share of the files on its
standard input, and says now and then on its standard output what became of some (JSON, a line each time).  It is no worker of
`multiprocessing`: that would run the caller's main module once more.
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
from dataclasses import astuple, dataclass, field
from functools import lru_cache, partial
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

from . import sources
from .analysis import Analyser
from .engines.neighbours import NeighboursWriter
from .errors import HelperLost, UnreadableFile
from .generation import SegmentEntry, Writer
from .language import language
from .model import Document
from .passages import split
from .scripts import is_unspaced
from .texts import TextsWriter

SEGMENT_POSTINGS = 6_000_000
"""A segment is closed when it has so many postings, so that memory depends on the largest document, not on the corpus."""

SHARE = 1_000_000
"""Bytes of files that are worth a process of their own: it takes 0.4 seconds to start, and reads as many bytes in two."""

MOST_PROCESSES = 4
"""Each writes segments of its own, and searches take longer the more there are."""


class Task(NamedTuple):
    """A file to read, in the encoding forced for it; not into a segment if its hash is the `known` one."""

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


class SegmentWriter:
    """Writes one segment; the embedded engine's postings and the texts side by side."""

    def __init__(self, name: str, folder: Path, analyser: Analyser) -> None:
        from .engines.whoosh import PostingsWriter  # takes 40 ms, and a process that leaves all writing to helpers needs none

        self.name, self._folder, self._analyser = name, folder, analyser
        self._texts, self._postings, self._neighbours = TextsWriter(folder), PostingsWriter(), NeighboursWriter()
        self._count_heading = lru_cache(maxsize=512)(lambda text: Counter(analyser.words(text)))

    @property
    def is_full(self) -> bool:
        """Whether the next document should go into another one."""
        return self._postings.postings >= SEGMENT_POSTINGS or self._texts.is_full

    def add(self, document: Document) -> int:
        """Add a document; its number in the segment."""
        passages = split(document)
        analysed = self._analyser.document(document.text, passages)
        title = self._analyser.analyse(document.title)
        title_words = {*title.words}
        title_terms = {*title_words, *_title_grams(title.grams - title_words)}
        self._texts.start_document(document, title.folded, language(document.text), len(title_words))
        apart = not any(title.folded in analysis.folded for analysis in analysed)
        self._postings.add_titles(title_terms, len(passages))
        at = 0
        for passage, analysis in zip(passages, analysed, strict=True):
            words = Counter(analysis.words)
            if passage.number == 1 and apart:
                words.update(title.words)  # a title that is not part of the text (HTML) is found with the first passage
            heading = self._count_heading(passage.heading)
            self._postings.add(analysis.grams, {"heading": heading, "words": words})
            text, folded = document.text[at : passage.end], analysis.folded + analysis.gap
            self._texts.add_passage(text, passage, at, folded, words.total(), analysis.cuts)
            at = passage.end
        self._texts.end_document(document.text[at:])
        self._neighbours.add([(analysis.chain, analysis.compounds) for analysis in analysed])
        return self._texts.documents - 1

    def close(self) -> SegmentEntry:
        """Write what is still in memory."""
        self._texts.finish()
        self._postings.write(self._folder)
        self._neighbours.write(self._folder)
        return SegmentEntry(self.name, self._texts.documents, self._texts.passages, postings=self._postings.postings)

    def abandon(self) -> None:
        """Close the files as they are."""
        self._texts.close()


def _title_grams(grams: Iterable[str]) -> Iterator[str]:
    """What is kept of a title's grams: the last character of a run, if it is no word, in a form that only a prefix finds."""
    return (gram if len(gram) > 1 else gram + "\0" for gram in grams if is_unspaced(gram))


@dataclass(slots=True)
class Segments:
    """The segments that are made one after another as they fill; `number` is that of the next one, `step` to that after."""

    writer: Writer
    generation: int
    analyser: Analyser
    number: int = 0
    step: int = 1
    done: list[SegmentEntry] = field(default_factory=list)
    _open: SegmentWriter | None = None

    def add(self, document: Document) -> tuple[str, int]:
        """Add a document; the segment's name and the document's number in it."""
        if self._open is None:
            self._open = SegmentWriter(*self.writer.new_segment(self.generation, self.number), self.analyser)
            self.number += self.step
        name, number = self._open.name, self._open.add(document)
        if self._open.is_full:
            self.close()
        return name, number

    def take(self, path: str, known: str, read: Callable[[], tuple[str, Document]]) -> Outcome:
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
        return Outcome(path, began, digest, *self.add(document), doubtful=doubtful)

    def close(self) -> None:
        """Close the segment at hand, if there is one."""
        if self._open is not None:
            self.done.append(self._open.close())
            self._open = None

    def abandon(self) -> None:
        """Close the files of the segment at hand, if something went wrong with it."""
        if self._open is not None:
            self._open.abandon()


def read(segments: Segments, tasks: Iterable[Task]) -> Iterator[Outcome]:
    """Read files into segments, one after another."""
    for file, encoding, known in tasks:
        yield segments.take(file.path, known, partial(sources.read_file, file, encoding))


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


def side_by_side(segments: Segments, tasks: Sequence[Task], count: int) -> Iterator[Outcome]:
    """Read files into segments by so many processes; the outcomes come in no order.

    Raises OSError where a process did (the disk is full), HelperLost if one ended otherwise.  However this ends, so do they.
    """
    told: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
    with _helping(segments, shares(tasks, count), told) as helpers:
        finished, last = set[int](), 0
        while len(finished) < count:
            number, line = told.get()
            message = json.loads(line or "{}")
            if "outcomes" in message:
                yield from starmap(Outcome, message["outcomes"])
            elif "segments" in message:
                finished.add(number)
                last = max(last, message["next"] - count)
                for name, documents, passages, postings in message["segments"]:
                    segments.done.append(SegmentEntry(name, documents, passages, postings=postings))
            elif "error" in message:
                raise OSError(*message["error"])
            elif number not in finished:
                raise HelperLost(helpers[number].wait())
        segments.number = max(segments.number, last + 1)


@contextmanager
def _helping(
    segments: Segments, tasks: Sequence[list[Task]], told: queue.SimpleQueue[tuple[int, str]]
) -> Iterator[list[subprocess.Popen[str]]]:
    """A process for each share of the files; what they say, and at last nothing, is `told` with their number."""
    helpers, talks = list[subprocess.Popen[str]](), list[threading.Thread]()
    try:
        for number, share in enumerate(tasks):
            helpers.append(_helper(segments, segments.number + number, len(tasks)))
            talk = threading.Thread(target=_talk, args=(number, helpers[-1], segments.analyser.dictionary, share, told))
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


def _helper(segments: Segments, number: int, step: int) -> subprocess.Popen[str]:
    """Start a process that reads files into every `step`th segment from a number on.

    It holds the lock, too: should this process be killed, nobody else writes to the index before the helper has noticed.
    """
    analyser, writer = segments.analyser, segments.writer
    own = str(writer.index_dir), segments.generation, analyser.segmenter, number, step
    code = _START.format(json.dumps(sys.path), __package__, json.dumps(own))
    return subprocess.Popen(  # noqa: S603 - our own code in our own Python
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="ascii",
        pass_fds=[writer.lock],
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
