"""Whatever is indexed and whatever is asked: search against a brute force that shares no code with it.

The brute force folds a document character by character with the tables in index/data, joins by the rules that `index/fold.py`
documents, looks for the folded phrase with `str.find`, and maps what it finds back.
"""

import random
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tongwen.index import build
from tongwen.index.engines.scoring import ENOUGH
from tongwen.index.errors import QueryError
from tongwen.index.model import LEVELS
from tongwen.searcher import Searcher
from tongwen.searcher.query import Phrase
from tongwen.searcher.results import Hit

DATA = Path(__file__).resolve().parents[1] / "index" / "data"
Span = tuple[int, int]

# ------------------------------------------------------------------------------------------ the brute force


def table(name: str) -> dict[str, str]:
    """A fold table: character → what it folds to."""
    lines = (DATA / name).read_text(encoding="utf-8").split("\n")
    return {character: line.split("\t")[0] for line in lines if line for character in line.split("\t")[1]}


HAN_TABLE, COMPAT_TABLE = table("han.tsv"), table("compat.tsv")
LINE_ENDS, PARAGRAPH, DOTS = "\n\x85\u2028", "\u2029", "·‧•∙⋅・"
SEPARATE = "\u00ad\u200b"  # these fold to nothing too, but do not cling to what is before them


def is_dropped(character: str) -> bool:
    """Whether a character (of those generated here) folds to nothing."""
    return unicodedata.category(character) in ("Mn", "Cf") and character not in "\u3099\u309a"  # the marks of ガ and パ stay


def is_han(character: str) -> bool:
    """Whether a character is Han."""
    return unicodedata.name(character, "").startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH"))


def is_letter(character: str) -> bool:
    """Whether a character is a letter or digit of a script with spaces between its words."""
    return character.isalnum() and not is_han(character) and not "\u3041" <= character <= "\u30ff"


def folded_character(character: str) -> str:
    """What a character folds to by itself."""
    if is_dropped(character):
        return ""
    if character.isspace():
        return "\n" if character in LINE_ENDS else " "
    return "".join(HAN_TABLE.get(plain, plain) for plain in COMPAT_TABLE.get(character, character))


def joint(before: str, run: list[tuple[str, int]], after: str) -> list[tuple[str, int]]:
    """What is left of white space and dots between two characters."""
    text = "".join(character for character, _ in run)
    between_han = bool(before and after) and is_han(before) and is_han(after)
    if between_han and sum(text.count(mark) for mark in "\n" + DOTS) <= 1:  # so much may stand inside a name or word
        return []
    left: list[tuple[str, int]] = []
    for white in re.finditer(rf"[ \n]+|[{DOTS}]", text):
        is_end = white[0].count("\n") > (0 if between_han else 1)  # beside dots a line end stays one, between Han
        left.append((white[0] if white[0] in DOTS else PARAGRAPH if is_end else " ", run[white.start()][1]))
    return left


@lru_cache(maxsize=64)
def folded(text: str) -> list[tuple[str, int]]:
    """The folded text as (code point, offset of the one it came from)."""
    every = [(plain, offset) for offset, character in enumerate(text) for plain in folded_character(character)]
    kept: list[tuple[str, int]] = []
    at = 0
    while at < len(every):
        end = at
        while end < len(every) and every[end][0] in " \n" + DOTS:
            end += 1
        if end == at:
            kept.append(every[at])
        else:
            kept += joint(every[at - 1][0] if at else "", every[at:end], every[end][0] if end < len(every) else "")
        at = max(end, at + 1)
    return kept


def folded_text(text: str) -> str:
    """The folded text."""
    return "".join(character for character, _ in folded(text))


def brute_force(text: str, wanted: str) -> set[Span]:
    """The spans of the text where the folded string is, but not where it would tear a word of letters."""
    pairs = folded(text)
    plain = "".join(character for character, _ in pairs)
    spans, at = set(), plain.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        torn = [0 < cut < len(plain) and is_letter(plain[cut - 1]) and is_letter(plain[cut]) for cut in (at, end)]
        if not any(torn):
            last = pairs[end - 1][1] + 1
            while last < len(text) and is_dropped(text[last]) and text[last] not in SEPARATE:
                last += 1
            spans.add((pairs[at][1], last))
        at = plain.find(wanted, at + 1)
    return spans


# ------------------------------------------------------------------------------------------ what is generated

SPELLINGS: dict[str, list[str]] = {}
for _one, _other in [*HAN_TABLE.items(), *COMPAT_TABLE.items()]:
    if len(_other) == 1 and not is_dropped(_one):
        SPELLINGS.setdefault(_other, [_other]).append(_one)

HAN = "台臺湾灣为為爲国國后後里裏裡发發髮干乾幹勋勳勛着著什甚经經経⽂文金\uf90a芯片人工智能"
ALPHABET = [
    *HAN * 2,
    *("AI", "ai", "ＡＩ", "é", "e\u0301", "ﬁ", "ß", "㍿", "5", "2008", "a_1", "C++", "x", "ガ", "ｶﾞ", "한"),
    *("，", "。", "“", "”", "!", "?", "-", "…", "·", "‧", "\\", '"', "🍵"),
    *(" ", " ", "  ", "\n", "\n\n", "\u3000", "\r\n", " \n ", "\u200b", "\u00ad", "\ufe00"),
]
SHORT = st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=25).map("".join)
LONG = st.builds(
    lambda seed, kinds: "".join(random.Random(seed).choices(ALPHABET[:kinds], k=900)),
    st.integers(0, 10**6),
    st.sampled_from([5, 26, len(ALPHABET)]),
)
TEXTS = st.lists(SHORT | LONG, min_size=1, max_size=5).map(lambda texts: [f"文{text}" for text in texts])


@contextmanager
def searching(texts: list[str], encoding: str = "utf-8") -> Iterator[Searcher]:
    """An index of the texts, in files named by their numbers; UTF-16 may hold halves of surrogate pairs."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "files"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"{number}.txt").write_bytes(text.encode(encoding, "surrogatepass"))
        build(Path(name) / "index", [folder])
        with Searcher(Path(name) / "index") as searcher:
            yield searcher


def respelt(text: str, dice: random.Random) -> str:
    """The text with its characters written in other ways, and spaces put between Han characters or taken away."""
    chosen = [dice.choice(SPELLINGS.get(folded_character(character), [character])) for character in text]
    spaced = [
        character + dice.choice(["", "", "", " ", "\n", "\u3000 "]) if is_han(character) and is_han(following) else character
        for character, following in zip(chosen, [*chosen[1:], "."], strict=True)
    ]
    return "".join(spaced)


@st.composite
def texts_and_phrases(draw) -> tuple[list[str], list[str]]:
    """Texts; and phrases, most of them pieces of the texts in another spelling."""
    texts = draw(TEXTS)
    dice = draw(st.randoms(use_true_random=False))
    phrases = [draw(SHORT.map(lambda text: text[:4]))]
    for _ in range(10):
        text = dice.choice(texts)
        start = dice.randrange(len(text))
        phrases.append(respelt(text[start : start + dice.choice([1, 2, 2, 3, 4, 6, 12])], dice))
    return texts, phrases


def number_of(hit: Hit) -> int:
    """The number of the text that was found."""
    return int(Path(hit.path).stem)


# ------------------------------------------------------------------------------------------ the laws


def check_phrase(searcher: Searcher, texts: list[str], phrase: str) -> None:
    """A phrase in any spelling finds every occurrence in every document, marks exactly it, and finds nothing else."""
    wanted = folded_text(phrase).strip()
    expected = {(number, *span) for number, text in enumerate(texts) for span in brute_force(text, wanted)}

    hits = searcher.search(str(Phrase(phrase)), limit=0, match="script").hits

    found = {(number_of(hit), hit.start + mark.start, hit.start + mark.end): hit.start for hit in hits for mark in hit.matched}
    clipped = {span for span, start in found.items() if span[1] == start} - expected
    assert found.keys() - clipped == expected, phrase
    for number, start, end in clipped:  # it began in the passage before
        assert any(n == number and first < start < last == end for n, first, last in expected), phrase
    assert {number_of(hit) for hit in hits} == {number for number, *_ in expected}, phrase


def check_exact_phrase(searcher: Searcher, phrase: str) -> None:
    """At level exact a phrase finds what it finds at level script, so far as that is written as typed."""
    anyhow = {hit: [mark for mark in hit.matched if mark.level == "exact"] for hit in searcher.search(phrase, 0, "script")}
    exact = searcher.search(phrase, limit=0, match="exact")

    assert {(hit.path, hit.start): [*hit.matched] for hit in exact} == {
        (hit.path, hit.start): as_typed for hit, as_typed in anyhow.items() if as_typed
    }, phrase


def check_levels(searcher: Searcher, phrase: str) -> None:
    """Each level finds the passages of a phrase that those before it find."""
    found: set[tuple[str, int]] = set()
    for level in LEVELS:
        wider = {(hit.path, hit.passage) for hit in searcher.search(str(Phrase(phrase)), limit=0, match=level)}
        assert found <= wider, (phrase, level)
        found = wider


def check_word(searcher: Searcher, texts: list[str], word: str) -> None:
    """A word of Han characters, however it and the texts are cut, finds every document that has it."""
    wanted = folded_text(word)

    found = {number_of(hit) for hit in searcher.search(word, limit=0, match="script")}

    assert {number for number, text in enumerate(texts) if any(brute_force(text, wanted))} <= found, word


@settings(deadline=None, max_examples=30)
@given(texts_and_phrases())
@example((["文台湾"], ["臺灣"]))
@example((["文e\u0301", "文e", "文x\u0301芯\ufe00片 台\u00ad湾"], ["e", "\u00e9", "x", "芯", "台\u200b", "文"]))
@example((["文ｶﾞｽ"], ["ﾞ", "ｽ", "ガ"]))
def test_every_occurrence_is_found(case):
    """Phrases, phrases as typed and words find what the brute force finds; see the checks."""
    texts, phrases = case
    with searching(texts) as searcher:
        for number, phrase in enumerate(map(str.strip, phrases)):
            if folded_text(phrase).strip():
                check_phrase(searcher, texts, phrase)
                check_exact_phrase(searcher, str(Phrase(phrase)))
                if number < 3:
                    check_levels(searcher, phrase)
            if word := "".join(filter(is_han, phrase))[:6]:
                check_word(searcher, texts, word)


# ------------------------------------------------------------------------------------------ what a hit promises

ANY_CHARACTER = st.characters(codec=None)
PLAIN_PIECES = [*"ab文灣湾 \n\u3000\u0301\u200b", "\ud800", "\udc00"]
QUERY_PIECES = [*PLAIN_PIECES, *'"“」「()（）-－*＊=＝~:：|\\', " OR ", " AND ", "NOT ", '"~5 ', "title:", "path:*", "lang:"]
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=["Cc"]) | st.sampled_from(PLAIN_PIECES), max_size=80)
ANY_QUERY = st.text(ANY_CHARACTER, max_size=20) | st.lists(st.sampled_from(QUERY_PIECES), max_size=16).map("".join)


def is_normally(one: str, other: str) -> bool:
    """Whether two texts have the same Normalization Form C."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def check_hit(hit: Hit, text: str, level: str, query: str) -> None:
    """The promises of a hit in a document's text."""
    levels = {*LEVELS[: LEVELS.index(level) + 1], *(["sound"] if level == LEVELS[-1] else [])}
    assert hit.text == text[hit.start : hit.end]
    assert hit.line == 1 + text.count("\n", 0, hit.start + (hit.highlights[0][0] if hit.highlights else 0))
    ends = [-1, *(end for _, end in hit.highlights)]
    starts = [*(start for start, _ in hit.highlights), len(hit.text) + 1]
    assert all(start < end for start, end in hit.highlights), "no highlight is empty"
    assert all(end < start for end, start in zip(ends, starts, strict=True)), (
        "sorted, disjoint, within the text, never touching"
    )
    assert list(hit.matched) == sorted(hit.matched, key=lambda mark: (mark.start, mark.end, mark.typed))
    lit = {at for start, end in hit.highlights for at in range(start, end)}
    assert lit == {at for mark in hit.matched for at in range(mark.start, mark.end)}, "highlights are the marks together"
    for mark in hit.matched:
        assert 0 <= mark.start < mark.end <= len(hit.text)
        assert mark.level in levels or "*" in mark.typed or "~" in query, "only wildcards and nearness reach beyond the level"
        if mark.start > 0 or hit.start == 0:  # else it may have begun in the passage before
            assert (mark.level == "exact") == is_normally(hit.text[mark.start : mark.end], mark.typed)


@settings(deadline=None, max_examples=30)
@given(st.lists(ANY_TEXT, min_size=1, max_size=5), st.lists(ANY_QUERY, min_size=6, max_size=6), st.sampled_from(LEVELS))
@example(["a\ud800b"], ["a", "\ud800", '"\ud800"', "b*", "-x", "a OR b"], "cross")
@example(["한가"], ["=가", "가", "한*", "e\u0301", "(", "“"], "exact")
def test_hits_keep_their_promises(texts, queries, level):
    """Any query over any text either says it is empty or gives hits that are true to the text."""
    texts = [
        f"文ab {text}".encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") for text in texts
    ]  # halves meet
    with searching(texts, "utf-16") as searcher:
        for query in [*queries, *(text[:9] for text in texts)]:
            try:
                results = searcher.search(query, limit=0, match=level)
            except QueryError as error:
                assert str(error).startswith("nothing to search for")  # noqa: PT017
                continue

            assert len(results) == results.total
            assert [hit.rank for hit in results] == list(range(1, results.total + 1))
            assert results.documents == len({hit.path for hit in results})
            assert [hit.score for hit in results] == sorted((hit.score for hit in results), reverse=True)
            assert results.complete == sum(hit.tier < 2 for hit in results)
            assert results.complete < ENOUGH or results.complete == results.total
            assert results.partial is (results.complete == 0 < results.total)
            for hit in results:
                check_hit(hit, texts[number_of(hit)], level, query)
            if results.total:
                explained = searcher.explain_hit(query, 1, match=level)
                assert (explained.hit, explained.total) == (results.hits[0], results.total)
                assert abs(sum(part.value for part in explained.parts) - explained.hit.score) < 0.0001
