"""The connection to an OpenSearch cluster: where it is, who we are, how long we wait, and what its errors mean.

Owns opensearch-py, the credentials and the retries; knows neither plans nor passages.  Whatever is asked here may be asked
again: documents have names of our own, so that to write one twice is to write it once.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from ..errors import (
    ClusterAddress,
    ClusterBroken,
    ClusterBusy,
    ClusterError,
    ClusterFull,
    ClusterProblem,
    ClusterRefuses,
    ClusterSilent,
    EngineMissing,
)
from ..frozen import frozen

ENGINE = "opensearch"
"""The engine's name, and that of the extra with the package that it needs."""

USER, PASSWORD, API_KEY, CA = (f"TONGWEN_OPENSEARCH_{name}" for name in ("USER", "PASSWORD", "API_KEY", "CA"))
"""The variables of the environment: a user and a password, or a key; the certificate of who signs the nodes'."""

READING, WRITING = 10.0, 180.0
"""Seconds for which what fails for the moment is tried again: long enough for another node to take the place of a lost one
where something is written, and no longer than somebody waits where something is read."""

REQUEST = 30.0
"""Seconds for one request to be answered."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
_MOMENTARY = frozenset((429, 502, 503, 504))


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
        shown = url.rsplit("@", 1)[-1]
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 9200, "https": 9200}.get(parts.scheme)
        except ValueError as error:
            raise ClusterAddress(shown, str(error)) from None
        if parts.username or parts.password:
            raise ClusterAddress(
                shown, f"others can see what is in a command; put user and password into {USER} and {PASSWORD}"
            )
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ClusterAddress(shown, "that is no address of a node")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        nodes.append(f"{parts.scheme}://{host}:{port}")
        names.append(parts.path.strip("/"))
    name = next(filter(None, names), "tongwen")
    if not (name[:1].isalpha() and name.replace("-", "").replace("_", "").isalnum() and name.isascii() and name.islower()):
        raise ClusterAddress(urls[0], f"{name} is no name of an index: small letters a to z, digits, - and _")
    return Location(tuple(nodes), name)


def _credentials() -> dict[str, Any]:
    """What the environment says of who we are, as opensearch-py wants it."""
    key, user, password = (os.environ.get(name, "") for name in (API_KEY, USER, PASSWORD))
    how: dict[str, Any] = {"ca_certs": os.environ[CA]} if os.environ.get(CA) else {}
    if key:
        return how | {"headers": {"Authorization": f"ApiKey {key}"}}
    return how | ({"http_auth": (user, password)} if user else {})


class Cluster:
    """A connection; may be used by several threads.  `patience` is for how many seconds it tries again."""

    def __init__(self, location: Location, patience: float = READING) -> None:
        try:
            self._library = import_module("opensearchpy")
        except ImportError:
            raise EngineMissing(ENGINE, "opensearch-py") from None
        self.location, self.patience = location, patience
        try:
            self._client = self._library.OpenSearch(
                list(location.urls),
                timeout=REQUEST,
                max_retries=len(location.urls) - 1,
                retry_on_status=(),
                **_credentials(),
            )
        except (OSError, ValueError) as error:
            raise ClusterAddress(str(location), f"no connection can be made: {error}") from error

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, method: str, path: str, body: object = None, *, absent: Any = None, **params: object) -> Any:
        """What the cluster answers, as JSON values; `absent`, if that is given, where it has no such thing.

        Raises ClusterProblem.
        """
        until = time.monotonic() + self.patience
        for attempt in count():
            try:
                return self._client.transport.perform_request(method, path, params=dict(params), body=body)
            except self._library.TransportError as error:
                if error.status_code == 404 and absent is not None:
                    return absent
                pause = wait(attempt)
                if not self._is_momentary(error) or time.monotonic() + pause > until:
                    raise self._problem(error) from error
                time.sleep(pause)
        raise AssertionError("never reached")

    def _is_momentary(self, error: Any) -> bool:
        return isinstance(error, self._library.ConnectionError) or error.status_code in _MOMENTARY

    def _problem(self, error: Any) -> ClusterProblem:
        where = str(self.location)
        if isinstance(error, self._library.ConnectionError):
            return ClusterSilent(where, _shortened(error.error))
        return problem(where, error.status_code, error.info)

    def check(self, answer: Mapping[str, Any]) -> None:
        """Raise what went wrong with one of several things that were asked at once."""
        if "error" in answer:
            raise problem(str(self.location), answer.get("status"), answer)

    def bulk(self, actions: Sequence[bytes]) -> None:
        """Write, each action being its lines; those for which there is no room at the moment once more, a little later.

        Raises ClusterProblem; then some may have been written.
        """
        until = time.monotonic() + self.patience
        for attempt in count():
            answer = self.ask("POST", "/_bulk", b"".join(actions), filter_path="errors,items.*.status,items.*.error")
            if not answer["errors"]:
                return
            results = [next(iter(item.values())) for item in answer["items"]]
            left = [action for action, result in zip(actions, results, strict=True) if result["status"] in _MOMENTARY]
            for result in results:
                if result["status"] >= 300 and result["status"] not in (404, *_MOMENTARY):  # 404: deleted already
                    raise problem(str(self.location), result["status"], {"error": result.get("error", {})})
            if not left:
                return
            pause = wait(attempt)
            if time.monotonic() + pause > until:
                refused = next(result for result in results if result["status"] in _MOMENTARY)
                raise problem(str(self.location), refused["status"], {"error": refused.get("error", {})})
            actions = left
            time.sleep(pause)


def wait(attempt: int) -> float:
    """Seconds before the next attempt: any number up to one that doubles, so that many do not come back at once.

    See M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015 ("full jitter").
    """
    return random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))  # noqa: S311 - no secret


def problem(where: str, status: object, info: object) -> ClusterProblem:
    """What a cluster's error means for people."""
    reasons = list(_reasons(info))
    why = _shortened(next((reason for reason in reversed(reasons) if reason), str(status)))
    kinds = {kind for kind in _kinds(info) if kind}
    if status in (401, 403) and "cluster_block_exception" not in kinds:
        return ClusterRefuses(where, why)
    if "cluster_block_exception" in kinds:
        return ClusterBroken(where, why) if status == 503 else ClusterFull(where, why)
    if status == 429:
        return ClusterBusy(where, why)
    if status in (502, 503, 504):
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
