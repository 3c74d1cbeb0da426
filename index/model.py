"""The values that travel through the house: documents, passages, plans, and what an engine answers.

Owns these frozen values and nothing else: no input, no output, no behaviour beyond printing a plan and walking it.  Needs
nobody, so that every other module may import it.  What people are told is in `reports` and in `searcher.results`.

Units: every offset and length is in code points of the text it names, half-open `[start, end)`.  Bytes exist only
inside an engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from .frozen import frozen

Level = Literal["exact", "script", "region", "cross", "sound", "spelt"]
"""How far what is found is from its typed form."""

LEVELS: tuple[Level, ...] = ("exact", "script", "region", "cross")
"""How far a query may reach; each level includes those before it.  `sound` is none of them, but a last resort of `cross`, nor
is `spelt`, a word that is spelt nearly like `word~`."""


# ------------------------------------------------------------------------------------------ what is indexed


@frozen
class Heading:
    """A heading of a document: where it starts in the document's text, and its words."""

    start: int
    text: str


@frozen
class Document:
    """One file, decoded and reduced to its visible text.

    `text` is what every offset counts in.  `title` may or may not be part of it.  `has_lines` says that line numbers in
    `text` are line numbers of the file (plain text, Markdown) and so worth showing.  `doubtful` says that the encoding
    was a close guess.
    """

    path: str
    text: str
    title: str
    headings: tuple[Heading, ...] = ()
    encoding: str = "utf-8"
    doubtful: bool = False
    has_lines: bool = True


LONGEST_PASSAGE = 400
"""No passage has more code points (see `index.passages`)."""


@frozen
class Passage:
    """A piece of a document, the unit that is found and shown.

    `number` counts from 1 within the document; `start`, `end` are offsets into the document's text; `heading` is the
    nearest heading above.
    """

    number: int
    start: int
    end: int
    heading: str = ""


@frozen
class Analysis:
    """A passage analysed: its folded text, its words (repeated as often as they stand there), its set of grams.

    The words are in order, parts of words written as one behind them all.  `gap` is what the white space between
    this passage and the next folds to; where that is nothing, the pair across the border is among the grams, so that the folded
    texts and gaps joined are the document's folded text and no pair is missing.  `cuts` are the offsets in `folded` at which
    words written as one are cut.  `chain` has the stems of words of spaced scripts in order, and None for each run of another
    script; `compounds` the places in it of words written as one, each with the stems of its parts.
    """

    folded: str
    words: list[str]
    grams: set[str]
    gap: str = ""
    cuts: Sequence[int] = ()
    chain: Sequence[str | None] = ()
    compounds: Sequence[tuple[int, tuple[str, ...]]] = ()


@frozen
class Analysed:
    """A document as an engine is told of it: with its language, its passages, the analysis of each, and that of its title.

    `headings` says for each passage how often each word is in its heading.
    """

    document: Document
    language: str
    passages: Sequence[Passage]
    analyses: Sequence[Analysis]
    title: Analysis
    headings: Sequence[Mapping[str, int]]


# ------------------------------------------------------------------------------------------ what is asked


@frozen
class Term:
    """A literal piece of text that a passage must hold, as a substring of its folded text.

    `text` is folded; `typed` is what the person wrote.  A word (`word=True`) may also be a token of the passage, which ranks
    above a mere substring.  Letters and digits of spaced scripts at an edge of `text` must end there in the passage too.
    `exact` asks for `typed` itself in the original text (after NFC).  `alone` asks for a token, and nothing inside longer
    words.  Prints as `芯片` (word), `"的芯片"` (not a word), `|行|` (alone).
    """

    text: str
    typed: str
    word: bool = True
    exact: bool = False
    alone: bool = False

    def __str__(self) -> str:
        shown = f"|{self.text}|" if self.alone else self.text if self.word else f'"{self.text}"'
        return f"={shown}" if self.exact else shown


@frozen
class Words:
    """Words of a spaced script one behind the other, in any inflection: what lies between two of them has no letters or digits.

    `stems` are as the analysis gives them; `typed` is what the person wrote.  Prints as `/export control/`.
    """

    stems: tuple[str, ...]
    typed: str

    def __str__(self) -> str:
        return f"/{' '.join(self.stems)}/"


@frozen
class Wild:
    """Literal pieces in order with anything short between them; prints as `人工*能`, `chip*`.

    `parts` are folded and may be empty at either end (`*` first or last).  A `*` inside stands for at most `WILD_GAP` code
    points, none of them white space; a `*` at an end for the rest of the word, if letters of a spaced script stand there.
    """

    parts: tuple[str, ...]
    typed: str

    def __str__(self) -> str:
        return "*".join(self.parts)


WILD_GAP = 16
"""The most code points one `*` stands for."""


@frozen
class Near:
    """Words in any order, with at most `slop` others among them; prints as `("a" /b/)~5`.

    How many words lie between is counted in `index.patterns`: a run of letters of a spaced script is one word, a character of a
    script without spaces is one too.
    """

    parts: tuple[Term | Words, ...]
    slop: int
    typed: str

    def __str__(self) -> str:
        return f"({' '.join(map(str, self.parts))})~{self.slop}"


Leaf: TypeAlias = "Term | Words | Near | Wild"
"""What can occur in a text; `index.patterns` says where."""


@frozen
class Variant:
    """Something else that stands for what was typed: what to look for, how far it is from the typed form, what it is worth.

    `weight` is above 0 and at most 1, the worth of the typed form itself.  Prints as `芯片^0.8`.
    """

    leaf: Leaf
    level: Level
    weight: float

    def __str__(self) -> str:
        return f"{self.leaf}^{self.weight:.2g}" if self.weight < 1 else str(self.leaf)


@frozen
class Wide:
    """A leaf, or what stands for it; prints as `晶片{芯片^0.8 /chip/^0.5}`."""

    leaf: Leaf
    variants: tuple[Variant, ...]

    def __str__(self) -> str:
        return f"{self.leaf}{{{' '.join(map(str, self.variants))}}}"


@frozen
class Whole:
    """What stands for several `parts` of an AllOf together: where it is, all of them count as found.

    So a word that was cut is not missed where a passage ends inside it, and 数据中心 answers for "data center".
    `parts` are among the children of the same AllOf.  Prints as `~"出口管制"`, `~/export control/^0.5`.
    """

    variant: Variant
    parts: tuple[Leaf | Wide, ...]

    def __str__(self) -> str:
        return f"~{self.variant}"


@frozen
class Hint:
    """What raises the score of passages that have it and is required of none; prints as `~作表`.

    Pairs of characters across the words of a query reward words that stand together, and words that the segmenter cut in
    another way.
    """

    leaf: Term | Words

    def __str__(self) -> str:
        return f"~{self.leaf}"


@frozen
class Filter:
    """A condition on the document: `title` holds the folded `value`, `path` matches the glob, `lang` is the language."""

    field: Literal["title", "path", "lang"]
    value: str

    def __str__(self) -> str:
        return f"{self.field}:{self.value}"


@frozen
class Not:
    """No passage that matches `child`."""

    child: Plan

    def __str__(self) -> str:
        return f"-{self.child}"


@frozen
class AllOf:
    """Every child in one passage; at the top of a plan, where few passages have them all, also those that have some."""

    children: tuple[Plan, ...]

    def __str__(self) -> str:
        return "(" + " ".join(map(str, self.children)) + ")"


@frozen
class AnyOf:
    """At least one child."""

    children: tuple[Plan, ...]

    def __str__(self) -> str:
        return "(" + " | ".join(map(str, self.children)) + ")"


Plan: TypeAlias = "Leaf | Wide | Whole | Hint | Filter | Not | AllOf | AnyOf"
"""What an engine is asked: a tree of these.  `str()` of it is short and stable, so that a test is one line."""


def sought(plan: Plan) -> Iterator[Variant]:
    """Whatever a passage may be found by, in the order typed, each as a variant of itself; not what it must lack."""
    match plan:
        case Term() | Words() | Near() | Wild():
            yield Variant(plan, "script", 1.0)
        case Wide():
            yield Variant(plan.leaf, "script", 1.0)
            yield from plan.variants
        case Whole():
            yield plan.variant
        case AllOf() | AnyOf():
            for child in plan.children:
                yield from sought(child)
        case _:
            return


# ------------------------------------------------------------------------------------------ what is answered

TIERS = ("all words", "all words, some only inside longer ones", "some words")
"""How well a passage answers, by the number that is its tier: 0 is best."""


class Match(NamedTuple):
    """An engine's answer: a passage by its number in the index, how well it answers, and how strongly."""

    id: int
    tier: int
    score: float


@frozen
class Stored:
    """A passage as the index keeps it: `text` is the document's `[start:end]`, `before` and `after` a little of what is around.

    `line` is the line of the file (from 1) on which the passage begins, None where lines mean nothing.
    """

    path: str
    title: str
    number: int
    start: int
    text: str
    before: str
    after: str
    line: int | None
