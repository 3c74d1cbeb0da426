"""The order of matches: by score, then place, whatever the tier; and the place is looked up only where it decides."""

from hypothesis import given
from hypothesis import strategies as st
from tongwen.index.model import Match
from tongwen.searcher.rank import best

_worths = st.lists(st.tuples(st.integers(0, 2), st.sampled_from((0.0, 0.5, 1.0, 2.5))), max_size=30)


def place(number: int) -> tuple[str, int]:
    """A place of its own for every passage, in another order than the numbers'."""
    return f"{number * 7 % 31}.txt", number


@given(worths=_worths, limit=st.integers(0, 35))
def test_as_sorted(worths, limit):
    """The best are those that sorting everything by score and place puts first, in that order; 0 means all."""
    matches = [Match(number, tier, score) for number, (tier, score) in enumerate(worths)]
    ordered = sorted(matches, key=lambda match: (-match.score, place(match.id)))
    assert best(matches, limit, place) == (ordered[:limit] if limit else ordered)
    assert best(matches[::-1], limit, place) == best(matches, limit, place)


@given(worths=_worths, limit=st.integers(0, 35))
def test_places_are_asked_only_for_equals(worths, limit):
    """Nobody's place is looked up whose score nobody shares, nor of those beyond the limit."""
    matches = [Match(number, tier, score) for number, (tier, score) in enumerate(worths)]
    asked = []
    best(matches, limit, lambda number: (asked.append(number), place(number))[1])
    scores = [score for _, score in worths]
    last = sorted(scores, reverse=True)[min(limit or len(scores), len(scores)) - 1] if scores else None
    assert sorted(asked) == [number for number, own in enumerate(scores) if scores.count(own) > 1 and own >= last]


def test_nothing():
    """No matches are none in order."""
    assert best([], 0, place) == best([], 10, place) == []
