"""A real OpenSearch on this machine, for tests: one node or a cluster of them, each a process of its own.

Needs Java 17 or newer; the first time also its compiler and Maven, which fetches the libraries (95 MB). No root, no container.
`python tests/opensearch_node.py --nodes 3` starts three nodes, prints where they answer, one line each, and stays until Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

# Not where caches are by now: of the tests each run has a new folder for them (see conftest.py).
_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
CACHE = Path(os.environ.get("TONGWEN_TESTS_CACHE") or _CACHES / "tongwen-tests")
POM = Path(__file__).with_name("opensearch") / "pom.xml"
LAUNCHER = POM.with_name("Launcher.java")
OLDEST_JAVA = 17
PATIENCE = 120  # seconds: a node starts in six or seven where nothing else is to be done
DIRECT = build_opener(ProxyHandler({}))  # nodes are on this machine, no proxy knows them
JVM = ["-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError", "-Dlog4j2.level=INFO"]
QUICK = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # compiles little, and so starts sooner
USUAL = ["-XX:+UseG1GC", "-XX:G1ReservePercent=25", "-XX:InitiatingHeapOccupancyPercent=30"]  # as in OpenSearch's own settings
SECURITY = "security"  # the folder among the libraries with those of the security plugin
SETTINGS = {
    "cluster.name": "tongwen-tests",
    "network.host": "127.0.0.1",
    "node.processors": "2",
    "cluster.routing.allocation.disk.threshold_enabled": "false",  # a full disk of the machine is not what is tested
}


@cache
def unavailable() -> str:
    """Why no node can be started here, "" if one can; fetches what is needed, if it is not there yet."""
    try:
        found = re.search(r'version "((\d+)[^"]*)"', _output(["java", "-version"]))
        if not found or int(found[2]) < OLDEST_JAVA:
            return f"Java {OLDEST_JAVA} or newer is needed, not {found[1] if found else 'one that does not say its version'}"
        jars()
    except (OSError, RuntimeError) as error:
        return str(error)
    return ""


def version() -> str:
    """The version of OpenSearch."""
    found = re.search("<opensearch.version>(.+)</", POM.read_text())
    assert found, f"{POM} names no version"
    return found[1]


def jars() -> Path:
    """The folder with the libraries and the compiled launcher, made at the first call; it is there whole or not at all.

    Raises `RuntimeError` with what Maven or the compiler says, `OSError` if the cache cannot be written.
    """
    made_of = hashlib.sha256(POM.read_bytes() + LAUNCHER.read_bytes()).hexdigest()[:8]
    target = CACHE / f"opensearch-{version()}-{made_of}"
    if target.is_dir():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="unfinished-", dir=CACHE) as folder:
        unfinished = Path(folder) / "jars"
        copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={unfinished}"]
        _output(["mvn", "--batch-mode", "--quiet", "--file", str(POM), *copy])
        for archive in unfinished.glob("*.zip"):
            shutil.unpack_archive(archive, unfinished / SECURITY)
            archive.unlink()
        _output(["javac", "-cp", f"{unfinished}/*", "-d", str(unfinished), str(LAUNCHER)])
        try:
            unfinished.rename(target)
        except OSError:
            if not target.is_dir():  # if it is, somebody else was faster
                raise
    return target


def ask(url: str, body: object = None, method: str | None = None, timeout: float = 30, opener: OpenerDirector = DIRECT) -> Any:
    """What a node answers, read from JSON; `body` is sent as JSON too, text as it stands. GET without a body, else POST.

    Raises `RuntimeError` with the answer if that is an error, `OSError` if there is none in `timeout` seconds.
    """
    data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310  # our own nodes
    try:
        with opener.open(request, timeout=timeout) as answer:
            return json.load(answer)
    except HTTPError as error:
        with error:
            raise RuntimeError(f"{request.get_method()} {url}: {error.code} {error.read().decode()}") from None


class Cluster:
    """Nodes with no data yet, numbered from 0: a context manager, in which all have joined and answer.

    `urls` says where, by number; it stays true when a node is killed and started again. All methods raise `RuntimeError`
    with the end of a node's log if that node has ended by itself or is not ready within `PATIENCE` seconds.
    They start sooner if they are `quick`; nodes whose speed is measured should not be.
    """

    def __init__(self, nodes: int = 1, heap: str = "512m", *, quick: bool = True) -> None:
        self._heap, self._jvm = heap, [*JVM, *(QUICK if quick else USUAL)]
        self._folder = TemporaryDirectory(prefix="tongwen-opensearch-", ignore_cleanup_errors=True)
        self._held = [(_held_port(), _held_port()) for _ in range(nodes)]
        self._ports = [(http.getsockname()[1], transport.getsockname()[1]) for http, transport in self._held]
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._classes = ["", "/*"]  # behind the folder's name: the launcher, the libraries
        self._opener = DIRECT
        self.urls = [f"http://127.0.0.1:{http}" for http, _ in self._ports]

    def __enter__(self) -> Cluster:
        try:
            if sys.platform != "linux":  # elsewhere nobody else can bind what we hold, not even the nodes
                self._let_ports_go()
            self.start(*range(len(self.urls)))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for number in list(self._running):
            self.kill(number)
        self._let_ports_go()
        self._folder.cleanup()

    def start(self, *numbers: int, status: str = "green") -> None:
        """Killed nodes again, with their data, until the health is `status`; more than half of all must then run."""
        for number in numbers:
            self._launch(number)
        self.wait(status)

    def kill(self, number: int) -> None:
        """End a node at once, as `kill -9` does; what it stored stays."""
        process = self._running.pop(number)
        process.kill()
        process.wait(PATIENCE)
        assert process.stdin
        process.stdin.close()

    def pause(self, number: int) -> None:
        """Stop a node: it stays connected and says nothing. Until it is resumed nothing but `kill` ends it."""
        self._running[number].send_signal(signal.SIGSTOP)

    def resume(self, number: int) -> None:
        """Let a paused node go on."""
        self._running[number].send_signal(signal.SIGCONT)

    def wait(self, status: str = "green") -> None:
        """Until the cluster consists of all nodes that run, none of them paused, and its health is `status` or better."""
        until = time.monotonic() + PATIENCE
        wanted = f"wait_for_nodes={len(self._running)}&wait_for_status={status}&timeout=1s"
        while True:
            try:
                ask(f"{self.urls[min(self._running)]}/_cluster/health?{wanted}", opener=self._opener)
            except (OSError, RuntimeError) as error:  # nobody listens yet, or the health is not what is wanted
                for number, process in self._running.items():
                    if process.poll() is not None:
                        raise RuntimeError(f"node {number} ended with {process.returncode}:\n{self._log(number)}") from None
                if time.monotonic() > until:
                    logs = "\n".join(map(self._log, self._running))
                    raise RuntimeError(f"the cluster is not {status} after {PATIENCE} seconds: {error}\n{logs}") from None
                time.sleep(0.1)
            else:
                return

    def _launch(self, number: int) -> None:
        home = self._home(number)
        home.mkdir(exist_ok=True)
        classes = ":".join(f"{jars()}{each}" for each in self._classes)
        jvm = [f"-Xms{self._heap}", f"-Xmx{self._heap}", *self._jvm, f"-Djava.io.tmpdir={home}", "-cp", classes]
        with (home / "node.log").open("ab") as log:
            self._running[number] = subprocess.Popen(
                ["java", *jvm, "Launcher", *(f"{name}={value}" for name, value in self._settings(number).items())],
                stdin=subprocess.PIPE,  # it ends when we do: the launcher listens
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=home,
                start_new_session=True,  # Ctrl-C is for us, who then end it
            )

    def _settings(self, number: int) -> dict[str, str]:
        http, transport = self._ports[number]
        home = self._home(number)
        own = {"node.name": home.name, "path.home": str(home), "http.port": str(http), "transport.port": str(transport)}
        return SETTINGS | own | self._discovery()

    def _discovery(self) -> dict[str, str]:
        if len(self._ports) == 1:
            return {"discovery.type": "single-node"}
        return {
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{transport}" for _, transport in self._ports),
            "cluster.initial_cluster_manager_nodes": ",".join(self._home(number).name for number in range(len(self._ports))),
        }

    def _home(self, number: int) -> Path:
        return Path(self._folder.name) / f"node-{number}"

    def _log(self, number: int) -> str:
        return _end((self._home(number) / "node.log").read_text(errors="replace"))

    def _let_ports_go(self) -> None:
        for held in self._held:
            for port in held:
                port.close()


def _held_port() -> socket.socket:
    """A free port, held as long as this socket is open: the system gives it to nobody who asks for any free one.

    Bound, but not listening, it leaves it to who asks for this very port, as the node does, also the second time.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def _output(command: list[str]) -> str:
    """What a command says; `RuntimeError` if it is not there, fails or takes ten minutes."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        raise RuntimeError(f"{command[0]} fails:\n{_end(done.stdout)}")
    return done.stdout


def _end(text: str) -> str:
    return "\n".join(text.splitlines()[-30:])


def main() -> None:
    """Run nodes until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Start OpenSearch for tests and say where it answers, until Ctrl-C.")
    parser.add_argument("--nodes", type=int, default=1, help="how many (default: 1)")
    parser.add_argument("--heap", default="512m", help="the memory of each for Java's objects (default: 512m)")
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(reason)
    with contextlib.suppress(KeyboardInterrupt), Cluster(options.nodes, options.heap) as cluster:
        sys.stdout.write("".join(f"{url}\n" for url in cluster.urls))
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
