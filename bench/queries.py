"""Queries sampled from a corpus, always the same for the same corpus.

    python bench/queries.py CORPUS

prints them as JSON: a list of `{"group", "form", "parts"}`, those of group `warm-up` first.  Words are Simplified, Traditional
(only those that the other script writes otherwise) and English; frequent ones are on at least 2 % of the pages, middling
ones on at least 0.1 %, rare ones on fewer.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import opencc
import rjieba
from peers import pages, text_of

SEED = 20_240_229
WORDS, PHRASES, ALTERNATIVES, WARM_UP = 20, 20, 20, 4
"""How many of each language (and of words: of each band)."""

BANDS = (("frequent", 0.02), ("middling", 0.001), ("rare", 0.0))

_to_simplified, _to_traditional = opencc.OpenCC("t2s").convert, opencc.OpenCC("s2t").convert
_HAN_WORD = re.compile("[\u4e00-\u9fff]{2,}")
_HAN_RUN = re.compile("[\u4e00-\u9fff]{4,}")
_ENGLISH_WORD = re.compile("[a-z]{3,}")
_ENGLISH_RUN = re.compile("[A-Za-z]+(?: [A-Za-z]+)+")


def language(text: str) -> str | None:
    """Which of the three languages a piece of text is, None if it is Chinese of both scripts."""
    if text.isascii():
        return "en"
    if _to_simplified(text) != text:
        return "zh-Hant"
    return "zh-Hans" if _to_traditional(text) != text else None


def words_of(text: str, segmenter: Any) -> set[str]:
    """The words on a page as they stand there: Han words where the segmenter finds them in the Simplified text."""
    known = _to_simplified(text)
    han = {text[start:end] for word, start, end in segmenter.tokenize(known) if _HAN_WORD.fullmatch(word)}
    return han | set(_ENGLISH_WORD.findall(text.lower()))


def words_by_band(texts: list[str]) -> dict[tuple[str, str], list[str]]:
    """The words of each language and band."""
    segmenter = rjieba.Jieba()
    counts = Counter(word for text in texts for word in words_of(text, segmenter))
    found = defaultdict[tuple[str, str], list[str]](list)
    for word, count in sorted(counts.items()):
        if name := language(word):
            band = next(band for band, share in BANDS if count >= share * len(texts))
            found[name, band].append(word)
    return found


def phrase(chance: random.Random, text: str) -> str | None:
    """A phrase from somewhere in a text: four to eight Han characters or two to four English words."""
    runs = _HAN_RUN.findall(text) or _ENGLISH_RUN.findall(text)
    if not runs:
        return None
    run = chance.choice(runs)
    if run.isascii():
        words = run.split(" ")
        start = chance.randrange(len(words) - 1)
        return " ".join(words[start : start + chance.randint(2, 4)])
    start = chance.randrange(len(run) - 3)
    return str(run[start : start + chance.randint(4, 8)])


def phrases(chance: random.Random, texts: list[str]) -> Iterator[str]:
    """As many phrases of each language as wanted, if the corpus has them."""
    left = dict.fromkeys(("zh-Hans", "zh-Hant", "en"), PHRASES)
    for _ in range(100 * PHRASES):
        found = phrase(chance, chance.choice(texts))
        if found and (name := language(found)) and left[name]:
            left[name] -= 1
            yield found


def sample(corpus: Path) -> list[dict[str, Any]]:
    """The queries, in an order that mixes them."""
    chance = random.Random(SEED)
    texts = [text_of(path) for path, _ in pages(corpus)]
    by_band = words_by_band(texts)
    warm_up, timed = [], []
    for (name, band), words in sorted(by_band.items()):
        chance.shuffle(words)
        warm_up += [("warm-up", "word", [word]) for word in words[-WARM_UP:]]
        timed += [(f"{band} word", "word", [word]) for word in words[:-WARM_UP][:WORDS]]
        if band == "middling":
            common = by_band[name, "frequent"] + words
            timed += [("four-word OR", "or", chance.sample(common, 4)) for _ in range(ALTERNATIVES) if len(common) > 3]
    timed += [("phrase", "phrase", [found]) for found in phrases(chance, texts)]
    chance.shuffle(timed)
    return [{"group": group, "form": form, "parts": parts} for group, form, parts in [*warm_up, *timed]]


if __name__ == "__main__":
    json.dump(sample(Path(sys.argv[1])), sys.stdout, ensure_ascii=False)
