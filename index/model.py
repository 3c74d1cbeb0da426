"""The values that travel through the house: documents, passages, plan nodes, hits, reports.

Owns the frozen dataclasses and nothing else: no input, no output, no behaviour beyond printing a plan and walking it.
Standard library only, so that every other module may import it.

Units: every offset and length is in code points of the text it names, half-open `[start, end)`.  Bytes exist only
inside an engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Level = Literal["exact", "script", "region", "cross"]
"""How far a query may reach from its typed form; each level includes those before it."""

LEVELS: tuple[Level, ...] = ("exact", "script", "region", "cross")


# ------------------------------------------------------------------------------------------ what is indexed


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document: where it starts in the document's text, and its words."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, the unit that is found and shown.

    `number` counts from 1 within the document; `start`, `end` are offsets into the document's text; `heading` is the
    nearest heading above.
    """

    number: int
    start: int
    end: int
    heading: str = ""


# ------------------------------------------------------------------------------------------ what is asked


@dataclass(frozen=True, slots=True)
class Term:
    """A literal piece of text that a passage must hold, as a substring of its folded text.

    `text` is folded; `typed` is what the person wrote.  A word (`word=True`) may also be a token of the passage, which ranks
    above a mere substring.  Letters and digits of spaced scripts at an edge of `text` must end there in the passage too.
    `exact` asks for `typed` itself in the original text (after NFC).  Prints as `芯片` (word), `"的芯片"` (not a word).
    """

    text: str
    typed: str
    word: bool = True
    exact: bool = False

    def __str__(self) -> str:
        shown = self.text if self.word else f'"{self.text}"'
        return f"={shown}" if self.exact else shown


@dataclass(frozen=True, slots=True)
class Whole:
    """A typed word that was cut into `parts`: where it stands as a whole, all of them count as found.

    So a word is not missed where a passage ends inside it.  Prints as `~"出口管制"`.
    """

    term: Term
    parts: tuple[Term, ...]

    def __str__(self) -> str:
        return f"~{self.term}"


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Hint:
    """A pair of characters that raises the score of passages that have it and is required of none; prints as `~作表`.

    Pairs across the words of a query reward words that stand together, and words that the segmenter cut in another way.
    """

    text: str

    def __str__(self) -> str:
        return f"~{self.text}"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on the document: `title` holds the folded `value`, `path` matches the glob, `lang` is the language."""

    field: Literal["title", "path", "lang"]
    value: str

    def __str__(self) -> str:
        return f"{self.field}:{self.value}"


@dataclass(frozen=True, slots=True)
class Not:
    """No passage that matches `child`."""

    child: Plan

    def __str__(self) -> str:
        return f"-{self.child}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every child in one passage; at the top of a plan, if no passage has them all, as many as can be had."""

    children: tuple[Plan, ...]

    def __str__(self) -> str:
        return "(" + " ".join(map(str, self.children)) + ")"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one child."""

    children: tuple[Plan, ...]

    def __str__(self) -> str:
        return "(" + " | ".join(map(str, self.children)) + ")"


Plan: TypeAlias = "Term | Whole | Wild | Hint | Filter | Not | AllOf | AnyOf"
"""What an engine is asked: a tree of these.  `str()` of it is short and stable, so that a test is one line."""


def leaves(plan: Plan) -> Iterator[Term | Wild]:
    """The terms and wildcards that a passage is found by, in the order typed; not those that it must lack."""
    if isinstance(plan, (Term, Wild)):
        yield plan
    elif isinstance(plan, Whole):
        yield plan.term
    elif isinstance(plan, (AllOf, AnyOf)):
        for child in plan.children:
            yield from leaves(child)


# ------------------------------------------------------------------------------------------ what is answered

TIERS = ("all words", "all words, some only inside longer ones", "some words")
"""How well a passage answers, by the number that is its tier: 0 is best."""


@dataclass(frozen=True, slots=True)
class Match:
    """An engine's answer: a passage by its number in the index, how well it answers, and how strongly."""

    id: int
    tier: int
    score: float


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of a passage's text that made it a hit: offsets into the passage's text, the level, the word typed."""

    start: int
    end: int
    level: Level
    typed: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    `text` is exactly the document's `[start:end]`; `highlights` are sorted, disjoint and relative to `text`; `matched`
    says of each mark why it is one.  `line` is the line of the file (from 1) where the first mark stands, or None where
    lines mean nothing.
    """

    rank: int
    score: float
    path: str
    title: str
    passage: int
    start: int
    end: int
    text: str
    tier: int
    line: int | None
    highlights: tuple[tuple[int, int], ...]
    matched: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found: the hits asked for, best first, and how many passages and documents there are in all.

    `partial` says that no passage has all words, so that hits have only some.  `warnings` are sentences about
    the query for people.
    """

    query: str
    hits: tuple[Hit, ...]
    total: int
    documents: int
    partial: bool
    warnings: tuple[str, ...]
    seconds: float

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)


@dataclass(frozen=True, slots=True)
class Explained:
    """A leaf of a plan: as printed, as typed, and how many passages hold it, as a word and in all."""

    leaf: str
    typed: str
    as_word: int
    passages: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query was understood: its syntax tree, its folded text, its plan (all as text), and the plan's leaves."""

    query: str
    tree: str
    folded: str
    plan: str
    leaves: tuple[Explained, ...]
    warnings: tuple[str, ...]


# ------------------------------------------------------------------------------------------ what is told of the work


@dataclass(frozen=True, slots=True)
class Step:
    """How far the building of an index is: `done` of `total` files (segments, when `stage` is `merging`)."""

    stage: Literal["looking", "reading", "writing", "merging"]
    done: int
    total: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What building an index did, in documents; `skipped` are the files left out, each with its reason (path, reason).

    `doubtful` are files whose encoding was a close guess (path, encoding).  `documents` and `passages` count what the index
    holds now.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    skipped: tuple[tuple[str, str], ...]
    doubtful: tuple[tuple[str, str], ...]
    documents: int
    passages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """What an index is and how far its sources have moved on since (`new`, `changed`, `vanished` files).

    `size` and `text_size` are bytes: of the index on disk, and of the texts in it.  `outdated` names what differs between
    the analysis that made it and today's, "" if nothing.
    """

    location: str
    generation: int
    created: str
    engine: str
    documents: int
    passages: int
    size: int
    text_size: int
    segments: int
    sources: tuple[str, ...]
    skipped: int
    new: int
    changed: int
    vanished: int
    fingerprint: str
    analysis: tuple[tuple[str, str], ...]
    outdated: str
