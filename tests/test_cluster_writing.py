"""An index in a cluster being written: killed at any instant, by two machines at once, where it may not be or has no room.

Machines are folders here: each knows where the index is, and what it has read.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from itertools import count
from pathlib import Path

import pytest
from opensearch_node import ask
from tongwen.index import build, errors, rebuild, segment, status
from tongwen.index.engines import base
from tongwen.index.engines.opensearch import requests, sink, statistics, writer
from tongwen.index.engines.opensearch.cluster import Cluster
from tongwen.index.engines.opensearch.writer import OpenSearchWriter
from tongwen.index.frozen import replace
from tongwen.searcher import Searcher
from tongwen.searcher import cli as program

NUMBERS = count(1)

LONG = "\n\n".join(f"第{number}段講晶片的出口管制和先進製程，{'機房裡的伺服器要換新的晶片，' * 20}完。" for number in range(4))
OLD = {
    "kept.txt": "晶片 old kept",
    "grows.txt": "晶片 old short",
    "shrinks.txt": f"晶片 old\n\n{LONG}",
    "goes.txt": "晶片 old goes",
}
NEW = {
    "kept.txt": "晶片 old kept",
    "grows.txt": f"晶片 new\n\n{LONG}",
    "shrinks.txt": "晶片 new",
    "comes.txt": f"晶片 comes\n\n{LONG}",
}
LAST = {"kept.txt": "晶片 old kept", "grows.txt": "晶片 last", "shrinks.txt": "晶片 old", "other.txt": "晶片 other"}
"""What the files are before a job, when it is killed, and when it is done once more: some longer, some shorter, some gone."""


_load = lru_cache(maxsize=None)(segment.load)


@pytest.fixture(autouse=True)
def _one_segmenter(monkeypatch):
    """Load each segmenter once, not for every build: it takes longer than all the rest."""
    monkeypatch.setattr(segment, "load", _load)


class Killed(BaseException):
    """As if the process were not there any more."""


def put(folder, texts):
    """Make a folder hold just these files, each of an age of its own."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        seconds = 10**9 + sum(text.encode())
        os.utime(folder / name, (seconds, seconds))
    return folder


def passages(index_dir):
    """All that an index finds: (file name, number of the passage, text), twice if it is there twice."""
    try:
        searcher = Searcher(index_dir)
    except errors.IndexNotFound:
        return []
    with searcher:
        return sorted((Path(hit.path).name, hit.passage, hit.text) for hit in searcher.search("晶片 OR 完", limit=0))


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What an embedded index of some files finds."""
    known = {}

    def of(texts):
        key = json.dumps(texts)
        if key not in known:
            folder = tmp_path_factory.mktemp("embedded")
            build(folder / "index", [put(folder / "files", texts)])
            known[key] = passages(folder / "index")
        return known[key]

    return of


@pytest.fixture
def there(opensearch_url):
    """The address of an index that is not there yet, and gone afterwards."""
    name = f"written-{next(NUMBERS)}"
    yield f"{opensearch_url}/{name}"
    remove(f"{opensearch_url}/{name}")
    for template in ask(f"{opensearch_url}/_cat/templates/tongwen-{name}*?format=json"):
        ask(f"{opensearch_url}/_index_template/{template['name']}", method="DELETE")


def make(index_dir, files, there, **how):
    """Index some files in the cluster."""
    return build(index_dir, [files], engine="opensearch", urls=[there], **how)


def generations(there):
    """Those that are there, by number, and the one that answers."""
    url, name = there.rsplit("/", 1)
    found = [each["index"] for each in ask(f"{url}/_cat/indices/{name}-000*?format=json")]
    [current] = {index.removesuffix("-files") for index in ask(f"{url}/_alias/{name},{name}-files")}
    assert {current, f"{current}-files"} <= {*found}
    return {int(index.removeprefix(f"{name}-").removesuffix("-files")) for index in found}, int(current[-6:])


def remove(there):
    """Remove all indices whose names begin like this one's."""
    ask(f"{there}*?expand_wildcards=all", method="DELETE")


@contextmanager
def before_request(number):
    """Die before the nth request, and before each that follows: a process that is killed asks for nothing more."""
    plain, asked = Cluster.ask, list[str]()

    def hooked(self, method, path, *body, **params):
        asked.append(f"{method} {path}")
        if len(asked) >= number:
            raise Killed
        return plain(self, method, path, *body, **params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cluster, "ask", hooked)
        yield asked


@contextmanager
def before(name, act):
    """Do something right before a method of the writer is called for the first time."""
    plain, todo = getattr(OpenSearchWriter, name), [act]

    def hooked(self, *args):
        if todo:
            todo.pop()()
        return plain(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OpenSearchWriter, name, hooked)
        yield
    assert not todo


def tried(job):
    """Do a job; what went wrong, if anything did."""
    try:
        job()
    except errors.TongwenError as error:
        return error
    return None


# ------------------------------------------------------------------------------------------ killed


@pytest.mark.parametrize("job", ["first build", "update", "rebuild"])
def test_killed_before_each_request(tmp_path, there, expected, monkeypatch, job):
    """The old generation answers, or the new one; the next job loses and doubles nothing, whatever has become of the files."""
    monkeypatch.setattr(sink, "BULK", 8000)
    old, seen, steps = [] if job == "first build" else expected(OLD), list[bool](), [1000]
    for step in steps:
        files, index_dir = put(tmp_path / "files", OLD), tmp_path / f"index-{step}"
        if job != "first build":
            make(index_dir, files, there)
        put(files, NEW)
        with before_request(step) as requests, suppress(Killed):
            rebuild(index_dir) if job == "rebuild" else make(index_dir, files, there)
        if step == 1000:  # now it is known what is asked; killed before it changes anything it does not matter how long before
            steps += [number + 1 for number, asked in enumerate(requests, 1) if CHANGES.match(asked)]
        found = passages(index_dir)
        assert found in (old, expected(NEW)), requests
        seen.append(found == expected(NEW))
        put(files, LAST)
        if job == "rebuild" and step % 2:
            rebuild(index_dir)
        make(index_dir, files, there)
        assert passages(index_dir) == expected(LAST), requests
        facts = status(index_dir)
        assert (facts.documents, facts.passages) == (len(LAST), len(expected(LAST)))
        assert (facts.new, facts.changed, facts.vanished) == (0, 0, 0)
        assert generations(there)[0] == {generations(there)[1]}
        remove(there)
    assert seen[0]
    assert seen[1:] == sorted(seen[1:])  # there is one switch, and no way back
    assert seen.count(False) >= 5


CHANGES = re.compile("PUT|POST /_bulk|POST /_aliases|POST .*/_refresh|DELETE /[^_]")
"""The requests that change something."""


@pytest.mark.parametrize(("job", "jobs"), [("first build", 2), ("update", 1), ("update", 2), ("rebuild", 2)])
def test_killed(tmp_path, there, expected, job, jobs):
    """The same with `kill -9` of the program, while it writes."""
    old = {f"{number}.txt": f"晶片 old {number}\n\n{LONG}" for number in range(24)}
    new = {f"{number}.txt": f"晶片 new {number}\n\n{LONG[: 30 * number]}" for number in range(8, 32)}
    files, index_dir = put(tmp_path / "files", old), tmp_path / "index"
    if job != "first build":
        make(index_dir, files, there)
    put(files, new)
    command = ["rebuild"] if job == "rebuild" else ["index", str(files), "--engine", "opensearch", "--url", there]
    args = ["tongwen", *command, "--index", str(index_dir), "--jobs", str(jobs)]
    with subprocess.Popen([sys.executable, "-c", SLOW.format(args)], stderr=subprocess.PIPE, text=True) as program:
        assert program.stderr.readline() == "writing\n"
        time.sleep(random.uniform(0, 0.5))
        program.kill()
    assert program.returncode == -signal.SIGKILL
    assert passages(index_dir) == ([] if job == "first build" else expected(old))
    while isinstance(failed := tried(lambda: make(index_dir, files, there)), errors.IndexLocked):
        time.sleep(0.05)  # a helper has not noticed yet
    assert failed is None
    assert passages(index_dir) == expected(new)
    assert generations(there)[0] == {generations(there)[1]}


SLOW = """
import sys, time
from tongwen.index.engines.opensearch import sink
from tongwen.index.engines.opensearch.writer import OpenSearchWriter
from tongwen.searcher.cli import main
plain = OpenSearchWriter.put
def put(self, record, old):
    print("writing", file=sys.stderr, flush=True)
    self._due = 0
    time.sleep(0.02)
    plain(self, record, old)
sink.BULK = 20_000
OpenSearchWriter.put = put
sys.argv = {}
main()
"""
"""The program, but so slow that it is still at work when it is killed, and writing what it knows again and again."""


# ------------------------------------------------------------------------------------------ two machines


STEPS = ("begin", "_create", "_refuse_while_rebuilt", "put", "commit", "_facts", "_switch")


@pytest.mark.parametrize(
    ("step", "is_first"), [*((step, True) for step in STEPS if step != "begin"), *((step, False) for step in STEPS)]
)
def test_two_machines(tmp_path, there, expected, step, is_first):
    """Each writes its part of one index, and what the one does at any time the other does not undo."""
    one, two = put(tmp_path / "one", OLD), put(tmp_path / "two", {"of-two.txt": "晶片 two"})
    if not is_first:
        make(tmp_path / "index-1", one, there)
    put(one, NEW)
    with before(step, lambda: make(tmp_path / "index-2", two, there)):
        make(tmp_path / "index-1", one, there)
    both = sorted([*expected(NEW), ("of-two.txt", 1, "晶片 two")])
    for index_dir in (tmp_path / "index-1", tmp_path / "index-2"):
        assert passages(index_dir) == both
        facts = status(index_dir)
        assert (facts.documents, facts.passages, facts.vanished) == (len(NEW) + 1, len(both), 0)
    put(two, {})
    build(tmp_path / "index-2", [])
    assert passages(tmp_path / "index-1") == expected(NEW)


def _machines(tmp_path, there):
    """The folders of two machines; of the first the index is made, and then other things are in it."""
    one, two = put(tmp_path / "one", OLD), put(tmp_path / "two", {"of-two.txt": "晶片 two"})
    make(tmp_path / "index-1", one, there)
    return put(one, NEW), two


@pytest.mark.parametrize("step", STEPS)
def test_another_machine_begins_while_one_rebuilds(tmp_path, there, expected, step):
    """One of both is refused; nothing that was said to be done is lost."""
    one, two = _machines(tmp_path, there)
    refused = []
    with before(step, lambda: refused.append(tried(lambda: make(tmp_path / "index-2", two, there)))):
        refused.append(tried(lambda: rebuild(tmp_path / "index-1")))
    of_two = [] if refused[0] else [("of-two.txt", 1, "晶片 two")]
    assert passages(tmp_path / "index-1") == sorted([*expected(OLD if refused[1] else NEW), *of_two])
    assert sum(map(bool, refused)) == 1
    assert type(refused[0]) in (type(None), errors.IndexLocked)
    if refused[1]:
        assert "documents of other machines are in it, too" in str(refused[1])
    assert len(generations(there)[0]) == 1 + (not refused[1])
    make(tmp_path / "index-2", two, there)
    make(tmp_path / "index-1", one, there)
    assert passages(tmp_path / "index-2") == sorted([*expected(NEW), ("of-two.txt", 1, "晶片 two")])


@pytest.mark.parametrize("step", STEPS)
def test_one_rebuilds_while_another_machine_begins(tmp_path, there, expected, step):
    """The other way round."""
    _, two = _machines(tmp_path, there)
    refused = []
    with before(step, lambda: refused.append(tried(lambda: rebuild(tmp_path / "index-1")))):
        refused.append(tried(lambda: make(tmp_path / "index-2", two, there)))
    of_two = [] if refused[1] else [("of-two.txt", 1, "晶片 two")]
    assert passages(tmp_path / "index-1") == sorted([*expected(OLD if refused[0] else NEW), *of_two])
    make(tmp_path / "index-2", two, there)
    assert passages(tmp_path / "index-2") == sorted([*expected(OLD if refused[0] else NEW), ("of-two.txt", 1, "晶片 two")])
    assert (refused[0] is None) == (step in ("begin", "_refuse_while_rebuilt", "_create"))
    assert (refused[1] is None) == (refused[0] is not None)


def test_what_may_be_sent_again(tmp_path, there, monkeypatch):
    """As when a node does not answer in time: what depends on what is there bears that the same is written at that time."""
    plain, sent = Cluster.bulk, list[dict[str, object]]()

    def bulk(self, actions):
        sent.extend(json.loads(action.split(b"\n")[0]) for action in actions)
        plain(self, actions)

    monkeypatch.setattr(Cluster, "bulk", bulk)
    make(tmp_path / "index", put(tmp_path / "files", OLD), there)
    updates = [action["update"] for action in sent if "update" in action]
    assert len(updates) == len(OLD)
    assert all(update["retry_on_conflict"] > 0 for update in updates)


def test_a_searcher_that_stays_open(tmp_path, there, monkeypatch):
    """It sees what is written, as soon as it forgets what it knew: also what only the texts tell, and words there were not."""
    monkeypatch.setattr(statistics, "KEPT", -1)
    make(tmp_path / "index", put(tmp_path / "files", {"a.txt": "记忆体", "b.txt": "水"}), there)
    with Searcher(tmp_path / "index") as searcher:
        assert [searcher.search(query).total for query in ("=记忆体", "榴莲", "水")] == [1, 0, 1]
        put(tmp_path / "files", {"a.txt": "榴莲", "b.txt": "=记忆体", "c.txt": "记忆体 水"})
        build(tmp_path / "index", [])
        assert [searcher.search(query).total for query in ("=记忆体", "榴莲", "水")] == [2, 1, 1]


def test_deleted_passages_that_are_merged_away(tmp_path, there):
    """Terms are counted one by one only as long as many deleted ones would be counted with them."""
    make(tmp_path / "index", put(tmp_path / "files", OLD), there)
    make(tmp_path / "index", put(tmp_path / "files", NEW), there)
    manifest = base.manifest(tmp_path / "index")
    assert manifest.own["deleted"] > 0.1
    later = replace(manifest, own=manifest.own | {"deleted": 0.9})
    with closing(base.opened(tmp_path / "index", later)) as reader:
        assert 0.1 < reader._deleted < 0.9


def test_a_rebuild_that_died_elsewhere(tmp_path, there, expected, monkeypatch):
    """Others wait for it until it has given no sign of life for a while; then they go on, and it does not."""
    one, two = put(tmp_path / "one", OLD), put(tmp_path / "two", {"of-two.txt": "晶片 two"})
    make(tmp_path / "index-1", one, there)

    def others():
        refused = tried(lambda: make(tmp_path / "index-2", two, there))
        assert isinstance(refused, errors.IndexLocked)
        assert f"a rebuild of {os.uname().nodename}:{tmp_path}/index-1; wait" in str(refused)
        with monkeypatch.context() as later:
            later.setattr(writer, "BEAT", -1)
            make(tmp_path / "index-2", two, there)

    with before("commit", others), pytest.raises(errors.ClusterError, match=r"no such index|is not an alias"):
        rebuild(tmp_path / "index-1")
    assert passages(tmp_path / "index-1") == sorted([*expected(OLD), ("of-two.txt", 1, "晶片 two")])
    assert generations(there) == ({1}, 1)


def test_a_long_rebuild_shows_that_it_lives(tmp_path, there, monkeypatch):
    """However few records there are to be written."""
    make(tmp_path / "index", put(tmp_path / "files", NEW), there)
    monkeypatch.setattr(writer, "OFTEN", -1)
    beats, plain = [], OpenSearchWriter._at_work
    monkeypatch.setattr(OpenSearchWriter, "_at_work", lambda self, kept: beats.append(kept) or plain(self, kept))
    rebuild(tmp_path / "index")
    assert len(beats) > len(NEW)


def test_an_update_while_the_same_folder_is_rebuilt(tmp_path, there):
    """One of them has the folder."""
    files = put(tmp_path / "files", OLD)
    make(tmp_path / "index", files, there)
    refused = []
    with before("commit", lambda: refused.append(tried(lambda: build(tmp_path / "index", [])))):
        rebuild(tmp_path / "index")
    assert isinstance(refused[0], errors.IndexLocked)


# ------------------------------------------------------------------------------------------ where it may not be


@pytest.mark.parametrize("name", ["", "-files", "-000001", "-000001-files", "-alias"])
def test_an_index_that_is_not_ours(tmp_path, there, name):
    """It is refused by name and left as it is."""
    url, own = there.rsplit("/", 1)
    ask(f"{there}{name}/_doc/1?refresh=true", {"a": 1}, "PUT")
    if name == "-alias":
        ask(f"{url}/_aliases", {"actions": [{"add": {"index": f"{own}-alias", "alias": own}}]})
    was = ask(f"{there}{name}")
    with pytest.raises(
        errors.ClusterError, match=f"there is an index {own}{name} already, which is not tongwen's; say another"
    ):
        make(tmp_path / "index", put(tmp_path / "files", OLD), there)
    assert ask(f"{there}{name}") == was
    assert ask(f"{there}{name}/_count")["count"] == 1
    assert not (tmp_path / "index").exists()


def test_indices_with_names_like_ours(tmp_path, there, expected):
    """What others have called nearly so stays, and gets none of our settings."""
    make(tmp_path / "index", put(tmp_path / "files", OLD), there)
    for name in ("-000009", "-01", "-000001-old"):
        ask(f"{there}{name}/_doc/1?refresh=true", {"a": 1}, "PUT")
    rebuild(tmp_path / "index")
    make(tmp_path / "index", tmp_path / "files", there)
    assert all(ask(f"{there}{name}/_count")["count"] == 1 for name in ("-000009", "-01", "-000001-old"))
    assert passages(tmp_path / "index") == expected(OLD)
    with pytest.raises(RuntimeError, match="404"):
        ask(f"{there}-000001")


def test_another_name(tmp_path, there):
    """A folder belongs to one index."""
    make(tmp_path / "index", put(tmp_path / "files", OLD), there)
    with pytest.raises(errors.ClusterAddress, match=r"the index of .* is written-\d+; name another folder with --index"):
        make(tmp_path / "index", tmp_path / "files", f"{there}-other")


def test_nothing_to_index(tmp_path, there):
    """Nothing stays of a first build that came to nothing."""
    with pytest.raises(errors.NothingIndexed):
        make(tmp_path / "index", put(tmp_path / "files", {}), there)
    url, name = there.rsplit("/", 1)
    assert ask(f"{url}/_cat/indices/{name}*?format=json") == []
    assert not (tmp_path / "index").exists()


def test_nothing_to_rebuild(tmp_path, there):
    """That the index is gone from the cluster is said, by searches as well."""
    make(tmp_path / "index", put(tmp_path / "files", OLD), there)
    remove(there)
    for job in (lambda: rebuild(tmp_path / "index"), lambda: Searcher(tmp_path / "index"), lambda: status(tmp_path / "index")):
        with pytest.raises(errors.IndexNotFound, match=f"no index at {there}"):
            job()
    make(tmp_path / "index", tmp_path / "files", there)
    assert status(tmp_path / "index").documents == len(OLD)


def test_removed_while_it_is_written(tmp_path, there):
    """Nothing comes into being in its place."""
    with before("put", lambda: remove(there)), pytest.raises(errors.ClusterError, match=r"no such index|is not an alias"):
        make(tmp_path / "index", put(tmp_path / "files", NEW), there)
    url, name = there.rsplit("/", 1)
    assert ask(f"{url}/_cat/indices/{name}*?format=json") == []


def test_records_by_pages(tmp_path, there, expected, monkeypatch):
    """However many there are, all that is known of files is read, and all that is found."""
    monkeypatch.setattr(requests, "PAGE", 2)
    make(tmp_path / "index", put(tmp_path / "files", NEW), there)
    assert passages(tmp_path / "index") == expected(NEW)
    assert make(tmp_path / "index", tmp_path / "files", there).unchanged == len(NEW)
    put(tmp_path / "files", {})
    assert build(tmp_path / "index", []).removed == len(NEW)


def test_shards(tmp_path, there, expected):
    """Their number is that of the first build, until a rebuild changes it; else it stays."""
    make(tmp_path / "index", put(tmp_path / "files", NEW), there, shards=2)
    for shards, now in ((0, 2), (3, 3), (0, 3)):
        rebuild(tmp_path / "index", shards=shards)
        assert len(ask(f"{there}/_search_shards")["shards"]) == now
        assert passages(tmp_path / "index") == expected(NEW)
    make(tmp_path / "index", tmp_path / "files", there, shards=3)
    with pytest.raises(errors.ClusterError, match=r"it is kept in 3 shards; .* tongwen rebuild --shards 5"):
        make(tmp_path / "index", tmp_path / "files", there, shards=5)


def test_statistics_of_what_was_replaced(tmp_path, there):
    """What was deleted is counted until the cluster merges it away; no word becomes so frequent that it is worth nothing."""
    for text in ("晶片 one", "晶片 two", "晶片 three"):
        make(tmp_path / "index", put(tmp_path / "files", {"a.txt": text, "b.txt": "plain"}), there)
    with Searcher(tmp_path / "index") as searcher:
        assert [(hit.text, hit.score > 0) for hit in searcher.search("晶片")] == [("晶片 three", True)]


# ------------------------------------------------------------------------------------------ no room


@pytest.mark.parametrize("block", ["write", "read_only", "read_only_allow_delete"])
@pytest.mark.parametrize("job", ["update", "rebuild"])
def test_read_only(tmp_path, there, expected, monkeypatch, capsys, block, job):
    """It is said in a line, with exit status 2; the index answers as it did, and when there is room the job is done."""
    files, index_dir = put(tmp_path / "files", OLD), tmp_path / "index"
    make(index_dir, files, there)
    put(files, NEW)
    made = f"{there}-00000{1 if job == 'update' else 2}"
    args = ["rebuild"] if job == "rebuild" else ["index", str(files)]

    def run():
        monkeypatch.setattr(sys, "argv", ["tongwen", *args, "--index", str(index_dir)])
        with pytest.raises(SystemExit) as left:
            program.main()
        return left.value.code, capsys.readouterr().err.splitlines()[-1]

    def blocked(is_so):
        for index in (made, f"{made}-files"):
            ask(f"{index}/_settings", {f"index.blocks.{block}": is_so}, "PUT")

    with before("_flush", lambda: blocked(True)):
        code, line = run()
    assert code == 2
    assert line.startswith(f"tongwen: {there} is read-only (")
    assert line.endswith("make room on its disks, lift the block, then run the command again")
    assert passages(index_dir) == expected(OLD)
    assert generations(there)[1] == 1
    if made in [f"{there}-00000{number}" for number in generations(there)[0]]:
        blocked(None)
    assert run()[0] == 0
    assert passages(index_dir) == expected(NEW)
