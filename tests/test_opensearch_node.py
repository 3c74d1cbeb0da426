"""The OpenSearch of our tests is a real one: it stores and finds, runs scripts, bears a loss, leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import opensearch_node
import pytest
from opensearch_node import ask

PAGES = {"1": ("芯片 芯片 規則", 3), "2": ("芯片 Chip", 40), "3": ("規則", 7)}

# Scripts in place of Java, and of Maven, which brings something
JAVA = """echo 'openjdk version "{}" 2021-10-19' >&2"""
COPY = (
    'for part; do case $part in -DoutputDirectory=*) /bin/mkdir -p "${part#*=}" && echo > "${part#*=}/some.jar" ;; esac; done'
)


def load(url, **settings):
    """Make an index `pages` of `PAGES`; what a word is worth there is how often it occurs."""
    analysis = {"analyzer": {"words": {"type": "whitespace"}}}
    similarity = {"often": {"type": "scripted", "script": {"source": "return doc.freq * query.boost;"}}}
    text = {"type": "text", "analyzer": "words", "similarity": "often"}
    fields = {"properties": {"text": text, "size": {"type": "integer"}}}
    ask(f"{url}/pages", {"settings": {"analysis": analysis, "similarity": similarity, **settings}, "mappings": fields}, "PUT")
    for name, (words, size) in PAGES.items():
        ask(f"{url}/pages/_doc/{name}?refresh=true", {"text": words, "size": size}, "PUT")


def scores(url, query):
    """What is found, with its scores."""
    hits = ask(f"{url}/pages/_search", {"query": query})["hits"]["hits"]
    return {hit["_id"]: round(hit["_score"], 3) for hit in hits}


def ended(url):
    """Whether nobody listens there any more."""
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=10).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.fixture
def pages(opensearch_url):
    """The URL of a node with an index `pages`, which is gone afterwards: others use the node, too."""
    load(opensearch_url, number_of_replicas=0)
    yield opensearch_url
    ask(f"{opensearch_url}/pages", method="DELETE")


@pytest.mark.parametrize(
    ("tools", "why"),
    [
        ({}, "java cannot be run"),
        ({"java": JAVA.format("11.0.2")}, "Java 17 or newer is needed, not 11.0.2"),
        ({"java": JAVA.format("1.8.0_302")}, "Java 17 or newer is needed, not 1.8.0_302"),
        ({"java": "exit 0"}, "not one that does not say its version"),
        ({"java": JAVA.format("17.0.1")}, "mvn cannot be run"),
        ({"java": JAVA.format("21"), "mvn": f"{COPY}; echo no network; exit 1"}, "mvn fails:\nno network"),
        ({"java": JAVA.format("21"), "mvn": COPY}, "javac cannot be run"),
        ({"java": JAVA.format("21"), "mvn": COPY, "javac": "echo no such class; exit 1"}, "javac fails:\nno such class"),
    ],
)
def test_where_no_node_can_be_started(tmp_path, tools, why):
    """The reason is said, and nothing half done stays in the cache."""
    (tmp_path / "bin").mkdir()
    for name, script in tools.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    environment = os.environ | {"PATH": str(tmp_path / "bin"), "TONGWEN_TESTS_CACHE": str(tmp_path / "cache")}
    runner = subprocess.run([sys.executable, opensearch_node.__file__], env=environment, capture_output=True, text=True)
    assert why in runner.stderr
    assert (runner.returncode, runner.stdout) == (1, "")
    assert not list(tmp_path.glob("cache/*"))


def test_version(opensearch_url):
    """It is the OpenSearch that the pom names, of the 2.19 line."""
    found = ask(opensearch_url)["version"]
    assert (found["distribution"], found["number"]) == ("opensearch", opensearch_node.version())
    assert found["number"].startswith("2.19.")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # words are what is between spaces, as they stand; the scripted similarity counts them
        ({"match": {"text": "芯片"}}, {"1": 2, "2": 1}),
        ({"match": {"text": {"query": "芯片", "boost": 3}}}, {"1": 6, "2": 3}),
        ({"match": {"text": "Chip"}}, {"2": 1}),
        ({"match": {"text": "chip"}}, {}),
        ({"match": {"text": "芯"}}, {}),
        (
            {"script_score": {"query": {"match": {"text": "規則"}}, "script": {"source": "_score + doc['size'].value * 10"}}},
            {"1": 31, "3": 71},
        ),
    ],
)
def test_finds(pages, query, found):
    """Analyzer, similarity and scripts are what they are in any OpenSearch."""
    assert scores(pages, query) == found


def test_delete_by_query(pages):
    """Documents can be removed by a query, too: that is a module of its own."""
    answer = ask(f"{pages}/pages/_delete_by_query?refresh=true", {"query": {"match": {"text": "Chip"}}})
    assert answer["deleted"] == 1
    assert scores(pages, {"match": {"text": "芯片"}}) == {"1": 2}


def test_a_node_ends_with_its_runner(opensearch):
    """Who is killed cannot clean up: the node ends by itself and takes its data with it."""
    with subprocess.Popen(
        [sys.executable, opensearch_node.__file__],
        stdout=subprocess.PIPE,
    ) as runner:
        assert runner.stdout
        url = runner.stdout.readline().decode().strip()
        nodes = ask(f"{url}/_nodes/_local/settings")["nodes"].values()
        [folder] = [Path(node["settings"]["path"]["home"]).parent for node in nodes]
        assert folder.is_dir()
        runner.send_signal(signal.SIGKILL)
    until = time.monotonic() + opensearch_node.PATIENCE
    while not ended(url) and time.monotonic() < until:
        time.sleep(0.05)
    assert ended(url)
    assert not folder.exists()


def test_a_node_that_cannot_start(opensearch):
    """The error says what the node said."""
    with pytest.raises(RuntimeError, match=r"(?s)node 0 ended with 1:.*[Hh]eap"), opensearch(heap="1k"):
        pass


def test_a_paused_node(opensearch, opensearch_url):
    """It says nothing until it is resumed; another one beside it is not concerned."""
    with opensearch() as cluster:
        [url] = cluster.urls
        cluster.pause(0)
        with pytest.raises(TimeoutError):
            ask(url, timeout=1)
        assert ask(opensearch_url)["name"] == "node-0"
        cluster.resume(0)
        assert ask(url)["name"] == "node-0"


def test_a_cluster_bears_a_loss(opensearch):
    """Three nodes, each shard twice: without the one that leads nothing is lost, and it comes back to what it had."""
    with opensearch(nodes=3) as cluster:
        load(cluster.urls[0], number_of_shards=3, number_of_replicas=1)
        cluster.wait("green")
        [leader] = ask(f"{cluster.urls[0]}/_cat/cluster_manager?format=json")
        lost = int(leader["node"].removeprefix("node-"))
        others = [url for url in cluster.urls if url != cluster.urls[lost]]

        cluster.kill(lost)
        cluster.wait("yellow")
        assert ended(cluster.urls[lost])
        for url in others:
            assert ask(f"{url}/_cluster/health")["status"] == "yellow"
            assert scores(url, {"match": {"text": "芯片"}}) == {"1": 2, "2": 1}
        ask(f"{others[0]}/pages/_doc/4?refresh=true", {"text": "芯片", "size": 1}, "PUT")

        cluster.start(lost)
        assert ask(f"{cluster.urls[lost]}/_cluster/health")["status"] == "green"
        assert scores(cluster.urls[lost], {"match": {"text": "芯片"}}) == {"1": 2, "2": 1, "4": 1}
