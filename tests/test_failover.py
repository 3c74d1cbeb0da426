"""Nodes die while an index in their cluster is written and searched: nothing is lost or doubled, and searches go on."""

import random
import threading
import time
from pathlib import Path

import pytest
from opensearch_node import ask
from tongwen.index import build, errors, rebuild, status
from tongwen.index.engines.opensearch import cluster, writer
from tongwen.index.engines.opensearch.writer import OpenSearchWriter
from tongwen.searcher import Searcher

KILLS = 10
DOCUMENTS = 200
WORDS = ("出口", "管制", "晶片", "半導體", "伺服器", "機房", "軟件", "價格", "export", "control", "chip", "server", "price")


@pytest.fixture(scope="module")
def nodes(opensearch):
    """Three nodes."""
    with opensearch(nodes=3) as cluster:
        yield cluster


def write(folder, chance, count=DOCUMENTS):
    """Files of some passages each; those that are there are replaced, or removed now and then."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        path = folder / f"{number}.txt"
        if chance.random() < 0.1:
            path.unlink(missing_ok=True)
        else:
            sentences = ("，".join(chance.choices(WORDS, k=30)) + "。" for _ in range(chance.randrange(1, 8)))
            path.write_text(f"第{number}篇\n\n" + "\n\n".join(sentences), encoding="utf-8")


def passages(index_dir, query="第 OR 出口 OR export OR 晶片 OR chip OR 價格 OR price"):
    """All that an index finds: (file name, number of the passage, text), twice if it is there twice."""
    with Searcher(index_dir) as searcher:
        return sorted((Path(hit.path).name, hit.passage, hit.text) for hit in searcher.search(query, limit=0))


def best(searcher):
    """What is found first."""
    return [(hit.path, hit.passage, hit.text) for hit in searcher.search("晶片 出口 管制 price")]


def where(nodes, name):
    """An index on all nodes."""
    return {"engine": "opensearch", "urls": [f"{nodes.urls[0]}/{name}", *nodes.urls[1:]]}


class Searching(threading.Thread):
    """Searches again and again, by one who stays and by one who comes anew, until it is told to stop."""

    def __init__(self, index_dir):
        super().__init__()
        self.index_dir, self.done = index_dir, threading.Event()
        with Searcher(index_dir) as searcher:
            self.expected = best(searcher)
        self.wrong, self.longest, self.searches = [], 0.0, 0

    def run(self):
        with Searcher(self.index_dir) as stays:
            while not self.done.wait(0.5):
                try:
                    self.search(stays)
                    with Searcher(self.index_dir) as comes:
                        self.search(comes)
                except errors.TongwenError as error:
                    self.wrong.append(error)

    def search(self, searcher):
        """Take note of what is found, and how long it takes."""
        began = time.monotonic()
        if (found := best(searcher)) != self.expected:
            self.wrong.append(found)
        self.longest = max(self.longest, time.monotonic() - began)
        self.searches += 1


class Killing(threading.Thread):
    """Kills a node a little later, and starts it again."""

    def __init__(self, nodes, number, seconds):
        super().__init__()
        self.nodes, self.number, self.seconds, self.is_done = nodes, number, seconds, False

    def run(self):
        time.sleep(self.seconds)
        self.nodes.kill(self.number)
        self.nodes.wait("yellow")  # it is noticed, and others take its place: else all would seem to be well
        self.nodes.start(self.number)  # until all is there twice again
        self.is_done = True


def test_nodes_die_while_others_write_and_search(nodes, tmp_path):
    """What was written is found once, whoever died when; each search has the answer that it should have."""
    chance, index_dir, last = random.Random(7), tmp_path / "index", 0
    write(tmp_path / "files", chance)
    build(tmp_path / "same", [tmp_path / "files"], **where(nodes, "same"), shards=2)
    build(index_dir, [tmp_path / "files"], **where(nodes, "grows"))
    nodes.wait()
    searching = Searching(tmp_path / "same")
    searching.start()
    try:
        for turn in range(KILLS):
            write(tmp_path / "files", chance)
            last = chance.choice([number for number in range(3) if number != last])
            killing = Killing(nodes, last, chance.uniform(0, 1.5))
            killing.start()
            build(index_dir, [tmp_path / "files"], jobs=1 + turn % 2)
            if turn % 5 == 4:
                rebuild(index_dir, jobs=2)
            killing.join()
            assert killing.is_done
    finally:
        searching.done.set()
        searching.join()
    build(tmp_path / "embedded", [tmp_path / "files"])
    assert passages(index_dir) == passages(tmp_path / "embedded")
    facts, there = status(tmp_path / "embedded"), status(index_dir)
    assert (there.documents, there.passages) == (facts.documents, facts.passages)
    assert (there.new, there.changed, there.vanished) == (0, 0, 0)
    assert searching.wrong == []
    assert searching.searches > KILLS
    assert searching.longest < 3 * cluster.READING


ASKED = ("晶片", "晶片 出口", "chip* -價格", "=chip", '"出口 管制"~4', "pricce", "晶片 path:*1.txt")


def test_parts_that_are_nowhere(nodes, tmp_path, monkeypatch):
    """Without its replicas a part is gone with a node: whoever searches is told so, and nothing is switched."""
    write(tmp_path / "files", random.Random(7), 40)
    index_dir, url = tmp_path / "index", nodes.urls[0]
    build(index_dir, [tmp_path / "files"], **where(nodes, "red"), shards=3)
    found = passages(index_dir)
    monkeypatch.setattr(cluster.Cluster.__init__, "__defaults__", (1.0,))
    monkeypatch.setattr(writer, "WRITING", 1.0)
    monkeypatch.setattr(writer, "PATIENCE", "1s")
    plain = OpenSearchWriter._switch

    def lose_a_node(self):
        for generation in (1, 2):
            alone = {"index": {"auto_expand_replicas": False, "number_of_replicas": 0}}
            ask(f"{url}/red-00000{generation}/_settings", alone, "PUT")
        nodes.wait()
        nodes.kill(2)
        nodes.wait("red")
        plain(self)

    with monkeypatch.context() as patch, Searcher(index_dir) as searcher:
        patch.setattr(OpenSearchWriter, "_switch", lose_a_node)
        with pytest.raises(
            errors.ClusterBroken, match=r"red is not whole \(its health is red\); start the nodes that are missing"
        ):
            rebuild(index_dir)
        for query in ASKED:
            with pytest.raises(errors.ClusterBroken, match="is not whole"):
                searcher.search(query)
        for job in (lambda: build(index_dir, []), lambda: status(index_dir), lambda: passages(index_dir)):
            with pytest.raises(errors.ClusterBroken, match="is not whole"):
                job()
    nodes.start(2)
    assert passages(index_dir) == found
    assert list(ask(f"{url}/_alias/red")) == ["red-000001"]
    write(tmp_path / "files", random.Random(8), 40)
    rebuild(index_dir)
    assert passages(index_dir) != found
