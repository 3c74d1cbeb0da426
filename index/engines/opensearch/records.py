"""What a cluster says of an index: where it is, the manifest of the generation that answers, the records of its files.

Owns how these are kept, but not in which order they are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...errors import ClusterAddress
from ...generation import FileRecord, Manifest
from . import units
from .cluster import ENGINE, Cluster, Location
from .queries import Query, a_term, any_of, constant
from .requests import hits_of

FILES = "-files"
"""What the name of a generation's index with its manifest and the records of its files ends in."""


def location_of(here: Manifest) -> Location:
    """Where the cluster is, by the manifest that is kept in a folder; raises ClusterAddress if it does not say."""
    if not here.own:
        raise ClusterAddress("no --url", "the engine opensearch needs to know where its cluster is")
    return Location(tuple(here.own["urls"]), here.own["name"])


def remote_manifest(cluster: Cluster) -> Manifest | None:
    """What the cluster says of the generation that answers; None if there is none.  `own` has what only this engine knows."""
    name = cluster.location.name
    found = cluster.ask("GET", f"/{name}{FILES}/_doc/manifest", absent={})
    if not found.get("found"):
        return None
    kept, index = found["_source"]["manifest"], found["_index"].removesuffix(FILES)
    own = {key: kept[key] for key in ("mean_length", "routings", "deleted", "machines", "dictionary")}
    return Manifest(
        generation=int(index.removeprefix(f"{name}-")),
        engine=ENGINE,
        own=own | {"index": index},
        **{key: kept[key] for key in ("format", "analysis", "created", "documents", "passages")},
    )


def deleted_share(cluster: Cluster, index: str) -> float:
    """The share of the passages in a generation that are deleted, and not merged away."""
    docs = cluster.ask("GET", f"/{index}/_stats/docs")["_all"]["primaries"]["docs"]
    return float(docs["deleted"] / max(1, docs["deleted"] + docs["count"]))


def files_below(cluster: Cluster, index: str, roots: Iterable[str]) -> dict[str, FileRecord]:
    """What is known in a generation of the files below some paths."""
    below: list[Query] = []
    for root in map(units.storable, roots):
        below += [a_term("path", root), {"prefix": {"path": root.rstrip("/") + "/"}}]
    hits = hits_of(cluster, f"{index}{FILES}", {"query": constant(any_of(below), 1.0), "sort": ["path"]})
    records = (_record(index, hit["_source"]) for hit in hits)
    return {record.path: record for record in records}


def _record(index: str, source: dict[str, Any]) -> FileRecord:
    """What is known of a file; if its passages were being written, how many there may be, and that it is to be read again."""
    kept = source["record"]
    values: list[Any] = [units.restored(each) if isinstance(each, str) else each for each in kept.get("of", ())]
    known = FileRecord(*values) if values else None
    if "writing" not in kept and known:
        return known
    most = max(kept["writing"], known.document if known else 0)
    return FileRecord(units.restored(source["path"]), -1, -1, segment=index, document=most)
