"""The embedded engine against brute force over the documents, and its postings against plain Whoosh and plain dicts."""

import contextlib
import math
import pickle
import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import whoosh.index
import whoosh.query
from corpora import FOUND, HINTS, PLANS, WIDES, WRITTEN, Brute, analyser, is_inside, literal, slices, spoken, spoken_runs, wide
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tongwen.index import passages as cutting
from tongwen.index import reading
from tongwen.index.engines import bitmaps, evaluation, scoring, w3
from tongwen.index.engines import found as findings
from tongwen.index.engines.embedded import EmbeddedEngine
from tongwen.index.engines.embedded_writer import SegmentWriter
from tongwen.index.engines.scoring import K1, LOOSE, B
from tongwen.index.engines.segments import SegmentFiles
from tongwen.index.engines.w3 import Postings, PostingsReader
from tongwen.index.engines.whoosh import FIELDS, PostingsWriter
from tongwen.index.english import stem
from tongwen.index.errors import IndexDamaged
from tongwen.index.fold import fold
from tongwen.index.model import (
    AllOf,
    AnyOf,
    Document,
    Filter,
    Heading,
    Hint,
    Near,
    Not,
    Plan,
    Term,
    Variant,
    Whole,
    Wild,
    Words,
    sought,
)
from tongwen.index.passages import split
from tongwen.index.scripts import is_unspaced
from tongwen.index.texts import decode_within
from tongwen.searcher.rank import best

SOME = settings(max_examples=25, deadline=None)


def segment_of(folder: Path, documents: list[Document], deleted: Iterator[int] = ()) -> SegmentFiles:
    """Write documents as one segment."""
    folder.mkdir()
    writer, analysed = SegmentWriter("segment", folder), reading.analysing(analyser())
    for number, document in enumerate(documents):
        assert writer.add(analysed(document)) == number
    entry = writer.close()
    assert (entry.documents, entry.passages) == (len(documents), sum(len(split(document)) for document in documents))
    return SegmentFiles(folder, frozenset(deleted))


class Opened(EmbeddedEngine):
    """An engine over documents in one segment, in a folder of its own that goes with it."""

    def __init__(self, *texts: str | Document) -> None:
        self.texts = [text if isinstance(text, Document) else Document(f"/{n}.txt", text, "") for n, text in enumerate(texts)]
        self._folder = tempfile.TemporaryDirectory()
        super().__init__([segment_of(Path(self._folder.name) / "segment", self.texts)])
        self.spans = [(number, passage) for number, document in enumerate(self.texts) for passage in split(document)]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
        self._folder.cleanup()

    def ids(self, plan: Plan) -> set[int]:
        """The numbers of the passages that a plan finds."""
        return {match.id for match in self.search(plan)}


# ------------------------------------------------------------------------------------------ postings

WORDS = ["b", "c", "", "ab", "a", "字", "字典", "典", "\ud800", "\0", "zz" * 40]
_terms = st.sampled_from([word for word in WORDS if word])
_passages = st.lists(
    st.tuples(
        st.fixed_dictionaries({"grams": st.sets(_terms), "title": st.sets(_terms, max_size=2)}),
        st.fixed_dictionaries(
            {
                "words": st.dictionaries(_terms, st.integers(1, 300), max_size=6),
                "heading": st.dictionaries(_terms, st.integers(1, 2), max_size=2),
            }
        ),
    ),
    max_size=24,
)


@settings(max_examples=80, deadline=None)
@given(
    passages=_passages,
    block=st.sampled_from((1, 2, 3, 7, 4096)),
    inline=st.sampled_from((0, 3, 16)),
    dense=st.sampled_from((0, 1, 3, 1 << 20)),
)
def test_postings_as_dicts(passages, block, inline, dense):
    """Posting lists of any number of blocks are what dicts make of the same passages; terms come in order, by prefix."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(w3, "BLOCK", block)
        patch.setattr(w3, "INLINE", inline)
        patch.setattr(w3, "DENSE", dense)
        writer = PostingsWriter()
        for sets, counts in passages:
            writer.add_titles(sets["title"], 1)
            writer.add(sets["grams"], counts)
        assert writer.postings == sum(len(terms) for fields in passages for field in fields for terms in field.values())
        writer.write(Path(folder))
        reader = PostingsReader(Path(folder))
        for field in FIELDS:
            rows = [({**sets, **counts})[field] for sets, counts in passages]
            for term in WORDS:
                expected = {
                    number: min(row[term], 255) if isinstance(row, dict) else 1
                    for number, row in enumerate(rows)
                    if term in row
                }
                found = pairs(reader.postings(field, term))
                assert dict(found) == expected
                assert [number for number, _ in found] == sorted(expected)
                assert counted(reader.planes(field, term)) == expected
                assert reader.frequency(field, term) == len(expected)
                beginning = {number for number, row in enumerate(rows) if any(word.startswith(term) for word in row)}
                assert bitmaps.numbers(reader.having_prefix(field, term)) == sorted(beginning)
                known = sorted(
                    {word for row in rows for word in row if word.startswith(term)},
                    key=lambda word: word.encode("utf-8", "surrogatepass"),
                )
                assert list(reader.terms(field, term)) == known
        reader.close()


TEXTS = (
    "晶片出口管制的新規定。chips and chips",
    "国产芯片, chip exports; 出口出口出口",
    "國產晶片 chips chips chips chips",
    "nothing of the kind",
    "chips " + "other words " * 20,
)


def pairs(postings: Postings) -> list[tuple[int, int]]:
    """Numbers of passages with frequencies."""
    numbers, weights = postings
    return list(zip(numbers, [1] * len(numbers) if weights is None else weights, strict=True))


def counted(planes: bitmaps.Planes) -> dict[int, int]:
    """Numbers of passages with frequencies, given the sets that say so."""
    passages, *more = planes
    assert bitmaps.union(more) & ~passages == 0
    return {
        number: 1 + sum((plane >> number & 1) << bit for bit, plane in enumerate(more)) for number in bitmaps.numbers(passages)
    }


@given(st.dictionaries(st.integers(0, 200), st.integers(1, 255)), st.lists(st.integers(0, 300), unique=True))
@example({}, [0])
@example({0: 255, 1: 1, 2: 2, 3: 3}, [3, 2, 1, 0, 400])
def test_how_often(weights, among):
    """Sets say how often passages have a term, exactly of some, and of all at once at the most, less than twice as often."""
    postings = findings.Postings(w3.planes([*weights], bytes(weights.values()), 201))
    bounds = [(most, number) for most, passages in postings.at_most() for number in bitmaps.numbers(passages)]

    assert postings.often(iter(among)) == {number: weights[number] for number in among if number in weights}
    assert sorted(number for _, number in bounds) == sorted(weights)
    assert all(weights[number] <= most < 2 * weights[number] for most, number in bounds)


@pytest.mark.parametrize(("block", "inline"), [(w3.BLOCK, w3.INLINE), (2, 0), (1, 2)])
def test_plain_whoosh_reads_it(monkeypatch, block, inline):
    """Whoosh alone opens a segment: hits and frequencies are ours, and its own BM25F puts the shorter and fuller first."""
    monkeypatch.setattr(w3, "BLOCK", block)
    monkeypatch.setattr(w3, "INLINE", inline)
    with Opened(*TEXTS) as engine, tempfile.TemporaryDirectory() as folder:
        segment = Path(segment_of(Path(folder) / "s", engine.texts).folder)
        index = whoosh.index.open_dir(str(segment / "postings"))
        assert index.doc_count() == len(TEXTS)
        ours = PostingsReader(segment)
        with index.searcher() as searcher:
            for field in FIELDS:
                for term in searcher.reader().field_terms(field):
                    found = pairs(ours.postings(field, term))
                    hits = searcher.search(whoosh.query.Term(field, term), limit=None)
                    assert sorted(hit.docnum for hit in hits) == [number for number, _ in found]
                    matcher = searcher.postings(field, term)
                    assert [(matcher.id(), matcher.weight()) for _ in _moves(matcher)] == found
            ranked = [hit.docnum for hit in searcher.search(whoosh.query.Term("words", "chip"), limit=None)]
        assert ranked == [match.id for match in best(engine.search(spoken("chips")), 0, engine.passage_of)]
        assert (ranked[0], ranked[-1]) == (2, 4)
        ours.close()
        index.close()


def _moves(matcher: object) -> Iterator[None]:
    while matcher.is_active():
        yield
        matcher.next()


WAYS_TO_READ = (
    PostingsReader.postings,
    PostingsReader.planes,
    PostingsReader.frequency,
    PostingsReader.having_prefix,
    lambda reader, *term: list(reader.terms(*term)),
)


def test_broken_postings(tmp_path):
    """Whatever is wrong with the files of postings, the index is said to be damaged, also when it shows only on reading."""
    folder = segment_of(tmp_path / "s", [Document("/a", "字 " * 400, "")]).folder
    with pytest.raises(IndexDamaged, match="its postings cannot be read"):
        PostingsReader(tmp_path)
    reader = PostingsReader(folder)
    reader.close()
    for read in WAYS_TO_READ:
        with pytest.raises(IndexDamaged, match="its postings cannot be read"):
            read(reader, "words", "字")


@pytest.mark.parametrize("ending", ["trm", "pst"])
def test_any_broken_byte(tmp_path, monkeypatch, ending):
    """Whatever byte of the postings is another, they are read, or said to be damaged; nothing else happens."""
    monkeypatch.setattr(w3, "INLINE", 2)
    texts = (f"字 {word} chip" for word in ("甲乙", "丙丁", "乙丙", "chips"))
    folder = segment_of(tmp_path / "s", [Document(f"/{number}", text, "") for number, text in enumerate(texts)]).folder
    (path,) = folder.glob(f"postings/*.{ending}")
    whole = path.read_bytes()
    for at in range(0, len(whole), 1 + len(whole) // 400):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xA5]) + whole[at + 1 :])
        try:
            reader = PostingsReader(folder)
        except IndexDamaged:
            continue
        for field, term in (("words", "chip"), ("grams", "甲乙"), ("title", "无")):
            for read in WAYS_TO_READ:
                with contextlib.suppress(IndexDamaged):
                    read(reader, field, term)
        reader.close()


_ONCE = pickle.dumps(((0, 1, 2, 3), None, None), 3)


@pytest.mark.parametrize(
    "other",
    [
        _ONCE.replace(b"NN", b"\x88N"),  # weights that are True
        b"(K\0K\1K\2tK\1N\x87.",  # one weight for all
        b"(K\0K\1K\4tNN\x87.",  # a passage that is not there
        b"(G" + bytes(8) + b"tNN\x87.",  # 0.0
        b")NN\x87.",  # no passages
        b"K\1NN\x87.",
    ],
)
def test_broken_numbers(tmp_path, other):
    """What is not what it should be in the place of a short list is damage, in whatever way it is read."""
    folder = segment_of(tmp_path / "s", [Document(f"/{number}", "chip", "") for number in range(4)]).folder
    (path,) = folder.glob("postings/*.trm")
    whole = path.read_bytes()
    assert _ONCE in whole
    path.write_bytes(whole.replace(_ONCE, other.ljust(len(_ONCE), b".")))
    reader = PostingsReader(folder)
    for read in (PostingsReader.postings, PostingsReader.planes, PostingsReader.having_prefix):
        with pytest.raises(IndexDamaged, match="its postings cannot be read"):
            read(reader, "words", "chip")
    reader.close()


def test_broken_sets(tmp_path, monkeypatch):
    """Whatever byte of the sets of a term is another, they are read as they were, or said to be damaged.

    How many there are may only be read as fewer.
    """
    monkeypatch.setattr(w3, "INLINE", 0)
    folder = segment_of(tmp_path / "s", [Document(f"/{number}", "chip " * number, "") for number in range(1, 6)]).folder
    (path,) = folder.glob("postings/*.pst")
    sets, whole = w3._sets([*range(5)], bytearray(range(1, 6)), 5), path.read_bytes()
    start, beyond = whole.index(sets), w3._sets([*range(1, 6)], bytearray(range(1, 6)), 6)
    path.write_bytes(whole.replace(sets, beyond))
    with pytest.raises(IndexDamaged, match="passages that are not there"):
        PostingsReader(folder).planes("words", "chip")
    for at in range(start, start + len(sets)):
        for byte in {0, 255, whole[at] ^ 1} - {whole[at]}:
            path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
            reader = PostingsReader(folder)
            with contextlib.suppress(IndexDamaged):
                assert reader.having_prefix("words", "chip") == 0b11111
            with contextlib.suppress(IndexDamaged):
                planes = reader.planes("words", "chip")
                assert planes == (0b11111, 0b01010, 0b01100, 0b10000)[: len(planes)]
                assert len(planes) == 4 or (at == start and planes)
            reader.close()


def test_postings_run_no_code(tmp_path):
    """A pickle of anything but numbers and words, in the place of postings, is refused before it does what it says."""
    folder = segment_of(tmp_path / "s", [Document("/a", "字", "")]).folder
    (path,) = folder.glob("postings/*.trm")
    whole, marker = path.read_bytes(), tmp_path / "ran"
    own = pickle.dumps(((0,), None, None), 3)
    assert own in whole
    foreign = f"cos\nmkdir\n(S'{marker}'\ntR.".encode()
    at = whole.index(own)
    path.write_bytes(whole[:at] + foreign + whole[at + len(foreign) :])
    reader = PostingsReader(folder)
    for field in FIELDS:
        for term in list(reader.terms(field, "")):
            with contextlib.suppress(IndexDamaged):
                reader.postings(field, term)
    assert not marker.exists()
    reader.close()


def _slices(data: st.DataObject, brute: Brute, most: int) -> Iterator[str]:
    """Pieces of the documents' folded texts, many of them around the borders of passages, and some that are nowhere."""
    for number, (folded, offsets) in enumerate(brute.folded):
        borders = [bisect_left(offsets, passage.start) for document, passage in brute.spans if document == number]
        yield from slices(data, folded, borders, most)


# ------------------------------------------------------------------------------------------ what is found


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(WRITTEN, min_size=1, max_size=3), data=st.data())
def test_phrases_as_brute_force(texts, data):
    """A phrase is found in exactly the passages where it begins, across passages, lines and scripts."""
    with Opened(*texts) as engine:
        brute = Brute(engine.texts)
        for phrase in filter(None, (fold(text).strip() for text in _slices(data, brute, 40))):
            expected = brute.holding(phrase)
            assert engine.ids(literal(phrase)) == expected, phrase
            assert engine.count(literal(phrase)) == (0, len(expected))


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(WRITTEN, min_size=1, max_size=3), data=st.data())
def test_wildcards_as_brute_force(texts, data):
    """A wildcard is found in exactly the passages where it begins."""
    with Opened(*texts) as engine:
        brute = Brute(engine.texts)
        for part in _slices(data, brute, 12):
            cuts = sorted({data.draw(st.integers(0, len(part))) for _ in range(data.draw(st.integers(1, 2)))})
            ends = [0, *(data.draw(st.integers(cut, min(cut + 3, len(part)))) for cut in cuts)]
            parts = tuple(fold(part[start:end]) for start, end in zip(ends, [*cuts, len(part)], strict=True))
            if (
                "".join(parts)[:1].isspace()
                or len(parts) < 2
                or not any(map(str.isalnum, "".join(parts)))
                or not all(parts[1:-1])
            ):
                continue
            wild = Wild(parts, "*".join(parts))
            assert engine.ids(wild) == brute.wild(wild), parts


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(WRITTEN, min_size=1, max_size=3), data=st.data())
def test_words_as_brute_force(texts, data):
    """Words are found in any inflection in exactly the passages where the first of them begins, also across passages."""
    with Opened(*texts) as engine:
        brute = Brute(engine.texts)
        runs = [[stem(folded[start:end]) for start, end in spoken_runs(folded)] for folded, _ in brute.folded]
        known = sorted({word for own in runs for word in own} | {"get", "element", "llm", "nvidia", "absent"})
        for own in runs:
            at = data.draw(st.integers(0, max(0, len(own) - 1)))
            chosen = own[at : at + data.draw(st.integers(1, 4))] or ["absent"]
            if data.draw(st.booleans()):
                chosen[data.draw(st.integers(0, len(chosen) - 1))] = data.draw(st.sampled_from(known))
            words = Words(tuple(chosen), " ".join(chosen))
            expected = brute.of(words)
            assert engine.ids(words) == expected, words
            assert engine.count(words) == (len(expected), len(expected))
            assert {match.tier for match in engine.search(words)} <= {0}


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(WRITTEN, min_size=1, max_size=3), data=st.data())
def test_near_as_brute_force(texts, data):
    """Words near each other are found in exactly the passages where some choice of them, in some order, is so near."""
    some = st.sampled_from(("chip", "export", "control", "s", "a", "llm")).map(spoken) | st.sampled_from(
        ("芯片", "出口", "口管", "水", "c++", "gpt-4", "の")
    ).map(literal)
    with Opened(*(text[:150] for text in texts)) as engine:
        for _ in range(4):
            parts = data.draw(st.lists(some, min_size=2, max_size=3, unique=True))
            near = Near(tuple(parts), data.draw(st.sampled_from((0, 1, 2, 5, 30))), "")
            expected = Brute(engine.texts).near(near)
            assert engine.ids(near) == expected, near
            assert engine.count(near) == (0, len(expected))


def test_words_across_passages():
    """Words that follow each other are found where the first of them is, although the second is in the next passage."""
    with Opened("字。" * 145 + " export " + "controls. " + "字。" * 150) as engine:
        (first,) = engine.ids(spoken("export"))
        assert engine.ids(spoken("exported control")) == {first}
        assert engine.ids(spoken("control export")) == set()


def test_parts_of_words_written_as_one():
    """What is written as one is found by the whole, by each part, and by its form."""
    with Opened("getElementById", "an element by id", "LLMs", "Nvidia's", "nvidias", "an s") as engine:
        assert engine.ids(spoken("elements")) == {0, 1}
        assert engine.ids(spoken("getelementbyid")) == {0}
        assert engine.ids(spoken("llm")) == {2}
        assert engine.ids(spoken("nvidia")) == {3, 4}
        assert engine.ids(spoken("s")) == {5}
        assert engine.ids(literal("element")) == {1}
        assert engine.ids(spoken("element by id")) == {0, 1}
        assert engine.ids(spoken("get element")) == {0}
        assert engine.ids(spoken("get id")) == set()


def test_alone():
    """What is to stand alone is found where it is a word, in titles too, and nowhere else; by a hint of one character, too."""
    alone = Term("行", "row", alone=True)
    with Opened("表格的行，和列", "执行命令和列表") as engine:
        assert engine.ids(Term("行", "行")) == {0, 1}
        assert engine.ids(alone) == {0}
        assert engine.count(alone) == (1, 1)
        plain, hinted = (scores(engine, AllOf((literal("列"), *hints))) for hints in ((), (Hint(Term("行", "行")),)))
        assert hinted[0] > plain[0]
        assert hinted[1] == plain[1]


def test_wildcard_that_begins_before_its_word():
    """A wildcard of signs and letters is found where the signs are, although the word is in the next passage."""
    with Opened("字。" * 150 + " chips " + "字。" * 150) as engine:
        brute = Brute(engine.texts)
        assert brute.wild(Wild(("。 chi", ""), "。 chi*")) == {0}
        assert brute.wild(Wild(("chi", ""), "chi*")) == {1}
        for parts in (("。 chi", ""), ("chi", ""), ("。", "chi", "")):
            assert engine.ids(Wild(parts, "*".join(parts))) == brute.wild(Wild(parts, "*".join(parts)))


@settings(max_examples=80, deadline=None)
@given(
    texts=st.lists(WRITTEN, min_size=1, max_size=4),
    plan=PLANS,
    hints=st.sampled_from(((), HINTS[:1], HINTS)),
    enough=st.sampled_from((1, 2, 200)),
)
@example(texts=["国产芯片出口"], plan=AllOf((Not(Filter("title", "x")),)), hints=HINTS, enough=1)
def test_plans_as_set_algebra(texts, plan, hints, enough):
    """All, any, not and conditions are what they are among sets, and what stands for something is that; hints change no set.

    Those with everything have tiers 0 and 1, those with some of it 2; each score is the sum of its parts.
    """
    paths = ("/a/0.txt", "/a/b/1.md", "/sub/2.txt", "/a/sub/3.md")
    documents = [Document(path, text, text[:8].strip()) for path, text in zip(paths, texts, strict=False)]
    with Opened(*documents) as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "ENOUGH", enough)
        if isinstance(plan, AllOf):
            plan = AllOf((*plan.children, *hints))
        matches = engine.search(plan)
        complete, some = Brute(engine.texts).top(plan, enough)
        assert {match.id for match in matches if match.tier in (0, 1)} == complete
        assert {match.id for match in matches if match.tier == 2} == some
        assert len({match.id for match in matches}) == len(matches)
        assert matches.documents == len({engine.spans[match.id][0] for match in matches})
        for limit in (1, 2, 3):
            assert best(matches.among_best(limit), limit, engine.passage_of) == best(list(matches), limit, engine.passage_of)
        for match in matches:
            parts = engine.score_parts(plan, match.id)
            assert sum(value for _, _, value in parts) == pytest.approx(match.score, rel=1e-9, abs=1e-12), parts


_titled = st.builds(
    lambda text, title, headings: Document("", text, title, tuple(Heading(at, heading) for at, heading in headings)),
    WRITTEN | st.sampled_from(("chips " * 30, "芯片，" * 30, "chips export " * 20)),
    st.sampled_from(("", "芯片", "chips", "chips export", "Export controls of chips", "出口 水")),
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(("on chips", "芯片 出口", "export"))), max_size=2),
)


@settings(max_examples=80, deadline=None)
@given(
    documents=st.lists(st.tuples(_titled, st.integers(0, 1), st.booleans()), min_size=1, max_size=4),
    plan=PLANS,
    others=st.lists(FOUND | WIDES, max_size=3, unique=True),
    hints=st.sampled_from(((), HINTS)),
    enough=st.sampled_from((1, 200)),
    at_once=st.tuples(st.sampled_from((1, 3)), st.sampled_from((0, 2))),
)
@example(
    documents=[(Document("", "chips " * 30, title), 0, False) for title in ("chips", "", "export chips", "one of all chips")]
    + [(Document("", "other words " * 30, ""), 1, False)],
    plan=spoken("chips"),
    others=[],
    hints=(),
    enough=200,
    at_once=(1, 0),
)
def test_nothing_scores_above_its_bounds(documents, plan, others, hints, enough, at_once):
    """What is said of all passages at once is never less than what one of them scores, and so the best are those of all."""
    first, together = at_once
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        for name, size in {"LOW": 30, "TARGET": 40, "HIGH": 50, "_CRUMB": 15}.items():
            patch.setattr(cutting, name, size)
        for module in (findings, evaluation):
            patch.setattr(module, "TOGETHER", together)
        patch.setattr(findings, "FIRST", first)
        patch.setattr(evaluation, "ENOUGH", enough)
        files = []
        for segment in (0, 1):
            own = [(replace(row, path=f"/{n}"), dead) for n, (row, other, dead) in enumerate(documents) if other == segment]
            deleted = (number for number, (_, dead) in enumerate(own) if dead)
            files.append(segment_of(Path(folder) / str(segment), [document for document, _ in own], deleted))
        engine = EmbeddedEngine(files)
        plan = AllOf((*(plan.children if isinstance(plan, AllOf) else (plan,)), *others, *hints))
        _check_bounds(engine, plan)
        engine.close()


def _added_up(all_levels: Sequence[findings.Levels]) -> Counter[int]:
    """The bound of each passage: the sum of what each of the levels says at the most."""
    bounds = Counter[int]()
    for bound, having in (level for levels in all_levels for level in findings.apart(levels)):
        bounds.update(dict.fromkeys(bitmaps.numbers(having), bound))
    return bounds


def _check_bounds(engine: EmbeddedEngine, plan: AllOf) -> None:
    evaluated = engine._evaluation()
    for found in (*map(evaluated.found, (plan, *plan.children)), *evaluated._wanted(plan.children).values()):
        own, bounds = found.scores(bitmaps.numbers(found.passages)), _added_up(found.levels)
        assert sorted(own) == bitmaps.numbers(found.passages)
        assert all(score <= found.most * (1 + 1e-9) and score <= bounds[at] * (1 + 1e-9) for at, score in own.items())
    titles = evaluated._titles(plan.children)
    for worth in titles.values():
        own, count = dict.fromkeys(bitmaps.numbers(evaluated.segments.alive), 0.0), scoring.title_length(titles)
        evaluated._add_title(worth, count, own)
        bounds = _added_up([evaluated._by_distance(worth, count)])
        assert all(score <= bounds[at] * (1 + 1e-9) for at, score in own.items())
    matches = engine.search(plan)
    everything = {match.id: match for match in matches}
    grouped = [
        (number, min(most, bound))
        for most, groups in matches.groups()
        for bound, group in groups
        for number in bitmaps.numbers(group)
    ]
    assert sorted(number for number, _ in grouped) == sorted(everything)
    assert all(everything[number].score <= bound * (1 + 1e-9) for number, bound in grouped)
    for limit in range(1, len(everything)):
        last = sorted(match.score for match in everything.values())[-limit]
        assert {match.id: match for match in matches.among_best(limit)} == {
            number: match for number, match in everything.items() if match.score >= last
        }


@SOME
@given(
    texts=st.lists(WRITTEN, min_size=1, max_size=3),
    typed=st.sampled_from(("晶片", "芯片", "Export", "export", "圖書館", "ＡＩ", "é", "。")),
)
def test_exact_terms(texts, typed):
    """A term to be taken as typed is found only where the document has it in these very characters."""
    with Opened(*texts) as engine:
        expected = set()
        for number, (document, span) in enumerate(engine.spans):
            text = engine.texts[document].text
            starts = (at for at in range(span.start, span.end) if text.startswith(typed, at))
            if any(not is_inside(text, at) and not is_inside(text, at + len(typed)) for at in starts):
                expected.add(number)
        expected &= Brute(engine.texts).holding(fold(typed))  # where invisible characters join words, none begins or ends
        assert engine.ids(Term(fold(typed), typed, word=False, exact=True)) == expected


def test_exact_by_one_mark():
    """Marks that folding drops make another text; how they are composed does not."""
    with Opened("cafe", "café", "cafe\u0301") as engine:
        assert engine.ids(Term("cafe", "café", exact=True)) == {1, 2}
        assert engine.ids(Term("cafe", "cafe\u0301", exact=True)) == {1, 2}
        assert engine.ids(Term("cafe", "cafe", exact=True)) == {0}


def test_word_in_a_title_only():
    """The words of a title that is no part of the text (HTML) are found with the first passage."""
    with Opened(Document("/a", "text。" * 200, "Memory 晶片")) as engine:
        assert len(engine.spans) > 2
        assert engine.ids(spoken("memories")) == {0}
        assert engine.ids(Term("芯片", "晶片")) == set()
        assert engine.ids(Term(fold("晶片"), "晶片")) == {0}


def test_tiers():
    """What has the words as words is told from what has them inside longer ones, and both from what has only some of them."""
    with Opened("北京大学图书馆", "大学 生活", "学图", "别的") as engine:

        def tiers(*children: Plan) -> dict[int, int]:
            plan = AllOf(children) if len(children) > 1 else children[0]
            return {match.id: match.tier for match in engine.search(plan)}

        assert tiers(Term("大学", "大学")) == {0: 0, 1: 0}
        assert tiers(Term("学图", "学图"))[0] == 1
        assert tiers(literal("学图"))[0] == 0
        assert tiers(Term("大学", "大学"), Term("学图", "学图")) == {0: 1, 1: 2, 2: 2}
        assert tiers(Term("大学", "大学"), spoken("nowhere")) == {0: 2, 1: 2}
        assert tiers(AnyOf((Term("大学", "大学"), Term("学图", "学图"))))[0] == 0


def test_enough():
    """If so many passages have all the words, those with only some are no answers; conditions and titles count before."""
    both = AllOf((spoken("tea"), spoken("milk")))
    with Opened("tea, milk", "milk and tea", "tea", "milk") as engine, pytest.MonkeyPatch.context() as patch:
        for enough, found in ((1, {0, 1}), (2, {0, 1}), (3, {0, 1, 2, 3})):
            patch.setattr(evaluation, "ENOUGH", enough)
            assert engine.ids(both) == found
        patch.setattr(evaluation, "ENOUGH", 2)
        assert engine.ids(AllOf((*both.children, Not(Filter("path", "0.txt"))))) == {1, 2, 3}
        assert engine.ids(spoken("tea")) == {0, 1, 2}


FILLER = "filler。" * 100  # a passage of its own, with which the words of a title count that is no part of the text


def test_titles_count_as_had():
    """Of several words those in the title of its document need not be in a passage; all of them there are not enough."""
    documents = [
        Document("/0", f"{FILLER}\n\nabout milk", "Teas"),
        Document("/1", f"{FILLER}\n\nabout milk", "Coffee"),
        Document("/2", f"{FILLER}\n\nnothing", "Tea with milk"),
    ]
    with Opened(*documents) as engine:

        def tiers(plan: Plan) -> dict[tuple[int, str], int]:
            return {
                (engine.document_of(match.id), engine.fetch(match.id).text[-4:]): match.tier for match in engine.search(plan)
            }

        both = tiers(AllOf((spoken("tea"), spoken("milk"))))
        assert (both[0, "milk"], both[1, "milk"]) == (0, 2)
        assert not any(text == "hing" for _, text in both)
        # by what stands for a word, too; but a single word has to be there
        assert tiers(AllOf((wide(spoken("cha"), tea=0.5), spoken("milk"))))[0, "milk"] == 0
        whole = Whole(Variant(spoken("tea"), "cross", 0.5), (spoken("cha"),))
        assert tiers(AllOf((spoken("cha"), spoken("milk"), whole)))[0, "milk"] == 0
        assert tiers(AllOf((spoken("milk"), Not(spoken("cha")))))[1, "milk"] == 0
        assert (1, "milk") not in tiers(spoken("coffee"))
        # a literal as it is, and one as typed as it is typed
        assert tiers(AllOf((literal("teas"), spoken("milk"))))[0, "milk"] == 0
        assert tiers(AllOf((literal("tea"), spoken("milk"))))[0, "milk"] == 2
        assert tiers(AllOf((literal("teas", "Teas", exact=True), spoken("milk"))))[0, "milk"] == 2
        # one of several that are alternatives, by itself, by what stands for it, or all of several
        for group in (
            (spoken("tea"), spoken("cha")),
            (spoken("cha"), wide(spoken("char"), tea=0.5)),
            (spoken("cha"), AnyOf((spoken("char"), spoken("tea")))),
            (spoken("cha"), AllOf((spoken("tea"), literal("teas"), Not(spoken("cha"))))),
        ):
            assert tiers(AllOf((AnyOf(group), spoken("milk"))))[0, "milk"] == 0, group
        for group in (
            (spoken("cha"), AllOf((spoken("tea"), spoken("cha")))),
            (spoken("cha"), AllOf((spoken("tea"), Not(spoken("about"))))),
            (spoken("cha"), AllOf((spoken("tea"), Wild(("te", ""), "te*")))),
            (spoken("cha"), Not(spoken("about"))),
        ):
            assert tiers(AllOf((AnyOf(group), spoken("milk"))))[0, "milk"] == 2, group


@pytest.mark.parametrize(
    ("leaf", "title", "has"),
    [
        (spoken("data center"), "The data centers of 2025", True),
        (spoken("data center"), "A Center for the Protection of Data", False),
        (spoken("data center"), "DataCenter", True),
        (spoken("data center"), "BigDataCenter, DataHub", True),
        (spoken("data center"), "DataHub and CenterPoint", False),
        (Term("新能源", "新能源"), "高新能源基地", True),
        (Term("新能源", "新能源"), "新能源", True),
        (Term("新能源", "新能源"), "新的能源", False),
        (Term("能源", "能源"), "高新能源基地", True),
        (Term("新", "新"), "高新能源基地", True),
        (Term("行", "行", alone=True), "表格的行", True),
        (Term("行", "行", alone=True), "行", True),
        (Term("行", "行", alone=True), "如何执行", False),
        (Term("行", "行", alone=True), "行动", False),
        (Term("表", "表", alone=True), "电子表", False),
        (Term("表", "表"), "电子表", True),
        (literal("新 c++"), "论新 C++", True),
        (literal("c++"), "xc++", False),
    ],
    ids=str,
)
def test_what_titles_have(leaf, title, has):
    """What a title has does not depend on the titles of others."""
    documents = [Document("/a", f"{FILLER}\n\nabout milk", title), Document("/b", "data c++ 新能源，行，执行，行动，新", "")]
    for others in ([], [Document("/c", "data", "data center"), Document("/d", "新能源", "新能源 c++ 新 c++ 新，行")]):
        with Opened(*documents, *others) as engine:
            tiers = {engine.fetch(match.id).text[-10:]: match.tier for match in engine.search(AllOf((leaf, spoken("milk"))))}
            assert tiers["about milk"] == (0 if has else 2)


def test_an_alternative_takes_nothing_away():
    """A passage is worth as much, and is as complete, with an alternative that is nowhere, in whatever place it is typed."""
    documents = [
        Document("/0", "the price of it", "Wafer handbook"),
        Document("/1", "the price of it", "Chip"),
        Document("/2", "price wafer", ""),
        Document("/3", "别的", "wafer 定价"),
    ]
    with Opened(*documents) as engine:
        for word in (spoken("wafer"), wide(spoken("chip"), wafer=0.5), literal("handbook")):
            plain = {match.id: (match.tier, match.score) for match in engine.search(AllOf((word, spoken("price"))))}
            for group in ((word, spoken("zzz")), (spoken("zzz"), word), (spoken("chip"), word)):
                found = {match.id: (match.tier, match.score) for match in engine.search(AllOf((AnyOf(group), spoken("price"))))}
                for number, (tier, score) in plain.items():
                    assert found[number][0] <= tier
                    assert found[number][1] >= score - 1e-9


def test_hints_are_no_parts():
    """What is only a hint makes no passage an answer, though the title has all that is wanted."""
    documents = [Document("/0", f"{FILLER}\n\nof tea", "Name"), Document("/1", "name", ""), Document("/2", "of milk", "")]
    with Opened(*documents) as engine:
        (tea,), (milk,) = engine.ids(spoken("tea")), engine.ids(spoken("milk"))
        assert engine.ids(AllOf((spoken("name"), Hint(spoken("of"))))) == engine.ids(spoken("name"))
        assert engine.ids(AllOf((spoken("name"), spoken("of")))) == engine.ids(spoken("name")) | {tea, milk}


# ------------------------------------------------------------------------------------------ scores


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(WRITTEN, min_size=1, max_size=6), word=st.sampled_from(("芯片", "出口", "chip", "水", "上海", "export")))
def test_bm25(texts, word):
    """The score of one word is BM25 as published: Robertson and Zaragoza (3.15) with Lucene's idf, inside words as `LOOSE`."""
    with Opened(*texts) as engine:
        brute = Brute(engine.texts)
        leaf = Term(word, word) if is_unspaced(word) else Words((word,), word)
        tokens = [brute.tokens(number) for number in range(len(engine.spans))]
        found = brute.of(leaf)
        mean = max(1.0, sum(own.total() for own in tokens) / len(tokens))
        idf = math.log(1 + (len(tokens) - len(found) + 0.5) / (len(found) + 0.5))
        expected = {}
        for number in found:
            frequency = (tokens if is_unspaced(word) else [brute.stems(n) for n in range(len(tokens))])[number][word]
            frequency = frequency or (LOOSE if any(own[word] for own in tokens) else brute.count(word, number))
            saturated = frequency / (frequency + K1 * (1 - B + B * tokens[number].total() / mean))
            expected[number] = idf * saturated * (K1 + 1)
        matches = engine.search(leaf)
        assert {match.id: match.score for match in matches} == pytest.approx(expected, rel=1e-9)
        assert {match.id for match in matches if match.tier == 0} == {number for number in found if tokens[number][word]}
        assert engine.frequency(word) == sum(1 for own in tokens if own[word])


def scores(engine: Opened, plan: Plan) -> dict[int, float]:
    """The score of each document's best passage."""
    found: dict[int, float] = {}
    for match in engine.search(plan):
        document = engine.document_of(match.id)
        found[document] = max(match.score, found.get(document, 0))
    return found


def test_titles_headings_and_hints_raise():
    """The same passage is worth more under a title or heading that has the word, most under a title of just the words."""

    def score(document: Document, plan: Plan) -> float:
        with Opened(document, Document("/z", "别的 other", "")) as engine:
            return scores(engine, plan)[0]

    chips, plain = spoken("chips"), Document("/a", "chips here", "")
    alone = score(plain, chips)
    headed = score(replace(plain, text="chips here", headings=(Heading(0, "chips"),)), chips)
    titled = score(replace(plain, title="chips here"), chips)
    exactly = score(replace(plain, title="chips"), chips)
    assert alone < headed
    assert alone < titled < exactly
    ironic = replace(plain, text="the iron", headings=(Heading(0, "Ironic"),))
    for leaf in (literal("iron"), literal("iron", exact=True)):  # headings have stems, and iron is that of another word, too
        assert score(ironic, leaf) == score(replace(ironic, headings=()), leaf)
    chinese = replace(plain, text="芯片")
    assert score(replace(chinese, headings=(Heading(0, "芯片"),)), literal("芯片")) > score(chinese, literal("芯片"))
    both = AllOf((Term("出口", "出口"), Term("管制", "管制")))
    hinted = AllOf((*both.children, Hint(Term("口管", "口管"))))
    together, apart = Document("/a", "出口管制", ""), Document("/a", "出口，管制", "")
    assert score(together, hinted) > score(together, both)
    assert score(apart, hinted) == pytest.approx(score(apart, both))


@pytest.mark.parametrize("hint", [Term("口管", "口管"), spoken("controls")], ids=str)
def test_hints_only_raise(hint):
    """What only hints are for raises the score of passages that have it, adds none and changes no tier."""
    both = AllOf((Term("出口", "出口"), Term("管制", "管制")))
    with Opened("出口管制 control", "出口，管制", "出口", "口管 controls", "管制 控制 control") as engine:
        without = {match.id: match for match in engine.search(both)}
        with_hint = {match.id: match for match in engine.search(AllOf((*both.children, Hint(hint))))}
        having = engine.ids(hint)
        assert with_hint.keys() == without.keys()
        assert having & without.keys()
        for number, match in with_hint.items():
            assert match.tier == without[number].tier
            assert (match.score > without[number].score) == (number in having)


def test_coverage():
    """Of passages that have only some of the words those with more of them stand above."""
    with Opened("alpha", "alpha beta", "alpha beta gamma", "beta gamma", "delta", "alpha alpha alpha") as engine:
        found = scores(engine, AllOf(tuple(spoken(word) for word in ("alpha", "beta", "gamma", "nowhere"))))
        assert found.keys() == {0, 1, 2, 3, 5}
        assert found[2] > max(found[1], found[3])
        assert min(found[1], found[3]) > max(found[0], found[5])


# ------------------------------------------------------------------------------------------ what stands for something

_FRAMES = ("{} is here", "we have {} and {}", "{}. Other words about other things", "fab {}", "{} export {}")
_SHAPES = ("plain", "titled", "headed", "both")
_made = st.lists(
    st.tuples(
        st.sampled_from(("kappa", "lambda", "omega", "nothing")),
        st.sampled_from((*_FRAMES, "said above only")),
        st.sampled_from(_SHAPES),
    ),
    max_size=12,
)


def framed(number: int, word: str, frame: str, shape: str) -> Document:
    """A document of a word in a frame, and perhaps in its title and its heading."""
    text = frame.format(word, word)
    headings = (Heading(0, f"on {word}"),) if shape in ("headed", "both") else ()
    return Document(f"/{number:03}", text, f"About {word}" if shape in ("titled", "both") else "", headings)


@settings(max_examples=60, deadline=None)
@given(made=_made, frame=st.sampled_from(_FRAMES), shape=st.sampled_from(_SHAPES), weights=st.tuples(*[st.floats(0.01, 1)] * 2))
@example(
    made=[("kappa", _FRAMES[0], "headed"), ("lambda", _FRAMES[0], "plain")],
    frame=_FRAMES[0],
    shape="headed",
    weights=(0.9, 1.0),
)
@example(made=[("kappa", "said above only", "headed")] * 12, frame=_FRAMES[0], shape="headed", weights=(0.5, 0.9))
def test_a_variant_never_outranks(made, frame, shape, weights):
    """The same passage with a variant in the place of the typed word is worth no more, whatever else the index has.

    And the more a variant weighs, the more its passages are worth.
    """
    pairs = [framed(number, word, frame, shape) for number, word in enumerate(("kappa", "lambda"))]
    others = [framed(number, *row) for number, row in enumerate(made, 2)]
    light, heavy = sorted(weights)
    with Opened(*pairs, *others) as engine:
        for others_wanted in ((), (spoken("export"),)):
            for weight in (light, heavy, 1.0):
                found = scores(engine, AllOf((wide(spoken("kappa"), **{"lambda": weight, "omega": light}), *others_wanted)))
                assert found[1] <= found[0] + 1e-9, weight
            lightly, heavily = (
                scores(engine, AllOf((wide(spoken("kappa"), **{"lambda": weight}), *others_wanted)))
                for weight in (light, heavy)
            )
            assert lightly.keys() == heavily.keys()
            assert all(score <= heavily[document] + 1e-9 for document, score in lightly.items())


_UNKNOWN, _KNOWN = "资料中心", "数据中心"  # the one is no word of the segmenter's, the other is


@settings(max_examples=60, deadline=None)
@given(
    typed=st.sampled_from(
        (
            literal(_UNKNOWN),
            Term(_UNKNOWN, _UNKNOWN),
            literal(_KNOWN),
            Term(_KNOWN, _KNOWN),
            literal("kappa"),
            literal("kappa", exact=True),
        )
    ),
    instead=st.sampled_from((_KNOWN, "lambda", _UNKNOWN)),
    times=st.integers(1, 6),
    shape=st.sampled_from(_SHAPES),
    made=_made,
)
@example(typed=literal(_UNKNOWN), instead=_KNOWN, times=5, shape="plain", made=[])
@example(typed=Term(_UNKNOWN, _UNKNOWN), instead=_KNOWN, times=5, shape="headed", made=[])
@example(typed=literal("kappa"), instead="lambda", times=3, shape="both", made=[])
def test_a_variant_never_outranks_a_literal(typed, instead, times, shape, made):
    """Nor is it worth more than a phrase, or a word that the segmenter does not know, in as many places."""
    own = [(word, f"About {word}。 " * times) for word in (typed.text, instead)]  # with the title, where there is one
    pairs = [replace(framed(number, word, "{}", shape), text=text) for number, (word, text) in enumerate(own)]
    others = (framed(number, *row) for number, row in enumerate(made, 2))
    with Opened(*pairs, *others) as engine, pytest.MonkeyPatch.context() as patch:
        for module in (evaluation, scoring):  # lengths differ by how the words are cut
            patch.setattr(module, "B", 0.0)
        found = scores(engine, wide(typed, **{instead: 1.0}))
        assert found[1] <= found[0] + 1e-9


def test_literals_count_as_often_as_they_stand_there():
    """A phrase that is there three times is worth more than one that is there once; parts of longer words do not count.

    The s of a possessive, which is no word, does.
    """
    texts = (
        "学图 学图 学图 a",
        "学图 的 的 的 a",
        "chips b chips, chips",
        "chips b microchips, chipsets",
        "a's c s",
        "a c s",
    )
    with Opened(*texts) as engine:
        for text, more, less in (("学图", 0, 1), ("chips", 2, 3), ("s", 4, 5)):
            found = scores(engine, literal(text))
            assert found[more] > found[less]
        assert scores(engine, literal("chips"))[3] == pytest.approx(scores(engine, literal("b"))[3])


@settings(max_examples=40, deadline=None)
@given(made=_made, weight=st.floats(0.01, 1))
def test_typed_words_are_worth_what_they_are_alone(made, weight):
    """What stands for a word changes nothing for passages that have only the word itself."""
    documents = [framed(number, *row) for number, row in enumerate([("kappa", _FRAMES[0], "plain"), *made])]
    with Opened(*documents) as engine:
        alone = scores(engine, spoken("kappa"))
        both = scores(engine, wide(spoken("kappa"), **{"lambda": weight}))
        assert {document: both[document] for document in alone} == pytest.approx(alone)


def test_variants_add_up_to_one():
    """A passage that has both the word and what stands for it counts the better of them, once."""
    with Opened("kappa", "lambda", "kappa lambda", "omega " * 9) as engine:
        plan = wide(spoken("kappa"), **{"lambda": 0.5})
        words = {number: dict(part[::2] for part in engine.score_parts(plan, number)) for number in range(3)}
        assert words[1]["words"] == pytest.approx(0.5 * words[0]["words"])
        assert words[2]["words"] < words[0]["words"]  # it is longer, and has it once
        assert next(iter(engine.search(plan))).tier == 0
        assert engine.ids(plan) == {0, 1, 2}


def test_wholes():
    """What stands for several words has all of them, and only those; each by the better of the two."""
    parts = (wide(spoken("data"), 数据=0.9), spoken("center"))
    whole = Whole(Variant(Term("机房", "data center"), "cross", 0.8), parts)
    with Opened("data center", "机房", "机房 news", "data", "news", "数据 center news", "nothing") as engine:
        assert {match.id: match.tier for match in engine.search(AllOf((*parts, whole)))} == {0: 0, 1: 0, 2: 0, 3: 2, 5: 0}
        news = {match.id: match.tier for match in engine.search(AllOf((*parts, spoken("news"), whole)))}
        assert news == {0: 2, 1: 2, 2: 0, 3: 2, 4: 2, 5: 0}
        one = {match.id: match.tier for match in engine.search(AllOf((*parts, replace(whole, parts=parts[1:]))))}
        assert one == {0: 0, 1: 2, 2: 2, 3: 2, 5: 0}
        light, heavy = (
            scores(engine, AllOf((*parts, replace(whole, variant=replace(whole.variant, weight=weight)))))
            for weight in (0.2, 0.9)
        )
        assert light[1] < heavy[1]
        assert (light[0], light[3]) == (heavy[0], heavy[3])
        assert engine.ids(AnyOf((spoken("nothing"), whole))) == {6}


def test_parts_say_what_they_are_for():
    """The parts of a score name what they are for, and of which part of the plan."""
    documents = [Document("/0", "chips and export here", "Chips"), Document("/1", "chips", ""), Document("/2", "other", "")]
    plan = AllOf((wide(spoken("chips"), 芯片=0.5), spoken("export"), Hint(spoken("here"))))
    with Opened(*documents) as engine:
        own = [(what, leaf) for what, leaf, value in engine.score_parts(plan, 0) if value > 0]
        chips = "/chip/{芯片^0.5}"
        assert own == [("words", chips), ("words", "/export/"), ("pairs", "/here/"), ("title", chips)]
        lacking = engine.score_parts(plan, 1)
        assert [(what, leaf) for what, leaf, value in lacking if value > 0] == [("words", chips)]
        assert [what for what, _, value in lacking if value < 0] == ["coverage"]


# ------------------------------------------------------------------------------------------ segments


@SOME
@given(
    texts=st.lists(st.tuples(WRITTEN, st.integers(0, 2), st.booleans()), min_size=1, max_size=6),
    plan=PLANS,
    block=st.sampled_from((2, 4096)),
)
def test_segments_and_deletions(texts, plan, block):
    """Documents spread over segments, among deleted ones, are found, counted and scored as in one segment without these."""
    documents = [(Document(f"/{n}.txt", text, text[:5]), segment, dead) for n, (text, segment, dead) in enumerate(texts)]
    plan = AllOf((plan, *HINTS, Term("芯片", "芯片")))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(w3, "BLOCK", block)
        live = [document for document, _, dead in sorted(documents, key=lambda row: row[1]) if not dead]
        files = []
        for number in sorted({segment for _, segment, _ in documents}):
            own = [(document, dead) for document, segment, dead in documents if segment == number]
            deleted = (n for n, (_, dead) in enumerate(own) if dead)
            files.append(segment_of(Path(folder) / str(number), [document for document, _ in own], deleted))
        split_up = EmbeddedEngine(files)
        whole = EmbeddedEngine([segment_of(Path(folder) / "whole", live)] if live else [])
        assert (split_up.passages, split_up.documents) == (whole.passages, whole.documents)
        assert _answers(split_up, plan) == pytest.approx(_answers(whole, plan), rel=1e-12)
        for leaf in (variant.leaf for variant in sought(plan)):
            assert split_up.count(leaf) == whole.count(leaf)
            for token in [leaf.text] if isinstance(leaf, Term) else leaf.stems if isinstance(leaf, Words) else []:
                assert split_up.frequency(token) == whole.frequency(token)
        split_up.close()
        whole.close()


def _answers(engine: EmbeddedEngine, plan: Plan) -> dict[tuple[str, int, int], float]:
    matches = engine.search(plan)
    assert matches.documents == len({engine.passage_of(match.id)[0] for match in matches})
    return {(*engine.passage_of(match.id), match.tier): match.score for match in matches}


def test_hints_are_required_of_nothing():
    """A hint below the top of a plan finds nothing by itself."""
    with Opened("晶片出口", "出口") as engine:
        term = Term(fold("晶片"), "晶片", word=False)
        assert engine.ids(AnyOf((term, Hint(Term("出口", "出口"))))) == engine.ids(term)


def test_no_segments():
    """An engine without segments finds nothing, and says so."""
    engine = EmbeddedEngine([])
    assert (engine.passages, engine.documents, list(engine.search(Term("x", "x"))), engine.frequency("x")) == (0, 0, [], 0)
    assert not engine.search(Not(Term("x", "x")))
    engine.close()


# ------------------------------------------------------------------------------------------ what is shown


@SOME
@given(texts=st.lists(WRITTEN, min_size=1, max_size=3), around=st.integers(0, 30))
def test_fetch(texts, around):
    """A passage comes with its text to the letter, what stands around it, its place, and its line in the file."""
    documents = [Document(f"/{n}.txt", text, f"title {n}", has_lines=n != 1) for n, text in enumerate(texts)]
    with Opened(*documents) as engine:
        for number, (document, span) in enumerate(engine.spans):
            text = engine.texts[document].text
            stored = engine.fetch(number, around)
            assert stored.text == text[span.start : span.end]
            assert stored.before == text[max(0, span.start - around) : span.start]
            assert stored.after == text[span.end : span.end + around]
            assert (stored.path, stored.title, stored.number, stored.start) == (
                f"/{document}.txt",
                f"title {document}",
                span.number,
                span.start,
            )
            assert stored.line == (None if document == 1 else text.count("\n", 0, span.start) + 1)
            assert engine.passage_of(number) == (stored.path, stored.number)
            assert engine.document_of(number) == document
        for document in engine.texts:
            own = engine.passages_of(document.path)
            assert [engine.passage_of(number)[0] for number in own] == [document.path] * len(split(document))
            folded = "".join(map(engine.folded, own))
            assert folded.replace("\0", "").strip() == fold(document.text).replace("\0", "").strip()
        assert engine.passages_of("/none.txt") == range(0)


def test_what_is_there():
    """Terms come in order, by prefix; frequencies count passages."""
    with Opened("晶片出口", "芯片 chips", "Chip's e-mail, chips") as engine:
        assert list(engine.terms("words", "c")) == ["chip"]
        assert list(engine.terms("grams", "chi")) == ["chip", "chips"]
        assert {"晶片", "片出", "出口", "口", "e", "mail", "s"} <= set(engine.terms("grams", ""))
        assert (engine.frequency("chip"), engine.gram_frequency("chip"), engine.gram_frequency("chips")) == (2, 1, 2)
        assert (engine.frequency("片出"), engine.gram_frequency("片出"), engine.gram_frequency("x")) == (0, 1, 0)


def test_passages_of_what_was_deleted(tmp_path):
    """A deleted document has no passages, and one with the same path in another segment has its own."""
    old, new = Document("/a", "晶片", ""), Document("/a", "芯片", "")
    files = [segment_of(tmp_path / "0", [old, Document("/b", "茶", "")], iter([0])), segment_of(tmp_path / "1", [new])]
    engine = EmbeddedEngine(files)
    assert [engine.fetch(number).text for number in engine.passages_of("/a")] == ["芯片"]
    assert [engine.folded(number) for number in engine.passages_of("/b")] == ["茶"]
    engine.close()


@given(text=st.text(st.characters(exclude_categories=[]), max_size=6), cut=st.integers(0, 24), end=st.integers(0, 24))
def test_decode_within(text, cut, end):
    """Bytes cut anywhere decode to the characters that are whole in them."""
    data = text.encode("utf-8", "surrogatepass")
    starts = [len(text[:number].encode("utf-8", "surrogatepass")) for number in range(len(text) + 1)]
    whole = "".join(text[n] for n, (first, last) in enumerate(pairwise(starts)) if cut <= first and last <= max(cut, end))
    assert decode_within(data[cut : max(cut, end)]) == whole


def test_decode_within_nonsense():
    """Bytes that are no text at all, which a damaged file may hold, decode to nothing instead of failing."""
    assert decode_within(b"\xed\xff\xff\xff\xff") == ""


def test_documents_are_kept_apart():
    """A phrase does not begin in one document and end in the next, and the last one ends where it ends."""
    with Opened("开头的晶", "片结尾", "片结尾的晶") as engine:
        assert engine.ids(literal("晶片")) == set()
        assert engine.ids(literal("晶\0片")) == set()
        assert engine.ids(Wild(("的晶", "片"), "的晶*片")) == set()
        assert engine.ids(literal("结尾")) == {1, 2}


def test_constants_matter():
    """The constants are those that the module names, with the values that its formula is known by."""
    assert (K1, B) == (1.2, 0.75)
    assert 0 < LOOSE < 1
