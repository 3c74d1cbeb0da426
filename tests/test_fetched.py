"""The passages that came from a cluster: how often it is asked for them, and what is around them.

An index of our own answers, of the passages of documents as the cluster keeps them.
"""

from collections.abc import Mapping, Sequence
from uuid import uuid4

import orjson
import pytest
from corpora import analyser
from hypothesis import given, settings
from hypothesis import strategies as st
from opensearch_node import ask
from tongwen.index import build, reading
from tongwen.index.engines.opensearch import fetched
from tongwen.index.engines.opensearch.cluster import Cluster
from tongwen.index.engines.opensearch.fetched import Passages
from tongwen.index.engines.opensearch.kept import CONTEXT, passages_of
from tongwen.index.model import Document
from tongwen.searcher import Searcher, search


class Index:
    """Answers as a cluster does that has some documents; `asked` has for each request how many passages it is for."""

    def __init__(self, documents: Sequence[Document]) -> None:
        analysed = reading.analysing(analyser())
        self.kept = {
            id_: {"fields": {"stored": [each["stored"]]}}
            for document in documents
            for id_, each in passages_of(analysed(document), orjson.dumps)
        }
        self.asked = list[int]()

    def ask(self, what: str, body: Mapping[str, Sequence[str]], **params: str) -> dict[str, list[dict[str, object]]]:
        """What there is of the passages that are asked for."""
        assert what == "_mget"
        self.asked.append(len(body["ids"]))
        return {"docs": [{"found": id_ in self.kept, **self.kept.get(id_, {})} for id_ in body["ids"]]}


def seen(documents: Sequence[Document]) -> tuple[Index, Passages, list[int]]:
    """An index, its passages, and their numbers, each of them having been found once."""
    index = Index(documents)
    passages = Passages(index)
    return index, passages, [passages.seen(each)[0] for each in index.kept.values()]


LONG = "alpha beta gamma delta. " * 600


@pytest.mark.parametrize("around", [0, CONTEXT, CONTEXT + 1])
def test_more_than_are_kept(monkeypatch, around):
    """What is expected is there when it is fetched, however many there are; and what came last is kept."""
    monkeypatch.setattr(fetched, "PAGE", 4)
    index, passages, numbers = seen([Document(f"/{at}", LONG, "") for at in range(3)])
    assert len(numbers) > 3 * 10 * fetched.PAGE
    for number in numbers[-9 * fetched.PAGE :]:
        passages.row(number)
    assert index.asked == []
    for at in range(0, len(numbers), 8):
        passages.expect(numbers[at : at + 8], around)
        requests = len(index.asked)
        for number in numbers[at : at + 8]:
            assert passages.row(number).number == passages.place(number)[1]
            passages.around(passages.row(number), around)
        assert len(index.asked) == requests
    assert max(index.asked) <= fetched.PAGE
    assert len(index.asked) <= len(numbers) / 8 * (2 if around <= CONTEXT else 6)


@pytest.mark.parametrize("collapse", [False, True])
def test_all_hits_of_a_search(opensearch_url, tmp_path, monkeypatch, collapse):
    """Of more passages than are kept each is asked for a few times, many at once; hits are those of an index in a folder."""
    for at in range(150):
        (tmp_path / f"{at}.txt").write_text(f"hello {at} " + f"number {at // 2} " * 3, "utf-8")
    asked, where = list[str](), f"{opensearch_url}/many-{uuid4().hex}"
    build(tmp_path / "mine", [tmp_path], engine="whoosh")
    try:
        build(tmp_path / "other", [tmp_path], engine="opensearch", urls=[where])
        monkeypatch.setattr(fetched, "PAGE", 10)
        monkeypatch.setattr(search, "TOGETHER", 10)
        ask_it = Cluster.ask
        monkeypatch.setattr(Cluster, "ask", lambda self, *what, **how: asked.append(what[1]) or ask_it(self, *what, **how))
        with Searcher(tmp_path / "mine") as mine, Searcher(tmp_path / "other") as other:
            for query in ("hello", f'"{"number " * 30}" OR hello'):
                asked.clear()
                expected, actual = (each.search(query, 0, collapse=collapse) for each in (mine, other))
                assert actual.total == 150
                assert {(each.path, each.like) for each in actual} == {(each.path, each.like) for each in expected}
                assert len(asked) < 150 / 10 * (3 + collapse)
    finally:
        ask(f"{where}-0*", method="DELETE")


PARTS = ("alpha beta gamma. " * 12, "水是好的。" * 50, "\n\n", "\n" * 300, " " * 337, "\u3000" * 900, "字", "delta. ")


@settings(deadline=None)
@given(parts=st.lists(st.sampled_from(PARTS), max_size=16), length=st.sampled_from((0, 1, 168, 169, 300, 700, 5000)))
def test_what_is_around(parts, length):
    """It is the document's text there, as far as it is kept with one passage or another without a gap."""
    text = "".join([*parts, "字", "\n" * (len(parts) * 20)])
    _, passages, numbers = seen([Document("/a", text, ""), Document("/b", "another", "")])
    rows = [row for row in map(passages.row, numbers) if row.path == "/a"]
    kept = {at for row in rows for at in range(row.start - CONTEXT, row.start + len(row.text) + CONTEXT)}
    for row in rows:
        start, end = row.start, row.start + len(row.text)
        first = next(at for at in range(start, -1, -1) if at in (0, start - length) or at - 1 not in kept)
        last = next(at for at in range(end, len(text) + 1) if at in (len(text), end + length) or at not in kept)
        assert passages.around(row, length) == (text[first:start], text[end:last])
