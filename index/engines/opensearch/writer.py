"""The engine for many machines, written: documents into a cluster, and generations behind an alias.

Owns the order in which things are written, and who may write.  Of an index `news` there are

    news-000001          its passages, `news` being the alias of the generation that answers
    news-000001-files    a record of each file, and the manifest; its alias is `news-files`
    news-000001-in       the alias through which alone passages are written, as is `-files-in`: so nothing is made by mistake

A passage is named by its document's path and its number.  So to write it again is to replace it, and a job that was killed is
done again from where it was: the record of a file says that its passages are being written before they are, and what is known
of it when they are safe, and not before.  Several machines may write parts of one index at once; each keeps in its own folder
where the index is, and which paths it has read.

A generation's manifest has the sources of each machine (`machines`), and which of them are at work or were killed at it, with
the time of their last sign of life (`writing`).  Who updates says so before looking whether somebody rebuilds, who rebuilds
before looking whether others have documents there: so one of two that begin at once sees the other.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ... import generation
from ...errors import (
    ClusterAddress,
    ClusterBroken,
    ClusterError,
    ClusterProblem,
    IndexDamaged,
    IndexLocked,
    IndexNotFound,
    IndexOutdated,
)
from ...frozen import replace
from ...generation import FileRecord, Manifest
from ...model import Analysed, Document, Heading
from ...reports import Step
from ..base import Sink, Target, Writer
from . import units
from .cluster import ENGINE, PATIENCE, WRITING, Cluster, Location, located
from .kept import ANALYSIS, MAPPING, SIMILARITY
from .queries import LONGEST_PATTERN, Query
from .records import FILES, deleted_share, files_below, location_of, remote_manifest
from .sink import OpenSearchSink

RECORDS = 1000
"""So many records of files are sent at once."""

BEAT = 600
"""Seconds without a sign of life after which a rebuild is taken to be dead."""

OFTEN = 60
"""Seconds after which records are sent, and a sign of life, however few they are."""

_SETTINGS: Query = {
    "index": {
        "refresh_interval": -1,  # what is written is seen when a job commits it
        "auto_expand_replicas": "0-1",
        "max_regex_length": LONGEST_PATTERN,
        "merge.policy.expunge_deletes_allowed": 1,  # percent: statistics count what is deleted until it is merged away
        "similarity": SIMILARITY,
        "analysis": ANALYSIS,
    }
}

_FILE_MAPPING: Query = {
    "dynamic": "strict",
    "properties": {
        "path": {"type": "keyword"},
        "passages": {"type": "integer"},
        "record": {"type": "object", "enabled": False},
        "manifest": {"type": "object", "enabled": False},
    },
}


def sink_of(urls: list[str], name: str, index: str) -> Sink:
    """What a helper puts documents into; see `OpenSearchWriter.helper`."""
    return OpenSearchSink(Location(tuple(urls), name), index)


@contextmanager
def writing(index_dir: Path, rebuild: bool, target: Target) -> Iterator[Writer]:
    """Hold an index in a cluster for writing; the folder keeps where it is.  Other machines may write, too.

    Raises ClusterProblem, IndexLocked if somebody rebuilds it, IndexNotFound if there is nothing to rebuild.
    """
    with generation.writing(index_dir) as held:
        here = generation.read_manifest_of_any_format(index_dir) if generation.exists(index_dir) else None
        location = located(target.urls) if target.urls else location_of(here or Manifest())
        if here and here.own and location.name != here.own["name"]:
            what = f"the index of {index_dir} is {here.own['name']}; name another folder with --index, or that index"
            raise ClusterAddress(str(location), what)
        with Cluster(location, WRITING) as cluster:
            writer = OpenSearchWriter(held, here or Manifest(engine=ENGINE), cluster, rebuild, target.shards)
            try:
                writer.begin()
                yield writer
            finally:
                writer.close()


class OpenSearchWriter:
    """An index in a cluster being written by one machine."""

    def __init__(self, held: generation.Writer, here: Manifest, cluster: Cluster, rebuild: bool, shards: int) -> None:
        self._held, self._here, self._cluster, self._rebuild, self._shards = held, here, cluster, rebuild, shards
        self.lock, self._location = held.lock, cluster.location
        self._machine = units.storable(f"{os.uname().nodename}:{held.index_dir.absolute()}")
        self._there = remote_manifest(cluster)
        if rebuild and self._there is None:
            raise IndexNotFound(str(self._location))
        self._current = self._there.generation if self._there else 0
        self.generation = self._current + 1 if rebuild or not self._there else self._current
        self.index = f"{self._location.name}-{self.generation:06}"
        self.manifest = self._built_upon(self._there)
        self.sink = OpenSearchSink(self._location, self.index)
        self._before: Mapping[str, Any] | None = None
        self._is_safe_to_remove = rebuild
        self._noted, self._due = dict[str, FileRecord | None](), time.monotonic() + OFTEN

    def _built_upon(self, there: Manifest | None) -> Manifest:
        mine = replace(self._here, engine=ENGINE, created="", documents=0, passages=0, generation=self.generation)
        if there is None or self._rebuild:
            return mine
        return replace(mine, analysis=there.analysis, created=there.created, documents=there.documents, passages=there.passages)

    def begin(self) -> None:
        """Say in the cluster that this machine writes; raises ClusterProblem, IndexLocked."""
        self._refuse_foreign()
        self._refuse_while_rebuilt()
        if self._rebuild:
            self._refuse_other_machines()
            self._clean()
        self._create()
        self._before = self._amend(self._at_work)
        if self._rebuild:
            self._refuse_other_machines()
        else:
            self._refuse_while_rebuilt()
            self._refuse_if_rebuilt()
            self._clean()  # not sooner: what follows the current generation could be what answers by now
        if self._machine in self._before.get("writing", ()):
            self.manifest = replace(self.manifest, lexicon="")  # a job came to no end: commit, even if nothing is left to do

    def _at_work(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest with a sign of life of this machine."""
        machines = {self._machine: []} | kept.get("machines", {})
        return {**kept, "machines": machines, "writing": kept.get("writing", {}) | {self._machine: time.time()}}

    def _done(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest without a sign of life of this machine."""
        return {**kept, "writing": {machine: beat for machine, beat in kept["writing"].items() if machine != self._machine}}

    def _as_before(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest as if this machine had not begun."""
        before = self._before or {}
        parts = {key: {**kept.get(key, {})} for key in ("machines", "writing")}
        for key, part in parts.items():
            part.pop(self._machine, None)
            part |= {machine: was for machine, was in before.get(key, {}).items() if machine == self._machine}
        return {**kept, **parts}

    def close(self) -> None:
        """Close the connections; of a rebuild that came to nothing nothing stays, nor of a job that wrote nothing."""
        self.sink.abandon()
        self._cluster.patience = 0
        with suppress(ClusterProblem):  # what stays is removed by the next job
            if self._is_safe_to_remove:
                self._remove(self.index)
            elif self._before is not None and not self.sink.has_acted:
                self._amend(self._as_before)
                if not self._there and not self._before.get("machines"):
                    self._remove(self.index)

    # -------------------------------------------------------------------------------------- generations

    def _refuse_other_machines(self) -> None:
        """Raise ClusterError if documents of others are in the index: they would not be in a new generation."""
        there = remote_manifest(self._cluster)
        if others := {*(there.own["machines"] if there else ())} - {self._machine}:
            what = f"documents of other machines are in it, too ({', '.join(sorted(others))})"
            raise ClusterError(str(self._location), f"{what}; index them all under another name, then use that")

    def _refuse_while_rebuilt(self) -> None:
        """Raise IndexLocked if somebody is making the next generation; what this machine made, it does no more."""
        following = f"/{self._location.name}-{self._current + 1:06}{FILES}/_doc/manifest"
        kept = self._cluster.ask("GET", following, absent={}).get("_source", {}).get("manifest", {}) if self._there else {}
        for machine, beat in kept.get("writing", {}).items():
            if machine != self._machine and time.time() - beat < BEAT:
                raise IndexLocked(str(self._location), f"a rebuild of {machine}")

    def _refuse_if_rebuilt(self) -> None:
        """Raise ClusterError if the generation that answers is another one than when this job began."""
        now = remote_manifest(self._cluster)
        if (now.generation if now else 0) not in (self._current, self.generation):
            raise ClusterError(str(self._location), "it was rebuilt by another machine meanwhile; run the command again")

    def _refuse_foreign(self) -> None:
        """Raise ClusterError if what has the names of this index is somebody else's."""
        for name in (self._location.name, self.index):
            for index, made in self._mappings(f"{name},{name}{FILES}").items():
                if not self._is_ours(made):
                    what = f"there is an index {index} already, which is not tongwen's"
                    raise ClusterError(str(self._location), f"{what}; say another name behind the address of --url")

    def _mappings(self, pattern: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._cluster.ask("GET", f"/{pattern}/_mapping", ignore_unavailable="true", absent={})
        return answer

    def _is_ours(self, made: Any) -> bool:
        return bool(made["mappings"].get("_meta", {}).get("tongwen") == self._location.name)

    def _clean(self) -> None:
        """Remove the generations before the current one, and what is left of a rebuild that died."""
        kept = {self._current} if self._rebuild else {self._current, self.generation}
        for index, made in self._mappings(f"{self._location.name}-0*").items() if self._there else ():
            number = index.removeprefix(f"{self._location.name}-").removesuffix(FILES)
            if self._is_ours(made) and number.isdecimal() and int(number) not in kept:
                self._cluster.ask("DELETE", f"/{index}", absent={})

    def _remove(self, index: str) -> None:
        for suffix in ("", FILES):
            self._cluster.ask("DELETE", f"/{index}{suffix}", absent={})

    def _create(self) -> None:
        """The indices of this generation, unless they are there."""
        old = self._there.own["routings"] if self._there else ()
        shards = {"index": {"number_of_shards": self._shards or max(1, len(old))}}
        for suffix, fields, settings, own in (
            (FILES, _FILE_MAPPING, {"index": {"refresh_interval": -1, "auto_expand_replicas": "0-1"}}, {}),
            ("", MAPPING, _SETTINGS, {"settings": shards}),
        ):
            index = self.index + suffix
            if made := self._cluster.ask("GET", f"/{index}", absent={}):
                number = int(made[index]["settings"]["index"]["number_of_shards"])
                if own and self._shards not in (0, number):
                    what = f"it is kept in {number} shards; leave out --shards, then: tongwen rebuild --shards {self._shards}"
                    raise ClusterError(str(self._location), what)
                continue
            mapping = fields | {"_meta": {"tongwen": self._location.name}}
            template = {"index_patterns": [index], "priority": 500, "template": {"settings": settings, "mappings": mapping}}
            self._cluster.ask("PUT", f"/_index_template/tongwen-{self._location.name}{suffix}", template)
            try:
                self._cluster.ask("PUT", f"/{index}", {**own, "aliases": {f"{index}-in": {}}})
            except ClusterError as error:  # another machine was faster, or the answer to our first try was lost
                if "already exists" not in str(error):
                    raise

    def _amend(self, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Mapping[str, Any]:
        """Change the manifest in the cluster, whatever other machines do at the same time; it is given as it was before.

        What `change` works out is of the time after it was given the manifest, or it is called once more.
        """
        path = f"/{self.index}{FILES}-in/_doc/manifest"
        while True:
            known = self._cluster.ask("GET", path, absent={})
            kept: Mapping[str, Any] = known.get("_source", {}).get("manifest", {})
            if known.get("found"):
                only_if: dict[str, Any] = {"if_seq_no": known["_seq_no"], "if_primary_term": known["_primary_term"]}
            else:
                only_if = {"op_type": "create"}
            try:
                self._cluster.ask("PUT", path, {"manifest": change(kept)}, require_alias="true", **only_if)
            except ClusterError as error:
                if "version conflict" not in str(error):
                    raise
                continue  # another machine was faster
            return kept

    # -------------------------------------------------------------------------------------- what is there

    def dictionary(self) -> str:
        """The user's dictionary that the index was made with."""
        return str(self._there.own.get("dictionary", "")) if self._there else ""

    def files(self, roots: Collection[str]) -> dict[str, FileRecord]:
        """What is known of the files below some paths; in a rebuild, of those of the generation before."""
        if self._rebuild and self._there:
            return files_below(self._cluster, self._there.own["index"], roots)
        self._cluster.ask("POST", f"/{self.index}{FILES}/_refresh")  # records of a job that was killed, too
        return files_below(self._cluster, self.index, roots)

    def check(self) -> None:
        """Raise ClusterBroken if some of the index is on no node, and does not come within some seconds."""
        both = f"{self.index},{self.index}{FILES}"
        self._cluster.ask("GET", f"/_cluster/health/{both}", wait_for_status="yellow", timeout=PATIENCE)

    def stored(self, record: FileRecord) -> Document:
        """What came from standard input, as it was added; raises IndexDamaged."""
        answer = self._cluster.ask("GET", f"/{record.segment}{FILES}/_doc/stdin", absent={})
        if not answer.get("found"):
            raise IndexDamaged(str(self._location), f"{record.path} is not kept in it")
        kept = answer["_source"]["record"]
        headings = tuple(Heading(start, units.restored(text)) for start, text in kept["headings"])
        text, title = units.restored(kept["text"]), units.restored(kept["title"])
        return Document(record.path, text, title, headings, kept["encoding"], has_lines=kept["has_lines"])

    # -------------------------------------------------------------------------------------- what is done

    def put(self, record: FileRecord, old: FileRecord | None) -> None:
        """Note a file; what its document was longer before goes."""
        if old is not None and old.segment == self.index:
            self.sink.delete(record.path, range(record.document + 1, old.document + 1))
        self._note(record.path, record)

    def drop(self, record: FileRecord) -> None:
        """Forget a file; its passages go first."""
        if record.segment == self.index:
            self.sink.delete(record.path, range(1, record.document + 1))
        self._note(record.path, None)

    def _note(self, path: str, record: FileRecord | None) -> None:
        self._noted[path] = record
        if len(self._noted) >= RECORDS or time.monotonic() > self._due:
            self._flush()

    def _flush(self) -> None:
        """Write what is known of files whose passages are safe, or gone, by then; and a sign of life."""
        self.sink.flush()
        for path, record in self._noted.items():
            if record is None:
                self.sink.forget(path)
            else:
                self.sink.note(record)
        self._noted.clear()
        if time.monotonic() > self._due:
            self._due = time.monotonic() + OFTEN
            self._amend(self._at_work)

    def helper(self, number: int, count: int) -> list[object]:
        """Where a helper writes: the same for all."""
        self.sink.has_acted = True
        return [list(self._location.urls), self._location.name, self.index]

    def helped(self, made: Any) -> None:
        """Nothing is to be known."""

    def commit(
        self, manifest: Manifest, dictionary: str, analyse: Callable[[Document], Analysed], progress: Callable[[Step], None]
    ) -> Manifest:
        """See that all is written and can be found, then say so in the cluster and in the folder."""
        self._flush()
        self.sink.flush()
        facts = self._say(manifest, dictionary, progress)
        self._switch()
        self._amend(self._done)
        self._before = None
        own = {"urls": list(self._location.urls), "name": self._location.name}
        counts = {key: facts[key] for key in ("documents", "passages")}
        return self._held.commit(replace(manifest, engine=ENGINE, generation=self.generation, own=own, **counts), (), "")

    def _facts(self, progress: Callable[[Step], None]) -> dict[str, Any]:
        """What the index holds, once all of it can be found."""
        both = f"{self.index},{self.index}{FILES}"
        self._refresh(both)
        deleted = deleted_share(self._cluster, self.index)
        if deleted:
            progress(Step("merging", 0, 1))
            self._cluster.ask("POST", f"/{self.index}/_flush")  # what is not safe on disk is not merged away
            self._cluster.ask("POST", f"/{self.index}/_forcemerge", only_expunge_deletes="true", seconds=3600)
            self._refresh(both)
            # What was deleted half a minute ago, or later, is kept for replicas to catch up.
            deleted = deleted_share(self._cluster, self.index)
        body = {"size": 0, "track_total_hits": True, "aggs": {"length": {"avg": {"field": "length"}}}}
        passages = self._cluster.ask("POST", f"/{self.index}/_search", body, whole=True)
        having = {"query": {"range": {"passages": {"gt": 0}}}}
        documents = self._cluster.ask("POST", f"/{self.index}{FILES}/_count", having, whole=True)
        return {
            "passages": passages["hits"]["total"]["value"],
            "documents": documents["count"],
            "mean_length": passages["aggregations"]["length"]["value"] or 0.0,
            "routings": self._routings(),
            "deleted": deleted,
        }

    def _refresh(self, indices: str) -> None:
        """Let what was written be found; raises ClusterBroken if some of it is not."""
        if self._cluster.ask("POST", f"/{indices}/_refresh")["_shards"]["failed"]:
            raise ClusterBroken(str(self._location), "some of it cannot be refreshed")

    def _routings(self) -> list[str]:
        """For each shard, what leads a request to it; none if there is but one."""
        wanted = int(
            next(iter(self._cluster.ask("GET", f"/{self.index}/_settings").values()))["settings"]["index"]["number_of_shards"]
        )
        found: dict[int, str] = {}
        for number in range(100 * wanted) if wanted > 1 else ():
            shards = self._cluster.ask("GET", f"/{self.index}/_search_shards", routing=str(number))["shards"]
            found.setdefault(shards[0][0]["shard"], str(number))
            if len(found) == wanted:
                break
        return list(found.values())

    def _say(self, manifest: Manifest, dictionary: str, progress: Callable[[Step], None]) -> dict[str, Any]:
        """Write the manifest in the cluster, with what other machines said in theirs, and what the index holds, which is given.

        Raises IndexOutdated, ClusterProblem.
        """
        facts, analysis = dict[str, Any](), dict(manifest.analysis)

        def said(kept: Mapping[str, Any]) -> dict[str, Any]:
            if kept.get("analysis", analysis) != analysis:
                command = "tongwen index, with the same version everywhere"
                raise IndexOutdated(str(self._location), "analysis by another machine", command)
            facts.update(self._facts(progress))
            return {
                **self._at_work(kept),
                "machines": {**kept["machines"], self._machine: list(map(units.storable, manifest.sources))},
                "format": manifest.format,
                "analysis": analysis,
                "created": manifest.created,
                "dictionary": dictionary,
                **facts,
            }

        self._amend(said)
        return facts

    def _switch(self) -> None:
        """Let the aliases name this generation, both at once; raises ClusterProblem, and then nothing is switched."""
        self._refuse_if_rebuilt()
        now = remote_manifest(self._cluster)
        if now and now.generation == self.generation:
            return
        self.check()
        name, actions = self._location.name, list[Query]()
        for suffix in ("", FILES):
            if now:
                old = f"{name}-{now.generation:06}{suffix}"
                actions.append({"remove": {"index": old, "alias": name + suffix, "must_exist": True}})
            actions.append({"add": {"index": self.index + suffix, "alias": name + suffix}})
        self._is_safe_to_remove = False  # it may be done although no answer comes
        try:
            self._cluster.ask("POST", "/_aliases", {"actions": actions})
        except ClusterProblem:
            now = remote_manifest(self._cluster)
            if not now or now.generation != self.generation:
                raise
