"""Which words follow each other in a passage: a signature of a few bytes instead of where each word stands.

Owns the file `neighbours` of a segment.  Any two words have one of `SLOTS` numbers, by their stems; of each number is kept
which passages have two words of it that follow each other (superimposed coding, in slices of bits: Faloutsos and
Christodoulakis, Signature Files, 1984).  A passage without the number of two words does not have them one behind the other;
one with it may have them, and whoever asks looks there.

    neighbours   where the sets of passages end (bytes behind this table), unsigned 32-bit, little-endian; the sets, packed
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache, reduce
from itertools import accumulate, pairwise, product, zip_longest
from operator import or_
from pathlib import Path
from struct import Struct

from ..errors import IndexDamaged
from ..model import Link
from ..texts import encode, mapped
from . import bitmaps
from .bitmaps import Bits

SLOTS = 128
"""How many numbers there are: with half as many, twice as many passages are looked at in vain; twice as many take half more."""

_FILE = "neighbours"
_WIDTH = SLOTS // 8
_ENDS = Struct(f"<{SLOTS}I")


@lru_cache(maxsize=1 << 17)
def _slot(first: str, second: str) -> int:
    return zlib.crc32(encode(f"{first} {second}")) % SLOTS


@lru_cache(maxsize=1 << 17)
def _slots(link: Link, following: Link) -> int:
    """The numbers of what follows what in a link of the chain of a text's words, and behind it, as bits."""
    inside = pairwise(link[1:]) if isinstance(link, tuple) else ()
    between = product(_edges(link, -1), _edges(following, 1))
    return reduce(or_, (1 << _slot(*pair) for pair in (*inside, *between)), 0)


def _edges(link: Link, inner: int) -> tuple[str, ...]:
    """The stems with which a link begins (`inner` is 1) or ends (-1): those of the whole and of its first or last part."""
    return (link[0], link[inner]) if isinstance(link, tuple) else (link,) if link else ()


class NeighboursWriter:
    """Collects what follows what in the passages of one segment, and writes it at the end."""

    def __init__(self) -> None:
        self._rows = bytearray()

    def add(self, chains: Sequence[Sequence[Link]]) -> None:
        """Add the passages of the next document, given the chain of the words of each."""
        for chain, following in zip_longest(chains, chains[1:], fillvalue=()):
            row = reduce(or_, map(_slots, chain, [*chain[1:], following[0] if following else None]), 0)
            self._rows += row.to_bytes(_WIDTH, "little")

    def write(self, segment: Path) -> None:
        """Write the file into the segment's folder."""
        packed = [zlib.compress(self._set(slot), 3) for slot in range(SLOTS)]
        (segment / _FILE).write_bytes(_ENDS.pack(*accumulate(map(len, packed))) + b"".join(packed))

    def _set(self, slot: int) -> bytes:
        column = bytes(self._rows[slot // 8 :: _WIDTH])
        bits = bitmaps.where(column, [bool(byte >> slot % 8 & 1) for byte in range(256)])
        return bits.to_bytes((len(column) + 7) // 8, "little")


class Neighbours:
    """What follows what in the passages of one segment.

    Raises IndexDamaged, as its method does, if the file is not there or not what it should be.
    """

    def __init__(self, segment: Path, passages: int) -> None:
        self._segment, self._passages = segment, passages
        self._set = lru_cache(maxsize=SLOTS)(self._read)
        try:
            self._data = mapped(segment / _FILE)
            self._ends = (0, *_ENDS.unpack_from(self._data))
            if len(self._data) != _ENDS.size + self._ends[-1]:
                raise ValueError("it is not whole")
        except Exception as error:
            raise self._damaged(error) from error

    def having(self, first: str, second: str) -> Bits:
        """The passages in which words begin that may follow each other, by their stems; no others have such words."""
        return self._set(_slot(first, second))

    def _read(self, slot: int) -> Bits:
        start, end = (_ENDS.size + at for at in self._ends[slot : slot + 2])
        try:
            bits = int.from_bytes(zlib.decompress(self._data[start:end]), "little")
            if bits >> self._passages:
                raise ValueError("it has passages that are not there")
            return bits
        except Exception as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> IndexDamaged:
        return IndexDamaged(self._segment, f"its file {_FILE} cannot be read: {error}")
