"""Languages: what a text is written in, by the characters that only one script has."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC
from tongwen.index.language import language

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "language.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("text", "expected", "why"), [pytest.param(*row, id=row[2]) for row in ROWS])
def test_language(text, expected, why):
    """A text is in the language that the file says."""
    assert language(text) == expected, why


@pytest.mark.parametrize(
    ("conversion", "expected"), [("s2t", "zh-Hant"), ("s2tw", "zh-Hant"), ("s2hk", "zh-Hant"), ("t2s", "zh-Hans")]
)
def test_script_follows_conversion(conversion, expected):
    """A text that OpenCC has converted to the other script is in the other script."""
    chinese = [text for text, label, _ in ROWS if label in ("zh-Hans", "zh-Hant") and "の" not in text]

    assert [language(OpenCC(conversion).convert(text)) for text in chinese] == [expected] * len(chinese)


@given(st.text(st.characters(codec=None), max_size=60))
@settings(deadline=None)
def test_every_text_has_a_label(text):
    """Nothing raises, and there are six labels."""
    assert language(text) in {"zh-Hans", "zh-Hant", "zh", "ja", "en", "und"}


def test_only_the_beginning_counts():
    """A long text is judged by its beginning, so that judging takes no time."""
    assert language("这里" * 2000 + "those words " * 9000) == "zh-Hans"
    assert language("those words " * 9000 + "这里" * 9000) == "en"
