"""Widening: what is typed at a level, the lexicon, and the plan as it prints."""

from dataclasses import dataclass
from itertools import chain

import pytest
from tongwen.index.lexicon import Equivalent, key_of
from tongwen.index.model import Level, Plan, Term, Variant, Whole, Wide, Words, sought
from tongwen.searcher.plan import Planned, plan
from tongwen.searcher.query import parse
from tongwen.searcher.widen import MOST, Known

PAIRS: list[tuple[str, str, Level, float]] = [
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
]
IN_INDEX = (
    "芯片 晶片 记忆 体 内存 管理 资料 数据 中心 数据中心 出口 管制 chip data center export control memori manag the of".split()
)


@dataclass
class FakeLexicon:
    """PAIRS, both ways."""

    found: dict[str, list[Equivalent]]

    def equivalents(self, key: str) -> tuple[Equivalent, ...]:
        return tuple(self.found.get(key, ()))

    def prefixes(self, key: str) -> list[str]:
        return [known for known in self.found if key.startswith(known)]


def lexicon() -> FakeLexicon:
    found: dict[str, list[Equivalent]] = {}
    for one, other, level, weight in PAIRS:
        for text, key in ((other, key_of(one)), (one, key_of(other))):
            stems = tuple(key_of(text).split()) if text.isascii() else ()
            found.setdefault(key, []).append(Equivalent(text, stems, level, weight, ("terms",)))
    for equivalents in found.values():
        equivalents.sort(key=lambda each: (each.level != "region", -each.weight))
    return FakeLexicon(found)


def planned(typed: str, level: Level = "cross", words: list[str] = IN_INDEX) -> Planned:
    tree = parse(typed).tree
    assert tree is not None
    pairs = {word[at : at + 2] for word in words for at in range(len(word) - 1)}
    known = Known(lambda word: 9 * (word in words), lambda pair: 9 * (pair in pairs), 1000)
    return plan(tree, known, level, (), lexicon())  # type: ignore[arg-type]  # of the lexicon's shape


@pytest.mark.parametrize(
    ("typed", "level", "printed"),
    [
        ("晶片", "script", "晶片"),
        ("晶片", "region", "晶片{芯片^0.9}"),
        ("晶片", "cross", "晶片{芯片^0.9 /chip/^0.8}"),
        ("chips", "cross", "/chip/{晶片^0.8 芯片^0.8}"),
        ("chips", "region", "/chip/"),
        # as typed, and what must be absent, is not widened
        ("=晶片", "cross", "=晶片"),
        ("晶片", "exact", "=晶片"),
        ("內存 -晶片", "cross", "(内存{记忆体^0.9 /memori/^0.5} -晶片)"),
        # a word of the lexicon that the index cuts: by its parts, and as a whole; what is left over is not widened
        ("記憶體", "region", '(记忆 体 ~"记忆体" ~内存^0.9 ~忆体)'),
        # several words that are one of the lexicon together
        ("data centers", "cross", "(/data/{数据^0.8} /center/{中心^0.8} ~数据中心^0.9 ~资料中心^0.9)"),
        ("資料 中心", "region", "(资料{数据^0.8} 中心 ~数据中心^0.9)"),
        # words between which something else is meant are not one
        ("資料 OR 中心", "region", "(资料{数据^0.8} | 中心)"),
        ("資料 =中心", "region", "(资料{数据^0.8} =中心)"),
        # function words are not required of the other language
        ("export of the chips", "cross", "(/export/{出口^0.7} ~/of/ ~/the/ /chip/{晶片^0.8 芯片^0.8})"),
        ("the", "cross", "/the/"),
        ("export of the chips", "region", "(/export/ /of/ /the/ /chip/)"),
        # phrases: by region word for word, to a translation only as a whole
        ('"記憶體管理"', "script", '"记忆体管理"'),
        ('"記憶體管理"', "region", '"记忆体管理"{"内存管理"^0.9}'),
        ('"資料中心"', "region", '"资料中心"{"数据中心"^0.9}'),
        ('"資料中心"', "cross", '"资料中心"{"数据中心"^0.9 /data center/^0.9}'),
        ('"晶片"', "cross", '"晶片"{"芯片"^0.9 /chip/^0.8}'),
        ('"export control"', "cross", '"export control"{"出口管制"^0.29}'),
        ('"data center"', "region", '"data center"'),
        ('="資料中心"', "cross", '="资料中心"'),
        # other forms of one word
        ("GPT-4", "script", '"gpt-4"{/gpt 4/^0.95 gpt4^0.95}'),
    ],
)
def test_widening(typed, level, printed):
    words = [*IN_INDEX, "gpt", "4", "gpt4", "资料中心", "出口管制"]
    assert str(planned(typed, level, words if typed.startswith(('"', "GPT")) else IN_INDEX).plan) == printed


def test_only_what_the_index_has():
    """A variant that no passage has is not looked for."""
    assert str(planned("晶片", words=["晶片", "chip"]).plan) == "晶片{/chip/^0.8}"
    assert str(planned("晶片", words=["晶片"]).plan) == "晶片"


def test_the_cap():
    """A word is widened to so many variants and no more, the best."""
    many = [f"word{number}" for number in range(30)]
    pairs = [("晶片", word, "cross", 0.9 - number / 100) for number, word in enumerate(many)]
    PAIRS.extend(pairs)  # type: ignore[arg-type]
    try:
        wide = planned("晶片", words=["晶片", *many]).plan
    finally:
        del PAIRS[-len(pairs) :]
    assert isinstance(wide, Wide)
    assert [str(variant.leaf) for variant in wide.variants] == [f"/{word}/" for word in many[:MOST]]


def variants(plan: Plan) -> list[Variant]:
    return list(sought(plan))


@pytest.mark.parametrize("typed", ["晶片", "data center", "記憶體管理", '"資料中心"', "資料 中心 export"])
def test_every_variant_says_what_was_typed(typed):
    """Marks name the word typed; and nothing weighs more than it."""
    asked = planned(typed, words=[*IN_INDEX, "资料中心"]).plan
    assert asked is not None
    plain = typed.strip('"')
    assert all(each.leaf.typed in plain for each in variants(asked) if isinstance(each.leaf, (Term, Words)))
    assert all(0 < each.weight <= 1 for each in variants(asked))
    assert {each.level for each in variants(asked)} <= {"script", "region", "cross"}


def test_wholes_answer_for_their_parts():
    """The parts of a Whole are children of the same conjunction."""
    asked = planned("data centers").plan
    children = asked.children  # type: ignore[union-attr]
    wholes = [child for child in children if isinstance(child, Whole)]
    assert wholes
    assert set(chain.from_iterable(whole.parts for whole in wholes)) <= set(children)
