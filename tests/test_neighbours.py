"""Signatures of what follows what: nothing that does is missed, most of what does not is not suspected, damage is told.

That they miss no words which follow each other in a text, `test_segments` and `test_engine` show by brute force.
"""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tongwen.index.engines.bitmaps import numbers
from tongwen.index.engines.neighbours import Neighbours, NeighboursWriter
from tongwen.index.errors import IndexDamaged

_stems = st.sampled_from(["export", "control", "chip", "s", "", "é", "\ud800"])
_words = st.one_of(_stems, st.none(), st.lists(_stems, min_size=2, max_size=4).map(tuple))
_documents = st.lists(st.lists(st.lists(_words, max_size=5), max_size=4), max_size=4)
"""Words of passages of documents: the stem of one; None for a run of another script; a compound's with those of its parts."""


def chain(words):
    """A passage as the analysis gives it."""
    stems = [word[0] if isinstance(word, tuple) else word for word in words]
    return stems, [(place, word[1:]) for place, word in enumerate(words) if isinstance(word, tuple)]


def written(folder, documents):
    """The signatures of some documents' passages."""
    writer = NeighboursWriter()
    for passages in documents:
        writer.add(list(map(chain, passages)))
    writer.write(folder)
    return Neighbours(folder, sum(map(len, documents)))


def read(folder, wanted):
    """Ask the signatures of one passage for pairs."""
    neighbours = Neighbours(folder, 1)
    return [neighbours.having(*pair) for pair in wanted]


def stems_at(word, edge):
    """The stems that a word begins (0) or ends (-1) with."""
    return {word[0], word[1:][edge]} if isinstance(word, tuple) else {word} - {None}


def pairs(passages):
    """What follows what in each passage of a document."""
    for number, words in enumerate(passages):
        found = {pair for word in words if isinstance(word, tuple) for pair in pairwise(word[1:])}
        following = [word for later in passages[number + 1 :] for word in later][:1]
        for one, other in pairwise([*words, *following] if words else []):
            found.update(product(stems_at(one, -1), stems_at(other, 0)))
        yield found


@given(_documents)
def test_nothing_is_missed(tmp_path_factory, documents):
    """Two words that follow each other, or parts of words, are found in their passage, across its end too."""
    neighbours = written(tmp_path_factory.mktemp("segment"), documents)

    for number, found in enumerate(each for passages in documents for each in pairs(passages)):
        for pair in found:
            assert number in numbers(neighbours.having(*pair))


def test_most_others_are_not_suspected(tmp_path):
    """A passage with twenty pairs is suspected to have another one in one case of five."""
    words = [[f"word{passage}x{place}" for place in range(21)] for passage in range(200)]
    neighbours = written(tmp_path, [words])

    suspected = [len(numbers(neighbours.having(word[0], word[2]))) for word in words]
    assert 0.1 < sum(suspected) / 200**2 < 0.2


def test_a_document_ends(tmp_path):
    """The last word of a document is followed by none."""
    neighbours = written(tmp_path, [[["export"]], [["control"]]])

    assert not neighbours.having("export", "control")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: bytes(4) + data[4:],
        lambda data: data[:-6] + b"abcdef",
    ],
)
def test_damage(tmp_path, damage):
    """A file that is not what was written is told of, at once or when it is asked."""
    words = [f"word{place}" for place in range(1000)]
    written(tmp_path, [[words]])
    path = tmp_path / "neighbours"
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(IndexDamaged, match="its file neighbours cannot be read"):
        read(tmp_path, pairwise(words))


def test_passages_that_are_not_there(tmp_path):
    """Signatures of more passages than the segment has are not its own."""
    written(tmp_path, [[["export", "control"]] * 9])

    with pytest.raises(IndexDamaged, match="passages that are not there"):
        Neighbours(tmp_path, 8).having("export", "control")
