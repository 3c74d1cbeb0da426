"""Scripts: the regular expressions and the functions say the same of every character."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tongwen.index.scripts import HAN, UNSPACED, is_han, is_letter, is_unspaced, run_pattern, runs

# All code points of the planes that have letters, a sample of the others, which are empty or private.
CHARACTERS = [*map(chr, range(0x40000)), *map(chr, range(0x40000, sys.maxunicode + 1, 89))]
ANY_TEXT = st.text(st.characters(codec=None), max_size=20) | st.text("中文々カナのㄅabß9_-. ·\n\ud800한е́", max_size=20)


@given(ANY_TEXT)
@settings(max_examples=300, deadline=None)
@example("GPU芯片v2_b")
def test_runs_are_what_the_pattern_finds(text):
    """For long texts the pattern, for short ones the function: both give the same runs at the same places."""
    assert list(runs(text)) == [(match.start(), match[0], match[1] is not None) for match in run_pattern().finditer(text)]


@given(ANY_TEXT)
@settings(deadline=None)
def test_runs_leave_out_nothing_but_signs(text):
    """Runs are in order, stand where they say, and between them is neither letter nor digit."""
    end = 0
    for start, run, unspaced in runs(text):
        assert text.startswith(run, start)
        assert not any(map(str.isalnum, text[end:start]))
        assert is_unspaced(run) == unspaced
        assert unspaced or all(map(is_letter, run))
        end = start + len(run)
    assert not any(map(str.isalnum, text[end:]))


@pytest.mark.parametrize(
    ("inside", "test"),
    [(HAN, is_han), (UNSPACED, is_unspaced), (rf"^\W_{UNSPACED}", is_letter)],
    ids=["Han", "unspaced", "letter"],
)
def test_classes_are_the_functions(inside, test):
    """Each character class holds exactly the characters of which its function is true, over all planes with letters."""
    found = set(re.findall(f"[{inside}]", "".join(CHARACTERS)))

    assert found == set(filter(test, CHARACTERS))


def test_han_is_what_unicode_names_so():
    """Every character that Unicode names an ideograph of Han is Han; of what is Han, only two have other names."""
    names = {character: unicodedata.name(character, "") for character in CHARACTERS}
    ideographs = {character for character, name in names.items() if name.startswith("CJK ") and "IDEOGRAPH-" in name}
    others = {character for character in set(re.findall(f"[{HAN}]", "".join(CHARACTERS))) - ideographs if names[character]}

    assert [character for character in ideographs if not is_han(character)] == []
    assert others == {"々", "〇"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("……", []),
        ("GPU芯片", [(0, "GPU", False), (3, "芯片", True)]),
        ("《三体》", [(1, "三体", True)]),
        ("かな漢字", [(0, "かな漢字", True)]),
        ("snake_case", [(0, "snake", False), (6, "case", False)]),
        ("注音ㄅㄆ", [(0, "注音ㄅㄆ", True)]),
        ("ラーメン", [(0, "ラーメン", True)]),
        ("한국 漢", [(0, "한국", False), (3, "漢", True)]),
    ],
)
def test_runs(text, expected):
    """What a run is, by example."""
    assert list(runs(text)) == expected


def test_nothing_is_no_run():
    """An empty text is no run of any kind."""
    assert not is_unspaced("")
    assert not is_unspaced("中a")
