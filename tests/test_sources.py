"""Finding files, reading them once, deciding their encoding; see `test_formats.py` for what of a file is visible."""

from __future__ import annotations

import errno
import hashlib
import inspect
import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tongwen.index import sources
from tongwen.index.errors import PathNotFound, SourceError, TongwenError, UnreadableFile
from tongwen.index.sources import (
    MAX_BYTES,
    FoundFile,
    check_encoding,
    decode,
    document,
    find_files,
    read_file,
    read_stdin,
    title_of,
)

SIMPLIFIED = (
    "半导体出口管制的范围继续扩大，人工智能芯片的价格也在上涨。业内人士认为，未来几年供应仍然紧张，许多公司开始自己设计处理器。\n"
    "早上七点，老街上的豆浆铺已经坐满了人，油条刚出锅，香气顺着巷子飘出去很远。老板一边收钱一边和熟客聊天气。\n"
    "请先关闭电源，再打开机箱盖，把内存条对准插槽轻轻按下，听到一声轻响就说明装好了。如果无法启动，请检查接口是否松动。\n"
)
TRADITIONAL = (
    "半導體出口管制的範圍繼續擴大，人工智慧晶片的價格也在上漲。業內人士認為，未來幾年供應仍然緊張，許多公司開始自己設計處理器。\n"
    "早上七點，老街上的豆漿舖已經坐滿了人，油條剛出鍋，香氣順著巷子飄出去很遠。老闆一邊收錢一邊和熟客聊天氣。\n"
    "請先關閉電源，再打開機殼蓋，把記憶體對準插槽輕輕按下，聽到一聲輕響就說明裝好了。如果無法啟動，請檢查接頭是否鬆動。\n"
)
HONG_KONG = "佢哋喺茶餐廳食嘢，話個冧酒蛋糕幾好味，啲人都嚟排隊買。"
ENGLISH = "Don’t worry: the committee said it’s a “temporary” measure – nothing more, and nobody’s plans will change.\n"


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


# ------------------------------------------------------------------------------------------ encodings that say what they are


def test_utf8_is_judged_by_the_whole_file() -> None:
    """A file whose 8 KiB end inside a character is UTF-8 all the same, and one whose last byte is wrong is not."""
    for filler in (0, 1):
        data = b"x" * filler + "同文".encode() * 4000
        with pytest.raises(UnicodeDecodeError):
            data[:8192].decode("utf-8")  # what judging a prefix would stumble over

        assert decode(data) == (data.decode("utf-8"), "utf-8", False)

    assert decode(data + b"\xff")[2]


@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL, "a\r\nb\r", "𠮷野家", "plain"])
@pytest.mark.parametrize(
    ("mark", "codec", "name"),
    [
        (b"\xef\xbb\xbf", "utf-8", "utf-8-sig"),
        (b"\xff\xfe", "utf-16-le", "utf-16"),
        (b"\xfe\xff", "utf-16-be", "utf-16"),
        (b"\xff\xfe\0\0", "utf-32-le", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32-be", "utf-32"),
        (b"\x84\x31\x95\x33", "gb18030", "gb18030"),
        (b"", "utf-8", "utf-8"),
    ],
)
def test_a_byte_order_mark_decides_and_goes(text: str, mark: bytes, codec: str, name: str) -> None:
    """The mark is not part of the text; line ends are."""
    assert decode(mark + text.encode(codec)) == (text, name, False)


def test_a_mark_that_is_wrong_does_not_decide() -> None:
    """After a UTF-8 mark, bytes that are not UTF-8 are guessed; UTF-16 that begins with U+0000 is not UTF-32."""
    assert decode(b"\xef\xbb\xbf" + SIMPLIFIED.encode() + b"\xff") == (SIMPLIFIED + "\ufffd", "utf-8", True)
    assert decode(b"\xff\xfe\0\0" + (SIMPLIFIED + "!").encode("utf-16-le"))[0] == "\0" + SIMPLIFIED + "!"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL, ENGLISH, "a", "中文\n", '=JIS("ﾗｲﾄ") 返回 ライト\r\n'])
def test_utf16_without_a_mark(text: str, codec: str) -> None:
    """The zero bytes of its ASCII, or the sense it makes, give it away."""
    assert decode(text.encode(codec))[:2] == (text, codec)


def test_broken_utf16_is_kept_but_doubtful() -> None:
    """A lone surrogate stays what it is, half a character at the end is dropped."""
    lone = "文\ud800字 a\n"
    assert decode(b"\xff\xfe" + lone.encode("utf-16-le", "surrogatepass")) == (lone, "utf-16", True)
    assert decode(lone.encode("utf-16-be", "surrogatepass"), "utf-16-be") == (lone, "utf-16-be", True)
    assert decode(ENGLISH.encode("utf-16-le") + b"x") == (ENGLISH, "utf-16-le", True)


# ------------------------------------------------------------------------------------------ forced and declared


def test_a_forced_encoding_is_strict() -> None:
    """It wins over marks and sense, and says where it fails."""
    assert decode(SIMPLIFIED.encode("gb18030"), "GBK") == (SIMPLIFIED, "gbk", False)
    assert decode("\ufeff文".encode(), "utf8") == ("文", "utf-8", False)
    assert decode(b"\xe9t\xe9", "latin-1") == ("été", "iso8859-1", False)
    assert reason(b"abc \xff def", "big5") == "not valid big5 (byte 4)"
    assert reason(b"xn--a", "idna").removesuffix(" (byte 0)") == "not valid idna"
    assert reason(b"%PDF-1.7", "latin-1") == "binary"


@pytest.mark.parametrize("name", ["nope", "", "rot13", "base64", "a\0b", "\ud800"])
def test_an_unknown_encoding_is_refused_with_advice(name: str) -> None:
    """Names of no codec, and of codecs that make no text."""
    with pytest.raises(TongwenError, match="unknown encoding; try utf-8, gb18030, big5, utf-16"):
        check_encoding(name)
    with pytest.raises(SourceError):
        decode(b"x", name)


def test_a_known_encoding_has_one_name() -> None:
    """Spellings of a codec are one codec."""
    assert [check_encoding(name) for name in ("UTF8", "utf_8", "Big5-HKSCS", "GB18030")] == [
        "utf-8",
        "utf-8",
        "big5hkscs",
        "gb18030",
    ]


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


# ------------------------------------------------------------------------------------------ the guess


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "gb18030"),
        (TRADITIONAL, "big5"),
        (SIMPLIFIED, "utf-16-le"),
        (TRADITIONAL, "utf-16-be"),
    ],
)
@pytest.mark.parametrize("length", [6, 12, 40, 100])
def test_every_slice_of_chinese_is_guessed_right(text: str, codec: str, length: int) -> None:
    """Twelve characters are enough, six nearly always, and forty leave no doubt; a wrong guess is always called doubtful."""
    slices = [text[start : start + length] for start in range(len(text) - length)]
    guesses = [text_of(piece.encode(codec)) or ("", "", True) for piece in slices]

    wrong = [(piece, guess) for piece, guess in zip(slices, guesses, strict=True) if guess[0] != piece]
    assert len(wrong) <= (0.03 * len(slices) if length < 12 else 0), wrong
    assert all(guess[2] for _, guess in wrong)
    if length >= 40:
        assert [guess for guess in guesses if guess[2]] == []


@pytest.mark.parametrize(("text", "codec"), [(SIMPLIFIED, "gb18030"), (TRADITIONAL, "big5"), (TRADITIONAL, "gb18030")])
def test_chinese_far_below_english_is_guessed_right(text: str, codec: str) -> None:
    """What is judged begins at the first character that is not ASCII, wherever that stands."""
    for filler in (1, 2, 20_001):
        whole = "e" * filler + text
        assert decode(whole.encode(codec)) == (whole, codec, False)


def test_the_narrowest_big5_is_taken() -> None:
    """Plain Big5 where it suffices, with Hong Kong's characters where they occur, Microsoft's where only that fits."""
    assert decode((TRADITIONAL + HONG_KONG).encode("big5hkscs")) == (TRADITIONAL + HONG_KONG, "big5hkscs", False)
    microsoft = TRADITIONAL + "價格：€100"
    assert decode(microsoft.encode("cp950"))[:2] == (microsoft, "cp950")


def test_four_byte_characters_of_gb18030() -> None:
    """Characters beyond GBK do not confuse the guess."""
    text = SIMPLIFIED + "𠮷𪚥㐀é"
    assert decode(text.encode("gb18030")) == (text, "gb18030", False)


@pytest.mark.parametrize(("text", "codec"), [(SIMPLIFIED, "gb18030"), (TRADITIONAL, "big5"), (SIMPLIFIED, "utf-8")])
def test_a_damaged_spot_does_not_spoil_a_file(text: str, codec: str) -> None:
    """The rest is still read, with U+FFFD in the wrong place, and reported as doubtful."""
    data = text.encode(codec)
    cut, name, doubtful = decode(data[:-2] + b"\xff\n")
    assert (cut, name, doubtful) == (text[:-2] + "\ufffd" * (cut.count("\ufffd")) + "\n", codec, True)


def test_english_with_typographic_quotes() -> None:
    """Windows-1252 is no Chinese, and always a doubtful guess."""
    assert decode(ENGLISH.encode("cp1252")) == (ENGLISH, "cp1252", True)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("日本語の文章です。これはテストのために書かれた文です。", "shift_jis"),
        ("이것은 한국어로 쓰여진 시험용 문장입니다.", "euc_kr"),
    ],
)
def test_other_languages_are_doubtful(text: str, codec: str) -> None:
    """What cannot be told is at least said to be a guess."""
    assert decode(text.encode(codec))[2]


def test_a_close_guess_asks_for_a_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two characters may be too few; the doubt goes only where another detector agrees, and not where all is even."""
    for opinion, doubtful in ((None, True), ("something else", True), ("老闆", False)):
        monkeypatch.setattr(sources, "_second_opinion", lambda _, opinion=opinion: opinion)
        assert decode("老闆".encode("big5")) == ("老闆", "big5", doubtful)
    even = "標準".encode("big5")
    monkeypatch.setattr(sources, "_second_opinion", lambda _: decode(even)[0])
    assert decode(even)[2]


def test_the_second_opinion_reads_chinese() -> None:
    """It is charset-normalizer's, among the encodings we know, and may be none."""
    assert sources._second_opinion(TRADITIONAL.encode("big5")) == TRADITIONAL
    assert sources._second_opinion(b"\xff\xff\xff") is None


def text_of(data: bytes, encoding: str | None = None) -> tuple[str, str, bool] | None:
    """What `decode` makes of the bytes, None if it finds them binary; nothing else may happen."""
    try:
        return decode(data, encoding)
    except UnreadableFile as exc:
        if exc.reason != "binary":
            raise
        return None


@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"\x84\x31\x95\x33\xff")
@example(b"\x81")
def test_decode_is_total(data: bytes) -> None:
    """Any bytes are text or binary; whatever is not a doubtful guess is what the codec makes of the whole."""
    if guess := text_of(data):
        text, codec, doubtful = guess
        assert check_encoding(codec) == codec
        if not doubtful:
            assert data.decode(codec).removeprefix("\ufeff") == text
            text.encode("utf-8")  # no lone surrogates


@given(st.text(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"]))
def test_unicode_survives_when_forced(text: str, codec: str) -> None:
    """Every text survives every encoding that can hold it, unless it is full of controls."""
    read = text_of(text.encode(codec), codec)
    assert read is None or read[0] == text.removeprefix("\ufeff")
    assert read is not None or any(char < " " or char == "\x7f" for char in text) or text.startswith(("%PDF-", "GIF8"))


@given(st.binary(max_size=200), st.sampled_from(["a.txt", "a.html", "a.md"]), st.sampled_from([None, "big5", "utf-16", "idna"]))
def test_a_document_has_text_and_offsets_in_it(data: bytes, path: str, encoding: str | None) -> None:
    """Whatever the bytes and the format: refused with a reason, or a text that is not blank."""
    try:
        doc = document(path, data, encoding)
    except UnreadableFile:
        return
    assert doc.text.strip()
    assert all(doc.text.startswith(heading.text, heading.start) for heading in doc.headings)
