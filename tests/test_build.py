"""Building an index: what is read, what is kept, what is told, and that an update answers as a fresh index does."""

import codecs
import itertools
import os
import random
import shutil
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from tongwen.index import analysis, build, generation, lexicon, rebuild, segment, sources, status
from tongwen.index.engines import embedded_writer
from tongwen.index.errors import (
    DictionaryError,
    IndexDamaged,
    IndexFolderTaken,
    IndexNotFound,
    IndexOutdated,
    NothingIndexed,
    PathNotFound,
    UnreadableFile,
)
from tongwen.index.reports import Report
from tongwen.searcher import Searcher

_TICKS = itertools.count(1_000_000_000)


@pytest.fixture(autouse=True)
def _one_segmenter(monkeypatch):
    """Load each segmenter once, not for every build: it takes longer than all the rest."""
    monkeypatch.setattr(segment, "load", _load)


_load = lru_cache(maxsize=None)(segment.load)


@pytest.fixture(autouse=True, scope="module")
def _lexicon_is_there():
    """Compile the lexicon beforehand, so that no build has to and says so."""
    lexicon.ready()


def write(path: Path, content: str | bytes) -> Path:
    """Write a file whose time of modification is long ago and differs from that of every other write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    seconds = next(_TICKS)
    os.utime(path, (seconds, seconds))
    return path


def answers(index: Path, *queries: str) -> dict[str, set[str]]:
    """The names of the files that each query finds."""
    with Searcher(index) as searcher:
        return {query: {Path(hit.path).name for hit in searcher.search(query, limit=0, match="script")} for query in queries}


def found(index: Path, query: str) -> set[str]:
    """The names of the files that a query finds."""
    return answers(index, query)[query]


def counted(report: Report) -> tuple[int, int, int, int]:
    """What a report says of documents added, changed, removed, unchanged."""
    return report.added, report.changed, report.removed, report.unchanged


@pytest.fixture
def index(tmp_path):
    """Where the index is to be."""
    return tmp_path / "index"


@pytest.fixture
def files(tmp_path):
    """A folder with three files."""
    folder = tmp_path / "files"
    write(folder / "a.txt", "晶片出口管制的新規定\n")
    write(folder / "b.md", "# 晶片\n\n国产晶片的新闻\n")
    write(folder / "deep/c.html", "<title>Chips</title><p>Export controls on chips.</p>")
    return folder


@pytest.fixture
def read(monkeypatch):
    """The names of the files that are read from now on, in order."""
    names = []
    original = sources.read_file

    def spy(file, *rest):
        names.append(Path(file.path).name)
        return original(file, *rest)

    monkeypatch.setattr(sources, "read_file", spy)
    return names


# ------------------------------------------------------------------------------------------ first builds


def test_a_title_is_found_with_the_first_passage_only_if_it_stands_nowhere(index, files):
    """The title of an HTML page is in no passage and belongs to the first; a heading below a preamble stands where it is."""
    preamble, rest = "Badges and a longer introduction. " * 12, "More text follows here. " * 12
    write(files / "below.md", f"{preamble}\n\n# Widget Factory\n\n{rest}")
    write(files / "apart.html", f"<title>Widget Factory</title><p>{preamble}</p><p>{rest}</p>")
    build(index, [files])
    with Searcher(index) as searcher:
        hits = searcher.search("widget", limit=0, match="script", collapse=False)
    [below] = [hit for hit in hits if hit.path.endswith("below.md")]
    [apart] = [hit for hit in hits if hit.path.endswith("apart.html")]
    assert "Widget" in below.text
    assert apart.passage == 1


def test_first_build(index, files):
    """A first build indexes every file below the folder and says so."""
    report = build(index, [files])
    assert counted(report) == (3, 0, 0, 0)
    assert (report.documents, report.passages, report.skipped, report.doubtful) == (3, 3, (), ())
    assert report.seconds > 0
    assert answers(index, "晶片", "chips", "nothing") == {"晶片": {"a.txt", "b.md"}, "chips": {"c.html"}, "nothing": set()}


def test_progress_is_told(index, files):
    """Each file is announced before it is read, then the writing; the numbers add up."""
    steps = []
    build(index, [files], steps.append)
    assert [(step.stage, step.done, step.total, Path(step.path).name) for step in steps] == [
        ("looking", 0, 0, ""),
        ("reading", 0, 3, "a.txt"),
        ("reading", 1, 3, "b.md"),
        ("reading", 2, 3, "c.html"),
        ("reading", 3, 3, ""),
        ("writing", 0, 1, ""),
    ]


def test_lexicon_of_today_is_noted(index, files, monkeypatch):
    """An index names the lexicon of its day; where that is another one now, an update says so, notes it, and does no more."""
    build(index, [files])
    before = generation.read_manifest(index)
    assert before.lexicon == lexicon.ready()

    def ready(starting):
        starting()
        return "lexicon-0123456789abcdef.trie"

    monkeypatch.setattr(lexicon, "ready", ready)
    stages = []
    assert counted(build(index, [], lambda step: stages.append(step.stage))) == (0, 0, 0, 3)
    assert stages.count("lexicon") == 1
    after = generation.read_manifest(index)
    assert (after.lexicon, after.generation) == ("lexicon-0123456789abcdef.trie", before.generation + 1)
    assert after.segments == before.segments
    build(index, [])
    assert generation.read_manifest(index) == after


def test_missing_path_leaves_no_folder(index, files):
    """A path that does not exist is named, and neither an index nor its folder comes of it."""
    with pytest.raises(PathNotFound, match=r"gone\.txt: no such file or folder"):
        build(index, [files, files / "gone.txt"])
    assert not index.exists()


def test_dangling_link_leaves_no_folder(index, files):
    """A link to nothing is a path that does not exist, too."""
    (files / "link").symlink_to("gone")
    with pytest.raises(PathNotFound):
        build(index, [files / "link"])
    assert not index.exists()


def test_nothing_readable(index, tmp_path):
    """Where no file is text the error says which were skipped and why, and no folder is left."""
    write(tmp_path / "files/empty.txt", "")
    write(tmp_path / "files/program", b"\x7fELF\0\0\0")
    with pytest.raises(NothingIndexed, match="no readable text file") as error:
        build(index, [tmp_path / "files"])
    assert [(Path(path).name, reason) for path, reason in error.value.skipped] == [
        ("empty.txt", "empty"),
        ("program", "binary"),
    ]
    assert not index.exists()


def test_nothing_named(index):
    """An update of an index that does not exist is refused, and no folder is left."""
    with pytest.raises(IndexNotFound):
        build(index, [])
    assert not index.exists()


def test_error_while_building_leaves_no_folder(index, files):
    """Whatever stops a first build (here: control-C), nothing of it stays."""

    def interrupted(step):
        if step.stage == "writing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(index, [files], interrupted)
    assert not index.exists()


@pytest.mark.parametrize("names", [["letter.txt"], ["lock", "letter.txt"], ["segments/photos/1.jpg"], ["manifest.json/x"]])
def test_taken_folder_is_not_touched(tmp_path, files, names):
    """A folder with other people's files is refused as a home for an index, and nothing in it is changed."""
    for name in names:
        write(tmp_path / "taken" / name, "private")
    with pytest.raises(IndexFolderTaken, match="name a new or empty folder with --index"):
        build(tmp_path / "taken", [files])
    kept = [str(path.relative_to(tmp_path / "taken")) for path in (tmp_path / "taken").rglob("*") if path.is_file()]
    assert sorted(kept) == sorted(names)
    assert all((tmp_path / "taken" / name).read_text() == "private" for name in names)


def test_taken_folder_with_a_manifest_of_its_own(tmp_path, files):
    """A web project has a manifest.json, too: it is no index, and the advice must not be to remove it."""
    manifest = write(tmp_path / "taken/manifest.json", '{"name": "my app"}')
    lock = write(tmp_path / "taken/lock", "private")
    with pytest.raises((IndexFolderTaken, IndexDamaged)) as error:
        build(tmp_path / "taken", [files])
    assert "remove" not in str(error.value)
    assert (manifest.read_text(), lock.read_text()) == ('{"name": "my app"}', "private")


def test_empty_folder_is_a_home(index, files):
    """An empty folder is as good as none."""
    index.mkdir()
    assert build(index, [files]).documents == 3


def test_one_segment_until_it_is_full(index, files, monkeypatch):
    """A segment is closed when it has its fill of postings; the answers do not depend on it."""
    build(index, [files])
    whole = answers(index, "晶片", "chips", "新")
    assert status(index).segments == 1
    monkeypatch.setattr(embedded_writer, "SEGMENT_POSTINGS", 1)
    rebuild(index)
    assert status(index).segments == 3
    assert answers(index, "晶片", "chips", "新") == whole


# ------------------------------------------------------------------------------------------ updates


def test_update_reads_only_what_changed(index, files, read):
    """Of three files one changed: only that is read again, and its old text is found no more."""
    build(index, [files])
    read.clear()
    write(files / "a.txt", "記憶體的價格\n")
    assert counted(build(index, [files])) == (0, 1, 0, 2)
    assert read == ["a.txt"]
    assert answers(index, "晶片", "内存") == {"晶片": {"b.md"}, "内存": set()}
    assert found(index, "记忆体") == {"a.txt"}


def test_nothing_to_do_makes_no_generation(index, files, read):
    """An update that finds nothing new reads nothing and leaves the generation as it is."""
    build(index, [files])
    before, _ = status(index), read.clear()
    assert counted(build(index, [])) == (0, 0, 0, 3)
    assert status(index) == before
    assert read == []


def test_vanished_files_are_dropped(index, files):
    """A document goes with its file."""
    build(index, [files])
    (files / "b.md").unlink()
    assert counted(build(index, [])) == (0, 0, 1, 2)
    assert found(index, "晶片") == {"a.txt"}


def test_only_below_the_named_paths_is_looked(index, files, read):
    """Of an update of one folder nothing outside of it is read, dropped or counted."""
    build(index, [files])
    read.clear()
    write(files / "b.md", "changed")
    (files / "a.txt").unlink()
    write(files / "deep/d.txt", "new chips")
    assert counted(build(index, [files / "deep"])) == (1, 0, 0, 1)
    assert read == ["d.txt"]
    assert answers(index, "晶片", "chips") == {"晶片": {"a.txt", "b.md"}, "chips": {"c.html", "d.txt"}}


def test_folders_of_like_names_are_not_mixed_up(index, tmp_path):
    """What vanishes below `notes` is no matter for `notes-old`."""
    write(tmp_path / "notes/a.txt", "apple")
    write(tmp_path / "notes-old/b.txt", "apple")
    build(index, [tmp_path / "notes", tmp_path / "notes-old"])
    (tmp_path / "notes-old/b.txt").unlink()
    assert build(index, [tmp_path / "notes"]).removed == 0
    assert build(index, [tmp_path / "notes-old"]).removed == 1


def test_renamed_file(index, files):
    """A renamed file is one dropped and one added, found under its new name only."""
    build(index, [files])
    (files / "a.txt").rename(files / "z.txt")
    assert counted(build(index, [])) == (1, 0, 1, 2)
    assert found(index, "出口") == {"z.txt"}


def test_touched_file_is_not_indexed_again(index, files, read):
    """A file of new time but same content is read, not indexed again; the next update does not even read it."""
    build(index, [files])
    read.clear()
    write(files / "a.txt", (files / "a.txt").read_bytes())
    assert counted(build(index, [])) == (0, 0, 0, 3)
    assert status(index).segments == 1
    build(index, [])
    assert read == ["a.txt"]


def test_same_size_same_tick(index, files):
    """A file written again right after it was read, with size and time unchanged, is noticed by the next update."""
    path = files / "a.txt"
    path.write_bytes(b"old word")
    info = path.stat()
    build(index, [files])
    path.write_bytes(b"new word")
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (info.st_size, info.st_mtime_ns)
    assert build(index, []).changed == 1
    assert answers(index, "old", "new") == {"old": set(), "new": {"a.txt"}}


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (b"\x7fELF\0\0\0\0", "binary"), (b" \n", "no text in it")])
def test_file_that_is_text_no_more(index, files, read, content, reason):
    """A file that became empty or binary loses its document and is reported until it is mended; then it comes back."""
    build(index, [files])
    write(files / "a.txt", content)
    for removed in (1, 0):
        report = build(index, [])
        assert counted(report) == (0, 0, removed, 2)
        assert report.skipped == ((str(files / "a.txt"), reason),)
        assert found(index, "晶片") == {"b.md"}
    assert read.count("a.txt") == 2
    assert status(index).skipped == 1
    write(files / "a.txt", "晶片又來了")
    report = build(index, [])
    assert counted(report) == (1, 0, 0, 2)
    assert report.skipped == ()
    assert found(index, "晶片") == {"a.txt", "b.md"}


def test_permission_given_later(index, files, monkeypatch):
    """A file that could not be opened is tried again by every update: permissions change without a trace in its time."""
    original = sources.read_file

    def refused(file, *rest):
        if file.path.endswith("a.txt"):
            try:
                raise PermissionError(13, "Permission denied")
            except OSError as error:
                raise UnreadableFile(file.path, "permission denied") from error
        return original(file, *rest)

    monkeypatch.setattr(sources, "read_file", refused)
    assert build(index, [files]).skipped == ((str(files / "a.txt"), "permission denied"),)
    monkeypatch.setattr(sources, "read_file", original)
    assert counted(build(index, [])) == (1, 0, 0, 2)


def test_everything_vanished(index, files):
    """An index may become empty; it stays an index and fills again."""
    build(index, [files])
    for path in ("a.txt", "b.md", "deep/c.html"):
        (files / path).unlink()
    report = build(index, [])
    assert (report.removed, report.documents, report.passages) == (3, 0, 0)
    assert found(index, "晶片") == set()
    assert status(index).segments == 0
    write(files / "a.txt", "晶片")
    assert counted(build(index, [])) == (1, 0, 0, 0)
    assert found(index, "晶片") == {"a.txt"}


def test_new_source(index, files, tmp_path, read):
    """A new path is added to the sources without reading the others; an update without paths then covers both."""
    build(index, [files])
    read.clear()
    other = write(tmp_path / "other.txt", "another 晶片")
    assert counted(build(index, [other])) == (1, 0, 0, 0)
    assert read == ["other.txt"]
    assert status(index).sources == (str(files), str(other))
    write(other, "changed 晶片")
    write(files / "a.txt", "changed 晶片")
    assert counted(build(index, [])) == (0, 2, 0, 2)
    assert found(index, "changed") == {"a.txt", "other.txt"}


def test_source_without_documents_is_recorded(index, files, tmp_path):
    """A folder that is still empty is looked at by later updates."""
    (tmp_path / "later").mkdir()
    build(index, [files])
    assert counted(build(index, [tmp_path / "later"])) == (0, 0, 0, 0)
    write(tmp_path / "later/new.txt", "晶片")
    assert build(index, []).added == 1


def test_paths_are_recorded_absolute(index, files, monkeypatch):
    """An index does not depend on the folder that it was made from."""
    monkeypatch.chdir(files)
    build(index, ["deep/../a.txt"])
    monkeypatch.chdir("/")
    assert status(index).sources == (str(files / "a.txt"),)
    assert counted(build(index, [])) == (0, 0, 0, 1)


def test_vanished_source(index, files, tmp_path):
    """A source that is gone: an update drops its documents, a rebuild says that it is gone."""
    other = write(tmp_path / "other.txt", "晶片")
    build(index, [files, other])
    other.unlink()
    assert counted(build(index, [])) == (0, 0, 1, 3)
    report = rebuild(index)
    assert report.skipped == ((str(other), "vanished"),)
    assert report.documents == 3


def test_rebuild_of_nothing_keeps_the_old(index, files):
    """If all sources are gone a rebuild is refused, and what was found is still found."""
    build(index, [files])
    files.rename(files.with_name("moved"))
    with pytest.raises(NothingIndexed):
        rebuild(index)
    assert found(index, "晶片") == {"a.txt", "b.md"}


def test_rebuild_reads_everything(index, files, read):
    """A rebuild takes nothing for granted: every file is read, and the index is of one piece."""
    build(index, [files])
    write(files / "a.txt", "晶片")
    build(index, [])
    read.clear()
    assert counted(rebuild(index)) == (3, 0, 0, 0)
    assert read == ["a.txt", "b.md", "c.html"]
    assert (status(index).generation, status(index).segments) == (3, 1)


@pytest.mark.parametrize("spelling", ["files/index", "files/../files/index", "link/index", "other"])
def test_index_inside_its_source(tmp_path, files, spelling, monkeypatch):
    """The index's own files are no documents, by whatever way its folder is named or reached."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("files")
    (tmp_path / "other").symlink_to("files/index")
    if spelling == "other":
        (files / "index").mkdir()
    for source in (files, tmp_path / "link"):
        build(spelling, [source])
        report = build(spelling, [source])
        assert (report.documents, report.added) == (3, 0) if source == files else (6, 0)
    assert status(spelling).new == 0


# ------------------------------------------------------------------------------------------ standard input


def test_stdin(index, files):
    """What came through a pipe is a document named `-`; it survives updates and rebuilds, and a new pipe replaces it."""
    build(index, [files])
    assert counted(build(index, ["-"], stdin="標題\n\n來自管道的晶片\r\n".encode())) == (1, 0, 0, 0)
    assert found(index, "管道") == {"-"}
    assert counted(build(index, [])) == (0, 0, 0, 3)
    assert counted(rebuild(index)) == (4, 0, 0, 0)
    with Searcher(index) as searcher:
        [hit] = searcher.search("管道")
        assert (hit.title, hit.text) == ("標題", "標題\n\n來自管道的晶片")
    assert counted(build(index, ["-"], stdin="標題\n\n來自管道的晶片\r\n".encode())) == (0, 0, 0, 1)
    assert counted(build(index, ["-"], stdin=b"another pipe")) == (0, 1, 0, 0)
    assert answers(index, "管道", "pipe") == {"管道": set(), "pipe": {"-"}}
    assert status(index).vanished == 0


def test_unreadable_stdin(index, files):
    """A pipe of no text is told, and what came before stays, because it is nowhere else."""
    build(index, [files, "-"], stdin="管道".encode())

    with pytest.raises(NothingIndexed, match="standard input") as raised:
        build(index, ["-"], stdin=b"")
    assert raised.value.skipped == (("-", "empty"),)
    assert build(index, [files, "-"], stdin=b"").skipped == (("-", "empty"),)
    assert found(index, "管道") == {"-"}
    assert rebuild(index).skipped == ()
    assert found(index, "管道") == {"-"}


def test_forced_encoding_is_not_kept_for_stdin(index):
    """The encoding of one pipe says nothing of the next."""
    build(index, ["-"], encoding="big5", stdin="標題".encode("big5"))
    build(index, ["-"], stdin="简体".encode())

    assert found(index, "简体") == {"-"}


def test_damaged_index_is_not_updated(index, files):
    """An update does not call an index healthy whose files are gone."""
    build(index, [files])
    shutil.rmtree(index / "segments")
    (index / "segments").mkdir()

    with pytest.raises(IndexDamaged, match="tongwen rebuild"):
        build(index, [files])


def test_only_stdin(index):
    """A pipe alone makes an index."""
    assert build(index, ["-"], stdin="管道".encode()).documents == 1
    assert status(index).sources == ("-",)


# ------------------------------------------------------------------------------------------ encodings


def test_doubtful_encoding_is_told(index, tmp_path):
    """A close guess at an encoding is reported with the file, and only when it is read."""
    path = write(tmp_path / "files/a.txt", "好".encode("gb18030"))
    assert build(index, [path]).doubtful == ((str(path), "gb18030"),)
    assert build(index, []).doubtful == ()
    assert rebuild(index).doubtful == ((str(path), "gb18030"),)


def test_forced_encoding(index, tmp_path):
    """A forced encoding holds for updates and rebuilds, too."""
    text = "價格"
    write(tmp_path / "files/a.txt", text.encode("big5"))
    report = build(index, [tmp_path / "files"], encoding="big5")
    assert (report.doubtful, found(index, text)) == ((), {"a.txt"})
    write(tmp_path / "files/b.txt", "價".encode("big5"))
    build(index, [])
    assert found(index, "價") == {"a.txt", "b.txt"}
    rebuild(index)
    assert found(index, "價") == {"a.txt", "b.txt"}
    assert rebuild(index, encoding="utf-16-le").skipped == ()
    assert found(index, "價") == set()


def test_encoding_forced_for_one_source(index, tmp_path):
    """An encoding holds for the source it was named with, in a rebuild too; the others are told apart as before."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, codec in ((old, "big5"), (new, "utf-8")):
        folder.mkdir()
        (folder / "a.txt").write_bytes("程式語言".encode(codec))
    build(index, [new])
    build(index, [old], encoding="big5")

    assert rebuild(index).skipped == ()
    with Searcher(index) as searcher:
        assert searcher.search("程式語言").documents == 2


def test_encoding_forced_later(index, tmp_path):
    """Who sees that a guess was wrong and names the encoding is heeded, although the file has not changed."""
    path = write(tmp_path / "files/a.txt", "價格".encode("utf-16-be"))
    build(index, [path], encoding="utf-16-le")
    assert found(index, "價格") == set()
    assert counted(build(index, [path], encoding="utf-16-be")) == (0, 1, 0, 0)
    assert found(index, "價格") == {"a.txt"}
    assert counted(build(index, [path], encoding="utf-16-be")) == (0, 0, 0, 1)


def test_wrong_encoding(index, tmp_path):
    """A file that is not valid in the forced encoding is skipped; an encoding that does not exist is named."""
    write(tmp_path / "files/a.txt", "價格")
    with pytest.raises(NothingIndexed) as error:
        build(index, [tmp_path / "files"], encoding="ascii")
    assert error.value.skipped[0][1] == "not valid ascii (byte 0)"


# ------------------------------------------------------------------------------------------ user dictionaries

PLAIN = "科技公司宣布了新葡幣交易所的計畫"


@pytest.fixture
def dictionary(tmp_path):
    """A user's dictionary of one word that no other dictionary has."""
    return write(tmp_path / "words.txt", "新葡幣 10000 n\n")


def words_of(index: Path, word: str) -> int:
    """In how many passages a token is."""
    with Searcher(index) as searcher:
        return searcher._engine.frequency(word)


def test_dictionary_reaches_the_tokens(index, tmp_path, dictionary):
    """A word of the user's dictionary is one token of the index; rebuilds and updates keep to it."""
    path = write(tmp_path / "files/a.txt", PLAIN)
    build(index, [path])
    assert words_of(index, "新葡币") == 0
    before = status(index)
    rebuild(index, dictionary=dictionary)
    assert words_of(index, "新葡币") == 1
    after = status(index)
    assert after.fingerprint != before.fingerprint
    assert (dict(before.analysis)["dictionary"] == "") != (dict(after.analysis)["dictionary"] == "")
    dictionary.unlink()
    write(tmp_path / "files/b.txt", PLAIN)
    build(index, [tmp_path / "files"])
    assert words_of(index, "新葡币") == 2
    rebuild(index)
    assert words_of(index, "新葡币") == 2
    assert status(index).outdated == ""


def test_other_dictionary(index, tmp_path, dictionary):
    """An update with another dictionary is refused by naming it; a rebuild takes it, an empty one takes it away."""
    path = write(tmp_path / "files/a.txt", PLAIN)
    build(index, [path], dictionary=dictionary)
    other = write(tmp_path / "other.txt", "葡幣交易所\n")
    with pytest.raises(
        IndexOutdated, match=r"was made with another dictionary \(\w+, now \w+\); .*: tongwen rebuild --dictionary FILE"
    ):
        build(index, [path], dictionary=other)
    assert words_of(index, "新葡币") == 1
    assert counted(build(index, [path], dictionary=dictionary)) == (0, 0, 0, 1)
    rebuild(index, dictionary=other)
    assert (words_of(index, "新葡币"), words_of(index, "葡币交易所")) == (0, 1)
    rebuild(index, dictionary=write(tmp_path / "none.txt", ""))
    assert dict(status(index).analysis)["dictionary"] == ""
    assert not list(index.glob("dictionary-*"))


@pytest.mark.parametrize("content", ["新葡幣 10000 n\r\n別的\r\n", "\ufeff新葡幣\n", "新葡幣\u2028別的\x85", "新葡幣\r別的"])
def test_dictionary_is_kept_to_the_letter(index, tmp_path, content):
    """Line ends and marks of other systems do not make a dictionary another one at the next update."""
    path = write(tmp_path / "files/a.txt", PLAIN)
    build(index, [path], dictionary=write(tmp_path / "words.txt", content))
    assert status(index).outdated == ""
    assert words_of(index, "新葡币") == 1
    build(index, [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"good 3 n\nbad 3 n x y\n", "line 2 has 5 columns"),
        (b"\x7fELF\0\0\0", "binary"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8A\0", "'utf-8' codec can't encode"),
        (None, "No such file or directory"),
    ],
)
def test_bad_dictionary(index, files, tmp_path, content, reason):
    """A dictionary that cannot be used is refused with its name, the reason and the form of a line, before any work."""
    path = tmp_path / "words.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DictionaryError, match="a line is: word") as error:
        build(index, [files], dictionary=path)
    assert str(error.value).startswith(f"{path}: {reason}")
    assert not index.exists()


# ------------------------------------------------------------------------------------------ merging


def test_many_updates_stay_few_segments(index, files, monkeypatch):
    """However often an index is updated it has no more segments than allowed, and answers the same."""
    monkeypatch.setattr(embedded_writer, "MOST_SEGMENTS", 2)
    stages = []
    build(index, [files])
    for number in range(8):
        write(files / f"{number}.txt", f"晶片 number{number}")
        assert build(index, [], lambda step: stages.append(step.stage)).added == 1
        assert status(index).segments <= 2
        assert status(index).documents == number + 4
        assert found(index, f"number{number}") == {f"{number}.txt"}
    assert "merging" in stages
    assert len(found(index, "晶片")) == 10
    assert sorted(path.name for path in (index / "segments").iterdir()) == [
        entry.name for entry in sorted(generation.read_manifest(index).segments, key=lambda entry: entry.name)
    ]


def test_merging_leaves_out_the_deleted(index, files, monkeypatch):
    """What is deleted is gone for good when its segment is merged, and files that are not read again are not lost by it."""
    write(files / "large.txt", " ".join(f"large{number}" for number in range(3000)))
    build(index, [files / "large.txt"])
    build(index, [files])
    for number in range(4):
        write(files / f"{number}.txt", f"晶片 number{number} " * 200)
        build(index, [])
    (files / "a.txt").unlink()
    monkeypatch.setattr(embedded_writer, "MOST_SEGMENTS", 2)
    write(files / "4.txt", "晶片 number4")
    build(index, [])
    entries = generation.read_manifest(index).segments
    assert (len(entries), sum(entry.documents for entry in entries)) == (2, 8)
    assert [entry.deleted for entry in entries] == [(), ()]
    assert found(index, "晶片") == {"b.md", "0.txt", "1.txt", "2.txt", "3.txt", "4.txt"}


@pytest.mark.parametrize(
    ("sizes", "most", "merged"),
    [
        ([1, 1, 1], 2, "012"),  # two are too few to become the largest one's match; all three, then
        ([1, 1, 9], 2, "01"),
        ([9, 1, 9, 1], 3, "13"),
        ([9, 9, 1, 9], 2, "0123"),
        ([100, 100, 100, 100, 1, 1, 1], 6, "456"),  # those of a first build by four processes stay
        ([100, 100, 100, 100, 40, 1, 1], 6, "56"),
        ([1, 2, 4, 8, 16], 4, "01"),
        ([0, 0, 5], 2, "01"),
    ],
)
def test_which_segments_are_merged(sizes, most, merged):
    """As many of the smallest as must be, and what is no larger than those together."""
    names = dict(zip("0123456", sizes, strict=False))
    assert "".join(sorted(embedded_writer._smallest(names, most))) == merged


def test_full_segments_are_not_merged(index, files, monkeypatch):
    """However many segments are full, neither the first build nor an update writes them again."""
    monkeypatch.setattr(embedded_writer, "MOST_SEGMENTS", 2)
    monkeypatch.setattr(embedded_writer, "SEGMENT_POSTINGS", 20)
    stages = []
    for number in range(4):
        write(files / f"full{number}.txt", "出口管制的晶片和芯片，chips and exports")
    build(index, [files], lambda step: stages.append(step.stage))
    full = [entry.name for entry in generation.read_manifest(index).segments if entry.postings >= 20]
    assert len(full) >= 4
    assert "merging" not in stages
    for number in range(5):
        write(files / f"{number}.txt", "x")
        build(index, [])
    names = [entry.name for entry in generation.read_manifest(index).segments]
    assert set(full) <= set(names)
    assert len(names) <= len(full) + 2
    assert found(index, "x") == {f"{number}.txt" for number in range(5)}


def test_segments_of_mostly_deleted_documents_are_merged(index, tmp_path, monkeypatch):
    """A full segment of which more than half is deleted counts as small again, and its dead documents go."""

    def text(letter: str, count: int) -> str:
        return "t\n\n" + " ".join(f"{letter}{number}" for number in range(count))

    for name in "abc":
        write(tmp_path / f"files/{name}.txt", text(name, 100))
    build(index, [tmp_path / "files"])
    [full] = generation.read_manifest(index).segments
    monkeypatch.setattr(embedded_writer, "MOST_SEGMENTS", 1)
    monkeypatch.setattr(embedded_writer, "SEGMENT_POSTINGS", full.postings)
    (tmp_path / "files/a.txt").unlink()
    write(tmp_path / "files/d.txt", text("d", 110))
    build(index, [])
    assert [entry.deleted for entry in generation.read_manifest(index).segments] == [(0,), ()]
    (tmp_path / "files/b.txt").unlink()
    write(tmp_path / "files/e.txt", text("e", 5))
    build(index, [])
    assert [(entry.documents, entry.deleted) for entry in generation.read_manifest(index).segments] == [(3, ())]
    assert answers(index, "a1", "b1", "c1", "d1", "e1") == {
        "a1": set(),
        "b1": set(),
        "c1": {"c.txt"},
        "d1": {"d.txt"},
        "e1": {"e.txt"},
    }


# ------------------------------------------------------------------------------------------ an update equals a fresh build

QUERIES = (
    "晶片",
    "芯片 出口",
    "出口管制的",
    '"的新"',
    "北京大学图书馆",
    "大學",
    "chips",
    "Export OR 記憶體",
    "出口 -chips",
    "新*",
    "管*制",
    "ch*",
    "title:晶片",
    "lang:en chips",
    "path:1*.txt",
    "晶片 memory 北京",
    "=晶片",
    "意味着什么",
    "市場價格上漲",
)
PARTS = (
    *(
        "晶片",
        "芯片",
        "出口管制",
        "的新規定",
        "北京大学图书馆",
        "大學",
        "chips",
        "Export controls",
        "記憶體",
        "memory",
        "，",
        "。",
    ),
    *(
        "\n\n",
        "管理和制度",
        "新聞",
        "意味著甚麼",
        "意味着什么",
        "市场价格",
        "上漲",
        " ",
        "123",
        "\n",
        "研究北京",
        "chip",
        "圖書館",
    ),
)


def written(number: int, folder: Path, chance: random.Random) -> None:
    """Write a file of random parts; some are short, some make several passages."""
    name = f"{number % 3}/{number}.{'md' if number % 5 == 0 else 'txt'}"
    title = f"# {chance.choice(PARTS[:12])}\n\n" if chance.random() < 0.5 else ""
    write(folder / name, title + "".join(chance.choices(PARTS, k=chance.choice((3, 20, 120)))) + "字")


def everything(index: Path) -> list[tuple[object, ...]]:
    """All that an index answers to the queries, scores apart (they follow as the last of each)."""
    with Searcher(index) as searcher:
        results = [searcher.search(query, limit=0) for query in QUERIES]
        engine = searcher._engine
        plain = [(result.query, result.total, result.documents, result.partial, result.warnings) for result in results]
        hits = [replace(hit, score=0.0) for result in results for hit in result]
        scores = [hit.score for result in results for hit in result]
        return [plain, hits, scores, (engine.passages, engine.documents, engine._segments.mean_length)]


def assert_same(index: Path, other: Path) -> None:
    """Two indexes answer the same: hits, order, highlights, statistics, and scores to nine digits."""
    (plain, hits, scores, counts), (other_plain, other_hits, other_scores, other_counts) = everything(index), everything(other)
    assert plain == other_plain
    assert counts == other_counts
    assert scores == pytest.approx(other_scores, abs=1e-9)
    assert hits == other_hits


@pytest.mark.parametrize("seed", range(5))
def test_update_answers_as_a_fresh_index(tmp_path, monkeypatch, seed):
    """After rounds of random edits an updated index, a fresh one and a rebuilt one give the same answers in the same order."""
    chance = random.Random(seed)
    monkeypatch.setattr(embedded_writer, "MOST_SEGMENTS", chance.choice((1, 2, 3, 8)))
    monkeypatch.setattr(embedded_writer, "SEGMENT_POSTINGS", chance.choice((300, 3000, 6_000_000)))
    folder, index = tmp_path / "files", tmp_path / "index"
    numbers = set(range(8))
    for number in numbers:
        written(number, folder, chance)
    build(index, [folder])
    for turn in range(4):
        gone = set(chance.sample(sorted(numbers), chance.randrange(3)))
        for number in gone:
            next(folder.glob(f"*/{number}.*")).unlink()
        numbers -= gone
        changed = set(chance.sample(sorted(numbers), chance.randrange(min(4, len(numbers)))))
        new = {max(numbers, default=0) + 1 + step for step in range(chance.randrange(3))}
        numbers |= new
        for number in changed | new:
            written(number, folder, chance)
        build(index, [folder] if turn % 2 else [])
        assert_same(index, _fresh(tmp_path / f"fresh{turn}", folder))
    now = everything(index)
    rebuild(index)
    assert everything(index) == now


def _fresh(index: Path, folder: Path) -> Path:
    build(index, [folder])
    return index


def test_deleted_documents_do_not_guide_the_cutting(tmp_path):
    """A word that only deleted documents had does not decide how a query is cut."""
    folder, index = tmp_path / "files", tmp_path / "index"
    for number in range(3):
        write(folder / f"{number}.txt", "本店出售上海自來水")
    write(folder / "kept.txt", "水來自海上。自来。上海。海自。")
    build(index, [folder])
    for number in range(3):
        (folder / f"{number}.txt").unlink()
    build(index, [])
    build(tmp_path / "fresh", [folder])
    with Searcher(index) as updated, Searcher(tmp_path / "fresh") as fresh:
        for query in ("上海自来水", "出售自来水", "本店出售"):
            assert updated.explain(query) == fresh.explain(query)


# ------------------------------------------------------------------------------------------ status


def test_status_counts(index, files):
    """A status tells what is in the index and how its sources moved on, without reading them."""
    report = build(index, [files])
    before = status(index)
    assert (before.documents, before.passages, before.skipped) == (report.documents, report.passages, 0)
    assert (before.new, before.changed, before.vanished) == (0, 0, 0)
    assert (before.location, before.sources, before.generation, before.engine) == (str(index), (str(files),), 1, "whoosh")
    assert before.size > before.text_size > 50
    assert len(before.fingerprint) == 16
    assert time.strptime(before.created, "%Y-%m-%dT%H:%M:%S%z")
    write(files / "a.txt", "changed")
    write(files / "new1.txt", "new")
    write(files / "new2.txt", "new")
    (files / "b.md").unlink()
    after = status(index)
    assert (after.new, after.changed, after.vanished) == (2, 1, 1)
    assert replace(after, new=0, changed=0, vanished=0) == before
    build(index, [])
    assert (status(index).new, status(index).changed, status(index).vanished) == (0, 0, 0)
    assert status(index).generation == 2


def test_status_of_files_just_written(index, files):
    """A file that was written right before it was read is not called changed, unless its size is another."""
    (files / "a.txt").write_text("晶片")
    build(index, [files])
    assert status(index).changed == 0
    (files / "a.txt").write_text("晶片晶片")
    assert status(index).changed == 1


def test_status_counts_live_passages(index, files):
    """Deleted documents count neither as documents nor as passages."""
    write(files / "long.txt", "長。" * 2000)
    passages = build(index, [files]).passages
    (files / "long.txt").unlink()
    report = build(index, [])
    assert (report.documents, report.passages) == (3, 3)
    assert passages > 6
    assert (status(index).documents, status(index).passages) == (3, 3)


def test_status_of_vanished_source(index, files):
    """If a whole source is gone its documents count as vanished."""
    build(index, [files])
    files.rename(files.with_name("moved"))
    assert status(index).vanished == 3


def test_status_outdated(index, files, monkeypatch):
    """A status names what differs between the analysis of the index and today's."""
    build(index, [files])
    assert status(index).outdated == ""
    monkeypatch.setattr(analysis, "VERSION", (version := analysis.VERSION) + 1)
    assert status(index).outdated == f"analysis ({version}, now {version + 1})"


def test_status_of_nothing(index):
    """A status of no index is refused with the way to make one."""
    with pytest.raises(IndexNotFound, match="make one with: tongwen index PATH"):
        status(index)
    with pytest.raises(IndexNotFound):
        rebuild(index)
    assert not index.exists()
