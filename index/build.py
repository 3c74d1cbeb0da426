"""Make an index, bring it up to date, make it anew, and ask how it stands.

Owns the public functions and their promises; `indexing` keeps them.  That one loads segmenter, parsers and the writer of the
engine, so it is imported when it is called: whoever only searches passes through here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .reports import Report, Status, Step

Progress = Callable[["Step"], None]


def _silent(step: Step) -> None:
    """The progress that nobody asked for."""


def build(
    index_dir: str | Path,
    paths: Iterable[str | Path],
    progress: Progress | None = None,
    *,
    encoding: str | None = None,
    dictionary: str | Path | None = None,
    stdin: bytes | None = None,
    jobs: int | None = None,
    engine: str = "",
    urls: Iterable[str] = (),
    shards: int = 0,
) -> Report:
    """Add paths to an index, or bring it up to date with them; without paths, with all that it was made from.

    Only files whose size or time changed are read again; documents of files that vanished below the paths are dropped.
    `progress` is called with each step.  `encoding` forces how the files below these paths are decoded, now and later;
    `dictionary` is a user dictionary in jieba's format, `stdin` the bytes that the path `-` stands for.
    `jobs` is by how many processes files are read (None: as many as there are cores, up to four, if there is enough to read).
    `engine` is that of an index that is made (whoosh, which keeps it in the folder, or opensearch); `urls` are addresses of
    nodes of its cluster, the path of the first the index's name there, and `shards` in how many parts it is kept.

    Raises PathNotFound for a path that does not exist, NothingIndexed if no document comes of a first build, IndexOutdated if
    the index was made by another analysis, IndexLocked if another process is writing it, DictionaryError, EngineDiffers,
    EngineInFolder, EngineMissing if a package of the engine is not installed, ClusterProblem.
    """
    from . import indexing
    from .engines.base import Target

    target = Target(engine, tuple(urls), shards)
    return indexing.build(Path(index_dir), paths, progress or _silent, encoding, dictionary, stdin, jobs, target)


def rebuild(
    index_dir: str | Path,
    progress: Progress | None = None,
    *,
    encoding: str | None = None,
    dictionary: str | Path | None = None,
    jobs: int | None = None,
    shards: int = 0,
) -> Report:
    """Read every recorded source into a new generation, then switch; the old one answers until then.

    Text that came from standard input is taken from the old generation.  Sources that no longer exist are left out, and the
    report says so.  A `dictionary` replaces the one in use (an empty file removes it).  `shards` is in how many parts a cluster
    keeps the new one.

    Raises IndexNotFound, IndexLocked, NothingIndexed, DictionaryError, EngineInFolder, ClusterProblem; the old generation stays
    in all these cases.
    """
    from . import indexing
    from .engines.base import Target

    return indexing.rebuild(Path(index_dir), progress or _silent, encoding, dictionary, jobs, Target(shards=shards))


def status(index_dir: str | Path) -> Status:
    """How an index stands to its sources; looks at files' sizes and times, reads none of them.

    Raises IndexNotFound, IndexDamaged.
    """
    from . import indexing

    return indexing.status(Path(index_dir))
