"""The query language: golden cases from a file, and laws for whatever may be typed."""

import dataclasses
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tongwen.searcher.query import DEPTH, MOST_SLOP, And, Field, Node, Not, Or, Parsed, Phrase, Wildcard, Word, parse

LINES = (Path(__file__).parent / "data" / "queries.tsv").read_text(encoding="utf-8").splitlines()
CASES = [[*line.split("\t"), ""][:3] for line in LINES if "\t" in line]  # lines without a tab are headlines

ANY_TEXT = st.text(max_size=60) | st.text('ab文-－ ()（）"“”「」『』*＊\\=＝~～5５:：|｜ORNT\u3000\ud800', max_size=40)


@pytest.mark.parametrize(("typed", "tree", "warnings"), CASES, ids=[case[0] for case in CASES])
def test_golden(typed, tree, warnings):
    """What is typed in tests/data/queries.tsv gives the tree and the warnings that stand beside it."""
    parsed = parse(typed)

    assert str(parsed.tree or "(nothing)") == tree
    assert " | ".join(parsed.warnings) == warnings


@pytest.mark.parametrize("tree", [case[1] for case in CASES if case[1] != "(nothing)"])
def test_golden_trees_are_stable(tree):
    """A printed tree, typed again, is the same tree."""
    assert str(parse(tree).tree) == tree


# ------------------------------------------------------------------------------------------ whatever is typed


@given(ANY_TEXT)
@example("\\")
@example("title:")
@example("\ud800*\udc00")
@example("title：a:b")
def test_anything_may_be_typed(typed):
    """Nothing typed raises, and the tree prints as a query for the same tree."""
    tree = parse(typed).tree

    assert tree is None or parse(str(tree)).tree == tree


@given(ANY_TEXT)
def test_laws_of_the_tree(typed):
    """No And holds an And, no Or an Or, no Not a Not; none has fewer than two members; no leaf is empty."""

    def check(node: Node) -> None:
        match node:
            case And(children) | Or(children):
                assert len(children) > 1
                assert not any(isinstance(child, type(node)) for child in children)
                for child in children:
                    check(child)
            case Not(child):
                assert not isinstance(child, Not)
                check(child)
            case Field(name, child):
                assert name in ("title", "path", "lang")
                assert isinstance(child, Word if name == "path" else Word | Phrase | Wildcard)
                check(child)
            case Wildcard():
                assert len(node.parts) > 1
                assert any(node.parts)
                assert "" not in node.parts[1:-1], "a run of * is one"
            case Word(text) | Phrase(text):
                assert text
                assert not (node.exact and (node.fuzzy if isinstance(node, Word) else node.slop is not None))
                assert isinstance(node, Word) or node.slop is None or 0 <= node.slop <= MOST_SLOP

    if tree := parse(typed).tree:
        check(tree)


SIGNS = 'ab文-－ (）"“「』*＊\\=＝~～:：|\n'
TEXT = st.text(min_size=1, max_size=6) | st.text(SIGNS, min_size=1, max_size=6) | st.sampled_from(
    ["OR", "ＮＯＴ", "AND", "|", "title:x", "ｐａｔｈ：x", "lang:", "=x", "-x", "~", "a~", "a～", "\\", "a\\", "C++", "titel:x"]
)  # fmt: skip
STRIPPED = TEXT.map(str.strip).filter(bool)
FUZZY = st.builds(Word, TEXT.filter(lambda text: not text.endswith(("~", "～"))), fuzzy=st.just(True))  # \~~ is plain text
WORDS = st.builds(Word, TEXT, st.booleans()) | FUZZY
PHRASES = st.builds(Phrase, STRIPPED, st.booleans()) | st.builds(Phrase, STRIPPED, slop=st.integers(0, MOST_SLOP))
WILDCARDS = st.builds(
    lambda first, middle, last, exact: Wildcard(
        "*".join(part.replace("\\", "\\\\").replace("*", "\\*") for part in (first, *middle, last)), exact
    ),
    TEXT,
    st.lists(TEXT, max_size=2),
    st.just("") | TEXT,
    st.booleans(),
)
FIELDS = st.builds(Field, st.sampled_from(["title", "lang"]), WORDS | PHRASES | WILDCARDS) | STRIPPED.map(
    lambda text: Field("path", Word(text))
)


def several(kind: type[And | Or]) -> st.SearchStrategy[Node]:
    """Trees under an And or an Or."""
    return st.lists(TREES, min_size=2, max_size=4).map(
        lambda nodes: kind(tuple(child for node in nodes for child in (node.children if isinstance(node, kind) else [node])))
    )


TREES: st.SearchStrategy[Node] = st.deferred(
    lambda: (
        (WORDS | PHRASES | WILDCARDS | FIELDS)
        | several(And)
        | several(Or)
        | TREES.map(lambda node: node.child if isinstance(node, Not) else Not(node))
    )
)


@given(TREES)
def test_round_trip(tree):
    """Any tree prints as a query that parses to it, with no warning but that about a word that looks like a field."""
    parsed = parse(str(tree))

    assert parsed.tree == tree
    assert all(" is no field; " in warning for warning in parsed.warnings)


# ------------------------------------------------------------------------------------------ size


@pytest.mark.parametrize("opening", ["(", "（", "-(", "title:(", "(a ", "(a OR ", "NOT ("])
def test_deep_nesting(opening):
    """Ten thousand brackets are no trouble, neither to parse nor to print; those beyond DEPTH are left out."""
    parsed = parse(opening * 10_000 + "x" + ")" * 10_000 + " y")

    assert "brackets nested deeper than 50 were left out" in parsed.warnings
    assert str(parsed.tree).count("(") <= DEPTH + 1
    assert parse(str(parsed.tree)).tree == parsed.tree
    assert not [warning for warning in parsed.warnings if "closing" in warning or "closed" in warning]


def test_nesting_that_is_kept():
    """Fifty brackets are kept."""
    typed = "(a | (b " * 25 + "c" + "))" * 25

    assert parse(typed) == Parsed(parse(typed).tree)
    assert str(parse(typed).tree).count("(") == 50


@pytest.mark.parametrize(
    "unit",
    [
        "a ",
        "(",
        ")",
        "a OR ",
        "-",
        "- ",
        '"',
        '"a" ',
        "a\\",
        "*",
        "a*",
        "~",
        "~a",
        "=",
        "title:",
        "titel:",
        "((a) ",
        "「",
        "--a ",
        "\\",
        "文",
    ],
)
def test_linear_time(unit):
    """200,000 characters of anything are parsed within two seconds (ten where a coverage or debugging tool looks on)."""
    typed = unit * (200_000 // len(unit))
    start = time.process_time()

    parse(typed)

    assert time.process_time() - start < (2 if sys.gettrace() is None else 10)


# ------------------------------------------------------------------------------------------ values


def test_values_are_frozen():
    """Trees and answers are values: hashable, comparable, not to be changed."""
    parsed = parse("a OR (b -c)")

    assert parsed == Parsed(Or((Word("a"), And((Word("b"), Not(Word("c")))))), ())
    assert hash(parsed) == hash(parse("a  |  (b NOT c)"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        parsed.tree = None


def test_wildcard_parts():
    """The pieces between the stars are plain text; an escaped star is part of a piece."""
    assert parse("人工*能").tree.parts == ("人工", "能")
    assert parse(r"*a\*b\\*").tree.parts == ("", r"a*b" + "\\", "")


def test_most_slop():
    """However far apart words may be, it is no farther than MOST_SLOP; 0 is side by side in any order, no number a phrase."""
    assert parse(f'"a b"~{MOST_SLOP}').tree == parse('"a b"~' + "9" * 5000).tree == Phrase("a b", slop=MOST_SLOP)
    assert parse('"a b"~0').tree == parse("“a b”～０").tree == Phrase("a b", slop=0)
    assert parse('"a b"~').tree == parse('"a b"').tree == Phrase("a b")


def test_each_warning_once():
    """The same trouble twice is told once, in the order it was met."""
    assert parse('- "" - ""').warnings == ("a lone - was left out", "an empty quote was left out")


def test_enough_golden_cases():
    """The file of golden cases is read, and has no case twice."""
    assert len(CASES) >= 90
    assert len({case[0] for case in CASES}) == len(CASES)
