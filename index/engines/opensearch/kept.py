"""What the cluster keeps of a passage: how it is made of a document, and what is read of it again.

Owns the fields, and the name of a passage; knows no connection.  Pure.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import chain
from typing import Any, TypeAlias

from ...frozen import frozen
from ...model import Analysed, Analysis, Document
from ...scripts import is_unspaced
from ...texts import encode
from . import units
from .queries import Query

TITLE = 8000
"""So many code points of a title, as it is spelt there, are what `title:` looks at: a term has 32,766 bytes at the most."""

CONTEXT = 168
"""So many code points of what is around a passage are stored with it; who wants more asks for its neighbours, too."""


def _terms(**how: object) -> Query:
    """A field of terms, of which is kept how often each is there, and where unless it is said `how`."""
    return {"type": "text", "analyzer": "terms", "similarity": "frequency", "norms": False, **how}


FIELDS: Query = {
    "words": _terms(index_options="freqs"),
    "characters": _terms(index_options="freqs"),
    "grams": _terms(),
    "chain": _terms(),
    "title": _terms(),
    "apart": _terms(index_options="docs"),
    "heading": _terms(index_options="docs"),
    "path": {"type": "keyword"},
    "folded_title": {"type": "keyword", "doc_values": False},
    "language": {"type": "keyword"},
    "document": {"type": "long"},
    "number": {"type": "integer"},
    "start": {"type": "integer"},
    "length": {"type": "integer", "index": False},
    "title_length": {"type": "integer", "index": False},
    "text_bytes": {"type": "integer", "index": False},
    "stored": {"type": "keyword", "index": False, "doc_values": False, "store": True},
}
"""The fields of a passage: terms, as `units` makes them; what it is filtered and sorted by; what sums need; itself."""

MAPPING: Query = {"dynamic": "strict", "_source": {"enabled": False}, "properties": FIELDS}
"""How passages are kept.  Not as they were sent, for that is nearly half of an index, and is read to find what is in it."""

ANALYSIS: Query = {
    "analyzer": {"terms": {"type": "custom", "tokenizer": "terms"}},
    "tokenizer": {"terms": {"type": "whitespace", "max_token_length": 2 * units.LONGEST + 2}},  # in UTF-16, and marked
}
"""What is between spaces is a term; OpenSearch's own analyzer for that would cut those of more than 255 characters."""

SIMILARITY: Query = {"frequency": {"type": "scripted", "script": {"source": "return query.boost * doc.freq"}}}


Dumps: TypeAlias = Callable[[object], bytes]
"""What makes JSON of a value, as UTF-8."""


def document_of(path: str) -> int:
    """The number of a document, by its path: 64 bits, signed."""
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def id_of(document: int, number: int) -> str:
    """The name of a passage in the cluster: whoever writes it again writes the same one."""
    return f"{document % 2**64:016x}-{number}"


@frozen
class Row:
    """A passage as the cluster keeps it; `of` is how many its document has."""

    path: str
    number: int
    of: int
    start: int
    title: str
    text: str
    before: str
    after: str
    folded: str
    line: int | None

    @property
    def id(self) -> str:
        """Its name in the cluster."""
        return id_of(document_of(self.path), self.number)


def stored(row: Row, dumps: Dumps) -> str:
    """A passage in one string."""
    path, title, text, before, after, folded = map(
        units.storable, (row.path, row.title, row.text, row.before, row.after, row.folded)
    )
    return dumps((path, row.number, row.of, row.start, title, text, before, after, folded, row.line)).decode()


def row_of(kept: Mapping[str, Any]) -> Row:
    """The passage in what the cluster gives of one, if its field `stored` was asked for."""
    return Row(*json.loads(units.restored(kept["fields"]["stored"][0])))


def passages_of(told: Analysed, dumps: Dumps) -> Iterator[tuple[str, dict[str, Any]]]:
    """A document's passages as the cluster is told of them, each with its name."""
    document, title, analyses = told.document, told.title, told.analyses
    folded = [analysis.folded + analysis.gap for analysis in analyses]
    grams = units.grams(folded)
    chains = units.chains(analyses)
    number = document_of(document.path)
    path, title_terms = units.storable(document.path), " ".join(units.title_terms(title))
    lines = _lines(document, [passage.start for passage in told.passages])
    apart = not any(title.folded in analysis.folded for analysis in analyses)
    each = zip(told.passages, analyses, told.headings, folded, grams, lines, strict=True)
    for place, (passage, analysis, heading, own, terms, line) in enumerate(each):
        # A title that is not part of the text (HTML) is found with the first passage.
        words = [*analysis.words, *title.words] if apart and not place else analysis.words
        yield (
            id_of(number, passage.number),
            {
                "path": path,
                "folded_title": units.storable(title.folded)[:TITLE],
                "language": told.language,
                "document": number,
                "number": passage.number,
                "start": passage.start,
                "length": len(words),
                "title_length": len({*title.words}),
                "text_bytes": len(encode(own)),
                "apart": " ".join(_apart(title, own, "".join(folded[1:2]))) if words is not analysis.words else "",
                "words": " ".join(map(units.term, _at_most_255(words))),
                "characters": " ".join(units.characters(own)),
                "grams": terms,
                "chain": chains[place],
                "title": title_terms,
                "heading": " ".join(map(units.term, heading)),
                "stored": stored(
                    Row(
                        document.path,
                        passage.number,
                        len(analyses),
                        passage.start,
                        document.title,
                        document.text[passage.start : passage.end],
                        document.text[max(0, passage.start - CONTEXT) : passage.start],
                        document.text[passage.end : passage.end + CONTEXT],
                        own,
                        line,
                    ),
                    dumps,
                ),
            },
        )


def _apart(title: Analysis, text: str, following: str) -> Iterator[str]:
    """The unspaced words of a title that its first passage counts as its own although they do not begin in its text."""
    words = (word for word in dict.fromkeys(title.words) if is_unspaced(word))
    return (units.term(word) for word in words if word not in text + following[: len(word) - 1])


def _at_most_255(words: list[str]) -> Iterable[str]:
    """The words, none of them more often than the embedded engine counts."""
    if len(words) < 255 or max((counted := Counter(words)).values()) <= 255:
        return words
    return chain.from_iterable([word] * min(often, 255) for word, often in counted.items())


def _lines(document: Document, starts: Iterable[int]) -> Iterator[int | None]:
    """The line on which each passage begins, from 1; None where lines mean nothing."""
    line, at = 1, 0
    for start in starts:
        line, at = line + document.text.count("\n", at, start), start
        yield line if document.has_lines else None
