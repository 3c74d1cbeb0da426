"""Search an index: `Searcher(index_dir).search(query)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .search import Searcher

__all__ = ["Searcher"]


def __getattr__(name: str) -> type[Searcher]:
    """Load the engine when it is asked for: `tongwen --help` and completion come through here too."""
    if name == "Searcher":
        from .search import Searcher

        return Searcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
