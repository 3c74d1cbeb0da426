"""What every engine promises, and which engines there are.

Owns the promise and the table, and keeps none of it.  An engine is told tokens and asked plans; it answers with passages by
their numbers, and scores.  How a text becomes tokens and how a hit is marked is no business of its.

A number stands for the same passage as long as the reader is open, and for none in another.

An index has a folder, whatever its engine; the manifest there names the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from .. import generation
from ..errors import EngineDiffers, IndexDamaged, IndexNotFound
from ..frozen import frozen

if TYPE_CHECKING:
    from ..generation import FileRecord, Manifest
    from ..model import Analysed, Document, Leaf, Match, Plan, Stored
    from ..reports import Step

T = TypeVar("T")

_MODULES = {"whoosh": ("embedded", "embedded_writer"), "opensearch": ("opensearch.reader", "opensearch.writer")}
"""The modules of each engine that read and write, by the name that a manifest has for it; each is loaded when it is needed."""


# ------------------------------------------------------------------------------------------ reading


class Found(Protocol):
    """The passages that answer a plan: `len()` of them, each of them in no order."""

    def __len__(self) -> int:
        """How many answer."""

    def __iter__(self) -> Iterator[Match]:
        """Every match, in no order."""

    @property
    def count_complete(self) -> int:
        """How many have all that is wanted."""

    @property
    def documents(self) -> int:
        """In how many documents they are."""

    def among(self, passages: Iterable[int]) -> Collection[int]:
        """Those among some passages that answer."""

    def complete_among(self, passages: Iterable[int]) -> Collection[int]:
        """Those among some passages that have all that is wanted."""

    def among_best(self, limit: int) -> list[Match]:
        """Matches among which are the best `limit` (0: all).

        Of those as good as the last of these there are all, or the first in the order of `Reader.passage_of`.
        """


class Reader(Protocol):
    """An index opened for searching; `passages` and `documents` are how many it has."""

    @property
    def passages(self) -> int:
        """How many passages there are."""

    @property
    def documents(self) -> int:
        """How many documents there are."""

    def close(self) -> None:
        """Give back what it holds."""

    def settled(self, work: Callable[[], T]) -> T:
        """What work gives that asks for frequencies.

        A distant index is asked for many of them at once: until it has answered, each is taken to be 1, and the work is done
        once more.
        """

    def frequency(self, word: str) -> int:
        """In how many passages a token is."""

    def gram_frequency(self, gram: str) -> int:
        """In how many passages a pair of characters, or the surface form of a word, is, deleted ones included."""

    def terms(self, field: str, *prefixes: str) -> Iterator[str]:
        """The terms of `words` or `grams` that begin with any of some prefixes; some twice, or of deleted passages only.

        A distant index is asked for all of them at once.
        """

    def search(self, plan: Plan, expected: int = 0) -> Found:
        """Every passage that answers a plan; scored when asked for.  So many of the best will be, if that is known already."""

    def count(self, leaf: Leaf) -> tuple[int, int]:
        """In how many passages a leaf is a word by itself, and in how many it is at all."""

    def score_parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""

    def passage_of(self, passage: int) -> tuple[str, int]:
        """The path of a passage's document, and the passage's number in it, from 1: a stable order among equals."""

    def passages_of(self, path: str) -> range:
        """The passages of the document with a path, none if there is no such document."""

    def expect(self, passages: Iterable[int], around: int) -> None:
        """Passages will be fetched with so much around them; a distant index gets all of that at once."""

    def fetch(self, passage: int, around: int = 0) -> Stored:
        """A passage with its texts, and `around` code points of context on each side."""

    def folded(self, passage: int) -> str:
        """The folded text of a passage, with what the white space behind it folds to."""


class Size(NamedTuple):
    """How large an index is: the bytes it takes up, those of the folded texts in it, and in how many segments it is."""

    bytes: int
    text_bytes: int
    segments: int


# ------------------------------------------------------------------------------------------ writing


@frozen
class Target:
    """What is said of where an index is made: its engine, "" for whichever it is of, or the usual one.

    For an engine that keeps it in a cluster the addresses of some nodes, and in how many `shards` (0: the engine's choice).
    """

    engine: str = ""
    urls: tuple[str, ...] = ()
    shards: int = 0


class Sink(Protocol):
    """Where one process puts documents; each process that helps another has its own."""

    @property
    def pause(self) -> float:
        """Seconds, at the least, between two tellings of what became of files."""

    def add(self, document: Analysed) -> tuple[str, int]:
        """Add a document; its place, as `segment` (never empty) and `document` of its file's record."""

    def flush(self) -> None:
        """Called before anybody is told of what was added so far: see to it that it is not lost, if that is still open."""

    def close(self) -> object:
        """Finish, once nothing more is added; what `Writer.helped` must know of it, as JSON has it."""

    def abandon(self) -> None:
        """Give back what it holds, unfinished if it is not closed; nothing becomes of the documents then."""


class Writer(Protocol):
    """An index that is being written by one job.  Whoever searches sees nothing of it before `commit`."""

    @property
    def manifest(self) -> Manifest:
        """What is built upon; `created` is empty if that is nothing: a first build or a rebuild."""

    @property
    def sink(self) -> Sink:
        """The sink of this process."""

    @property
    def lock(self) -> int:
        """The descriptor of a lock that helpers are to hold as well, -1 for none."""

    def dictionary(self) -> str:
        """The user's dictionary that the index was made with until now, "" if none."""

    def files(self, roots: Collection[str]) -> dict[str, FileRecord]:
        """What is known until now of the files below some paths, or of more, by path; in a rebuild, of those it replaces."""

    def check(self) -> None:
        """Raise IndexDamaged if what is built upon is broken."""

    def stored(self, record: FileRecord) -> Document:
        """A document of the index until now, as it was when it was added; raises IndexDamaged, OSError."""

    def put(self, record: FileRecord, old: FileRecord | None) -> None:
        """Note what is known of a file now.  The document of an `old` record goes, if one is given."""

    def drop(self, record: FileRecord) -> None:
        """Forget a file; its document goes."""

    def helper(self, number: int, count: int) -> list[object]:
        """What `sink_of` is given in helper `number` (from 0) of `count`, as JSON has it."""

    def helped(self, made: Any) -> None:
        """Take over what the sink of a helper said when it was closed."""

    def commit(
        self, manifest: Manifest, dictionary: str, analyse: Callable[[Document], Analysed], progress: Callable[[Step], None]
    ) -> Manifest:
        """Finish the sink of this process, make all that was done the current generation, and return its manifest.

        The one that is given says how the index was made (`engine`, `analysis`, `sources`, `encodings`, `lexicon`, `created`),
        and the engine the rest; `dictionary` is the user's, "" if none.  `analyse` makes of a stored document what the engine
        was told of it, if it is to be written again.
        """


# ------------------------------------------------------------------------------------------ which engines there are


def manifest(index_dir: Path) -> Manifest:
    """What the current generation is made of; raises IndexNotFound, IndexDamaged (unknown engines), IndexOutdated (formats)."""
    here = generation.read_manifest(index_dir)
    found: Manifest = _reading(index_dir, here).manifest(index_dir, here)
    return found


def opened(index_dir: Path, manifest: Manifest) -> Reader:
    """The generation that a manifest describes, opened by its engine; raises IndexDamaged, OSError."""
    reader: Reader = _reading(index_dir, manifest).opened(index_dir, manifest)
    return reader


def files(index_dir: Path, manifest: Manifest) -> dict[str, FileRecord]:
    """The files of a generation by path; raises IndexDamaged."""
    found: dict[str, FileRecord] = _reading(index_dir, manifest).files(index_dir, manifest)
    return found


def dictionary(index_dir: Path, manifest: Manifest) -> str:
    """The user's dictionary that a generation was made with, "" if none; raises IndexDamaged."""
    found: str = _reading(index_dir, manifest).dictionary(index_dir, manifest)
    return found


def where(index_dir: Path, manifest: Manifest) -> str:
    """The address at which the engine keeps a generation, "" if it is in the folder."""
    found: str = _reading(index_dir, manifest).where(manifest)
    return found


def size(index_dir: Path, manifest: Manifest) -> Size:
    """How large a generation is; raises OSError."""
    found: Size = _reading(index_dir, manifest).size(index_dir, manifest)
    return found


def writing(index_dir: Path, rebuild: bool = False, target: Target | None = None) -> AbstractContextManager[Writer]:
    """Hold an index for writing, by its engine; in a rebuild, which builds upon nothing, sources and encodings are kept.

    `target` says by which engine an index is made, and where.  Raises IndexLocked, IndexFolderTaken, IndexDamaged,
    IndexOutdated; IndexNotFound if there is nothing to rebuild, EngineDiffers if there is an index of another engine.
    """
    target = target or Target()
    here = generation.read_manifest_of_any_format(index_dir) if generation.exists(index_dir) else None
    if rebuild and here is None:
        raise IndexNotFound(index_dir)
    if here is None or (rebuild and here.engine not in _MODULES):
        here = generation.Manifest(engine=target.engine or generation.Manifest().engine)
    _known(index_dir, here)
    if target.engine not in ("", here.engine):
        raise EngineDiffers(index_dir, here.engine)
    held: AbstractContextManager[Writer] = _writing(here.engine).writing(index_dir, rebuild, target)
    return held


def sink_of(engine: str, *how: object) -> Sink:
    """The sink of a helper, as `Writer.helper` says how."""
    sink: Sink = _writing(engine).sink_of(*how)
    return sink


def _reading(index_dir: Path, manifest: Manifest) -> Any:
    _known(index_dir, manifest)
    return import_module(f".{_MODULES[manifest.engine][0]}", __package__)


def _writing(engine: str) -> Any:
    return import_module(f".{_MODULES[engine][1]}", __package__)


def _known(index_dir: Path, manifest: Manifest) -> None:
    """Raise IndexDamaged for an engine that is not known here."""
    if manifest.engine not in _MODULES:
        what = f"it is of the engine {manifest.engine}, and known are: {', '.join(_MODULES)}"
        raise IndexDamaged(index_dir, what, "install a newer tongwen, or make it anew with: tongwen rebuild")
