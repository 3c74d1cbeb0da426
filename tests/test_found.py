"""What findings say of all their passages at once is never less than what these score, and the best are the best of all."""

import heapq
from collections import defaultdict

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tongwen.index.engines import bitmaps, found
from tongwen.index.engines.found import Levels

SIZE = 40
_sets = st.sets(st.integers(0, SIZE - 1)).map(lambda numbers: bitmaps.of(numbers, SIZE))
_bounds = st.sampled_from((0.0, 0.1, 1 / 3, 0.5, 1.0, 7.3)) | st.floats(1e-6, 100)
_levels = st.lists(st.tuples(_bounds, _sets), max_size=5)


def highest(levels: Levels) -> dict[int, float]:
    """The highest bound of each passage."""
    most = defaultdict[int, float](float)
    for bound, passages in levels:
        for number in bitmaps.numbers(passages):
            most[number] = max(most[number], bound)
    return most


def of_each(groups: list[tuple[float, int]]) -> dict[int, float]:
    """The bound of each passage, which is in one group."""
    rows = [(number, bound) for bound, passages in groups for number in bitmaps.numbers(passages)]
    assert len(dict(rows)) == len(rows)
    return dict(rows)


@given(_levels)
def test_apart(levels):
    """Each passage is left with its highest bound, the highest first."""
    parts = found.apart(levels)

    assert of_each(parts) == highest(levels)
    assert [bound for bound, _ in parts] == sorted((bound for bound, _ in parts), reverse=True)


@given(_sets, st.lists(_levels, max_size=4), st.sampled_from((1.0, 1.3, 20.0)), st.booleans())
@example(7, [[(1 / 3, 1), (0.1, 2)], [(1 / 3, 3)]], 1.0, True)
def test_groups_by_bound(passages, levels, room, is_apart):
    """Every passage is in one group, highest bounds first, none of them below the sum of its levels.

    Nor is one far above it: by a step for each of the levels, if these have no passage twice.
    """
    levels = [found.apart(each) for each in levels] if is_apart else levels
    sums = {number: sum(highest(each)[number] for each in levels) for number in range(SIZE)}
    most = room * max(sums.values())
    assume(most == 0 or most > 1e-300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(found, "TOGETHER", 0)
        groups = list(found.by_bound(passages, lambda: levels, most))
    bounds = of_each([(bound, group) for bound, group in groups if group])

    assert sorted(bounds) == bitmaps.numbers(passages)
    assert [bound for bound, _ in groups] == sorted((bound for bound, _ in groups), reverse=True)
    assert all(sums[number] <= bound for number, bound in bounds.items())
    if is_apart:
        step = most / found.STEPS * (1 + 1e-6)
        assert all(bound <= sums[number] * (1 + 1e-6) + len(levels) * step for number, bound in bounds.items())


@settings(max_examples=300)
@given(
    st.dictionaries(st.integers(0, SIZE - 1), st.sampled_from((0.0, 1.0, 2.0, 2.5, 9.0)), min_size=1),
    st.lists(st.sampled_from((0.0, 0.5, 1.0)), min_size=SIZE, max_size=SIZE),
    st.sets(st.integers(0, SIZE - 1)),
    st.integers(1, 5),
    st.integers(0, 12),
)
@example({0: 9.0, 1: 9.0, 2: 9.0}, [0.0] * SIZE, {0, 1}, 1, 0)
def test_best_by_bounds(scores, rooms, first, at_first, together):
    """The best, and all as good as the last of these, are found whatever the bounds are, if no score is above its bound."""
    bounds = {number: score + rooms[number] for number, score in scores.items()}
    asked = list[int]()

    def scored(among):
        asked.extend(among)
        return {number: scores[number] for number in among}

    def groups():
        for part in (scores.keys() & first, scores.keys() - first):
            own = sorted(((bounds[number], 1 << number) for number in part), reverse=True)
            yield max((bound for bound, _ in own), default=0.0), iter(own)

    passages = bitmaps.of(scores, SIZE)
    matches = found.Matches(passages, passages, 0, scored, groups, int.bit_count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(found, "FIRST", at_first)
        patch.setattr(found, "TOGETHER", together)
        for limit in (1, 2, 5, SIZE):
            asked.clear()
            last = min(heapq.nlargest(limit, scores.values()))
            best = {match.id: match.score for match in matches.among_best(limit)}
            if limit < len(scores):
                assert best == {number: score for number, score in scores.items() if score >= last}
            else:
                assert best == scores
            assert len(asked) == len(set(asked))


def test_what_cannot_be_among_the_best_is_not_scored(monkeypatch):
    """Where the bounds tell, few passages are scored."""
    monkeypatch.setattr(found, "FIRST", 4)
    monkeypatch.setattr(found, "TOGETHER", 4)
    asked = list[int]()

    def scored(among):
        asked.extend(among)
        return {number: 100.0 - number for number in among}

    def groups():
        yield 100.0, ((100.0 - number, 1 << number) for number in range(50))
        yield 50.0, ((50.0 - number, 1 << 50 + number) for number in range(50))

    passages = bitmaps.first_ones(100)
    best = found.Matches(passages, passages, 0, scored, groups, int.bit_count).among_best(3)

    assert [match.id for match in best] == [0, 1, 2]
    assert asked == [0, 1, 2, 3]
