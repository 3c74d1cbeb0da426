"""From a syntax tree to a plan: one-liners, what is typed and the plan as it prints."""

import pytest
from tongwen.index.model import LEVELS, Filter, Near, Term, Whole, Wild, Words, sought
from tongwen.searcher.plan import LANGUAGES, Planned, plan
from tongwen.searcher.query import parse
from tongwen.searcher.widen import Known

WORDS = {  # words of the index, folded, and in how many of its passages they are
    "人工": 40,
    "智能": 30,
    "人工智能": 20,
    "芯片": 50,
    "出口": 30,
    "管制": 20,
    "台湾": 25,
    "长江": 9,
    "大桥": 8,
    "南京": 7,
    "南京市": 6,
    "市长": 5,
    "的": 90,
    "chip": 10,
}


SIMILAR = {"chipp": [("chip", 0.8), ("chips", 0.7)]}
"""Words of the index that are spelt nearly like one, with weights."""


def planned(typed: str, level: str = "cross", filters: tuple[Filter, ...] = ()) -> Planned:
    """The plan of what is typed against WORDS in 100 passages, without a lexicon (for that see test_widen.py)."""
    tree = parse(typed).tree
    assert tree is not None
    known = Known(lambda word: WORDS.get(word, 0), lambda pair: 0, 100, lambda word: SIMILAR.get(word, ()))
    return plan(tree, known, level, filters)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        # words, folded
        ("芯片", "芯片"),
        ("臺灣", "台湾"),
        ("⼈⼯智能", "人工智能"),
        # words of spaced scripts, by their stems
        ("Chip", "/chip/"),
        ("ＣＨＩＰＳ", "/chip/"),
        ("café", "/cafe/"),
        ("Nvidia’s", "/nvidia/"),
        ("exported controls", "(/export/ /control/)"),
        ("2008", "/2008/"),
        ("getElementsById", "/getelementsbyid/{/get element by id/^0.95}"),
        ("Москвы", "/москвы/"),
        # several words: all of them, and the pairs that stand across them
        ("芯片 chip", "(芯片 /chip/)"),
        ("人工 智能", "(人工 智能)"),
        ("出口 chip 管制", "(出口 /chip/ 管制)"),
        # one word, cut into what the index has
        ("出口管制", '(出口 管制 ~"出口管制" ~口管)'),
        ("台灣芯片", '(台湾 芯片 ~"台湾芯片" ~湾芯)'),
        ("南京市长江大桥", '(南京市 长江 大桥 ~"南京市长江大桥" ~南京 ~京市 ~市长 ~江大)'),
        ("人工芯片", '(人工 芯片 ~"人工芯片" ~工芯)'),
        ("蝴蝶", "蝴蝶"),  # unknown characters stay together
        ("的", "的"),
        # one word of several scripts
        ("AI芯片", '(/ai/ 芯片 ~"ai芯片")'),
        ("芯片AI2芯片", '(芯片 /ai2/{/ai 2/^0.95} ~"芯片ai2芯片")'),
        ("比尔·芯片", '(比尔 芯片 ~"比尔芯片" ~尔芯)'),
        # literals: words with signs that matter
        ("C++", '"c++"'),
        (".NET", '".net"'),
        ("3.14", '"3.14"'),
        ("U.S.", '"u.s"'),
        ("9-11", '"9-11"'),
        # words with signs that only join: also apart, and in one
        ("GPT-4", '"gpt-4"{/gpt 4/^0.95 gpt4^0.95}'),
        ("e-mails", '"e-mails"{/e mail/^0.95 emails^0.95}'),
        ("PD1728_A_1", '"pd1728_a_1"{/pd1728 a 1/^0.95 pd1728a1^0.95}'),
        ("don’t", '"don\'t"{/don t/^0.95 dont^0.95}'),
        ("C++芯片", '("c++" 芯片 ~"c++芯片")'),
        ("，芯片！", "芯片"),
        # phrases
        ('"芯片"', '"芯片"'),
        ('"出口管制"', '"出口管制"'),
        ('"臺 灣"', '"台湾"'),
        ('"Data  Type"', '"data type"'),
        ('"……"', '"......"'),
        ('"出口" 管制', '("出口" 管制)'),
        # wildcards
        ("人工*能", "人工*能"),
        ("Chip*", "chip*"),
        ("*灣", "*湾"),
        ("C++*", "c++*"),
        ("台*灣 chip", "(台*湾 /chip/)"),
        # near each other
        ('"出口 管制"~5', "(出口 管制)~5"),
        ('"export controls"~2', "(/export/ /control/)~2"),
        ('"出口管制 chips"~3', "(出口 管制 /chip/)~3"),
        ('"C++ chips"~1', '("c++" /chip/)~1'),
        ('"芯片"~5', "芯片"),
        ('"chips chips"~5', "/chip/"),
        ('-"出口 管制"~5', "-(出口 管制)~5"),
        # words spelt like it
        ("Chipp~", "/chipp/{chip^0.8 chips^0.7}"),
        ("unlike~", "/unlik/"),
        ("芯片 chipp~", "(芯片 /chipp/{chip^0.8 chips^0.7})"),
        ("芯片 -chipp~", "(芯片 -/chipp/{chip^0.8 chips^0.7})"),
        # as typed
        ("=臺灣", "=台湾"),
        ("=出口管制", "=出口管制"),
        ('="出口 管制"', '="出口管制"'),
        ("=臺灣 芯片", "(=台湾 芯片)"),
        ("=Chips", "=chips"),
        ("=GPT-4", '="gpt-4"'),
        # conditions
        ("title:臺灣", "title:台湾"),
        ("title:台*灣", "(title:台 title:湾)"),
        ("path:*.md 芯片", "(path:*.md 芯片)"),
        ("path:A/É.md", "path:A/É.md"),
        ("lang:zh-TW", "lang:zh-Hant"),
        ("lang:EN", "lang:en"),
        ("lang:zh_cn", "lang:zh-Hans"),
        # joined
        ("芯片 OR chip", "(芯片 | /chip/)"),
        ("出口管制 OR chip", '((出口 管制 ~"出口管制") | /chip/)'),
        ("芯片 -chip", "(芯片 -/chip/)"),
        ("-出口管制", "-出口管制"),
        ("-AI芯片", '-"ai芯片"'),
        ("-title:芯片", "-title:芯片"),
        ("(芯片 OR chip) 台湾", "((芯片 | /chip/) 台湾)"),
        # each once
        ("芯片 芯片", "芯片"),
        ("芯片 晶片", "(芯片 晶片)"),
        ("chip chip 芯片 chip", "(/chip/ 芯片)"),
        ("人工芯片 芯片", '(人工 芯片 ~"人工芯片" ~工芯)'),
        ("path:a path:a", "path:a"),
    ],
)
def test_printed(typed, printed):
    """What is typed is planned so, and nothing is said about it."""
    assert str(planned(typed).plan) == printed
    assert planned(typed).warnings == ()


@pytest.mark.parametrize(
    ("typed", "printed", "warning"),
    [
        ("，。", "None", "nothing in ，。 can be searched as a word and it was left out; put it in quotes to find it as it is"),
        ("芯片 ，。", "芯片", "nothing in ，。 can be searched as a word"),
        ("芯片 OR ，。", "芯片", "nothing in ，。 can be searched as a word"),
        ("-，。", "None", "nothing in ，。 can be searched as a word"),
        ("(， OR 。)", "None", "nothing in 。 can be searched as a word"),
        ('"\u200b"', "None", "a quote with nothing to search for was left out"),
        ('芯片 "\u200b"', "芯片", "a quote with nothing to search for was left out"),
        ("，*", "None", "，* has no letters to search for and was left out"),
        ("lang:tlh", "None", "lang:tlh was left out; languages are zh-Hans, zh-Hant and en"),
        ("芯片 lang:tlh", "芯片", "lang:tlh was left out"),
        ("芯片 -lang:tlh", "芯片", "lang:tlh was left out"),
        ("=chip*", "chip*", "chip* was searched in every spelling; a word with * cannot be taken as typed"),
        ("芯片~", "芯片", "芯片~ was searched without ~, which is for words of letters"),
        ("GPT-4~", '"gpt-4"{/gpt 4/^0.95 gpt4^0.95}', "GPT-4~ was searched without ~, which is for words of letters"),
        ("chips2~", "/chips2/{/chip 2/^0.95}", "chips2~ was searched without ~, which is for words of letters"),
    ],
)
def test_left_out(typed, printed, warning):
    """What cannot be asked is left out, and said to be."""
    assert str(planned(typed).plan) == printed
    assert warning in "; ".join(planned(typed).warnings)


@pytest.mark.parametrize("level", LEVELS)
def test_levels(level):
    """At level exact every term is as typed; at the others only those with =."""
    terms = [each.leaf for each in sought(planned("芯片 =chip", level).plan)]

    assert [term.exact for term in terms] == [level == "exact", True]
    assert all(term.exact for each in sought(planned("出口管制 chips C++ GPT-4", "exact").plan) for term in [each.leaf])


def test_exact_says_wildcards_are_not():
    """At level exact a wildcard is folded all the same, and that is said."""
    assert planned("chip*", "exact").warnings == (
        "chip* was searched in every spelling; a word with * cannot be taken as typed",
    )


def test_terms_remember_what_was_typed():
    """A leaf knows the piece that it comes from as it was typed, with spaces and variants, for marks and for level exact."""
    assert planned("臺灣ＡＩ").plan.children[:2] == (Term("台湾", "臺灣"), Words(("ai",), "ＡＩ"))
    assert planned("Ｃhips’s").plan == Words(("chip",), "Ｃhips")
    assert planned("=Ｃhips").plan == Term("chips", "Ｃhips", exact=True)
    assert planned('"臺灣 Chips"~5').plan == Near((Term("台湾", "臺灣"), Words(("chip",), "Chips")), 5, "臺灣 Chips")
    assert planned("C＋＋").plan == Term("c++", "C＋＋", word=False)
    assert planned('"臺 灣"').plan == Term("台湾", "臺 灣", word=False)
    assert planned("=Café").plan == Term("cafe", "Café", exact=True)
    assert planned("臺*灣").plan == Wild(("台", "湾"), "臺*灣")


def test_phrases_are_typed_without_what_is_invisible():
    """What folds to nothing at the ends of a phrase was not typed: level exact would ask for it."""
    assert planned('"\u200b臺\u200b灣 \u200b"').plan == Term("台湾", "臺\u200b灣", word=False)
    assert planned('"e\u0301"').plan == Term("e", "e\u0301", word=False)


@pytest.mark.parametrize(
    ("typed", "level", "printed"),
    [
        ("芯片的", "cross", '(芯片 ~的 ~"芯片的" ~片的)'),
        ("芯片的", "region", '(芯片 的 ~"芯片的" ~片的)'),
        ("the chips", "cross", "(~/the/ /chip/)"),
        ("the chips", "script", "(/the/ /chip/)"),
        ("the 的", "cross", "(/the/ 的)"),
        ("the OR chips", "cross", "(/the/ | /chip/)"),
        ('"the chips"', "cross", '"the chips"'),
        ("=the chips", "cross", "(=the /chip/)"),
        ("chips -the", "cross", "(/chip/ -/the/)"),
        ('"出口" and "管制"', "cross", '("出口" ~/and/ "管制")'),
        ("the lang:en", "cross", "(/the/ lang:en)"),
        ("the -chips", "cross", "(/the/ -/chip/)"),
        ('the "\u200b"', "cross", "/the/"),
        ("(the -chips) OR 芯片", "cross", "((/the/ -/chip/) | 芯片)"),
    ],
)
def test_function_words(typed, level, printed):
    """At level cross what only joins words is not required where there are other words; at the others it is a word."""
    assert str(planned(typed, level).plan) == printed


def test_a_whole_stands_for_its_parts():
    """A word that was cut is sought in one piece too, in the place of those of its parts that are required."""
    children = planned("AI芯片的 台湾").plan.children
    (whole,) = [child for child in children if isinstance(child, Whole)]
    assert whole.variant.leaf == Term("ai芯片的", "AI芯片的", word=False)
    assert (whole.variant.level, whole.variant.weight) == ("script", 1.0)
    assert whole.parts == children[:2] == (Words(("ai",), "AI"), Term("芯片", "芯片"))


@pytest.mark.parametrize("typed", ['"，。"~5', '-"，。"~5', '"🍵"~1', '芯片 "……"~9'])
def test_near_needs_words(typed):
    """A quote whose words are to be near each other, but which has none, is left out, and that is said."""
    assert str(planned(typed).plan) == ("芯片" if "芯片" in typed else "None")
    assert planned(typed).warnings


def test_exact_says_near_is_not():
    """At level exact words near each other are found in every spelling all the same, and that is said."""
    assert planned('"出口 管制"~5', "exact").warnings == (
        '"出口 管制"~5 was searched in every spelling; words near each other cannot be taken as typed',
    )


def test_filters_are_asked_besides():
    """Options become conditions at the top of the plan, whatever the query is."""
    assert str(planned("芯片 OR chip", filters=(Filter("path", "*.md"),)).plan) == "((芯片 | /chip/) path:*.md)"
    assert str(planned("-芯片", filters=(Filter("lang", "en"),)).plan) == "(-芯片 lang:en)"
    assert str(planned("path:x", filters=(Filter("path", "x"),)).plan) == "path:x"
    assert planned("，", filters=(Filter("lang", "en"),)).plan is None


def test_cutting_takes_the_likeliest_words():
    """Of the ways to cut, the one whose words are commonest together wins; unknown characters stand alone."""
    assert str(planned("人工智能").plan) == "人工智能"
    assert str(planned("x人工智能台湾").plan).startswith("(/x/ 人工智能 台湾")
    parts = [each.leaf.text for each in sought(planned("市长江大桥").plan) if each.leaf.word]
    assert parts in (["市长", "江", "大桥"], ["市", "长江", "大桥"])


def test_languages_are_known_to_the_index():
    """Every language that may be said is one that documents are given."""
    assert set(LANGUAGES.values()) == {"zh", "zh-Hans", "zh-Hant", "en", "ja", "und"}
    assert all(name == name.lower() for name in LANGUAGES)
