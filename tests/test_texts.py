"""The texts of a segment: what is written is read again, to the code point, whatever it is made of."""

import sys
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tongwen.index import texts
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


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks so small that documents have several, and that there are passages and gaps that do not fit into one."""
    monkeypatch.setattr(texts, "CHUNK", 250)


def store(folder: Path, documents: list[Document]) -> Texts:
    """Write documents as a segment's texts, with their own passages, and map them; the folded text is each passage's.

    Each passage is cut at its first and third code point.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writer = TextsWriter(folder)
    for number, document in enumerate(documents):
        writer.start_document(document, fold(document.title), LANGUAGES[number % len(LANGUAGES)], number)
        at = 0
        for passage in split(document):
            folded = fold(document.text[passage.start : passage.end])
            cuts = [cut for cut in (0, 2) if cut < len(folded)]
            writer.add_passage(document.text[at : passage.end], passage, at, folded, passage.number * 3, cuts)
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
    """Each passage's row names its document, its span, its line, and the byte where its folded text begins."""
    stored = store(tmp_path_factory.mktemp("texts"), documents)
    expected = [(number, passage) for number, document in enumerate(documents) for passage in split(document)]
    assert stored.passages == len(expected)
    cuts = list[int]()
    for number, (document, passage) in enumerate(expected):
        row, text = stored.passage(number), documents[document].text
        assert (row.document, row.start, row.end, row.words) == (document, passage.start, passage.end, passage.number * 3)
        assert row.line == (text.count("\n", 0, row.start) + 1 if documents[document].has_lines else 0)
        folded = fold(text[row.start : row.end])
        data = encode(folded)
        assert stored.folded[row.folded : row.folded + len(data)] == data
        cuts += [row.folded + len(encode(folded[:cut])) for cut in (0, 2) if cut < len(folded)]
    assert list(stored.cuts) == [*cuts, len(stored.folded)]
    first = [sum(len(split(document)) for document in documents[:number]) for number in range(len(documents) + 1)]
    assert list(stored.first_passages()) == first


@settings(max_examples=150, deadline=None)
@given(documents=st.lists(_documents, min_size=1, max_size=3), data=st.data())
def test_originals(tmp_path_factory, documents, data):
    """Any piece of a document's text, whatever chunks it is in."""
    stored = store(tmp_path_factory.mktemp("texts"), documents)
    for number, document in enumerate(documents):
        for _ in range(4):
            start = data.draw(st.integers(0, len(document.text)))
            end = data.draw(st.integers(start, len(document.text) + 3))
            assert stored.original(number, start, end) == document.text[start:end]


def test_chunks(tmp_path, monkeypatch):
    """Passages go together as long as they fit, and what fits into no chunk is cut up."""
    monkeypatch.setattr(texts, "CHUNK", 600)
    text = "字。" * 400 + "\n" * 600 + "words " * 50
    stored = store(tmp_path, [Document("/a", "", ""), Document("/b", text, ""), Document("/c", "short", "")])
    starts = array("I", (tmp_path / "chunks").read_bytes())[::3].tolist()
    passages = [stored.passage(number).start for number in range(stored.passages)]
    assert passages == [0, 266, 532, 1400, 0]
    assert starts == [0, 0, 532, 800, 1400, 0, 0]
    assert stored.stored_document(1).text == text


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
    assert rows[-1] == (2, 0, 0, len(stored.folded), 0, 0)


def test_empty_segment(tmp_path):
    """A segment without documents is one, with empty texts."""
    stored = store(tmp_path, [])
    assert (stored.documents, stored.passages, stored.paths(), stored.titled("x")) == (0, 0, [], set())
    assert list(stored.first_passages()) == [0]
    assert bytes(stored.folded) == b""


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
    for name in ("documents", "passages", "chunks", "cuts"):
        swapped = array("I", (tmp_path / "there" / name).read_bytes())
        swapped.byteswap()
        assert swapped.tobytes() == (tmp_path / "here" / name).read_bytes()
    assert list(there.column("start")) == list(here.column("start"))
    assert [there.stored_document(number) for number in range(2)] == documents


@pytest.mark.parametrize("name", ["documents", "passages", "chunks", "cuts"])
def test_no_rows(tmp_path, name):
    """A file of rows has one at the least."""
    store(tmp_path, [])
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(IndexDamaged, match="it is too short"):
        Texts(tmp_path)


@pytest.mark.parametrize("name", ["originals", "folded", "cuts", "chunks", "passages", "documents", "details"])
def test_a_file_that_is_too_short(tmp_path, name):
    """What is missing at the end of a file is missed when it is opened."""
    store(tmp_path, [Document("/a", "字。" * 400, "t")])
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[:-4])
    with pytest.raises(IndexDamaged, match=r"too short|do not fit together"):
        Texts(tmp_path)


@pytest.mark.parametrize(
    ("name", "at"), [("originals", 0), ("originals", 9), ("originals", -5), ("originals", -1), ("folded", 9)]
)
def test_damaged_chunk(tmp_path, name, at):
    """A text that has changed on disk, or what it was compressed with, is not given out."""
    store(tmp_path, [Document("/a", "字。" * 40, "t")])
    data = bytearray((tmp_path / name).read_bytes())
    data[at] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(IndexDamaged, match="a text in it cannot be read"):
        Texts(tmp_path).original(0, 0, 9)


def test_chunk_that_ends_too_soon(tmp_path):
    """A chunk without its end is not taken for a shorter one."""
    store(tmp_path, [Document("/a", "字。" * 40, "t")])
    data, rows = (tmp_path / "originals").read_bytes(), array("I", (tmp_path / "chunks").read_bytes())
    (tmp_path / "originals").write_bytes(data[:-4])
    rows[-2] -= 4
    (tmp_path / "chunks").write_bytes(rows.tobytes())
    with pytest.raises(IndexDamaged, match="ends too soon"):
        Texts(tmp_path).original(0, 0, 9)


def test_full(tmp_path, monkeypatch):
    """A segment takes in no more when its offsets come near to what rows can hold."""
    monkeypatch.setattr(texts, "FULL", 12)
    writer = TextsWriter(tmp_path)
    full = []
    for _ in range(3):
        writer.start_document(Document("/a", "words", ""), "", "en", 0)
        writer.add_passage("words", Passage(1, 0, 5), 0, "words", 1)
        writer.end_document("")
        full.append(writer.is_full)
    writer.finish()
    assert full == [False, True, True]
