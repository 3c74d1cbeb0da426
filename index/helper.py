"""The process that helps to read files: `reading` starts it, speaks to it and listens to it.

Owns its life: what it hears on standard input, what it says on standard output, and that it ends when nobody listens any more.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from .analysis import Analyser
from .engines import base
from .errors import TongwenError
from .reading import Outcome, Task, analysing, read
from .sources import FoundFile


def help_out(segmenter: str, engine: str, how: Sequence[object]) -> None:
    """What a helper does: read its share, say what became of each file, at last what its sink says, or what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it is interrupted as well, and ends it
    dictionary, tasks = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    sink, analysed = base.sink_of(engine, *how), analysing(Analyser(dictionary, segmenter, alone=True))
    share = (Task(FoundFile(*file), encoding, known) for file, encoding, known in tasks)
    with os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1) as out:
        os.dup2(2, 1)  # whatever else is printed would be taken for an answer
        try:
            for outcomes in _gathered(read(sink, analysed, share), sink.pause):
                sink.flush()
                out.write(json.dumps({"outcomes": outcomes}) + "\n")
            out.write(json.dumps({"made": sink.close()}) + "\n")
        except TongwenError as error:
            out.write(json.dumps({"problem": str(error)}) + "\n")
        except OSError as error:  # the disk is full
            out.write(json.dumps({"error": [error.errno, error.strerror, str(error.filename or "")]}) + "\n")


def _gathered(outcomes: Iterable[Outcome], pause: float) -> Iterator[list[Outcome]]:
    """The outcomes of every pause (seconds) together: a message for each file would take a twentieth of all the work."""
    gathered, last = list[Outcome](), time.monotonic()
    for outcome in outcomes:
        gathered.append(outcome)
        if time.monotonic() - last > pause:
            yield gathered
            gathered, last = [], time.monotonic()
    yield gathered


def _end_with(stream: IO[str]) -> None:
    """End this process when a stream ends, whatever it is doing."""
    stream.read()
    os._exit(1)
