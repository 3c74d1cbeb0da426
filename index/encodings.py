"""From bytes to text: whether they are text at all, and in which encoding.

Owns the order of evidence and the guess, and how sure it is.  Does not own files (`sources`) nor markup (`formats`), but for
the charset that an HTML page declares.  Pure: the same bytes are always read the same way.

The encoding is settled by the first of: the name the user forces; a byte order mark; zero bytes, which only UTF-16 text has;
strict UTF-8 over the whole (never a prefix, which may end inside a character); the charset that HTML declares; a guess.  The
guess decodes the bytes every way they might be meant and keeps the likeliest text (`_log_likelihood`).
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from .errors import UnreadableFile

_MAGIC = (
    *(b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\x7fELF", b"\x1f\x8b", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"Rar!\x1a"),
    *(b"7z\xbc\xaf", b"\xfd7zXZ", b"\xd0\xcf\x11\xe0", b"SQLite format 3\0", b"\xca\xfe\xba\xbe", b"OggS\0"),
)
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\r\f\x1a\x1b"))  # 1A ends many a text file from DOS days


def check_encoding(name: str) -> str:
    """The codec's own name for an encoding the user named.  Raises UnreadableFile if there is no such text encoding."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        info = None
    if info is None or not info._is_text_encoding:  # rot13 and its like make no text
        raise UnreadableFile(name, "unknown encoding; try utf-8, gb18030, big5, utf-16")
    return info.name


def decode(data: bytes, encoding: str | None = None, *, path: str = "-", declared: str = "") -> tuple[str, str, bool]:
    r"""`(text, codec, doubtful)` of a file's bytes; line ends stay, a byte order mark goes.

    `encoding` forces a codec, strictly; `declared` is what the file says of itself, tried before a guess.  `doubtful` says
    that the guess was close or poor, or that bytes had to be replaced by U+FFFD.  Raises UnreadableFile, with `path`, if
    the bytes are not text or not valid in the forced encoding.
    """
    if data.startswith(_MAGIC):
        raise UnreadableFile(path, "binary")
    text, codec, doubtful = _decode(data, encoding, path, declared)
    ascii_based = text.encode("utf-8", "surrogatepass") if codec.startswith(("utf-16", "utf-32")) else data
    if 100 * (len(ascii_based) - len(ascii_based.translate(None, _CONTROLS))) > len(text):
        raise UnreadableFile(path, "binary")
    return text.removeprefix("\ufeff"), codec, doubtful


def declared_charset(data: bytes) -> str:
    """The charset an HTML page names in its first KiB, or an empty string."""
    found = re.search(rb"""(?i)(?:<meta[^>]*?charset|<\?xml[^>]*?encoding)\s*=\s*["']?\s*([\w.:-]+)""", data[:1024])
    return found.group(1).decode("ascii").lower() if found else ""


_Decoded = tuple[str, str, bool]
_LONE = re.compile("[\ud800-\udfff]")  # half of a surrogate pair, which some programs write into UTF-16


def _decode(data: bytes, encoding: str | None, path: str, declared: str) -> _Decoded:
    if encoding is not None:
        return _forced(data, check_encoding(encoding), path)
    found = _marked(data) or _with_zeros(data, path) or _strictly(data, ("utf-8",)) or _as_declared(data, declared)
    return found or _guess(data)


def _forced(data: bytes, codec: str, path: str) -> _Decoded:
    try:
        text = data.decode(codec, "surrogatepass" if codec.startswith("utf-16") else "strict")
        return text, codec, _LONE.search(text) is not None
    except UnicodeError as exc:
        where = f" (byte {exc.start})" if isinstance(exc, UnicodeDecodeError) else ""  # idna may not say
        raise UnreadableFile(path, f"not valid {codec}{where}") from None


def _strictly(data: bytes, codecs_to_try: Iterable[str]) -> _Decoded | None:
    for codec in codecs_to_try:
        try:
            return data.decode(codec), codec, False
        except UnicodeError:
            continue
    return None


def _marked(data: bytes) -> _Decoded | None:
    """By the byte order mark.  UTF-32 before UTF-16, whose mark it begins with."""
    if data.startswith(codecs.BOM_UTF8):
        return _strictly(data, ("utf-8-sig",))
    if data.startswith(b"\x84\x31\x95\x33"):
        return _strictly(data, ("gb18030",))
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and (found := _strictly(data, ("utf-32",))):
        return found
    return _utf16(data, "utf-16") if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def _utf16(data: bytes, codec: str) -> _Decoded:
    """Never fails: half a character at the end is dropped, a lone surrogate kept, and either makes it doubtful."""
    text = data[: len(data) & ~1].decode(codec, "surrogatepass")
    return text, codec, len(data) % 2 == 1 or _LONE.search(text) is not None


def _with_zeros(data: bytes, path: str) -> _Decoded | None:
    """What has zero bytes is UTF-16 if it makes sense as that, else it is no text."""
    if b"\0" not in data:
        return None
    sample = data[:_SAMPLE]
    total, codec = max((_log_likelihood(_utf16(sample, name)[0])[0], name) for name in ("utf-16-le", "utf-16-be"))
    if total < _BINARY * len(sample) / 2:
        raise UnreadableFile(path, "binary")
    return _utf16(data, codec)


_BIG5 = ("big5", "big5hkscs", "cp950")
_FAMILIES = (("gb18030",), _BIG5, ("utf-16-le",), ("utf-16-be",), ("utf-8",), ("cp1252",))
"""What undeclared bytes may be.  The last two are for UTF-8 with a damaged spot and for English with typographic quotes."""

_WIDER = dict.fromkeys(("gb2312", "gbk"), ("gb18030",)) | dict.fromkeys(_BIG5, _BIG5)
"""As browsers do, a declared codec is read as its superset."""


def _as_declared(data: bytes, declared: str) -> _Decoded | None:
    """Not if it says UTF-16 (then we could not have read that) or Latin-1 (which every file is): those prove nothing."""
    try:
        codec = check_encoding(declared)
    except UnreadableFile:
        return None
    return None if codec.startswith(("utf-", "iso8859-1", "cp1252", "ascii")) else _strictly(data, _WIDER.get(codec, (codec,)))


def _guess(data: bytes) -> _Decoded:
    """The likeliest reading, judged by what follows the first byte that is not ASCII; then the whole file is read that way."""
    first = next(re.finditer(rb"[\x80-\xff]", data)).start() & ~1
    sample = data[first : first + _SAMPLE]
    whole = len(data) <= first + _SAMPLE  # else it may end inside a character
    ranked = sorted(((*_log_likelihood(_read(sample, family, final=whole)[0]), family) for family in _FAMILIES), reverse=True)
    (best, mean, family), (second, *_) = ranked[:2]
    text, codec = _read(data, family, final=True)
    good = mean > _POOR and family[0] not in ("utf-8", "cp1252") and "\ufffd" not in text
    lead = best - second
    agreed = good and _CLOSE < lead <= _CLEAR and _second_opinion(sample) == _read(sample, family, final=whole)[0]
    return text, codec, not (agreed or (good and lead > _CLEAR))


def _read(data: bytes, family: tuple[str, ...], *, final: bool) -> tuple[str, str]:
    """By the first codec of the family that is valid throughout, else by the first, with U+FFFD where it is not."""
    for codec in family:
        try:
            return codecs.getincrementaldecoder(codec)("strict").decode(data, final), codec
        except UnicodeError:
            continue
    return codecs.getincrementaldecoder(family[0])("replace").decode(data, final), family[0]


# ------------------------------------------------------------------------------------------ how likely a text is

_SAMPLE = 2**14  # bytes
_CLEAR = 7.0  # e**7, a thousand times likelier than the next best: of 20,000 such guesses at very short texts 1 was wrong
_CLOSE = 2.0  # a smaller lead is doubtful whoever agrees; of 285 larger ones that the second opinion shared none was wrong
_POOR = -9.0  # mean per character that is not ASCII; Chinese has about -7, other languages read as Chinese less than this
_BINARY = -10.0  # mean per character; UTF-16 text has -8 and more, programs and pictures read as UTF-16 -11.7 and less

# The 500 most frequent characters of jieba's dictionary (73 % of its text), then the Traditional forms of those that differ.
_FREQUENT = frozenset(
    "一是人了不在有大中国和为这上他个地年来我会以到时要出的生学说道民家子也成行下们于后就发自之对得主长可过天作分方用多你着部"
    "能市等业全里工公经本都而高政法面门动日进区事代那去心小同北定开产前其军还然起种所如现理机体表力好外与文当两实重新三么只山"
    "水关明从化平建又制南内西没此将员名手最东头者月间无安看见各城十相但已些正口通想度加第她合院物性战由位常点海意场武使次二向"
    "治因立数样身情入原问把路被并利石老教万知级量任江及应省资委务元美特期世湖回系比气汉总展电科金先声提品设或义王社很统处四首"
    "共马形己儿司太目基领队直计别女权话少流命至报米给打变果书清活几州华解议更称程今决张导术府才保交放管结师便走达族反再题色五"
    "京河接条规式县白它改风光运信受什组听布百济党指论强做取技黄神选记斯真却职号界件花类何眼兵传带空干农边据集联古广完质阳难增"
    "历史专官每住商即步认车台林必死游举线言皇土团收考求德叫近备研争非具李众连调感转笑革该持始英克士尔让拉思根格造较际亲单朝红"
    "型价校约器字段周亚深候则功属积快图火千准究往极育装许参半令吃观鱼精办像帝八复影告远群包整构料随划算象容示投势热值夫网望源"
    "息语股铁断派速怎需片爱律纪支早况病境证编國爲這個來會時學說們於後發對長過業裏經門動進區開產軍還種現機體與當兩實麼關從內沒"
    "將員東頭間無見戰點場數樣問並萬級應資務氣漢總電聲設義統處馬兒領隊計別權話報給變書幾華議稱決張導術結師達題條規縣風運組聽濟"
    "黨論強黃選記卻職號類傳帶幹農邊據聯廣質陽難歷專認車臺遊舉線團備爭衆連調轉該爾讓較際親單紅價約亞則屬積圖準極裝許參喫觀魚辦"
    "復遠羣構隨劃勢熱網語鐵斷愛紀況證編"
)


def _log_likelihood(text: str) -> tuple[float, float]:
    """How likely the text is as Chinese or English: in all (comparable between readings of the same bytes), and on average.

    The mean is of the characters that are not plain ASCII, the only ones that tell.
    """
    counts = Counter(text)
    total = sum(_log_chance(char) * count for char, count in counts.items())
    telling = {char: count for char, count in counts.items() if char > "\x7f"}
    return total, sum(_log_chance(char) * count for char, count in telling.items()) / max(1, sum(telling.values()))


@lru_cache(maxsize=2**16)
def _log_chance(char: str) -> float:
    return math.log(_chance(char))


def _chance(char: str) -> float:
    """The rough chance of a character in the texts we expect; what counts is which kinds are a hundred times rarer."""
    if char < "\x80":
        return 2e-2 if char.isalnum() or char in " \n" else 5e-3 if char.isprintable() or char in "\r\t" else 1e-6
    if char in _FREQUENT:
        return 1.5e-3
    if char in "，。、：；！？（）「」『』《》〈〉“”‘’…—–·・％　":
        return 2e-2 if char in "，。、" else 1e-3
    if "\u4e00" <= char <= "\u9fff":
        return 7e-5 if _is_common(char) else 5e-7
    return next(chance for last, chance in _OTHER_CHANCES if char <= last)


_OTHER_CHANCES = (
    *(("\x9f", 1e-8), ("\xbf", 1e-5), ("\xff", 3e-4), ("\u20ff", 1e-5), ("\u2fff", 1e-6), ("\u312f", 1e-5), ("\u33ff", 1e-6)),
    *(("\ud7ff", 5e-8), ("\uf8ff", 1e-8), ("\uff00", 5e-8), ("\uff5e", 1e-5), ("\U0010ffff", 5e-8)),
)


def _is_common(char: str) -> bool:
    """Of the 3,755 characters of GB 2312's first level, or of the 5,401 of Big5's: both stand in a block of their own."""
    gb, big = char.encode("gb2312", "ignore"), char.encode("big5", "ignore")
    return b"\xb0" <= gb[:1] <= b"\xd7" or b"\xa4" <= big[:1] <= b"\xc6"


def _second_opinion(data: bytes) -> str | None:
    """How charset-normalizer reads the bytes; imported only here, because it is slow to load and seldom asked."""
    from charset_normalizer import from_bytes

    names = ["gb18030", "big5", "big5hkscs", "cp950", "utf_16_le", "utf_16_be"]
    best = from_bytes(data, cp_isolation=names, threshold=1.0).best()
    return None if best is None else str(best)
