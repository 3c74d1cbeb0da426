"""The texts of a segment on disk: written once, in order, and read through memory maps without parsing.

Owns the layout of these files and nothing else; knows neither postings nor queries.  A segment holds whole documents in
the order they were added, and their passages numbered on from 0; a document's folded text is in one piece, so that a
phrase is found wherever it stands, across passages too.

    folded                           the folded texts one after another, UTF-8 (lone surrogates kept), each ends in NUL
    cuts                             where words in them that are written as one are cut
    originals                        the texts in chunks, each compressed (zlib) with the folded text of the passages that begin
                                     in it as preset dictionary, which says nearly the same
    paths, titles, folded_titles     short strings as in `folded`
    details                          what only a merge needs of a document, as JSON: encoding, headings
    documents, passages, chunks      rows: the fields of `DocumentRow`, `PassageRow`, `ChunkRow`

Rows and cuts are unsigned 32-bit numbers, little-endian.  Offsets into these files are bytes; offsets into a document's text
are code points.
"""

from __future__ import annotations

import bisect
import fnmatch
import json
import mmap
import re
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .errors import IndexDamaged
from .model import Document, Filter, Heading, Passage

LANGUAGES = ("und", "zh", "zh-Hans", "zh-Hant", "en", "ja")
_BLOBS = ("originals", "folded", "paths", "titles", "folded_titles", "details")
_NUMBERS = ("cuts", "documents", "passages", "chunks")
_END = b"\0"

FULL = 2**30
"""Bytes of folded text after which a segment should take in no more: far below what 32 bits can number."""

CHUNK = 4096
"""The most code points of a chunk: a passage is read with little else, and zlib looks no further back than 32 KB."""


class DocumentRow(NamedTuple):
    """A document's first passage and chunk, where its strings begin (bytes; they end where the next one's do), what it is."""

    first_passage: int
    chunk: int
    folded: int
    path: int
    title: int
    folded_title: int
    detail: int
    language: int
    has_lines: int
    title_terms: int


class PassageRow(NamedTuple):
    """A passage: its document's number, its span in code points, the byte where its folded text begins, its length in words.

    `line` is the line of the document on which it begins, from 1; 0 where lines mean nothing.
    """

    document: int
    start: int
    end: int
    folded: int
    words: int
    line: int


class ChunkRow(NamedTuple):
    """A chunk: its first code point in the document, its first byte in `originals`, that of its dictionary in `folded`."""

    start: int
    original: int
    folded: int


def encode(text: str) -> bytes:
    """UTF-8 that survives lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """The reverse of `encode`."""
    return data.decode("utf-8", "surrogatepass")


def decode_within(data: bytes) -> str:
    """Decode UTF-8 that may begin or end in the middle of a code point."""
    return data.decode("utf-8", "ignore") if b"\xed" not in data else _decode_surrogates(data)


def _decode_surrogates(data: bytes) -> str:
    while data and data[0] & 0xC0 == 0x80:
        data = data[1:]
    for cut in range(4):
        try:
            return decode(data[: len(data) - cut])
        except UnicodeDecodeError:
            continue
    return ""


class TextsWriter:
    """Writes a segment's texts into an existing folder; finish it to have them whole on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, BinaryIO] = {name: (folder / name).open("wb") for name in _BLOBS}
        self._rows: dict[str, array[int]] = {name: array("I") for name in _NUMBERS}
        self.documents = self.passages = self._chunks = self._folded = self._line = 0
        self._chunk, self._chunk_start, self._dictionary = "", 0, b""

    @property
    def is_full(self) -> bool:
        """Whether the next document should go into another segment."""
        return self._folded >= FULL

    def _write(self, name: str, text: str) -> None:
        self._files[name].write(encode(text) + _END)

    def start_document(self, document: Document, folded_title: str, language: str, title_terms: int) -> None:
        """Begin a document; its passages follow.  `title_terms` is how many different terms its title has."""
        self._add_document_row(LANGUAGES.index(language), int(document.has_lines), title_terms)
        self._write("paths", document.path)
        self._write("titles", document.title)
        self._write("folded_titles", folded_title)
        headings = [(heading.start, heading.text) for heading in document.headings]
        self._write("details", json.dumps([document.encoding, headings]))
        self.documents += 1
        self._line, self._chunk_start = int(document.has_lines), 0

    def _add_document_row(self, language: int, has_lines: int, title_terms: int) -> None:
        strings = [self._files[name].tell() for name in _BLOBS[2:]]
        row = self.passages, self._chunks, self._folded, *strings, language, has_lines, title_terms
        self._rows["documents"].extend(row)

    def add_passage(self, text: str, passage: Passage, at: int, folded: str, words: int, cuts: Sequence[int] = ()) -> None:
        """Add a passage of the document begun last; `text` runs from code point `at` of the document to the passage's end.

        What stands before the passage in `text` (the white space between two passages) belongs to none.  `folded` is the
        passage's folded text with what the gap behind it folds to, `cuts` are where in it words written as one are cut.
        """
        if self._chunk and len(self._chunk) + len(text) > CHUNK:
            self._end_chunk()
        start, data = self._folded, encode(folded)
        line = self._line and self._line + text.count("\n", 0, passage.start - at)
        self._rows["passages"].extend(PassageRow(self.documents - 1, passage.start, passage.end, start, words, line))
        if cuts:
            if len(data) > len(folded):
                cuts = list(accumulate(len(encode(folded[first:last])) for first, last in pairwise([0, *cuts])))
            self._rows["cuts"].extend([start + cut for cut in cuts])
        self._add(text, data)
        self._line = line and line + text.count("\n", passage.start - at)
        self.passages += 1

    def end_document(self, rest: str) -> None:
        """End the document; `rest` is its text behind the last passage."""
        self._add(rest, _END)
        self._end_chunk()

    def _add(self, text: str, folded: bytes) -> None:
        self._files["folded"].write(folded)
        self._folded += len(folded)
        self._chunk += text
        self._dictionary += folded

    def _end_chunk(self) -> None:
        """Write the chunk at hand, of an empty document too; as several if a passage, or what is before it, is longer."""
        originals = self._files["originals"]
        for at in range(0, len(self._chunk) or 1, CHUNK):
            row = ChunkRow(self._chunk_start + at, originals.tell(), self._folded - len(self._dictionary))
            self._rows["chunks"].extend(row)
            deflate = zlib.compressobj(zdict=self._dictionary)
            originals.write(deflate.compress(encode(self._chunk[at : at + CHUNK])) + deflate.flush())
            self._chunks += 1
            self._dictionary = b""
        self._chunk_start += len(self._chunk)
        self._chunk = ""

    def finish(self) -> None:
        """Write the rows, with closing ones, and close the files."""
        self._add_document_row(0, 0, 0)
        self._rows["passages"].extend(PassageRow(self.documents, 0, 0, self._folded, 0, 0))
        self._rows["chunks"].extend(ChunkRow(0, self._files["originals"].tell(), self._folded))
        self._rows["cuts"].append(self._folded)
        for name, numbers in self._rows.items():
            if sys.byteorder == "big":
                numbers.byteswap()
            (self._folder / name).write_bytes(numbers.tobytes())
        self.close()

    def close(self) -> None:
        """Close the files as they are."""
        for file in self._files.values():
            file.close()


def mapped(path: Path) -> mmap.mmap | bytes:
    """A file, mapped for reading; raises OSError."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:  # an empty file cannot be mapped
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


class Texts:
    """A segment's texts, mapped.  Documents and passages are named by their number in the segment, from 0.

    Raises IndexDamaged if a file is missing, or has not the length that the closing rows say.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._blobs = {name: mapped(folder / name) for name in _BLOBS}
            self._documents = self._numbers(folder / "documents", len(DocumentRow._fields))
            self._passages = self._numbers(folder / "passages", len(PassageRow._fields))
            self._chunks = self._numbers(folder / "chunks", len(ChunkRow._fields))
            self.cuts = self._numbers(folder / "cuts", 1)
        except OSError as error:
            raise IndexDamaged(folder, f"its texts cannot be read: {error}") from error
        self._folder, self.folded = folder, self._blobs["folded"]
        self.documents = len(self._documents) // len(DocumentRow._fields) - 1
        self.passages = len(self._passages) // len(PassageRow._fields) - 1
        self._chunk = lru_cache(maxsize=64)(self._read_chunk)
        originals, *sizes = map(len, self._blobs.values())
        chunks = len(self._chunks) // len(ChunkRow._fields) - 1
        if (
            self.document(self.documents) != (self.passages, chunks, *sizes, 0, 0, 0)
            or self.passage(self.passages) != (self.documents, 0, 0, sizes[0], 0, 0)
            or self._chunk_row(chunks) != (0, originals, sizes[0])
            or self.cuts[-1] != sizes[0]
        ):
            raise IndexDamaged(folder, "its texts do not fit together")

    @staticmethod
    def _numbers(path: Path, width: int) -> memoryview | array[int]:
        data = mapped(path)
        if not data or len(data) % (4 * width):
            raise IndexDamaged(path, "it is too short")
        if sys.byteorder == "little":
            return memoryview(data).cast("I")
        numbers = array("I", bytes(data))
        numbers.byteswap()
        return numbers

    def document(self, number: int) -> DocumentRow:
        """The row of a document; the row after the last says where everything ends."""
        width = len(DocumentRow._fields)
        return DocumentRow(*self._documents[number * width : (number + 1) * width])

    def passage(self, number: int) -> PassageRow:
        """The row of a passage; the row after the last says where everything ends."""
        width = len(PassageRow._fields)
        return PassageRow(*self._passages[number * width : (number + 1) * width])

    def _chunk_row(self, number: int) -> ChunkRow:
        width = len(ChunkRow._fields)
        return ChunkRow(*self._chunks[number * width : (number + 1) * width])

    def column(self, field: str) -> memoryview | array[int]:
        """One field of all passages, the closing row included, by the passage's number."""
        return self._passages[PassageRow._fields.index(field) :: len(PassageRow._fields)]

    def document_column(self, field: str) -> memoryview | array[int]:
        """One field of all documents, the closing row included, by the document's number."""
        return self._documents[DocumentRow._fields.index(field) :: len(DocumentRow._fields)]

    def first_passages(self) -> memoryview | array[int]:
        """The number of each document's first passage, and behind the last one the number of passages."""
        return self.document_column("first_passage")

    def _string(self, name: str, number: int) -> str:
        width = len(DocumentRow._fields)
        at = number * width + DocumentRow._fields.index(name)
        start, end = self._documents[at], self._documents[at + width]
        return decode(self._blobs[name + "s"][start : end - len(_END)])

    def path(self, document: int) -> str:
        """A document's path."""
        return self._string("path", document)

    def title(self, document: int) -> str:
        """A document's title."""
        return self._string("title", document)

    def folded_title(self, document: int) -> str:
        """A document's title, folded."""
        return self._string("folded_title", document)

    def paths(self) -> list[str]:
        """The paths of all documents, in order."""
        return decode(bytes(self._blobs["paths"])).split("\0")[:-1]

    def titled(self, folded: str) -> set[int]:
        """The documents whose folded title holds a string."""
        blob, starts = self._blobs["folded_titles"], self.document_column("folded_title")
        return {bisect.bisect_right(starts, at) - 1 for at in occurrences(blob, encode(folded), 0, len(blob))}

    def titled_among(self, documents: Iterable[int], folded: str) -> Iterator[int]:
        """Those of some documents whose folded title holds a string."""
        find, starts, wanted = self._blobs["folded_titles"].find, self.document_column("folded_title"), encode(folded)
        return (number for number in documents if find(wanted, starts[number], starts[number + 1]) >= 0)

    def matching(self, condition: Filter) -> Iterable[int]:
        """The documents that meet a condition; deleted ones too."""
        match condition.field:
            case "title":
                return self.titled(condition.value)
            case "path":
                return self._at_paths(condition.value)
            case "lang":
                return self._in_language(condition.value)

    def _at_paths(self, glob: str) -> Iterator[int]:
        """Documents whose path, or the end of it from some folder on, matches a shell-style pattern; `*` crosses `/`."""
        matches = re.compile(f"(?:{fnmatch.translate(glob)})|(?:{fnmatch.translate('*/' + glob)})").match
        return (number for number, path in enumerate(self.paths()) if matches(path))

    def _in_language(self, language: str) -> Iterator[int]:
        """Documents in a language; Chinese that is neither clearly Simplified nor Traditional counts as both."""
        named = {name for name in LANGUAGES if name.split("-")[0] == language}
        wanted = {language, "zh"} if language.startswith("zh-") else named
        return (number for number in range(self.documents) if LANGUAGES[self.document(number).language] in wanted)

    def original(self, document: int, start: int, end: int) -> str:
        """A document's text between two code points, the end of it included if that comes first.

        Raises IndexDamaged if what is stored of it does not fit together.
        """
        chunks = self.document(document).chunk, self.document(document + 1).chunk
        starts = self._chunks[:: len(ChunkRow._fields)]
        first = bisect.bisect_right(starts, start, *chunks) - 1
        last = bisect.bisect_left(starts, end, first + 1, chunks[1])
        text = "".join(map(self._chunk, range(first, last)))
        return text[start - starts[first] : max(start, end) - starts[first]]

    def _read_chunk(self, number: int) -> str:
        row, after = self._chunk_row(number), self._chunk_row(number + 1)
        inflate = zlib.decompressobj(zdict=self.folded[row.folded : after.folded])
        try:
            text = decode(inflate.decompress(self._blobs["originals"][row.original : after.original]))
        except (zlib.error, UnicodeDecodeError) as error:
            raise IndexDamaged(self._folder, f"a text in it cannot be read: {error}") from error
        if not inflate.eof:
            raise IndexDamaged(self._folder, "a text in it ends too soon")
        return text

    def stored_document(self, document: int) -> Document:
        """A document as it was when it was added."""
        encoding, headings = json.loads(self._string("detail", document))
        return Document(
            path=self.path(document),
            text=self.original(document, 0, 2**32),
            title=self.title(document),
            headings=tuple(Heading(start, text) for start, text in headings),
            encoding=encoding,
            has_lines=bool(self.document(document).has_lines),
        )


def occurrences(data: mmap.mmap | bytes, wanted: bytes, start: int, end: int) -> Iterator[int]:
    """Where a non-empty byte string begins in `data[start:end]`, overlapping ones too."""
    at = data.find(wanted, start, end)
    while at >= 0:
        yield at
        at = data.find(wanted, at + 1, end)
