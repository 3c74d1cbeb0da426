"""What a search answers: hits with their marks, what may have been meant, and how a query was understood.

Owns these frozen values and nothing else.  Every offset and length is in code points of the text it names, half-open
`[start, end)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..index.frozen import frozen
from ..index.model import Level


@frozen
class Mark:
    """A piece of a passage's text that made it a hit: offsets into the passage's text, the level, the word typed."""

    start: int
    end: int
    level: Level
    typed: str


@frozen
class Like:
    """A passage that says nearly the same as a hit and was found too: its path, number, and offset into the document's text."""

    path: str
    passage: int
    start: int


@frozen
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


@frozen
class Suggestion:
    """What may have been meant: instead of what was typed, why (a few words), and how many passages have it."""

    typed: str
    instead: str
    reason: str
    passages: int


@frozen
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


# ------------------------------------------------------------------------------------------ why, and why not


@frozen
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


@frozen
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


@frozen
class ScorePart:
    """A part of a passage's score: what it is for (words, heading, title, …), of which leaf (as printed), and how much."""

    what: str
    leaf: str
    value: float


@frozen
class ExplainedHit:
    """A hit of a query, of how many passages found it is one, and the parts of its score."""

    query: str
    hit: Hit
    total: int
    parts: tuple[ScorePart, ...]
    warnings: tuple[str, ...] = ()


Lost = Literal["missing", "source", "skipped", "index", "stale", "filter", "field", "absent", "word", "passage", "found"]
"""Where a document was lost that a query should have found; `WhyNot` says what each is."""


@frozen
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
