"""The index on disk: manifest, lock, cleaning, damage, and readers while somebody writes."""

import gc
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tongwen.index import build, generation, rebuild, segment, status
from tongwen.index.errors import (
    IndexDamaged,
    IndexFolderTaken,
    IndexLocked,
    IndexNotFound,
    IndexNotOurs,
    IndexOutdated,
    TongwenError,
)
from tongwen.index.generation import FileRecord, Manifest, SegmentEntry, find, read_manifest, writing
from tongwen.searcher import Searcher

NAMES = ("originals", "folded", "cuts", "paths", "titles", "folded_titles", "details", "documents", "passages", "chunks")
NAMES += ("neighbours", "postings")

_load = lru_cache(maxsize=None)(segment.load)


@pytest.fixture(autouse=True)
def _one_segmenter(monkeypatch):
    """Load each segmenter once, not for every build: it takes longer than all the rest."""
    monkeypatch.setattr(segment, "load", _load)


@pytest.fixture
def files(tmp_path):
    """A folder with two files."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("晶片出口管制")
    (folder / "b.txt").write_text("chips, 晶片, chips")
    return folder


@pytest.fixture
def index(tmp_path, files):
    """An index of these files."""
    build(tmp_path / "index", [files])
    return tmp_path / "index"


def hits(index: Path, query: str = "晶片") -> int:
    """How many passages a query finds."""
    with Searcher(index) as searcher:
        return searcher.search(query).total


def edit_manifest(index: Path, **changes: object) -> None:
    """Change fields of an index's manifest."""
    stored = json.loads((index / "manifest.json").read_text())
    (index / "manifest.json").write_text(json.dumps(stored | changes))


def one_line(error: pytest.ExceptionInfo[TongwenError], *parts: str) -> None:
    """Check that an error is one line with these parts in it, in order."""
    message, at = str(error.value), 0
    assert "\n" not in message
    for part in parts:
        assert part in message[at:], message
        at = message.index(part, at) + len(part)


# ------------------------------------------------------------------------------------------ the manifest

_text = st.text(st.characters(exclude_categories=[]), max_size=8)
_entries = st.builds(SegmentEntry, _text, st.integers(0), st.integers(0), st.lists(st.integers(0)).map(tuple))
_manifests = st.builds(
    Manifest,
    generation=st.integers(1, 10**7),
    analysis=st.dictionaries(_text, _text, max_size=3),
    sources=st.lists(_text, max_size=3).map(tuple),
    encodings=st.just({}) | st.just({"/notes": "big5"}),
    documents=st.integers(0),
    passages=st.integers(0),
    created=_text,
)
_records = st.builds(FileRecord, _text, st.integers(0), st.integers(-1), _text, _text, st.integers(-1), _text)


@settings(max_examples=60, deadline=None)
@given(
    manifest=_manifests,
    records=st.lists(_records, max_size=3),
    dictionary=_text.map(lambda text: text.encode(errors="ignore").decode()),
)
def test_round_trip(tmp_path_factory, manifest, records, dictionary):
    """What is committed is read again as it was, whatever characters paths and dictionaries have."""
    folder = tmp_path_factory.mktemp("round") / "index"
    with writing(folder) as writer:
        name, _ = writer.new_segment(manifest.generation, 0)
        manifest = replace(manifest, segments=(SegmentEntry(name, 3, 7, (0, 2)),))
        committed = writer.commit(manifest, records, dictionary)
    assert committed == replace(manifest, dictionary=committed.dictionary)
    assert bool(committed.dictionary) == bool(dictionary)
    assert read_manifest(folder) == committed
    assert generation.read_files(folder, committed) == {record.path: record for record in records}
    assert generation.read_dictionary(folder, committed) == dictionary


def test_names_are_as_documented(index, files):
    """The folder of an index holds what the module says, and nothing else."""
    assert sorted(path.name for path in index.iterdir()) == ["files-000001.jsonl", "lock", "manifest.json", "segments"]
    assert [path.name for path in (index / "segments").iterdir()] == ["000001-0"]
    assert sorted(path.name for path in (index / "segments/000001-0").iterdir()) == sorted(NAMES)
    (files / "words.txt").write_text("新葡幣")
    rebuild(index, dictionary=files / "words.txt")
    assert (index / "dictionary-000002.txt").read_text() == "新葡幣"
    assert [path.name for path in (index / "segments").iterdir()] == ["000002-0"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b"null", b'{"format": 1}', b'{"format": 1, "segments": [], "sources": [], "colour": 1}', b"\xff"],
)
def test_damaged_manifest(index, files, content):
    """A manifest that cannot be read is reported in one line, with the remedy, by readers and writers alike."""
    (index / "manifest.json").write_bytes(content)
    for use in (lambda: Searcher(index), lambda: build(index, [files]), lambda: rebuild(index), lambda: status(index)):
        with pytest.raises(IndexDamaged) as error:
            use()
        one_line(error, str(index), "its manifest cannot be read", "remove that folder", "tongwen index PATH")


def test_manifest_of_somebody_else(tmp_path, files):
    """A folder with another program's manifest.json is no index, and nobody is told to remove it."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/manifest.json").write_text('{"name": "my app"}')
    for use in (lambda folder: Searcher(folder), lambda folder: build(folder, [files]), rebuild, status):
        with pytest.raises(IndexFolderTaken, match="is no index but has files in it"):
            use(tmp_path / "app")
    assert [path.name for path in (tmp_path / "app").iterdir()] == ["manifest.json"]


def test_index_that_is_a_file(files):
    """A file is no index."""
    with pytest.raises(IndexNotFound):
        Searcher(files / "a.txt")


def test_other_format(index, files):
    """An index of another format is refused by name, and a rebuild reads its sources again."""
    (files / "words.txt").write_text("新葡幣")
    rebuild(index, encoding="utf-8", dictionary=files / "words.txt")
    old = read_manifest(index)
    (index / "manifest.json").write_text(
        json.dumps(asdict(replace(old, format=0)) | {"segments": "in another form", "something": "else"})
    )
    for use in (lambda: Searcher(index), lambda: build(index, [files]), lambda: status(index)):
        with pytest.raises(IndexOutdated) as error:
            use()
        one_line(error, str(index), f"another format of files (0, now {generation.FORMAT})", "tongwen rebuild")
    assert rebuild(index).documents == 3
    new = read_manifest(index)
    assert (new.format, new.generation) == (generation.FORMAT, 3)
    assert (new.sources, new.encodings) == (old.sources, dict.fromkeys(old.sources, "utf-8"))
    assert generation.read_dictionary(index, new) == "新葡幣"
    assert hits(index) == 2


def test_outdated_analysis(index, files):
    """An index made by another analysis never answers: what changed is named, updates are refused, a rebuild repairs it."""
    analysis = read_manifest(index).analysis
    edit_manifest(index, analysis=analysis | {"fold": "00000000"})
    for use in (lambda: Searcher(index), lambda: build(index, [files])):
        with pytest.raises(IndexOutdated) as error:
            use()
        one_line(error, str(index), f"was made with another fold (00000000, now {analysis['fold']})", "tongwen rebuild")
    assert status(index).outdated == f"fold (00000000, now {analysis['fold']})"
    rebuild(index)
    assert hits(index) == 2
    assert status(index).outdated == ""


def test_other_segmenter(index, files):
    """An index made by another segmenter still answers, for queries do not need it, but is not updated."""
    edit_manifest(index, analysis=read_manifest(index).analysis | {"segmenter": "jieba 0.1"})
    assert hits(index) == 2
    with pytest.raises(IndexOutdated, match=r"another segmenter \(jieba 0\.1, now "):
        build(index, [files])


# ------------------------------------------------------------------------------------------ where it is


def test_find(tmp_path, files):
    """The nearest index upward is found, as git finds its own; a folder of that name without an index is passed by."""
    assert find(tmp_path) is None
    build(tmp_path / ".tongwen", [files])
    (files / "deep/deeper").mkdir(parents=True)
    assert find(files / "deep/deeper") == tmp_path / ".tongwen"
    (files / ".tongwen").mkdir()
    assert find(files / "deep") == tmp_path / ".tongwen"
    build(files / "deep/.tongwen", [files / "a.txt"])
    assert find(files / "deep/deeper") == files / "deep/.tongwen"
    assert find(files) == tmp_path / ".tongwen"


def test_another_users_index_is_not_found(tmp_path, files, monkeypatch):
    """An index that belongs to another user is not opened because it lies on the way; naming it is asking for it."""
    build(tmp_path / ".tongwen", [files])
    monkeypatch.setattr("os.geteuid", lambda: (tmp_path / ".tongwen").stat().st_uid + 1)

    with pytest.raises(IndexNotOurs, match="--index"):
        find(files)
    Searcher(tmp_path / ".tongwen").close()


def test_clean_removes_only_what_is_ours(index):
    """Rubbish of crashes and older generations goes; what the manifest names and what others put there stays."""
    before = {path: path.is_file() and path.read_bytes() for path in index.rglob("*")}
    rubbish = ("files-000000.jsonl", "dictionary-000009.txt", "manifest.json.new", "segments/000002-0/originals")
    foreign = ("notes.txt", "files-1.json", "dictionary-mine.txt", "segments/photos/1.jpg", "files-000001.jsonl.bak")
    for name in rubbish + foreign:
        (index / name).parent.mkdir(exist_ok=True)
        (index / name).write_text("x")
    with writing(index) as writer:
        writer.clean(read_manifest(index))
    after = {path: path.is_file() and path.read_bytes() for path in index.rglob("*")}
    assert {path: content for path, content in after.items() if content != b"x" and path.name != "photos"} == before
    assert sorted(str(path.relative_to(index)) for path, content in after.items() if content == b"x") == sorted(foreign)
    assert hits(index) == 2


def test_first_build_over_the_rubbish_of_a_crash(tmp_path, files):
    """What a first build left when it was killed is no reason to refuse the folder."""
    for name in ("lock", "files-000001.jsonl", "dictionary-000001.txt", "manifest.json.new", "segments/000001-0/originals"):
        (tmp_path / "index" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "index" / name).write_text("half")
    with pytest.raises(IndexNotFound):
        Searcher(tmp_path / "index")
    build(tmp_path / "index", [files])
    assert hits(tmp_path / "index") == 2
    assert not (tmp_path / "index/manifest.json.new").exists()
    assert not (tmp_path / "index/dictionary-000001.txt").exists()


def test_removing_leaves_what_is_not_ours(tmp_path):
    """A first build that fails removes its own things only."""
    index = tmp_path / "index"

    def fail():
        with writing(index) as writer:
            writer.new_segment(1, 0)
            (index / "notes.txt").write_text("private")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in index.iterdir()] == ["notes.txt"]


# ------------------------------------------------------------------------------------------ damage


def test_engine_that_is_not_known(index):
    """An index of an engine that this version does not have is refused in one line that names both; a rebuild helps."""
    path = index / "manifest.json"
    path.write_text(path.read_text().replace('"whoosh"', '"stone"'))

    for use in (lambda: Searcher(index), lambda: build(index, []), lambda: status(index)):
        with pytest.raises(IndexDamaged) as error:
            use()
        one_line(error, str(index), "engine stone", "known are: whoosh", "tongwen rebuild")
    rebuild(index)
    assert (hits(index), status(index).engine) == (2, "whoosh")


@pytest.mark.parametrize("name", NAMES)
def test_missing_file_of_a_segment(index, files, name):
    """A file that is gone is found on opening and reported in one line; a rebuild repairs it."""
    path = index / "segments/000001-0" / name
    path.rename(index / "away")
    _assert_damaged(index)
    rebuild(index)
    assert hits(index) == 2


@pytest.mark.parametrize("left", [0, 1, 8, 0.5, -8, -1])
def test_truncated_file_of_a_segment(index, left):
    """A file that is shorter than it was is found on opening, however much is missing and whichever it is.

    Of the postings those files that a search reads; the others are for Whoosh.
    """
    folder = index / "segments/000001-0"
    paths = [folder / name for name in NAMES[:-1]] + [
        path for end in ("trm", "pst") for path in folder.glob(f"postings/*.{end}")
    ]
    assert len(paths) == len(NAMES) + 1
    for path in filter(lambda path: path.stat().st_size, paths):
        whole = path.read_bytes()
        size = int(len(whole) * left) if isinstance(left, float) else left
        path.write_bytes(whole[:size])
        if len(whole[:size]) < len(whole):
            _assert_damaged(index)
        path.write_bytes(whole)
    assert hits(index) == 2
    gc.collect()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "postings"])
def test_longer_file_of_a_segment(index, name):
    """A file that has more than it should is not trusted either."""
    with (index / "segments/000001-0" / name).open("ab") as file:
        file.write(bytes(80))
    _assert_damaged(index)


def _assert_damaged(index: Path) -> None:
    with pytest.raises(IndexDamaged) as error:
        Searcher(index)
    one_line(error, str(index), "is damaged", "tongwen rebuild")


def test_damaged_segment_and_status(index):
    """A status of a damaged index says so, too."""
    (index / "segments/000001-0/folded").unlink()
    with pytest.raises(IndexDamaged) as error:
        status(index)
    one_line(error, "is damaged", "tongwen rebuild")


def test_damaged_segment_and_update(index, files):
    """An update that needs what is damaged says so and leaves the index as it is."""
    (index / "segments/000001-0/passages").unlink()
    (files / "a.txt").unlink()
    before = read_manifest(index)
    with pytest.raises(IndexDamaged) as error:
        build(index, [])
    one_line(error, "is damaged", "tongwen rebuild")
    assert read_manifest(index) == before


@pytest.mark.parametrize("content", [None, b"{}\n", b"[]\n", b"{\n", b"\xff\n", b'{"path": "x"}\n'])
def test_damaged_list_of_files(index, files, content):
    """Without the list of files an index still answers; updates are refused with the remedy, which works."""
    path = index / "files-000001.jsonl"
    path.unlink() if content is None else path.write_bytes(content)
    assert hits(index) == 2
    for use in (lambda: build(index, [files]), lambda: status(index)):
        with pytest.raises(IndexDamaged) as error:
            use()
        one_line(error, "its list of files cannot be read", "tongwen rebuild")
    assert rebuild(index).documents == 2


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_damaged_dictionary(index, files, content):
    """A dictionary that is gone or broken is asked for again; the index keeps answering."""
    words = files.parent / "words.txt"
    words.write_text("新葡幣")
    rebuild(index, dictionary=words)
    path = index / "dictionary-000002.txt"
    path.unlink() if content is None else path.write_bytes(content)
    assert hits(index) == 2
    for use in (lambda: build(index, [files]), lambda: rebuild(index)):
        with pytest.raises(IndexDamaged) as error:
            use()
        one_line(error, "its dictionary cannot be read", "tongwen rebuild --dictionary FILE")
    assert rebuild(index, dictionary=words).documents == 2
    assert status(index).outdated == ""


# ------------------------------------------------------------------------------------------ the lock

HOLDER = """
import sys, time
from pathlib import Path
from tongwen.index.generation import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_lock(index, files):
    """Who comes second is told who writes; readers are not kept out; a killed writer leaves the lock free."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, index], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        for use in (lambda: build(index, [files]), lambda: rebuild(index)):
            with pytest.raises(IndexLocked) as error:
                use()
            one_line(error, f"{index} is being written by process {holder.pid} on", " since 20", "run the command again")
        assert hits(index) == 2
        holder.kill()
        assert holder.wait() == -signal.SIGKILL
    assert build(index, [files]).unchanged == 2
    assert (index / "lock").read_text() == ""


def test_lock_of_a_first_build(tmp_path, files):
    """Who comes second to a first build neither writes nor removes what the first one is making."""
    index = tmp_path / "index"
    with writing(index) as writer:
        _, folder = writer.new_segment(1, 0)
        (index / "lock").write_text("")  # as it is for an instant
        with pytest.raises(IndexLocked, match="is being written by another process"):
            build(index, [files])
        assert folder.is_dir()
    assert not index.exists()


def test_lock_that_its_holder_has_just_removed(tmp_path, monkeypatch):
    """Who opened the lock before a failing first build removed it does not write beside whoever makes the next one."""
    index = tmp_path / "index"
    monkeypatch.setattr(generation.fcntl, "flock", lambda lock, how: (index / "lock").unlink())
    with pytest.raises(IndexLocked, match="another process"), writing(index):
        pass


# ------------------------------------------------------------------------------------------ readers and writers at once


def test_open_readers_keep_their_generation(index, files):
    """A reader answers from the generation it opened, though its files are gone; new readers see the new one."""
    with ExitStack() as readers:
        opened = [readers.enter_context(Searcher(index))]
        for turn in range(4):
            (files / "a.txt").write_text(f"turn{turn} 晶片" + "。" * turn)
            (files / f"{turn}.txt").write_text("another 晶片")
            rebuild(index) if turn % 2 else build(index, [files])
            opened.append(readers.enter_context(Searcher(index)))
        for number, reader in enumerate(opened):
            assert reader.search("晶片").total == 2 + number
            for turn in range(4):
                assert reader.search(f"turn{turn}").total == (turn == number - 1)
            assert reader.search("出口管制").total == (number == 0)


def test_opening_while_the_generation_changes(index, files, monkeypatch):
    """A reader whose files vanish between manifest and opening takes the next generation."""
    manifest, read, times = read_manifest(index), generation.read_manifest, iter(range(9))

    def stale(index_dir):
        return manifest if next(times) == 0 else read(index_dir)

    (files / "c.txt").write_text("晶片")
    rebuild(index)
    monkeypatch.setattr(generation, "read_manifest", stale)
    assert hits(index) == 3


def test_status_while_the_generation_changes(index, files, monkeypatch):
    """A status whose files vanish meanwhile is of the next generation."""
    manifest, read, times = read_manifest(index), generation.read_manifest, iter(range(9))
    (files / "c.txt").write_text("晶片")
    rebuild(index)
    monkeypatch.setattr(generation, "read_manifest", lambda folder: manifest if next(times) == 0 else read(folder))
    assert (status(index).generation, status(index).documents) == (2, 3)


WRITER = """
import sys
from pathlib import Path
from tongwen.index import build, rebuild, segment
from tongwen.index.engines import embedded_writer
from functools import lru_cache
segment.load = lru_cache(segment.load)
embedded_writer.MOST_SEGMENTS = 3
index, files = Path(sys.argv[1]), Path(sys.argv[2])
for number in range(10**6):
    for path in sorted(files.iterdir()):
        path.write_text(f"晶片 generation{number}x " + "more " * (number % 7))
    rebuild(index) if number % 3 == 0 else build(index, [files])
    print(number, flush=True)
"""


def test_search_while_another_process_writes(index, files):
    """While another process updates and rebuilds, every search succeeds and sees documents of one generation only."""
    for name in "cdef":
        (files / f"{name}.txt").write_text("晶片 generationx")
    (files / "a.txt").write_text("晶片 generationx")
    (files / "b.txt").write_text("晶片 generationx")
    build(index, [files])
    seen = set()
    with subprocess.Popen([sys.executable, "-c", WRITER, index, files], stdout=subprocess.PIPE, text=True) as writer:
        try:
            assert writer.stdout.readline() == "0\n"
            end = time.monotonic() + 3
            while time.monotonic() < end:
                with Searcher(index) as searcher:
                    first = searcher.search("晶片", limit=0)
                    again = searcher.search("晶片", limit=0)
                assert [hit.path for hit in first] == [hit.path for hit in again]
                words = {hit.text.split()[1] for hit in (*first, *again)}
                assert (first.total, len(words)) == (6, 1)
                seen |= words
        finally:
            writer.kill()
            assert writer.wait() == -signal.SIGKILL
    assert len(seen) > 3


def test_paths_that_are_not_unicode(tmp_path):
    """A file whose name is no UTF-8 is indexed, found and updated like any other."""
    folder = tmp_path / "files"
    folder.mkdir()
    path = Path(os.fsdecode(os.fsencode(folder) + b"/\xb4\xb9.txt"))
    try:
        path.write_text("晶片")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    os.utime(path, (10**9, 10**9))
    build(tmp_path / "index", [path])
    with Searcher(tmp_path / "index") as searcher:
        assert [hit.path for hit in searcher.search("晶片")] == [str(path)]
    assert build(tmp_path / "index", []).unchanged == 1
    assert status(tmp_path / "index").sources == (str(path),)


def test_segments_are_named_apart(tmp_path):
    """A new segment takes an empty folder of its own, though a crash left one of that name."""
    chance = random.Random(1)
    with writing(tmp_path / "index") as writer:
        stale = tmp_path / "index/segments/000001-0"
        stale.mkdir(parents=True)
        (stale / "originals").write_bytes(chance.randbytes(9))
        assert writer.new_segment(1, 0) == ("000001-0", stale)
        assert list(stale.iterdir()) == []
