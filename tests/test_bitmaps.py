"""Sets of passages as whole numbers do what Python's own sets of numbers do."""

from array import array
from itertools import accumulate, pairwise

from hypothesis import example, given
from hypothesis import strategies as st
from tongwen.index.engines import bitmaps

SIZE = 700  # several words of 64 bits, and no whole number of them
_sparse = st.sets(st.integers(0, SIZE - 1), max_size=8)
_sets = st.one_of(
    _sparse,
    st.sets(st.integers(0, 15)),
    _sparse.map(lambda numbers: set(range(SIZE)) - numbers),
    st.builds(range, st.integers(0, SIZE), st.integers(0, SIZE), st.integers(1, 70)).map(set),
)
_numbers = st.dictionaries(st.integers(0, SIZE - 1), st.integers(1, 300), max_size=40)


def bits(numbers: set[int]) -> int:
    """A set of passages, one after another."""
    return sum(1 << number for number in numbers)


def planes(numbers: dict[int, int]) -> bitmaps.Planes:
    """A number for each of some passages, 0 for all others."""
    most = max(numbers.values(), default=0)
    return tuple(bits({at for at, number in numbers.items() if number >> bit & 1}) for bit in range(most.bit_length()))


@given(_sets)
@example(set())
@example({0})
@example({63})
@example({64})
@example(set(range(SIZE)))
def test_there_and_back(numbers):
    """Numbers come in order, however many of those below the highest are there."""
    made = bitmaps.of(sorted(numbers, key=hash), SIZE)

    assert made == bits(numbers)
    assert bitmaps.numbers(made) == sorted(numbers)
    assert bitmaps.of([*numbers, *numbers], SIZE) == made
    assert bitmaps.first_ones(SIZE) & ~made == bits(set(range(SIZE)) - numbers)


@given(st.binary(max_size=SIZE), st.sets(st.integers(0, 255)))
@example(b"", {0})
def test_where(column, wanted):
    """Of a column of bytes, the places of those that are in a set."""
    expected = {at for at, byte in enumerate(column) if byte in wanted}

    assert bitmaps.where(column, [byte in wanted for byte in range(256)]) == bits(expected)


@given(st.lists(_sets, min_size=1, max_size=4), st.lists(st.integers(0, 2 * SIZE)))
@example([set()], [0, 7, 8])
@example([{7}], [7, 8, 6, 15, 16, 7])
def test_among(sets, among):
    """Sets are joined as Python's are; of any numbers, beyond the highest too, those that are in one, in the order given."""
    first, *_ = sets
    expected = [number for number in among if number in first]

    assert bitmaps.union(map(bits, sets)) == bits(set().union(*sets))
    assert bitmaps.intersection(map(bits, sets)) == bits(set.intersection(*sets))
    assert bitmaps.union([]) == 0
    assert bitmaps.those(bits(first), among) == expected
    assert bitmaps.Column(bits(first)).those(iter(among)) == expected


@given(_sets, _sets)
@example(set(), set())
@example({0}, {0})
def test_stretches(numbers, ends):
    """Stretches that have something are counted, whether it is at their beginning, at their end or between."""
    firsts = [0, *(end + 1 for end in sorted(ends))]
    expected = sum(any(first <= number <= end for number in numbers) for first, end in zip(firsts, sorted(ends), strict=False))

    assert bitmaps.any_between(bits(numbers), bits(ends), bitmaps.first_ones(SIZE)) == expected


@given(_numbers, _numbers)
@example({}, {})
@example({0: 255}, {0: 1})
@example({0: 255, 1: 3}, {1: 1})
def test_numbers_are_added(one, other):
    """Sums are those of each passage's numbers, however many bits these have."""
    expected = {at: one.get(at, 0) + other.get(at, 0) for at in one.keys() | other.keys()}

    assert bitmaps.added(planes(one), planes(other)) == planes(expected)


@given(_sets, _numbers)
@example(set(), {0: 1})
@example({0}, {})
@example({0, 1, 2, 3}, {0: 2, 1: 2, 3: 1})
def test_passages_by_their_numbers(numbers, of_each):
    """Every passage comes once, with all others of its number, and numbers come highest first; those without one have 0."""
    groups = list(bitmaps.descending(bits(numbers), planes(of_each)))

    assert all(group for _, group in groups)
    assert [number for number, _ in groups] == sorted({of_each.get(at, 0) for at in numbers}, reverse=True)
    assert {at: number for number, group in groups for at in bitmaps.numbers(group)} == {
        at: of_each.get(at, 0) for at in numbers
    }


@given(st.lists(st.one_of(st.integers(0, 40), st.integers(0, 70_000)), min_size=1, max_size=30), st.integers(0, 34))
@example([5, 0, 2**31, 255, 256], 8)
@example([5], 0)
def test_near_next(steps, exponent):
    """Places before small steps are found, in whatever way the sequence is kept."""
    rising = list(accumulate(steps))
    expected = [at for at, (one, other) in enumerate(pairwise(rising)) if other - one < 2**exponent]
    apart = memoryview(array("I", [number for each in rising for number in (each, 7)]))[::2]

    assert bitmaps.numbers(bitmaps.near_next(array("I", rising), exponent)) == expected
    assert bitmaps.numbers(bitmaps.near_next(apart, exponent)) == expected


_sized = st.integers(1, 90).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1))))


@given(st.lists(_sized))
@example([])
def test_joined(parts):
    """Each set's numbers come behind those there may be in the sets before it."""
    starts = list(accumulate((size for size, _ in parts), initial=0))
    expected = {start + number for start, (_, own) in zip(starts, parts, strict=False) for number in own}

    assert bitmaps.joined([bits(own) for _, own in parts], [size for size, _ in parts]) == bits(expected)
