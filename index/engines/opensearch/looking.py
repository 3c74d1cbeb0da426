"""What only the texts of passages tell: words near each other, wildcards inside words, a spelling as typed."""

from __future__ import annotations

from ...errors import QueryError
from ...model import WILD_GAP, Leaf, Near, Term, Wild
from ...patterns import as_typed, in_folded, nfc
from .fetched import Passages
from .kept import Row
from .queries import NOTHING, Query

LOOKED_AT = 50_000
"""In the texts of so many passages something is sought at the most that the cluster's terms do not tell."""


def holding(leaf: Leaf, query: Query, count: int, passages: Passages) -> Query:
    """Those of the passages that a query finds in whose texts a leaf begins, as a query; raises QueryError for too many."""
    if count > LOOKED_AT:
        what = f"more than {LOOKED_AT:,} passages would have to be read to tell which have {leaf.typed}"
        raise QueryError(f"{what}; add a word, or leave that one out")
    ids = [row.id for row in passages.scanned(query) if _begins(leaf, row, passages)]
    return {"ids": {"values": ids}} if ids else NOTHING


def _begins(leaf: Leaf, row: Row, passages: Passages) -> bool:
    """Whether an occurrence of a leaf begins in a passage."""
    if isinstance(leaf, Near):
        return any(True for _ in in_folded(leaf, row.folded))
    if isinstance(leaf, Term) and leaf.exact:
        typed = nfc(leaf.typed)
        before, after = map(nfc, passages.around(row, 2 * len(typed) + 4))
        text = nfc(row.text)
        end = len(before) + len(text)
        return any(at < end for at, _ in as_typed(typed, before + text + after, len(before)))
    reach = sum(len(part) + WILD_GAP for part in leaf.parts) if isinstance(leaf, Wild) else len(str(leaf))
    before = row.before[-1:]  # what begins before a passage that a long word goes on in is not its own
    text, last, start = before + row.folded, row, len(before)
    end = len(text)
    if any(start <= at and beyond < end for at, beyond in in_folded(leaf, text, start)):
        return True
    while len(text) < end + reach and (found := passages.beside(last, 1)):
        last = found
        text += last.folded
    return any(start <= at < end for at, _ in in_folded(leaf, text, start))
