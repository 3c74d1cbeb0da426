"""What tests of engines share: generated documents and plans, and what is in them by brute force."""

import fnmatch
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, permutations, product

from hypothesis import strategies as st
from tongwen.index.analysis import Analyser
from tongwen.index.english import breaks, stem
from tongwen.index.fold import PARAGRAPH, fold, fold_with_offsets
from tongwen.index.language import language
from tongwen.index.model import (
    AllOf,
    AnyOf,
    Document,
    Filter,
    Hint,
    Leaf,
    Near,
    Not,
    Plan,
    Term,
    Variant,
    Whole,
    Wide,
    Wild,
    Words,
)
from tongwen.index.passages import split
from tongwen.index.patterns import GAP, in_folded
from tongwen.index.scripts import is_letter, is_unspaced


@lru_cache
def analyser() -> Analyser:
    """The one analyser of all tests here: its segmenter takes long to load."""
    return Analyser()


def literal(text: str, typed: str = "", **how: bool) -> Term:
    """A piece of text to be found wherever it stands."""
    return Term(text, typed or text, word=False, **how)


def spoken(text: str) -> Words:
    """Words of a spaced script, in any form, one behind the other."""
    return Words(tuple(map(stem, text.lower().split())), text)


def wide(leaf: Leaf, **variants: float) -> Wide:
    """A leaf, or instead of it Chinese and English words with their weights."""
    return Wide(
        leaf,
        tuple(
            Variant(spoken(text) if text.isascii() else Term(text, leaf.typed), "cross", weight)
            for text, weight in variants.items()
        ),
    )


# ------------------------------------------------------------------------------------------ generated

PIECES = (
    *(
        "晶片",
        "芯片",
        "芯",
        "出口管制",
        "的新规定",
        "北京大学图书馆",
        "大學",
        "圖書館",
        "上海自来水来自海上",
        "水",
        "カタカナ",
        "の",
    ),
    *("chips", "chip", "Export", "controls", "a", "GPT-4", "C++", "12:30", "é", "ＡＩ", "㍿", "x̄", "\ud800", "𠮷"),
    *("Export controls", "exported", "Nvidia's", "chip’s", "getElementById", "LLMs", "x_y", "s", "'", "- "),
    *("，", "。", "。\n", "\n\n", "\n", " ", "  ", "·", "！", "…", ". ", "(", "\0", "\u200b", "　"),
)
WRITTEN = st.builds(
    lambda seed, size: "".join(random.Random(seed).choices(PIECES, k=size)) + "字",
    st.integers(0, 10**6),
    st.sampled_from((3, 40, 300)),
)

FOUND = st.one_of(
    st.sampled_from(("芯片", "出口", "大学", "水", "上海", "カタ", "图书馆")).map(lambda text: Term(text, text)),
    st.sampled_from(("chips", "chip", "export", "a", "export control", "element")).map(spoken),
    st.sampled_from(("口管", "chips", "c++", "，", "图书馆", "。")).map(literal),
)
LEAVES = FOUND | st.one_of(
    st.sampled_from((("ch", ""), ("出", "制"), ("", "片"))).map(lambda parts: Wild(parts, "*".join(parts))),
    st.builds(Near, st.lists(FOUND, min_size=2, max_size=2, unique=True).map(tuple), st.sampled_from((0, 9)), st.just("")),
)
VARIANTS = st.builds(Variant, FOUND, st.sampled_from(("region", "cross")), st.sampled_from((0.1, 0.5, 1.0)))
WIDES = st.builds(Wide, FOUND, st.lists(VARIANTS, min_size=1, max_size=3).map(tuple))
CONDITIONS = st.one_of(
    st.builds(Filter, st.just("title"), st.sampled_from(("芯", "ch", "x"))),
    st.builds(Filter, st.just("path"), st.sampled_from(("*.md", "0*", "*", "a/*.txt", "[12].txt", "sub"))),
    st.builds(Filter, st.just("lang"), st.sampled_from(("zh", "zh-Hans", "zh-Hant", "en", "ja", "und"))),
)


def all_of(children: Sequence[Plan], whole: Variant | None, first: int) -> AllOf:
    """A conjunction, with what stands for some of its children together."""
    parts = tuple(child for child in children if isinstance(child, (Term, Words, Near, Wild, Wide)))[first:]
    return AllOf((*children, Whole(whole, parts)) if whole and parts else tuple(children))


PLANS = st.recursive(
    LEAVES | WIDES | CONDITIONS,
    lambda children: (
        st.builds(all_of, st.lists(children, min_size=1, max_size=3), st.none() | VARIANTS, st.integers(0, 1))
        | st.builds(AnyOf, st.lists(children, min_size=1, max_size=3).map(tuple))
        | st.builds(Not, children)
    ),
    max_leaves=6,
)
HINTS = (Hint(Term("片出", "片出")), Hint(spoken("controls")))


def slices(data: st.DataObject, folded: str, borders: Sequence[int], most: int) -> Iterator[str]:
    """Pieces of folded text, many around some offsets, such as the borders of passages, and perhaps one that is nowhere."""
    for _ in range(4):
        if data.draw(st.booleans()):
            at = data.draw(st.sampled_from(borders)) - data.draw(st.integers(0, most))
        else:
            at = data.draw(st.integers(0, max(0, len(folded) - 1)))
        yield folded[max(0, at) :][: data.draw(st.integers(1, most))].strip()
    yield "".join(data.draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3)))


# ------------------------------------------------------------------------------------------ by brute force


class Brute:
    """Documents folded whole, and passages by what they hold: no postings, no segments, no windows."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents
        self.spans = [(number, passage) for number, document in enumerate(documents) for passage in split(document)]
        self.folded = [fold_with_offsets(document.text) for document in documents]
        self.all = set(range(len(self.spans)))

    def starts(self, document: int, begin: int) -> int | None:
        """The passage in which the folded offset of a document is."""
        at = self.folded[document][1][begin]
        inside = (n for n, (number, p) in enumerate(self.spans) if number == document and p.start <= at < p.end)
        return next(inside, None)

    def holding(self, text: str) -> set[int]:
        """The passages in which a literal begins: a substring, not cut out of a word of a spaced script."""
        found = set()
        for number, (folded, _) in enumerate(self.folded):
            for at in range(len(folded)):
                end = at + len(text)
                if folded.startswith(text, at) and not is_inside(folded, at) and not is_inside(folded, end):
                    found.add(self.starts(number, at))
        return found

    def count(self, text: str, passage: int) -> int:
        """How often a literal of an unspaced script begins in a passage, and of two that overlap the first."""
        number, count, free = self.spans[passage][0], 0, 0
        folded = self.folded[number][0]
        for at in range(len(folded)):
            if at >= free and folded.startswith(text, at) and self.starts(number, at) == passage:
                count, free = count + 1, at + len(text)
        return count

    def wild(self, leaf: Wild) -> set[int]:
        """The passages in which a wildcard begins."""
        return {self.starts(n, at) for n, (folded, _) in enumerate(self.folded) for at, _ in in_folded(leaf, folded)}

    def tokens(self, passage: int) -> Counter[str]:
        """The tokens of a passage, as the analysis gives them."""
        number, span = self.spans[passage]
        return Counter(analyser().words(self.documents[number].text[span.start : span.end]))

    def stems(self, passage: int) -> Counter[str]:
        """The stems of the words of spaced scripts that are in a passage, and of the parts of words written as several."""
        number, span = self.spans[passage]
        text = self.documents[number].text[span.start : span.end]
        folded, offsets = fold_with_offsets(text)
        cuts = [bisect_left(offsets, at) for at in breaks(text)]
        found = Counter[str]()
        for start, end in spoken_runs(folded):
            whole, inside = stem(folded[start:end]), [cut for cut in cuts if start < cut < end]
            parts = [folded[one:other] for one, other in pairwise([start, *inside, end])]
            stems = [stem(part) for part in parts if part != "s"]
            found.update([whole, *(stems if stems != [whole] else [])])
        return found

    def spoken(self, words: Words) -> set[int]:
        """The passages that have a word of this stem, or in which words of these stems begin that follow each other."""
        if len(words.stems) == 1:
            return {passage for passage in self.all if self.stems(passage)[words.stems[0]]}
        found = set()
        for number, (folded, offsets) in enumerate(self.folded):
            cuts = {bisect_left(offsets, at) for at in breaks(self.documents[number].text)}
            runs = [part for run in spoken_runs(folded) for part in with_parts(folded, run, cuts)]
            for chosen in chains(runs, len(words.stems)):
                if tuple(stem(folded[start:end]) for start, end in chosen) == words.stems and all(
                    end == start or is_small_gap(folded[end:start]) for (_, end), (start, _) in pairwise(chosen)
                ):
                    found.add(self.starts(number, chosen[0][0]))
        return found

    def near(self, near: Near) -> set[int]:
        """The passages that have all parts, in some order, with no more than so many other words among them."""
        found = set()
        for passage, (number, span) in enumerate(self.spans):
            folded = fold(self.documents[number].text[span.start : span.end])
            everywhere = [list(in_folded(part, folded)) for part in near.parts]
            for chosen in product(*everywhere):
                if any(
                    all(one[1] <= other[0] for one, other in pairwise(ordered))
                    and sum(_words_in(folded, one[1], other[0]) for one, other in pairwise(ordered)) <= near.slop
                    for ordered in permutations(chosen)
                ):
                    found.add(passage)
                    break
        return found

    def of(self, plan: Plan) -> set[int]:
        """The passages that a plan finds inside another."""
        match plan:
            case Words():
                return self.spoken(plan)
            case Term():
                return self.holding(plan.text)
            case Wild():
                return self.wild(plan)
            case Near():
                return self.near(plan)
            case Wide():
                return self.of(AnyOf((plan.leaf, *(variant.leaf for variant in plan.variants))))
            case Filter():
                return {n for n, (document, _) in enumerate(self.spans) if self.meets(self.documents[document], plan)}
            case Not():
                return self.all - self.of(plan.child)
            case AnyOf():
                return set().union(*map(self.of, plan.children))
            case AllOf():
                return self.all.intersection(*self.wanted(plan.children).values(), self.allowed(plan.children))
            case _:
                return set()

    def wanted(self, children: Sequence[Plan]) -> dict[Plan, set[int]]:
        """The passages of each child that says what must be there, those of a whole with each of its parts."""
        found = {child: self.of(child) for child in children if not isinstance(child, (Not, Filter, Hint, Whole))}
        for whole in (child for child in children if isinstance(child, Whole)):
            for part in whole.parts:
                found[part] = found[part] | self.of(whole.variant.leaf)
        return found

    def allowed(self, children: Sequence[Plan]) -> set[int]:
        """The passages that conditions and exclusions leave."""
        return self.all.intersection(*(self.of(child) for child in children if isinstance(child, (Not, Filter))))

    def titled(self, child: Plan, children: Sequence[Plan] = ()) -> set[int]:
        """The passages of documents whose title has a child, or a whole that it is a part of."""
        match child:
            case Term() | Words():
                found = {n for n, (document, _) in enumerate(self.spans) if self.is_titled(document, child)}
            case Wide():
                found = set[int]().union(*map(self.titled, (child.leaf, *(variant.leaf for variant in child.variants))))
            case AnyOf():
                found = set[int]().union(*map(self.titled, child.children))
            case AllOf() if wanted := [each for each in child.children if not isinstance(each, (Not, Filter, Whole))]:
                found = set.intersection(*(self.titled(each, child.children) for each in wanted))
                found &= self.allowed(child.children)
            case _:
                return set()
        wholes = (each.variant.leaf for each in children if isinstance(each, Whole) and child in each.parts)
        return found.union(*map(self.titled, wholes))

    def is_titled(self, document: int, leaf: Term | Words) -> bool:
        """Whether a title has a leaf."""
        title = self.documents[document].title
        folded, offsets = fold_with_offsets(title)
        return any(True for _ in in_folded(leaf, folded, 0, [bisect_left(offsets, at) for at in breaks(title)]))

    @staticmethod
    def meets(document: Document, condition: Filter) -> bool:
        """Whether a document meets a condition."""
        if condition.field == "title":
            return condition.value in fold(document.title)
        if condition.field == "path":
            return any(fnmatch.fnmatchcase(document.path, glob) for glob in (condition.value, "*/" + condition.value))
        own = language(document.text)
        return (
            own in (condition.value, "zh")
            if condition.value in ("zh-Hans", "zh-Hant")
            else own.split("-")[0] == condition.value
        )

    def top(self, plan: Plan, enough: int) -> tuple[set[int], set[int]]:
        """The passages that a plan finds by itself: those with all of it, and those with some, if the former are not enough.

        Where several things are wanted, what is in the title of its document counts as being in a passage.
        """
        children = plan.children if isinstance(plan, AllOf) else (plan,)
        wanted, allowed = self.wanted(children), self.allowed(children)
        if not wanted:
            return allowed, set()
        some = allowed & set().union(*wanted.values())
        if len(wanted) == 1:
            return some, set()
        complete = some.intersection(*(found | self.titled(child, children) for child, found in wanted.items()))
        return complete, set() if len(complete) >= enough else some - complete


def spoken_runs(folded: str) -> Iterator[tuple[int, int]]:
    """The runs of letters and digits of spaced scripts, but for the s of a possessive."""
    at = 0
    while at < len(folded):
        end = at
        while end < len(folded) and is_letter(folded[end]):
            end += 1
        is_possessive = folded[at:end] == "s" and at > 1 and folded[at - 1] == "'" and not folded[at - 2].isspace()
        if end > at and not is_possessive:
            yield at, end
        at = max(end, at + 1)


def with_parts(folded: str, run: tuple[int, int], cuts: Collection[int]) -> list[tuple[int, int]]:
    """A run, and the parts of it if it is several words written as one, but for the s of LLMs."""
    parts = list(pairwise([run[0], *sorted(cut for cut in cuts if run[0] < cut < run[1]), run[1]]))
    return [run, *(part for part in parts if folded[slice(*part)] != "s")] if len(parts) > 1 else [run]


def chains(runs: Sequence[tuple[int, int]], length: int, at: int | None = None) -> Iterator[list[tuple[int, int]]]:
    """All choices of so many runs, each of which is one of the next behind the one before; `at` is where the first begins."""
    for first in (run for run in runs if at is None or run[0] == at):
        following = min((start for start, _ in runs if start >= first[1]), default=-1)
        yield from ([first, *rest] for rest in chains(runs, length - 1, following)) if length > 1 else ([first],)


def is_small_gap(between: str) -> bool:
    """Whether words with this between them follow each other: a few signs, none of them a letter or the end of a paragraph."""
    signs = between[2:] if between.startswith("'s") else between
    return 0 < len(signs) <= GAP and not any(sign.isalnum() or sign in (PARAGRAPH, "\0") for sign in signs)


def _words_in(folded: str, start: int, end: int) -> int:
    """How many words are between two offsets: runs of spaced scripts, and the characters of others."""
    return sum(first >= start for first, _ in spoken_runs(folded[:end])) + sum(map(is_unspaced, folded[start:end]))


def is_inside(text: str, at: int) -> bool:
    """Whether an offset of a folded text is inside a word of a spaced script."""
    return 0 < at < len(text) and is_letter(text[at - 1]) and is_letter(text[at])
