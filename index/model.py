"""The values that travel through the house: documents, passages, plan nodes, hits, reports.

Owns the frozen dataclasses and nothing else: no input, no output, no behaviour beyond printing a plan and walking it.
Standard library only, so that every other module may import it.

Units: every offset and length is in code points of the text it names, half-open `[start, end)`.  Bytes exist only
inside an engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Level = Literal["exact", "script", "region", "cross", "sound", "spelt"]
"""How far what is found is from its typed form."""

LEVELS: tuple[Level, ...] = ("exact", "script", "region", "cross")
"""How far a query may reach; each level includes those before it.  `sound` is none of them, but a last resort of `cross`, nor
is `spelt`, a word that is spelt nearly like `word~`."""


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


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a spaced script one behind the other, in any inflection: what lies between two of them has no letters or digits.

    `stems` are as the analysis gives them; `typed` is what the person wrote.  Prints as `/export control/`.
    """

    stems: tuple[str, ...]
    typed: str

    def __str__(self) -> str:
        return f"/{' '.join(self.stems)}/"


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


@dataclass(frozen=True, slots=True)
class Variant:
    """Something else that stands for what was typed: what to look for, how far it is from the typed form, what it is worth.

    `weight` is above 0 and at most 1, the worth of the typed form itself.  Prints as `芯片^0.8`.
    """

    leaf: Leaf
    level: Level
    weight: float

    def __str__(self) -> str:
        return f"{self.leaf}^{self.weight:.2g}" if self.weight < 1 else str(self.leaf)


@dataclass(frozen=True, slots=True)
class Wide:
    """A leaf, or what stands for it; prints as `晶片{芯片^0.8 /chip/^0.5}`."""

    leaf: Leaf
    variants: tuple[Variant, ...]

    def __str__(self) -> str:
        return f"{self.leaf}{{{' '.join(map(str, self.variants))}}}"


@dataclass(frozen=True, slots=True)
class Whole:
    """What stands for several `parts` of an AllOf together: where it is, all of them count as found.

    So a word that was cut is not missed where a passage ends inside it, and 数据中心 answers for "data center".
    `parts` are among the children of the same AllOf.  Prints as `~"出口管制"`, `~/export control/^0.5`.
    """

    variant: Variant
    parts: tuple[Leaf | Wide, ...]

    def __str__(self) -> str:
        return f"~{self.variant}"


@dataclass(frozen=True, slots=True)
class Hint:
    """What raises the score of passages that have it and is required of none; prints as `~作表`.

    Pairs of characters across the words of a query reward words that stand together, and words that the segmenter cut in
    another way.
    """

    leaf: Term | Words

    def __str__(self) -> str:
        return f"~{self.leaf}"


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
    """Every child in one passage; at the top of a plan, where few passages have them all, also those that have some."""

    children: tuple[Plan, ...]

    def __str__(self) -> str:
        return "(" + " ".join(map(str, self.children)) + ")"


@dataclass(frozen=True, slots=True)
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
class Like:
    """A passage that says nearly the same as a hit and was found too: its path, number, and offset into the document's text."""

    path: str
    passage: int
    start: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    `text` is exactly the document's `[start:end]`; `highlights` are sorted, disjoint and relative to `text`; `matched`
    says of each mark why it is one.  `line` is the line of the file (from 1) where the first mark stands, or None where
    lines mean nothing.  `like` are passages that say nearly the same, if they were asked to be folded into the best one.
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
    like: tuple[Like, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may have been meant: instead of what was typed, why (a few words), and how many passages have it."""

    typed: str
    instead: str
    reason: str
    passages: int


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found: the hits asked for, best first, and how many passages and documents there are in all.

    `complete` of the passages have all the words, the others (those of tier 2) only some.  `warnings` are sentences about
    the query for people, `suggestions` are what else to search for; they are never searched unasked.
    """

    query: str
    hits: tuple[Hit, ...]
    total: int
    documents: int
    complete: int
    warnings: tuple[str, ...]
    seconds: float
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether passages were found, but none with all the words."""
        return 0 == self.complete < self.total

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)


@dataclass(frozen=True, slots=True)
class Explained:
    """Something that is looked for: the leaf as printed, for which typed word, how far from it and what it is worth.

    `as_word` counts the passages that have it as a word, `passages` all that have it, `documents` those they are in.
    """

    leaf: str
    typed: str
    level: Level
    weight: float
    as_word: int
    passages: int
    documents: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query was understood: its syntax tree, its folded text, its plan (all as text), and what is looked for.

    `notes` are sentences about how it was widened.
    """

    query: str
    tree: str
    folded: str
    plan: str
    leaves: tuple[Explained, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScorePart:
    """A part of a passage's score: what it is for (words, heading, title, …), of which leaf (as printed), and how much."""

    what: str
    leaf: str
    value: float


@dataclass(frozen=True, slots=True)
class ExplainedHit:
    """A hit of a query, of how many passages found it is one, and the parts of its score."""

    query: str
    hit: Hit
    total: int
    parts: tuple[ScorePart, ...]
    warnings: tuple[str, ...] = ()


Lost = Literal["missing", "source", "skipped", "index", "stale", "filter", "field", "absent", "word", "passage", "found"]
"""Where a document was lost that a query should have found; `WhyNot` says what each is."""


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Whether a query finds a document, and if not, the first step at which it was lost, in sentences for people.

    `rank` is that of its best passage among all passages found, None if it is not found.  The steps, in order:

    - `missing`: there is no such file, nor was one indexed
    - `source`: the file is below none of the paths that are indexed
    - `skipped`: it is below one, but is not indexed, for a reason
    - `index`: it has not been indexed yet
    - `stale`: it has changed since it was indexed
    - `filter`: the path or language asked for is not that of the document
    - `field`: a `title:`, `path:` or `lang:` of the query excludes it
    - `absent`: a `-word` excludes the passages that would be found
    - `word`: a word is nowhere in the document
    - `passage`: the words are all there, but in different passages
    - `found`: it is not lost
    """

    found: bool
    step: Lost
    sentences: tuple[str, ...]
    rank: int | None = None
    warnings: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------ what is told of the work


@dataclass(frozen=True, slots=True)
class Step:
    """How far the building of an index is: `done` of `total` files (segments, when `stage` is `merging`)."""

    stage: Literal["looking", "reading", "writing", "merging", "lexicon"]
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
