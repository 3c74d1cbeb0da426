"""Reading files by several processes: the same index as by one, and nothing left behind however it ends."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tongwen.index import build, generation, reading, rebuild
from tongwen.index.engines import embedded_writer
from tongwen.index.errors import HelperLost, IndexLocked
from tongwen.index.reading import SHARE, Task, processes, shares
from tongwen.index.sources import FoundFile
from tongwen.searcher import Searcher

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
QUERIES = [
    "晶片",
    "export controls",
    '"出口管制"',
    "黃仁勳",
    "資料中心 電力",
    "chip*",
    "huang renxun",
    "的",
    "AI -中国",
    "title:晶片",
]


def task(size: int, name: str = "a") -> Task:
    """A file of so many bytes to be read."""
    return Task(FoundFile(name, size, 0), None, "")


def answers(index: Path) -> list[object]:
    """What an index says to the queries: passages in order, with scores and marks."""
    with Searcher(index) as searcher:
        found = [searcher.search(query, limit=0) for query in QUERIES]
    return [
        [results.total, results.complete, *((hit.path, hit.passage, hit.score, hit.text, hit.matched) for hit in results)]
        for results in found
    ]


@given(st.lists(st.integers(0, 100)), st.integers(1, 6))
def test_shares(sizes, count):
    """Every file is in one share, the shares in order; none has more than an even share and one file more."""
    tasks = [task(size, str(number)) for number, size in enumerate(sizes)]
    made = shares(tasks, count)
    assert len(made) == count
    assert sorted((one for share in made for one in share), key=lambda one: int(one.file.path)) == tasks
    assert all([int(one.file.path) for one in share] == sorted(int(one.file.path) for one in share) for share in made)
    assert all(sum(one.file.size for one in share) <= sum(sizes) / count + max(sizes, default=0) for share in made)


@pytest.mark.parametrize(
    ("sizes", "jobs", "cores", "count"),
    [
        ([], None, 8, 1),
        ([SHARE], None, 8, 1),  # not worth the start of a process
        ([SHARE, SHARE], None, 8, 2),
        ([SHARE, SHARE], None, 1, 1),
        ([SHARE] * 100, None, 8, 4),
        ([SHARE] * 100, None, 3, 3),
        ([SHARE // 100] * 250, None, 8, 2),
        ([1, 1], 2, 1, 2),  # as was asked
        ([1], 2, 8, 1),
        ([SHARE] * 100, 1, 8, 1),
        ([SHARE] * 100, 9, 2, 9),
    ],
)
def test_how_many_processes(monkeypatch, sizes, jobs, cores, count):
    """As many as there are cores and enough to read, or as many as were asked for."""
    monkeypatch.setattr(reading, "_cores", lambda: cores)
    assert processes([task(size) for size in sizes], jobs) == count


def test_no_python_to_start(monkeypatch):
    """Where Python is part of another program there is nothing to start."""
    monkeypatch.setattr(sys, "executable", None)
    assert processes([task(SHARE)] * 9, 3) == 1


def test_the_same_index(tmp_path):
    """By one process, by three, from a pipe besides, updated and made anew: the same answers."""
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "odd\udcff.txt").write_text("晶片 in a file whose name is no UTF-8")
    paths = [*sorted(SEEDS.glob("*/")), tmp_path / "binary.txt", tmp_path / "odd\udcff.txt", "-"]
    alone, together = tmp_path / "alone", tmp_path / "together"
    one = build(alone, paths, jobs=1, stdin="從管道來的晶片".encode())
    three = build(together, paths, jobs=3, stdin="從管道來的晶片".encode())
    assert (one.added, one.passages, sorted(one.skipped)) == (three.added, three.passages, sorted(three.skipped))
    assert sorted(one.doubtful) == sorted(three.doubtful)
    assert one.skipped
    names = [entry.name for entry in generation.read_manifest(together).segments]
    assert len(set(names)) == len(names) == 4
    assert answers(alone) == answers(together)
    assert all(answers(together)[:9])
    (tmp_path / "odd\udcff.txt").write_text("晶片 once more")
    for index, jobs in ((alone, 1), (together, 2)):
        report = build(index, [], jobs=jobs)
        assert (report.changed, report.added, report.unchanged) == (1, 0, one.added - 2)
    assert answers(alone) == answers(together)
    rebuild(together, jobs=2)
    assert answers(alone) == answers(together)


def test_segments_that_fill(tmp_path, monkeypatch):
    """However many segments each process makes, no two have one name, nor any that is made later."""
    for number in range(40):
        (tmp_path / f"{number}.txt").write_text(f"晶片 number{number} " + "words and words " * (number % 7))
    code = "from tongwen.index.engines import embedded_writer; embedded_writer.SEGMENT_POSTINGS = 20; "
    monkeypatch.setattr(reading, "_START", code + reading._START)
    monkeypatch.setattr(embedded_writer, "SEGMENT_POSTINGS", 20)
    build(tmp_path / "index", [tmp_path], jobs=3)
    (tmp_path / "7.txt").write_text("晶片 anew")
    build(tmp_path / "index", [], jobs=1)
    entries = generation.read_manifest(tmp_path / "index").segments
    assert len({entry.name for entry in entries}) == len(entries) > 20
    with Searcher(tmp_path / "index") as searcher:
        assert searcher.search("晶片").total == 40
        assert all(searcher.search(f'"number{number}"').total == (number != 7) for number in range(40))


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("raise SystemExit(3)", HelperLost, "ended with status 3.*--jobs 1"),
        ("import os; os.kill(os.getpid(), 9)", HelperLost, "was killed by signal 9"),
        ('print(\'{{"error": [28, "No space left on device", "x"]}}\')', OSError, "No space left on device"),
    ],
)
def test_a_helper_that_fails(tmp_path, monkeypatch, code, error, said):
    """Whatever happens to a helper is told, and the index is as it was."""
    build(tmp_path / "index", [SEEDS / "en"], jobs=1)
    before = answers(tmp_path / "index")
    monkeypatch.setattr(reading, "_START", code + "  # {} {} {}")
    with pytest.raises(error, match=said) as raised:
        build(tmp_path / "index", [SEEDS / "cn"], jobs=2)
    assert error is HelperLost or raised.value.errno == errno.ENOSPC
    assert answers(tmp_path / "index") == before
    monkeypatch.undo()
    assert build(tmp_path / "index", [SEEDS / "cn"], jobs=2).added


def test_what_is_told_is_flushed(tmp_path, monkeypatch):
    """A helper flushes what it tells of before it does: where that fails, no file has been told of."""
    code = "from tongwen.index.engines.embedded_writer import EmbeddedSink; EmbeddedSink.flush = lambda self: open('gone/x'); "
    monkeypatch.setattr(reading, "_START", code + reading._START)
    steps = []
    with pytest.raises(FileNotFoundError, match="gone/x"):
        build(tmp_path / "index", [SEEDS], steps.append, jobs=2)
    assert [step.stage for step in steps] == ["looking"]


def test_helpers_without_a_lock(tmp_path, monkeypatch):
    """An engine may do without a lock that helpers hold."""
    no_lock = property(lambda writer: -1, lambda writer, lock: None)
    monkeypatch.setattr(embedded_writer.EmbeddedWriter, "lock", no_lock, raising=False)
    assert build(tmp_path / "index", [SEEDS], jobs=2).added


def test_an_error_of_ours_ends_the_helpers(tmp_path):
    """Who is told of progress may raise; then nobody works on."""

    def stop(step):
        if step.stage == "reading" and step.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "index", [SEEDS], stop, jobs=2)
    assert not (tmp_path / "index").exists()


KILLED = """
import signal, sys, time
from tongwen.index import build
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests in the background ignores it
def progress(step):
    print(step.done, flush=True)
    if step.done >= 5:
        time.sleep(60)  # so it is not done when it is killed; the helpers go on
build(sys.argv[1], [sys.argv[2]], progress, jobs=2)
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_helpers_end_with_who_started_them(tmp_path, sent):
    """However the process that started them ends: nobody writes to the index any more, and the next one does."""
    files = tmp_path / "files"
    files.mkdir()
    text = (SEEDS / "cn" / "export-rules.txt").read_text(encoding="utf-8")
    for number in range(400):
        (files / f"{number}.txt").write_text(f"{text} number{number}")
    command = [sys.executable, "-c", KILLED, tmp_path / "index", files]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    while int(process.stdout.readline()) < 5:
        pass
    os.kill(process.pid, sent)
    process.wait()
    process.stdout.close()
    until = time.monotonic() + 20
    while True:
        try:
            assert build(tmp_path / "index", [files / "1.txt", files / "2.txt"], jobs=2).documents == 2
            break
        except IndexLocked:  # held by a helper that has not noticed yet
            assert time.monotonic() < until
            time.sleep(0.02)
    time.sleep(0.5)
    assert len(list((tmp_path / "index" / "segments").iterdir())) == 2  # and none of theirs
    with Searcher(tmp_path / "index") as searcher:
        assert searcher.search("number1").total == 1
