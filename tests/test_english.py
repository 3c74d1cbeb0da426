"""English: forms of one word are one stem, others are not; words written as one come apart where they should."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tongwen.index import english
from tongwen.index.english import (
    LONGEST_ENDING,
    beginning,
    breaks,
    is_possessive,
    parts,
    stem,
    version,
    word_end,
    word_start,
)
from tongwen.index.fold import fold
from tongwen.index.scripts import is_letter, runs

ENDINGS = (
    "s es ed ing ingly ly y ies ied ying er ers ization izations ational ation ator alism ality fulness ful ousness ous iveness"
    " ive ivity biliti bility able ably ible ibly li less lessly ency ence ancy ance ize ized izer ogy ical icate ness ment e"
    " eed edly ate ative"
)
ROOTS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)
WORDS = st.builds("{}{}".format, ROOTS, st.sampled_from(["", *ENDINGS.split()])) | st.sampled_from(sorted(english._stems()))
BRITISH = st.from_regex("|".join(pattern for _, pattern, _ in english._SPELT), fullmatch=True, alphabet="abceinorst")


# ------------------------------------------------------------------------------------------ stems


@pytest.mark.parametrize(
    "forms",
    [
        "control controls controlled controlling",
        "company companies",
        "regulate regulates regulation regulations regulated",
        "die dies died dying",
        "man men",
        "analysis analyses",
        "menu menus",
        "lens lenses",
        "build builds building built",
        "choose chose chosen choosing",
        "gpu gpus",
        "cpu cpus",
        "llm llms",
        "virus viruses",
        # irregular forms behind a beginning
        "withhold withholds withheld withholding",
        "oversee oversaw overseen",
        "rebuild rebuilt rebuilding",
        "misunderstand misunderstood",
        "outgrow outgrew outgrown",
        "undo undid undone",
        "undergo underwent undergone",
        "mistake mistook mistaken",
        "foresee foresaw foreseen",
        # initials, and names with digits
        "h100 h100s",
        "rtx4090 rtx4090s",
        "mp3 mp3s",
        "phd phds",
        "sdk sdks",
        "ssd ssds",
        "lcd lcds",
        "pdf pdfs",
        # British and American spelling
        "organise organised organises organiser organisers organising organize organization organisation organisations",
        "recognise recognised recognize",
        "recognisable recognizable",
        "optimisation optimise optimization",
        "ionise ionize ionising",
        "color colour colors colours coloured colouring",
        "discolored discoloured",
        "behavior behaviours behavioural behavioral",
        "favorite favourite favourites",
        "neighborhood neighbourhoods",
        "center centre centers centres centered centred centring",
        "kilometer kilometres",
        "fiber fibre fibres",
        "theater theatres",
        "gray grey greys",
        "grayscale greyscale",
        "analyze analyse analysed analyzing analysing",
        "catalyze catalysed",
        "program programme programmes programs programming",
        "license licence licences licensed licensing",
        "defense defence",
        "practice practise practising",
        "catalog catalogue",
        "aluminum aluminium",
        "judgment judgements",
        "fulfill fulfil fulfilled fulfilment",
        "enroll enrol enrolment",
    ],
)
def test_forms_of_a_word(forms):
    """All forms of one word have one stem."""
    assert len(set(map(stem, forms.split()))) == 1


@pytest.mark.parametrize(
    "words",
    [
        "plus plu",
        "thus thu",
        "news new",
        "chip ship",
        "left leave",
        "gps gp",
        "rose rise",
        "ate at",
        "resent resend",
        "mbps mbp",
        "https http",
        "dns dn",
        "dbms dbm",
        "1990s 1990",
        "35s 35",
        # no British spelling
        "rise rize",
        "rising rizing",
        "prise prize",
        "surprise surprize",
        "wise wize",
        "size sise",
        "advise advize",
        "improvisation improvization",
        "otherwise otherwize",
        "disease dizease",
        "our or",
        "hour hor",
        "four for",
        "tour tor",
        "pour por",
        "contour contor",
        "paramour paramor",
        "acre acer",
        "genre gener",
        "more moer",
        "hence hense",
        "fence fense",
        "greyhound grayhound",
        "analyses analyzes",
    ],
)
def test_words_of_their_own(words):
    """Words that only look like forms of each other keep apart."""
    assert len(set(map(stem, words.split()))) == 2


@pytest.mark.parametrize("word", ["h100x", "16gbs", "1990s", "한국", "привет", "2008", "芯片", "d's", ""])
def test_what_is_not_english_stays(word):
    """Only words of the letters a to z have other forms."""
    assert stem(word) == word


def test_irregular_forms_stand_once():
    """No form is a form of two words, and none is what the stemmer would make of it anyway."""
    words = [group.split() for group in re.split(r"[|\n]", english._IRREGULAR.strip())]
    forms = [form for _, *own in words for form in own]

    assert len(forms) == len(set(forms))
    assert not {word for word, *_ in words} & set(forms)
    assert {form for word, *own in words for form in own if english._stemmer().stemWord(form) == stem(word)} == set()
    assert {form for word, *own in words for form in own if stem(form) != stem(word)} == set()


@given(WORDS | BRITISH)
@settings(max_examples=1000)
@example("representativeness")
@example("vying")
@example("happily")
@example("favourites")
@example("centres")
def test_every_word_begins_as_its_stem_does(word):
    """The beginning of a stem is that of each of its words, none of which is very much longer."""
    assert word.startswith(beginning(stem(word)))
    assert beginning(stem(word))
    assert len(word) <= len(stem(word)) + LONGEST_ENDING


def test_version_tells_stems_apart(monkeypatch):
    """Other forms are another version."""
    now = version()
    assert now.startswith("PyStemmer ")

    monkeypatch.setattr(english, "_IRREGULAR", "man men")
    assert version() != now


# ------------------------------------------------------------------------------------------ words written as one


@pytest.mark.parametrize(
    "cut",
    [
        "get|Element|By|Id",
        "HTTP|Server",
        "IP|Address",
        "get|ID|s",
        "LLM|s",
        "GPU|s",
        "GPT|4",
        "gpt|4",
        "GPT|4模型",
        "Tensor|Flow|2",
        "Libre|Office",
        "Mc|Donald",
        "mac|OS",
        "Öko|Strom",
        "Open|AI's Chat|GPT",
        "max_value",
        "iPhone",
        "PhD",
        "XRay",
        "v2",
        "F35",
        "16GB",
        "sha256sum",
        "2008年",
        "芯片AI",
        "GPUS",
        "Class",
        "As",
        "is a",
    ],
)
def test_breaks(cut):
    """Where a word changes from small letters to capitals or to digits it is cut, unless a single letter is left."""
    pieces = cut.split("|")

    assert breaks("".join(pieces)) == [len("".join(pieces[:number])) for number in range(1, len(pieces))]


@given(st.text("abABéÉ1s_ -芯\u0301'", max_size=16))
@settings(max_examples=500)
def test_breaks_are_inside_words(text):
    """A break is inside a run of letters, and folding what it parts is folding the whole; no part is a letter but s."""
    folded, cuts, at = fold(text), [0, *breaks(text), len(text)], 0

    assert cuts == sorted(cuts)
    assert "".join(fold(text[start:end]) for start, end in pairwise(cuts)) == folded
    for cut in cuts[1:-1]:
        at = len(fold(text[:cut]))
        start, end = word_start(folded, at), word_end(folded, at)
        assert start < at < end
        inside = [place for place in (len(fold(text[:other])) for other in cuts[1:-1]) if start < place < end]
        pieces = [folded[one:other] for one, other in zip([start, *inside], [*inside, end], strict=True)]
        assert all(len(piece) > 1 or piece == "s" or piece.isdigit() for piece in pieces)


@pytest.mark.parametrize(
    ("word", "cuts", "expected"),
    [
        ("getelementbyid", [3, 10, 12], ["get", "element", "by", "id"]),
        ("opencontrols", [4], ["open", "control"]),
        ("rls", [2], ["rl"]),
        ("dnns", [3], []),
        ("gpus", [3], []),
        ("word", [], []),
    ],
)
def test_parts(word, cuts, expected):
    """The parts of a word, by their stems; none if that is all it is."""
    assert parts(word, tuple(cuts)) == tuple(expected)


# ------------------------------------------------------------------------------------------ in folded text


@given(st.text("ab1_ 芯한'", max_size=12), st.integers(0, 12))
def test_ends_of_words(text, at):
    """From an offset to either side there are letters as far as a plain loop finds them."""
    at = min(at, len(text))
    before = [start for start in range(at + 1) if all(map(is_letter, text[start:at]))]
    after = [end for end in range(at, len(text) + 1) if all(map(is_letter, text[at:end]))]

    assert (word_start(text, at), word_end(text, at)) == (min(before), max(after))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nvidia's chips", ["s"]),
        ("芯片's", ["s"]),
        ("(c++'s)", ["s"]),
        ("the 's is", []),
        ("'s", []),
        ("chips' s", []),
        ("nvidia'sx", []),
        ("it's'", ["s"]),
    ],
)
def test_possessives(text, found):
    """The s behind an apostrophe is a possessive if something stands before that."""
    assert [run for at, run, _ in runs(text) if is_possessive(text, at, at + len(run))] == found
