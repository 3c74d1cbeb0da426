"""Frozen values are what the standard library's frozen dataclasses are."""

import copy
import dataclasses
import pickle

import pytest
from tongwen.index.frozen import frozen, replace


@frozen
class Point:
    """A place."""

    x: int
    y: int = 0
    name: str = "P"

    def __str__(self) -> str:
        return f"{self.name}({self.x}, {self.y})"

    @property
    def is_right(self) -> bool:
        """Whether it is right of the middle."""
        return self.x > 0


@frozen
class Other:
    x: int
    y: int = 0
    name: str = "P"


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    x: int
    y: int = 0
    name: str = "P"


@frozen
class One:
    x: object


def test_made_as_by_the_standard_decorator():
    """Fields in order, by name or left out; a body of methods stays."""
    for given, named in (((1,), {}), ((1, 2), {}), ((1,), {"name": "Q"}), ((), {"x": 1, "y": 2, "name": "Q"})):
        value, standard = Point(*given, **named), Standard(*given, **named)
        assert dataclasses.astuple(value) == dataclasses.astuple(standard)
        assert repr(value) == repr(standard).replace("Standard", "Point")
    assert str(Point(1, 2)) == "P(1, 2)"
    assert Point(1).is_right
    assert Point.__doc__ == "A place."
    assert Point.__qualname__ == "Point"
    assert Point.__module__ == __name__


@pytest.mark.parametrize(("given", "named"), [((), {}), ((1, 2, "P", 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1})])
def test_wrong_fields(given, named):
    """Too few, too many, twice, unknown."""
    for kind in (Point, Standard):
        with pytest.raises(TypeError):
            kind(*given, **named)


def test_equal_by_class_and_fields():
    """Nothing but a value of the same class with the same fields is equal, and equals have the same hash."""
    assert Point(1) == Point(1, 0, "P")
    assert len({Point(1), Point(1, 0), Point(2), Other(1), One(1), One(Point(1))}) == 5
    assert Point(1) not in (Point(2), Point(1, 1), Point(1, 0, "Q"), Other(1), (1, 0, "P"))
    assert One(1) != 1
    with pytest.raises(TypeError):
        hash(One([]))


def test_frozen():
    """No field changes, no attribute comes or goes."""
    value = Point(1)
    for change in (lambda: setattr(value, "x", 2), lambda: delattr(value, "x"), lambda: setattr(value, "z", 2)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    assert value == Point(1)
    assert not hasattr(value, "__dict__")


def test_matches():
    """Patterns take fields by place and by name."""
    match Point(1, 2):
        case Other():
            found = None
        case Point(x, y, name="P"):
            found = x, y
    assert found == (1, 2)


def test_copied():
    """Copies, pickles, and the standard library's functions for dataclasses."""
    value = One((Point(1), {"a": Point(2)}))
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - our own
    assert replace(Point(1), y=5) == dataclasses.replace(Point(1), y=5) == Point(1, 5)
    assert dataclasses.asdict(value) == {"x": ({"x": 1, "y": 0, "name": "P"}, {"a": {"x": 2, "y": 0, "name": "P"}})}
    assert [field.name for field in dataclasses.fields(Other)] == ["x", "y", "name"]
    with pytest.raises(TypeError):
        replace(Point(1), z=1)
