"""The lexicon as it is asked: keys, values, the user's own file, and the compiled file that nothing can spoil."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from zlib import crc32

import marisa_trie
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tongwen.index import equivalents, lexicon
from tongwen.index.english import stem
from tongwen.index.errors import LexiconError
from tongwen.index.fold import fold
from tongwen.index.lexicon import Equivalent, Lexicon, key_of, open_lexicon, packed, ready, text_of, unpacked
from tongwen.index.scripts import is_letter, runs

# ------------------------------------------------------------------------------------------ keys and texts

MIXED = st.lists(
    st.sampled_from([*"芯片控制的かガㄅ", *"abcs0179éяß", *" -._'+#/&·,、", "control", "export", "c++", "한"]), max_size=12
)
FOLDED = MIXED.map("".join).map(fold)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Export controls", "export control"),
        ("AI芯片", "ai芯片"),
        ("AI 芯片", "ai芯片"),
        ("黃仁勳", "黄仁勋"),
        ("right-click menus", "right click menu"),
        ("U.S.", "u s"),
        ("Wi-Fi", "wi fi"),
        ("dogs' dinner", "dog dinner"),
        ("snake_case", "snake case"),
        ("C++", "c++"),
        ("C# language", "c# languag"),
        ("Notepad++", "notepad++"),
        ("a+b", "a b"),
        ("#tag", "tag"),
        ("C++語言", "c++语言"),
        ("3D列印", "3d列印"),
        ("列印3D", "列印3d"),
        ("比爾·蓋茨", "比尔盖茨"),
        ("三人行，必有我師", "三人行必有我师"),
        ("カナ", "カナ"),
        ("Москва рек", "москва рек"),
        ("café", stem("cafe")),
        ("…", ""),
        ("", ""),
    ],
)
def test_keys(text, key):
    """English is stemmed and joined by single spaces, Han stays, signs go unless they make another word."""
    assert key_of(fold(text)) == key


@given(FOLDED)
def test_a_key_is_of_runs(folded):
    """Without the signs of C++, a key is the runs of the text: stems with a space between, others as they are."""
    folded = folded.replace("+", "").replace("#", "")
    straight, spaced = "", False
    for _, run, unspaced in runs(folded):
        straight += run if unspaced else (" " if spaced else "") + stem(run)
        spaced = not unspaced
    assert key_of(folded) == straight


@given(FOLDED)
def test_a_text_keeps_its_key(folded):
    """What an equivalent has for a text leads to the same key."""
    assert key_of(text_of(folded)) == key_of(folded)
    assert text_of(text_of(folded)) == text_of(folded)


@pytest.mark.parametrize(
    ("text", "cleaned", "stems"),
    [
        ("Export   Controls", "export controls", ("export", "control")),
        ("right-click", "right click", ("right", "click")),
        ("C++", "c++", ()),
        ("AI芯片", "ai芯片", ()),
        ("芯片", "芯片", ()),
    ],
)
def test_texts(text, cleaned, stems):
    """Only a text all of spaced scripts is to be found in any inflection."""
    equivalent = unpacked(packed("cross", 0.5, 2, text_of(fold(text))))
    assert (equivalent.text, equivalent.stems) == (cleaned, stems)


@given(FOLDED.map(text_of), st.sampled_from(["region", "cross"]), st.integers(4, 200), st.integers(1, 15))
def test_values_come_back(text, level, weight, bits):
    """A value of the file says what went into it."""
    equivalent = unpacked(packed(level, weight / lexicon.GRAIN, bits, text))
    sources = tuple(source for bit, source in enumerate(lexicon.SOURCES) if bits >> bit & 1)
    assert (equivalent.text, equivalent.level, equivalent.sources) == (text, level, sources)
    assert equivalent.weight == pytest.approx(weight / lexicon.GRAIN)


# ------------------------------------------------------------------------------------------ asking


def trie(pairs):
    """A compiled lexicon of (text, level, weight, other text), one way."""
    return marisa_trie.BytesTrie(
        [(key_of(fold(one)), packed(level, weight, 4, fold(other))) for one, level, weight, other in pairs]
    )


SMALL = [
    ("晶片", "cross", 0.9, "chip"),
    ("晶片", "region", 0.7, "芯片"),
    ("晶片", "cross", 0.4, "wafer"),
    ("晶片", "region", 0.95, "集成電路"),
    ("芯片", "region", 0.7, "晶片"),
    ("chip", "cross", 0.9, "芯片"),
    ("export", "cross", 0.9, "出口"),
    ("export control", "cross", 0.9, "出口管制"),
    ("export control list", "cross", 0.9, "管制清單"),
    ("ai", "cross", 0.9, "人工智能"),
    ("ai芯片", "cross", 0.9, "ai chip"),
]


def own(tmp_path, text):
    """A file of one's own equivalents."""
    path = tmp_path / "own.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def found(book, text):
    """What a lexicon says of a text: each equivalent's text and level."""
    return [(one.text, one.level) for one in book.equivalents(key_of(fold(text)))]


def test_the_nearest_and_surest_come_first():
    """Regional equivalents before translations, each by weight."""
    assert found(Lexicon(trie(SMALL)), "晶片") == [
        ("集成电路", "region"),
        ("芯片", "region"),
        ("chip", "cross"),
        ("wafer", "cross"),
    ]


def test_nothing_is_known_of_the_unknown():
    """No equivalents, no readings, no characters, and nothing of what the file keeps for itself."""
    book = Lexicon(marisa_trie.BytesTrie([(lexicon.PINYIN + "中", b"zhong"), (lexicon.PINYIN + "zhong", "中".encode())]))
    assert book.equivalents("不在") == ()
    assert book.equivalents("") == ()
    assert book.prefixes("") == book.prefixes("中") == []
    assert (book.readings("中"), book.characters("zhong")) == (("zhong",), "中")
    assert (book.readings("国"), book.characters("guo"), book.readings(""), book.readings("zhong中")) == ((), "", (), ())


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("export controls lists and", ["export", "export control", "export control list"]),
        ("exporter", ["export"]),  # its stem
        ("exporting2", []),
        ("晶片組", ["晶片"]),
        ("AI芯片廠", ["ai", "ai芯片"]),
        ("airport", []),
        ("export控制", ["export"]),
        ("的晶片", []),
    ],
)
def test_prefixes(text, prefixes):
    """The keys a text begins with, shortest first; never a part of an English word."""
    assert Lexicon(trie(SMALL)).prefixes(key_of(fold(text))) == prefixes


@given(st.lists(st.sampled_from(["export", "control", "ai", "芯", "片", "芯片", "x"]), max_size=6).map(" ".join))
def test_prefixes_are_found_by_looking(text):
    """A brute-force scan of all keys finds the same, with the user's among them."""
    book = Lexicon(trie(SMALL))
    book._own = lexicon._Own({"x": {}, "control": {}}, frozenset())
    keys = {key_of(fold(one)) for one, *_ in SMALL} | {"x", "control"}
    key = key_of(fold(text))
    ends = [at for at in range(1, len(key) + 1) if at == len(key) or not (is_letter(key[at - 1]) and is_letter(key[at]))]
    assert book.prefixes(key) == [key[:end] for end in ends if key[:end] in keys]


# ------------------------------------------------------------------------------------------ the user's own file


def test_own_words_win(tmp_path):
    """Both ways, any script, the kind guessed or said; a word that is known already takes the user's word for its level."""
    path = own(
        tmp_path,
        "\ufeff# mine\n\n  # and more\n晶片\t集成电路\tregion\r\n晶圓\twafers\nGPU\tgraphics cards\n"
        "晶片\tchip\tregion\t\n 內存 \tRAM條\n",
    )
    book = Lexicon(trie(SMALL), path)
    assert book.equivalents(key_of("晶片"))[:2] == (
        Equivalent("chip", ("chip",), "region", 1.0, ("own",)),
        Equivalent("集成电路", (), "region", 1.0, ("own",)),
    )
    assert found(book, "集成電路") == [("晶片", "region")]
    assert found(book, "晶圆") == [("wafers", "cross")]
    assert book.equivalents(key_of("wafer")) == (Equivalent("晶圆", (), "cross", 0.95, ("own",)),)
    assert found(book, "graphics card") == [("gpu", "region")]
    assert found(book, "RAM条") == [("内存", "region")]
    assert book.prefixes(key_of("graphics card maker")) == ["graphic card"]


def test_what_only_other_words_of_a_stem_mean():
    """A word has its own translations, or those of what it is a form of, in either spelling; regions and own lines stay."""
    pairs = [("custom", "cross", 0.9, "自定义"), ("custom", "region", 0.9, "甲乙")]
    own = [("custom", "自定义"), ("customs", "海关"), ("customer", "客户"), ("customize", "自定义")]
    content = [(lexicon.SURFACE + word, packed("cross", 0.5, 4, text)) for word, text in own]
    book = Lexicon(
        marisa_trie.BytesTrie([*((key_of(one), packed(two, three, 4, four)) for one, two, three, four in pairs), *content])
    )

    def told(word):
        return [one.text for one in book.equivalents(stem(word), word)]

    assert told("custom") == ["甲乙", "自定义"]
    assert told("customs") == ["甲乙", "海关"]
    assert told("customer") == told("customers") == ["甲乙", "客户"]
    assert told("customised") == told("customizing") == ["甲乙", "自定义"]
    assert told("customable") == [one.text for one in book.equivalents("custom")] == ["甲乙", "自定义"]
    book._own = lexicon._Own({"custom": {"丙丁": "cross"}}, frozenset({("custom", "海关")}))
    assert told("customs") == ["甲乙", "丙丁"]


def test_initials_have_what_they_have_without_points(tmp_path):
    """F.D.A. is FDA, in the file and in the user's lines; what is said of it with points comes too, but not itself."""
    book = Lexicon(trie([("fda", "cross", 0.9, "甲乙"), ("fda", "cross", 0.6, "f d a"), ("f d a", "cross", 0.8, "丙丁")]))
    assert found(book, "F.D.A.") == [("甲乙", "cross"), ("丙丁", "cross")]
    book = Lexicon(trie([]), own(tmp_path, "FDA\t甲乙\nF.D.A.\t丙丁\n"))
    assert found(book, "F.D.A.") == [("丙丁", "cross"), ("甲乙", "cross")]
    assert found(book, "FDA") == [("甲乙", "cross")]


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("蕨丘", "C++", "cross"),
        ("蕨丘", "9-11", "cross"),
        ("Web 2.0", "网络", "cross"),
        ("AI晶片", "AI chip", "cross"),
        ("AI晶片", "芯片", "region"),
        ("C++", "cpp", "region"),
        ("U.S.", "America", "region"),
        ("Москва", "Moscow", "region"),
        ("Москва", "莫斯科", "cross"),
        ("カナ", "仮名", "region"),
    ],
)
def test_the_kind_of_a_pair(tmp_path, one, other, kind):
    """Where only one of two terms has characters written without spaces they are of two languages; both ways, with any sign."""
    book = Lexicon(trie([]), own(tmp_path, f"{one}\t{other}\n"))
    for here, there in ((one, other), (other, one)):
        [equivalent] = book.equivalents(key_of(fold(here)))
        assert (equivalent.text, equivalent.level) == (text_of(fold(there)), kind)


@pytest.mark.parametrize("sign", ["\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_a_line_feed_ends_a_line(tmp_path, sign):
    """What else Unicode calls a line end is white space in a term, and lines are counted as editors count them."""
    path = own(tmp_path, "")
    path.write_bytes(f"甲乙\tFern{sign}Hill\r\n\r\n丙丁\n".encode())
    with pytest.raises(LexiconError, match="line 3 has 1 fields"):
        Lexicon(trie([]), path)
    path.write_bytes(f"甲乙\tFern{sign}Hill\r\n".encode())
    assert found(Lexicon(trie([]), path), "甲乙") == [("fern hill", "cross")]


def test_many_lines_of_ones_own_take_a_moment(tmp_path):
    """A file of 20,000 lines is read at once; asking for what begins a text does not go through all of them."""
    path = own(tmp_path, "".join(f"詞{number}條目\tterm number x{number}\n" for number in range(20_000)))
    start = time.process_time()
    book = Lexicon(trie([]), path)
    assert time.process_time() - start < (2 if sys.gettrace() is None else 20)
    assert found(book, "词7条目") == [("term number x7", "cross")]
    start = time.process_time()
    for _ in range(1000):
        assert book.prefixes("词7条目的词") == ["词7条目"]
    assert time.process_time() - start < 0.5


def test_never_takes_a_pair_away(tmp_path):
    """In both directions, whatever else says it, in any inflection, wherever in the file."""
    path = own(tmp_path, "芯片\t集成電路\n晶片\tCHIPS\tnever\n晶片\t芯片\tnever\n芯片\t集成電路\tnever\n")
    book = Lexicon(trie([*SMALL, ("chip", "cross", 0.8, "晶片")]), path)
    assert found(book, "晶片") == [("集成电路", "region"), ("wafer", "cross")]
    assert found(book, "芯片") == []
    assert found(book, "chips") == [("芯片", "cross")]


def test_the_file_is_read_each_time(tmp_path, cache):
    """What is added to it counts from the next opening on."""
    path = own(tmp_path, "")
    assert found(open_lexicon(user=path), "甲乙") == []
    path.write_text("甲乙\t丙丁\n", encoding="utf-8")
    assert found(open_lexicon(user=path), "甲乙") == [("丙丁", "region")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("晶片", "line 1 has 1 fields"),
        ("# so\n\n晶片 芯片\n", "line 3 has 1 fields"),
        ("a\tb\tregion\tc", "line 1 has 4 fields"),
        ("晶片\t芯片\tsame", "line 1 has the kind 'same'"),
        ("晶片\t芯片\tRegion", "line 1 has the kind 'Region'"),
        ("晶片\t", "line 1 has a term without letters or digits"),
        ("\t晶片", "line 1 has a term without letters or digits"),
        ("晶片\t…", "line 1 has a term without letters or digits"),
        ("x\ty\n黃仁勳\t黄仁勋", "line 2 says the same term twice, after folding"),
        ("control\tControls", "line 1 says the same term twice, after folding"),
    ],
)
def test_mistakes_name_the_line(tmp_path, text, reason):
    """One line: the file, the line, the cause, and what a line is to look like."""
    path = own(tmp_path, text)
    with pytest.raises(LexiconError) as caught:
        Lexicon(trie(SMALL), path)
    assert str(caught.value) == f"{path}: {reason}; a line is: term TAB term [TAB region, cross or never]"


def test_files_that_cannot_be_read(tmp_path):
    """A missing file, a folder, and one in another encoding are said, not skipped."""
    big5 = tmp_path / "big5.tsv"
    big5.write_bytes("晶片\t芯片".encode("gb18030"))
    for path in (tmp_path / "none.tsv", tmp_path, big5):
        with pytest.raises(LexiconError, match=str(path)):
            Lexicon(trie(SMALL), path)


# ------------------------------------------------------------------------------------------ the compiled file


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder for caches of our own, and a lexicon that compiles at once and counts how often."""
    monkeypatch.setattr(lexicon, "cache_folder", lambda: tmp_path / "cache" / "tongwen")
    monkeypatch.setattr(equivalents, "digest", lambda: "0123456789abcdef")
    compilations = []

    def values():
        compilations.append(1)
        return [(key_of(fold(one)), packed(level, weight, 4, fold(other))) for one, level, weight, other in SMALL]

    monkeypatch.setattr(equivalents, "values", values)
    monkeypatch.setattr(lexicon, "_memory", {})
    lexicon._current.cache_clear()
    yield compilations
    lexicon._current.cache_clear()


NAME = "lexicon-0123456789abcdef.trie"


def folder():
    """The folder for caches, as a path."""
    return lexicon.cache_folder()


def test_compiled_once(cache):
    """The first who wants it makes it, with no name, an unknown one, or before an index is written."""
    assert ready() == NAME
    assert [path.name for path in folder().iterdir()] == [NAME]
    assert len(found(open_lexicon(), "晶片")) == len(found(open_lexicon(NAME), "晶片")) == 4
    assert len(found(open_lexicon("lexicon-ffffffffffffffff.trie"), "晶片")) == 4
    assert ready() == NAME
    assert cache == [1]


def test_opening_by_name_asks_nothing_else(cache, monkeypatch):
    """Where the named file is there, today's data do not matter: the index and its lexicon belong together."""
    ready()
    monkeypatch.setattr(lexicon, "ready", lambda: pytest.fail("asked for today's"))
    assert len(found(open_lexicon(NAME), "晶片")) == 4


@pytest.mark.parametrize("name", ["../../etc/passwd", "lexicon-0123456789abcdef.trie/../x", "", "lexicon-XYZ.trie", "\0"])
def test_names_lead_nowhere_else(cache, name):
    """A name comes from an index, which may come from anybody: it is no path."""
    assert len(found(open_lexicon(name), "晶片")) == 4


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: b"",
        lambda whole: whole[:10],
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole + b"\0",
        lambda whole: bytes(len(whole)),
        lambda whole: whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
        lambda whole: whole[:-30] + bytes([whole[-30] ^ 128]) + whole[-29:],
        lambda whole: whole.replace(lexicon._MAGIC, lexicon._MAGIC[:-1] + b"\xff"),
    ],
)
def test_damage_is_mended(cache, spoil):
    """Whatever happened to the file, it is compiled again, and is whole again."""
    path = folder() / ready()
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))
    assert len(found(open_lexicon(NAME), "晶片")) == 4
    assert path.read_bytes()[: -lexicon._FOOTER.size] == whole[: -lexicon._FOOTER.size]
    assert cache == [1, 1]


def test_a_sum_is_taken_of_what_was_touched(cache, monkeypatch):
    """A file with the time that its writer gave it is taken to be whole; a copy of it has another time, and is as good."""
    path, sums = folder() / ready(), []
    monkeypatch.setattr(lexicon, "crc32", lambda body: sums.append(len(body)) or crc32(body))
    assert len(found(open_lexicon(NAME), "晶片")) == 4
    assert sums == []
    os.utime(path)
    assert len(found(open_lexicon(NAME), "晶片")) == 4
    assert sums == [path.stat().st_size - lexicon._FOOTER.size]
    assert cache == [1]


def test_a_folder_that_cannot_be_written(cache):
    """Compiled into memory once a process, and it answers all the same."""
    folder().parent.mkdir(parents=True)
    folder().write_text("a file is in the way")
    assert ready() == NAME
    assert len(found(open_lexicon(NAME), "晶片")) == len(found(open_lexicon(), "晶片")) == 4
    assert ready() == NAME
    assert cache == [1]


def test_a_user_without_a_home(cache, monkeypatch):
    """Where no folder for caches can be named it is as where it cannot be written."""
    monkeypatch.setattr(lexicon, "cache_folder", lambda: None)
    assert ready() == NAME
    assert len(found(open_lexicon(NAME), "晶片")) == len(found(open_lexicon(), "晶片")) == 4
    assert cache == [1]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="paths there are Unicode")
def test_a_folder_whose_name_is_not_unicode(cache, monkeypatch, tmp_path):
    """The file in it is used as any other, and not compiled again and again."""
    monkeypatch.setattr(lexicon, "cache_folder", lambda: tmp_path / os.fsdecode(b"\xff\xfe"))
    assert ready() == ready() == NAME
    assert len(found(open_lexicon(NAME), "晶片")) == 4
    assert cache == [1]


def test_a_writer_that_dies_leaves_nothing_half(cache, monkeypatch):
    """Interrupted before the file is on disk: no file of that name, no other; the next one makes it."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ready()
    assert list(folder().iterdir()) == []
    assert ready() == NAME


def test_writers_at_the_same_time(cache):
    """Several who find nothing and all write: each gets a whole one, and one file stays."""
    wrong = []

    def one():
        try:
            lexicon._compiled(NAME)
            wrong.extend([] if len(found(open_lexicon(NAME), "晶片")) == 4 else ["incomplete"])
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [path.name for path in folder().iterdir()] == [NAME]


def _write_forever(path):
    while True:
        lexicon._write(path, b"x" * 1_000_000)


@pytest.mark.skipif(sys.platform == "win32", reason="processes there cannot be killed in this way")
def test_killed_at_any_instant(tmp_path):
    """A writer killed with no warning leaves the whole file, or none; what else it leaves is swept up an hour later."""
    path = tmp_path / NAME
    for delay in (0.05, 0.11, 0.17):
        process = multiprocessing.get_context("spawn").Process(target=_write_forever, args=(path,))
        process.start()
        while not path.exists():
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
        process.join()
        assert path.stat().st_size == 1_000_000 + lexicon._FOOTER.size
    for left in tmp_path.glob("new-*.tmp"):
        os.utime(left, (1, 1))
    lexicon._write(path, b"")
    assert [other.name for other in tmp_path.iterdir()] == [NAME]


def test_the_newest_few_are_kept(cache):
    """Older lexicons go, others' files stay, and a temporary file of a writer at work."""
    folder().mkdir(parents=True)
    for age in range(1, 7):
        old = folder() / f"lexicon-{age:016x}.trie"
        old.write_bytes(b"old")
        os.utime(old, (1e9 - age, 1e9 - age))
    (folder() / "notes.txt").write_text("not ours")
    (folder() / "new-working.tmp").write_text("being written")
    ready()
    kept = {path.name for path in folder().iterdir()}
    assert kept == {NAME, "notes.txt", "new-working.tmp", *(f"lexicon-{age:016x}.trie" for age in (1, 2, 3))}
    assert lexicon._modified(folder() / "vanished") == 0


def test_where_it_is_kept(monkeypatch, tmp_path):
    """In the system's folder for caches; a relative XDG_CACHE_HOME is none."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for platform, variable, value, expected in [
        ("linux", "XDG_CACHE_HOME", str(tmp_path / "x"), tmp_path / "x"),
        ("linux", "XDG_CACHE_HOME", "x", tmp_path / ".cache"),
        ("linux", "XDG_CACHE_HOME", "", tmp_path / ".cache"),
        ("darwin", "XDG_CACHE_HOME", str(tmp_path / "x"), tmp_path / "Library" / "Caches"),
        ("win32", "LOCALAPPDATA", str(tmp_path / "local"), tmp_path / "local"),
        ("win32", "LOCALAPPDATA", "", tmp_path / "AppData" / "Local"),
    ]:
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setenv(variable, value)
        assert lexicon.cache_folder() == expected / "tongwen"


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_no_home_no_folder(monkeypatch, platform):
    """A user who has neither a home nor the variable that names the folder has none."""
    monkeypatch.setattr(sys, "platform", platform)
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert lexicon.cache_folder() is None


def test_a_query_loads_nothing_heavy(tmp_path):
    """To map a lexicon that is there loads neither what compiles it nor what describes packages."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom tongwen.index import lexicon\n"
        "lexicon.cache_folder = lambda: Path(sys.argv[1])\n"
        "before = set(sys.modules)\nassert lexicon.open_lexicon(sys.argv[2]).equivalents('x')[0].text == 'y'\n"
        "heavy = {'json', 'gzip', 'hashlib', 'tempfile', 'importlib.metadata', 'tongwen.index.equivalents', 'pypinyin'}\n"
        "assert not heavy & (set(sys.modules) - before), heavy & (set(sys.modules) - before)\n"
    )
    body = marisa_trie.BytesTrie([("x", packed("region", 1, 1, "y"))]).tobytes()
    lexicon._write(tmp_path / NAME, body)
    subprocess.run([sys.executable, "-c", script, str(tmp_path), NAME], check=True)
