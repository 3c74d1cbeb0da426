"""Postings as Whoosh indexes, one to a segment, written in bulk.

Owns everything that knows Whoosh.  Each segment folder holds an index that plain Whoosh opens and searches (its document
number is our passage number); what we bypass is the per-posting work of its writer, which is where the time goes.  `w3` says
how its files are filled, and reads them.

Whoosh keeps its schema as a pickle, so whoever opens an index with Whoosh runs what is in it; tongwen itself does not.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from whoosh import fields, formats
from whoosh.analysis.tokenizers import SpaceSeparatedTokenizer
from whoosh.codec.whoosh3 import LENGTHS_COLUMN, W3Codec, _lenfield
from whoosh.filedb.filestore import FileStorage
from whoosh.system import pack_int, pack_ushort
from whoosh.util.numeric import length_to_byte

from .w3 import BLOCK, FOLDER, hash_of, summed_up

FIELDS = ("grams", "heading", "title", "words")
"""What is indexed of a passage: its grams as a set; its heading's words; words and grams of its document's title; its words."""

SETS = ("grams", "title")
"""The fields in which a term counts once, however often it occurs."""


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
        folder = segment / FOLDER
        folder.mkdir()
        index = FileStorage(str(folder)).create_index(_schema())
        writer = index.writer(codec=W3Codec(blocklimit=BLOCK), compound=False)
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
                summary, postings = summed_up(documents[term], weights.get(term), lengths, start)
                infos.append((prefix + key, summary))
                written.append(postings)
                start += len(postings)
            out._postfile.write(b"".join(written))
            _add_terms(out._tindex, infos)
        out.finish_field()


def _numbers() -> array[int]:
    return array("I")


_TOGETHER = 4096
"""Terms whose postings are handed to the files at once."""


def _add_terms(index: Any, terms: list[tuple[bytes, bytes]]) -> None:
    """Add keys, rising, and their values to a hash file, as its own `add` does one by one."""
    file, buckets, parts = index.dbfile, index.buckets, list[bytes]()
    at = file.tell()
    for key, value in terms:
        index.index.append(at)
        hashed = hash_of(key)
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
