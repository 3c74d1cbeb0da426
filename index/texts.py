"""The texts of a segment on disk: written once, in order, and read through memory maps without parsing.

Owns the layout of these files and nothing else; knows neither postings nor queries.  A segment holds whole documents in
the order they were added, and their passages numbered on from 0; a document's folded text is in one piece, so that a
phrase is found wherever it stands, across passages too.

    originals, folded                the texts one after another, UTF-8 (lone surrogates kept); folded ones end in NUL
    paths, titles, folded_titles     the same for short strings, each ends in NUL
    details                          what only a merge needs of a document, as JSON: headings, encoding
    documents, passages              rows of unsigned 64-bit numbers: the fields of `DocumentRow`, `PassageRow`

Offsets into these files are bytes; offsets into a document's text are code points.
"""

from __future__ import annotations

import bisect
import json
import mmap
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .errors import IndexDamaged
from .model import Document, Heading, Passage

LANGUAGES = ("und", "zh", "zh-Hans", "zh-Hant", "en", "ja")
_BLOBS = ("originals", "folded", "paths", "titles", "folded_titles", "details")
_ROW_FILES = ("documents", "passages")
_END = b"\0"


class DocumentRow(NamedTuple):
    """Where a document's parts begin (bytes; they end where the next one's begin), and what it is."""

    first_passage: int
    original: int
    folded: int
    path: int
    title: int
    folded_title: int
    detail: int
    language: int
    has_lines: int
    title_terms: int


class PassageRow(NamedTuple):
    """A passage: its document's number, its span in code points, its first byte in both texts, its length in words."""

    document: int
    start: int
    end: int
    original: int
    folded: int
    words: int


def encode(text: str) -> bytes:
    """UTF-8 that survives lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """The reverse of `encode`."""
    return data.decode("utf-8", "surrogatepass")


class TextsWriter:
    """Writes a segment's texts into an existing folder; finish it to have them whole on disk."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, BinaryIO] = {name: (folder / name).open("wb") for name in (*_BLOBS, *_ROW_FILES)}
        self.documents = self.passages = 0

    def _append(self, name: str, row: tuple[int, ...]) -> None:
        numbers = array("Q", row)
        if sys.byteorder == "big":
            numbers.byteswap()
        self._files[name].write(numbers.tobytes())

    def _tell(self, name: str) -> int:
        return self._files[name].tell()

    def _write(self, name: str, text: str, end: bytes = b"") -> None:
        self._files[name].write(encode(text) + end)

    def start_document(self, document: Document, folded_title: str, language: str, title_terms: int) -> None:
        """Begin a document; its passages follow.  `title_terms` is how many different terms its title has."""
        self._append("documents", self._starts(LANGUAGES.index(language), int(document.has_lines), title_terms))
        self._write("paths", document.path, _END)
        self._write("titles", document.title, _END)
        self._write("folded_titles", folded_title, _END)
        headings = [(heading.start, heading.text) for heading in document.headings]
        self._write("details", json.dumps({"headings": headings, "encoding": document.encoding}), _END)
        self.documents += 1

    def add_passage(self, text: str, passage: Passage, at: int, folded: str, words: int) -> None:
        """Add a passage of the document begun last; `text` runs from code point `at` of the document to the passage's end.

        What stands before the passage in `text` (the white space between two passages) belongs to none.  `folded` is the
        passage's folded text with what the gap behind it folds to.
        """
        self._write("originals", text[: passage.start - at])
        self._append(
            "passages", (self.documents - 1, passage.start, passage.end, self._tell("originals"), self._tell("folded"), words)
        )
        self._write("originals", text[passage.start - at :])
        self._write("folded", folded)
        self.passages += 1

    def end_document(self, rest: str) -> None:
        """End the document; `rest` is its text behind the last passage."""
        self._write("originals", rest)
        self._write("folded", "", _END)

    def _starts(self, language: int, has_lines: int, title_terms: int) -> DocumentRow:
        originals, folded, paths, titles, folded_titles, details = map(self._tell, _BLOBS)
        return DocumentRow(
            self.passages, originals, folded, paths, titles, folded_titles, details, language, has_lines, title_terms
        )

    def finish(self) -> None:
        """Write the closing rows and close the files."""
        self._append("documents", self._starts(0, 0, 0))
        self._append("passages", (self.documents, 0, 0, self._tell("originals"), self._tell("folded"), 0))
        self.close()

    def close(self) -> None:
        """Close the files as they are."""
        for file in self._files.values():
            file.close()


def _mapped(path: Path) -> mmap.mmap | bytes:
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
            self._blobs = {name: _mapped(folder / name) for name in _BLOBS}
            self._documents = self._rows(folder / "documents", DocumentRow)
            self._passages = self._rows(folder / "passages", PassageRow)
        except OSError as error:
            raise IndexDamaged(folder, f"its texts cannot be read: {error}") from error
        self.originals, self.folded = self._blobs["originals"], self._blobs["folded"]
        self.documents = len(self._documents) // len(DocumentRow._fields) - 1
        self.passages = len(self._passages) // len(PassageRow._fields) - 1
        sizes = map(len, self._blobs.values())
        if self.document(self.documents) != (self.passages, *sizes, 0, 0, 0) or self.passage(self.passages) != (
            *(self.documents, 0, 0, len(self.originals), len(self.folded), 0),
        ):
            raise IndexDamaged(folder, "its texts do not fit together")

    @staticmethod
    def _rows(path: Path, row: type[DocumentRow | PassageRow]) -> memoryview | array[int]:
        data = _mapped(path)
        if not data or len(data) % (8 * len(row._fields)):
            raise IndexDamaged(path, "it is too short")
        if sys.byteorder == "little":
            return memoryview(data).cast("Q")
        numbers = array("Q", bytes(data))
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
        at = DocumentRow._fields.index(name)
        start, end = self.document(number)[at], self.document(number + 1)[at]
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

    def stored_document(self, document: int) -> Document:
        """A document as it was when it was added."""
        row, after = self.document(document), self.document(document + 1)
        detail = json.loads(self._string("detail", document))
        return Document(
            path=self.path(document),
            text=decode(self.originals[row.original : after.original]),
            title=self.title(document),
            headings=tuple(Heading(start, text) for start, text in detail["headings"]),
            encoding=detail["encoding"],
            has_lines=bool(row.has_lines),
        )


def occurrences(data: mmap.mmap | bytes, wanted: bytes, start: int, end: int) -> Iterator[int]:
    """Where a non-empty byte string begins in `data[start:end]`, overlapping ones too."""
    at = data.find(wanted, start, end)
    while at >= 0:
        yield at
        at = data.find(wanted, at + 1, end)
