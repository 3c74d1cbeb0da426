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
from io import BytesIO
from itertools import accumulate
from operator import sub
from pathlib import Path
from pickle import dumps, load
from typing import Any

from whoosh import fields, formats
from whoosh.analysis.tokenizers import SpaceSeparatedTokenizer
from whoosh.codec.whoosh3 import WHOOSH3_HEADER_MAGIC, W3Codec, W3TermInfo
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.reading import TermNotFound
from whoosh.system import pack_int, pack_ushort, unpack_int
from whoosh.util.numeric import byte_to_length, length_to_byte

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
        documents = writer.perdocwriter
        for number in range(self.passages):
            documents.start_doc(number)
            for name in FIELDS:
                documents.add_field(name, writer.schema[name], None, byte_to_length(self._lengths[name][number]))
            documents.finish_doc()
        documents._fieldlengths.update(self._totals)  # exact totals, where the lengths themselves are rounded to a byte

    def _write_field(self, writer: Any, name: str) -> None:
        out = writer.fieldwriter
        out.start_field(name, writer.schema[name])
        prefix, documents = pack_ushort(out._fieldid), self._documents[name]
        weights: Mapping[str, bytearray] = self._weights.get(name, {})
        terms = sorted((term.encode("utf-8", "surrogatepass"), term) for term in documents)
        for key, term in terms:
            info = _write_postings(out._postfile, documents[term], weights.get(term), self._lengths[name])
            out._tindex.add(prefix + key, info.to_bytes())
        out.finish_field()


def _numbers() -> array[int]:
    return array("I")


def _write_postings(file: Any, documents: array[int], weights: bytearray | None, lengths: bytearray) -> Any:
    """One posting list in the form of Whoosh's W3 codec: blocks of (deltas, weights), each behind a head that sums it up.

    No weights are as many ones.
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
    info, start, written = W3TermInfo(), file.tell(), b"".join(parts)
    file.write(written)
    info._weight, info._df = float(sum(weights) if weights else len(documents)), len(documents)
    info._minlength, info._maxlength = byte_to_length(min(own_lengths)), byte_to_length(max(own_lengths))
    info._maxweight, info._minid, info._maxid = float(max(weights or b"\1")), documents[0], documents[-1]
    info.set_extent(start, len(written))
    return info


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
