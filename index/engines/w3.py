"""Posting lists and dictionary in the form of Whoosh's W3 codec, written and read without Whoosh.

Owns these two files' bytes and nothing else; `whoosh` makes the rest of an index of them, which plain Whoosh opens.  A search
reads them here because importing Whoosh takes longer than a query, and its matchers make several calls for each posting.

    MAIN_….pst   posting lists: magic, then blocks of at most `BLOCK` postings, each behind its size and a head that sums it up
    MAIN_….trm   dictionary: keys (number of the field, term in UTF-8) in order, each with what sums up its postings and
                 where they are, or the postings themselves where they are few; a hash table; where each key begins

Both are big-endian.  Heads, postings and the dictionary's closing words are pickles of tuples, strings, bytes and numbers; ones
of anything else are refused, so that opening an index of somebody else runs none of their code.

Behind the posting list of a term that many passages have, where Whoosh does not look, stands the same once more as sets of
passages (see `bitmaps`): those that have it, then bit after bit of how often more than once; first how many sets these are,
then each, packed, behind its size.  A search reads these instead: decoding a list takes longer than all it does with it.
"""

from __future__ import annotations

import mmap
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from io import BufferedReader, BytesIO
from itertools import accumulate, chain, compress
from operator import sub
from pathlib import Path
from pickle import Unpickler, UnpicklingError, dumps
from struct import Struct
from typing import Any

from ..errors import IndexDamaged
from ..texts import mapped
from . import bitmaps
from .bitmaps import Bits, Planes

FOLDER = "postings"
"""Where in a segment's folder its Whoosh index is."""

BLOCK = 4096
"""The most postings in a block."""

DENSE = 64
"""If one of so many passages has a term, or more, these are kept as sets, too; the dictionary's closing words say it."""

INLINE = 16
"""So few postings stand in the dictionary itself."""

KEPT = 32
"""The sets of so many terms are kept for when they are asked for again."""

_MAGIC, _SIZE = b"W3Bl", Struct("!i")
_WORTH_PACKING = 80  # bytes of a block: shorter ones do not get smaller

_SUMMARY = Struct("!BfIBBfII")
"""Of a posting list: 1 if it stands here, sum of the weights, their number, bounds of the passages' lengths (as Whoosh rounds
these to a byte), highest weight, first and last number.  Behind it the list, or its place."""

_PLACE = Struct("!qi")
_COUNT = 5  # where the number of postings stands in a summary

_HEAD = b"HSH3\1" + bytes(8)  # of the dictionary: what it is, 1 for hashes by CRC 32, and room for more
_ENTRY, _SLOT, _TABLE = Struct("!ii"), Struct("!Iq"), Struct("!qi")
_TABLES = 256
_FIELD = 2  # bytes of a key that number its field

_MORE = [bytes(max(0, weight - 1) >> bit & 1 for weight in range(256)) for bit in range(8)]
"""For each weight the bits of what it is above 1."""

Postings = tuple[list[int], "bytes | None"]
"""The numbers of passages, rising, and how often each has the term, 255 times at the most; None for once each."""

# ------------------------------------------------------------------------------------------ writing

Terms = Iterable[tuple[bytes, list[int], "bytearray | None"]]
"""Terms in order, with the numbers of the passages that have them, and how often each does; None for once each."""


def write(dictionary: Path, lists: Path, fields: Mapping[str, tuple[Terms, bytearray]]) -> None:
    """Write both files: the terms of each field, given the lengths of all passages in it, each rounded to a byte."""
    buckets: list[list[tuple[int, int]]] = [[] for _ in range(_TABLES)]
    starts, at, place, passages = array("Q"), len(_HEAD), 0, 0
    with dictionary.open("wb") as keys, lists.open("wb") as postings:
        keys.write(_HEAD)
        for number, (terms, lengths) in enumerate(fields.values()):
            field, bounds = number.to_bytes(_FIELD, "big"), (min(filter(None, lengths), default=0), max(lengths, default=0))
            passages = len(lengths)
            for term, numbers, weights in terms:
                key = field + term
                summary, blocks = _summed_up(numbers, weights, bounds, place)
                if blocks and len(numbers) * DENSE >= passages:
                    blocks += _sets(numbers, weights, passages)
                keys.write(_ENTRY.pack(len(key), len(summary)) + key + summary)
                postings.write(blocks)
                hashed = zlib.crc32(key)
                buckets[hashed % _TABLES].append((hashed, at))
                starts.append(at)
                at, place = at + _ENTRY.size + len(key) + len(summary), place + len(blocks)
        keys.write(_hash_tables(buckets, at))
        keys.write(_closing({name: number for number, name in enumerate(fields)}, starts, place, passages))


def _summed_up(numbers: list[int], weights: bytearray | None, bounds: tuple[int, int], place: int) -> tuple[bytes, bytes]:
    """What the dictionary says of a posting list, and the bytes of the list, which are to stand at `place`."""
    total, most = (sum(weights), max(weights)) if weights else (len(numbers), 1)
    is_inline = len(numbers) <= INLINE
    summary = _SUMMARY.pack(is_inline, total, len(numbers), *bounds, most, numbers[0], numbers[-1])
    if is_inline:
        return summary + dumps((tuple(numbers), bytes(weights) if weights and most > 1 else None, None), 3), b""
    blocks = b"".join(_blocks(numbers, weights if most > 1 else None, bounds))
    return summary + _PLACE.pack(place, len(blocks)), blocks


def _blocks(numbers: list[int], weights: bytearray | None, bounds: tuple[int, int]) -> Iterator[bytes]:
    yield _MAGIC
    for at in range(0, len(numbers), BLOCK):
        block, counts = numbers[at : at + BLOCK], bytes(weights[at : at + BLOCK]) if weights else None
        data = dumps(((block[0], *map(sub, block[1:], block[:-1])), counts, None), 3)
        packed = zlib.compress(data, 1) if len(data) >= _WORTH_PACKING else data
        head = dumps((len(block), block[-1], max(counts or (1,)), int(packed is not data), *bounds), 2)
        size = len(head) + len(packed)
        yield _SIZE.pack(-size if at + BLOCK >= len(numbers) else size)  # negative: the last one
        yield head
        yield packed


def _sets(numbers: list[int], weights: bytearray | None, passages: int) -> bytes:
    """What stands behind the posting list of a term that many passages have."""
    sets = planes(numbers, weights, passages)
    packed = [zlib.compress(each.to_bytes((passages + 7) // 8, "little"), 3) for each in sets]  # 6: half as fast, for 7 %
    return bytes([len(packed)]) + b"".join(_SIZE.pack(len(each)) + each for each in packed)


def planes(numbers: Sequence[int], weights: bytes | bytearray | None, passages: int) -> Planes:
    """The passages that have a term, and the bits of how often more than once each has it."""
    weights = weights or b""
    more = max(weights, default=1) - 1
    bits = (compress(numbers, weights.translate(_MORE[bit])) for bit in range(more.bit_length()))
    return bitmaps.of(numbers, passages), *(bitmaps.of(each, passages) for each in bits)


def _hash_tables(buckets: Iterable[list[tuple[int, int]]], at: int) -> bytes:
    """The hash tables, of which the first is to stand at an offset, with the place and the size of each behind them."""
    tables, places = list[bytes](), list[bytes]()
    for entries in buckets:
        slots = (3 * len(entries) + 1) // 2  # a third left empty: room, against steps to what is sought
        table, taken = bytearray(slots * _SLOT.size), bytearray(slots)
        for hashed, place in entries:
            slot = hashed // _TABLES % slots
            while taken[slot]:
                slot = (slot + 1) % slots
            taken[slot] = 1
            _SLOT.pack_into(table, slot * _SLOT.size, hashed, place)
        tables.append(bytes(table))
        places.append(_TABLE.pack(at, slots))
        at += len(table)
    return b"".join([*tables, *places])


def _closing(fields: Mapping[str, int], starts: array[int], size: int, passages: int) -> bytes:
    """What Whoosh reads, numbers of fields and where each key begins; and what we do.

    That is the size of the lists, by which it is seen that they are whole, the number of passages, and `DENSE`.
    """
    kind = "I" if not starts or starts[-1] < 1 << 32 else "q"
    own = array(kind, starts)
    if sys.byteorder == "little":
        own.byteswap()
    of_whoosh = {"fieldmap": dict(fields), "indextype": kind, "indexlen": len(own)}
    data = dumps({**of_whoosh, "lists": size, "passages": passages, "dense": DENSE}, 2) + own.tobytes()
    return data + _SIZE.pack(len(data))


# ------------------------------------------------------------------------------------------ reading

_CLOSING = 4096  # more bytes than the dictionary's closing words, or the postings in an entry, take up


class PostingsReader:
    """The postings of one segment.

    Raises IndexDamaged, as its methods do, if its files are not there or not what they should be.
    """

    def __init__(self, segment: Path) -> None:
        self._segment, self._fields = segment, dict[str, bytes]()
        self._kept = lru_cache(maxsize=KEPT)(self._read)  # the variants of a query have words in common
        self.passages = self._dense = 0
        try:
            (dictionary,), (lists,) = ((segment / FOLDER).glob(f"*.{ending}") for ending in ("trm", "pst"))
            self._dictionary, self._lists = mapped(dictionary), mapped(lists)
            data = self._dictionary
            closing = len(data) - _SIZE.size - _SIZE.unpack_from(data, len(data) - _SIZE.size)[0]
            words = _plain(data[closing : closing + _CLOSING])
            if words["lists"] != len(self._lists):
                raise ValueError("the posting lists are not whole")
            self.passages, self._dense = int(words["passages"]), int(words["dense"])
            self._fields |= {name: number.to_bytes(_FIELD, "big") for name, number in words["fieldmap"].items()}
            self._tables = closing - _TABLES * _TABLE.size
            self._end, _ = _TABLE.unpack_from(data, self._tables)  # the first table begins where the entries end
            self._keys = _Keys(data, words["indextype"], words["indexlen"])
        except Exception as error:
            raise self._damaged(error) from error

    def postings(self, field: str, term: str) -> Postings:
        """All passages that have a term, and how often; none where none has."""
        at = self._find(field, term)
        return ([], None) if at is None else self._postings(at)

    def planes(self, field: str, term: str) -> Planes:
        """All passages that have a term, and the bits of how often more than once each has it."""
        return self._kept(field, term)

    def _read(self, field: str, term: str) -> Planes:
        at = self._find(field, term)
        return (0,) if at is None else self._planes(at)

    def frequency(self, field: str, term: str) -> int:
        """In how many passages a term is, deleted ones included."""
        at = self._find(field, term)
        return 0 if at is None else self._count(at)

    def _count(self, summary: int) -> int:
        return int.from_bytes(self._dictionary[summary + _COUNT : summary + _COUNT + 4], "big")

    def _is_dense(self, summary: int) -> bool:
        return not self._dictionary[summary] and self._count(summary) * self._dense >= self.passages

    def terms(self, field: str, prefix: str) -> Iterator[str]:
        """The terms that begin with a prefix, in code point order."""
        return (term for term, _ in self._having(field, prefix))

    def having_prefix(self, field: str, prefix: str) -> Bits:
        """The passages that have a term which begins with a prefix."""
        found, rare = 0, list[list[int]]()
        for _, at in self._having(field, prefix):
            if self._is_dense(at):
                found |= self._planes(at)[0]
            else:
                rare.append(self._postings(at)[0])
        return found | bitmaps.of(chain.from_iterable(rare), self.passages)

    def close(self) -> None:
        """Close the files."""
        for file in (self._dictionary, self._lists):
            if isinstance(file, mmap.mmap):
                file.close()

    def _damaged(self, error: Exception) -> IndexDamaged:
        return IndexDamaged(self._segment, f"its postings cannot be read: {error}")

    def _key(self, field: str, term: str) -> bytes:
        return self._fields[field] + term.encode("utf-8", "surrogatepass")

    def _find(self, field: str, term: str) -> int | None:
        """Where the summary of a term's postings is."""
        try:
            key, data = self._key(field, term), self._dictionary
            hashed = zlib.crc32(key)
            first, slots = _TABLE.unpack_from(data, self._tables + hashed % _TABLES * _TABLE.size)
            for step in range(slots):
                slot = (hashed // _TABLES + step) % slots
                other, at = _SLOT.unpack_from(data, first + slot * _SLOT.size)
                if not at:
                    break
                if other == hashed and _key_at(data, at) == key:
                    return int(at) + _ENTRY.size + len(key)
        except Exception as error:
            raise self._damaged(error) from error
        return None

    def _having(self, field: str, prefix: str) -> Iterator[tuple[str, int]]:
        """The terms that begin with a prefix, and where the summary of each one's postings is."""
        try:
            wanted, data = self._key(field, prefix), self._dictionary
            number = bisect_left(self._keys, wanted)
            at = self._keys.place(number) if number < len(self._keys) else self._end
            while at < self._end and (key := _key_at(data, at)).startswith(wanted):
                length, rest = _ENTRY.unpack_from(data, at)
                if min(length, rest) <= 0:
                    raise ValueError("an entry of the dictionary ends before it begins")
                at += _ENTRY.size + length
                yield key[_FIELD:].decode("utf-8", "surrogatepass"), at
                at += rest
        except Exception as error:
            raise self._damaged(error) from error

    def _postings(self, summary: int) -> Postings:
        """The postings that a summary is of."""
        try:
            data, behind = self._dictionary, summary + _SUMMARY.size
            if data[summary]:
                blocks: list[Postings] = [_plain(data[behind : behind + _CLOSING])[:2]]
            else:
                start, size = _PLACE.unpack_from(data, behind)
                blocks = list(_read_blocks(self._lists[start : start + size]))
            numbers = list(chain.from_iterable(own for own, _ in blocks))
            if not 0 <= min(numbers) <= max(numbers) < self.passages or not isinstance(sum(numbers), int):
                raise ValueError("a posting list has passages that are not there")
            if all(weights is None for _, weights in blocks):
                return numbers, None
            return numbers, b"".join(b"\1" * len(own) if weights is None else weights for own, weights in blocks)
        except Exception as error:
            raise self._damaged(error) from error

    def _planes(self, summary: int) -> Planes:
        """The same postings as sets of passages."""
        if not self._is_dense(summary):
            return planes(*self._postings(summary), self.passages)
        try:
            start, size = _PLACE.unpack_from(self._dictionary, summary + _SUMMARY.size)
            return tuple(self._sets(start + size))
        except Exception as error:
            raise self._damaged(error) from error

    def _sets(self, at: int) -> Iterator[Bits]:
        """The sets that stand at an offset."""
        data, count, at = self._lists, self._lists[at], at + 1
        if not count:
            raise ValueError("there are no sets where some should be")
        for _ in range(count):
            (size,) = _SIZE.unpack_from(data, at)
            at += _SIZE.size
            bits = int.from_bytes(zlib.decompress(data[at : at + size]), "little")
            if bits >> self.passages:
                raise ValueError("a set has passages that are not there")
            yield bits
            at += size


def _read_blocks(data: bytes) -> Iterator[Postings]:
    if not data.startswith(_MAGIC):
        raise ValueError("a posting list is not where it should be")
    at, size = len(_MAGIC), 1
    while size > 0:
        (size,) = _SIZE.unpack_from(data, at)
        end = at + _SIZE.size + abs(size)
        file = BufferedReader(BytesIO(data[at + _SIZE.size : end]))
        read = _Plain(file).load
        count, _, _, is_packed, _, _ = read()
        deltas, weights, _ = _plain(zlib.decompress(file.read())) if is_packed else read()
        if len(deltas) != count:
            raise ValueError("a posting list is cut short")
        yield list(accumulate(deltas)), weights
        at = end


class _Keys:
    """The keys of a dictionary, in order."""

    def __init__(self, data: mmap.mmap | bytes, kind: str, count: int) -> None:
        self._data, self._count, self._place = data, count, Struct("!" + kind)
        self._first = len(data) - _SIZE.size - count * self._place.size

    def __len__(self) -> int:
        return self._count

    def place(self, number: int) -> int:
        """Where a key's entry begins."""
        at: int = self._place.unpack_from(self._data, self._first + number * self._place.size)[0]
        return at

    def __getitem__(self, number: int) -> bytes:
        return _key_at(self._data, self.place(number))


def _key_at(data: mmap.mmap | bytes, at: int) -> bytes:
    length, _ = _ENTRY.unpack_from(data, at)
    return data[at + _ENTRY.size : at + _ENTRY.size + length]


class _Plain(Unpickler):
    """Unpickles numbers, strings and what is made of them; nothing that would have to be imported."""

    def find_class(self, module: str, name: str) -> Any:
        raise UnpicklingError(f"{module}.{name} has no place in an index")


def _plain(data: bytes) -> Any:
    """What was pickled; more may follow it."""
    return _Plain(BufferedReader(BytesIO(data))).load()
