"""What an English word has in common with its other forms, and where a word written as several is cut.

Owns stemming and is the only file that knows the stemmer (Snowball's "english", Porter 2, by PyStemmer); what it does not know
is in the tables here: irregular forms, plurals of initials, British spelling.  Words are folded already, lower case and without
accents, but for `breaks`, which reads capitals.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import import_module
from itertools import pairwise, takewhile
from typing import Any
from zlib import crc32

from .scripts import is_letter

LONGEST_ENDING = 24
"""More letters than any word has beyond its stem (representativeness has 12)."""

# A word and its forms that no suffix explains.  Left out: forms that are words of their own (left, rose, shot, leaves, resent,
# unwound), and those that differ from the first letter on (went, ate).
_IRREGULAR = """
man men|woman women|child children|foot feet|tooth teeth|goose geese|mouse mice|wife wives|knife knives|half halves
shelf shelves|wolf wolves|thief thieves|calf calves|loaf loaves|index indices|matrix matrices|vertex vertices
appendix appendices|axis axes|analysis analyses|crisis crises|thesis theses|hypothesis hypotheses|diagnosis diagnoses
synthesis syntheses|oasis oases|parenthesis parentheses|criterion criteria|phenomenon phenomena|bacterium bacteria
curriculum curricula|stimulus stimuli|radius radii|nucleus nuclei|fungus fungi|alumnus alumni
bus buses|gas gases|lenses lens|menu menus|guru gurus|plateau plateaus|bureau bureaus|tableau tableaus|pc pcs
tv tvs|cd cds|vm vms|ngo ngos|cfo cfos|arise arose arisen|awake awoke awoken|bear borne|beat beaten|become became
begin began begun|bite bitten|blow blew blown|break broke broken|bring brought|build built|buy bought|catch caught
choose chose chosen|cling clung|come came|creep crept|deal dealt|draw drew drawn|drive drove driven|eat eaten|fall fell fallen
feel felt|fight fought|find found|fling flung|fly flew flown|forbid forbade forbidden|forgive forgave forgiven
forget forgot forgotten|forsake forsook forsaken|freeze froze frozen|get got gotten|give gave given|go gone|grow grew grown
hang hung|hear heard|hide hid hidden|hold held|keep kept|kneel knelt|know knew known|lay laid|leap leapt|learn learnt|lend lent
lose lost|make made|mean meant|meet met|partake partook partaken|pay paid|prove proven|ride rode ridden|ring rang rung
rise risen|run ran|say said|see seen|seek sought|sell sold|send sent|shake shook shaken|shrink shrank shrunk|sing sang sung
sink sank sunk|sit sat|sleep slept|slide slid|speak spoke spoken|spell spelt|spend spent|spill spilt|spin spun
spring sprang sprung|stand stood|steal stole stolen|stick stuck|sting stung|strike struck|strive strove striven
swear swore sworn|sweep swept|swim swam swum|swing swung|take took taken|teach taught|tear tore torn|tell told
throw threw thrown|tread trod trodden|uphold upheld|wake woke woken|wear wore worn|weave wove woven|weep wept|wring wrung
write wrote written
foresee foresaw foreseen|foretell foretold|forego foregone|mishear misheard|mislay mislaid|mislead misled
misspeak misspoke misspoken|misspell misspelt|misspend misspent|mistake mistook mistaken|misunderstand misunderstood
outdo outdid outdone|outfight outfought|outgrow outgrew outgrown|outrun outran|outsell outsold|outspend outspent
overcome overcame|overdo overdid overdone|overdraw overdrew overdrawn|overeat overeaten|overfly overflew overflown
overgrow overgrew overgrown|overhang overhung|overhear overheard|overlay overlaid|overpay overpaid|prepay prepaid
override overrode overridden|overrun overran|oversee oversaw overseen|oversell oversold|oversleep overslept
overspend overspent|overtake overtook overtaken|overthrow overthrew overthrown|overwrite overwrote overwritten
rebuild rebuilt|redo redid redone|redraw redrew redrawn|regrow regrew regrown|remake remade|repay repaid|rerun reran
resell resold|retake retook retaken|retell retold|rethink rethought|rewind rewound|rewrite rewrote rewritten
undergo underwent undergone|underpay underpaid|undersell undersold|understand understood|undertake undertook undertaken
underwrite underwrote underwritten|undo undid undone|unfreeze unfroze unfrozen|unlearn unlearnt|unmake unmade
withdraw withdrew withdrawn|withhold withheld|withstand withstood
"""

# Plurals that the stemmer, who knows words only, leaves or misreads: GPUs, CPUs, NPUs (for words like virus); SDKs, PhDs,
# without a vowel (GPS and DNS have only three letters); H100s, MP3s.
_PLURAL = re.compile(
    r"(?!plus|thus)[^aeiouy\d]{2,}us"
    r"|(?![kmgt]bps|https|ntfs|hdfs|btrfs|[dm]dns|r?dbms|xmlns|hkscs)[b-df-hj-np-tv-xz]{2,}[b-df-hj-np-rtv-xz]s"
    r"|[a-z]+[0-9]+s"
)

# How British English spells what American English spells in another way: what a word has that is spelt so, a pattern of the
# whole word, and what becomes of it.  What only looks like one of them stays: rise, promise, hour, paramour, acre, greyhound.
_OUR = (
    "arm|behavi|cand|clam|col|(?:mis)?demean|endeav|enam|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl|ranc|rig|rum|savi?"
    "|splend|succ|tum|val|vap|vig"
)
_RE = "(?:(?:epi)?cent|(?:kilo|centi|milli|micro|nano|deci)?(?:met|lit)|fib|(?:amphi)?theat|calib|lust|meag|sab|somb|spect)"
_BEFORE = "(?:dis|un|re|mis|multi)?"
_NOT_IZE = (
    "advert|chast|circumc|conc|desp|dev|exerc|expert|franch|merchand|parad|pr"
    "|prec|prem|prom|prov|rev|sunr|superv|surm|telev|treat"
)
_SPELT = (
    ("practis", r"practis(e|es|ed|ing)", r"practic\1"),
    ("our", rf"({_BEFORE}(?:{_OUR})o)u(r.*)", r"\1\2"),
    (
        "is",
        rf"(?!.*(?:{_NOT_IZE})is)(ion|.{{3,}}[b-df-hj-np-tvxz])is(e[drs]?|ers|ing|ingly|abl[ey]|ability|ation(?:|s|al|ally))",
        r"\1iz\2",
    ),
    ("lys", r"((?:(?:psycho)?ana|breatha|cata|dia|electro|hydro|para)ly)s(e[dr]?|ers|ing|able)", r"\1z\2"),  # but analyses
    ("re", rf"({_BEFORE}{_RE})re(s?)", r"\1er\2"),
    ("red", rf"({_BEFORE}{_RE})red", r"\1ered"),
    ("ring", rf"({_BEFORE}{_RE})ring", r"\1ering"),
    ("grey", r"grey(|s|ed|er|est|ing|ish|scales?)", r"gray\1"),
    ("licenc", r"((?:sub|re|un)?licen)c(e|es|ed|ing)", r"\1s\2"),
    ("ence", r"((?:def|off|pret)en)c(e|es|eless)", r"\1s\2"),
    ("programme", r"programme(s?)", r"program\1"),
    ("logue", r"(catalog|analog)ue(s?)", r"\1\2"),
    ("aluminium", "aluminium", "aluminum"),
    ("judgement", r"judgement(s?)", r"judgment\1"),
    ("fulfil", r"fulfil(s?|ments?)", r"fulfill\1"),
    ("enrol", r"enrol(s?|ments?)", r"enroll\1"),
)
# What stems have up to where the British spelling of one of their words may go on in another way.
_SHARED = rf"({_BEFORE}(?:{_OUR})o)r|({_BEFORE}{_RE})er$|(.{{3,}}[iy])z|(gr)ay|(alumin)um|(judg)ment"

# Latin letters with and without the accents of Western Europe: classes that reach further take milliseconds to compile.
_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_LETTER = _UPPER + _LOWER
# Capitals after small letters (getElement), the last of several capitals before small letters (HTTPServer), digits at the end
# of a word (GPT4), but nothing that leaves a single letter (iPhone, PhD, v2); and the s of several LLMs.  What a break stands
# before is matched before the look-behinds, so that the scan skips along by character set.
_BREAK = re.compile(
    rf"[{_UPPER}0-9s](?:"
    rf"(?<=[{_LETTER}][{_LOWER}][{_UPPER}])(?=[{_LETTER}])"
    rf"|(?<=[{_UPPER}][{_UPPER}][{_UPPER}])(?=[{_LOWER}][{_LOWER}])"
    rf"|(?<=[{_LETTER}][{_LETTER}][0-9])(?![0-9]*[{_LETTER}])"
    rf"|(?<=[{_UPPER}][{_UPPER}]s)(?![{_LETTER}0-9]))"
)
_RUN = re.compile(r"[^\W_]+")


@cache
def _stemmer() -> Any:
    return import_module("Stemmer").Stemmer("english")


@cache
def _irregular() -> dict[str, str]:
    """The words that irregular forms are forms of."""
    words = (group.split() for group in _IRREGULAR.strip().replace("\n", "|").split("|"))
    return {form: word for word, *forms in words for form in forms}


@cache
def _stems() -> dict[str, str]:
    """The stems of irregular forms."""
    return {form: _stemmer().stemWord(word) for form, word in _irregular().items()}


@cache
def _beginnings() -> dict[str, str]:
    """What the forms of words that have irregular ones begin with, by stem."""
    found: dict[str, str] = {}
    for form, stemmed in _stems().items():
        known = found.get(stemmed) or _regular_beginning(stemmed)
        equal = (one == other for one, other in zip(form, known, strict=False))
        found[stemmed] = known[: sum(takewhile(bool, equal))]
    return found


def version() -> str:
    """Which stemmer this is, for fingerprints: another may give other stems."""
    own = crc32(repr((_IRREGULAR, _PLURAL.pattern, _SPELT)).encode())
    return f"PyStemmer {import_module('Stemmer').version()}, {own:08x}"


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """The stem of a folded word (`controls` → `control`, `colours` → `color`).

    Words that are not made of the letters a to z alone stay as they are, but for plurals of names with digits (`h100s`).
    """
    if not word.isascii():
        return word
    if word[-1:] == "s" and _PLURAL.fullmatch(word):
        return word[:-1]
    if not word.isalpha():
        return word
    word = american(word)
    stemmed: str = _stems().get(word) or _stemmer().stemWord(word)
    return stemmed


@lru_cache(maxsize=1 << 14)
def american(word: str) -> str:
    """A folded word in American spelling: `colour` → `color`, `organisations` → `organizations`, `centred` → `centered`."""
    for clue, pattern, template in _SPELT:
        if clue in word and (match := re.fullmatch(pattern, word)):
            return match.expand(template)
    return word


def bases(word: str) -> tuple[str, ...]:
    """What a folded word may be an inflected form of: `mining` → mine, `engineers` → engineer; words of the same stem only."""
    found = [_irregular().get(word, "")]
    if word.endswith("s"):
        found += word[:-1], word.removesuffix("es"), f"{word.removesuffix('ies')}y"
    elif word.endswith("ed"):
        found += word[:-1], word[:-2], word[:-3], f"{word.removesuffix('ied')}y"
    elif word.endswith("ing"):
        found += f"{word[:-3]}e", word[:-3], word[:-4], f"{word.removesuffix('ying')}ie"
    elif word.endswith("ization"):
        found.append(f"{word[:-5]}e")
    return tuple(base for base in dict.fromkeys(found) if base and base != word and stem(base) == stem(word))


@lru_cache(maxsize=1 << 14)
def beginning(stemmed: str) -> str:
    """What every word of a stem begins with: the stem but for what may be other letters (happi, hope, die: dying, centre)."""
    known = _beginnings().get(stemmed) or _regular_beginning(stemmed)
    shared = re.match(_SHARED, stemmed)
    return known[: shared.end(shared.lastindex or 0)] if shared else known


def _regular_beginning(stemmed: str) -> str:
    if len(stemmed) < 3:
        return stemmed
    return stemmed[:-2] if stemmed.endswith("ie") else stemmed[:-1]


def breaks(text: str) -> list[int]:
    """The offsets, in original text, at which words written as one are cut: get|Element|By|Id, HTTP|Server, GPT|4, LLM|s."""
    return [match.start() for match in _BREAK.finditer(text)]


@lru_cache(maxsize=1 << 14)
def parts(word: str, cuts: tuple[int, ...]) -> tuple[str, ...]:
    """The stems of what a folded word is put together from, by where it is cut: more than it is itself, and no s of LLMs."""
    pieces = (word[start:end] for start, end in pairwise([0, *cuts, len(word)]))
    found = tuple(stem(piece) for piece in pieces if piece != "s")
    return found if found != (stem(word),) else ()


def word_start(text: str, at: int) -> int:
    """Where the letters and digits that end at an offset, of scripts with spaces, begin."""
    while at > 0 and is_letter(text[at - 1]):
        at -= 1
    return at


def word_end(text: str, at: int) -> int:
    """Where the letters and digits that begin at an offset, of scripts with spaces, end."""
    match = _RUN.match(text, at)
    if not match:
        return at
    end = match.end()
    return end if match[0].isascii() else next((n for n in range(at, end) if not is_letter(text[n])), end)


def is_possessive(text: str, start: int, end: int) -> bool:
    """Whether the run of letters at a span of folded text is the s of Nvidia's, which belongs to the word before it."""
    return text[start:end] == "s" and start > 1 and text[start - 1] == "'" and not text[start - 2].isspace()
