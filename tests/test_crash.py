"""Killed at any instant: the last complete generation answers, and the next build finishes the job.

The jobs run in processes of their own, forked from one that has loaded everything, so that they spend their time writing.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from tongwen.index import build, generation, rebuild, segment
from tongwen.index.engines import embedded_writer
from tongwen.index.errors import IndexNotFound
from tongwen.searcher import Searcher

SERVER = r"""
import fcntl, json, os, signal, sys, time, traceback
from functools import lru_cache
from pathlib import Path
from tongwen.index import build, rebuild, segment
from tongwen.index.engines import embedded_writer

segment.load = lru_cache(segment.load)
steps = 0

def crash_at(step, index):
    # Leave at once, right before the step-th thing that changes the index folder (0: never).  Files that are there already
    # may be replaced and removed, but never written into: a crash while that is done leaves half.
    there = {str(path) for path in Path(index).rglob("*") if path.name != "lock"}
    def count(*_):
        global steps
        steps += 1
        if steps == step:
            os._exit(9)
    def hook(event, args):
        if event == "open":
            path, mode, flags = args
            changes = set(mode) & set("wax+") if mode else flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            path, changes = args[0] if args else "", event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")
        if changes and isinstance(path, (str, bytes, os.PathLike)):
            path = os.fsdecode(path)
            if event == "open" and path in there:
                os._exit(3)
            if path.startswith(index) or not os.path.isabs(path):
                count()
    sync = os.fsync
    os.fsync = lambda descriptor: (count(), sync(descriptor))
    sys.addaudithook(hook)

def run(job, index, files, dictionary, step=0, most=8, delay=None):
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            embedded_writer.MOST_SEGMENTS = most
            crash_at(step, index)
            rebuild(index) if job == "rebuild" else build(index, [files], dictionary=dictionary)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if delay is not None:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), time.perf_counter() - started

index, files, dictionary = json.loads(sys.stdin.readline())
build(index, [files], dictionary=dictionary)
for line in sys.stdin:
    print(json.dumps(run(**json.loads(line))), flush=True)
"""

JOBS = ("first build", "update", "rebuild")
DONE, KILLED, CRASHED = 0, -9, 9
TURNS = 10

_load = lru_cache(maxsize=None)(segment.load)


@pytest.fixture(autouse=True)
def _one_segmenter(monkeypatch):
    """Load each segmenter once, not for every build: it takes longer than all the rest."""
    monkeypatch.setattr(segment, "load", _load)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function that runs a job in another process: how it ended, and how long it took."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "warm.txt").write_text("為了之後快一點，先讀這裡")
    (folder / "words.txt").write_text("新葡幣\n")
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=pipe, stdout=pipe, text=True) as server:
        print(json.dumps([f"{folder}/index", f"{folder}/warm.txt", f"{folder}/words.txt"]), file=server.stdin, flush=True)

        def run(job: str, index: Path, files: Path, **how: float) -> tuple[int, float]:
            call = {"job": job, "index": str(index), "files": str(files), "dictionary": f"{folder}/words.txt", **how}
            print(json.dumps(call), file=server.stdin, flush=True)
            return json.loads(server.stdout.readline())

        run.dictionary = folder / "words.txt"
        yield run
        server.stdin.close()


def answers(index: Path) -> list[object]:
    """What an index answers: every document with its words, in order; [] if there is none."""
    try:
        searcher = Searcher(index)
    except IndexNotFound:
        return []
    with searcher:
        return [
            [(hit.path, hit.text, hit.score, hit.highlights) for hit in searcher.search(query, limit=0)]
            for query in ("晶片", "changed OR unchanged", "新葡幣 -changed", "管道")
        ]


def rubbish(index: Path) -> set[str]:
    """What is in an index's folder that its manifest does not name."""
    manifest = generation.read_manifest(index)
    named = {"lock", "manifest.json", "segments", f"files-{manifest.generation:06}.jsonl", manifest.dictionary}
    segments = {f"segments/{entry.name}" for entry in manifest.segments}
    assert segments == {f"segments/{path.name}" for path in (index / "segments").iterdir()} & segments
    found = {path.name for path in index.iterdir()} | {f"segments/{path.name}" for path in (index / "segments").iterdir()}
    return found - named - segments


def make(tmp_path: Path, dictionary: Path, count: int) -> SimpleNamespace:
    """Files of which an old index knows the former state, and what it, a fresh one and an updated one answer."""
    files, old, new = tmp_path / "files", tmp_path / "old", tmp_path / "new"
    files.mkdir()
    for number in range(count):
        _write(files / f"{number}.txt", f"unchanged {number} 晶片 新葡幣")
    build(old, [files], dictionary=dictionary)
    _write(files / "more.txt", "unchanged 晶片")
    build(old, [files])
    _write(files / "more.txt", "unchanged 晶片 晶片")
    build(old, [files, "-"], stdin="unchanged 管道".encode())
    for number in range(0, count, 2):
        _write(files / f"{number}.txt", f"changed {number} 晶片 新葡幣")
    (files / "1.txt").unlink()
    _write(files / "another.txt", "changed 晶片")
    shutil.copytree(old, new)
    build(new, [])
    fresh = tmp_path / "fresh"
    build(fresh, [files], dictionary=dictionary)
    return SimpleNamespace(
        files=files, old=old, before=answers(old), after=answers(new), alone=answers(fresh), index=tmp_path / "index"
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    seconds = 10**9 + sum(text.encode())
    os.utime(path, (seconds, seconds))


def prepare(world: SimpleNamespace, job: str) -> tuple[list[object], list[object]]:
    """Put the index in place that a job begins with; what it answers before and after the job."""
    shutil.rmtree(world.index, ignore_errors=True)
    if job == "first build":
        return [], world.alone
    shutil.copytree(world.old, world.index)
    return world.before, world.after


def check(world: SimpleNamespace, job: str, before: list[object], after: list[object], dictionary: Path) -> bool:
    """The index answers from one generation; the next job finishes the work.  Whether the new one answered already."""
    now = answers(world.index)
    assert now in (before, after)
    if job == "rebuild":
        rebuild(world.index)
    else:
        build(world.index, [world.files], dictionary=dictionary)
    assert answers(world.index) == after
    assert rubbish(world.index) == set()
    return now == after


@pytest.mark.parametrize("job", JOBS)
def test_killed_at_random(tmp_path, run, job):
    """`kill -9` after a random time: old or new answers, never a mixture, and the next build makes it good."""
    world = make(tmp_path, run.dictionary, 200)
    before, after = prepare(world, job)
    assert before != after
    code, duration = run(job, world.index, world.files)
    assert (code, answers(world.index)) == (DONE, after)
    ends = Counter()
    chance = random.Random(job)
    for turn in range(TURNS):
        before, after = prepare(world, job)
        code, _ = run(job, world.index, world.files, delay=duration * (turn + chance.random()) / TURNS)
        assert code in (DONE, KILLED)
        ends[code] += 1
        check(world, job, before, after, run.dictionary)
    assert ends[KILLED] >= 3


@pytest.mark.parametrize("job", JOBS)
def test_crash_before_every_step(tmp_path, run, job, monkeypatch):
    """A crash right before each single change of the index folder, one after another until the job gets through."""
    monkeypatch.setattr(embedded_writer, "MOST_SEGMENTS", 2)
    world = make(tmp_path, run.dictionary, 4)
    seen = []
    for step in range(1, 1000):
        before, after = prepare(world, job)
        code, _ = run(job, world.index, world.files, step=step, most=2)
        if code == DONE:
            break
        assert code == CRASHED
        seen.append(check(world, job, before, after, run.dictionary))
    assert answers(world.index) == after
    assert rubbish(world.index) == set()
    assert seen == sorted(seen)  # there is one switch, and no way back
    assert seen.count(False) >= 30
    assert seen.count(True) >= (1 if job == "first build" else 5)
