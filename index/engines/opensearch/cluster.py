"""The connection to an OpenSearch cluster: where it is, who we are, how long we wait, and what its errors mean.

Owns opensearch-py, the credentials and the retries; knows neither plans nor passages.  Whatever is asked here may be asked
again: documents have names of our own, so that to write one twice is to write it once.
"""

from __future__ import annotations

import os
import random
import re
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from ...errors import (
    ClusterAddress,
    ClusterBroken,
    ClusterBusy,
    ClusterError,
    ClusterForbids,
    ClusterFull,
    ClusterProblem,
    ClusterRefuses,
    ClusterSilent,
    EngineMissing,
)
from ...frozen import frozen

ENGINE = "opensearch"
"""The engine's name, and that of the extra with the package that it needs."""

USER, PASSWORD, API_KEY, CA = (f"TONGWEN_OPENSEARCH_{name}" for name in ("USER", "PASSWORD", "API_KEY", "CA"))
"""The variables of the environment: a user and a password, or a key; the certificate of who signs the nodes'."""

READING, WRITING = 10.0, 180.0
"""Seconds for which what fails for the moment is tried again: long enough for another node to take the place of a lost one
where something is written, and no longer than somebody waits where something is read."""

REQUEST = 30.0
"""Seconds for one request to be answered."""

PATIENCE = "20s"
"""For how long a node waits for others before it answers that it cannot; less than we wait for it, or that is not heard."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
_MOMENTARY = frozenset((429, 502, 503, 504))
_UNCONNECTED = frozenset(
    f"{what}_exception" for what in ("node_not_connected", "node_disconnected", "node_closed", "connect_transport")
)


@contextmanager
def needing(package: str) -> Iterator[None]:
    """While a package is imported that only this engine needs: raises EngineMissing if it is not there."""
    try:
        yield
    except ImportError:
        raise EngineMissing(ENGINE, package) from None


@frozen
class Location:
    """A cluster, by the addresses of some of its nodes, and the name of an index in it.  Has no credentials."""

    urls: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        return f"{self.urls[0]}/{self.name}"


def located(urls: Sequence[str]) -> Location:
    """What addresses of nodes say; the path of the first is the name of the index, `tongwen` if it has none.

    Raises ClusterAddress.
    """
    nodes, names = list[str](), list[str]()
    for url in urls:
        if "@" in url:  # before anything else looks at it, and says what it saw
            raise ClusterAddress(
                url.rsplit("@", 1)[-1],
                f"others can see what is in a command; put user and password into {USER} and {PASSWORD}",
            )
        try:
            parts = urlsplit(url)
            port = parts.port or 9200
        except ValueError as error:
            raise ClusterAddress(url, str(error)) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ClusterAddress(url, "that is no address of a node")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        nodes.append(f"{parts.scheme}://{host}:{port}")
        names.append(parts.path.strip("/"))
    name = next(filter(None, names), "tongwen")
    if not (name[:1].isalpha() and name.replace("-", "").replace("_", "").isalnum() and name.isascii() and name.islower()):
        raise ClusterAddress(urls[0], f"{name} is no name of an index: small letters a to z, digits, - and _")
    return Location(tuple(nodes), name)


def _headers(where: str) -> dict[str, str]:
    """Who we are, as the environment says; raises ClusterError, which does not quote it."""
    key = os.environ.get(API_KEY, "").strip()
    user, password = (os.environ.get(name, "").rstrip("\r\n") for name in (USER, PASSWORD))
    if not (key.isascii() and (key.isprintable() or not key)):
        raise ClusterError(where, f"what {API_KEY} has can be no key")
    if key:
        return {"Authorization": f"ApiKey {key}"}
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"} if user else {}


def _authority(where: str) -> dict[str, str]:
    """The certificate of who signs the nodes', as the environment says; raises ClusterError."""
    file = os.environ.get(CA, "")
    if file and not os.path.isfile(file):  # noqa: PTH113 - as opensearch-py looks
        raise ClusterError(where, f"{CA} names {file}, and there is no such file")
    return {"ca_certs": file} if file else {}


class _Answer(dict[str, Any]):
    """What a cluster answers; who looks for what every OpenSearch says, and this has not, gets ClusterError."""

    def __init__(self, answer: dict[str, Any], where: str) -> None:
        super().__init__(answer)
        self._where = where

    def __missing__(self, key: str) -> Any:
        raise _no_opensearch(self._where)


def _no_opensearch(where: str) -> ClusterError:
    return ClusterError(where, "what answers there is no OpenSearch")


class Cluster:
    """A connection; may be used by several threads.  `patience` is for how many seconds it tries again."""

    def __init__(self, location: Location, patience: float = READING) -> None:
        with needing("opensearch-py"):
            self._library = import_module("opensearchpy")
        self.location, self.patience, self._closed = location, patience, Event()
        self._client = self._library.OpenSearch(
            list(location.urls),
            max_retries=len(location.urls) - 1,  # so each node is asked once before we wait
            retry_on_timeout=True,
            retry_on_status=(),
            headers=_headers(str(location)),
            **_authority(str(location)),
        )

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; who is waiting to ask once more in another thread gives up."""
        self._closed.set()
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        absent: Any = None,
        whole: bool = False,
        seconds: float = 0,
        **params: object,
    ) -> Any:
        """What the cluster answers, as JSON values; `absent`, if that is given, where it has no such thing.

        If the `whole` is wanted, all shards must answer, and all that is asked at once be answered.  An answer may take so
        many `seconds` (0: as long as any).  Raises ClusterProblem.
        """
        until = time.monotonic() + self.patience
        for attempt in count():
            try:
                answer = self._client.transport.perform_request(
                    method, path, params=dict(params), body=body, timeout=seconds or REQUEST
                )
            except self._library.TransportError as error:
                if error.status_code == 404 and absent is not None:
                    return absent
                if not self._is_momentary(error) or not self._may_ask_again(attempt, until):
                    raise self._problem(error) from error
            except (self._library.SerializationError, AttributeError) as error:
                # The latter if it is an error whose JSON is no mapping: the library takes it for one.
                raise _no_opensearch(str(self.location)) from error
            else:
                if not isinstance(answer, dict):
                    raise _no_opensearch(str(self.location))
                if not whole or not (lack := lacking(answer)):
                    return _Answer(answer, str(self.location))
                status = lack.get("status", 503)
                if not is_momentary(status, lack) or not self._may_ask_again(attempt, until):
                    raise problem(str(self.location), status, lack)
        raise AssertionError("never reached")

    def _may_ask_again(self, attempt: int, until: float) -> bool:
        """Wait a little; False at once if that is longer than until some time, or the connections are closed meanwhile."""
        pause = wait(attempt)
        return time.monotonic() + pause <= until and not self._closed.wait(pause)

    def _is_momentary(self, error: Any) -> bool:
        if isinstance(error, self._library.ConnectionError):
            return not isinstance(error, self._library.SSLError)
        return is_momentary(error.status_code, error.info)

    def _problem(self, error: Any) -> ClusterProblem:
        where = str(self.location)
        if isinstance(error, self._library.SSLError):
            why = f"TLS: {_shortened(error.error)}; if you have signed its certificate yourself, {CA} is to name yours"
            return ClusterSilent(where, why)
        if isinstance(error, self._library.ConnectionError):
            return ClusterSilent(where, _shortened(re.sub(r"^HTTPS?Connection(Pool)?\(.*?\): ", "", str(error.error))))
        return problem(where, error.status_code, error.info)

    def bulk(self, actions: Sequence[bytes]) -> None:
        """Write, each action being its lines; those for which there is no room at the moment once more, a little later.

        What is written to must be an alias, so that nothing comes into being by a mistake.  Raises ClusterProblem; then some
        may have been written.
        """
        wanted = "errors,items.*.status,items.*.error"
        until = time.monotonic() + self.patience
        for attempt in count():
            answer = self.ask("POST", "/_bulk", b"".join(actions), require_alias="true", timeout=PATIENCE, filter_path=wanted)
            if not answer["errors"]:
                return
            results = [next(iter(item.values())) for item in answer["items"]]
            failed = [(action, result) for action, result in zip(actions, results, strict=True) if "error" in result]
            for _, result in failed:
                if not is_momentary(result["status"], result):
                    raise problem(str(self.location), result["status"], result)
            if failed and not self._may_ask_again(attempt, until):
                raise problem(str(self.location), failed[0][1]["status"], failed[0][1])
            actions = [action for action, _ in failed]
            if not actions:
                return


def wait(attempt: int) -> float:
    """Seconds before the next attempt: any number up to one that doubles, so that many do not come back at once.

    See M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015 ("full jitter").
    """
    return random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempt, 20)))  # noqa: S311 - no secret


def is_momentary(status: object, info: object) -> bool:
    """Whether what failed may succeed a little later; a disk that is full stays so, a node that is lost is replaced."""
    kinds = {*_kinds(info)}
    if status == 429 and "cluster_block_exception" in kinds:
        return False
    return status in _MOMENTARY or bool(kinds & _UNCONNECTED)


def lacking(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What is not answered of something that was asked, or of several things at once, as an error; None if nothing.

    A shard that is on no node that runs is no failure for OpenSearch: it does not answer, and what it has is left out.
    """
    for part in (answer, *answer.get("responses", ()), *answer.get("docs", ())):
        if "error" in part:
            return part  # type: ignore[no-any-return]  # JSON
        shards = part.get("_shards", {"successful": 0, "total": 0})
        if shards["successful"] < shards["total"]:
            what = f"{shards['total'] - shards['successful']} of {shards['total']} shards do not answer"
            return {"error": what, "failed_shards": shards.get("failures")}
    return None


def problem(where: str, status: object, info: object) -> ClusterProblem:
    """What a cluster's error means for people."""
    reasons = list(_reasons(info))
    why = _shortened(next((reason for reason in reversed(reasons) if reason), str(status)))
    if status == 408 and isinstance(info, Mapping):  # what was waited for did not come
        why = f"its health is {info.get('status')}"
    kinds = {*_kinds(info)}
    if "maxClauseCount" in why:  # Lucene's, and said in several ways
        return ClusterError(
            where, "the query has too many words for it; leave words out, or let it take more (docs/cluster.md)"
        )
    if status in (401, 403) and "cluster_block_exception" not in kinds:
        return ClusterRefuses(where, why) if status == 401 else ClusterForbids(where, why)
    if "cluster_block_exception" in kinds:
        return ClusterBroken(where, why) if status == 503 else ClusterFull(where, why)
    if status == 429:
        return ClusterBusy(where, why)
    if status in (408, 502, 503, 504) or kinds & _UNCONNECTED:
        return ClusterBroken(where, why)
    return ClusterError(where, why)


def _reasons(info: object) -> Iterator[str]:
    return (str(each.get("reason") or "") for each in _causes(info) if isinstance(each.get("reason"), str))


def _kinds(info: object) -> Iterator[str]:
    return (str(each.get("type") or "") for each in _causes(info))


def _causes(info: object) -> Iterator[Mapping[str, Any]]:
    """An error, what it was caused by, and so on."""
    if not isinstance(info, Mapping):
        return
    if isinstance(error := info.get("error"), Mapping):
        yield from _causes(error)
    elif error:
        yield {"reason": str(error)}
    if "type" in info or "reason" in info:
        yield info
    inner: Iterable[object] = [info.get("caused_by"), *(info.get("root_cause") or ()), *(info.get("failed_shards") or ())]
    for each in inner:
        yield from _causes(each)
    if isinstance(reason := info.get("reason"), Mapping):
        yield from _causes(reason)


def _shortened(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= 200 else line[:199] + "…"
