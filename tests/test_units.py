"""The terms that an index with positions is told of: a literal, and words in a row, stand in them exactly where they occur."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import pytest
from corpora import PIECES, WRITTEN, analyser, chains, is_small_gap, slices, spoken_runs, with_parts
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tongwen.index.engines.opensearch import units
from tongwen.index.engines.opensearch.units import LONGEST
from tongwen.index.english import stem
from tongwen.index.model import Analysis, Document, Term
from tongwen.index.passages import split
from tongwen.index.patterns import in_folded
from tongwen.index.scripts import is_unspaced

ODD = (
    *("\ue000", "\ue001水", "\ue005", "\ue100", "\ud800", "\udc80x", "\U0010ffff", "\U00010400", "\uffff", "a\u0301"),
    *("\0", "\x01", "\x1c", "\x1f", "\x7f", "\x85", "\xa0", "\u180e", "\u2007", "\u2028", "\u2029", "\u202f", "\u3000"),
    *("\ufeff", "ß", "İ", "ﬁ", "b" * 101, "b" * 300, "字" * 300),
)
ANY_TEXT = st.lists(
    st.sampled_from((*PIECES, *ODD)) | st.text(st.characters(exclude_categories=[]), max_size=3), max_size=30
).map("".join)
LONG = "b" * (LONGEST + 1)


def analysed(text: str) -> tuple[list[Analysis], list[str], list[int]]:
    """The passages of a text, what each folds to with what is behind it, and where each begins there; the last ends at -1."""
    passages = split(Document("/a", text, ""))
    analyses = analyser().document(text, passages)
    folded = [analysis.folded + analysis.gap for analysis in analyses]
    return analyses, folded, list(accumulate(map(len, folded), initial=0))


def with_row(rows: Sequence[str], terms: Sequence[str]) -> set[int]:
    """Which of some rows of terms have others in a row: what a phrase query finds."""
    wanted = f" {' '.join(terms)} "
    return {number for number, row in enumerate(rows) if wanted in f" {row} "}


def found(rows: Sequence[str], wanted: units.Row) -> tuple[set[int], set[int]]:
    """Where a row of terms is, plain or across the end of a passage, and where it may be: as far as that is said."""
    crossing = list(units.crossing(wanted))
    ways = [wanted[0], *(terms for terms, is_whole in crossing if is_whole)]
    perhaps = [terms for terms, is_whole in crossing if not is_whole]
    sure, likely = (set[int]().union(*(with_row(rows, terms) for terms in each)) for each in (ways, perhaps))
    return sure, sure | likely


# ------------------------------------------------------------------------------------------ where things are


@settings(max_examples=60, deadline=None)
@given(text=WRITTEN, data=st.data())
def test_literals_are_where_their_units_are(text, data):
    """The units of a literal stand in a row in exactly the passages where an occurrence of it begins."""
    _, folded, borders = analysed(text)
    grams = units.grams(folded)
    whole = "".join(folded)
    for literal in filter(None, (each.strip() for each in slices(data, whole, borders[:-1], 40))):
        expected = {bisect_right(borders, at) - 1 for at, _ in in_folded(Term(literal, literal, word=False), whole)}
        if len(literal) == 1 and is_unspaced(literal):
            assert {number for number, each in enumerate(folded) if literal in units.characters(each)} == expected
            continue
        sure, perhaps = found(grams, units.units(literal, whole=False))
        assert sure <= expected <= perhaps, literal
        if len(literal) <= units.FOLLOWING:
            assert sure == perhaps


def test_a_long_literal_across_the_end_of_a_passage():
    """Of what is far behind the end of a passage its terms say nothing: then a literal may be there, or another one."""
    _, folded, _ = analysed("".join(map(chr, range(0x4E00, 0x5100))))
    literal = folded[0][-3:] + folded[1][:30]
    wrong = literal[:-1] + "无"

    sure, perhaps = found(units.grams(folded), units.units(literal, whole=False))
    assert (sure, perhaps) == (set(), {0})
    assert found(units.grams(folded), units.units(wrong, whole=False)) == (sure, perhaps)


_SPOKEN = ("export", "Controls", "chip", "Nvidia's", "chip’s", "getElementById", "LLMs", "GPT4", "s", "a", "'s", "芯片", "の")
_BETWEEN = (" ", " ", " ", ", ", " - ", "\n", "\n\n", "。", "_", "——", "-- -", "", "'", " \0 ")


@settings(max_examples=150, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.sampled_from(_SPOKEN), st.sampled_from(_BETWEEN)), min_size=1, max_size=150),
    length=st.integers(2, 5),
    at=st.integers(0, 150),
    known=st.sampled_from((None, "element", "export")),
)
@example(pairs=[("Nvidia's", ""), ("'s", " "), ("chip", " ")], length=2, at=0, known="chip")
def test_words_are_where_their_chain_is(pairs, length, at, known):
    """Stems stand in a row in exactly the passages where such words begin that follow each other, or parts of words.

    But for the known limit: of words written as one that are near each other, one in its parts and another as a whole.
    """
    text = "".join(word + between for word, between in pairs)
    if not split(Document("/a", text, "")):
        return
    analyses, folded, borders = analysed(text)
    whole, rows = "".join(folded), units.chains(analyses)
    cuts = {start + cut for start, analysis in zip(borders, analyses, strict=False) for cut in analysis.cuts}
    runs = [part for run in spoken_runs(whole) for part in with_parts(whole, run, cuts)]
    some = [stem(whole[slice(*run)]) for run in runs]
    stems = some[min(at, len(some)) :][:length]
    stems = [*stems[:-1], known] if known else stems
    if len(stems) < 2:
        return
    expected, limited = set[int](), set[int]()
    for chosen in chains(runs, len(stems)):
        follow = all(end == start or is_small_gap(whole[end:start]) for (_, end), (start, _) in pairwise(chosen))
        if follow and [stem(whole[slice(*run)]) for run in chosen] == stems:
            where = limited if len(set(_ways(chosen, runs))) > 1 else expected
            where.add(bisect_right(borders, chosen[0][0]) - 1)
    sure, perhaps = found(rows, units.stems_row(stems))
    assert sure == perhaps
    assert expected <= sure <= expected | limited, stems


def _ways(chosen: Sequence[tuple[int, int]], runs: Sequence[tuple[int, int]]) -> Iterator[bool]:
    """Of each of the chosen words that are, or are part of, one written as several: whether it is a part."""
    for start, end in chosen:
        others = [(first, last) for first, last in runs if first <= start and end <= last and (first, last) != (start, end)]
        parts = [(first, last) for first, last in runs if start <= first and last <= end and (first, last) != (start, end)]
        if others or parts:
            yield bool(others)


# ------------------------------------------------------------------------------------------ what terms are


@settings(max_examples=60, deadline=None)
@given(text=ANY_TEXT)
@example(text=LONG + " 芯片")
@example(text="\U00010400" * LONGEST)
def test_terms_are_what_a_tokenizer_makes_of_them(text):
    """No term has white space, is longer than a tokenizer is told to take, or is no Unicode."""
    if not split(Document("/a", text, "")):
        return
    analyses, folded, _ = analysed(text)
    terms = [
        *(" ".join(units.title_terms(analyses[0])).split(" ")),
        *(term for row in (*units.grams(folded), *units.chains(analyses)) for term in row.split(" ")),
        *(units.term(word) for analysis in analyses for word in analysis.words),
    ]
    for term in terms:
        assert not any(map(str.isspace, term)), repr(term)
        assert len(term.encode("utf-16-le")) // 2 <= 2 * LONGEST + 2


@settings(max_examples=100, deadline=None)
@given(
    folded=st.lists(
        st.lists(st.sampled_from(("a", "chip", "c1", " ", "'s", ".", ",", "\0", "\n", "_", "b" * 101))).map("".join),
        min_size=1,
        max_size=6,
    )
)
@example(folded=["a ", LONG, " b"])
def test_ascii_units_are_units(folded):
    """Of ASCII the units are made in another way, which is faster; they are the same."""
    borders = list(accumulate(map(len, folded), initial=0))
    assert units.grams(folded) == [" ".join(row) for row in units.of_passages(units.units("".join(folded)), borders)]


@given(text=ANY_TEXT)
def test_storable(text):
    """Any text can be kept, and is given back as it was."""
    kept = units.storable(text)
    assert kept.encode().decode() == kept
    assert units.restored(kept) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", "a\x1fb"),
        ("\ue000", "\ue001"),
        (LONG, LONG + "b"),
        ("\ud800", "\udc80"),
        ("a", "\ue003a"),
    ],
)
def test_other_words_are_other_terms(one, other):
    """What is spelt otherwise as a term is still told from anything else."""
    assert units.term(one) != units.term(other)
    assert units.units(one) != units.units(other)
