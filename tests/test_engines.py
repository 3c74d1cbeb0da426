"""What every engine promises who searches and who writes: one suite, run over each of them.

Expected values are written down here, or come from brute force; none come from another engine (see `test_engines_agree`).
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from corpora import HINTS, PIECES, PLANS, Brute, analyser
from hypothesis import given, settings
from hypothesis import strategies as st
from opensearch_node import ask
from test_golden import marked
from tongwen.index import build, lexicon, reading
from tongwen.index.build import rebuild, status
from tongwen.index.engines import base
from tongwen.index.engines.base import Reader, Target
from tongwen.index.engines.scoring import ENOUGH
from tongwen.index.errors import ClusterError, EngineDiffers, EngineInFolder, IndexOutdated, NothingIndexed, QueryError
from tongwen.index.generation import FileRecord, Manifest
from tongwen.index.model import AllOf, Document, Heading, Term, Wild
from tongwen.index.passages import split
from tongwen.searcher import Searcher
from tongwen.searcher.rank import best
from tongwen.searcher.results import Results

Where = dict[str, object]
"""What `build` is told of where an index is made."""


@pytest.fixture(scope="module", params=["whoosh", "opensearch"])
def new(request) -> Iterator[Callable[[], Where]]:
    """Says of each engine where one more index is to be made; what is made so is removed."""
    made = list[str]()

    def where() -> Where:
        if request.param == "whoosh":
            return {"engine": "whoosh"}
        made.append(f"{request.getfixturevalue('opensearch_url')}/{request.param}-{uuid4().hex}")
        return {"engine": request.param, "urls": [made[-1]], "shards": 2}

    yield where
    for url in made:
        ask(f"{url}-0*", method="DELETE")


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Files with these contents in a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return folder


def names(results: Results) -> list[str]:
    """The names of the files found, in order."""
    return [Path(hit.path).name for hit in results]


# ------------------------------------------------------------------------------------------ one library, many questions

RUN = "".join(map(chr, range(0x4E00, 0x5200)))  # a run of characters as long as several passages, none there twice
LIBRARY: dict[str, str | bytes] = {
    # how far a word reaches
    "exact.txt": "記憶體",
    "script.txt": "记忆体",
    "region.txt": "内存",
    "cross.txt": "memory",
    # Chinese
    "fruit.txt": "苹果，香蕉",
    "apple.txt": "苹果",
    "banana.txt": "香蕉，西瓜",
    "inside.txt": "它们适用于各种场合",
    "outside.txt": "这些用于各种场合",
    "sound.txt": "熊貓在動物園",
    # English
    "control.txt": "He controlled exports of C++ and GPT-4, as Nvidia’s controls say",
    "element.txt": "call getElementById here",
    "spelt.txt": "an accelerator and accelerators",
    # languages, paths, titles
    "notes/tea.md": "# 喝茶\n\n茶叶",
    "notes/deep/tea2.md": "# Tea\n\n茶葉，紅茶",
    "page.html": "<title>Orchid 蘭花</title><p>" + "别的话。" * 120 + "<p>说完了",
    "odd \ue000[x]{y}*?\"'\\.txt": "奇怪的名字",
    # alike
    "copy1.txt": "本公司在此宣布明年将停止生产旧式打字机，请各位客户谅解。",
    "copy2.txt": "本公司在此宣布明年将停止生产旧式打字机，请各位客户谅解！",
    # more than one passage
    "run.txt": RUN,
    "border.txt": "字。" * 145 + " Big " + "figures. " + "字。" * 150,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """All of it in a folder."""
    return write(tmp_path_factory.mktemp("library") / "files", LIBRARY)


@pytest.fixture(scope="module")
def library(new, files, tmp_path_factory) -> Iterator[Searcher]:
    """All of it indexed, by two processes, and opened."""
    index_dir = tmp_path_factory.mktemp("index") / "index"
    build(index_dir, [files], jobs=2, **new())
    with Searcher(index_dir) as searcher:
        yield searcher


FOUND = [
    # levels
    ("記憶體", {"match": "exact"}, {"exact.txt": ["記憶體"]}),
    ("記憶體", {"match": "script"}, {"exact.txt": ["記憶體"], "script.txt": ["记忆体"]}),
    ("記憶體", {"match": "region"}, {"exact.txt": ["記憶體"], "script.txt": ["记忆体"], "region.txt": ["内存"]}),
    ("memory", {}, {"exact.txt": ["記憶體"], "script.txt": ["记忆体"], "region.txt": ["内存"], "cross.txt": ["memory"]}),
    ("=茶葉", {}, {"notes/deep/tea2.md": ["茶葉"]}),
    ('"茶葉"', {"match": "exact"}, {"notes/deep/tea2.md": ["茶葉"]}),
    ("=controls", {}, {"control.txt": ["controls"]}),
    ("=Controls", {}, {}),
    # all, any, not
    ("苹果 香蕉", {}, {"fruit.txt": ["苹果", "香蕉"], "apple.txt": ["苹果"], "banana.txt": ["香蕉"]}),
    ("苹果 OR 西瓜", {}, {"fruit.txt": ["苹果"], "apple.txt": ["苹果"], "banana.txt": ["西瓜"]}),
    ("苹果 -香蕉", {}, {"apple.txt": ["苹果"]}),
    ("香蕉 NOT (苹果 OR 熊貓)", {}, {"banana.txt": ["香蕉"]}),
    ("((苹果 香蕉) OR 西瓜) -内存", {}, {"fruit.txt": ["苹果", "香蕉"], "banana.txt": ["香蕉", "西瓜"]}),
    ("-苹果 path:*an*.txt", {}, {"banana.txt": []}),
    # phrases, near each other
    ('"于各"', {}, {"inside.txt": ["于各"], "outside.txt": ["于各"]}),
    ('"苹果，香蕉"', {}, {"fruit.txt": ["苹果，香蕉"]}),
    ('"exports of C++"', {}, {"control.txt": ["exports of C++"]}),
    ('"export of"', {}, {}),
    ('"香蕉 苹果"~0', {}, {"fruit.txt": ["苹果", "香蕉"]}),
    ('"exports nvidia"~2', {}, {}),
    ('"exports nvidia"~9', {}, {"control.txt": ["exports", "Nvidia"]}),
    # forms of words, words with signs, words written as one
    ("exported", {}, {"control.txt": ["exports"]}),
    ("c++", {}, {"control.txt": ["C++"]}),
    ("GPT4", {}, {"control.txt": ["GPT-4"]}),
    ("nvidia", {}, {"control.txt": ["Nvidia"]}),
    ("elements", {}, {"element.txt": ["Element"]}),
    # wildcards, words that are spelt nearly so, that sound so
    ("get*", {}, {"element.txt": ["getElementById"]}),
    ("*Id", {}, {"element.txt": ["getElementById"]}),
    ("g*d", {}, {"element.txt": ["getElementById"]}),
    ("适*场合", {}, {"inside.txt": ["适用于各种场合"]}),
    ("accelerater~", {}, {"spelt.txt": ["accelerator", "accelerators"]}),
    ("xiongmao", {}, {"sound.txt": ["熊貓"]}),
    # conditions
    ("茶", {"path": "deep/*"}, {"notes/deep/tea2.md": ["Tea", "茶", "茶"]}),
    ("茶叶 path:tea.md", {}, {"notes/tea.md": ["茶叶"]}),
    ("茶叶", {"lang": "zh-Hant", "match": "script"}, {"notes/deep/tea2.md": ["茶葉"]}),
    ("茶叶 lang:zh-Hans", {}, {"notes/tea.md": ["茶叶"]}),
    ("title:tea", {}, {"notes/deep/tea2.md": []}),
    ("title:兰 说完", {}, {"page.html": ["说完"]}),
    ("奇怪 名字", {"path": "odd*[[]x]{y}[*][?]\"'\\.txt"}, {"odd \ue000[x]{y}*?\"'\\.txt": ["奇怪", "名字"]}),
    # a title that is no part of the text
    ("orchids", {}, {"page.html": []}),
    ("兰花", {}, {"page.html": []}),
    # words of which the second is in the next passage
    ('"big figures"', {}, {"border.txt": ["Big figures"]}),
    ("nowhere", {}, {}),
]


@pytest.mark.parametrize(("query", "options", "finds"), FOUND, ids=str)
def test_found(library, files, query, options, finds):
    """A query finds these files, and marks these strings in them; the counts say so."""
    results = library.search(query, 0, **options)
    assert marked(results, files) == finds
    assert (results.total, results.documents) == (len(results), len(finds))
    assert library.rank(query, 0, **options) == [(hit.path, hit.passage) for hit in results]


@pytest.mark.parametrize("length", [1, 2, 3, 21, 22, 23, 24, 25, 60])
def test_phrases_across_the_ends_of_passages(library, length):
    """A phrase is found in the passage in which it begins, however little of it is there, and in no other."""
    passages = split(Document("run.txt", RUN, ""))
    assert len(passages) > 2
    for passage in passages[:-1]:
        for inside in {1, 2, min(length, 20), length}:
            text = RUN[passage.end - inside :][:length]
            hits = library.search(f'"{text}" path:run.txt', 0, match="exact").hits
            assert [(hit.passage, hit.start <= passage.end - inside < hit.end) for hit in hits] == [(passage.number, True)]
            assert library.search(f'"{text}无"', 0, match="exact").total == 0


def test_words_across_the_ends_of_passages(library):
    """Words in a row are found where the first of them is."""
    (whole,), (first,) = (library.search(query, 0).hits for query in ('"big figures"~0 OR big', "big"))
    assert [hit.passage for hit in library.search('"big figures"', 0)] == [first.passage] == [whole.passage]


def test_tiers(library):
    """All words as words, all words but some inside longer ones, some of the words."""
    tiers = {query: {Path(hit.path).stem: hit.tier for hit in library.search(query)} for query in ("用于", "苹果 香蕉")}
    assert tiers["用于"] == {"outside": 0, "inside": 1}
    assert tiers["苹果 香蕉"] == {"fruit": 0, "apple": 2, "banana": 2}
    both = library.search("苹果 香蕉 西瓜")
    assert (both.total, both.complete, both.partial) == (3, 0, True)
    assert (library.search("苹果 香蕉").complete, library.search("苹果 香蕉").partial) == (1, False)
    assert library.search("苹果 香蕉").hits[0].path.endswith("fruit.txt")


def test_limits(library):
    """The first hits of many are those of few; the counts are those of all."""
    everything = library.search("字 OR 的", 0)
    assert everything.total == len(everything) > 4
    assert [hit.rank for hit in everything] == list(range(1, len(everything) + 1))
    assert [hit.score for hit in everything] == sorted((hit.score for hit in everything), reverse=True)
    for limit in (1, 2, 4):
        some = library.search("字 OR 的", limit)
        assert (some.hits, some.total, some.documents) == (everything.hits[:limit], everything.total, everything.documents)
        assert library.rank("字 OR 的", limit) == [(hit.path, hit.passage) for hit in some]


def test_equals_stand_in_the_order_of_their_paths(library):
    """What is worth the same stands in the order of paths and places."""
    assert names(library.search("打字机")) == ["copy1.txt", "copy2.txt"]
    (first, *others) = library.search("别的话", 0).hits
    assert [hit.passage for hit in others if hit.score == others[0].score] == sorted(hit.passage for hit in others)
    assert first.path.endswith("page.html")


def test_collapse(library, files):
    """Of near-identical passages one is shown, with where the others are."""
    (hit,) = library.search("打字机", collapse=True).hits
    assert (Path(hit.path).name, [(Path(like.path).name, like.passage, like.start) for like in hit.like]) == (
        "copy1.txt",
        [("copy2.txt", 1, 0)],
    )


def test_a_hit_in_full(library, files):
    """Every field of a hit."""
    (hit,) = library.search("紅茶 lang:zh-Hant").hits
    assert hit.path == str(files / "notes" / "deep" / "tea2.md")
    assert (hit.rank, hit.title, hit.passage, hit.start, hit.end, hit.tier, hit.line) == (1, "Tea", 1, 0, 10, 0, 3)
    assert (hit.text, hit.highlights) == ("Tea\n\n茶葉，紅茶", ((8, 10),))
    assert [(mark.start, mark.end, mark.level, mark.typed) for mark in hit.matched] == [(8, 10, "exact", "紅茶")]
    assert library.search("orchid").hits[0].line is None


@pytest.mark.parametrize("query", ["苹果", "苹果 香蕉", "export controls", '"于各"', "兰花 说完", "get*", "title:tea"])
def test_explanations(library, query):
    """The parts of a score add up to it."""
    results = library.search(query)
    for hit in results:
        explained = library.explain_hit(query, hit.rank)
        assert explained.hit == hit
        assert sum(part.value for part in explained.parts) == pytest.approx(hit.score, rel=0.001, abs=0.001)
    with pytest.raises(QueryError, match="there is no hit"):
        library.explain_hit(query, len(results) + 1)


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        ("苹果 内存", [("苹果", 2, 2, 2), ("内存", 1, 1, 1)]),
        ("用于", [("用于", 1, 2, 2)]),
        ('"于各"', [('"于各"', 0, 2, 2)]),
        ("controls", [("/control/", 1, 1, 1)]),
        ("=controls", [("=controls", 1, 1, 1)]),
        ("acc*", [("acc*", 0, 1, 1)]),
        ("别的话", [("别的", 2, 2, 1), ("话", 2, 2, 1), ('"别的话"', 0, 2, 1)]),
    ],
    ids=str,
)
def test_counts(library, query, counts):
    """In how many passages each part of a query is a word, in how many it is at all, and of how many documents these are."""
    leaves = library.explain(query, "script").leaves
    assert [(leaf.leaf, leaf.as_word, leaf.passages, leaf.documents) for leaf in leaves] == counts


def test_suggestions(library):
    """What may have been meant instead of what is nowhere, and in how many passages that is."""
    said = {
        query: [(each.typed, each.instead, each.passages) for each in library.search(query).suggestions]
        for query in ("acceleratr", "=Controls", "香焦", "nowhere")
    }
    assert said == {
        "acceleratr": [("acceleratr", "accelerator", 1)],
        "=Controls": [("Controls", "controls", 1)],
        "香焦": [("香焦", "香蕉", 2)],
        "nowhere": [],
    }


def test_why_not(library, files):
    """A file is found, or it is said at which step it was lost."""
    assert library.why_not(files / "fruit.txt", "苹果").found
    steps = {
        (name, query): library.why_not(files / name, query).step
        for name, query in (("fruit.txt", "内存"), ("nowhere.txt", "苹果"), ("notes/tea.md", "茶 lang:en"))
    }
    assert list(steps.values()) == ["word", "missing", "field"]


@pytest.mark.parametrize("query", ["", "，", "()", "lang:tlh"])
def test_nothing_to_search_for(library, query):
    """A query with nothing in it is refused."""
    with pytest.raises(QueryError, match=r"\Anothing to search for"):
        library.search(query)


# ------------------------------------------------------------------------------------------ any text, any plan


def put(index_dir: Path, where: Where, documents: list[Document]) -> None:
    """Write documents that no file could hold."""
    analysed = reading.analysing(analyser())
    target = Target(str(where["engine"]), tuple(where.get("urls", ())), where.get("shards", 0))
    with base.writing(index_dir, target=target) as writer:
        for document in documents:
            writer.put(FileRecord(document.path, 0, 0, "", *writer.sink.add(analysed(document))), None)
        parts, engine = analyser().parts(), str(where["engine"])
        made = Manifest(engine=engine, analysis=parts, sources=("/",), lexicon=lexicon.ready(), created="today")
        writer.commit(made, "", analysed, lambda step: None)


ODD = (
    ("零\0壹", "零\0壹"),
    ("贰\ue000叁", "贰\ue000叁"),
    ("肆\ue003水", "\ue003水"),
    ("伍\U00020000\U00020001陆", "𠀀𠀁"),
    ("柒\u2028捌", "柒捌"),
    ("玖\x85拾", "玖拾"),
    ("佰\x1f仟", "佰仟"),
    ("x\ud800y\udc80z", "\ud800y\udc80"),
    ("𐐀𐐁 word", "𐐨𐐩 word"),
    ("b" * 130 + " c", "b" * 130 + " c"),
    ("d" * 300 + " 终", "d" * 300 + " 终"),
    ("e" * 5000 + " 末", "e" * 5000 + " 末"),
    ("￼\ufdd0\uffff\U0010ffff", "\ufdd0\uffff"),
    ("tab\tand\vfeed\fand\rreturn", "tab and feed and return"),
)


def test_odd_characters(new, tmp_path):
    """Whatever characters texts, titles and paths are made of, they are found by them, and come back as they are."""
    documents = [
        Document(f"/{number}{text[:20]}", f"{text}。\n{text}", text[:20], (Heading(0, text[:20]),))
        for number, (text, _) in enumerate(ODD)
    ]
    documents.append(Document("/title", "终点", "\ue000" * 7900))
    put(tmp_path / "index", new(), documents)
    reader = base.opened(tmp_path / "index", base.manifest(tmp_path / "index"))
    brute = Brute(documents)
    for number, (_, folded) in enumerate(ODD):
        matches = list(reader.search(Term(folded, folded, word=False)))
        where = {reader.passage_of(match.id) for match in matches}
        begins = [brute.spans[number] for number in brute.holding(folded)]
        assert where == {(documents[at].path, passage.number) for at, passage in begins}
        assert {path for path, _ in where} == {documents[number].path}
        for match in matches:
            stored, passage = reader.fetch(match.id, 10), split(documents[number])[reader.passage_of(match.id)[1] - 1]
            assert (stored.path, stored.title) == (documents[number].path, documents[number].title)
            assert stored.text == documents[number].text[passage.start : passage.end]
            assert stored.before == documents[number].text[max(0, passage.start - 10) : passage.start]
            assert stored.after == documents[number].text[passage.end :][:10]
    for parts in (("bbb", ""), ("", "b", ""), ("", "ddd")):
        wild = Wild(parts, "*".join(parts))
        assert len(reader.search(wild)) == len(brute.wild(wild)) > 0
    assert base.files(tmp_path / "index", base.manifest(tmp_path / "index")).keys() == {each.path for each in documents}
    reader.close()


@pytest.fixture(scope="module")
def generated(new, tmp_path_factory) -> Iterator[tuple[Reader, Brute]]:
    """Generated documents in an index, and what is in them by brute force."""
    index_dir = tmp_path_factory.mktemp("generated") / "index"
    chance = random.Random(0)
    texts = ["".join(chance.choices(PIECES, k=chance.choice((3, 40, 300)))) + "字" for _ in range(12)]
    paths = ("/a/{}.txt", "/a/b/{}.md", "/sub/{}.txt")
    documents = [Document(paths[at % 3].format(at), text, text[:8].strip()) for at, text in enumerate(texts)]
    put(index_dir, new(), documents)
    reader = base.opened(index_dir, base.manifest(index_dir))
    yield reader, Brute(documents)
    reader.close()


@settings(max_examples=20, deadline=None)
@given(plan=PLANS, hints=st.sampled_from(((), HINTS)))
def test_plans_as_set_algebra(generated, plan, hints):
    """All, any, not and conditions are what they are among sets; those with everything are told from those with some of it.

    Each score is the sum of its parts.
    """
    reader, brute = generated
    plan = AllOf((*(plan.children if isinstance(plan, AllOf) else (plan,)), *hints)) if hints else plan
    matches = reader.search(plan)
    complete, some = (
        {(brute.documents[brute.spans[number][0]].path, brute.spans[number][1].number) for number in numbers}
        for numbers in brute.top(plan, ENOUGH)
    )
    found = {reader.passage_of(match.id): match for match in matches}
    assert {passage for passage, match in found.items() if match.tier < 2} == complete
    assert {passage for passage, match in found.items() if match.tier == 2} == some
    assert (len(matches), matches.count_complete) == (len(complete | some), len(complete))
    assert matches.documents == len({path for path, _ in found})
    ids = [match.id for match in found.values()]
    assert {*matches.among(ids)} == {*ids}
    assert {*matches.complete_among(ids)} == {match.id for match in found.values() if match.tier < 2}
    for match in best(matches.among_best(2), 2, reader.passage_of):
        parts = reader.score_parts(plan, match.id)
        assert sum(value for _, _, value in parts) == pytest.approx(match.score, rel=0.01, abs=0.002)


def test_what_there_is(generated):
    """Terms by their beginnings, passages of documents, and how many there are."""
    reader, brute = generated
    words = Counter[str]()
    for number in brute.all:
        words.update({*brute.tokens(number)})
    for beginning in ("c", "chip", "x", "芯", "出口", "nowhere"):
        known = {word for word in words if word.startswith(beginning)}
        assert {*reader.terms("words", beginning)} == known
        for word in known:
            assert reader.frequency(word) == words[word]
    assert (reader.passages, reader.documents) == (len(brute.all), len(brute.documents))
    for number, document in enumerate(brute.documents):
        own = reader.passages_of(document.path)
        assert [reader.passage_of(passage)[1] for passage in own] == [p.number for n, p in brute.spans if n == number]
    assert reader.passages_of("/none.txt") == range(0)


# ------------------------------------------------------------------------------------------ written, and written again


@pytest.fixture
def places(tmp_path) -> tuple[Path, Path]:
    """Where an index is made, and a folder with files."""
    return tmp_path / "index", tmp_path / "files"


def search(index_dir: Path, query: str, **options: object) -> dict[str, int]:
    """How many passages of which files are found."""
    with Searcher(index_dir) as searcher:
        return dict(Counter(names(searcher.search(query, 0, **options))))


def test_updates(new, places):
    """What changed is read again, what vanished is gone, whether it became longer or shorter; the rest stays."""
    index_dir, folder = places
    long = "茶与水。" * 250
    write(folder, {"same.txt": "茶", "short.txt": long, "long.txt": "茶", "other.txt": "喝茶", "gone.txt": long, "bad": b"\0"})
    first = build(index_dir, [folder], **new())
    assert (first.added, first.documents, len(first.skipped)) == (5, 5, 1)
    before = search(index_dir, "茶")
    assert before["short.txt"] == before["gone.txt"] > 2

    write(folder, {"short.txt": "茶。", "long.txt": long, "other.txt": "酒", "more.txt": "茶和酒"})
    (folder / "gone.txt").unlink()
    now = status(index_dir)
    assert (now.new, now.changed, now.vanished, now.skipped) == (1, 3, 1, 1)
    second = build(index_dir, [])
    assert (second.added, second.changed, second.removed, second.unchanged, second.documents) == (1, 3, 1, 1, 5)
    assert search(index_dir, "茶") == {"same.txt": 1, "short.txt": 1, "long.txt": before["short.txt"], "more.txt": 1}
    assert search(index_dir, "酒") == {"other.txt": 1, "more.txt": 1}
    with Searcher(index_dir) as searcher:
        results = searcher.search("茶")
        assert (results.total, results.complete) == (len(searcher.search("茶", 0)),) * 2
        assert {leaf.passages for leaf in searcher.explain("茶", "script").leaves} == {results.total}
    assert build(index_dir, []).changed == 0
    with pytest.raises(EngineDiffers):
        build(index_dir, [folder], engine="whoosh" if status(index_dir).engine != "whoosh" else "opensearch")


def test_rebuild_and_status(new, places):
    """A rebuild reads everything anew, and then answers; the status says what there is."""
    index_dir, folder = places
    where = new()
    write(folder, {"a.txt": "茶", "b.txt": "水" * 500})
    report = build(index_dir, [folder], **where)
    first = status(index_dir)
    assert (first.engine, first.documents, first.passages) == (where["engine"], 2, report.passages)
    assert (first.sources, first.new, first.changed, first.vanished, first.outdated) == ((str(folder),), 0, 0, 0, "")
    assert first.text_size >= len("茶" + "水" * 500) * 3
    assert first.size > 0
    assert first.segments > 0

    write(folder, {"c.txt": "茶和水"})
    again = rebuild(index_dir)
    assert (again.added, again.documents) == (3, 3)
    second = status(index_dir)
    assert (second.documents, second.generation > first.generation, second.fingerprint) == (3, True, first.fingerprint)
    assert search(index_dir, "茶") == {"a.txt": 1, "c.txt": 1}
    (folder / "a.txt").unlink()
    assert rebuild(index_dir).documents == 2
    assert search(index_dir, "茶") == {"c.txt": 1}


def test_standard_input(new, places):
    """What came from standard input is kept, also through updates and rebuilds, until something else comes."""
    index_dir, folder = places
    write(folder, {"a.txt": "水"})
    build(index_dir, ["-", folder], stdin="# 茶\n\n\ud800 喝茶".encode("utf-8", "surrogatepass"), **new())
    assert search(index_dir, "喝茶") == {"-": 1}
    build(index_dir, [])
    rebuild(index_dir)
    assert search(index_dir, "喝茶") == {"-": 1}
    assert search(index_dir, "水") == {"a.txt": 1}
    build(index_dir, ["-"], stdin="喝酒".encode())
    assert (search(index_dir, "喝茶"), search(index_dir, "喝酒")) == ({}, {"-": 1})
    assert status(index_dir).sources == ("-", str(folder))


def test_dictionary(new, places, tmp_path):
    """A user's dictionary says what words are; another one needs a rebuild, and an empty one is none."""
    index_dir, folder = places
    own, none = write(tmp_path, {"own.txt": "用于各种 1000\n", "none.txt": ""}) / "own.txt", tmp_path / "none.txt"
    write(folder, {"a.txt": "这些用于各种场合"})

    def plan() -> str:
        with Searcher(index_dir) as searcher:
            return searcher.explain("用于各种", "script").plan

    build(index_dir, [folder], dictionary=own, **new())
    assert plan() == "用于各种"
    write(folder, {"b.txt": "别的"})
    assert build(index_dir, []).added == 1
    assert rebuild(index_dir).documents == 2
    assert plan() == "用于各种"
    with pytest.raises(IndexOutdated, match="dictionary"):
        build(index_dir, [folder], dictionary=none)
    rebuild(index_dir, dictionary=none)
    assert plan().startswith("(用于 各种")


def test_nothing_to_index(new, places):
    """Where there is no text, no index is made, and what comes later is not hindered."""
    index_dir, folder = places
    where = new()
    write(folder, {"empty.txt": "", "white.txt": " \n\u3000", "title.html": "<title>茶</title>"})
    with pytest.raises(NothingIndexed):
        build(index_dir, [folder], **where)
    assert not index_dir.exists()
    write(folder, {"a.txt": "茶"})
    assert build(index_dir, [folder], **where).documents == 1
    assert search(index_dir, "茶") == {"a.txt": 1}


def test_enough(new, places):
    """If many passages have all the words, those with only some are no answers."""
    index_dir, folder = places
    write(folder, {f"{number}.txt": "苹果，香蕉" for number in range(ENOUGH - 1)} | {"some.txt": "苹果"})
    build(index_dir, [folder], **new())
    with Searcher(index_dir) as searcher:
        results = searcher.search("苹果 香蕉")
        assert (results.total, results.documents, results.complete) == (ENOUGH, ENOUGH, ENOUGH - 1)
    write(folder, {"more.txt": "苹果，香蕉"})
    build(index_dir, [])
    with Searcher(index_dir) as searcher:
        results = searcher.search("苹果 香蕉")
        assert (results.total, results.documents, results.complete) == (ENOUGH,) * 3
        assert searcher.search("苹果").total == ENOUGH + 1


@pytest.mark.parametrize("new", ["whoosh"], indirect=True)
def test_kept_in_its_folder(new, places):
    """Where an index is kept in its folder, what is said of a cluster is refused, not passed over; nothing is made or lost."""
    index_dir, folder = places
    write(folder, {"a.txt": "茶"})
    for what in ({"urls": ["http://localhost:9200/news"]}, {"shards": 2}):
        with pytest.raises(EngineInFolder, match=rf"--{next(iter(what))[:3]}.* leave it out"):
            build(index_dir, [folder], **what)
        assert not index_dir.exists()
    build(index_dir, [folder], **new())
    with pytest.raises(EngineInFolder):
        rebuild(index_dir, shards=2)
    assert search(index_dir, "茶") == {"a.txt": 1}


@pytest.mark.parametrize("new", ["opensearch"], indirect=True)
def test_two_machines(new, tmp_path):
    """Where an index is in a cluster, each of several machines writes and updates its own part of it, and finds all of it."""
    where = new()
    one, two = (write(tmp_path / name, {"files/a.txt": f"茶 {name}", "files/b.txt": "水"}) for name in ("one", "two"))
    for machine in (one, two):
        build(machine / "index", [machine / "files"], **where)
    for machine in (one, two):
        assert search(machine / "index", "茶") == {"a.txt": 2}
        assert (status(machine / "index").documents, status(machine / "index").vanished) == (4, 0)
        assert status(machine / "index").sources == (str(machine / "files"),)
    write(one, {"files/a.txt": "酒"})
    (two / "files" / "b.txt").unlink()
    assert build(one / "index", []).changed == 1
    assert build(two / "index", []).removed == 1
    assert (search(two / "index", "酒"), search(one / "index", "水")) == ({"a.txt": 1}, {"b.txt": 1})
    with pytest.raises(ClusterError, match="documents of other machines are in it, too"):
        rebuild(one / "index")
    assert status(one / "index").documents == 3
