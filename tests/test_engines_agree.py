"""The engines against each other: what the embedded one answers over generated documents, the others answer, too.

Sets, counts, texts and marks are equal.  Scores are equal but for how finely a cluster's are told apart (see
`translation.Scale`), and so is the order of the best.  Whether all words are words, or some only parts of longer ones (tiers 0
and 1), may differ where one thing stands for another.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from conftest import ROOT, SEEDS
from corpora import HINTS, PIECES, PLANS, all_of, analyser, literal, spoken_runs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opensearch_node import ask
from test_golden import CASES, spelt_out
from tongwen.index import build, lexicon, reading
from tongwen.index.engines import base
from tongwen.index.engines.base import Reader, Target
from tongwen.index.english import stem
from tongwen.index.errors import ClusterError, QueryError
from tongwen.index.fold import fold
from tongwen.index.generation import FileRecord, Manifest
from tongwen.index.model import (
    LEVELS,
    AllOf,
    AnyOf,
    Document,
    Filter,
    Heading,
    Leaf,
    Match,
    Near,
    Not,
    Plan,
    Term,
    Variant,
    Wide,
    Wild,
    Words,
)
from tongwen.index.scripts import is_unspaced
from tongwen.searcher import Searcher
from tongwen.searcher.rank import best
from tongwen.searcher.results import Hit, Results

QUERIES = ROOT.parent / "shared" / "eval" / "queries"
GIVEN = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# ------------------------------------------------------------------------------------------ two indexes of the same


class Pair:
    """An index of the embedded engine and one of another, which documents are in both, and whether others were."""

    def __init__(self, mine: Path, other: Path) -> None:
        self.mine, self.other, self.documents, self.updated = mine, other, list[Document](), False


@contextmanager
def pair(folder: Path, url: str, write: Callable[[Path, Target], object], shards: int = 1) -> Iterator[Pair]:
    """Write an index with either engine; that in the cluster is removed in the end."""
    where = f"{url}/agree-{uuid4().hex}"
    write(folder / "whoosh", Target("whoosh"))
    try:
        write(folder / "opensearch", Target("opensearch", (where,), shards))
        yield Pair(folder / "whoosh", folder / "opensearch")
    finally:
        ask(f"{where}-0*", method="DELETE")


def put(index_dir: Path, target: Target, documents: Iterable[Document], gone: Iterable[Document] = ()) -> None:
    """Write documents into an index, in the place of those with the same paths; others go."""
    analysed = reading.analysing(analyser())
    with base.writing(index_dir, target=target) as writer:
        known = writer.files(["/"])
        for document in gone:
            writer.drop(known[document.path])
        for document in documents:
            segment, number = writer.sink.add(analysed(document))
            writer.put(FileRecord(document.path, 0, 0, "", segment, number), known.get(document.path))
        parts, compiled = analyser().parts(), lexicon.ready()
        made = Manifest(engine=writer.manifest.engine, analysis=parts, sources=("/",), lexicon=compiled, created="today")
        writer.commit(made, "", analysed, lambda step: None)


ODD = (
    *("\ue000", "\ue001水", "\ue005芯", "\ue100", "\ud83d", "\udc00", "😀", "\U0010ffff", "\uffff", " 𐐀𐐁 ", "ß", "İ", "ﬁ"),
    *("\x01", "\x1c", "\x1f", "\x7f", "\x85", "\u2028", "\u2029", "\xa0", "\u2007", "\u180e", "\ufeff", "\v"),
    *("b" * 120, "b" * 300, "".join(map(chr, range(0x4E00, 0x4F2C))), " 한국어 ", " ไทย ", "①", "½", "々", "O'Neil's", "'s"),
)
PATHS = ("/a/{}.txt", "/a/b/{}.md", "/sub/{}.txt", "/a\udc80/{}.md", "/空 格/{}.txt", "/{{}}[]*?/{}.md", "/\"'\\#&~<>@\n/{}")

# No letters beside those of ASCII: how often a phrase ends at these the embedded engine does not count exactly.


def generated(seed: int, number: int, pieces: Sequence[str]) -> Document:
    """Some document, always the same for a seed and a number."""
    chance = random.Random(1000 * seed + number)
    text = "".join(chance.choices(pieces, k=chance.choice((0, 3, 10, 40, 300)))) + "字"
    title = chance.choice(("", text[:8].strip(), "".join(chance.choices(PIECES[:30], k=chance.randint(1, 4)))))
    places = sorted(chance.choices(range(len(text)), k=chance.randint(0, 2)))
    headings = tuple(Heading(at, chance.choice(("on chips", "芯片 出口", "export"))) for at in places)
    return Document(chance.choice(PATHS).format(number), text, title, headings)


@pytest.fixture(scope="module", params=["one shard", "three shards", "odd characters", "updated"])
def both(request, opensearch_url, tmp_path_factory) -> Iterator[Pair]:
    """Generated documents in two engines; `updated`: the most part of what was there at first is replaced, or gone."""
    seed = len(request.param)
    pieces = (*PIECES, *ODD, *ODD) if request.param == "odd characters" else PIECES
    documents = [generated(seed, number, pieces) for number in range(50)]
    before = [Document(each.path, generated(99, number, PIECES).text, "old") for number, each in enumerate(documents[10:])]
    gone = [Document(f"/gone/{number}", generated(98, number, PIECES).text, "芯片") for number in range(10)]

    def write(index_dir: Path, target: Target) -> None:
        if request.param == "updated":
            put(index_dir, target, [*documents[:10], *before, *gone])
            put(index_dir, Target(), documents[10:], gone)
        else:
            put(index_dir, target, documents)

    shards = 1 if request.param == "one shard" else 3
    with pair(tmp_path_factory.mktemp("agree"), opensearch_url, write, shards) as made:
        made.documents, made.updated = documents, request.param == "updated"
        yield made


@pytest.fixture(scope="module")
def readers(both) -> Iterator[tuple[Reader, Reader]]:
    """Both indexes, opened by their engines."""
    with ExitStack() as stack:
        opened = [base.opened(folder, base.manifest(folder)) for folder in (both.mine, both.other)]
        for reader in opened:
            stack.callback(reader.close)
        yield opened[0], opened[1]


@pytest.fixture(scope="module")
def searchers(both) -> Iterator[tuple[Searcher, Searcher]]:
    """Both indexes, opened for searching."""
    with Searcher(both.mine) as mine, Searcher(both.other) as other:
        yield mine, other


# ------------------------------------------------------------------------------------------ what is equal


def is_close(one: float, other: float) -> bool:
    """Whether two scores are a tie."""
    return one == pytest.approx(other, rel=0.01, abs=0.002)


def found(reader: Reader, matches: Iterable[Match]) -> dict[tuple[str, int], Match]:
    """Matches by path of their document and number in it."""
    return {reader.passage_of(match.id): match for match in matches}


def check_plan(mine: Reader, other: Reader, plan: Plan) -> None:
    """Both engines find the same, count the same, score it the same, and put it in the same order."""
    matches = [reader.search(plan) for reader in (mine, other)]
    expected, actual = (found(reader, each) for reader, each in zip((mine, other), matches, strict=True))
    assert actual.keys() == expected.keys()
    for each in matches:
        assert (len(each), each.documents) == (len(expected), len({path for path, _ in expected}))
    assert matches[1].count_complete == matches[0].count_complete
    is_plain = not any(name in repr(plan) for name in ("AnyOf", "Wide", "Whole")) and repr(plan).count("AllOf") < 2
    for passage, match in expected.items():
        tiers = (0, 1, 2) if is_plain else (0, 0, 2)
        assert tiers[actual[passage].tier] == tiers[match.tier], passage
        assert is_close(actual[passage].score, match.score), passage
    for limit in (1, 3, 10):
        first, second = (
            [reader.passage_of(match.id) for match in best(each.among_best(limit), limit, reader.passage_of)]
            for reader, each in zip((mine, other), matches, strict=True)
        )
        assert len(first) == len(second)
        assert all(is_close(expected[one].score, expected[two].score) for one, two in zip(first, second, strict=True))


def check_leaf(mine: Reader, other: Reader, leaf: Leaf) -> None:
    """Both engines count a leaf, and a text's terms, the same."""
    check_plan(mine, other, leaf)
    assert other.count(leaf) == mine.count(leaf)
    for token in [leaf.text] if isinstance(leaf, Term) else leaf.stems if isinstance(leaf, Words) else []:
        assert other.frequency(token) == mine.frequency(token)


def check_query(mine: Searcher, other: Searcher, query: str, suggest: bool = True, **options: object) -> None:
    """Both engines give the same hits with the same marks, and say the same of them; `suggest`: and the same beside them."""
    expected, actual = (answered(searcher, query, **options) for searcher in (mine, other))
    if isinstance(expected, str) or isinstance(actual, str):
        assert actual == expected
        return
    for name in ("total", "documents", "complete", "partial", "warnings", *(["suggestions"] if suggest else [])):
        assert getattr(actual, name) == getattr(expected, name), name
    if options.get("collapse"):
        return  # which of two equals stands for the other may be another one
    theirs = {(hit.path, hit.passage): hit for hit in actual}
    ours = {(hit.path, hit.passage): hit for hit in expected}
    assert theirs.keys() == ours.keys()
    assert all(shown(theirs[passage]) == shown(hit) for passage, hit in ours.items())
    order = [(ours[one.path, one.passage].score, two.score) for one, two in zip(actual, expected, strict=True)]
    assert all(is_close(one, two) for one, two in order[:10])


def answered(searcher: Searcher, query: str, **options: object) -> Results | str:
    """What is found, or what is said where that cannot be searched."""
    try:
        return searcher.search(query, 0, **options)
    except QueryError as error:
        return str(error)


def shown(hit: Hit) -> tuple[object, ...]:
    """What is seen of a hit, but for how well it answers."""
    return hit.title, hit.start, hit.end, hit.text, hit.line, hit.highlights, hit.matched, hit.tier == 2


# ------------------------------------------------------------------------------------------ generated


@GIVEN
@given(plan=PLANS, hints=st.sampled_from(((), HINTS[:1], HINTS)))
def test_plans(readers, plan, hints):
    """Whatever is asked, the answers are equal."""
    check_plan(*readers, AllOf((*(plan.children if isinstance(plan, AllOf) else (plan,)), *hints)) if hints else plan)


class Chance(random.Random):
    """What may be asked of some documents: mostly what is in them."""

    documents: Sequence[Document]

    def piece(self, most: int) -> str:
        """A piece of a folded text without what counts otherwise if it overlaps itself."""
        folded = fold(self.choice(self.documents).text)
        at = self.randrange(len(folded))
        text = folded[at : at + self.randint(1, most)].strip()
        return "芯片" if not text or "\0" in text or ".." in text or "bbb" in text else text

    def term(self) -> Term:
        """A literal or a word."""
        text = self.piece(self.choice((2, 4, 10, 60)))
        is_alone = len(text) == 1 and is_unspaced(text) and self.random() < 0.4
        return Term(text, text, word=self.random() < 0.5, alone=is_alone)

    def exact(self) -> Term:
        """A term as it is typed."""
        original = self.choice(self.documents).text
        at = self.randrange(len(original))
        typed = original[at : at + self.randint(1, 6)].strip()
        text = fold(typed).strip()
        is_fit = text and not any(each in text for each in ("\0", "..", "bbb"))
        return Term(text, typed, word=self.random() < 0.5, exact=True) if is_fit else literal("芯片", exact=True)

    def words(self) -> Words:
        """Words that follow each other."""
        folded = fold(self.choice(self.documents).text)
        stems = [stem(folded[slice(*run)]) for run in spoken_runs(folded)] or ["chip"]
        at = self.randrange(len(stems))
        some = tuple(stems[at : at + self.choice((1, 1, 2, 3, 5))])
        return Words(some, " ".join(some))

    def wild(self) -> Wild:
        """A piece with `*` in it."""
        text = self.piece(12)
        cuts = sorted({self.randint(0, len(text)) for _ in range(self.randint(1, 2))})
        ends = [0, *(self.randint(cut, min(cut + 3, len(text))) for cut in cuts)]
        parts = tuple(fold(text[start:end]) for start, end in zip(ends, [*cuts, len(text)], strict=True))
        whole = "".join(parts)
        is_fit = len(parts) > 1 and all(parts[1:-1]) and any(map(str.isalnum, whole)) and not whole[:1].isspace()
        return Wild(parts, "*".join(parts)) if is_fit else Wild(("ch", ""), "ch*")

    def near(self) -> Near:
        """Some of them near each other."""
        parts = dict.fromkeys(self.choice((self.words, self.term))() for _ in range(self.choice((2, 2, 3))))
        kept = tuple(part for part in parts if not (isinstance(part, Term) and part.alone))
        return Near(kept if len(kept) > 1 else (*kept, literal("，")), self.choice((0, 1, 3, 9, 40)), "")

    def simple(self) -> Term | Words:
        """What may stand for something else."""
        return self.choice((self.term, self.words))()

    def wide(self) -> Wide:
        """Something, and what stands for it."""
        others = [Variant(self.simple(), "cross", self.choice((0.1, 0.5, 1.0))) for _ in range(self.randint(1, 3))]
        return Wide(self.choice((self.term, self.words, self.near, self.wild))(), tuple(others))

    def condition(self) -> Filter:
        """A condition on documents."""
        globs = ("*.md", "0*", "a/*.txt", "[12].txt", "sub/*", "*[!1].*", "/a/*", "*[[]*", '*"*', "*\\*", "*\n*", "空*")
        titles, languages = ("芯", "ch", "水", "*", "\\"), ("zh", "en", "und")
        field, values = self.choice((("title", titles), ("path", globs), ("lang", languages)))
        return Filter(field, self.choice(values))

    def plan(self, depth: int = 2) -> Plan:
        """Some of all this."""
        kind = self.random()
        if not depth or kind < 0.3:
            return self.choice((self.simple, self.exact, self.wild, self.near, self.wide, self.wide, self.condition))()
        children = tuple(self.plan(depth - 1) for _ in range(self.randint(1, 3)))
        if kind < 0.7:
            return all_of(children, Variant(self.simple(), "cross", 0.5) if self.random() < 0.4 else None, self.randint(0, 1))
        return AnyOf(children) if kind < 0.88 else Not(self.plan(depth - 1))

    def query(self) -> str:
        """Something typed, much of it nonsense."""
        return "".join(map(self._typed, range(self.randint(1, 6))))

    def _typed(self, _: int) -> str:
        kind = self.random()
        if kind < 0.3:
            original = self.choice(self.documents).text
            at = self.randrange(len(original))
            return original[at : at + self.randint(1, 9)].replace("\0", "")
        return self.choice(TYPED if kind < 0.7 else SIGNS) + self.choice(("", " "))


TYPED = (
    *("晶片", "记忆体", "chips", "export controls", "chpi", "exprot", "xinpian", "出口菅制", "圖書館", "数据中心", "水", "的"),
    *("data center", "cell", "半导体", "element", "get", "GPT4", "gpt-4", "c++", "12:30", "来自海上", "𠮷", "é", "nvidias"),
)
SIGNS = ('"', '"', "OR", "AND", "-", "(", ")", "~", "~3", "*", "=", "title:", "path:*.md", "lang:zh", "“", "”", "（", "）")


@GIVEN
@given(seed=st.integers(0, 10**9))
def test_pieces_of_the_documents(both, readers, seed):
    """What is in the documents, in some form or other, is found in the same passages, as often, and is worth as much."""
    chance = Chance(seed)
    chance.documents = both.documents
    for leaf in (chance.term(), chance.exact(), chance.words(), chance.wild(), chance.near()):
        check_leaf(*readers, leaf)
    check_plan(*readers, chance.wide())
    check_plan(*readers, chance.plan())


@GIVEN
@given(seed=st.integers(0, 10**9), match=st.sampled_from(LEVELS), collapse=st.booleans())
def test_queries(both, searchers, seed, match, collapse):
    """Whatever is typed, the hits, their marks, the counts and what is said of it are equal.

    What is suggested, too, but where much was deleted: how likely that is the embedded engine weighs with what was.
    """
    chance = Chance(seed)
    chance.documents = both.documents
    check_query(*searchers, chance.query(), not both.updated, match=match, collapse=collapse)


@GIVEN
@given(seed=st.integers(0, 10**9))
def test_explanations(both, searchers, seed):
    """A query is understood as by the other engine, which depends on what is in the index."""
    chance = Chance(seed)
    chance.documents = both.documents
    query = chance.query()
    mine, other = (searcher.explain(query) for searcher in searchers)
    assert other == mine


# ------------------------------------------------------------------------------------------ searches whose outcome is known


@pytest.mark.parametrize("match", ["script", "cross"])
def test_long_queries(opensearch_url, tmp_path, match):
    """Pasted text, of a few words or of hundreds: the same best with the same scores, if a cluster takes so many words."""

    def write(index_dir: Path, target: Target) -> None:
        build(index_dir, [SEEDS], engine=target.engine, urls=target.urls, shards=target.shards)

    def read(path: Path) -> str:
        return path.read_text(encoding="utf-8")

    chinese = "".join(read(SEEDS / "cn" / "export-rules.txt").split())[150:]
    english = " ".join(re.findall("[A-Za-z]+", read(SEEDS / "en" / "export-rules.md")))[150:]
    with pair(tmp_path, opensearch_url, write, 2) as made, Searcher(made.mine) as mine, Searcher(made.other) as other:
        for text, lengths in ((chinese, (40, 90, 220)), (english, (100, 300, 600))):
            for query in (text[:length] for length in lengths):
                expected, actual = (searcher.search(query, 10, match=match) for searcher in (mine, other))
                assert actual.total == expected.total
                assert all(is_close(one.score, two.score) for one, two in zip(expected, actual, strict=True)), query
                assert (expected.hits[0].path, expected.hits[0].passage) == (actual.hits[0].path, actual.hits[0].passage)
        with pytest.raises(ClusterError, match=r"leave words out"):
            other.search(" ".join(re.findall("[a-z]{4,}", " ".join(map(read, SEEDS.glob("en/*"))))), match=match)


def test_golden_searches(opensearch_url, tmp_path):
    """All golden searches, over the documents of all of them, or over their own."""
    for number, case in enumerate(CASES):
        for name, parts in case["files"].items():
            file = tmp_path / "files" / str(number) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes("".join(spelt_out(parts)).encode("utf-8", "surrogatepass"))

    def write(index_dir: Path, target: Target) -> None:
        build(index_dir, [tmp_path / "files"], engine=target.engine, urls=target.urls, shards=target.shards)

    with pair(tmp_path, opensearch_url, write, 2) as made, Searcher(made.mine) as mine, Searcher(made.other) as other:
        for number, case in enumerate(CASES):
            options = {name: case[name] for name in ("match", "lang") if name in case}
            check_query(mine, other, case["query"], path=f"files/{number}/*" if number % 2 else None, **options)


def test_public_queries(opensearch_url, articles, tmp_path):
    """Public queries, asked of real articles; most find something there."""
    lines = [line for file in sorted(QUERIES.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    queries = [json.loads(line)["query"] for line in lines[:: max(1, len(lines) // 30)]]

    def write(index_dir: Path, target: Target) -> None:
        build(index_dir, [articles], engine=target.engine, urls=target.urls, shards=target.shards)

    with pair(tmp_path, opensearch_url, write) as made, Searcher(made.mine) as mine, Searcher(made.other) as other:
        for query in queries:
            check_query(mine, other, query)
        assert sum(mine.search(query).total > 0 for query in queries) > len(queries) / 2
