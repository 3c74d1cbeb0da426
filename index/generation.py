"""The index on disk: which generation is the current one, who may write, and what a crash leaves behind.

Owns the layout of the index folder, its lock, the atomic switch and the cleaning up.  Knows nothing of what is in a segment.

    .tongwen/
    ├── manifest.json          names everything that belongs to the current generation; replacing it is the switch
    ├── files-000007.jsonl     the files of generation 7, for updates: path, size, time, hash, where each is (a line each)
    ├── dictionary-000007.txt  the user's dictionary, if there is one
    ├── segments/000007-0/     written once, never changed, shared by the generations that follow
    └── lock                   held (flock) by the process that writes

Whatever the manifest does not name is rubbish of a crash or of an older generation, and the next writer removes it.  A
reader opens all files of a generation at once and keeps them, so that it never sees a mixture.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import IndexDamaged, IndexFolderTaken, IndexLocked, IndexNotFound, IndexNotOurs, IndexOutdated
from .frozen import frozen, replace

FORMAT = 5
"""Raised when the files of an index change in a way that older code cannot read."""

FOLDER = ".tongwen"
_MANIFEST, _LOCK, _SEGMENTS = "manifest.json", "lock", "segments"
# Files that may be removed when no manifest names them, and folders below segments/.
_OURS = r"files-\d+\.jsonl|dictionary-\d+\.txt|manifest\.json\.new"
_SEGMENT = r"\d{6,}-\d+"


@frozen
class SegmentEntry:
    """A segment of a generation: its folder's name, how much is in it, and which documents (by number) are deleted."""

    name: str
    documents: int
    passages: int
    deleted: tuple[int, ...] = ()
    postings: int = 0


@frozen
class Manifest:
    """What the current generation is made of and how.

    `analysis` are the parts of the fingerprint, `encodings` those that were forced, by source; `lexicon` is the name of the
    compiled lexicon that was made ready when the index was written (see `index.lexicon`); `own` is what only its engine
    understands, such as where it keeps an index that is not in the folder.
    """

    generation: int = 0
    engine: str = "whoosh"
    analysis: Mapping[str, str] = {}
    sources: tuple[str, ...] = ()
    encodings: Mapping[str, str] = {}
    dictionary: str = ""
    lexicon: str = ""
    segments: tuple[SegmentEntry, ...] = ()
    documents: int = 0
    passages: int = 0
    created: str = ""
    format: int = FORMAT
    own: Mapping[str, Any] = {}


@frozen
class FileRecord:
    """What is known of a file: how it was when read, and where its document is, or why it was skipped."""

    path: str
    size: int
    mtime_ns: int
    hash: str = ""
    segment: str = ""
    document: int = -1
    skipped: str = ""


def _fields(value: FileRecord | SegmentEntry | Manifest) -> dict[str, object]:
    """The fields by their names; `asdict` looks into all of them, and takes ten times as long."""
    return {name: getattr(value, name) for name in value.__match_args__}


def find(start: Path) -> Path | None:
    """The nearest index folder from a folder upward, as git looks for its own; raises IndexNotOurs if it is another user's."""
    found = next((folder / FOLDER for folder in (start, *start.parents) if exists(folder / FOLDER)), None)
    if found is not None and found.stat().st_uid != os.geteuid():
        raise IndexNotOurs(found)
    return found


def segment_folder(index_dir: Path, name: str) -> Path:
    """Where a segment's files are."""
    return index_dir / _SEGMENTS / name


def exists(index_dir: Path) -> bool:
    """Whether there is an index."""
    return (index_dir / _MANIFEST).is_file()


def read_manifest(index_dir: Path) -> Manifest:
    """The manifest of the current generation; raises IndexNotFound, IndexDamaged, or IndexOutdated for another format."""
    manifest = read_manifest_of_any_format(index_dir)
    if manifest.format != FORMAT:
        raise IndexOutdated(index_dir, f"format of files ({manifest.format}, now {FORMAT})")
    return manifest


def read_manifest_of_any_format(index_dir: Path) -> Manifest:
    """The manifest; of another format than today's only what a rebuild needs (engine, sources, encodings, dictionary)."""
    try:
        stored = json.loads((index_dir / _MANIFEST).read_bytes())
        if stored["format"] != FORMAT:
            kept = {key: stored[key] for key in ("format", "generation", "engine", "encodings", "dictionary")}
            return Manifest(sources=tuple(stored["sources"]), **kept)
        segments = tuple(SegmentEntry(**entry | {"deleted": tuple(entry["deleted"])}) for entry in stored["segments"])
        return Manifest(**stored | {"segments": segments, "sources": tuple(stored["sources"])})
    except (FileNotFoundError, NotADirectoryError):
        raise IndexNotFound(index_dir) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        if not (index_dir / _SEGMENTS).is_dir():  # somebody else's manifest.json
            raise IndexFolderTaken(index_dir) from None
        remedy = "remove that folder, then make the index anew with: tongwen index PATH"
        raise IndexDamaged(index_dir, f"its manifest cannot be read: {error}", remedy) from error


def read_files(index_dir: Path, manifest: Manifest) -> dict[str, FileRecord]:
    """The files of a generation by path."""
    try:
        lines = (index_dir / _files_name(manifest.generation)).read_text(encoding="utf-8").splitlines()
        records = [FileRecord(*json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise IndexDamaged(index_dir, f"its list of files cannot be read: {error}") from error
    return {record.path: record for record in records}


def read_dictionary(index_dir: Path, manifest: Manifest) -> str:
    """The user's dictionary that a generation was made with, "" if none."""
    try:
        # As bytes, because reading as text would change the line ends, and with them the fingerprint.
        return (index_dir / manifest.dictionary).read_bytes().decode() if manifest.dictionary else ""
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            index_dir, f"its dictionary cannot be read: {error}", "name it again: tongwen rebuild --dictionary FILE"
        ) from error


def _files_name(generation: int) -> str:
    return f"files-{generation:06}.jsonl"


@contextmanager
def writing(index_dir: Path) -> Iterator[Writer]:
    """Hold the index for writing; raises IndexLocked with the holder's name.  However the process ends, the lock ends too."""
    index_dir.mkdir(parents=True, exist_ok=True)
    if exists(index_dir):
        read_manifest_of_any_format(index_dir)  # nothing is touched, not even the lock, before it is known to be ours
    elif _is_taken(index_dir):
        raise IndexFolderTaken(index_dir)
    with (index_dir / _LOCK).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise IndexLocked(index_dir, lock.read().strip() or "another process") from None
        if not os.fstat(lock.fileno()).st_nlink:  # its holder came to nothing and has just removed the folder
            raise IndexLocked(index_dir, "another process")
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {os.uname().nodename} since {time.strftime('%Y-%m-%d %H:%M:%S')}")
        lock.flush()
        writer = Writer(index_dir, lock.fileno())
        try:
            yield writer
        finally:
            lock.truncate(0)
            if not exists(index_dir):  # a first build that came to nothing leaves nothing
                writer.remove()


def _is_taken(index_dir: Path) -> bool:
    """Whether a folder without a manifest holds anything but what a crash of ours may have left."""
    others = (
        path for path in index_dir.iterdir() if path.name not in (_LOCK, _SEGMENTS) and not re.fullmatch(_OURS, path.name)
    )
    return any(others) or not all(re.fullmatch(_SEGMENT, path.name) for path in (index_dir / _SEGMENTS).glob("*"))


class Writer:
    """What the holder of the lock may do: make segments, then commit a generation.

    `lock` is the descriptor of the lock, -1 for a process that helps its holder.
    """

    def __init__(self, index_dir: Path, lock: int = -1) -> None:
        self.index_dir, self.lock = index_dir, lock

    def new_segment(self, generation: int, number: int) -> tuple[str, Path]:
        """Name and empty folder of a new segment."""
        name = f"{generation:06}-{number}"
        folder = segment_folder(self.index_dir, name)
        _remove(folder)  # a crash may have left one of this name
        folder.mkdir(parents=True)
        return name, folder

    def commit(self, manifest: Manifest, files: Iterable[FileRecord], dictionary: str) -> Manifest:
        """Make a generation the current one: everything is on disk before the manifest that names it replaces the old one."""
        if dictionary:
            manifest = replace(manifest, dictionary=f"dictionary-{manifest.generation:06}.txt")
            _write(self.index_dir / manifest.dictionary, dictionary)
        lines = "".join(json.dumps([*_fields(record).values()], separators=(",", ":")) + "\n" for record in files)
        _write(self.index_dir / _files_name(manifest.generation), lines)
        for entry in manifest.segments:
            _sync_tree(segment_folder(self.index_dir, entry.name))
        if manifest.segments:
            _sync(self.index_dir / _SEGMENTS)
        new = self.index_dir / (_MANIFEST + ".new")
        stored = _fields(manifest) | {"segments": list(map(_fields, manifest.segments))}
        _write(new, json.dumps(stored, indent=1, ensure_ascii=False) + "\n")
        new.replace(self.index_dir / _MANIFEST)
        _sync(self.index_dir)
        self.clean(manifest)
        return manifest

    def clean(self, manifest: Manifest | None) -> None:
        """Remove what no generation needs any more: older ones, and what crashes left."""
        kept = {_files_name(manifest.generation), manifest.dictionary} if manifest else set()
        for path in self.index_dir.iterdir():
            if re.fullmatch(_OURS, path.name) and path.name not in kept:
                path.unlink()
        names = {entry.name for entry in manifest.segments} if manifest else set()
        for path in (self.index_dir / _SEGMENTS).glob("*"):
            if re.fullmatch(_SEGMENT, path.name) and path.name not in names:
                _remove(path)  # a reader on a network disk may still hold it; next time, then

    def remove(self) -> None:
        """Remove everything that is ours; the lock last, because whoever holds the next one may write."""
        with suppress(OSError):
            self.clean(None)
            with suppress(FileNotFoundError):
                (self.index_dir / _SEGMENTS).rmdir()
            (self.index_dir / _LOCK).unlink()
            self.index_dir.rmdir()


def _remove(folder: Path) -> None:
    from shutil import rmtree  # only who writes needs it

    rmtree(folder, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)
