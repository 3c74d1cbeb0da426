"""Chinese by its sound: Latin letters or Zhuyin as pinyin, and the words of an index that are read so.

Owns what a syllable is, how it is written (Hanyu pinyin, Zhuyin, Wade-Giles, initials), and the search for Chinese words by
their readings.  How a character is read, the lexicon says; whether to look by sound at all, the caller.  Pure, but for the
table of surnames.

A syllable is Hanyu pinyin without tones, ü as v (`lv`, `nve`, but `ju`), as in the lexicon.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from heapq import nlargest
from itertools import chain, islice, pairwise, product, zip_longest
from math import prod
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from ..index import data
from ..index.frozen import frozen

_SYLLABLES = """
a ai an ang ao e ei en er o ou ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu pa pai pan pang pao pei pen peng
pi pian piao pie pin ping po pou pu ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu fa fan fang fei
fen feng fo fou fu da dai dan dang dao de dei deng di dia dian diao die ding diu dong dou du duan dui dun duo ta tai tan tang
tao te tei teng ti tian tiao tie ting tong tou tu tuan tui tun tuo na nai nan nang nao ne nei nen neng ni nian niang niao nie
nin ning niu nong nou nu nuan nuo nv nve la lai lan lang lao le lei len leng li lia lian liang liao lie lin ling liu lo long lou
lu luan lun luo lv lve ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo ka kai kan kang kao ke
kei ken keng kong kou ku kua kuai kuan kuang kui kun kuo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui
hun huo ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun qi qia qian qiang qiao qie qin qing qiong qiu qu quan que
qun xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun zha zhai zhan zhang zhao zhe zhei zhen zheng zhi zhong zhou
zhu zhua zhuai zhuan zhuang zhui zhun zhuo cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang
chui chun chuo sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo ran rang rao re
ren reng ri rong rou ru ruan rui run ruo za zai zan zang zao ze zei zen zeng zi zong zou zu zuan zui zun zuo ca cai can cang cao
ce cen ceng ci cong cou cu cuan cui cun cuo sa sai san sang sao se sen seng si song sou su suan sui sun suo ya yan yang yao ye
yi yin ying yo yong you yu yuan yue yun wa wai wan wang wei wen weng wo wu
"""
SYLLABLES = frozenset(_SYLLABLES.split())
"""Every syllable that characters in use have, but for those without a vowel (嗯, 呣)."""

_INITIALS = "zh ch sh b p m f d t n l g k h j q x r z c s y w"
INITIALS = tuple(_INITIALS.split())
"""What a syllable can begin with, if not with its vowel; the longer ones first."""

LONGEST = 4
"""How many syllables a reading has at the most."""

FEWEST_INITIALS = 3
"""How many initials a reading has at the least: two are a beginning of too much."""

WAYS = 16
"""How many readings of one text are given at the most."""

FEW = 8
"""How many names are given at the most."""

# The worth of a name beside that of a word as typed (1): by its syllables as a word of the index, as a text that the segmenter
# did not take for one, the same where there are words that are read so, and by its initials.
_AS_WORD, _AS_TEXT, _BESIDE_WORDS, _AS_INITIALS = 0.45, 0.35, 0.1, 0.25

# What a character keeps of that if it is read in its usual way, in another that is in use, and in one that is only in tables.
_USUAL, _IN_USE, _RARE = 1.0, 0.7, 0.1

# How usual the readings of a text's characters are together, at the least: of a word of the index two may be read in another
# way in use, of a text that is none, or of a word that is found by its initials, one.  Names with less than a share of the best
# one's worth are dropped.
_WORD_LEAST, _TEXT_LEAST = 0.45, 0.65
_SHARE = 0.02

# How many characters a text has at the least that is no word: any two stand together somewhere by accident.
_TEXT_SHORTEST = 3

# Bounds on the work: characters tried for a first syllable, which cost a look into the index each; texts that are followed;
# how many characters are asked for one by one behind a first character, which is often rare, and behind a later one, which
# is not, and has many others behind it; texts counted.
_FIRST, _FOLLOWED, _ONE_BY_ONE, _COUNTED = 160, 256, (4, 48), 16


@frozen
class Vocabulary:
    """What looking by sound and by spelling asks of an index; terms are folded and may come more than once.

    `words` and `grams` list the terms of a channel that begin with any of some prefixes: Chinese words and English stems; pairs
    of characters and English words as they are.  `word_count` and `gram_count` say in how many passages a term is; `text_count`
    in how many a Chinese text is, for sure: without it, a longer text is counted as often as its rarest pair.
    """

    words: Callable[..., Iterable[str]]
    grams: Callable[..., Iterable[str]]
    word_count: Callable[[str], int]
    gram_count: Callable[[str], int]
    text_count: Callable[[str], int] | None = None

    def at_most(self, text: str) -> int:
        """In how many passages a Chinese text of two characters or more can be, by its pairs."""
        fewest = None
        for pair in map("".join, pairwise(text)):
            count = self.gram_count(pair)
            if not count:
                return 0
            fewest = count if fewest is None else min(fewest, count)
        return fewest or 0

    def passages(self, text: str) -> int:
        """In how many passages a Chinese text of two characters or more is."""
        return self.at_most(text) if len(text) == 2 or self.text_count is None else self.text_count(text)


class Readings(Protocol):
    """How characters are read: what is asked of a lexicon here."""

    def readings(self, character: str) -> tuple[str, ...]:
        """The syllables of a folded character, the usual one first."""

    def characters(self, syllable: str) -> str:
        """The folded characters with a syllable, the usual ones first."""


def _table(pairs: str) -> dict[str, str]:
    """`a:b c:d` as a table; nothing may stand behind a colon."""
    return {key: value for key, _, value in (pair.partition(":") for pair in pairs.split())}


# Readings that characters have in words of today besides their usual one.  Tables of readings have many more, which nobody
# would type: 眼 is also wen there, 前 jian, 是 ti.
_ALSO = _table("""
bao:剥曝刨 bei:臂 beng:蚌 bi:辟秘 bing:屏 bo:薄泊柏蕃 bu:卜堡 cha:刹 chai:差 chan:单掺孱 chang:长 chen:称 cheng:盛 chi:匙
chong:重种 ci:差兹 cu:卒 cui:衰 dai:大 dan:石 de:地 dei:得 deng:澄 di:的 du:都 duo:度 fo:佛 ge:盖蛤 geng:颈 gu:贾 hang:行巷
he:吓 huan:还 huo:和 ji:系给奇 jia:伽 jiang:强 jiao:校觉嚼 jie:诘 jing:劲 ju:车 juan:圈 jue:角 kuai:会 kui:傀 la:落 lao:落
le:勒 lei:肋 liang:俩 liao:了 long:弄 lou:露 lu:绿 ma:抹摩 man:埋 mo:没脉 mu:模牟 nei:那哪 ni:呢 nian:粘 niu:拗 nuo:娜
ou:区 pa:扒 pai:迫 pan:番拼 pang:膀磅 pian:便扁 piao:朴骠 po:朴陂 pu:堡 qia:卡 qian:纤干 qiao:壳 qie:茄伽 qin:覃 qing:亲
qiu:龟 san:参 se:塞 sha:杉 shan:单栅禅 she:折 shei:谁 shen:参 sheng:乘 shi:什 shou:熟 shuai:率 shui:说 si:似伺 suo:莎
ta:拓沓 tan:弹 tiao:调 tun:囤 wan:蔓 wu:恶 xia:厦 xiang:降 xiao:削 xie:血解叶 xin:寻 xing:省 xiu:宿臭 xu:畜 yan:殷 ye:咽
yu:尉吁 yue:乐说 za:扎 zang:藏 zeng:曾 zha:查轧 zhai:择翟 zhan:颤辗 zhao:着朝 zhu:着属 zhua:爪 zhuan:传 zhui:椎 zhuo:着琢
zi:仔 zuo:柞
""")


# ------------------------------------------------------------------------------------------ from letters to syllables

_TONES = "\u0304\u0301\u030c\u0300\u0306"  # a breve is taken for the third tone
_DIGITS = "012345"
_UMLAUT = re.compile(f"u([{_TONES}]?)[\u0308:]")
_APOSTROPHES = re.compile("[’‘ʼʻ`´]")
_APART = re.compile(r"[\s\-‐–·•.,_/]+")
_LATIN = re.compile(rf"(?:[a-z{_TONES} ']|(?<=[a-z{_TONES}])[0-5])+")
_PIECE = re.compile(rf"[a-z{_TONES}]+[0-5]?")


def syllables(typed: str) -> list[tuple[str, ...]]:
    """The ways to read a text as Chinese by its sound, the likeliest first: for each character a syllable, or its initial.

    Pinyin comes first, fewest syllables first, then Wade-Giles (of syllables that are apart, as in `Jen-hsun`), then initials
    (`FEWEST_INITIALS` or more of `INITIALS`, and nothing else); at most `WAYS` in all, none longer than `LONGEST`.  Zhuyin is
    read in one way.  No readings for a text that has anything else in it.  Tones only say where syllables end.
    """
    if any("ㄅ" <= character <= "ㄩ" for character in typed):
        return _from_zhuyin(typed)
    plain = _plain(typed)
    if not _LATIN.fullmatch(plain):
        return []
    return list(islice(dict.fromkeys((*_from_pinyin(plain), *_from_wade_giles(plain), *_from_initials(plain))), WAYS))


def _plain(typed: str) -> str:
    """Small letters, tones as combining marks or digits, ü as v, straight apostrophes, and a space for what else separates."""
    text = unicodedata.normalize("NFKD", _APOSTROPHES.sub("'", typed)).lower().replace("\u0302", "")  # ê
    return _APART.sub(" ", _UMLAUT.sub(r"v\1", text)).strip()


def _from_pinyin(plain: str) -> list[tuple[str, ...]]:
    # In one word pinyin wants an apostrophe before a syllable that begins with a vowel; who leaves it out is rarer.
    return sorted(
        _readings(_PIECE.findall(plain), _spelt()), key=lambda ways: (len(ways), sum(one[0] in "aeo" for one in ways))
    )


def _from_initials(plain: str) -> list[tuple[str, ...]]:
    pieces = _PIECE.findall(plain)
    found = _readings(pieces, dict(zip(INITIALS, INITIALS, strict=True))) if all(map(str.isalpha, pieces)) else ()
    return sorted((reading for reading in found if len(reading) >= FEWEST_INITIALS), key=len)


@cache
def _spelt() -> dict[str, str]:
    """How a syllable may be typed → the syllable: also `jv` for `ju`, `lue` for `lve`, and `lyu` for `lv`, as in passports."""
    spelt = {syllable: syllable for syllable in SYLLABLES}
    spelt |= {f"{one[0]}v{one[2:]}": one for one in SYLLABLES if one[0] in "jqxy" and one[1] == "u"}
    return spelt | _table("lue:lve nue:nve lyu:lv nyu:nv lyue:lve nyue:nve")


def _readings(pieces: Sequence[str], known: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """The ways to cut pieces into what is known, as what it stands for; nothing known is in two pieces."""
    if 0 < len(pieces) <= LONGEST:
        for ways in product(*[list(_cuts(piece, known, LONGEST + 1 - len(pieces))) for piece in pieces]):
            if sum(map(len, ways)) <= LONGEST:
                yield tuple(chain.from_iterable(ways))


def _cuts(piece: str, known: Mapping[str, str], most: int) -> Iterator[tuple[str, ...]]:
    """The ways to cut a piece into at most so many parts, of which each has at most one tone; with a digit it is one part."""
    letters = ""
    tones = [0]  # how many there are up to each letter
    for character in piece.rstrip(_DIGITS):
        if character not in _TONES:
            letters += character
            tones.append(tones[-1])
        elif letters:
            tones[-1] += 1
    longest = max(map(len, known))

    def rest(start: int, most: int) -> Iterator[tuple[str, ...]]:
        if start == len(letters):
            yield ()
        elif most:
            for end in range(min(len(letters), start + longest), start, -1):
                if (part := known.get(letters[start:end])) and tones[end] - tones[start] < 2:
                    yield from ((part, *others) for others in rest(end, most - 1))

    return rest(0, 1 if piece[-1] in _DIGITS else most)


# ------------------------------------------------------------------------------------------ Wade-Giles

_WADE_INITIALS = _table("b:p p:p' d:t t:t' g:k k:k' j:ch q:ch' zh:ch ch:ch' x:hs r:j z:ts c:ts'")
_WADE_FINALS = _table("ie:ieh ian:ien iong:iung ong:ung ve:veh uo:o")
_WADE_WHOLE = _table(
    "zhi:chih chi:ch'ih shi:shih ri:jih zi:tzu ci:tz'u si:ssu e:o er:erh yi:i ye:yeh yan:yen yong:yung you:yu"
    " yu:yv yue:yveh yuan:yvan yun:yvn ge:ko ke:k'o he:ho guo:kuo kuo:k'uo huo:huo shuo:shuo gui:kuei kui:k'uei"
)


def wade_giles(syllable: str) -> str:
    """How a syllable is written in Wade-Giles, with ü as v: the system of Giles' dictionary of 1892."""
    if whole := _WADE_WHOLE.get(syllable):
        return whole
    initial = next((each for each in INITIALS if syllable.startswith(each)), "")
    final = syllable[len(initial) :]
    if initial in ("j", "q", "x") and final[0] == "u":
        final = "v" + final[1:]
    return _WADE_INITIALS.get(initial, initial) + _WADE_FINALS.get(final, final)


@cache
def _of_wade_giles() -> dict[str, tuple[str, ...]]:
    """What is written, with or without apostrophes and the dots of ü → the syllables that it may be."""
    found: dict[str, dict[str, None]] = {"szu": {"si": None}, "yi": {"yi": None}}
    exact = [(written, one) for one in sorted(SYLLABLES) for written in {wade_giles(one), wade_giles(one).replace("v", "u")}]
    for written, syllable in (*exact, *((written.replace("'", ""), syllable) for written, syllable in exact)):
        found.setdefault(written, {})[syllable] = None
    return {written: tuple(each) for written, each in found.items()}


def _from_wade_giles(plain: str) -> Iterator[tuple[str, ...]]:
    written = plain.split(" ")
    return product(*[_of_wade_giles().get(each, ()) for each in written]) if 1 < len(written) <= LONGEST else iter(())


# ------------------------------------------------------------------------------------------ Zhuyin

_ZHUYIN_INITIALS = _table(
    "ㄅ:b ㄆ:p ㄇ:m ㄈ:f ㄉ:d ㄊ:t ㄋ:n ㄌ:l ㄍ:g ㄎ:k ㄏ:h ㄐ:j ㄑ:q ㄒ:x ㄓ:zh ㄔ:ch ㄕ:sh ㄖ:r ㄗ:z ㄘ:c ㄙ:s"
)
_ZHUYIN_FINALS = _table(
    "ㄚ:a ㄛ:o ㄜ:e ㄝ:e ㄞ:ai ㄟ:ei ㄠ:ao ㄡ:ou ㄢ:an ㄣ:en ㄤ:ang ㄥ:eng ㄦ:er"
    " ㄧ:i ㄧㄚ:ia ㄧㄛ:io ㄧㄝ:ie ㄧㄠ:iao ㄧㄡ:iu ㄧㄢ:ian ㄧㄣ:in ㄧㄤ:iang ㄧㄥ:ing"
    " ㄨ:u ㄨㄚ:ua ㄨㄛ:uo ㄨㄞ:uai ㄨㄟ:ui ㄨㄢ:uan ㄨㄣ:un ㄨㄤ:uang ㄨㄥ:ong ㄩ:v ㄩㄝ:ve ㄩㄢ:van ㄩㄣ:vn ㄩㄥ:iong"
)
_ALONE = _table(  # how pinyin writes them where there is no initial
    "i:yi ia:ya io:yo ie:ye iao:yao iu:you ian:yan in:yin iang:yang ing:ying"
    " u:wu ua:wa uo:wo uai:wai ui:wei uan:wan un:wen uang:wang ong:weng v:yu ve:yue van:yuan vn:yun iong:yong"
)
_ZHUYIN_PART = re.compile("(?=[ㄅ-ㄩ])([ㄅ-ㄙ]?)([ㄧㄨㄩ]?[ㄚ-ㄦ]?)")
_ZHUYIN_APART = re.compile(r"[ˊˇˋ˙ˉ\s\-·]+")


def _from_zhuyin(typed: str) -> list[tuple[str, ...]]:
    """The reading of a text of nothing but Zhuyin, by syllables or by initials.  一 is taken for the letter it looks like."""
    pieces = _ZHUYIN_APART.split(typed.replace("一", "ㄧ"))
    parts = [match for piece in pieces for match in _ZHUYIN_PART.finditer(piece)]
    if sum(len(part[0]) for part in parts) < sum(map(len, pieces)) or len(parts) > LONGEST:
        return []
    whole = tuple(_of_zhuyin(part[1], part[2]) for part in parts)
    if SYLLABLES.issuperset(whole):
        return [whole]
    initials = tuple(_ZHUYIN_INITIALS[part[1]] for part in parts if not part[2])
    return [initials] if len(initials) == len(parts) >= FEWEST_INITIALS else []


def _of_zhuyin(initial: str, final: str) -> str:
    """A syllable in pinyin; what is no syllable where there is none."""
    start, end = _ZHUYIN_INITIALS.get(initial, ""), _ZHUYIN_FINALS.get(final, "")
    if not start:
        return _ALONE.get(end, end)
    if not final:
        return start + "i" * (start in ("zh", "ch", "sh", "r", "z", "c", "s"))
    return start + (end.replace("v", "u") if start in ("j", "q", "x") else end)


# ------------------------------------------------------------------------------------------ from syllables to words


@cache
def surnames() -> frozenset[str]:
    """Chinese surnames of one or two characters, folded."""
    lines = (Path(str(data.__file__)).parent / "surnames.tsv").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def names(
    readings: Iterable[tuple[str, ...]], vocabulary: Vocabulary, lexicon: Readings, family: Collection[str]
) -> list[tuple[str, float]]:
    """The Chinese words of an index that are read in one of these ways, each with its worth, which is below 0.5.

    By syllables: words of 2 to `LONGEST` characters, of more only where fewer gave none; besides words only texts of three
    or more that begin with a surname of `family`; where there is no word, any text of so many.  By initials: words that begin
    with a surname.  The usual reading of a character counts most, one that nobody uses for too little to be an answer.  At
    most `FEW`, by the number of passages times the worth.
    """
    of_length = defaultdict[int, list[tuple[str, ...]]](list)
    for reading in readings:
        of_length[len(reading)].append(reading)
    words, texts = dict[str, tuple[float, int]](), dict[str, tuple[float, int]]()
    for length in range(2, LONGEST + 1):
        whole = [reading for reading in of_length[length] if SYLLABLES.issuperset(reading)]
        for text, how_usual, count in () if words else list(_read_so(whole, vocabulary, lexicon)):
            if how_usual >= _WORD_LEAST and vocabulary.word_count(text):
                words[text] = _AS_WORD * how_usual, count
            elif how_usual >= _TEXT_LEAST and length >= _TEXT_SHORTEST:
                texts[text] = _AS_TEXT * how_usual, count
    if words:
        named = (text for text in texts if text[0] in family or text[:2] in family)
        texts = {text: (texts[text][0] / _AS_TEXT * _BESIDE_WORDS, texts[text][1]) for text in named}
    initials = (reading for each in of_length.values() for reading in each if SYLLABLES.isdisjoint(reading))
    for reading in initials:
        for word, how_usual in _initialled(reading, vocabulary, lexicon, family):
            if how_usual >= _TEXT_LEAST:
                words.setdefault(word, (_AS_INITIALS * how_usual, vocabulary.at_most(word)))
    found = words | texts
    best = most_worth(found, FEW, vocabulary.passages)
    return [(text, round(found[text][0], 3)) for text, worth, _ in best if worth >= _SHARE * best[0][1]]


def most_worth(
    found: Mapping[str, tuple[float, int]], few: int, count: Callable[[str], int], grown: Callable[[int], float] = float
) -> list[tuple[str, float, int]]:
    """The few texts of the greatest product, of their worth and of what their number of passages is `grown` to.

    Each with the product and the number.  `found` has the worth, and the number at the most; the exact number is asked for as
    long as that can change the answer, and a text that has none is left out.
    """
    rough = ((worth * grown(most), text) for text, (worth, most) in found.items())
    exact = list[tuple[float, str, int]]()
    for product_at_most, text in nlargest(_COUNTED, rough):
        if len(exact) >= few and product_at_most <= -exact[few - 1][0]:
            break
        if passages := count(text):
            insort(exact, (-found[text][0] * grown(passages), text, passages))
    return [(text, -negative, passages) for negative, text, passages in exact[:few]]


def usual(character: str, syllables_of_it: Collection[str], lexicon: Readings) -> float:
    """How usual it is to read a character as one of some syllables: 1 for its first reading, 0 if it is never read so."""
    known = lexicon.readings(character)
    if read := [syllable for syllable in known if syllable in syllables_of_it]:
        if read[0] == known[0]:
            return _USUAL
        return _IN_USE if any(character in _ALSO.get(syllable, "") for syllable in read) else _RARE
    return 0.0


def begins(text: str, letters: str, lexicon: Readings) -> bool:
    """Whether the pinyin of a folded Chinese text, in some reading of its characters, begins with these letters."""
    if not text or not letters:
        return not letters
    return any(
        one.startswith(letters) or (letters.startswith(one) and begins(text[1:], letters[len(one) :], lexicon))
        for one in lexicon.readings(text[0])
    )


def _read_so(
    readings: Sequence[tuple[str, ...]], vocabulary: Vocabulary, lexicon: Readings
) -> Iterator[tuple[str, float, int]]:
    """The texts that are read in one of these ways, all of one length: how usual that is, and the number `chained` gives."""
    places = [dict.fromkeys(place) for place in zip(*readings, strict=True)]
    choices = [_by_turns([lexicon.characters(syllable) for syllable in place]) for place in places]
    how_usual = cache(lambda character, syllable: usual(character, (syllable,), lexicon))
    for text, count in chained(choices, vocabulary).items() if choices else ():
        if best := max(prod(map(how_usual, text, reading)) for reading in readings):
            yield text, best, count


def _by_turns(texts: Sequence[str]) -> dict[str, None]:
    """The characters of several texts: the first of each, then the second of each, and so on."""
    return dict.fromkeys(filter(None, chain.from_iterable(zip_longest(*texts))))


def chained(choices: Sequence[Collection[str]], vocabulary: Vocabulary) -> dict[str, int]:
    """Texts of one character from each choice whose pairs are all in the index, and in how many passages they are at the most.

    A choice has its usual characters first.  Where there are many texts, those of frequent pairs are followed.
    """
    found = dict.fromkeys(islice(choices[0], _FIRST), 0)
    for place, wanted in enumerate(choices[1:]):
        one_by_one = len(wanted) <= _ONE_BY_ONE[place > 0]
        following = _following(dict.fromkeys(text[-1] for text in found), wanted, one_by_one, vocabulary)
        longer = {
            text + character: min(most, count) if place else count
            for text, most in found.items()
            for character, count in following[text[-1]].items()
        }
        found = dict(nlargest(_FOLLOWED, longer.items(), key=itemgetter(1))) if len(longer) > _FOLLOWED else longer
    return found


def _following(
    characters: Collection[str], wanted: Collection[str], one_by_one: bool, vocabulary: Vocabulary
) -> dict[str, dict[str, int]]:
    """For each of some characters the wanted ones that stand behind it somewhere, and in how many passages."""
    pairs = map("".join, product(characters, wanted)) if one_by_one else vocabulary.grams(*characters)
    found = dict[str, dict[str, int]]({each: {} for each in characters})
    for pair in dict.fromkeys(pair for pair in pairs if len(pair) == 2 and pair[1] in wanted):
        if count := vocabulary.gram_count(pair):
            found[pair[0]][pair[1]] = count
    return found


def _initialled(
    initials: tuple[str, ...], vocabulary: Vocabulary, lexicon: Readings, family: Collection[str]
) -> Iterator[tuple[str, float]]:
    """The words of the index that begin with a surname and have these initials, and how usual that is; z may stand for zh."""

    @cache
    def how_usual(character: str, initial: str) -> float:
        begun = [syllable for syllable in lexicon.readings(character) if syllable.startswith(initial)]
        return usual(character, begun, lexicon)

    fit = (surname for surname in family if len(surname) < len(initials) and all(map(how_usual, surname, initials)))
    for word in vocabulary.words(*fit):
        if len(word) == len(initials) and (best := prod(map(how_usual, word, initials))):
            yield word, best
