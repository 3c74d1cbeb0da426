"""What else a word may be called: equivalents of other regions and languages, and how Han characters are read.

Owns the mapped file that answers this, the place where it is kept, and the user's own file of equivalents.  What is in the
file, `equivalents.py` decides and collects; that is loaded only where the file is missing.  Opening it for a query parses
nothing, and checks its sum (3 ms) only if the file was touched since it was written, which its time tells.

The file belongs to the program, not to an index: `lexicon-<digest>.trie` in the user's folder for caches, made when first
wanted (some seconds) and named by the digest of everything that decides its content.  Where that folder cannot be written, the
lexicon is compiled into memory by every process that asks for it: slow, but right.

Formats.  The file is a marisa trie from keys to values, then a footer.  The values of a key that `key_of` gives are one byte
of level and sources, one of weight, then the text in UTF-8.  Keys that begin with `PINYIN`, which no text can hold, lead to
the readings of a character and to the characters of a reading; those that begin with `SURFACE`, to translations of a word where
its stem has others besides (train, training).  Weights are above 0 and at most 1.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any
from zlib import crc32

from .english import american, bases, stem
from .errors import LexiconError
from .fold import fold_all
from .frozen import frozen
from .model import Level
from .scripts import is_letter, runs

FORMAT = 3
"""Raised when the file's bytes mean something else."""

SOURCES = ("opencc", "cedict", "terms", "own")
"""Where an equivalent can come from; its place here is its bit in the file."""

PINYIN = "\x01"
"""Before a character or a toneless syllable: the key of its readings or characters."""

SURFACE = "\x02"
"""Before an English word in American spelling: the key of what it means, where other words of its stem mean something else."""

GRAIN = 200
"""A weight is kept as a whole number of 200ths."""

_REGION = 16  # the bit of the first byte that says `region`, above those of the sources
_FOOTER = struct.Struct("<8sIQQ")  # magic and format, CRC-32 and length of what stands before, time of writing (ns)
_MAGIC = b"tongwen" + bytes([FORMAT])
_NAME = r"lexicon-[0-9a-f]{16}\.trie"
_KEPT = 4

_OWN_REGION, _OWN_CROSS = 1.0, 0.95

# A sign that makes another word of the letters before it: C++, C#.
_SIGNED = r"[^\W_][+#]+(?![a-z0-9\u00aa-\u2e7f])"
_ASCII_WORD = re.compile("[A-Za-z0-9]+")
_INITIALS = re.compile("[a-z](?: [a-z])+")


@frozen
class Equivalent:
    """Another text for the same thing.

    `text` is folded; English is folded surface words with single spaces.  `stems` are the stems of a text that is all of
    spaced scripts, to be found in any inflection; none for others, which are to be found literally.  `weight` is how surely it
    means the same.  `sources` are of `SOURCES`.
    """

    text: str
    stems: tuple[str, ...]
    level: Level
    weight: float
    sources: tuple[str, ...]


# ------------------------------------------------------------------------------------------ keys and texts


def key_of(folded: str) -> str:
    """The key of a folded text: words of spaced scripts stemmed and joined by one space, other runs as they are.

    Whatever stands between is left out, but for the signs of `c++` and `c#`.
    """
    if _is_han(folded):
        return folded
    if folded.isascii() and not _is_signed(folded):
        return " ".join(map(stem, _ASCII_WORD.findall(folded)))
    key, after_word = "", False
    signed = {match.start(): match[0][1:] for match in re.finditer(_SIGNED, folded)} if _is_signed(folded) else {}
    for at, run, unspaced in _runs(folded):
        if unspaced:
            key += run
        else:
            signs = signed.get(at + len(run) - 1, "")
            key += (" " if after_word else "") + (run + signs if signs else stem(run))
        after_word = not unspaced
    return key


def text_of(folded: str) -> str:
    """A folded text as an equivalent has it: English words with single spaces between them, others as they are."""
    if _is_han(folded):
        return folded
    if _is_signed(folded):
        return folded.strip()
    if folded.isascii():
        return " ".join(_ASCII_WORD.findall(folded)) or folded.strip()
    found = _runs(folded)
    return (
        folded.strip()
        if any(unspaced for _, _, unspaced in found)
        else " ".join([run for _, run, _ in found]) or folded.strip()
    )


@lru_cache(maxsize=4)
def _runs(folded: str) -> tuple[tuple[int, str, bool], ...]:
    """The runs of a text, which is asked for its text, its key and its script one after the other."""
    return tuple(runs(folded))


def _is_han(folded: str) -> bool:
    """Whether a text has nothing but usual Han characters, as most have."""
    return bool(folded) and min(folded) >= "\u4e00" and max(folded) <= "\u9fff"


def _is_signed(folded: str) -> bool:
    """Whether signs matter in a text."""
    return ("+" in folded or "#" in folded) and re.search(_SIGNED, folded) is not None


def stems_and_words(folded: str) -> list[tuple[str, str]]:
    """The words of a text that is all of spaced scripts, each with its stem; none if it is not, or if signs matter in it."""
    if _is_han(folded) or _is_signed(folded):
        return []
    if folded.isascii():
        return [(stem(word), word) for word in _ASCII_WORD.findall(folded)]
    found = _runs(folded)
    return [] if any(unspaced for _, _, unspaced in found) else [(stem(run), run) for _, run, _ in found]


# ------------------------------------------------------------------------------------------ values in the file


def packed(level: Level, weight: float, sources: int, text: str) -> bytes:
    """An equivalent as a value of the file; bits for the sources."""
    return bytes((sources | (_REGION if level == "region" else 0), round(weight * GRAIN))) + text.encode()


def unpacked(value: bytes) -> Equivalent:
    """The equivalent that a value of the file says."""
    text = value[2:].decode()
    stems = tuple([one for one, _ in stems_and_words(text)])
    return Equivalent(text, stems, "region" if value[0] & _REGION else "cross", value[1] / GRAIN, _sources(value[0]))


@cache
def _sources(bits: int) -> tuple[str, ...]:
    return tuple(source for bit, source in enumerate(SOURCES) if bits >> bit & 1)


# ------------------------------------------------------------------------------------------ the user's own file


@frozen
class _Own:
    """The user's equivalents by key, as text and kind, and the pairs (key, key) that shall never be."""

    added: dict[str, dict[str, Level]]
    never: frozenset[tuple[str, str]]

    def equivalents(self, key: str) -> dict[str, Equivalent]:
        """Those of a key, by their texts."""
        own = 1 << SOURCES.index("own")
        return {
            text: unpacked(packed(kind, _OWN_REGION if kind == "region" else _OWN_CROSS, own, text))
            for text, kind in self.added.get(key, {}).items()
        }


def _read_own(path: Path) -> _Own:
    """The user's file: `term<TAB>term[<TAB>kind]`, `#` comments, empty lines; lines end with a line feed.

    Raises LexiconError, naming the line.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise LexiconError(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise LexiconError(path, "is not UTF-8") from error
    rows = [
        (number, _fields(path, number, line))
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    folded = iter(fold_all(field for _, fields in rows for field in fields[:2]))
    added, never = defaultdict[str, dict[str, Level]](dict), set[tuple[str, str]]()
    for number, (*_, kind) in rows:
        one, other = text_of(next(folded)), text_of(next(folded))
        key, other_key = key_of(one), key_of(other)
        if not key or not other_key:
            raise LexiconError(path, f"line {number} has a term without letters or digits")
        if key == other_key:
            raise LexiconError(path, f"line {number} says the same term twice, after folding")
        match kind:
            case "never":
                never.update(((key, other_key), (other_key, key)))
            case "region" | "cross":
                added[key][other] = added[other_key][one] = kind
            case "":
                added[key][other] = added[other_key][one] = "region" if _has_unspaced(one) == _has_unspaced(other) else "cross"
            case _:
                raise LexiconError(path, f"line {number} has the kind {kind!r}")
    return _Own(dict(added), frozenset(never))


def _fields(path: Path, number: int, line: str) -> tuple[str, str, str]:
    """The two texts of a line and the kind of their pair, "" if that is not said."""
    fields = [field.strip() for field in line.replace("\0", " ").split("\t")]
    while len(fields) > 2 and not fields[-1]:
        fields.pop()
    match fields:
        case [one, other]:
            return one, other, ""
        case [one, other, kind]:
            return one, other, kind
        case _:
            raise LexiconError(path, f"line {number} has {len(fields)} fields")


def _has_unspaced(text: str) -> bool:
    """Whether some of a text is of a script without spaces."""
    return not text.isascii() and any(unspaced for _, _, unspaced in _runs(text))


# ------------------------------------------------------------------------------------------ asking


def _order(one: Equivalent) -> tuple[bool, float, str]:
    return one.level != "region", -one.weight, one.text


class Lexicon:
    """What is equivalent to what; `open_lexicon` makes one."""

    def __init__(self, trie: Any, user: str | Path | None = None) -> None:
        self._trie = trie
        self._own = _read_own(Path(user)) if user is not None else _Own({}, frozenset())

    def equivalents(self, key: str, surface: str = "") -> tuple[Equivalent, ...]:
        """What has the same meaning as a text with this key: those of other regions first, then the surest first.

        `surface` is the folded text itself, if that is one English word: what only other words of its stem mean is left out.
        Initials (U.N.) have what they have without their points, too.
        """
        values, own = self._trie.get(key, []), self._own.equivalents(key)
        if _INITIALS.fullmatch(key):
            joined = key.replace(" ", "")
            values, own = self._trie.get(joined, []) + values, self._own.equivalents(joined) | own
        if surface and (narrower := self._of_surface(surface)):
            values = [value for value in values if value[0] & _REGION] + narrower
        found = {one.text: one for one in map(unpacked, values)} | own
        equivalents = [one for one in found.values() if one.text != key]  # the text of U.N. is its key, and one of UN
        if self._own.never:
            equivalents = [one for one in equivalents if (key, key_of(one.text)) not in self._own.never]
        return tuple(sorted(equivalents, key=_order))

    def _of_surface(self, surface: str) -> list[bytes]:
        """The translations of a word, or if it has none of its own, of what it is a form of."""
        word = american(surface)
        return next(filter(None, (self._trie.get(SURFACE + one, []) for one in (word, *bases(word)))), [])

    def prefixes(self, key: str) -> list[str]:
        """The keys of equivalents that a key begins with, shortest first; words of spaced scripts only as a whole."""
        found = {*self._trie.prefixes(key), *(key[:end] for end in range(1, len(key) + 1) if key[:end] in self._own.added)}
        whole = (one for one in found if len(one) == len(key) or not (is_letter(one[-1]) and is_letter(key[len(one)])))
        return sorted(whole, key=len)

    def readings(self, character: str) -> tuple[str, ...]:
        """How a folded Han character is read: pinyin without tones (ü is v), the usual reading first; none if not known."""
        return tuple(self._said(character).split())

    def characters(self, syllable: str) -> str:
        """The folded Han characters with a reading (pinyin without tones, ü is v), the usual ones first."""
        return self._said(syllable)

    def _said(self, key: str) -> str:
        values: list[bytes] = self._trie.get(PINYIN + key, [b""])
        return values[0].decode()


# ------------------------------------------------------------------------------------------ the file


def open_lexicon(name: str = "", user: str | Path | None = None) -> Lexicon:
    """Map the lexicon of this name, or if it is not there that of the installed data, made first if need be.

    `user` is a file of one's own equivalents, read anew each time.  Raises LexiconError if that cannot be read.
    """
    trie = _kept(name) if re.fullmatch(_NAME, name) else None
    if trie is None:
        current = ready()
        trie = _memory.get(current) or _kept(current) or _compiled(current)
    return Lexicon(trie, user)


def ready(starting: Callable[[], None] = lambda: None) -> str:
    """See to it that the lexicon of the installed data is there, and return its name.

    `starting` is called if it has to be compiled first, which takes seconds.
    """
    name = _current()
    if name not in _memory and _kept(name) is None:
        starting()
        _compiled(name)
    return name


@cache
def _current() -> str:
    from .equivalents import digest

    return f"lexicon-{digest()}.trie"


_memory: dict[str, Any] = {}  # what was compiled where the folder for caches cannot be written


def _compiled(name: str) -> Any:
    """Compile the lexicon and keep it as a file, if that is possible."""
    trie, folder = compiled(), cache_folder()
    if folder is not None:
        with suppress(OSError):
            _write(folder / name, trie.tobytes())
            return trie
    _memory[name] = trie
    return trie


def compiled() -> Any:
    """The lexicon of the installed data, as a trie in memory."""
    import gc

    from .equivalents import values

    collecting = gc.isenabled()
    gc.disable()  # a million small objects, none of them in a cycle: to look for cycles would take a third of the time
    try:
        return _trie(list(values()))
    finally:
        if collecting:
            gc.enable()


def _trie(content: Iterable[tuple[str, bytes]] = ()) -> Any:
    """A trie from keys to bytes; the one place that knows the library."""
    return import_module("marisa_trie").BytesTrie(content)


def cache_folder() -> Path | None:
    """The folder for this program's caches: the user's, as the system has it; None if the user has no home."""
    named = Path(os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", ""))
    if sys.platform != "darwin" and named.is_absolute():  # the XDG Base Directory Specification: a relative path is none
        return named / "tongwen"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    match sys.platform:
        case "darwin":
            base = home / "Library" / "Caches"
        case "win32":
            base = home / "AppData" / "Local"
        case _:
            base = home / ".cache"
    return base / "tongwen"


def _kept(name: str) -> Any:
    """The trie that is kept under a name, mapped; None if there is none."""
    folder = cache_folder()
    return None if folder is None else _mapped(folder / name)


def _mapped(path: Path) -> Any:
    """The trie in a file, mapped; None if there is no such file or it is damaged."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if not _is_whole(content, os.fstat(file.fileno()).st_mtime_ns):
                return None
            if not _is_unicode(path):
                return _trie().frombytes(content[:])
        return _trie().mmap(str(path))
    except (OSError, ValueError):  # an empty file cannot be mapped: ValueError
        return None


def _is_unicode(path: Path) -> bool:
    """Whether a path can be said in UTF-8, as the library wants to have it said."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_whole(content: mmap.mmap, modified: int) -> bool:
    """Whether a file is as it was written, given when it was modified (in ns)."""
    if len(content) < _FOOTER.size:
        return False
    magic, checksum, length, written = _FOOTER.unpack(content[-_FOOTER.size :])
    if magic != _MAGIC or length != len(content) - _FOOTER.size:
        return False
    if modified == written:
        return True
    with memoryview(content) as view, view[:length] as body:
        return bool(crc32(body) == checksum)


def _write(path: Path, body: bytes) -> None:
    """Write a file whole or not at all, whoever else writes it at the same time; then drop what is no longer wanted."""
    from tempfile import NamedTemporaryFile

    path.parent.mkdir(parents=True, exist_ok=True)
    now = time.time_ns()
    with NamedTemporaryFile(dir=path.parent, prefix="new-", suffix=".tmp", delete=False) as file:
        try:
            file.write(body + _FOOTER.pack(_MAGIC, crc32(body), len(body), now))
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.utime(file.name, ns=(now, now))
            Path(file.name).replace(path)
        except BaseException:
            file.close()
            with suppress(OSError):
                Path(file.name).unlink()
            raise
    _tidy(path)


def _tidy(path: Path) -> None:
    """Keep the newest few lexicons; drop the others, and what killed writers left behind more than an hour ago."""
    lexicons = {other: _modified(other) for other in path.parent.iterdir() if re.fullmatch(_NAME, other.name)}
    newest = sorted(lexicons, key=lambda other: (other == path, lexicons[other]), reverse=True)
    hour_ago = _modified(path) - 3600
    left = [other for other in path.parent.glob("new-*.tmp") if _modified(other) < hour_ago]
    for other in (*newest[_KEPT:], *left):
        with suppress(OSError):  # another process was faster, or still has it open (Windows)
            other.unlink()


def _modified(path: Path) -> float:
    """When a file was last written, in seconds; 0 if it vanished meanwhile."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
