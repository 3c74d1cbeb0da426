"""The one call: what `Searcher` promises, whatever is searched for."""

import pickle
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import tongwen.searcher
from conftest import SEEDS
from test_sounds import rows
from tongwen.index import build
from tongwen.index.engines.embedded import EmbeddedEngine
from tongwen.index.engines.scoring import ENOUGH
from tongwen.index.errors import IndexNotFound, LexiconError, QueryError, TongwenError
from tongwen.index.fold import fold
from tongwen.index.model import LEVELS
from tongwen.searcher import Searcher, last_resort
from tongwen.searcher.results import Results

LONG = "填充用的句子不多不少。" * 40


def names(results: Results) -> list[str]:
    """The names of the files found, in order."""
    return [Path(hit.path).name for hit in results]


# ------------------------------------------------------------------------------------------ the face


def test_exported_names():
    """The package exports the searcher, and only that."""
    assert tongwen.searcher.__all__ == ["Searcher"]
    assert tongwen.searcher.Searcher is Searcher
    with pytest.raises(AttributeError, match="no attribute 'Finder'"):
        tongwen.searcher.Finder  # noqa: B018


def test_no_index(tmp_path):
    """A folder without an index is said to be that, with the command that makes one."""
    with pytest.raises(IndexNotFound, match="make one with: tongwen index PATH"):
        Searcher(tmp_path / "nothing")


def test_path_as_text(indexed, tmp_path):
    """The index may be named by a string, and closed by leaving the context."""
    indexed(a="茶")
    with Searcher(str(tmp_path / "index")) as searcher:
        assert names(searcher.search("茶")) == ["a.txt"]


# ------------------------------------------------------------------------------------------ limit, counts


def test_limit(indexed):
    """`limit` bounds the hits, ten by default, all for 0; the totals count everything."""
    searcher = indexed({f"{number:02}.txt": "茶\n" for number in range(15)})

    assert len(searcher.search("茶")) == 10
    assert len(searcher.search("茶", limit=3)) == 3
    assert len(searcher.search("茶", limit=0)) == 15
    assert len(searcher.search("茶", limit=99)) == 15
    for limit in (0, 1, 10, 99):
        assert (searcher.search("茶", limit=limit).total, searcher.search("茶", limit=limit).documents) == (15, 15)


def test_a_limit_takes_the_best(indexed):
    """The first hits of a long list are those of a short one, ranks and scores included."""
    searcher = indexed({f"{number:02}.txt": "茶" * number + "水" * (40 - number) for number in range(1, 30)})

    everything = searcher.search("茶 水", limit=0).hits
    for limit in (1, 2, 7, 28):
        assert searcher.search("茶 水", limit=limit).hits == everything[:limit]
    assert [hit.rank for hit in everything] == list(range(1, 30))


def test_documents_and_passages(indexed):
    """`total` counts passages, `documents` the documents they are in."""
    searcher = indexed(a=f"茶很热。{LONG}茶也凉。", b="茶", c="水")

    results = searcher.search("茶")

    assert (results.total, results.documents) == (3, 2)
    assert {(Path(hit.path).name, hit.passage) for hit in results} >= {("a.txt", 1), ("b.txt", 1)}
    assert len({(hit.path, hit.passage) for hit in results}) == 3


def test_nothing_found(indexed):
    """Nothing found is an answer, not an error."""
    results = indexed(a="茶").search("水")

    assert (results.hits, results.total, results.documents, results.partial, results.warnings) == ((), 0, 0, False, ())
    assert not results
    assert results.query == "水"
    assert results.seconds >= 0


# ------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"match": "fuzzy"}, "fuzzy is no level of matching; use one of exact, script, region, cross"),
        ({"match": ""}, "is no level of matching"),
        ({"lang": "tlh"}, "tlh is no language known here; use zh-Hans, zh-Hant or en"),
        ({"limit": -1}, "limit -1 is negative; 0 means all passages"),
    ],
)
def test_refused_options(indexed, options, message):
    """An option that means nothing is refused, and the message says what would do."""
    with pytest.raises(QueryError) as error:
        indexed(a="茶").search("茶", **options)

    assert message in str(error.value)
    assert isinstance(error.value, TongwenError)


@pytest.mark.parametrize("query", ["", " ", "，", '""', "()", "lang:tlh", "*"])
def test_empty_queries(indexed, query):
    """A query with nothing to search for is an error to search, whose first words say so, and none to explain."""
    searcher = indexed(a="茶")

    with pytest.raises(QueryError, match=r"\Anothing to search for"):
        searcher.search(query)
    assert searcher.explain(query).plan == ""
    assert searcher.explain(query).leaves == ()


def test_reasons_for_emptiness(indexed):
    """Everything that was left out is in the one message."""
    with pytest.raises(QueryError) as error:
        indexed(a="茶").search("， lang:tlh -")

    assert "a lone - was left out; " in str(error.value)
    assert "nothing in ， can be searched as a word" in str(error.value)
    assert "lang:tlh was left out" in str(error.value)


# ------------------------------------------------------------------------------------------ options


@pytest.mark.parametrize("match", LEVELS)
def test_levels(indexed, match):
    """All four levels are known, and each finds at least what those before it find."""
    searcher = indexed(exact="記憶體", script="记忆体", region="内存", cross="memory", no="别的")

    found = set(names(searcher.search("記憶體", match=match)))
    assert found == {f"{level}.txt" for level in LEVELS[: LEVELS.index(match) + 1]}


def test_marks_say_how_far(indexed):
    """A mark says at which level it was found, and for which typed word."""
    searcher = indexed(a="記憶體", b="记忆体", c="内存", d="memory")

    found = {hit.text: [(mark.level, mark.typed) for mark in hit.matched] for hit in searcher.search("記憶體")}
    levels = {"記憶體": "exact", "记忆体": "script", "内存": "region", "memory": "cross"}
    assert found == {text: [(level, "記憶體")] for text, level in levels.items()}


def test_own_lexicon(indexed, tmp_path):
    """Equivalents of one's own are read from the index's folder, or from the file that is named."""
    searcher = indexed(a="本所", b="芯片厂")
    assert names(searcher.search("本所")) == ["a.txt"]

    own = tmp_path / "index" / "lexicon.tsv"
    own.write_text("本所\t芯片厂\n", encoding="utf-8")
    with Searcher(tmp_path / "index") as later:
        assert set(names(later.search("本所"))) == {"a.txt", "b.txt"}
        assert names(later.search("本所", match="script")) == ["a.txt"]
    named = own.rename(tmp_path / "mine.tsv")
    with Searcher(tmp_path / "index") as later:
        assert names(later.search("本所")) == ["a.txt"]
    with Searcher(tmp_path / "index", named) as later:
        assert set(names(later.search("本所"))) == {"a.txt", "b.txt"}


@pytest.mark.parametrize("content", ["本所", "本所\t芯片厂\tnear", None])
def test_broken_lexicon(indexed, tmp_path, content):
    """A file of equivalents that cannot be read is said by the first search that needs it, and hinders no other."""
    indexed(a="本所")
    own = tmp_path / "own.tsv"
    if content:
        own.write_text(content, encoding="utf-8")
    with Searcher(tmp_path / "index", own) as searcher:
        assert names(searcher.search("本所", match="script")) == ["a.txt"]
        with pytest.raises(LexiconError, match=r"own\.tsv"):
            searcher.search("本所", match="region")


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("*.md", {"a.md"}),
        ("a.*", {"a.md", "a.txt"}),
        ("deep/*", {"b.txt", "c.txt"}),
        ("deep/b.txt", {"b.txt"}),
        ("*/deeper/*", {"c.txt"}),
        ("?.txt", {"a.txt", "b.txt", "c.txt"}),
        ("[bc].txt", {"b.txt", "c.txt"}),
        ("eep/b.txt", set()),
        ("B.TXT", set()),
        ("*", {"a.md", "a.txt", "b.txt", "c.txt"}),
    ],
)
def test_path(indexed, glob, found):
    """`path` is a shell-style pattern over the path or its end from some folder on."""
    searcher = indexed({"a.md": "茶", "a.txt": "茶", "deep/b.txt": "茶", "deep/deeper/c.txt": "茶"})

    assert set(names(searcher.search("茶", path=glob))) == found
    assert set(names(searcher.search(f'茶 path:"{glob}"'))) == found


@pytest.mark.parametrize(
    ("lang", "found"),
    [
        ("zh-Hant", {"t", "either"}),
        ("zh-hans", {"s", "either"}),
        ("zh-TW", {"t", "either"}),
        ("zh_CN", {"s", "either"}),
        ("zh", {"t", "s", "either"}),
        ("en", {"e"}),
        ("ja", {"j"}),
        (None, {"t", "s", "e", "j", "either"}),
    ],
)
def test_lang(indexed, lang, found):
    """`lang` is the language of the document; Chinese that could be either script is both."""
    searcher = indexed(
        t="臺灣的茶葉", s="台湾的茶叶", e="茶 is the word for tea, as everybody knows", j="お茶をのみましょうね", either="喝茶"
    )

    assert {Path(name).stem for name in names(searcher.search("茶", lang=lang))} == found
    if lang:
        assert {Path(name).stem for name in names(searcher.search(f"茶 lang:{lang}"))} == found


# ------------------------------------------------------------------------------------------ tiers, order


def test_partial(indexed):
    """Passages with all words are found, and those with some; `complete` counts the former, `partial` says there are none."""
    searcher = indexed(a="苹果，香蕉", b="苹果", c="香蕉，西瓜")

    both = searcher.search("苹果 香蕉")
    assert (names(both)[0], {Path(hit.path).name: hit.tier for hit in both}) == ("a.txt", {"a.txt": 0, "b.txt": 2, "c.txt": 2})
    assert (both.total, both.documents, both.complete, both.partial) == (3, 3, 1, False)
    some = searcher.search("苹果 香蕉 西瓜")
    assert (set(names(some)), some.total, some.complete, some.partial) == ({"a.txt", "b.txt", "c.txt"}, 3, 0, True)
    assert {hit.tier for hit in some} == {2}
    one = searcher.search("苹果")
    assert (set(names(one)), one.total, one.complete, one.partial) == ({"a.txt", "b.txt"}, 2, 2, False)


def test_enough(indexed):
    """If many passages have all the words, those with only some are no answers."""
    searcher = indexed({f"{number}.txt": "苹果，香蕉" for number in range(ENOUGH - 1)} | {"some.txt": "苹果"})
    assert searcher.search("苹果 香蕉").total == ENOUGH
    assert searcher.search("苹果 香蕉").complete == ENOUGH - 1

    more = indexed({f"{ENOUGH}.txt": "苹果，香蕉"})
    assert (more.search("苹果 香蕉").total, more.search("苹果 香蕉").complete) == (ENOUGH, ENOUGH)
    assert more.search("苹果").total == ENOUGH + 1


def test_a_title_counts_as_had(indexed):
    """What the title of a document says need not be said again in each of its passages."""
    text = f"\n\n别的话。\n\n{LONG}\n\n香蕉很甜。"
    searcher = indexed(a=f"苹果{text}", b=f"葡萄{text}")

    results = searcher.search("苹果 香蕉")
    assert [(Path(hit.path).name, hit.tier) for hit in results if "香蕉" in hit.text] == [("a.txt", 0), ("b.txt", 2)]
    assert (results.complete, results.total) == (1, 3)


def test_tiers(indexed):
    """Passages that have a word as a word stand above those that have it only inside longer ones."""
    searcher = indexed(a="它们适用于各种场合", b="这些用于各种场合", c="适用于用于")

    assert {Path(hit.path).name: hit.tier for hit in searcher.search("用于")} == {"a.txt": 1, "b.txt": 0, "c.txt": 0}
    assert names(searcher.search("用于"))[-1] == "a.txt"


def test_stable_order_among_equals(indexed, tmp_path):
    """Passages that are worth the same stand in the order of their paths and places, however the index came about."""
    files = {f"{name}.txt": "茶" for name in "dbeac"}
    searcher = indexed(files)
    assert names(searcher.search("茶")) == ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]
    assert names(searcher.search("茶", limit=2)) == ["a.txt", "b.txt"]

    (tmp_path / "files" / "bb.txt").write_text("茶", encoding="utf-8")
    build(tmp_path / "index", [tmp_path / "files"])  # a second segment
    with Searcher(tmp_path / "index") as later:
        assert names(later.search("茶")) == ["a.txt", "b.txt", "bb.txt", "c.txt", "d.txt", "e.txt"]


def test_same_question_same_answer(indexed):
    """Asking twice gives equal hits, to the last digit."""
    searcher = indexed({f"{number}.txt": "茶 水 " * number + "酒" for number in range(1, 9)})

    assert searcher.search("茶 水 酒", limit=0).hits == searcher.search("茶 水 酒", limit=0).hits


def test_it_answers_from_what_it_opened(indexed, tmp_path):
    """A searcher keeps to its generation, whatever is written meanwhile."""
    searcher = indexed(a="茶")
    (tmp_path / "files" / "b.txt").write_text("茶", encoding="utf-8")
    build(tmp_path / "index", [tmp_path / "files"])

    assert names(searcher.search("茶")) == ["a.txt"]
    with Searcher(tmp_path / "index") as later:
        assert names(later.search("茶")) == ["a.txt", "b.txt"]


# ------------------------------------------------------------------------------------------ by sound

ACCIDENTS = "抽查格式的按钮，表达式里有它了，因素时常变，图片打印，但是那次在体内，大方向的时候，眼前，六个，我们的题名，大厅"
"""What some English words would be, if any two characters and all readings in dictionaries counted."""


@pytest.fixture(scope="module")
def wordy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """The sample documents, the commonest words of Chinese, what the file of cases wants, and accidents."""
    folder = tmp_path_factory.mktemp("wordy")
    dictionary = Path(str(find_spec("jieba").origin)).with_name("dict.txt").read_text(encoding="utf-8")
    entries = [line.split(" ") for line in dictionary.splitlines()]
    words = sorted((entry for entry in entries if len(entry[0]) > 1), key=lambda entry: -int(entry[1]))[:10_000]
    (folder / "words.txt").write_text("，".join(entry[0] for entry in words), encoding="utf-8")
    wanted = [expected for _, expected, _ in rows("by_sound.tsv") if expected != "-"]
    (folder / "wanted.txt").write_text("".join(f"昨天{name}又有了新的消息。\n" for name in wanted), encoding="utf-8")
    (folder / "accidents.txt").write_text(ACCIDENTS, encoding="utf-8")
    build(folder / "index", [SEEDS, folder])
    with Searcher(folder / "index") as searcher:
        yield searcher


@pytest.mark.parametrize(("typed", "expected", "why"), rows("by_sound.tsv"))
def test_by_sound(wordy, typed, expected, why):
    """Pinyin finds Chinese; English words, misspelt ones and operators do not become Chinese."""
    found = [(hit.text[mark.start : mark.end], mark.level) for hit in wordy.search(typed, limit=0) for mark in hit.matched]

    if expected == "-":
        assert [text for text, level in found if level == "sound"] == [], why
    else:
        assert expected in {fold(text) for text, _ in found}, why


def test_cases_of_sound_are_many():
    """The file of cases has enough of either kind."""
    kinds = Counter(expected == "-" for _, expected, _ in rows("by_sound.tsv"))
    assert kinds[True] >= 60
    assert kinds[False] >= 25


def test_a_misspelt_word_has_suggestions_beside_what_it_sounds_like(indexed):
    """A word of letters that may be either is tried as both; where the misspelt one is much likelier, only suggested."""
    files = {f"{number}.txt": "这个模型不错" for number in range(3)}

    def answer(searcher):
        results = searcher.search("moxing")
        return results.total, [(each.instead, each.passages) for each in results.suggestions]

    assert answer(indexed(files | {f"e{number}.txt": "it is moving" for number in range(3)})) == (3, [])
    assert answer(indexed({f"e{number}.txt": "it is moving" for number in range(11)})) == (3, [("moving", 11)])
    assert answer(indexed(e11="it is moving")) == (0, [("moving", 12)])


def test_some_words_beside_a_sound(indexed):
    """Passages that have some of the typed words stay found when what they sound like is found, too."""
    searcher = indexed(a="黃仁勳說話", b="a talk by Mr Huang", c="别的")
    results = searcher.search("huang AND renxun")

    assert [(Path(hit.path).name, hit.tier) for hit in results] == [("a.txt", 0), ("b.txt", 2)]
    assert [(mark.level, mark.typed) for mark in results.hits[0].matched] == [("sound", "huang renxun")]
    assert (results.complete, results.total, results.suggestions) == (1, 2, ())
    assert names(searcher.search("huang renxun", path="b.*")) == ["b.txt"]
    assert names(searcher.search("huang renxun", lang="zh-Hant")) == ["a.txt"]
    assert names(searcher.search("huang renxun", match="region")) == ["b.txt"]


# ------------------------------------------------------------------------------------------ did you mean


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("受到出口管制的商品。管制", "出口菅制", ["出口管制"]),  # and not 管制 for 菅制 besides
        ("经过管制，没有出口", "出口菅制", ["管制"]),
        ("a strange accelerator", "accelerater stramge", ["accelerator", "strange"]),
        ("he reached it this morning", "teacher mining", []),  # words of English, whatever the index has
        ("he reached it", "reeched", ["reached"]),
        ("he reached it", "raechet", ["reached"]),
    ],
)
def test_suggestions(indexed, text, query, expected):
    """What may have been meant is suggested once, for the whole of what was typed if that can be."""
    assert [each.instead for each in indexed(a=text).search(query).suggestions] == expected


def test_suggestions_are_for_the_first_few_words(indexed):
    """A long text of strange words is not searched for suggestions to the end."""
    words = [f"{letter}{other}tention" for letter in "bcdfg" for other in "aeiou"]
    results = indexed(a=" ".join(words)).search(" ".join(word.replace("tention", "tentiom") for word in words))

    assert len({each.typed for each in results.suggestions}) == last_resort.MISSING < len(words)


def test_a_long_phrase_asks_once_for_each_of_its_words(indexed, monkeypatch):
    """However often a word stands in a query, the index is asked once for how often it has it."""
    asked = Counter[tuple[str, str]]()
    asking = {"frequency": EmbeddedEngine.frequency, "gram_frequency": EmbeddedEngine.gram_frequency}
    for name in asking:

        def counted(self, text, name=name, ask=asking[name]):
            asked[name, text] += 1
            return ask(self, text)

        monkeypatch.setattr(EmbeddedEngine, name, counted)
    assert indexed(a="出口管制，出口，管制").search('"' + "出口管制 " * 100 + '"').total == 0

    assert asked["frequency", "出口"] == max(asked.values()) == 1


# ------------------------------------------------------------------------------------------ hits, explanations


def test_a_hit_in_full(indexed, tmp_path):
    """Every field of a hit."""
    (hit,) = indexed(a="# 說茶\n\n\n台 灣的茶。").search("台湾").hits

    assert hit.path == str(tmp_path / "files" / "a.txt")
    assert (hit.rank, hit.title, hit.passage, hit.start, hit.end, hit.tier) == (1, "說茶", 1, 0, 13, 0)
    assert (hit.text, hit.line, hit.highlights) == ("# 說茶\n\n\n台 灣的茶。", 4, ((7, 10),))
    assert [(mark.start, mark.end, mark.level, mark.typed) for mark in hit.matched] == [(7, 10, "script", "台湾")]
    assert hit.score > 0


def test_lines(indexed):
    """`line` is where the first mark stands, and None where lines mean nothing."""
    searcher = indexed({"a.txt": "一\n二\n茶", "b.html": "<p>一<p>茶"})

    assert {Path(hit.path).name: hit.line for hit in searcher.search("茶")} == {"a.txt": 3, "b.html": None}


def test_results_are_values(indexed):
    """Results iterate, count, compare and survive pickling."""
    results = indexed(a="茶", b="茶").search("茶")

    assert list(results) == list(results.hits)
    assert len(results) == 2
    assert pickle.loads(pickle.dumps(results)) == results  # noqa: S301


def test_rank_is_search_without_texts(indexed):
    """What rank gives are the places of the hits of a search, as many as are wanted, in order."""
    searcher = indexed(a="茶" + "，水" * 300 + "\n\n茶和芯片", b="茶 chips", c="茶，茶", d="水")

    for query, options in (("茶", {}), ("晶片 茶", {"match": "script"}), ("茶 chip", {"path": "*b"}), ("无处可寻", {})):
        for limit in (0, 2):
            hits = searcher.search(query, limit, **options).hits
            assert searcher.rank(query, limit, **options) == [(hit.path, hit.passage) for hit in hits]
    with pytest.raises(QueryError, match="limit -1 is negative"):
        searcher.rank("茶", -1)


@pytest.mark.parametrize("query", ["茶", "用于", "chip", "C++", '"各种 场合"', "chip*", "=茶", "臺灣", "无处可寻"])
@pytest.mark.parametrize("match", ["exact", "cross"])
def test_explained_numbers_are_the_searched_ones(indexed, query, match):
    """What explain counts for a leaf is what a search for it finds, words and all."""
    searcher = indexed(
        a="茶，台灣", b="它们适用于各种场合", c="chips and C++", d="这些用于各种场合，茶", e="Chip、臺灣", f="chip 臺灣"
    )

    explained = searcher.explain(query, match)
    assert len(explained.leaves) == 1
    results = searcher.search(query, limit=0, match=match)

    assert explained.leaves[0].passages == results.total
    as_words = [hit for hit in results if hit.tier == 0] if '"' not in explained.plan and "*" not in explained.plan else []
    assert explained.leaves[0].as_word == len(as_words)


def test_explanation(indexed):
    """An explanation tells the tree, the folded text, the plan, its leaves and what was left out."""
    explained = indexed(a="台灣的晶片").explain("臺灣 「晶片」 lang:tlh")

    assert (explained.query, explained.tree) == ("臺灣 「晶片」 lang:tlh", '(臺灣 "晶片" lang:tlh)')
    assert explained.folded.startswith("台湾 「晶片」")
    assert explained.plan == '(台湾 "晶片")'
    assert [(leaf.leaf, leaf.typed, leaf.passages) for leaf in explained.leaves] == [("台湾", "臺灣", 1), ('"晶片"', "晶片", 1)]
    assert "lang:tlh was left out" in explained.warnings[0]


def test_explain_refuses_levels_too(indexed):
    """A level nobody knows is refused here as well."""
    with pytest.raises(QueryError, match="fuzzy is no level"):
        indexed(a="茶").explain("茶", match="fuzzy")
