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
    │   ├── IndexDamaged          its files do not fit together
    │   ├── EngineDiffers         it is of another engine than the one named
    │   └── EngineInFolder        it is kept in its folder, and where in a cluster was said
    ├── EngineMissing             an engine needs a package that is not installed
    ├── ClusterProblem            something about the cluster that keeps an index
    │   ├── ClusterAddress        where it is said to be cannot be taken
    │   ├── ClusterSilent         it does not answer
    │   ├── ClusterRefuses        it does not know who we are
    │   ├── ClusterForbids        it knows, and we may not do that
    │   ├── ClusterFull           it takes nothing more: read-only, mostly for want of disk
    │   ├── ClusterBusy           it has too much to do
    │   ├── ClusterBroken         some of the index is on no node that runs
    │   └── ClusterError          whatever else it says
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


class EngineDiffers(IndexProblem):
    """An index is of another engine than the one named."""

    def __init__(self, where: str | Path, engine: str) -> None:
        super().__init__(f"{where} is an index of the engine {engine}; name another folder with --index, or leave out --engine")


class EngineInFolder(IndexProblem):
    """It was said where in a cluster an index is to be, and it is of an engine that keeps it in its folder."""

    def __init__(self, where: str | Path, what: str) -> None:
        super().__init__(
            f"{where}: {what} is for an index in a cluster, and this one is kept in its folder; leave it out, "
            "or name another folder with --index, and --engine opensearch"
        )


class HelperLost(TongwenError):
    """A process that helped to read files ended before it was done; `status` as in `subprocess`."""

    def __init__(self, status: int) -> None:
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        super().__init__(
            f"a process that helped to read files {how}; the index is as it was; if memory is short: tongwen index --jobs 1"
        )


class EngineMissing(TongwenError):
    """An engine needs a package that is not installed."""

    def __init__(self, engine: str, package: str) -> None:
        super().__init__(f"the engine {engine} needs {package}; install it with: pip install 'tongwen[{engine}]'")


class ClusterProblem(TongwenError):
    """Something about the cluster that keeps an index; `where` has no credentials."""


class ClusterAddress(ClusterProblem):
    """Where a cluster is said to be cannot be taken."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}; say it as in: --url https://search.example.org:9200/news")


class ClusterSilent(ClusterProblem):
    """A cluster does not answer."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} does not answer ({why}); check the address and that a node runs there, then try again")


class ClusterRefuses(ClusterProblem):
    """A cluster does not know who we are."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"{where} refuses us ({why}); set TONGWEN_OPENSEARCH_USER and TONGWEN_OPENSEARCH_PASSWORD, "
            "or TONGWEN_OPENSEARCH_API_KEY"
        )


class ClusterForbids(ClusterProblem):
    """A cluster knows who we are, and we may not do that."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"{where} does not let us ({why}); ask who runs it for the rights in docs/cluster.md, or be another user"
        )


class ClusterFull(ClusterProblem):
    """A cluster takes nothing more."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} is read-only ({why}); make room on its disks, lift the block, then run the command again")


class ClusterBusy(ClusterProblem):
    """A cluster has too much to do."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} has too much to do ({why}); wait, or add nodes, then run the command again")


class ClusterBroken(ClusterProblem):
    """Some of an index is on no node that runs."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} is not whole ({why}); start the nodes that are missing, then run the command again")


class ClusterError(ClusterProblem):
    """Whatever else a cluster says."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} cannot do it: {why}")


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
