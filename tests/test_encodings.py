"""Whether bytes are text, and in which encoding; see `test_sources.py` for files."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tongwen.index import encodings
from tongwen.index.encodings import check_encoding, decode
from tongwen.index.errors import SourceError, TongwenError, UnreadableFile

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


def reason(data: bytes, encoding: str | None = None) -> str:
    """Why `data` is refused."""
    with pytest.raises(UnreadableFile) as caught:
        decode(data, encoding, path="x.txt")
    assert caught.value.path == "x.txt"
    return caught.value.reason


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
        monkeypatch.setattr(encodings, "_second_opinion", lambda _, opinion=opinion: opinion)
        assert decode("老闆".encode("big5")) == ("老闆", "big5", doubtful)
    even = "標準".encode("big5")
    monkeypatch.setattr(encodings, "_second_opinion", lambda _: decode(even)[0])
    assert decode(even)[2]


def test_the_second_opinion_reads_chinese() -> None:
    """It is charset-normalizer's, among the encodings we know, and may be none."""
    assert encodings._second_opinion(TRADITIONAL.encode("big5")) == TRADITIONAL
    assert encodings._second_opinion(b"\xff\xff\xff") is None


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
