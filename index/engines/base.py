"""What every engine promises, and which engines there are.

Owns the promise and the table, and keeps none of it.  An engine is told tokens and asked plans; it answers with passages by
their numbers, and scores.  How a text becomes tokens and how a hit is marked is no business of its.

A number stands for the same passage as long as the reader is open, and for none in another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import IndexDamaged

if TYPE_CHECKING:
    from ..generation import Manifest
    from ..model import Leaf, Match, Plan, Stored

_MODULES = {"whoosh": "embedded"}
"""The module of each engine, by the name that a manifest has for it; it is loaded when an index of that engine is opened."""


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
        """Matches among which are the best `limit` (0: all), and all that are as good as the last of these."""


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

    def frequency(self, word: str) -> int:
        """In how many passages a token is."""

    def gram_frequency(self, gram: str) -> int:
        """In how many passages a pair of characters, or the surface form of a word, is, deleted ones included."""

    def terms(self, field: str, prefix: str = "") -> Iterator[str]:
        """The terms of `words` or `grams` that begin with a prefix; some perhaps twice, or of deleted passages only."""

    def search(self, plan: Plan) -> Found:
        """Every passage that answers a plan; scored when asked for."""

    def count(self, leaf: Leaf) -> tuple[int, int]:
        """In how many passages a leaf is a word by itself, and in how many it is at all."""

    def score_parts(self, plan: Plan, passage: int) -> list[tuple[str, str, float]]:
        """What the score of a matching passage is made of: (what it is for, of which part of the plan, how much)."""

    def place(self, passage: int) -> tuple[str, int]:
        """Path and offset of a passage: a stable order among equals."""

    def passage_of(self, passage: int) -> tuple[str, int]:
        """The path of a passage's document, and the passage's number in it, from 1."""

    def passages_of(self, path: str) -> range:
        """The passages of the document with a path, none if there is no such document."""

    def fetch(self, passage: int, around: int = 0) -> Stored:
        """A passage with its texts, and `around` code points of context on each side."""

    def folded(self, passage: int) -> str:
        """The folded text of a passage, with what the white space behind it folds to."""


def opened(index_dir: Path, manifest: Manifest) -> Reader:
    """The generation that a manifest describes, opened by its engine.

    Raises IndexDamaged, also for an engine that is not known here, and OSError.
    """
    if manifest.engine not in _MODULES:
        what = f"it is of the engine {manifest.engine}, and known are: {', '.join(_MODULES)}"
        raise IndexDamaged(index_dir, what, "install a newer tongwen, or make it anew with: tongwen rebuild")
    module = import_module(f".{_MODULES[manifest.engine]}", __package__)
    reader: Reader = module.opened(index_dir, manifest)
    return reader
