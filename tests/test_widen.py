"""Widening: what is typed at a level, the lexicon, and the plan as it prints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import marisa_trie
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tongwen.index.fold import fold
from tongwen.index.lexicon import SOURCES, Lexicon, key_of, packed
from tongwen.index.model import Leaf, Level, Plan, Term, Variant, Whole, Wide, Words, sought
from tongwen.searcher import widen
from tongwen.searcher.plan import Planned, plan
from tongwen.searcher.query import parse
from tongwen.searcher.widen import FUNCTION_WORDS, LONGEST, MOST, Known

Pair = tuple[str, str, Level, float]
PAIRS: list[Pair] = [
    ("晶片", "芯片", "region", 0.9),
    ("晶片", "chip", "cross", 0.8),
    ("芯片", "chip", "cross", 0.8),
    ("记忆体", "内存", "region", 0.9),
    ("内存", "memory", "cross", 0.5),
    ("管理", "management", "cross", 0.6),
    ("资料", "数据", "region", 0.8),
    ("资料", "material", "cross", 0.4),
    ("数据", "data", "cross", 0.8),
    ("中心", "center", "cross", 0.8),
    ("中心", "heart", "cross", 0.1),
    ("数据中心", "资料中心", "region", 0.9),
    ("数据中心", "data center", "cross", 0.9),
    ("资料中心", "data center", "cross", 0.9),
    ("出口", "export", "cross", 0.7),
    ("管制", "control", "cross", 0.6),
    ("体", "body", "cross", 0.5),
    ("茶", "tea", "cross", 0.9),
    ("咱", "俺", "region", 0.5),
    ("投影片", "幻灯片", "region", 0.9),
    ("投影片机", "放映机", "region", 0.9),
    ("影片", "视频", "region", 0.7),
    ("桥的", "梁的", "region", 0.9),
    ("ai晶片", "ai芯片", "region", 0.95),
    ("u盘", "随身碟", "region", 0.9),
    ("英寸", "英吋", "region", 0.9),
    ("陈", "display", "cross", 0.8),
    ("高中", "high school", "cross", 0.9),
    ("u s", "美国", "cross", 0.9),
    ("c++", "丙加", "cross", 0.9),
    ("net", "网络", "cross", 0.9),
]
CHINESE = "芯片 晶片 记忆 体 内存 管理 资料 数据 中心 数据中心 出口 管制 投 影片 机 幻灯片 放映机 视频 茶 咱 俺 桥 梁 的"
ENGLISH = "chip data center export control memori manag tea bodi the of"
IN_INDEX = f"{CHINESE} {ENGLISH}".split()
_OTHERS = "我的 梁的 gpt 4 gpt4 高 u s 盘 随身碟 陈 display 中 和 high school 美国 丙加 网络"
OTHERS = _OTHERS.split()
PHRASES = ["ai", "1", "2", "英寸", "英吋", *IN_INDEX, "资料中心", "出口管制", "内存管理", "芯片管制"]
"""The words of an index that has these as words too, and so the pairs of characters across them."""


def lexicon(pairs: Sequence[Pair]) -> Lexicon:
    """The pairs, both ways, as a compiled lexicon."""
    both = [*pairs, *((other, one, level, weight) for one, other, level, weight in pairs)]
    source = 1 << SOURCES.index("terms")
    return Lexicon(
        marisa_trie.BytesTrie((key_of(one), packed(level, weight, source, other)) for one, other, level, weight in both)
    )


def planned(typed: str, level: Level = "cross", words: Sequence[str] = IN_INDEX, pairs: Sequence[Pair] = PAIRS) -> Planned:
    """The plan of what is typed, in an index that has these words in 9 of 1000 passages each."""
    tree = parse(typed).tree
    assert tree is not None
    of_index = {word[at : at + 2] for word in words for at in range(len(word) - 1)}.union(words)
    known = Known(lambda word: 9 * (word in words), lambda pair: 9 * (pair in of_index), 1000)
    return plan(tree, known, level, (), lexicon(pairs))


@pytest.fixture(autouse=True)
def _shares(monkeypatch):
    """Shares that multiply to short numbers, however the real ones are tuned."""
    for name, share in {"BESIDE": 0.5, "BUILT": 0.7, "SINGLE": 0.8}.items():
        assert 0 < getattr(widen, name) < 1
        monkeypatch.setattr(widen, name, share)


@pytest.mark.parametrize(
    ("typed", "level", "printed"),
    [
        ("晶片", "script", "晶片"),
        ("晶片", "region", "晶片{芯片^0.9}"),
        # beside a word of the same language a translation weighs half
        ("晶片", "cross", "晶片{芯片^0.9 /chip/^0.4}"),
        ("chips", "cross", "/chip/{晶片^0.8 芯片^0.8}"),
        ("chips", "region", "/chip/"),
        # a translation of one character must be sure
        ("body", "cross", "/bodi/"),
        ("tea", "cross", "/tea/{|茶|^0.9}"),
        ("体", "cross", "体{/bodi/^0.5}"),
        ("咱", "region", "咱{|俺|^0.5}"),
        # as typed, and what must be absent, is not widened
        ("=晶片", "cross", "=晶片"),
        ("晶片", "exact", "=晶片"),
        ("內存 -晶片", "cross", "(内存{/memori/^0.5} -晶片)"),
        ("茶 -(晶片 OR chips)", "cross", "(茶{/tea/^0.9} -(晶片 | /chip/))"),
        # a word of the lexicon that the index cuts so that a character is left over is one word
        ("記憶體", "script", '(记忆 体 ~"记忆体" ~忆体)'),
        ("記憶體", "region", "记忆体{内存^0.9}"),
        ("投影片", "script", '(投 影片 ~"投影片" ~投影)'),
        ("投影片", "region", "投影片{幻灯片^0.9}"),
        ("我的投影片", "region", '(我的 投影片{幻灯片^0.9} ~"我的投影片" ~的投 ~投影 ~影片)'),
        # the shortest; the longer word of the lexicon as a whole
        ("投影片机", "region", '(投影片{幻灯片^0.9} 机 ~"投影片机" ~放映机^0.9 ~投影 ~影片 ~片机)'),
        ("投影片 影片", "region", "(投影片{幻灯片^0.9} 影片{视频^0.7} ~投影)"),
        # but not with a function word, which is its own
        ("桥的", "region", '(桥 的 ~"桥的" ~梁的^0.9 ~桥的)'),
        # unless it is one that is part of words as often
        ("高中", "cross", "高中{/high school/^0.9}"),
        # where scripts meet, with a space and without
        ("U盘", "region", 'u盘{"u 盘"^0.95 随身碟^0.9}'),
        ("随身碟", "region", '随身碟{u盘^0.9 "u 盘"^0.9}'),
        # single characters with what could be a function word among them are a name: all needed, none translated
        ("陈", "cross", "陈{/display/^0.8}"),
        ("陈中和", "cross", '(陈 中 和 ~"陈中和" ~陈中 ~中和)'),
        ("陈的", "cross", '(陈{/display/^0.8} ~的 ~"陈的" ~陈的)'),
        ("陈 和 茶", "cross", "(陈{/display/^0.8} ~和 茶{/tea/^0.9})"),
        # initials in capitals, or with points
        ("US", "cross", "/us/{/u s/^0.95 美国^0.9}"),
        ("us", "cross", "/us/"),
        ("U.S.", "cross", '"u.s"{美国^0.9}'),
        ("C++", "cross", '"c++"{丙加^0.9}'),
        (".NET", "cross", '".net"'),
        # several words that are one of the lexicon together
        ("data centers", "cross", "(/data/{数据^0.8} /center/{中心^0.8} ~数据中心^0.9)"),
        ("資料 中心", "region", "(资料{数据^0.8} 中心 ~数据中心^0.9)"),
        ("資料中心", "region", '(资料{数据^0.8} 中心 ~"资料中心" ~数据中心^0.9 ~料中)'),
        # words between which something else is meant are not one
        ("資料 OR 中心", "region", "(资料{数据^0.8} | 中心)"),
        ("資料 =中心", "region", "(资料{数据^0.8} =中心)"),
        ('資料 "中心"', "region", '(资料{数据^0.8} "中心")'),
        ("data C++ centers", "region", '(/data/ "c++" /center/)'),
        # function words are not required of the other language
        ("export of the chips", "cross", "(/export/{出口^0.7} ~/of/ ~/the/ /chip/{晶片^0.8 芯片^0.8})"),
        ("the", "cross", "/the/"),
        ("export of the chips", "region", "(/export/ /of/ /the/ /chip/)"),
        # other forms of one word
        ("GPT-4", "script", '"gpt-4"{/gpt 4/^0.95 gpt4^0.95}'),
        # near and any letters are not widened
        ('"晶片 管制"~5', "cross", "(晶片 管制)~5"),
        ("晶*片", "cross", "晶*片"),
    ],
)
def test_widening(typed, level, printed):
    """What is typed is widened so at a level."""
    assert str(planned(typed, level, [*IN_INDEX, *OTHERS]).plan) == printed


@pytest.mark.parametrize(
    ("typed", "level", "printed"),
    [
        ('"記憶體管理"', "script", '"记忆体管理"'),
        # by region word for word
        ('"記憶體管理"', "region", '"记忆体管理"{"内存管理"^0.9}'),
        ('"資料中心"', "region", '"资料中心"{"数据中心"^0.9}'),
        ('"晶片管制"', "region", '"晶片管制"{"芯片管制"^0.9}'),
        ('"晶片管制"', "cross", '"晶片管制"{"芯片管制"^0.9 /chip control/^0.17}'),
        # to a translation only as a whole, of the phrase or of all its parts one behind the other
        ('"資料中心"', "cross", '"资料中心"{"数据中心"^0.9 /data center/^0.45}'),
        ('"晶片"', "cross", '"晶片"{"芯片"^0.9 /chip/^0.4}'),
        ('"export control"', "cross", '"export control"{"出口管制"^0.29}'),
        ('"export memory"', "cross", '"export memory"'),
        ('"data center"', "region", '"data center"'),
        # what stands between the parts of a word of the lexicon stays, or goes with it
        ('"AI 晶片"', "region", '"ai 晶片"{"ai芯片"^0.95 "ai 芯片"^0.95}'),
        ('"AI，晶片"', "region", '"ai,晶片"{"ai芯片"^0.95 "ai 芯片"^0.95 "ai,芯片"^0.9}'),
        # ½ is two tokens, both typed ½
        ('"½ 英寸"', "region", '"1⁄2 英寸"'),
        ('"1 英寸"', "region", '"1 英寸"{"1 英吋"^0.9}'),
        ('="資料中心"', "cross", '="资料中心"'),
        ('-"資料中心"', "cross", '-"资料中心"'),
        ('"資料中心"', "exact", '="资料中心"'),
    ],
)
def test_phrases(typed, level, printed):
    """A phrase stays one: what stands for it is a phrase, too."""
    assert str(planned(typed, level, PHRASES).plan) == printed


_PARTS = [*(one for pair in PAIRS for one in pair[:2]), "½", "C++", "U", "GPT-4", "a's", " ", "，", "·", "-", "", "的"]


@given(st.lists(st.sampled_from(_PARTS), min_size=1, max_size=8), st.sampled_from(["", "=", "-"]))
def test_any_phrase_is_planned(parts, sign):
    """Whatever stands in quotes or as a word can be planned, at any level, and keeps what was typed."""
    for typed in (f'{sign}"{"".join(parts)}"', sign + "".join(parts)):
        if (tree := parse(typed).tree) is None:
            continue
        for level in ("script", "region", "cross"):
            known = Known(lambda word: 9, lambda pair: 9, 1000)
            asked = plan(tree, known, level, (), lexicon(PAIRS)).plan
            assert all(0 < each.weight <= 1 for each in (sought(asked) if asked is not None else ()))


def test_only_what_the_index_has():
    """A variant that no passage has is not looked for, nor does it make others weigh less."""
    assert str(planned("晶片", words=["晶片", "chip"]).plan) == "晶片{/chip/^0.8}"
    assert str(planned("晶片", words=["晶片"]).plan) == "晶片"
    assert str(planned("晶片", words=["chip"]).plan) == "晶片{/chip/^0.8}"
    # words of letters and pairs of characters alike
    assert str(planned('"GPU芯片"', words=["gpu", "芯片"]).plan) == '"gpu芯片"'
    assert str(planned('"GPU芯片"', words=["晶片"]).plan) == '"gpu芯片"'
    assert str(planned('"GPU芯片"', words=["gpu", "晶片"]).plan) == '"gpu芯片"{"gpu晶片"^0.9}'


def test_the_cap():
    """A word is widened to so many variants and no more, the best, and a note says so."""
    many = [f"word{number}" for number in range(30)]
    pairs: list[Pair] = [("晶片", word, "cross", 0.9 - number / 100) for number, word in enumerate(many)]
    asked = planned("晶片", words=["晶片", *many], pairs=pairs)
    assert isinstance(asked.plan, Wide)
    assert [str(variant.leaf) for variant in asked.plan.variants] == [f"/{word}/" for word in many[:MOST]]
    assert asked.notes == (f"晶片: the {MOST} best of 30 equivalents that are in the index",)
    assert planned("晶片", pairs=pairs[:MOST]).notes == ()


def test_the_surest_stands():
    """An equivalent that is given twice weighs what the surer says."""
    pairs: list[Pair] = [("晶片", "芯片", "cross", 0.3), ("晶片", "芯片", "region", 0.7)]
    assert str(planned("晶片", "cross", pairs=pairs).plan) == "晶片{芯片^0.7}"


def test_long_words_of_the_lexicon():
    """A word of the lexicon of more than LONGEST typed words is not looked for; one of so many is."""
    words = [f"w{number}" for number in range(LONGEST + 1)]
    pairs: list[Pair] = [(" ".join(words[:-1]), "芯片", "cross", 0.9), (" ".join(words), "晶片", "cross", 0.9)]
    asked = planned(" ".join(words), words=[*words, "芯片", "晶片"], pairs=pairs).plan
    assert [each.leaf for each in leaves(asked) if each.level == "cross"] == [Term("芯片", " ".join(words[:-1]))]


def test_many_choices():
    """A long phrase of words that each have equivalents is planned at once, with no more variants than any other."""
    asked = planned('"' + "資料" * 40 + '"', words=[*IN_INDEX, "料资", "料数", "据数", "据资"]).plan
    assert isinstance(asked, Wide)
    assert 0 < len(asked.variants) <= MOST


def leaves(asked: Plan | None) -> list[Variant]:
    """What is looked for."""
    assert asked is not None
    return list(sought(asked))


@pytest.mark.parametrize(
    "typed",
    ["晶片", "data centers", "記憶體管理", '"資料中心"', "資料 中心 export", "export of the chips", "投影片", "GPT-4 晶片"],
)
def test_every_variant_says_what_was_typed(typed):
    """Marks name the word typed; nothing weighs more than it; a level has all that those below it have."""
    found: set[Leaf] = set()
    for level in ("script", "region", "cross"):
        asked = leaves(planned(typed, level, PHRASES).plan)
        plain = typed.strip('"').replace(" ", "")
        assert all(each.leaf.typed.replace(" ", "") in plain for each in asked if isinstance(each.leaf, (Term, Words)))
        assert all(0 < each.weight <= 1 for each in asked)
        assert {each.level for each in asked} <= {"script", level, "region"} - ({"region"} if level == "script" else set())
        variants = {each.leaf for each in asked if each.level != "script"}
        assert found <= variants
        found = variants


def test_wholes_answer_for_their_parts():
    """The parts of a Whole are children of the same conjunction, and none of them a function word."""
    for typed in ("data centers", "資料 中心", "出口的管制 data centers"):
        children = planned(typed, words=PHRASES).plan.children  # type: ignore[union-attr]
        wholes = [child for child in children if isinstance(child, Whole)]
        assert wholes
        parts = set(chain.from_iterable(whole.parts for whole in wholes))
        assert parts <= set(children)
        assert not {str(part) for part in parts} & {"的", "~的"}


def test_function_words_are_folded():
    """Function words are compared with folded text."""
    assert all(fold(word) == word for word in FUNCTION_WORDS)
