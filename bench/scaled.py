"""Make a corpus of any size in the likeness of a real one: the same words behind each other, the same lengths of pages.

    python bench/scaled.py SOURCE DIR PASSAGES

makes pages DIR/LANGUAGE/0000/000000.txt of about so many passages and prints how many pages and MB there are.  SOURCE is what
`corpus.py` brings: a folder for each language.  A page is a walk through the source's words: each word is followed by one that
follows it there, as often as there, signs and line ends included; it is as long as some page of the source.  One word in a
hundred is made up: a name or a number that few or no other pages have, so that the vocabulary goes on growing with the corpus
(at two million words 29,600 of them differ; in the help corpus, 27,500).

Page number n is always the same, whatever the size: a smaller corpus is the beginning of a larger one, and pages that are there
already are not made again.  Nothing but the source's words is held in memory.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import opencc
import rjieba

SEED = 20_240_229

PAGES_PER_PASSAGE = 7_680 / 36_964
"""As tongwen cuts the help corpus."""

FOLDER = 1_000
"""Files to a folder, at most."""

MADE_UP, SPREAD = 0.01, 4.0
"""How many of the words are made up, and how seldom one of them comes again: of n, about n**(SPREAD / (SPREAD + 1)) differ."""

_HAN = "安柏辰德恩芳刚浩佳凯兰明宁鹏琪瑞松涛文晓雪阳怡泽志卓"
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
_SYLLABLES = ("ka", "ro", "min", "ta", "ve", "lo", "shi", "dan", "pe", "qua", "zor", "nel", "bi", "hus", "gra", "tem")


class Language:
    """How one language's words follow each other in the source, and how long its pages are."""

    def __init__(self, name: str, texts: Iterator[str]) -> None:
        self.name = name
        self.starts, self.lengths = list[str](), list[int]()
        self.followers = dict[str, list[str]]()
        cut, simplified = rjieba.Jieba().tokenize, opencc.OpenCC("t2s").convert
        known = dict[str, str]()  # every word once in memory, however often it follows
        for text in texts:
            page = [known.setdefault(word, word) for word in _words(text, cut(simplified(text)))]
            for word, following in pairwise([*page, page[0]]):
                self.followers.setdefault(word, []).append(following)
            self.starts.append(page[0])
            self.lengths.append(len(page))

    def page(self, chance: random.Random) -> str:
        """A page."""
        followers, anything = self.followers, chance.random
        length, word = chance.choice(self.lengths), chance.choice(self.starts)
        walked = [word]
        for _ in range(length - 1):
            following = followers[word]
            word = following[int(anything() * len(following))]
            walked.append(word)
        for at in range(int(anything() / MADE_UP), length, int(1 / MADE_UP)):
            walked[at] = self.made_up(anything())
        return "".join(walked) + "\n"

    def made_up(self, fraction: float) -> str:
        """A word that the source has not; the smaller the fraction the rarer."""
        number = int((1 - fraction) ** -SPREAD)
        if number % 3 == 0:
            return f"{number / 100:.2f} "
        letters = _HAN if self.name.startswith("zh") else _SYLLABLES
        name, rest = "", number
        while rest:
            rest, digit = divmod(rest, len(letters))
            name += letters[digit]
        return _SURNAMES[number % len(_SURNAMES)] + name[:3] if letters is _HAN else f"{name[:18].capitalize()} "


def _words(text: str, cuts: list[tuple[str, int, int]]) -> Iterator[str]:
    """The words of a text, each with the signs and the white space behind it."""
    start = 0
    for word, at, _ in cuts:
        if word.isalnum() and text[start:at].strip():
            yield text[start:at]
            start = at
    yield text[start:]


def make(source: Path, target: Path, passages: int) -> tuple[int, int]:
    """Make what is missing of so many passages; the number of pages, and of bytes in those just made."""
    folders = sorted(path for path in source.iterdir() if path.is_dir())
    files = {path.name: sorted(path.rglob("*.txt")) for path in folders}
    languages = [Language(name, (path.read_text("utf-8") for path in paths)) for name, paths in files.items()]
    shares = [len(paths) for paths in files.values()]
    number, size = round(passages * PAGES_PER_PASSAGE), 0
    for page in range(number):
        chance = random.Random(SEED * 10**9 + page)
        language = chance.choices(languages, shares)[0]
        path = target / language.name / f"{page // FOLDER:04}" / f"{page:06}.txt"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            size += path.write_bytes(language.page(chance).encode())
    return number, size


if __name__ == "__main__":
    pages, _ = make(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    json.dump([pages, sum(path.stat().st_size for path in Path(sys.argv[2]).rglob("*.txt")) / 1e6], sys.stdout)
