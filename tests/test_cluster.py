"""The connection to a cluster: addresses, credentials, what is tried again, what each error means.

A server of our own answers what is wanted of it, error by error.
"""

import base64
import json
import logging
import sys
import threading
import time
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tongwen.index import errors
from tongwen.index.engines.opensearch import cluster
from tongwen.index.engines.opensearch.cluster import API_KEY, CA, PASSWORD, USER, Cluster, Location, located
from tongwen.index.engines.opensearch.requests import Index
from tongwen.index.engines.opensearch.sink import OpenSearchSink

FINE = (200, {"errors": False})
BLOCKED = {"type": "cluster_block_exception", "reason": "index [news] blocked by: [FORBIDDEN/8/index write (api)];"}
FLOODED = {"type": "cluster_block_exception", "reason": "disk usage exceeded flood-stage watermark"}
STARTING = {"type": "cluster_block_exception", "reason": "state not recovered / initialized"}
REJECTED = {"type": "rejected_execution_exception", "reason": "rejected execution of coordinating operation"}
LOST = {"type": "unavailable_shards_exception", "reason": "[news-000001][0] primary shard is not active"}
GONE = {"type": "index_not_found_exception", "reason": "no such index"}
UNMAPPED = {
    "type": "mapper_parsing_exception",
    "reason": "failed to parse",
    "caused_by": {"type": "illegal_argument_exception", "reason": "value too large"},
}
UNCONNECTED = {"type": "node_not_connected_exception", "reason": "[node-0][127.0.0.1:33563] Node not connected"}
SHARDS = {
    "type": "search_phase_execution_exception",
    "reason": "all shards failed",
    "failed_shards": [{"shard": 0, "reason": {"type": "no_shard_available_action_exception", "reason": "no copy"}}],
}


KINDS = {"<": "text/html", "W": "text/plain", "": "text/plain"}
"""What a text is, by its first character, if it is no JSON."""


class Node:
    """A server that answers one request after another as told, the last answer for good: (status, JSON or text)."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                node.asked.append((self.command, self.path, headers, body))
                status, answer = node.answers.pop(0) if len(node.answers) > 1 else node.answers[0]
                if callable(answer):
                    answer = answer()
                text = answer if isinstance(answer, str) else json.dumps(answer)
                self.send_response(status)
                self.send_header("Content-Type", KINDS.get(text[:1], "application/json"))
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_GET  # noqa: N815 - the library's name

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        """Nobody listens there any more."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def node():
    """A function that starts a server; all are stopped afterwards."""
    nodes = []

    def start(*answers):
        nodes.append(Node(*answers))
        return nodes[-1]

    yield start
    for each in nodes:
        each.stop()


@pytest.fixture
def connect(monkeypatch):
    """A function that connects with nodes; the environment does not count, and pauses are short, those wanted in `pauses`."""
    for name in (USER, PASSWORD, API_KEY, CA):
        monkeypatch.delenv(name, raising=False)
    opened = []

    def connected(*urls, patience=0.3):
        opened.append(Cluster(located([f"{urls[0]}/news", *urls[1:]]), patience))
        return opened[-1]

    def short(least, most):
        connected.pauses.append((least, most))
        return 0.001

    connected.pauses = []
    monkeypatch.setattr(cluster.random, "uniform", short)
    yield connected
    for each in opened:
        each.close()


def refused(status, error):
    """The answer to one of several things that were to be written."""
    return {"index": {"status": status, "error": error}}


# ------------------------------------------------------------------------------------------ addresses and credentials


@pytest.mark.parametrize(
    ("urls", "location"),
    [
        (["http://a/news"], Location(("http://a:9200",), "news")),
        (["https://a:443", "https://b/news/"], Location(("https://a:443", "https://b:9200"), "news")),
        (["http://[::1]:9201"], Location(("http://[::1]:9201",), "tongwen")),
    ],
)
def test_addresses(urls, location):
    """Nodes have the port 9200 and an index the name tongwen, unless something else is said."""
    assert located(urls) == location


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("search.example.org:9200", "no address of a node"),
        ("ftp://a/news", "no address of a node"),
        ("http:///news", "no address of a node"),
        ("http://a:x/news", "Port could not be cast"),
        ("http://a/news?pretty", "no address of a node"),
        ("http://a/News", "no name of an index"),
        ("http://a/_all", "no name of an index"),
        ("http://a/news/*", "no name of an index"),
        ("http://me:secret@a/news", USER),
        ("https://me:sec/ret@a:9200/news", PASSWORD),
        ("https://me:s@c:ret@a/news", PASSWORD),
        ("https://me:secret@a:x/news", PASSWORD),
        ("//secret@a/news", PASSWORD),
    ],
)
def test_addresses_that_are_none(url, why):
    """Each is refused with the reason and an example; a password is not repeated."""
    with pytest.raises(errors.ClusterAddress) as refusal:
        located([url])
    assert why in str(refusal.value)
    assert "--url https://" in str(refusal.value)
    assert not any(part in str(refusal.value) for part in ("secret", "sec", "ret@", "s@c"))


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({}, None),
        ({USER: "me", PASSWORD: "密碼 s3cret"}, "Basic " + base64.b64encode("me:密碼 s3cret".encode()).decode()),
        ({USER: "me\n", PASSWORD: " s3cret \r\n"}, "Basic " + base64.b64encode(b"me: s3cret ").decode()),
        ({USER: "me", PASSWORD: "s3cret", API_KEY: "s3cretkey\n"}, "ApiKey s3cretkey"),
    ],
)
@pytest.mark.parametrize("answer", [(200, {}), (401, "Unauthorized"), (500, {"error": "no"})])
def test_credentials(node, connect, monkeypatch, caplog, environment, header, answer):
    """What the environment says goes to the cluster and nowhere else: into no log, into no error."""
    server = node(answer)
    connection = None
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    logging.getLogger("opensearchpy.trace").addHandler(caplog.handler)
    with caplog.at_level(logging.DEBUG):
        connection = connect(server.url)
        with nullcontext() if answer[0] == 200 else pytest.raises(errors.ClusterProblem) as problem:
            connection.ask("GET", "/")
    assert "s3cret" not in (repr([problem.value, problem.value.__cause__]) if problem else "")
    logging.getLogger("opensearchpy.trace").removeHandler(caplog.handler)
    assert server.asked[0][2].get("authorization") == header
    assert caplog.text
    assert not any(part in caplog.text for part in ("s3cret", "bWU6", "ApiKey"))


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        (API_KEY, "s3cret\nX-Other: 1", f"what {API_KEY} has can be no key"),
        (API_KEY, "s3cret鍵", f"what {API_KEY} has can be no key"),
        (CA, "/no/such.pem", f"{CA} names /no/such.pem, and there is no such file"),
    ],
)
def test_environment_that_cannot_be(connect, monkeypatch, name, value, why):
    """It is said which variable it is, before anything is asked."""
    monkeypatch.setenv(name, value)
    with pytest.raises(errors.ClusterError, match="http://a:9200/news cannot do it") as refusal:
        connect("http://a")
    assert why in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("module", "package", "wanting"),
    [
        ("opensearchpy", "opensearch-py", Cluster),
        ("orjson", "orjson", lambda location: OpenSearchSink(location, "news-000001")),
    ],
)
def test_without_a_package(monkeypatch, module, package, wanting):
    """The error names the command that installs it."""
    monkeypatch.setitem(sys.modules, module, None)
    wanted = rf"needs {package}; install it with: pip install 'tongwen\[opensearch\]'"
    with pytest.raises(errors.EngineMissing, match=wanted):
        wanting(located(["http://a"]))


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("status", "answer", "kind", "why", "is_momentary"),
    [
        (401, "Unauthorized", errors.ClusterRefuses, "401", False),
        (403, {"error": {"type": "security_exception", "reason": "no permissions"}}, errors.ClusterForbids, "no perm", False),
        (403, {"error": BLOCKED}, errors.ClusterFull, "index write", False),
        (429, {"error": FLOODED}, errors.ClusterFull, "flood-stage", False),
        (429, {"error": REJECTED}, errors.ClusterBusy, "rejected execution", True),
        (503, {"error": STARTING}, errors.ClusterBroken, "state not recovered", True),
        (503, {"error": SHARDS}, errors.ClusterBroken, "no copy", True),
        (503, "<html>Service Unavailable</html>", errors.ClusterBroken, "503", True),
        (504, {}, errors.ClusterBroken, "504", True),
        (500, {"error": UNCONNECTED}, errors.ClusterBroken, "Node not connected", True),
        (408, {"status": "red", "timed_out": True}, errors.ClusterBroken, "its health is red", False),
        (400, {"error": UNMAPPED}, errors.ClusterError, "value too large", False),
        (404, {"error": GONE}, errors.ClusterError, "no such", False),
        (200, "<html>Welcome to nginx!</html>", errors.ClusterError, "no OpenSearch", False),
        (200, "{", errors.ClusterError, "no OpenSearch", False),
        (200, "Welcome", errors.ClusterError, "no OpenSearch", False),
        (200, "", errors.ClusterError, "no OpenSearch", False),
        (204, "", errors.ClusterError, "no OpenSearch", False),
        (200, '"x"', errors.ClusterError, "no OpenSearch", False),
        (200, [], errors.ClusterError, "no OpenSearch", False),
        (401, ["no"], errors.ClusterError, "no OpenSearch", False),
        (500, '"x"', errors.ClusterError, "no OpenSearch", False),
    ],
)
def test_errors(node, connect, status, answer, kind, why, is_momentary):
    """Each has its class and its reason; only what may go by itself is tried again."""
    server = node((status, answer))
    with pytest.raises(errors.ClusterProblem, match=f"{server.url}/news") as problem:
        connect(server.url).ask("GET", "/x")
    assert type(problem.value) is kind
    assert why in str(problem.value)
    assert (len(server.asked) > 3) == is_momentary
    assert (len(server.asked) == 1) != is_momentary


@pytest.mark.parametrize(
    "wanted",
    [
        lambda index: list(index.all_hits({})),
        lambda index: index.counts([{}]),
        lambda index: index.counts([{}, {}]),
        lambda index: index.frequencies([("words", "水")]),
        lambda index: list(index.terms("words", ["水"])),
        lambda index: index.cluster.bulk([b"a\n"]),
    ],
)
def test_answers_that_lack_what_was_asked(node, connect, wanted):
    """They are JSON, but come from something else."""
    with pytest.raises(errors.ClusterError, match="what answers there is no OpenSearch"):
        wanted(Index(connect(node((200, {"message": "hello"})).url), "news", ["a"]))


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_tried_again(node, connect, status):
    """What fails for the moment is asked until it is answered, after pauses of any length up to one that doubles."""
    server = node(*[(status, {})] * 5, (200, {"x": 1}))
    assert connect(server.url, patience=10).ask("GET", "/x") == {"x": 1}
    assert len(server.asked) == 6
    assert connect.pauses == [(0, 0.1), (0, 0.2), (0, 0.4), (0, 0.8), (0, 1.6)]


def test_absent(node, connect):
    """What is not there may be an answer."""
    server = node((404, {"found": False}))
    assert connect(server.url).ask("GET", "/x", absent={}) == {}
    with pytest.raises(errors.ClusterError):
        connect(server.url).ask("GET", "/x")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1", r"http://127.0.0.1:1/news does not answer \(Failed .*Connection refused\); check the address"),
        ("http://no-such-host.invalid", r"does not answer \(Failed to resolve"),
    ],
)
def test_nobody_answers(connect, url, why):
    """The address is named, and the reason without the library's words around it."""
    with pytest.raises(errors.ClusterSilent, match=why):
        connect(url, patience=0.05).ask("GET", "/")


def test_no_tls(node, connect, monkeypatch):
    """That no secure connection comes about is said at once, and what names the signer."""
    server = node(FINE)
    with pytest.raises(errors.ClusterSilent, match=f"TLS: .*{CA}"):
        connect(server.url.replace("http:", "https:")).ask("GET", "/")
    assert connect.pauses == []


def test_a_node_that_says_nothing(node, connect, monkeypatch):
    """It is given up after some time, and another node is asked."""
    monkeypatch.setattr(cluster, "REQUEST", 0.2)
    silent, speaking = node((200, lambda: time.sleep(1) or {})), node((200, {"x": 1}))
    connection = connect(silent.url, speaking.url, patience=0)
    assert [connection.ask("GET", "/x") for _ in range(3)] == [{"x": 1}] * 3
    assert len(silent.asked) <= 1
    with pytest.raises(errors.ClusterSilent, match="timed out"):
        connect(silent.url, patience=0).ask("GET", "/x")


def test_a_node_that_dies(node, connect):
    """Another one is asked instead."""
    first, second = node((200, {"x": 1})), node((200, {"x": 1}))
    connection = connect(first.url, second.url, patience=0)
    connection.ask("GET", "/x")
    first.stop()
    assert [connection.ask("GET", "/x") for _ in range(5)] == [{"x": 1}] * 5
    assert len(first.asked) + len(second.asked) == 6


def test_closed_while_waiting(node, connect, monkeypatch):
    """Who closes the connection need not wait for who would ask again."""
    monkeypatch.setattr(cluster.random, "uniform", lambda least, most: 60)
    connection, problems = connect(node((503, {})).url, patience=100), []

    def ask():
        try:
            connection.ask("GET", "/x")
        except errors.ClusterBroken as error:
            problems.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not connection._client.transport.connection_pool.connections:
        time.sleep(0.01)
    connection.close()
    thread.join(30)
    assert len(problems) == 1


# ------------------------------------------------------------------------------------------ many things at once


SHARD_GONE = {"error": {"type": "no_shard_available_action_exception", "reason": "No shard available"}}
PARTIAL = {"_shards": {"total": 3, "successful": 2, "skipped": 0, "failed": 0}, "hits": {}}
WHOLE = {"_shards": {"total": 3, "successful": 3, "skipped": 1, "failed": 0}, "hits": {}}


@pytest.mark.parametrize(
    "answer",
    [
        PARTIAL,
        {"responses": [WHOLE, PARTIAL]},
        {"responses": [WHOLE, {"status": 503, **SHARD_GONE}]},
        {"docs": [{}, SHARD_GONE]},
    ],
)
def test_part_of_an_answer_is_none(node, connect, answer):
    """A shard that is nowhere is asked for again; if it does not come, there is no answer rather than half of one."""
    assert connect(node((200, answer), (200, WHOLE)).url, patience=10).ask("GET", "/x", whole=True) == WHOLE
    with pytest.raises(errors.ClusterBroken, match=r"1 of 3 shards do not answer|No shard available"):
        connect(node((200, answer)).url).ask("GET", "/x", whole=True)
    assert connect(node((200, answer)).url).ask("GET", "/x") == answer


def test_one_of_many_is_wrong(node, connect):
    """What will never succeed is not asked for again."""
    server = node((200, {"responses": [WHOLE, {"status": 400, "error": UNMAPPED}]}))
    with pytest.raises(errors.ClusterError, match="value too large"):
        connect(server.url).ask("GET", "/x", whole=True)
    assert len(server.asked) == 1


def test_bulk_writes_again_what_was_refused(node, connect):
    """Only that; and nothing is written to what is no alias."""
    some = [{"index": {"status": 201}}, refused(429, REJECTED), refused(503, LOST), {"delete": {"status": 404}}]
    less = [refused(429, REJECTED), {"index": {"status": 201}}]
    server = node(
        (429, {"error": REJECTED}),
        (200, {"errors": True, "items": some}),
        (200, {"errors": True, "items": less}),
        (200, {"errors": False}),
    )
    connect(server.url, patience=10).bulk([b"a\n", b"b\n", b"c\n", b"d\n"])
    assert [body for _, _, _, body in server.asked] == ["a\nb\nc\nd\n", "a\nb\nc\nd\n", "b\nc\n", "b\n"]
    assert all("require_alias=true" in path for _, path, _, _ in server.asked)


@pytest.mark.parametrize(
    ("status", "error", "kind", "is_momentary"),
    [
        (429, REJECTED, errors.ClusterBusy, True),
        (503, LOST, errors.ClusterBroken, True),
        (400, UNMAPPED, errors.ClusterError, False),
        (403, BLOCKED, errors.ClusterFull, False),
        (429, FLOODED, errors.ClusterFull, False),
        (404, GONE, errors.ClusterError, False),
    ],
)
def test_bulk_gives_up(node, connect, status, error, kind, is_momentary):
    """If one of many cannot be written, that is said; if it may go by itself, after some time."""
    server = node((200, {"errors": True, "items": [{"index": {"status": 201}}, refused(status, error)]}))
    server.answers.append((200, {"errors": True, "items": [refused(status, error)]}))
    with pytest.raises(errors.ClusterProblem) as problem:
        connect(server.url).bulk([b"a\n", b"b\n"])
    assert type(problem.value) is kind
    assert (len(server.asked) > 3) == is_momentary
    assert (len(server.asked) == 1) != is_momentary
