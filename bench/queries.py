"""Queries sampled from a corpus, always the same for the same corpus.

    python bench/queries.py CORPUS

prints them as JSON: a list of `{"group", "form", "parts"}`, those of group `warm-up` first.  The groups:

`keywords`: one to three words of one passage, of any language, as a person types them who remembers it; all are wanted;
`word`: one word, Simplified, Traditional (only what the other script writes otherwise) or English; as many frequent ones (on at
least 2 % of the pages) as middling (0.1 %) and rare ones;
`phrase`: four to eight Han characters or two to four English words from anywhere in a text;
`common OR`: any of four words, the most common of all and three of those that follow, so that most pages have one.
"""

from __future__ import annotations

import json
import math
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
KEYWORDS, WORDS, PHRASES, COMMON, WARM_UP = 100, 20, 20, 20, 4
"""How many queries of each group; of phrases, of each language; of words, and for the warm-up, of each language and band."""

BANDS = (("frequent", 0.02), ("middling", 0.001), ("rare", 0.0))
NUMBERS = (1, 2, 2, 3)
"""How many words a keyword query has, as often as it stands here."""

KNOWN = 3
"""A keyword is on so many pages at least: a word, and no slip."""

NEXT_COMMON = 150
"""The most common word of all and three of the next so many make a `common OR`."""

PAGES = 8_000
"""Of larger corpora so many pages, evenly spread, are looked at."""

PASSAGE = 300
"""About how many characters of a page keywords are taken from."""

_to_simplified, _to_traditional = opencc.OpenCC("t2s").convert, opencc.OpenCC("s2t").convert
_HAN_WORD = re.compile("[\u4e00-\u9fff]{2,}")
_HAN_RUN = re.compile("[\u4e00-\u9fff]{4,}")
_ENGLISH_WORD = re.compile("(?<![0-9_a-zß-ɏ])[a-z]{3,}(?![0-9_a-zß-ɏ])")  # whole words; Han characters may be beside them
_ENGLISH_RUN = re.compile("[A-Za-z]+(?: [A-Za-z]+)+")


def language(text: str) -> str | None:
    """Which of the three languages a piece of text is, None if it is Chinese of both scripts."""
    if text.isascii():
        return "en"
    if _to_simplified(text) != text:
        return "zh-Hant"
    return "zh-Hans" if _to_traditional(text) != text else None


def words_of(text: str, segmenter: Any) -> list[str]:
    """The words of a text as they stand there: Han words where the segmenter finds them in the Simplified text."""
    known = _to_simplified(text)
    han = [text[start:end] for word, start, end in segmenter.tokenize(known) if _HAN_WORD.fullmatch(word)]
    return han + _ENGLISH_WORD.findall(text.lower())


def words_by_band(counts: Counter[str], number: int) -> dict[tuple[str, str], list[str]]:
    """The words of each language and band; `number` is that of pages."""
    found = defaultdict[tuple[str, str], list[str]](list)
    for word, count in sorted(counts.items()):
        if name := language(word):
            band = next(band for band, share in BANDS if count >= share * number)
            found[name, band].append(word)
    return found


def keywords(chance: random.Random, texts: list[str], counts: Counter[str], segmenter: Any) -> Iterator[list[str]]:
    """One to three words from lines of a page that stand together, as often as wanted, if the corpus has them."""
    left = KEYWORDS + WARM_UP
    for _ in range(100 * left):
        lines, text = chance.choice(texts).splitlines(keepends=True), ""
        for line in lines[chance.randrange(len(lines) or 1) :]:
            text += line if len(text) < PASSAGE else ""
        words = sorted(word for word in set(words_of(text, segmenter)) if counts[word] >= KNOWN)
        if left and len(words) >= max(NUMBERS):
            left -= 1
            yield chance.sample(words, chance.choice(NUMBERS))


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
    left = dict.fromkeys(("zh-Hans", "zh-Hant", "en"), PHRASES + WARM_UP)
    for _ in range(100 * (PHRASES + WARM_UP)):
        found = phrase(chance, chance.choice(texts))
        if found and (name := language(found)) and left[name]:
            left[name] -= 1
            yield found


def sample(corpus: Path) -> list[dict[str, Any]]:
    """The queries, in an order that mixes them."""
    chance, segmenter = random.Random(SEED), rjieba.Jieba()
    paths = [path for path, _ in pages(corpus)]
    texts = [text_of(path) for path in paths[:: math.ceil(len(paths) / PAGES)]]
    counts, occurrences = Counter[str](), Counter[str]()
    for text in texts:
        words = words_of(text, segmenter)
        occurrences.update(words)
        counts.update(set(words))
    warm_up, timed = [], []
    for words in words_by_band(counts, len(texts)).values():
        chance.shuffle(words)
        warm_up += [("word", [word]) for word in words[-WARM_UP:]]
        timed += [("word", "word", [word]) for word in words[:-WARM_UP][:WORDS]]
    found = [[text] for text in phrases(chance, texts)]
    chance.shuffle(found)
    warm_up += [("phrase", text) for text in found[-3 * WARM_UP :]]
    timed += [("phrase", "phrase", text) for text in found[: -3 * WARM_UP]]
    asked = list(keywords(chance, texts, counts, segmenter))
    warm_up += [("all", words) for words in asked[KEYWORDS:]]
    timed += [("keywords", "all", words) for words in asked[:KEYWORDS]]
    common = [word for word, _ in occurrences.most_common(1 + NEXT_COMMON)]
    if len(common) > NEXT_COMMON:
        alternatives = [[common[0], *chance.sample(common[1:], 3)] for _ in range(COMMON + 1)]
        warm_up += [("or", words) for words in alternatives[COMMON:]]
        timed += [("common OR", "or", words) for words in alternatives[:COMMON]]
    chance.shuffle(timed)
    queries = [*(("warm-up", form, parts) for form, parts in warm_up), *timed]
    return [{"group": group, "form": form, "parts": parts} for group, form, parts in queries]


if __name__ == "__main__":
    json.dump(sample(Path(sys.argv[1])), sys.stdout, ensure_ascii=False)
