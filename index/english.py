"""What an English word has in common with its other forms, and where a word written as several is cut.

Owns stemming and is the only file that knows the stemmer (Snowball's "english", Porter 2, by PyStemmer).  Words are folded
already, lower case and without accents, but for `breaks`, which reads capitals.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import import_module
from itertools import pairwise, takewhile
from typing import Any
from zlib import crc32

from .scripts import is_letter

LONGEST_ENDING = 24
"""More letters than any word has beyond its stem (representativeness has 12)."""

# A word and its forms that no suffix explains.  Left out: forms that are words of their own (left, rose, shot, leaves), and
# those that differ from the first letter on (went, ate).
_IRREGULAR = """
man men|woman women|child children|foot feet|tooth teeth|goose geese|mouse mice|wife wives|knife knives|half halves
shelf shelves|wolf wolves|thief thieves|calf calves|loaf loaves|index indices|matrix matrices|vertex vertices
appendix appendices|axis axes|analysis analyses|crisis crises|thesis theses|hypothesis hypotheses|diagnosis diagnoses
synthesis syntheses|oasis oases|parenthesis parentheses|criterion criteria|phenomenon phenomena|bacterium bacteria
curriculum curricula|stimulus stimuli|radius radii|nucleus nuclei|fungus fungi|alumnus alumni
bus buses|gas gases|lenses lens|menu menus|guru gurus|plateau plateaus|bureau bureaus|tableau tableaus|pc pcs
tv tvs|cd cds|dvd dvds|pdf pdfs|vm vms|llm llms|gpt gpts|pcb pcbs|ngo ngos|cfo cfos|become became|begin began begun
break broke broken|bring brought|build built|buy bought|catch caught|choose chose chosen|come came|deal dealt|draw drew drawn
drive drove driven|eat eaten|fall fell fallen|feel felt|fight fought|find found|fly flew flown|forbid forbade forbidden
forget forgot forgotten|freeze froze frozen|get got gotten|give gave given|go gone|grow grew grown|hang hung|hear heard
hide hid hidden|hold held|keep kept|know knew known|lay laid|lend lent|lose lost|make made|mean meant|meet met
overcome overcame|pay paid|ride rode ridden|ring rang rung|rise risen|run ran|say said|see seen|seek sought|sell sold
send sent|shake shook shaken|shrink shrank shrunk|sing sang sung|sink sank sunk|sit sat|sleep slept|speak spoke spoken
spend spent|stand stood|steal stole stolen|strike struck|swear swore sworn|sweep swept|swim swam swum|take took taken
teach taught|tear tore torn|tell told|throw threw thrown|undergo underwent undergone|understand understood|wake woke woken
wear wore worn|withdraw withdrew withdrawn|write wrote written
"""
_PLURAL_US = re.compile(r"(?!plus|thus)[^aeiouy]{2,}us")  # GPUs, CPUs, NPUs, MCUs: the stemmer takes them for words like virus

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
def _stems() -> dict[str, str]:
    """The stems of irregular forms."""
    words = (group.split() for group in _IRREGULAR.strip().replace("\n", "|").split("|"))
    return {form: _stemmer().stemWord(word) for word, *forms in words for form in forms}


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
    return f"PyStemmer {import_module('Stemmer').version()}, {crc32((_IRREGULAR + _PLURAL_US.pattern).encode()):08x}"


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """The stem of a folded word (`controls` → `control`); what is not made of the letters a to z alone stays as it is."""
    if not (word.isascii() and word.isalpha()):
        return word
    if _PLURAL_US.fullmatch(word):
        return word[:-1]
    stemmed: str = _stems().get(word) or _stemmer().stemWord(word)
    return stemmed


def beginning(stemmed: str) -> str:
    """What every word of a stem begins with: the stem but for what may be another letter (happi, hope, and die of dying)."""
    return _beginnings().get(stemmed) or _regular_beginning(stemmed)


def _regular_beginning(stemmed: str) -> str:
    if len(stemmed) < 3:
        return stemmed
    return stemmed[:-2] if stemmed.endswith("ie") else stemmed[:-1]


def breaks(text: str) -> list[int]:
    """The offsets, in original text, at which words written as one are cut: get|Element|By|Id, HTTP|Server, GPT|4, LLM|s."""
    return [match.start() for match in _BREAK.finditer(text)]


def parts(word: str, cuts: Sequence[int]) -> tuple[str, ...]:
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
