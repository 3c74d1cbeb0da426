"""What is told of the work on an index: how far it is, what it did, how an index stands.

Owns these frozen values and nothing else.
"""

from __future__ import annotations

from typing import Literal

from .frozen import frozen


@frozen
class Step:
    """How far the building of an index is: `done` of `total` files (segments, when `stage` is `merging`)."""

    stage: Literal["looking", "reading", "writing", "merging", "lexicon"]
    done: int
    total: int
    path: str = ""


@frozen
class Report:
    """What building an index did, in documents; `skipped` are the files left out, each with its reason (path, reason).

    `doubtful` are files whose encoding was a close guess (path, encoding).  `documents` and `passages` count what the index
    holds now.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    skipped: tuple[tuple[str, str], ...]
    doubtful: tuple[tuple[str, str], ...]
    documents: int
    passages: int
    seconds: float


@frozen
class Status:
    """What an index is and how far its sources have moved on since (`new`, `changed`, `vanished` files).

    `size` and `text_size` are bytes: of the index on disk, and of the folded texts in it.  `outdated` names what differs
    between the analysis that made it and today's, "" if nothing.  `where` is the address of the cluster that keeps it, with its
    name there, "" if it is in the folder.
    """

    location: str
    generation: int
    created: str
    engine: str
    documents: int
    passages: int
    size: int
    text_size: int
    segments: int
    sources: tuple[str, ...]
    skipped: int
    new: int
    changed: int
    vanished: int
    fingerprint: str
    analysis: tuple[tuple[str, str], ...]
    outdated: str
    where: str = ""
