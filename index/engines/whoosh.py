"""Postings in Whoosh indexes, one to a segment: written in bulk, read a block at a time.

Owns everything that knows Whoosh.  Each segment folder holds an index that plain Whoosh opens and searches (its document
number is our passage number); what we bypass is the per-posting work of its writer and its matchers, which is where the
time goes: a posting list is handed to the codec in blocks of `BLOCK`, and read the same way.

Whoosh keeps its schema and block headers as pickles, so opening an index runs what is in it: open none that you did not
make.  Our own manifest is checked before Whoosh sees a file.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import md5
from io import BytesIO
from itertools import accumulate
from operator import sub
from pathlib import Path
from pickle import dumps, load
from struct import Struct
from typing import Any

from whoosh import fields, formats
from whoosh.analysis.tokenizers import SpaceSeparatedTokenizer
from whoosh.codec.whoosh3 import LENGTHS_COLUMN, WHOOSH3_HEADER_MAGIC, W3Codec, W3TermInfo, _lenfield
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.reading import TermNotFound
from whoosh.system import pack_int, pack_ushort, unpack_int
from whoosh.util.numeric import length_to_byte

from ..errors import IndexDamaged

FIELDS = ("grams", "heading", "title", "words")
"""What is indexed of a passage: its grams as a set; its heading's words; words and grams of its document's title; its words."""

SETS = ("grams", "title")
"""The fields in which a term counts once, however often it occurs."""

BLOCK = 4096
"""Postings to a block, uncompressed."""

_FOLDER = "postings"
_LAST = b"\xff"  # behind every byte of UTF-8
Postings = tuple["array[int]", "array[float]"]
"""The numbers of passages, rising, and how often each has the term."""


def _schema() -> Any:
    schema = fields.Schema()
    for name in FIELDS:
        field = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False)
        # Existence stores no value beside the weight, and the weight is all BM25 reads.
        field.format = formats.Existence()
        schema.add(name, field)
    return schema


class PostingsWriter:
    """Collects the postings of one segment in memory and writes them at the end."""

    def __init__(self) -> None:
        self._documents: dict[str, defaultdict[str, array[int]]] = {name: defaultdict(_numbers) for name in FIELDS}
        self._weights: dict[str, defaultdict[str, bytearray]] = {
            name: defaultdict(bytearray) for name in FIELDS if name not in SETS
        }
        self._lengths = {name: bytearray() for name in FIELDS}
        self._totals = dict.fromkeys(FIELDS, 0)
        self.passages = self.postings = 0

    def add(self, sets: dict[str, Collection[str]], counts: dict[str, dict[str, int]]) -> None:
        """Add the next passage: the terms of each field that is a set, those of the others with how often each occurs.

        255 occurrences at the most are kept.
        """
        number = self.passages
        for name, terms in sets.items():
            documents = self._documents[name]
            for term in terms:
                documents[term].append(number)
            self._count(name, len(terms), len(terms))
        for name, counted in counts.items():
            documents, weights = self._documents[name], self._weights[name]
            for term, count in counted.items():
                documents[term].append(number)
                weights[term].append(count if count < 255 else 255)
            self._count(name, len(counted), sum(counted.values()))
        self.passages += 1

    def _count(self, name: str, postings: int, length: int) -> None:
        self._lengths[name].append(length_to_byte(length))
        self._totals[name] += length
        self.postings += postings

    def write(self, segment: Path) -> None:
        """Write a Whoosh index of one segment below the segment's folder."""
        folder = segment / _FOLDER
        folder.mkdir()
        index = FileStorage(str(folder)).create_index(_schema())
        writer = index.writer(codec=W3Codec(blocklimit=BLOCK, compression=0))
        self._write_lengths(writer)
        for name in FIELDS:
            self._write_field(writer, name)
        _finish(writer, self.passages)
        index.close()

    def _write_lengths(self, writer: Any) -> None:
        """The columns of lengths whole: the writer would call six functions for each of them."""
        documents = writer.perdocwriter
        for name in FIELDS:
            if lengths := bytes(self._lengths[name]).rstrip(b"\0"):  # what is not there is 0
                documents._create_column(_lenfield(name), LENGTHS_COLUMN)
                column = documents._get_column(_lenfield(name))
                column._dbfile.write(lengths)
                column._count = len(lengths)
        documents._doccount = self.passages
        documents._fieldlengths.update(self._totals)  # exact totals, where the lengths themselves are rounded to a byte

    def _write_field(self, writer: Any, name: str) -> None:
        out = writer.fieldwriter
        out.start_field(name, writer.schema[name])
        prefix, documents, lengths = pack_ushort(out._fieldid), self._documents[name], self._lengths[name]
        weights: Mapping[str, bytearray] = self._weights.get(name, {})
        terms = sorted((term.encode("utf-8", "surrogatepass"), term) for term in documents)
        for at in range(0, len(terms), _TOGETHER):
            written, infos, start = list[bytes](), list[tuple[bytes, bytes]](), out._postfile.tell()
            for key, term in terms[at : at + _TOGETHER]:
                postings, info = _posting_list(start, documents[term], weights.get(term), lengths)
                written.append(postings)
                infos.append((prefix + key, info))
                start += len(postings)
            out._postfile.write(b"".join(written))
            _add_terms(out._tindex, infos)
        out.finish_field()


def _numbers() -> array[int]:
    return array("I")


_TOGETHER = 4096
"""Terms whose postings are handed to the files at once."""

_INFO = Struct(W3TermInfo._struct.format + "qi")  # with the place of the postings behind it: their offset and size


def _posting_list(start: int, documents: array[int], weights: bytearray | None, lengths: bytearray) -> tuple[bytes, bytes]:
    """One posting list in the form of Whoosh's W3 codec, and what its dictionary says of it, given the offset it is put at.

    Blocks of (deltas, weights), each behind a head that sums it up.  No weights are as many ones.
    """
    own_lengths = bytes(map(lengths.__getitem__, documents))
    parts = [WHOOSH3_HEADER_MAGIC]
    for at in range(0, len(documents), BLOCK):
        block, block_lengths = documents[at : at + BLOCK], own_lengths[at : at + BLOCK]
        counts: Sequence[int] = weights[at : at + BLOCK] if weights else b"\1"
        most = max(counts)
        deltas = (block[0], *map(sub, block[1:], block[:-1]))
        data = dumps((deltas, None if most == 1 else tuple(map(float, counts)), None), 2)
        head = dumps((len(block), block[-1], float(most), 0, min(block_lengths), max(block_lengths)), 2)
        size = len(head) + len(data)
        parts += (pack_int(-size if at + BLOCK >= len(documents) else size), head, data)  # a negative size marks the last block
    written = b"".join(parts)
    weight, most = (sum(weights), max(weights)) if weights else (len(documents), 1)
    shortest, longest = min(own_lengths), max(own_lengths)
    info = _INFO.pack(0, weight, len(documents), shortest, longest, most, documents[0], documents[-1], start, len(written))
    return written, info


def _add_terms(index: Any, terms: list[tuple[bytes, bytes]]) -> None:
    """Add keys, rising, and their values to a hash file, as its own `add` does one by one."""
    file, buckets, parts = index.dbfile, index.buckets, list[bytes]()
    at = file.tell()
    for key, value in terms:
        index.index.append(at)
        hashed = int.from_bytes(md5(key, usedforsecurity=False).digest()[-4:], "big")
        buckets[hashed & 255].append((hashed, at))
        parts += (pack_int(len(key)), pack_int(len(value)), key, value)
        at += 8 + len(key) + len(value)
    file.write(b"".join(parts))
    index.lastkey = terms[-1][0]


def _finish(writer: Any, passages: int) -> None:
    """What `SegmentWriter.commit` does, with nothing in its own pool of postings."""
    writer.docnum, writer._added = passages, True
    writer.pool.iter_postings = lambda: iter(())
    writer.perdocwriter.close()
    writer.fieldwriter.close()
    writer.pool.cleanup()
    writer._assemble_segment()
    writer._commit_toc([writer.get_segment()])
    writer._finish()


class PostingsReader:
    """The postings of one segment."""

    def __init__(self, segment: Path) -> None:
        with _translated(segment):
            self._index = FileIndex(FileStorage(str(segment / _FOLDER), readonly=True))
            self._reader = self._index.reader()
        self._segment = segment

    def postings(self, field: str, term: str) -> Postings:
        """All passages that have a term, and how often; two empty arrays where none has."""
        numbers, weights = array("I"), array("f")
        with _translated(self._segment):
            try:
                matcher = self._reader.postings(field, term.encode("utf-8", "surrogatepass"))
            except TermNotFound:
                return numbers, weights
            while matcher.is_active():
                matcher._read_ids()
                matcher._read_weights()
                numbers.extend(array("I", matcher._ids))
                weights.extend(array("f", matcher._weights))
                matcher._next_block()
        return numbers, weights

    def having_prefix(self, field: str, prefix: str) -> set[int]:
        """The passages that have a term which begins with a prefix: `terms` and `postings` in one.

        The lists of such terms stand one behind the other in the file, and are read in one go.
        """
        found = set[int]()
        with _translated(self._segment):
            terms = self._reader._terms
            key = terms._keycoder(field, prefix.encode("utf-8", "surrogatepass"))
            start, end = _list_from(terms, key), _list_from(terms, key + _LAST)
            if start is None:
                return found
            data = terms._postfile.get(start, (_ENDLESS if end is None else end) - start)
            file, at, is_last = BytesIO(data), 0, True
            while at < len(data):
                at += len(WHOOSH3_HEADER_MAGIC) if is_last else 0
                (size,) = unpack_int(data[at : at + _INT])
                file.seek(at + _INT)
                load(file)  # noqa: S301 - the head; see above of pickles
                found.update(accumulate(load(file)[0]))  # noqa: S301
                at, is_last = at + _INT + abs(size), size < 0
        return found

    def frequency(self, field: str, term: str) -> int:
        """In how many passages a term is, deleted ones included."""
        count: int = self._reader.doc_frequency(field, term.encode("utf-8", "surrogatepass"))
        return count

    def terms(self, field: str, prefix: str) -> Iterator[str]:
        """The terms that begin with a prefix, in code point order."""
        wanted = prefix.encode("utf-8", "surrogatepass")
        for name, term in self._reader.terms_from(field, wanted):
            if name != field or not term.startswith(wanted):
                return
            yield term.decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Close the files."""
        self._reader.close()
        self._index.close()


_INT, _ENDLESS = len(pack_int(0)), 1 << 62


def _list_from(terms: Any, key: bytes) -> int | None:
    """Where in the file the first posting list begins whose key is not before one; None if there is none."""
    if (at := terms._tindex.closest_key_pos(key)) is None:
        return None
    _, start, length = terms._tindex.key_and_range_at(at)
    offset: int = W3TermInfo.from_bytes(terms._tindex.dbfile.get(start, length)).extent()[0]
    return offset


@contextmanager
def _translated(segment: Path) -> Iterator[None]:
    """Whoosh's ways to say that its files are broken, as ours."""
    try:
        yield
    except Exception as error:
        raise IndexDamaged(segment, f"its postings cannot be read: {error}") from error
