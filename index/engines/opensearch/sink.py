"""Where one process puts passages for the cluster, and what is known of files: many at once, as fast as the cluster takes them.

Owns how these are sent; in which order a job does what, `writer` says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ClassVar

from ...generation import FileRecord
from ...model import Analysed, Document
from . import units
from .cluster import WRITING, Cluster, Location, needing
from .kept import Dumps, document_of, id_of, passages_of
from .records import FILES

BULK = 4_000_000
"""Bytes that are sent at once, or a little more."""

RETRIED = {"retry_on_conflict": 3}
"""Said of what depends on what is there: it may be sent once more while the first is still at work."""

IN_FLIGHT = 2
"""So much is sent before the first of it is answered: while the cluster writes, the next is analysed, and no more than that."""


class OpenSearchSink:
    """Where one process puts passages: sent many at once, as fast as the cluster takes them."""

    pause: ClassVar[float] = 1.0

    def __init__(self, location: Location, index: str) -> None:
        self._cluster, self._index = Cluster(location, WRITING), index
        with needing("orjson"):
            from orjson import dumps
        self._dumps: Dumps = dumps
        self.has_acted = False
        self._actions, self._size = list[bytes](), 0
        self._sender, self._sent = ThreadPoolExecutor(IN_FLIGHT), deque[Future[None]]()

    def add(self, document: Analysed) -> tuple[str, int]:
        """Add a document; the index it goes into, and how many passages it has."""
        path, count = document.document.path, len(document.passages)
        being_written = {"path": units.storable(path), "record": {"writing": count}}
        self._act({"update": self._of_file(path) | RETRIED}, {"doc": being_written, "doc_as_upsert": True})
        if path == "-":  # it is nowhere else
            kept = {"record": _kept(document.document)}
            self._act({"index": {"_index": f"{self._index}{FILES}-in", "_id": "stdin"}}, kept)
        for name, passage in passages_of(document, self._dumps):
            self._act({"index": {"_index": f"{self._index}-in", "_id": name}}, passage)
        return self._index, count

    def delete(self, path: str, numbers: Iterable[int]) -> None:
        """Delete passages of a document, by their numbers."""
        document = document_of(path)
        for number in numbers:
            self._act({"delete": {"_index": f"{self._index}-in", "_id": id_of(document, number)}})

    def note(self, record: FileRecord) -> None:
        """Write what is known of a file; to be called when its passages are safe."""
        path, skipped = map(units.storable, (record.path, record.skipped))
        kept = [path, record.size, record.mtime_ns, record.hash, record.segment, record.document, skipped]
        document = {"path": path, "passages": max(0, record.document), "record": {"of": kept}}
        self._act({"index": self._of_file(record.path)}, document)

    def forget(self, path: str) -> None:
        """Delete what is known of a file."""
        self._act({"delete": self._of_file(path)})

    def _of_file(self, path: str) -> dict[str, str]:
        """Where what is known of a file is kept."""
        return {"_index": f"{self._index}{FILES}-in", "_id": id_of(document_of(path), 0)}

    def _act(self, *lines: object) -> None:
        action = b"".join(self._dumps(line) + b"\n" for line in lines)
        self.has_acted = True
        self._actions.append(action)
        self._size += len(action)
        if self._size > BULK:
            self._send()

    def _send(self) -> None:
        while len(self._sent) >= IN_FLIGHT:
            self._sent.popleft().result()
        actions, self._actions, self._size = self._actions, [], 0
        self._sent.append(self._sender.submit(self._cluster.bulk, actions))

    def flush(self) -> None:
        """Wait until all that was added is safe; raises ClusterProblem."""
        if self._actions:
            self._send()
        while self._sent:
            self._sent.popleft().result()

    def close(self) -> object:
        """Wait until all is safe; there is nothing to be known of it."""
        self.flush()
        self.abandon()
        return {}

    def abandon(self) -> None:
        """Close the connections."""
        self._cluster.close()  # first: what is refused for the moment is not sent again
        self._sender.shutdown(cancel_futures=True)


def _kept(document: Document) -> dict[str, Any]:
    headings = [(heading.start, units.storable(heading.text)) for heading in document.headings]
    texts = {"text": units.storable(document.text), "title": units.storable(document.title)}
    return texts | {"headings": headings, "encoding": document.encoding, "has_lines": document.has_lines}
