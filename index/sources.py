"""From paths to Documents: finding files, reading them once, naming them.

Owns which files are looked at, which are skipped and why.  Does not own what encoding their bytes are in (`encodings`), what
of a marked-up file is visible (`formats`), nor what has been indexed before (`indexing`).  Never prints: whatever is skipped
is an `UnreadableFile` with a reason, handed to `on_skip` or raised.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .encodings import declared_charset, decode
from .errors import PathNotFound, UnreadableFile
from .model import Document

MAX_BYTES = 64 * 2**20
"""Larger files are skipped, unless the caller says otherwise."""

STDIN = "-"
"""The path of a document that came through a pipe."""

_ENDINGS = """
7z a avi bin bmp bz2 class dll doc docx dylib epub exe flac gif gz heic ico iso jar jpeg jpg m4a mkv mo mobi mov mp3 mp4 o
odp ods odt ogg otf pdf png ppt pptx psd pyc pyd pyo rar rtf so sqlite tar tgz tif tiff ttc ttf wasm wav webm webp whl wmv
woff woff2 xls xlsx xz zip zst
"""
BINARY_ENDINGS = frozenset(_ENDINGS.split())
"""Endings of files that a folder may well hold but that are not text; a file named by the user is tried all the same."""


# ------------------------------------------------------------------------------------------ finding


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read: absolute path as reached (links not resolved), size in bytes, time of change in nanoseconds."""

    path: str
    size: int
    mtime_ns: int


def find_files(paths: Iterable[str | Path], on_skip: Callable[[UnreadableFile], None]) -> Iterator[FoundFile]:
    """Every file to try under `paths`, in the order given and sorted within folders, each file and folder once.

    Raises PathNotFound before anything is yielded if a path does not exist.  Hidden entries of folders are left out in
    silence; whatever else cannot be tried goes to `on_skip`.
    """
    named = [absolute(path) for path in paths]
    return _walk(named, on_skip)


def absolute(path: str | Path) -> str:
    """A path as it is recorded; raises PathNotFound."""
    try:
        os.stat(path)  # noqa: PTH116 - a str may hold what Path would normalise away
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise PathNotFound(path) from None
    except OSError:
        pass  # it exists but cannot be looked at: skipped, with the reason, when its turn comes
    return os.path.abspath(path)  # noqa: PTH100 - unlike Path.absolute() it resolves `..`


def _walk(named: list[str], on_skip: Callable[[UnreadableFile], None]) -> Iterator[FoundFile]:
    """Depth first with a stack of our own: folders may be nested deeper than Python recurses."""
    seen: set[str | tuple[int, int]] = set()  # real paths of files, (device, inode) of folders
    stack = [(path, os.path.realpath(path), True) for path in reversed(named)]
    while stack:
        path, real, is_named = stack.pop()
        try:
            info = os.stat(path)  # noqa: PTH116
            is_folder = stat.S_ISDIR(info.st_mode)
            key = (info.st_dev, info.st_ino) if is_folder else real
            if key in seen:
                continue
            seen.add(key)
            if is_folder:
                stack.extend(_entries(path, real))
            elif not stat.S_ISREG(info.st_mode):
                on_skip(UnreadableFile(path, "a pipe, socket or device"))
            elif not is_named and _ending(path) in BINARY_ENDINGS:
                on_skip(UnreadableFile(path, "binary (by its ending)"))
            else:
                yield FoundFile(path, info.st_size, info.st_mtime_ns)
        except OSError as exc:
            on_skip(UnreadableFile(path, _reason(exc)))


def _entries(folder: str, real: str) -> list[tuple[str, str, bool]]:
    """What a folder holds, last name first; a real path is looked up only for links, which saves most of the time."""
    with os.scandir(folder) as scan:
        entries = [entry for entry in scan if not entry.name.startswith(".")]
    entries.sort(key=lambda entry: entry.name, reverse=True)
    return [(e.path, os.path.realpath(e.path) if e.is_symlink() else f"{real}{os.sep}{e.name}", False) for e in entries]


def _ending(path: str) -> str:
    return os.path.splitext(path)[1][1:].lower()  # noqa: PTH122 - likewise, twice for every file


def _reason(exc: OSError) -> str:
    return _REASONS.get(exc.errno or 0) or (exc.strerror or "cannot be read").lower()


_REASONS = {errno.EISDIR: "a folder", errno.ELOOP: "a link to itself"}
_REASONS |= dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "vanished")
_REASONS |= dict.fromkeys((errno.EACCES, errno.EPERM), "permission denied")


# ------------------------------------------------------------------------------------------ reading


def read_file(file: FoundFile, encoding: str | None = None, max_bytes: int = MAX_BYTES) -> tuple[str, Document]:
    """The file's hash (of its bytes) and its Document, from one reading.

    Raises UnreadableFile if it is gone, not readable, larger than `max_bytes`, empty or not text.
    """
    try:
        with open(file.path, "rb", buffering=0) as stream:  # noqa: PTH123 - a Path takes as long as the reading
            size = os.fstat(stream.fileno()).st_size
            if size > max_bytes:
                raise UnreadableFile(file.path, f"too large ({_amount(size)}, the limit is {_amount(max_bytes)})")
            data = stream.read()
    except OSError as exc:
        raise UnreadableFile(file.path, _reason(exc)) from exc
    return _hash(data), document(file.path, data, encoding)


def read_stdin(data: bytes, encoding: str | None = None) -> tuple[str, Document]:
    """The hash and the Document of what came through a pipe: plain text, with the path `-`."""
    return _hash(data), document(STDIN, data, encoding)


def document(path: str, data: bytes, encoding: str | None = None) -> Document:
    """`data` as a Document: HTML and Markdown, known by the ending of `path`, as their visible text, the rest as it is.

    Raises UnreadableFile if `data` is empty, not text, not valid in a forced `encoding`, or shows nothing but white space.
    """
    from .formats import Parsed, html, markdown  # whoever only looks at files, as a status does, needs no parsers

    if not data:
        raise UnreadableFile(path, "empty")
    ending = _ending(path)
    is_html = ending in ("html", "htm", "xhtml")
    text, codec, doubtful = decode(data, encoding, path=path, declared=declared_charset(data) if is_html else "")
    parsed = html(text) if is_html else markdown(text) if ending in ("md", "markdown") else Parsed(text)
    if not parsed.text or parsed.text.isspace():
        raise UnreadableFile(path, "no text in it")
    title = parsed.title or title_of(parsed.text)
    return Document(path, parsed.text, title, parsed.headings, codec, doubtful, has_lines=not is_html)


def title_of(text: str) -> str:
    """The first line that is not blank, without `#` before it; of a long one the first sentence, or 60 characters."""
    found = re.search(r"[^\s#][^\n\r\f\v\x85\u2028\u2029]*", text)
    line = found.group().rstrip() if found else ""
    if len(line) <= 100:
        return line
    sentence = re.match(r".{1,99}?(?:[。！？]|[.!?](?=\s))", line)
    return sentence.group() if sentence else line[:60].rstrip()


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _amount(size: int) -> str:
    return f"{size} bytes" if size < 2**20 else f"{math.ceil(size / 2**20)} MB"
