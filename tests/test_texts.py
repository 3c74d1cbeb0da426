"""The texts of a segment: what is written is read again, to the code point, whatever it is made of."""

import sys
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tongwen.index.errors import IndexDamaged
from tongwen.index.fold import fold
from tongwen.index.model import Document, Heading, Passage
from tongwen.index.passages import split
from tongwen.index.texts import LANGUAGES, DocumentRow, PassageRow, Texts, TextsWriter, decode, encode, occurrences

# Everything that files may hold: lone surrogates, NUL, all kinds of line ends, characters outside the first plane.
_characters = st.one_of(
    st.characters(exclude_categories=[]), st.sampled_from("\0\r\n\x85\u2028\ud800\udfff\ufeff字 a🀄𠮷é\u0301。")
)
_text = st.text(_characters, max_size=60)
_long = st.lists(_text, max_size=8).map(lambda parts: "。\r\n".join(part * 9 for part in parts))
_paths = st.text(st.characters(exclude_characters="\0", exclude_categories=[]), max_size=12)
_documents = st.builds(
    Document,
    path=_paths,
    text=_text | _long,
    title=_text,
    headings=st.lists(st.builds(Heading, st.integers(0, 99), _text), max_size=3).map(tuple),
    encoding=st.sampled_from(("utf-8", "big5hkscs")),
    has_lines=st.booleans(),
)


def store(folder: Path, documents: list[Document]) -> Texts:
    """Write documents as a segment's texts, with their own passages, and map them; the folded text is each passage's."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = TextsWriter(folder)
    for number, document in enumerate(documents):
        writer.start_document(document, fold(document.title), LANGUAGES[number % len(LANGUAGES)], number)
        at = 0
        for passage in split(document):
            folded = fold(document.text[passage.start : passage.end])
            writer.add_passage(document.text[at : passage.end], passage, at, folded, passage.number * 3)
            at = passage.end
        writer.end_document(document.text[at:])
    writer.finish()
    assert (writer.documents, writer.passages) == (len(documents), sum(len(split(document)) for document in documents))
    return Texts(folder)


@settings(max_examples=150, deadline=None)
@given(documents=st.lists(_documents, max_size=4))
def test_round_trip(tmp_path_factory, documents):
    """Documents come back as they went in, with their rows in order."""
    stored = store(tmp_path_factory.mktemp("texts"), documents)
    assert [stored.stored_document(number) for number in range(stored.documents)] == documents
    assert stored.paths() == [document.path for document in documents]
    assert [stored.path(number) for number in range(stored.documents)] == [document.path for document in documents]
    assert [stored.title(number) for number in range(stored.documents)] == [document.title for document in documents]
    assert [stored.folded_title(number) for number in range(stored.documents)] == [fold(d.title) for d in documents]
    rows = [stored.document(number) for number in range(stored.documents)]
    assert [row.language for row in rows] == [number % len(LANGUAGES) for number in range(len(documents))]
    assert [row.title_terms for row in rows] == list(range(len(documents)))


@settings(max_examples=100, deadline=None)
@given(documents=st.lists(_documents, max_size=3))
def test_passages(tmp_path_factory, documents):
    """Each passage's row names its document, its span, and the bytes where its texts begin."""
    stored = store(tmp_path_factory.mktemp("texts"), documents)
    expected = [(number, passage) for number, document in enumerate(documents) for passage in split(document)]
    assert stored.passages == len(expected)
    for number, (document, passage) in enumerate(expected):
        row, text = stored.passage(number), documents[document].text
        assert (row.document, row.start, row.end, row.words) == (document, passage.start, passage.end, passage.number * 3)
        assert decode(stored.originals[row.original :][: len(encode(text[row.start : row.end]))]) == text[row.start : row.end]
        folded = encode(fold(text[row.start : row.end]))
        assert stored.folded[row.folded : row.folded + len(folded)] == folded
    first = [sum(len(split(document)) for document in documents[:number]) for number in range(len(documents) + 1)]
    assert list(stored.first_passages()) == first


def test_columns(tmp_path):
    """A column is one field of all rows, the closing row included."""
    stored = store(tmp_path, [Document("/a", "字。" * 400, "t"), Document("/b", "words", "t")])
    rows = [stored.passage(number) for number in range(stored.passages + 1)]
    assert stored.passages > 2
    for field in PassageRow._fields:
        assert list(stored.column(field)) == [getattr(row, field) for row in rows]
    documents = [stored.document(number) for number in range(3)]
    for field in DocumentRow._fields:
        assert list(stored.document_column(field)) == [getattr(row, field) for row in documents]
    assert rows[-1] == (2, 0, 0, len(stored.originals), len(stored.folded), 0)


def test_empty_segment(tmp_path):
    """A segment without documents is one, with empty texts."""
    stored = store(tmp_path, [])
    assert (stored.documents, stored.passages, stored.paths(), stored.titled("x")) == (0, 0, [], set())
    assert list(stored.first_passages()) == [0]
    assert (bytes(stored.originals), bytes(stored.folded)) == (b"", b"")


def test_white_space_around_passages_is_kept(tmp_path):
    """What stands before, between and behind the passages belongs to none of them and is there all the same."""
    document = Document("/a", "\r\n \u3000one\r\n\r\n  two \n\0\n", "")
    writer = TextsWriter(tmp_path)
    writer.start_document(document, "", "en", 0)
    writer.add_passage("\r\n \u3000one", Passage(1, 4, 7), 0, "one\n", 1)
    writer.add_passage("\r\n\r\n  two", Passage(2, 13, 16), 7, "two", 1)
    writer.end_document(" \n\0\n")
    writer.finish()
    stored = Texts(tmp_path)
    assert stored.stored_document(0) == document
    assert bytes(stored.folded) == b"one\ntwo\0"


@settings(max_examples=100, deadline=None)
@given(titles=st.lists(st.text("ab字\ud800", max_size=5), max_size=6), wanted=st.text("ab字\ud800", min_size=1, max_size=3))
def test_titled(tmp_path_factory, titles, wanted):
    """The documents whose folded title holds a string are found, across no border between titles."""
    stored = store(tmp_path_factory.mktemp("texts"), [Document(f"/{n}", "x", title) for n, title in enumerate(titles)])
    assert stored.titled(wanted) == {number for number, title in enumerate(titles) if wanted in fold(title)}


@given(text=st.text(st.characters(exclude_categories=[])))
def test_encoding(text):
    """Every string survives, and lone surrogates sort and join like other characters."""
    assert decode(encode(text)) == text


@given(
    data=st.binary().map(lambda data: bytes(byte % 3 for byte in data)), wanted=st.binary(min_size=1, max_size=3), at=st.data()
)
def test_occurrences(data, wanted, at):
    """Every place where a byte string begins, overlapping ones too, within the bounds."""
    wanted = bytes(byte % 3 for byte in wanted)
    start, end = sorted((at.draw(st.integers(0, len(data))), at.draw(st.integers(0, len(data)))))
    expected = [
        place for place in range(start, end) if data[place : place + len(wanted)] == wanted and place + len(wanted) <= end
    ]
    assert list(occurrences(data, wanted, start, end)) == expected


def test_other_byte_order(tmp_path, monkeypatch):
    """Rows are swapped on their way to the disk and back where the machine's byte order is the other one."""
    documents = [Document("/a", "字。" * 400, "t"), Document("/b", "words", "t")]
    here = store(tmp_path / "here", documents)
    monkeypatch.setattr(sys, "byteorder", "big" if sys.byteorder == "little" else "little")
    there = store(tmp_path / "there", documents)
    for name in ("documents", "passages"):
        swapped = array("Q", (tmp_path / "there" / name).read_bytes())
        swapped.byteswap()
        assert swapped.tobytes() == (tmp_path / "here" / name).read_bytes()
    assert list(there.column("start")) == list(here.column("start"))
    assert [there.stored_document(number) for number in range(2)] == documents


@pytest.mark.parametrize("name", ["documents", "passages"])
def test_no_rows(tmp_path, name):
    """A file of rows has one at the least."""
    store(tmp_path, [])
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(IndexDamaged, match="it is too short"):
        Texts(tmp_path)
