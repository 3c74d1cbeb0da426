"""Postings as Whoosh indexes, one to a segment, written in bulk.

Owns everything that knows Whoosh.  Each segment folder holds an index that plain Whoosh opens and searches (its document
number is our passage number); what we bypass is the per-posting work of its writer, which is where the time goes.  `w3` says
how its files are filled, and reads them.

Whoosh keeps its schema as a pickle, so whoever opens an index with Whoosh runs what is in it; tongwen itself does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from whoosh import fields, formats
from whoosh.analysis.tokenizers import SpaceSeparatedTokenizer
from whoosh.codec.whoosh3 import LENGTHS_COLUMN, W3Codec, _lenfield
from whoosh.filedb.filestore import FileStorage
from whoosh.util.numeric import length_to_byte

from . import w3

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
        self._documents: dict[str, defaultdict[str, list[int]]] = {name: defaultdict(list) for name in FIELDS}
        self._weights: dict[str, defaultdict[str, bytearray]] = {
            name: defaultdict(bytearray) for name in FIELDS if name not in SETS
        }
        self._lengths = {name: bytearray() for name in FIELDS}
        self._totals = dict.fromkeys(FIELDS, 0)
        self.passages = self.postings = 0

    def add_titles(self, terms: Collection[str], passages: int) -> None:
        """Give the next passages, so many, these terms of their document's title; add the passages then."""
        documents, numbers = self._documents["title"], range(self.passages, self.passages + passages)
        for term in terms:
            documents[term].extend(numbers)
        for _ in numbers:
            self._count("title", len(terms), len(terms))

    def add(self, grams: Collection[str], counts: Mapping[str, Mapping[str, int]]) -> None:
        """Add the next passage: its grams, and the terms of each other field with how often each occurs.

        255 occurrences at the most are kept.
        """
        number, documents = self.passages, self._documents["grams"]
        for gram in grams:
            documents[gram].append(number)
        self._count("grams", len(grams), len(grams))
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
        folder = segment / w3.FOLDER
        folder.mkdir()
        index = FileStorage(str(folder)).create_index(_schema())
        writer = index.writer(codec=W3Codec(), compound=False)
        self._write_lengths(writer)
        dictionary, lists = (folder / writer.newsegment.make_filename(f".{ending}") for ending in ("trm", "pst"))
        _finish(writer, self.passages)
        index.close()
        w3.write(dictionary, lists, {name: (self._terms(name), self._lengths[name]) for name in FIELDS})

    def _terms(self, name: str) -> w3.Terms:
        documents, weights = self._documents[name], self._weights.get(name) or dict[str, bytearray]()
        for term in sorted(documents):  # code points are in the order of their bytes in UTF-8
            yield term.encode("utf-8", "surrogatepass"), documents[term], weights.get(term)

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


def _finish(writer: Any, passages: int) -> None:
    """What `SegmentWriter.commit` does, with nothing in its own pool of postings; its dictionary and its lists are empty."""
    writer.docnum, writer._added = passages, True
    writer.pool.iter_postings = lambda: iter(())
    writer.perdocwriter.close()
    writer.fieldwriter.close()
    writer.pool.cleanup()
    writer._assemble_segment()
    writer._commit_toc([writer.get_segment()])
    writer._finish()
