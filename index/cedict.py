"""Read CC-CEDICT: what its entries mean in English, and which of them are the same word.

Owns the format of the dictionary and the judgement of its glosses: which are translations, how good each is by itself, and
which entries name each other or share a gloss no other has.  What becomes of that in the lexicon, `equivalents.py` decides.
Text in, tuples out; nothing here runs for a query.

The format: https://cc-cedict.org/wiki/format:syntax; the order of an entry's definitions and the labels in its brackets say the
most about how good a gloss is.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import NamedTuple

from .english import stem
from .fold import fold, fold_all, fold_han
from .lexicon import key_of
from .scripts import is_han


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


# ------------------------------------------------------------------------------------------ entries


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
    r"arch\.?$|(?:literary|archaic|old|obsolete|ancient|classical|traditional|traditionally|dialect|dialectal|slang"
    r"|Internet slang|bound form|onom|Buddhis[mt]|Confuci(?:an|ans|anism|us)|Cantonese|Shanghainese|Wu dialect|derog|derogatory"
    r"|honorific|humble|polite|politely|courteous|euphemism|euphemistic|vulgar|jocular|coll|colloq|colloquial|neologism"
    r"|fig|figurative|figuratively|poet|poetic|poetry|formerly|in former|in ancient|used in|used instead|suffix|prefix"
    r"|particle(?! (?:physics|accelerator)))\b"
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
        fold_all([simplified for _, simplified, _, _ in found]),
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


# ------------------------------------------------------------------------------------------ English


class Sense(NamedTuple):
    """An English text for a headword: its key, and how good a translation it is by itself (0 to 1).

    `verb` says that it is an infinitive, `again` that the headword has had its key already, in another form (train, training).
    """

    word: str
    text: str
    key: str
    worth: float
    verb: bool = False
    again: bool = False


# A gloss and what ends it.  Groups: signs, to, the text of a plain one (an infinitive, or a noun with its article), signs; or
# one that is not plain; the end: of the gloss (;), of the definition (/) or of the entry.
_GLOSS = re.compile(
    rf"([{_SIGNS} ]*)(?:(?:to be|(to)|an?|the|be) )?([a-z]+(?: [a-z]+)*)([{_SIGNS} ]*)([;/\n])|([^;/\n]*)([;/\n])"
)
_NO_GLOSS = re.compile(
    rf"[{_SIGNS} ]*(?:CL:|surname |lit\. |see |used |also |same as |name of |classifier |Taiwan pr|PRC equ|Taiwan equ"
    r"|[a-zA-Z ]*variant of )"
)
_NO_PART = re.compile("abbr\\. | pr\\. |[Rr]adical|reign name")
_INFINITIVE = re.compile(rf"[{_SIGNS} ]*to ")
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
    """The English texts of all entries; for each word those with one key once, but for single words in other forms."""
    found = list[Sense]()
    common_keys, proper_keys = dict[str, str](), dict[str, str]()
    words = Counter([entry.word for entry in entries])
    several = {word: set[str | tuple[str, str]]() for word, count in words.items() if count > 1}
    rest = iter(entries)
    end = "\n"
    # All glosses of all entries in one scan: to split them entry by entry takes twice as long.
    for before, to, plain, behind, plain_end, other, other_end in _GLOSS.findall(
        "".join([one.reduced + "\n" for one in entries])
    ):
        if end == "\n":
            entry = next(rest)
            word, place, told, proper = entry.word, 0, False, entry.is_proper()
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
                again = key in seen
                if key and not (again and (" " in text or (key, text) in seen)) and (len(word) > 1 or text.count(" ") <= 1):
                    seen.update((key, (key, text)))
                    told = told or not again
                    quality = 0.9 * worth if _NARROWED in signs else worth
                    verb = bool(to) or _INFINITIVE.match(other) is not None
                    found.append(Sense(word, text, key, 0.5 * quality if rare else quality, verb, again))
            worth *= 0.95
        end = plain_end or other_end
        if end == "/" and told:
            place, told = place + 1, False
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


# ------------------------------------------------------------------------------------------ the same word

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
        sense._replace(word=word, worth=weight * sense.worth)
        for word, (other, weight) in others.items()
        for sense in of_word.get(other, ())
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


def sharing(entries: list[Entry]) -> Iterator[Named]:
    """Pairs of headwords that share a gloss nobody else has."""
    seen: dict[str, int] = {}
    together: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        if len(entry.word) > 1:
            for gloss in entry.definitions.partition("/")[0].replace("(Tw)", "").split(";"):
                gloss = gloss.strip().removeprefix("to ")
                if gloss in seen:
                    together.setdefault(gloss, [seen[gloss]]).append(number)
                else:
                    seen[gloss] = number
    meanings = Counter([entry.word for entry in entries])
    for gloss, numbers in together.items():
        if len(numbers) <= 4 and gloss and not gloss.startswith(_NO_SHARING) and not _NO_DEFINITION.search(gloss):
            firsts = {first.word: first for first in (first_of(entries[number], meanings) for number in numbers)}
            for one, other in combinations(firsts.values(), 2):
                if weight := shared_weight(gloss, one, other, len(firsts)):
                    yield Named(one.word, other.word, weight, spelling=False)


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
