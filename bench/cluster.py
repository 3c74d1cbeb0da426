"""Measure the engine for clusters on nodes of this machine: indexing, searches, shards; and what larger corpora would need.

    python bench/cluster.py --corpus FOLDER [--shards N,…] [--copies N] [--markdown FILE] [--json FILE]

Starts an OpenSearch node as the tests do (but one that compiles, and clears its memory, as in earnest), indexes the help corpus
into it with each number of shards, and once more several copies of it: what a search costs more there is what it costs a
passage.  The sizing table is worked out from these figures alone and from what `ASSUMED` says; docs/cluster.md has the formula.
`../tests/opensearch_node.py` must be beside this folder.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import table
from peers import pages
from processes import HERE, machine, run, warm

sys.path.insert(0, str(HERE.parent / "tests"))
from opensearch_node import Cluster, ask

ASSUMED = {
    "shard": 40e9,  # bytes of the largest shard: OpenSearch's guide says 10 to 50 GB
    "seconds": 0.5,  # that a search may take in a shard, which is searched by one thread
    "disk": 8e12,  # bytes of disk a node has, of which
    "full": 0.75,  # may be full: the low watermark is 85 %, and merges need room
    "cores": 16,
    "price": 1000,  # euros a month for such a node with 128 GB of memory, rented as a machine of its own
    "replicas": 1,
    "searches": 1,  # a second, all day
}
"""A data node, and how it is used."""

SIZES = {"10 million": 10**7, "1 billion": 10**9, "100 billion": 10**11}
"""Passages that sizes are worked out for."""

WARM_UPS, ROUNDS = 20, 5
"""So often all queries are asked before they are timed, for until then the node compiles what it runs; and so often then."""

BUILDS = 5
"""So often the corpus is indexed before that is timed, for the same reason; and so often then, the median being shown."""

PRUNED = 40
"""Seconds after which a merge leaves out what passages were sent as; until then it is kept for replicas that lag behind."""

BUILD = """
import sys, json
from tongwen.index import build
index, corpus, urls, shards, jobs = json.loads(sys.argv[1])
engine = {"engine": "opensearch", "urls": urls, "shards": shards} if urls else {}
print(build(index, [corpus], jobs=jobs, **engine).passages)
"""

BARE = """
import sys, json, time
from tongwen.index.analysis import Analyser
from tongwen.index.engines.opensearch.cluster import Cluster, located
url, queries = sys.argv[1:]
cluster, analyser, found = Cluster(located([url])), Analyser(), []
for query in 5 * json.load(open(queries)):
    words = " ".join(analyser.words(" ".join(query["parts"])))
    body = {"query": {"match": {"words": words}}, "size": 10, "stored_fields": ["stored"]}
    started = time.perf_counter()
    cluster.ask("POST", f"/{cluster.location.name}/_search", body)
    if query["group"] != "warm-up":
        found.append(1000 * (time.perf_counter() - started))
print(json.dumps(found[-len(found) // 5:]))
"""


def main() -> None:
    """Measure, and print the tables."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as name, Cluster(heap="1g", quick=False) as cluster:
        folder = Path(name)
        found = measure(asked.corpus.resolve(), folder, cluster.urls[0], asked.shards, asked.copies)
    tables = list(as_tables(found))
    sys.stdout.write(table.as_markdown(machine(("tongwen", "opensearch-py")), tables))
    if asked.markdown:
        table.put_into(asked.markdown, "cluster", table.as_markdown(machine(("tongwen", "opensearch-py")), tables))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


def measure(corpus: Path, folder: Path, url: str, shards: list[int], copies: int) -> dict[str, Any]:
    """The embedded engine, and the cluster's with each number of shards, on the same corpus; then on copies of it."""
    queries = folder / "queries.json"
    every = json.loads(run(sys.executable, HERE / "queries.py", corpus).output)
    queries.write_text(json.dumps([each for each in every if each["group"] in ("warm-up", "keywords")]), encoding="utf-8")
    found: dict[str, Any] = {"characters": sum(len(Path(path).read_text(encoding="utf-8")) for path, _ in pages(corpus))}
    for number in range(BUILDS):
        found[f"warm-up {number}"] = indexed(folder, corpus, url, f"warm-up{number}", 1, 2)
    embedded, cluster = list[Any](), list[Any]()
    for number in range(BUILDS):  # in turn, for a machine has its moods
        embedded.append(indexed(folder, corpus, "", f"embedded{number}", 0, 2))
        cluster.append(indexed(folder, corpus, url, f"build{number}", 1, 2))
    found["embedded"], found["cluster"] = map(typical, (embedded, cluster))
    for number in shards:
        found[f"{number} shards"] = indexed(folder, corpus, url, f"help{number}", number, 2) | searched(
            folder, queries, url, number
        )
    found["one process"] = indexed(folder, corpus, url, "one", 1, 1)
    found["bare"] = json.loads(run(sys.executable, "-c", BARE, f"{url}/help{shards[0]}", queries).output)
    found["merged"] = merged(url, f"help{shards[0]}")
    several = folder / "several"
    for number in range(copies):
        shutil.copytree(corpus, several / str(number))
    found["copies"] = indexed(folder, several, url, "help0", 1, 2) | searched(folder, queries, url, 0)
    return found


def typical(runs: list[dict[str, float]]) -> dict[str, float]:
    """The run that took neither longer nor shorter than most."""
    return sorted(runs, key=lambda run: run["wall"])[len(runs) // 2]


def indexed(folder: Path, corpus: Path, url: str, name: str, shards: int, jobs: int) -> dict[str, float]:
    """What indexing took: wall seconds, CPU seconds of our processes and of the node, bytes, passages."""
    before, index = _node_seconds(url), folder / name
    how = json.dumps([str(index), str(corpus), [f"{url}/{name}"] if url else [], shards, jobs])
    done = run(sys.executable, "-c", BUILD, how)
    sizes = ask(f"{url}/{name}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"] if url else _bytes_below(index)
    return {
        "wall": done.wall,
        "cpu": done.cpu,
        "node": _node_seconds(url) - before,
        "bytes": sizes,
        "passages": int(done.output),
    }


def searched(folder: Path, queries: Path, url: str, shards: int) -> dict[str, Any]:
    """What searches took: milliseconds each, to the numbers of the best, and with texts and marks; CPU of the node."""
    index = folder / f"help{shards}"
    # Each query is asked again and again here, and so its counts would come from a cache.
    ask(f"{url}/help{shards}/_settings", {"index.requests.cache.enable": False}, "PUT")
    for _ in range(WARM_UPS):
        warm("ids", index, queries)
    rounds, costs = list[list[float]](), list[float]()
    for _ in range(ROUNDS):
        before = _node_seconds(url)
        rounds.append(warm("ids", index, queries)["ms"])
        costs.append(1000 * (_node_seconds(url) - before) / len(json.loads(queries.read_text(encoding="utf-8"))))
    ids = min(rounds, key=statistics.median)
    return {"ids": ids, "marked": warm("tongwen", index, queries)["ms"], "node_ms": min(costs)}


def merged(url: str, name: str) -> int:
    """The bytes of an index in one segment a shard."""
    time.sleep(PRUNED)
    ask(f"{url}/{name}/_flush", method="POST")
    ask(f"{url}/{name}/_forcemerge?max_num_segments=1", method="POST", timeout=600)
    ask(f"{url}/{name}/_refresh", method="POST")  # what was merged is no longer looked at, and so goes
    time.sleep(1)
    return int(ask(f"{url}/{name}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"])


def _node_seconds(url: str) -> float:
    """CPU seconds of the nodes until now."""
    if not url:
        return 0.0
    nodes = ask(f"{url}/_nodes/stats/process")["nodes"].values()
    return float(sum(node["process"]["cpu"]["total_in_millis"] for node in nodes)) / 1000


def _bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# ------------------------------------------------------------------------------------------ tables


def as_tables(found: dict[str, Any]) -> Iterator[list[tuple[str, ...]]]:
    """Indexing and searching beside the embedded engine; shards; sizes."""
    first = next(key for key in found if key.endswith("shards"))
    one, embedded, built, single = (found[key] for key in (first, "embedded", "cluster", "one process"))
    rows = [
        ("indexing, two processes and the node on one machine", "s", built["wall"], embedded["wall"]),
        ("… the first time after the node began", "s", found["warm-up 0"]["wall"], embedded["wall"]),
        ("… CPU of the indexing processes", "s", built["cpu"], embedded["cpu"]),
        ("… CPU of the node", "s", built["node"], None),
        ("… by one process", "passages/s", single["passages"] / single["wall"], None),
        ("… CPU of an indexing process, a million passages", "s", built["cpu"] / built["passages"] * 1e6, None),
        ("… CPU of nodes, a million passages", "s", built["node"] / built["passages"] * 1e6, None),
        ("index, bytes a character of text", "", one["bytes"] / found["characters"], embedded["bytes"] / found["characters"]),
        ("… merged", "", found["merged"] / found["characters"], embedded["bytes"] / found["characters"]),
        ("… bytes a passage", "", found["merged"] / one["passages"], embedded["bytes"] / one["passages"]),
    ]
    bare = statistics.median(found["bare"])
    rows += [
        ("keywords to the ten best, p50; beside a bare match query", "ms", statistics.median(one["ids"]), bare),
        ("… with texts and marks, p50; beside the same", "ms", statistics.median(one["marked"]), bare),
        ("… p95", "ms", table.percentile(one["ids"], 0.95), table.percentile(found["bare"], 0.95)),
    ]
    yield [("one node", "cluster", "embedded, or a bare match query", "ratio"), *map(_row, rows)]
    yield [
        ("search, all on one node", "passages", "p50", "p95", "CPU of the node a search"),
        *(
            (
                "1 shard, several copies" if key == "copies" else key,
                f"{each['passages']:,}",
                f"{statistics.median(each['ids']):.1f} ms",
                f"{table.percentile(each['ids'], 0.95):.1f} ms",
                f"{each['node_ms']:.1f} ms",
            )
            for key, each in found.items()
            if key.endswith("shards") or key == "copies"
        ),
    ]
    heads = "passages", "shards", "disk", "nodes for that", "CPU of a search", "nodes for one a second", "a month", "a search"
    yield [(*heads, "processes that index it in a week"), *sizes(found)]


def _row(row: tuple[str, str, float, float | None]) -> tuple[str, ...]:
    name, unit, ours, other = row
    return name, f"{ours:.3g} {unit}", f"{other:.3g} {unit}" if other else "", f"{ours / other:.2f}" if other else ""


def per_passage(found: dict[str, Any]) -> float:
    """CPU milliseconds that a search costs a node for each passage there is: what several copies cost more than one."""
    first = next(key for key in found if key.endswith("shards"))
    more = found["copies"]["passages"] - found[first]["passages"]
    return max(0.0, found["copies"]["node_ms"] - found[first]["node_ms"]) / more


def per_shard(found: dict[str, Any]) -> float:
    """CPU milliseconds that a search costs for each shard it goes to, from the fewest to the most shards of the same corpus."""
    (few, first), *_, (many, last) = [(int(key.split()[0]), each) for key, each in found.items() if key.endswith("shards")]
    return max(0.0, last["node_ms"] - first["node_ms"]) / (many - few)


def sizes(found: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """What corpora of some sizes need: docs/cluster.md has the formula in words."""
    first, single = found[next(key for key in found if key.endswith("shards"))], found["one process"]
    for name, passages in SIZES.items():
        data = passages * found["merged"] / first["passages"]
        scoring = per_passage(found) * passages / 1000  # seconds of one core
        shards = max(math.ceil(data / ASSUMED["shard"]), math.ceil(scoring / ASSUMED["seconds"]))
        cost = scoring + per_shard(found) * shards / 1000
        disk = data * (1 + ASSUMED["replicas"])
        for_disk = max(3, math.ceil(disk / (ASSUMED["disk"] * ASSUMED["full"])))
        nodes = max(for_disk, math.ceil(cost * ASSUMED["searches"] / ASSUMED["cores"]))
        alone = max(scoring / shards, cost / nodes / ASSUMED["cores"])
        processes = math.ceil(passages / (single["passages"] / single["wall"]) / (7 * 86400))
        yield (
            name,
            f"{shards:,}",
            f"{disk / 1e12:,.3g} TB",
            f"{for_disk:,}",
            f"{cost:,.2g} s",
            f"{nodes:,}",
            f"{nodes * ASSUMED['price']:,} €",
            f"{alone:,.2g} s",
            f"{processes:,}",
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the engine for clusters on nodes of this machine.")
    parser.add_argument("--corpus", type=Path, required=True, help="the help corpus")
    parser.add_argument("--shards", type=lambda text: list(map(int, text.split(","))), default=[1, 4, 16], metavar="N,…")
    parser.add_argument("--copies", type=int, default=8, metavar="N", help="how many copies of the corpus are indexed at last")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the tables into a file, between its markers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    return parser.parse_args()


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    sys.stderr.write(f"{time.perf_counter() - started:.0f} s\n")
