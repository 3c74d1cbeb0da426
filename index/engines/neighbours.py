"""Which words follow each other in a passage: a signature of a few bytes instead of where each word stands.

Owns the file `neighbours` of a segment.  Any two words have one of `SLOTS` numbers, by their stems; of each number is kept
which passages have two words of it that follow each other (superimposed coding, in slices of bits: Faloutsos and
Christodoulakis, Signature Files, 1984).  A passage without the number of two words does not have them one behind the other;
one with it may have them, and whoever asks looks there.

    neighbours   where the sets of passages end (bytes behind this table), unsigned 32-bit, little-endian; the sets, packed
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from pathlib import Path
from struct import Struct

from ..errors import IndexDamaged
from ..texts import encode, mapped
from . import bitmaps
from .bitmaps import Bits

SLOTS = 128
"""How many numbers there are: with half as many, twice as many passages are looked at in vain; twice as many take half more."""

_FILE = "neighbours"
_WIDTH = SLOTS // 8
_ENDS = Struct(f"<{SLOTS}I")

_NONE = 128
"""The hash of what is no word; from here on the numbers are those of no two words.

(What is no word twice has the number 0, as some words have: a few more passages are suspected to have these.)
"""

_FIRST = bytes((37 * each + 11) % SLOTS if each < _NONE else _NONE for each in range(256))
"""What the hash of the first of two words becomes, so that the same two in the other order have another number."""

_BITS = [1 << slot if slot < SLOTS else 0 for slot in range(256)]

Chain = tuple[Sequence["str | None"], Sequence[tuple[int, tuple[str, ...]]]]
"""A passage's words and compounds (see `analysis.Analysis`)."""


@lru_cache(maxsize=1 << 16)
def _hash(stem: str | None) -> int:
    return _NONE if stem is None else zlib.crc32(encode(stem)) % SLOTS


def _slot(first: str | None, second: str | None) -> int:
    return _FIRST[_hash(first)] ^ _hash(second)


def _slots(stems: Sequence[str | None]) -> bytes:
    """The number of each word with the one behind it; all in one operation."""
    hashes = bytes(map(_hash, stems))
    first, second = (int.from_bytes(each, "little") for each in (hashes[:-1].translate(_FIRST), hashes[1:]))
    return (first ^ second).to_bytes(len(hashes) - 1, "little")


def _signature(slots: bytes) -> int:
    """Numbers as bits."""
    return sum(map(_BITS.__getitem__, set(slots)))


@lru_cache(maxsize=1 << 14)
def _signature_of(stems: tuple[str | None, ...]) -> int:
    """That of some words: mostly the same few compounds between the same words."""
    return _signature(_slots(stems))


class NeighboursWriter:
    """Collects what follows what in the passages of one segment, and writes it at the end."""

    def __init__(self) -> None:
        self._rows = bytearray()

    def add(self, chains: Sequence[Chain]) -> None:
        """Add the passages of the next document, given the chain of the words of each."""
        stems = [*chain.from_iterable(own for own, _ in chains), None]
        starts = list(accumulate((len(own) for own, _ in chains), initial=0))
        slots = _slots(stems)
        rows = [_signature(slots[start:end]) for start, end in pairwise(starts)]
        compounds = {start + place: parts for start, (_, own) in zip(starts, chains, strict=False) for place, parts in own}
        for place, parts in compounds.items():
            # Before the first word of all is, at -1, the None behind the last.
            bits = _signature_of((stems[place - 1], *parts, stems[place + 1]))
            if before := compounds.get(place - 1):
                bits |= _signature_of((before[-1], parts[0]))
            for at in (max(0, place - 1), place):
                rows[bisect_right(starts, at) - 1] |= bits
        self._rows += b"".join(row.to_bytes(_WIDTH, "little") for row in rows)

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
