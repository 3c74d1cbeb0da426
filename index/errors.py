"""Everything tongwen raises on purpose.

    TongwenError                  the one to catch; str() is one line: the thing, the cause, the next command
    ├── SourceError               something about what was to be indexed
    │   ├── PathNotFound          a path given by name does not exist
    │   ├── UnreadableFile        one file cannot be read as text (skipped, the rest goes on)
    │   └── NothingIndexed        no file given could be indexed
    ├── IndexProblem              something about the index on disk
    │   ├── IndexNotFound         there is none here
    │   ├── IndexFolderTaken      the folder for it holds other things
    │   ├── IndexNotOurs          the nearest one belongs to another user
    │   ├── IndexLocked           another process is writing it
    │   ├── IndexOutdated         it was made by another analysis or format
    │   └── IndexDamaged          its files do not fit together
    ├── DictionaryError           a user dictionary cannot be read
    ├── LexiconError              a user's file of equivalents cannot be read
    └── QueryError                nothing can be asked from what was typed

The message lives in the class; whoever raises gives only the facts.
"""

from __future__ import annotations

from pathlib import Path


class TongwenError(Exception):
    """Base of all errors tongwen raises on purpose."""


class SourceError(TongwenError):
    """Something about what was to be indexed."""


class PathNotFound(SourceError):
    """A path given by name does not exist."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(f"{path}: no such file or folder; check the spelling, or leave it out")


class UnreadableFile(SourceError):
    """One file cannot be read as text; `reason` is short enough for a list of skipped files."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = str(path), reason


class NothingIndexed(SourceError):
    """No file given could be indexed."""

    def __init__(self, what: str, skipped: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(f"nothing to index in {what}: no readable text file there; name a file or folder that has text")
        self.skipped = skipped


class IndexProblem(TongwenError):
    """Something about the index on disk."""


class IndexNotFound(IndexProblem):
    """There is no index where one was looked for."""

    def __init__(self, where: str | Path) -> None:
        super().__init__(f"no index at {where}; make one with: tongwen index PATH")


class IndexFolderTaken(IndexProblem):
    """The folder named for an index holds other things, which must not be touched."""

    def __init__(self, where: str | Path) -> None:
        super().__init__(f"{where} is no index but has files in it; name a new or empty folder with --index")


class IndexNotOurs(IndexProblem):
    """The index that is nearest belongs to another user, and opening an index can run code that is in it."""

    def __init__(self, where: str | Path) -> None:
        super().__init__(
            f"{where} belongs to another user, and an index can run code; if you trust it, name it: --index {where}"
        )


class IndexLocked(IndexProblem):
    """Another process is writing the index."""

    def __init__(self, where: str | Path, holder: str) -> None:
        super().__init__(f"{where} is being written by {holder}; wait for it to finish, then run the command again")


class IndexOutdated(IndexProblem):
    """The index was made by another analysis or format; `changed` names what differs."""

    def __init__(self, where: str | Path, changed: str, command: str = "tongwen rebuild") -> None:
        super().__init__(f"{where} was made with another {changed}; bring it up to date with: {command}")


class IndexDamaged(IndexProblem):
    """The files of an index do not fit together."""

    def __init__(self, where: str | Path, what: str, remedy: str = "make it anew with: tongwen rebuild") -> None:
        super().__init__(f"{where} is damaged ({what}); {remedy}")


class HelperLost(TongwenError):
    """A process that helped to read files ended before it was done; `status` as in `subprocess`."""

    def __init__(self, status: int) -> None:
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        super().__init__(
            f"a process that helped to read files {how}; the index is as it was; if memory is short: tongwen index --jobs 1"
        )


class DictionaryError(TongwenError):
    """A user dictionary cannot be read."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}; a line is: word [frequency] [tag]")


class LexiconError(TongwenError):
    """A user's file of equivalents cannot be read."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}; a line is: term TAB term [TAB region, cross or never]")


class QueryError(TongwenError):
    """Nothing can be asked from what was typed."""
