"""Finding files, reading them once, naming them; see `test_encodings.py` and `test_formats.py` for the rest."""

from __future__ import annotations

import errno
import hashlib
import inspect
import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tongwen.index import sources
from tongwen.index.errors import PathNotFound, UnreadableFile
from tongwen.index.sources import (
    MAX_BYTES,
    FoundFile,
    document,
    find_files,
    read_file,
    read_stdin,
    title_of,
)

SIMPLIFIED = "半导体出口管制的范围继续扩大，人工智能芯片的价格也在上涨。业内人士认为，未来几年供应仍然紧张。\n"
TRADITIONAL = "半導體出口管制的範圍繼續擴大，人工智慧晶片的價格也在上漲。業內人士認為，未來幾年供應仍然緊張。\n"


# ------------------------------------------------------------------------------------------ finding


def found(*paths: str | Path) -> tuple[list[str], dict[str, str]]:
    """Names of the files found, in order, and the reason for each one skipped."""
    skipped: list[UnreadableFile] = []
    names = [Path(file.path).name for file in find_files(paths, skipped.append)]
    return names, {Path(skip.path).name: skip.reason for skip in skipped}


def write(folder: Path, *names: str) -> None:
    """Files that hold their own names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")


def test_folders_are_walked_in_sorted_order(tmp_path: Path) -> None:
    """Files come sorted by name within each folder, folders at their own place among them."""
    write(tmp_path, "c.txt", "a/2.txt", "a/1.md", "b.html", "LICENSE", "图.unknown")

    assert found(tmp_path) == (["LICENSE", "1.md", "2.txt", "b.html", "c.txt", "图.unknown"], {})


def test_hidden_entries_and_indexes_are_left_out_in_silence(tmp_path: Path) -> None:
    """What begins with a dot is nobody's document, unless it is named."""
    write(tmp_path, ".git/config", ".tongwen/manifest", ".hidden.txt", "a.txt")

    assert found(tmp_path) == (["a.txt"], {})
    assert found(tmp_path / ".hidden.txt", tmp_path / ".git") == ([".hidden.txt", "config"], {})


def test_binary_endings_are_skipped_unless_named(tmp_path: Path) -> None:
    """A picture in a folder is reported and not read; the same file named by the user is tried."""
    write(tmp_path, "a.PNG", "b.txt", "png")

    assert found(tmp_path) == (["b.txt", "png"], {"a.PNG": "binary (by its ending)"})
    assert found(tmp_path / "a.PNG") == (["a.PNG"], {})


def test_what_was_found_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are absolute and without `..`; size and time are those of the file."""
    write(tmp_path, "sub/a.txt")
    monkeypatch.chdir(tmp_path / "sub")
    info = (tmp_path / "sub" / "a.txt").stat()

    [file] = find_files(["../sub/a.txt"], pytest.fail)

    assert file == FoundFile(str(tmp_path / "sub" / "a.txt"), info.st_size, info.st_mtime_ns)


def test_a_missing_path_stops_everything_at_once(tmp_path: Path) -> None:
    """The error comes from the call itself, before any file is yielded, and names the path as typed."""
    write(tmp_path, "a.txt")

    for missing in (tmp_path / "nope", tmp_path / "a.txt" / "below", "nul\0byte"):
        with pytest.raises(PathNotFound, match="no such file or folder"):
            find_files([tmp_path, missing], pytest.fail)


def test_loops_of_links_end(tmp_path: Path) -> None:
    """Each real folder is visited once, however many links lead to it, and links that lead nowhere are reported."""
    write(tmp_path, "a/1.txt", "b/2.txt")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b" / "other").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "broken").symlink_to(tmp_path / "gone")

    assert found(tmp_path) == (["1.txt", "2.txt"], {"self": "a link to itself", "broken": "vanished"})
    assert found(tmp_path / "self") == ([], {"self": "a link to itself"})


def test_one_file_is_found_once(tmp_path: Path) -> None:
    """Named twice, or reached through a link as well, a file comes once, by the first name."""
    write(tmp_path, "real/doc.txt")
    (tmp_path / "alias.txt").symlink_to(tmp_path / "real" / "doc.txt")
    (tmp_path / "linked").symlink_to(tmp_path / "real", target_is_directory=True)

    assert found(tmp_path) == (["alias.txt"], {})
    assert found(tmp_path / "real" / "doc.txt", tmp_path / "linked" / "doc.txt", tmp_path) == (["doc.txt"], {})
    [file] = find_files([tmp_path / "linked"], pytest.fail)
    assert file.path == str(tmp_path / "linked" / "doc.txt")


def test_special_files_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a pipe would wait for ever, so it is not opened, not even when named."""
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        expected = {"pipe": "a pipe, socket or device", "socket": "a pipe, socket or device"}

        assert found(tmp_path) == ([], expected)
        assert found("pipe", "socket") == ([], expected)


def test_an_unreadable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may not be listed is skipped, the others go on."""
    write(tmp_path, "a/1.txt", "locked/2.txt", "z.txt")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    assert found(tmp_path) == (["1.txt", "z.txt"], {"locked": "permission denied"})


def test_folders_nested_deeper_than_python_recurses(tmp_path: Path) -> None:
    """The walk keeps its own stack."""
    deepest = tmp_path.joinpath(*["d"] * 300)
    deepest.mkdir(parents=True)
    write(deepest, "end.txt")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 120)
    try:
        names = [file.path for file in find_files([tmp_path], pytest.fail)]
    finally:
        sys.setrecursionlimit(limit)

    assert names == [str(deepest / "end.txt")]


# ------------------------------------------------------------------------------------------ reading


def reason(data: bytes, encoding: str | None = None, path: str = "x.txt") -> str:
    """Why `data` is refused."""
    with pytest.raises(UnreadableFile) as caught:
        document(path, data, encoding)
    assert caught.value.path == path
    return caught.value.reason


def as_found(path: Path) -> FoundFile:
    """As if the file had been found a while ago."""
    return FoundFile(str(path), 0, 0)


def test_a_file_is_read_with_its_hash(tmp_path: Path) -> None:
    """The hash is of the bytes, the text is what they decode to, line ends and all."""
    data = "标题\r\n正文\r\n".encode("gb18030") * 20
    (tmp_path / "a.txt").write_bytes(data)

    digest, doc = read_file(as_found(tmp_path / "a.txt"))

    assert digest == hashlib.blake2b(data, digest_size=16).hexdigest()
    assert (doc.path, doc.text, doc.title) == (str(tmp_path / "a.txt"), data.decode("gb18030"), "标题")
    assert (doc.encoding, doc.doubtful, doc.has_lines, doc.headings) == ("gb18030", False, True, ())


def test_stdin_is_plain_text() -> None:
    """What comes through a pipe has the path `-` and is taken as it is."""
    data = "# 标题\n<b>x</b>".encode()

    digest, doc = read_stdin(data)

    assert digest == hashlib.blake2b(data, digest_size=16).hexdigest()
    assert (doc.path, doc.text, doc.title, doc.has_lines) == ("-", "# 标题\n<b>x</b>", "标题", True)
    assert read_stdin("漢字".encode("big5"), "big5")[1].text == "漢字"


def test_the_ending_decides_the_format() -> None:
    """HTML and Markdown are read as their visible text, whatever the case of the ending."""
    page = document("p.HTM", b"<title>T</title><h2>H</h2><p>a\nb")
    note = document("n.Markdown", b"x\n\n## H\n\n*a*")

    assert (page.title, page.text, page.has_lines) == ("T", "H\n\na b", False)
    assert [(heading.start, heading.text) for heading in page.headings] == [(0, "H")]
    assert (note.title, note.text, note.has_lines) == ("H", "x\n\nH\n\na", True)
    assert [(heading.start, heading.text) for heading in note.headings] == [(3, "H")]
    assert document("p.html", b"<p>first words</p>rest").title == "first words"
    assert document("p.xhtml", "<p>汉字".encode()).text == "汉字"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "no text in it"),
        ("\u3000\n".encode(), "no text in it"),
        ("\ufeff".encode(), "no text in it"),
        (b"%PDF-1.7 text", "binary"),
        (b"\x89PNG\r\n\x1a\n", "binary"),
        (b"PK\x03\x04rest", "binary"),
        (b"\x7fELFrest", "binary"),
        (b"\x1f\x8brest", "binary"),
        (b"plain text with one \0 in it", "binary"),
        (bytes(range(256)) * 4, "binary"),
        (b"abc\x01\x02" * 9, "binary"),
        ("abc\x01\x02".encode("utf-16") * 9, "binary"),
    ],
)
def test_what_is_not_text_is_refused(data: bytes, expected: str) -> None:
    """Each kind has its short reason."""
    assert reason(data) == expected


def test_empty_markup_has_no_text() -> None:
    """A page of tags only shows nothing."""
    assert reason(b"<title>T</title><script>x</script>", path="x.html") == "no text in it"
    assert reason(b"[a]: http://x\n", path="x.md") == "no text in it"


def test_few_control_characters_are_no_binary() -> None:
    """Terminal colours, form feeds, the end mark of DOS and a stray control in a long text are all text."""
    assert document("a", b"\x1b[31mred\x1b[0m\f\x1a").text == "\x1b[31mred\x1b[0m\f\x1a"
    assert document("a", b"\x07" + b"x" * 99).text == "\x07" + "x" * 99
    assert reason(b"\x07" + b"x" * 98) == "binary"


def test_large_files_are_not_read(tmp_path: Path) -> None:
    """The limit is in bytes and inclusive; the reason says both sizes."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 20)
    assert read_file(as_found(path), max_bytes=20)[1].text == "x" * 20
    with pytest.raises(UnreadableFile) as caught:
        read_file(as_found(path), max_bytes=19)
    assert caught.value.reason == "too large (20 bytes, the limit is 19 bytes)"

    os.truncate(path, 69 * 2**20 + 1)  # sparse: takes no room
    with pytest.raises(UnreadableFile) as caught:
        read_file(as_found(path))
    assert caught.value.reason == "too large (70 MB, the limit is 64 MB)"
    assert MAX_BYTES == 64 * 2**20


def test_what_cannot_be_opened_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gone since it was found, become a folder, locked, or broken in a way only the system can name."""
    for path, expected in ((tmp_path / "gone", "vanished"), (tmp_path, "a folder")):
        with pytest.raises(UnreadableFile) as caught:
            read_file(as_found(path))
        assert (caught.value.path, caught.value.reason) == (str(path), expected)
    failures = (
        (PermissionError(errno.EACCES, "x"), "permission denied"),
        (OSError(errno.EIO, "Input/output error"), "input/output error"),
    )
    for failure, expected in (*failures, (OSError(), "cannot be read")):

        def fail(*_: object, failure: OSError = failure, **__: object) -> None:
            raise failure

        monkeypatch.setattr(sources, "open", fail, raising=False)
        with pytest.raises(UnreadableFile) as caught:
            read_file(as_found(tmp_path / "a"))
        assert caught.value.reason == expected


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", ""),
        (" \n\t\n", ""),
        ("\n  第一行 \r\n第二行", "第一行"),
        ("## 标题\nx", "标题"),
        ("###\n\n次行", "次行"),
        ("C# 入门", "C# 入门"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 60),
        ("今天下雨。" + "长" * 100, "今天下雨。"),
        ("Version 1.5 is out. " + "y" * 100, "Version 1.5 is out."),
        ("长" * 150 + "。", "长" * 60),
        ("a\u2028b", "a"),
    ],
)
def test_plain_text_is_named_by_its_first_line(text: str, title: str) -> None:
    """A short first line is the title; of a long one the first sentence, or its first 60 characters."""
    assert title_of(text) == title


# ------------------------------------------------------------------------------------------ what a page declares


def test_a_page_is_read_as_it_declares() -> None:
    """The declared charset is tried, as its superset, before any guess."""
    body = "ストレージ容量"
    page = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"></head><p>{body}'
    assert document("a.html", page.encode("shift_jis")).text == body
    for declared, text, codec in (
        ("gb2312", "朱镕基", "gb18030"),
        ("big5", "佢哋", "big5hkscs"),
        ("x-nonsense", SIMPLIFIED, "gb18030"),
    ):
        doc = document("a.htm", f"<meta charset={declared}><p>{text}".encode(codec))
        assert (doc.text, doc.encoding) == (text.strip().replace("\n", " "), codec)
    xml = document("a.xhtml", '<?xml version="1.0" encoding="euc_kr"?><html><body>한국어</body></html>'.encode("euc_kr"))
    assert (xml.text, xml.encoding, xml.doubtful) == ("한국어", "euc_kr", False)


def test_a_declaration_that_proves_nothing_is_passed_over() -> None:
    """UTF-8 is UTF-8 whatever the page says; Latin-1 fits every file, and UTF-16 none whose tags can be read."""
    for declared in ("gb2312", "iso-8859-1", "utf-16", "windows-1252", "us-ascii"):
        page = f'<meta charset="{declared}"><p>{TRADITIONAL}'
        assert document("a.html", page.encode()).encoding == "utf-8"
        if declared != "gb2312":
            assert document("a.html", page.encode("big5")).encoding == "big5"
    far = b"<!--" + b"x" * 1100 + b"--><meta charset=koi8-r><p>" + SIMPLIFIED.encode("gb18030")
    assert document("a.html", far).encoding == "gb18030"
    assert document("a.txt", b"<meta charset=koi8-r>" + SIMPLIFIED.encode("gb18030")).encoding == "gb18030"


@given(st.binary(max_size=200), st.sampled_from(["a.txt", "a.html", "a.md"]), st.sampled_from([None, "big5", "utf-16", "idna"]))
def test_a_document_has_text_and_offsets_in_it(data: bytes, path: str, encoding: str | None) -> None:
    """Whatever the bytes and the format: refused with a reason, or a text that is not blank."""
    try:
        doc = document(path, data, encoding)
    except UnreadableFile:
        return
    assert doc.text.strip()
    assert all(doc.text.startswith(heading.text, heading.start) for heading in doc.headings)
