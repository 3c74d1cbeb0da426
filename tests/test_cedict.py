"""What is read out of CC-CEDICT: entries written here in its format, and what each gives."""

import pytest
from tongwen.index.cedict import glosses, named, named_senses, read_entries, senses, sharing


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
    """What English an entry gives, in order, but for other forms of what it gave."""
    assert [sense.text for sense in senses(read_entries(line + "\n")) if not sense.again] == texts


def test_forms_of_a_gloss():
    """A single word in another form comes again, and infinitives are known."""
    found = senses(read_entries(entry("to train/(Tw) training; trains; training/to run trains/train")))
    assert [(sense.text, sense.verb, sense.again) for sense in found] == [
        ("train", True, False),
        ("training", False, True),
        ("trains", False, True),
        ("run trains", True, False),
    ]


RARE = "arch.|old|archaic|old usage|literary|coll.|fig.|onom.|Buddhism|particle used after a verb|in ancient times"
PLAIN = "architecture|archaeology|archery|particle physics|particle accelerator|collision|college|figure|older people"


@pytest.mark.parametrize(
    ("label", "rare"), [*((label, True) for label in RARE.split("|")), *((label, False) for label in PLAIN.split("|"))]
)
def test_labels_are_whole_words(label, rare):
    """A label says that a word is rare only if it is one of those that do, not if it begins like one."""
    assert worth(entry(f"({label}) chip"), "chip") == pytest.approx(0.5 if rare else 0.9)


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
    assert [(sense.word, sense.text) for sense in named_senses(named(entries), found)] == [("雷根", "reagan")]


def shared(*lines):
    """The pairs that entries make by sharing a gloss, once each, with the weight."""
    pairs = sharing(read_entries("\n".join(lines)))
    return {(pair.word, pair.other): pair.weight for pair in pairs}


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
