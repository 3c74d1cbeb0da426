"""A cluster that speaks TLS only and asks who one is: who may do what, and what is said to those who may not."""

from pathlib import Path
from uuid import uuid4

import pytest
from conftest import SEEDS
from secured_node import PASSWORD, SecuredNode
from tongwen.index import build, errors, rebuild, status
from tongwen.index.engines.opensearch import cluster
from tongwen.searcher import Searcher

FOLDERS = [SEEDS / "cn", SEEDS / "en", SEEDS / "tw"]
SEARCHES = [
    "晶片 規則",
    '"出口管制"',
    '"export controls"',
    "chip*",
    "人工*能",
    "芯片~",
    '"export rules"~5',
    "=Chips",
    "晶片 OR lidar -荷蘭",
    "title:規則 path:*/tw/* 出口",
    "lang:en chips",
    "xinpian",
    "chpis",
]
"""Of each kind that asks something else of a cluster."""


@pytest.fixture(scope="module")
def node(opensearch):
    """The node, which all tests share: each makes an index of its own."""
    with SecuredNode() as node:
        yield node


@pytest.fixture
def become(node, monkeypatch):
    """Be another user from now on."""

    def be(user, password=PASSWORD):
        monkeypatch.setenv(cluster.USER, user)
        monkeypatch.setenv(cluster.PASSWORD, password)

    monkeypatch.setenv(cluster.CA, str(node.certificate))
    be("writer")
    return be


@pytest.fixture
def written(node, become, tmp_path):
    """An index that the writer has made, in two shards; the embedded one of the same documents."""
    build(tmp_path / "embedded", FOLDERS)
    url = f"{node.urls[0]}/news-{uuid4().hex}"
    build(tmp_path / "cluster", FOLDERS, engine="opensearch", urls=[url], shards=2)
    return tmp_path / "cluster", tmp_path / "embedded"


def test_who_writes(written, tmp_path):
    """Indexing, updating and rebuilding need no more than the docs say."""
    index, _ = written
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "page.txt").write_text("光刻機的鏡頭", encoding="utf-8")
    assert build(index, [mine]).added == 1
    (mine / "page.txt").write_text("光刻機的鏡頭和浸液", encoding="utf-8")
    assert build(index, [mine]).changed == 1
    (mine / "page.txt").unlink()
    assert build(index, [mine]).removed == 1
    assert rebuild(index, shards=1).passages == status(index).passages
    with Searcher(index) as searcher:
        assert len(searcher.search('"出口管制"').hits) == 4


def test_who_only_searches(written, become):
    """Every kind of search, and what explains it, needs no more than the docs say; answers are those of the embedded engine."""
    index, embedded = written
    become("reader")
    assert status(index).passages == status(embedded).passages
    with Searcher(index) as searcher, Searcher(embedded) as other:
        for query in SEARCHES:
            found, wanted = searcher.search(query, limit=0), other.search(query, limit=0)
            assert [(hit.path, hit.start) for hit in found.hits] == [(hit.path, hit.start) for hit in wanted.hits], query
            assert found.suggestions == wanted.suggestions
        assert searcher.explain("晶片 規則") == other.explain("晶片 規則")
        path = str(SEEDS / "en" / "export-rules.md")
        assert searcher.why_not("晶片 規則", path) == other.why_not("晶片 規則", path)


@pytest.mark.parametrize(
    ("user", "command"),
    [
        ("reader", lambda index: build(index, [SEEDS / "hk"])),
        ("reader", rebuild),
        ("nobody", rebuild),
        ("nobody", lambda index: Searcher(index)),
    ],
)
def test_who_may_not(written, become, user, command):
    """It is said who may not do what, and what to do; the index stays as it was."""
    index, _ = written
    before = status(index)
    become(user)
    with pytest.raises(errors.ClusterForbids, match=rf"does not let us \(no permissions for .*{user}.*; ask who runs it"):
        command(index)
    become("writer")
    assert status(index) == before


def test_wrong_password(written, become):
    """The variables are named, and the password is said nowhere."""
    index, _ = written
    become("writer", "s3cret")
    with pytest.raises(errors.ClusterRefuses, match=f"set {cluster.USER} and {cluster.PASSWORD}") as refusal:
        status(index)
    assert "s3cret" not in str(refusal.value)


def test_unknown_authority(written, become, monkeypatch):
    """Whose certificate was signed by nobody whom we know is told nothing; it is said how to make him known."""
    index, _ = written
    monkeypatch.delenv(cluster.CA)
    with pytest.raises(errors.ClusterSilent, match=f"TLS: .*certificate verify failed.*{cluster.CA}"):
        status(index)


def test_passwords_are_written_nowhere(node, written):
    """Neither beside the index, nor into the node's log."""
    index, _ = written
    assert PASSWORD not in node.log()
    kept = [path.read_bytes() for path in Path(index).rglob("*") if path.is_file()]
    assert kept
    assert not any(PASSWORD.encode() in each for each in kept)
