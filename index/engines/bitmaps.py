"""Sets of passages as whole numbers of any size: bit n is 1 where passage n is in the set.

Owns the arithmetic of such sets, and nothing of what they mean.  Python's operations on long integers are compiled code: `&`,
`|` and `bit_count()` on a million passages take some tens of microseconds, what a loop needs for as many hundreds.

A small number for every passage is a tuple of such sets: bit k of all numbers is the k-th.  Such numbers are added, and the
passages sorted by them, as many passages at once (O'Neil and Quass, Improved Query Performance with Variant Indexes, 1997;
Rinfret, O'Neil and O'Neil, Bit-Sliced Index Arithmetic, 2001).
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import compress, zip_longest
from operator import and_, or_
from struct import unpack

Bits = int
"""A set of passages."""

Planes = tuple[Bits, ...]
"""A number for every passage: bit k of the numbers of all passages, lowest first."""

_SPARSE = 16  # where one of so many is in the set or more, the bytes are looked through, else words of 64
_IN_BYTE = [tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256)]
_MASKS = tuple(1 << bit for bit in range(8))


def of(numbers: Iterable[int], size: int) -> Bits:
    """The set of numbers, all of which are to be below `size`."""
    data = bytearray((size + 7) // 8)
    for number in numbers:
        data[number >> 3] |= _MASKS[number & 7]
    return int.from_bytes(data, "little")


def where(column: bytes, is_in: Sequence[bool]) -> Bits:
    """The numbers at which a column has a byte that is in a set, given by whether each of the 256 bytes is."""
    digits = column.translate(bytes(49 if each else 48 for each in is_in))
    return int(b"0" + digits[::-1], 2)


def near_next(rising: memoryview | array[int], exponent: int) -> Bits:
    """The places in a rising sequence of 32-bit numbers at which the next number is less than 2 ** `exponent` higher."""
    count, in_order = len(rising) - 1, rising if sys.byteorder == "little" else rising[::-1]
    lanes = int.from_bytes(in_order.tobytes(), sys.byteorder)  # lowest first
    gaps = ((lanes >> 32) - (lanes & first_ones(32 * count))).to_bytes(4 * count, "little")
    near, (skipped, bit) = first_ones(count), divmod(exponent, 8)
    for place in range(skipped, 4):
        most = 1 << bit if place == skipped else 1
        near &= where(gaps[place::4], [byte < most for byte in range(256)])
    return near


def numbers(bits: Bits) -> list[int]:
    """The numbers in a set, in order."""
    words = (bits.bit_length() + 63) // 64
    data = bits.to_bytes(8 * words, "little")
    if bits.bit_count() * _SPARSE > 64 * words:
        return [8 * at + bit for at in compress(range(len(data)), data) for bit in _IN_BYTE[data[at]]]
    found, all_words = list[int](), unpack(f"<{words}Q", data)
    for at in compress(range(words), all_words):
        word, first = all_words[at], 64 * at - 1
        while word:
            lowest = word & -word
            found.append(first + lowest.bit_length())
            word ^= lowest
    return found


def union(sets: Iterable[Bits]) -> Bits:
    """What is in any of the sets."""
    return reduce(or_, sets, 0)


def joined(sets: Sequence[Bits], sizes: Sequence[int]) -> Bits:
    """Sets one behind the other, given how many numbers there may be in each; pairs first, which moves fewer bits."""
    while len(sets) > 1:
        pairs = list(zip_longest(sets[::2], sets[1::2], sizes[::2], sizes[1::2], fillvalue=0))
        sets = [low | high << size for low, high, size, _ in pairs]
        sizes = [size + other for _, _, size, other in pairs]
    return sets[0] if sets else 0


def intersection(sets: Iterable[Bits]) -> Bits:
    """What is in all of one or more sets."""
    return reduce(and_, sets)


def those(bits: Bits, among: Iterable[int]) -> list[int]:
    """The numbers among some that are in a set."""
    return Column(bits).those(among)


class Column:
    """A set that is asked for one number after another: of a long integer, that would take as long as for all."""

    def __init__(self, bits: Bits) -> None:
        self._data = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
        self._end = 8 * len(self._data)

    def those(self, among: Iterable[int]) -> list[int]:
        """The numbers among some that are in the set."""
        data, end = self._data, self._end
        return [number for number in among if number < end and data[number >> 3] >> (number & 7) & 1]


def first_ones(size: int) -> Bits:
    """All numbers below `size`."""
    return (1 << size) - 1


def any_between(bits: Bits, ends: Bits, everything: Bits) -> int:
    """In how many stretches, each of which ends with one of `ends` and begins behind the one before, something is.

    The bits before the end of a stretch are added to as many ones, which carries into its end where there is any.
    """
    low = everything ^ ends
    return ((((bits & low) + low) | bits) & ends).bit_count()


# ------------------------------------------------------------------------------------------ numbers for every passage


def added(one: Planes, other: Planes) -> Planes:
    """The sum of two numbers, passage by passage."""
    if len(one) < len(other):
        one, other = other, one
    sums, carry = list[Bits](), 0
    for at, plane in enumerate(one):
        second = other[at] if at < len(other) else 0
        half = plane ^ second
        sums.append(half ^ carry)
        carry = (plane & second) | (half & carry)
    return (*sums, carry) if carry else tuple(sums)


def descending(bits: Bits, planes: Planes) -> Iterator[tuple[int, Bits]]:
    """The passages of a set by their numbers, highest first: each number that is there, and the passages that have it."""
    if not bits:
        return
    if not planes:
        yield 0, bits
        return
    *lower, highest = planes
    for number, group in descending(bits & highest, tuple(lower)):
        yield number + (1 << len(lower)), group
    yield from descending(bits & ~highest, tuple(lower))
