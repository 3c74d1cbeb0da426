"""From paths to Documents: finding files, reading them once, deciding their encoding, naming them.

Owns which files are looked at, which are skipped and why, and what encoding a file's bytes are in.  Does not own what of a
marked-up file is visible (`formats`), nor what has been indexed before (`build`).  Never prints: whatever is skipped is an
`UnreadableFile` with a reason, handed to `on_skip` or raised.

The encoding of a file is settled by the first of: the name the user forces; a byte order mark; zero bytes, which only
UTF-16 text has; strict UTF-8 over the whole file (never a prefix, which may end inside a character); the charset that HTML
declares; a guess.  The guess decodes the file every way it might be meant and keeps the likeliest text (`_log_likelihood`).
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .errors import PathNotFound, UnreadableFile
from .formats import Parsed, html, markdown
from .model import Document

MAX_BYTES = 64 * 2**20
"""Larger files are skipped, unless the caller says otherwise."""

STDIN = "-"
"""The path of a document that came through a pipe."""

_ENDINGS = """
7z a avi bin bmp bz2 class dll doc docx dylib epub exe flac gif gz heic ico iso jar jpeg jpg m4a mkv mo mobi mov mp3 mp4 o
odp ods odt ogg otf pdf png ppt pptx psd pyc pyd pyo rar rtf so sqlite tar tgz tif tiff ttc ttf wasm wav webm webp whl wmv
woff woff2 xls xlsx xz zip zst
"""
BINARY_ENDINGS = frozenset(_ENDINGS.split())
"""Endings of files that a folder may well hold but that are not text; a file named by the user is tried all the same."""

_MAGIC = (
    *(b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\x7fELF", b"\x1f\x8b", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"Rar!\x1a"),
    *(b"7z\xbc\xaf", b"\xfd7zXZ", b"\xd0\xcf\x11\xe0", b"SQLite format 3\0", b"\xca\xfe\xba\xbe", b"OggS\0"),
)
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\r\f\x1a\x1b"))  # 1A ends many a text file from DOS days


# ------------------------------------------------------------------------------------------ finding


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read: absolute path as reached (links not resolved), size in bytes, time of change in nanoseconds."""

    path: str
    size: int
    mtime_ns: int


def find_files(paths: Iterable[str | Path], on_skip: Callable[[UnreadableFile], None]) -> Iterator[FoundFile]:
    """Every file to try under `paths`, in the order given and sorted within folders, each file and folder once.

    Raises PathNotFound before anything is yielded if a path does not exist.  Hidden entries of folders are left out in
    silence; whatever else cannot be tried goes to `on_skip`.
    """
    named = [_absolute(path) for path in paths]
    return _walk(named, on_skip)


def _absolute(path: str | Path) -> str:
    try:
        os.stat(path)  # noqa: PTH116 - a str may hold what Path would normalise away
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise PathNotFound(path) from None
    except OSError:
        pass  # it exists but cannot be looked at: skipped, with the reason, when its turn comes
    return os.path.abspath(path)  # noqa: PTH100 - unlike Path.absolute() it resolves `..`


def _walk(named: list[str], on_skip: Callable[[UnreadableFile], None]) -> Iterator[FoundFile]:
    """Depth first with a stack of our own: folders may be nested deeper than Python recurses."""
    seen: set[str | tuple[int, int]] = set()  # real paths of files, (device, inode) of folders
    stack = [(path, os.path.realpath(path), True) for path in reversed(named)]
    while stack:
        path, real, is_named = stack.pop()
        try:
            info = os.stat(path)  # noqa: PTH116
            is_folder = stat.S_ISDIR(info.st_mode)
            key = (info.st_dev, info.st_ino) if is_folder else real
            if key in seen:
                continue
            seen.add(key)
            if is_folder:
                stack.extend(_entries(path, real))
            elif not stat.S_ISREG(info.st_mode):
                on_skip(UnreadableFile(path, "a pipe, socket or device"))
            elif not is_named and _ending(path) in BINARY_ENDINGS:
                on_skip(UnreadableFile(path, "binary (by its ending)"))
            else:
                yield FoundFile(path, info.st_size, info.st_mtime_ns)
        except OSError as exc:
            on_skip(UnreadableFile(path, _reason(exc)))


def _entries(folder: str, real: str) -> list[tuple[str, str, bool]]:
    """What a folder holds, last name first; a real path is looked up only for links, which saves most of the time."""
    with os.scandir(folder) as scan:
        entries = [entry for entry in scan if not entry.name.startswith(".")]
    entries.sort(key=lambda entry: entry.name, reverse=True)
    return [(e.path, os.path.realpath(e.path) if e.is_symlink() else f"{real}{os.sep}{e.name}", False) for e in entries]


def _ending(path: str) -> str:
    return os.path.splitext(path)[1][1:].lower()  # noqa: PTH122 - likewise, twice for every file


def _reason(exc: OSError) -> str:
    return _REASONS.get(exc.errno or 0) or (exc.strerror or "cannot be read").lower()


_REASONS = {errno.EISDIR: "a folder", errno.ELOOP: "a link to itself"}
_REASONS |= dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "vanished")
_REASONS |= dict.fromkeys((errno.EACCES, errno.EPERM), "permission denied")


# ------------------------------------------------------------------------------------------ reading


def read_file(file: FoundFile, encoding: str | None = None, max_bytes: int = MAX_BYTES) -> tuple[str, Document]:
    """The file's hash (of its bytes) and its Document, from one reading.

    Raises UnreadableFile if it is gone, not readable, larger than `max_bytes`, empty or not text.
    """
    try:
        with open(file.path, "rb", buffering=0) as stream:  # noqa: PTH123 - a Path takes as long as the reading
            size = os.fstat(stream.fileno()).st_size
            if size > max_bytes:
                raise UnreadableFile(file.path, f"too large ({_amount(size)}, the limit is {_amount(max_bytes)})")
            data = stream.read()
    except OSError as exc:
        raise UnreadableFile(file.path, _reason(exc)) from exc
    return _hash(data), document(file.path, data, encoding)


def read_stdin(data: bytes, encoding: str | None = None) -> tuple[str, Document]:
    """The hash and the Document of what came through a pipe: plain text, with the path `-`."""
    return _hash(data), document(STDIN, data, encoding)


def document(path: str, data: bytes, encoding: str | None = None) -> Document:
    """`data` as a Document: HTML and Markdown, known by the ending of `path`, as their visible text, the rest as it is.

    Raises UnreadableFile if `data` is empty, not text, not valid in a forced `encoding`, or shows nothing but white space.
    """
    if not data:
        raise UnreadableFile(path, "empty")
    ending = _ending(path)
    is_html = ending in ("html", "htm", "xhtml")
    text, codec, doubtful = decode(data, encoding, path=path, declared=_declared(data) if is_html else "")
    parsed = html(text) if is_html else markdown(text) if ending in ("md", "markdown") else Parsed(text)
    if not parsed.text or parsed.text.isspace():
        raise UnreadableFile(path, "no text in it")
    title = parsed.title or title_of(parsed.text)
    return Document(path, parsed.text, title, parsed.headings, codec, doubtful, has_lines=not is_html)


def title_of(text: str) -> str:
    """The first line that is not blank, without `#` before it; of a long one the first sentence, or 60 characters."""
    found = re.search(r"[^\s#][^\n\r\f\v\x85\u2028\u2029]*", text)
    line = found.group().rstrip() if found else ""
    if len(line) <= 100:
        return line
    sentence = re.match(r".{1,99}?(?:[。！？]|[.!?](?=\s))", line)
    return sentence.group() if sentence else line[:60].rstrip()


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _amount(size: int) -> str:
    return f"{size} bytes" if size < 2**20 else f"{math.ceil(size / 2**20)} MB"


# ------------------------------------------------------------------------------------------ decoding


def check_encoding(name: str) -> str:
    """The codec's own name for an encoding the user named.  Raises UnreadableFile if there is no such text encoding."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        info = None
    if info is None or not info._is_text_encoding:  # rot13 and its like make no text
        raise UnreadableFile(name, "unknown encoding; try utf-8, gb18030, big5, utf-16")
    return info.name


def decode(data: bytes, encoding: str | None = None, *, path: str = STDIN, declared: str = "") -> tuple[str, str, bool]:
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


def _declared(data: bytes) -> str:
    """The charset an HTML page names in its first KiB, or an empty string."""
    found = re.search(rb"""(?i)(?:<meta[^>]*?charset|<\?xml[^>]*?encoding)\s*=\s*["']?\s*([\w.:-]+)""", data[:1024])
    return found.group(1).decode("ascii").lower() if found else ""


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
