"""Segments: words and words near each other are found where a look at every document's whole text finds them."""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tongwen.index import passages, reading
from tongwen.index.analysis import Analyser
from tongwen.index.engines.bitmaps import numbers
from tongwen.index.engines.embedded_writer import SegmentWriter
from tongwen.index.engines.segments import Segment, SegmentFiles
from tongwen.index.english import breaks, stem
from tongwen.index.fold import fold, fold_with_offsets
from tongwen.index.model import Document, Near, Term, Words
from tongwen.index.patterns import in_folded


@lru_cache
def analyser() -> Analyser:
    """The one analyser of all tests here: its segmenter takes long to load."""
    return Analyser()


def words(typed: str) -> Words:
    """Words as they are planned."""
    return Words(tuple(map(stem, typed.split())), typed)


@contextmanager
def opened(texts: list[str], deleted: frozenset[int] = frozenset()) -> Iterator[Segment]:
    """The texts as documents of one segment, some of which are deleted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "segment"
        folder.mkdir()
        writer, analysed = SegmentWriter("segment", folder), reading.analysing(analyser())
        for number, text in enumerate(texts):
            writer.add(analysed(Document(f"/{number}.txt", text, "")))
        writer.close()
        segment = Segment(SegmentFiles(folder, deleted), 0, 0)
        yield segment
        segment.postings.close()


def everywhere(texts: list[str], leaf: Words | Term) -> set[int]:
    """The numbers of the passages in which an occurrence of a leaf begins, looked for in whole documents."""
    found, base = set[int](), 0
    for text in texts:
        cut = passages.split(Document("/", text, ""))
        analysed = analyser().document(text, cut)
        starts = [sum(len(each.folded + each.gap) for each in analysed[:number]) for number in range(len(analysed) + 1)]
        folded = "".join(each.folded + each.gap for each in analysed)
        whole, offsets = fold_with_offsets(text.lstrip())
        assert whole.startswith(folded.rstrip())
        cuts = [bisect_left(offsets, at) for at in breaks(text.lstrip())]
        places = [start for start, _ in in_folded(leaf, folded, 0, cuts)]
        found |= {
            base + number for number in range(len(cut)) if any(starts[number] <= at < starts[number + 1] for at in places)
        }
        base += len(cut)
    return found


PIECES = ["export", "Controls", "control", "exporting", "controller", "controled", "chip's", "x", "s", "é", "出口", "control芯"]
PIECES += [
    "exportControls",
    "ChipExports",
    "EXPORTs",
    "ExportControlsX",
    "chip2Export",
    "Ｃｏｎｔｒｏｌｓ",
    "résumé",
    "export2",
]
PIECES += ["出口export", "一control", "㐀export", "のcontrol", "exportの", "ж", "exportж", "øcontrol", "control\u0301", "chip'"]
GAPS = [" ", " ", " ", "-", "’s ", "'s-", ", ", " — ", "——", " - - ", "\n", "\n\n", ". ", "。", "_"]
GAPS += ["...", "....", " (“", "_-_", "'s", "'s's ", " 's ", "'", "\0", "\u3000", "，", "。”"]
TEXTS = st.lists(
    st.lists(st.builds("{}{}".format, st.sampled_from(PIECES), st.sampled_from(GAPS)), min_size=1, max_size=14).map("".join),
    min_size=1,
    max_size=4,
)
ASKED = ["export", "export control", "control export", "export control export", "chip export", "control s", "x s", "e control"]
ASKED += ["resume export", "export ж", "ж control", "s export", "chip 2 export", "chip2 export", "chip export control x"]


@given(TEXTS, st.sampled_from(ASKED), st.sampled_from([(16, 20, 24), (30, 40, 50), (200, 300, 400)]), st.booleans())
@settings(max_examples=150, deadline=None)
@example(["Controls exporting " * 3, "export——control export — control"], "export control", (16, 20, 24), False)
@example(["export. control", "export"], "export control", (16, 20, 24), True)
def test_words_by_brute_force(texts, typed, sizes, without_first):
    """Words that follow each other are found in the passages in which they begin, across borders too."""
    with pytest.MonkeyPatch.context() as patch:
        for name, size in zip(("LOW", "TARGET", "HIGH", "_CRUMB"), (*sizes, sizes[0] // 2), strict=True):
            patch.setattr(passages, name, size)
        with opened(texts, frozenset({0} if without_first else ())) as segment:
            expected = everywhere(texts, words(typed)) - set(numbers(segment.dead))

            assert numbers(segment.words(words(typed))) == sorted(expected)


LOOSE = st.text("、·•.\u3000 \n一尔盖a", min_size=1, max_size=60)


@given(st.lists(LOOSE, min_size=1, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_literals_across_borders_by_brute_force(texts, dice):
    """Any piece of a document's folded text is found in the passages in which it begins, dots at their edges or not."""
    with pytest.MonkeyPatch.context() as patch:
        for name, size in zip(("LOW", "TARGET", "HIGH", "_CRUMB"), (6, 8, 10, 1), strict=True):
            patch.setattr(passages, name, size)
        with opened(texts) as segment:
            for _ in range(8):
                folded = fold(dice.choice(texts)).strip()
                start = dice.randrange(len(folded) or 1)
                if wanted := folded[start : start + dice.randint(1, 6)]:
                    assert numbers(segment.literal(Term(wanted, "", word=False))) == sorted(everywhere(texts, Term(wanted, "")))


@given(TEXTS, st.sampled_from(["export", "control", "s", "x", "é", "controls"]))
@settings(max_examples=50, deadline=None)
def test_single_words_are_literals_of_their_forms(texts, typed):
    """A literal of one word is found by itself, wherever it is written so."""
    with opened(texts) as segment:
        assert numbers(segment.literal(Term(typed, typed, word=False))) == sorted(everywhere(texts, Term(typed, typed)))


def test_a_word_that_is_torn_is_no_word():
    """Half of a word that is longer than a passage is not found as if it were a word."""
    text = "x" * 900
    with opened([text, f"{'x' * 300} y"]) as segment:
        assert len(segment.documents) == 4 + 1
        assert numbers(segment.literal(Term("x" * 300, "x", word=False))) == [3]
        assert numbers(segment.literal(Term(text, "x", word=False))) == [0]


@given(TEXTS, st.sampled_from(["export 出口", "control export x", "chip export", "control s"]), st.integers(0, 4))
@settings(max_examples=100, deadline=None)
@example(["export of 出口 control"], "export 出口", 1)
def test_near_by_brute_force(texts, typed, slop):
    """Words near each other are found in the passages that have them all within themselves."""
    parts = tuple(Term(part, part) if part == "出口" else words(part) for part in typed.split())
    near = Near(parts, slop, typed)
    with opened(texts) as segment:
        own = [
            analysis.folded for text in texts for analysis in analyser().document(text, passages.split(Document("/", text, "")))
        ]

        assert numbers(segment.near(near)) == [number for number, folded in enumerate(own) if any(in_folded(near, folded))]


def test_parts_of_words_written_as_one():
    """Each part is a word of its passage, and so is the whole; a title counts as the passage of those that have one."""
    with opened(["a getElementById", "element", "getelementbyid", "LLMs and DNNs of GPT4"]) as segment:
        found = {
            typed: numbers(segment.words(words(typed))) for typed in ("element", "id", "getelementbyid", "dnn", "llm", "gpt")
        }

    assert found == {"element": [0, 1], "id": [0], "getelementbyid": [0, 2], "dnn": [3], "llm": [3], "gpt": [3]}
