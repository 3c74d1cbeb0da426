"""The one call: open an index, plan a query, search, rank, mark.

Owns the order of these and the check that the index was made by the analysis of today.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from ..index.analysis import differences, query_parts
from ..index.engines import base
from ..index.engines.base import Found, Reader
from ..index.errors import IndexDamaged, IndexOutdated, QueryError
from ..index.fold import fold
from ..index.frozen import frozen, replace
from ..index.lexicon import Lexicon, open_lexicon
from ..index.model import LEVELS, AllOf, Filter, Level, Match, Plan, Term, Variant, sought
from . import copies, highlight, last_resort, rank
from .plan import Planned, language, plan
from .query import Parsed, parse
from .results import Explained, ExplainedHit, Explanation, Hit, Like, Results, ScorePart, Suggestion, WhyNot
from .widen import Known

T = TypeVar("T")

LEXICON = "lexicon.tsv"
"""The file in an index's folder with equivalents of the user's own."""

EXAMPLE = "type a word, as in: tongwen search 出口管制"
"""What to do when nothing was typed, and so nothing was left out."""

AMONG = 5
"""Near-identical passages are looked for among so many times as many passages as are wanted."""

TOGETHER = 500
"""Where all passages are wanted, they are looked for among so many at a time: the work may grow with the square of that.

So many, or some more, are also expected at once.
"""


@frozen
class _Answer:
    """What a query found: the plan that it was found by, its matches, what may have been meant, and what there is to say."""

    plan: Plan
    found: Found
    suggestions: tuple[Suggestion, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


class Searcher:
    """An index opened for searching; close it, or use it as a context manager.

    It keeps answering from the generation it opened, whatever is written meanwhile.  An index in a cluster is updated in its
    place: changes are seen up to a minute late; open it anew after an update.

        with Searcher("notes/.tongwen") as searcher:
            for hit in searcher.search("出口管制", limit=5):
                print(hit.path, hit.text)

    `lexicon` is a file of equivalents of your own, `lexicon.tsv` in the index's folder unless named (see `index.lexicon`).

    Raises IndexNotFound, IndexDamaged, or IndexOutdated if the index was made by another analysis; the first search that
    widens raises LexiconError if the file of equivalents cannot be read.
    """

    def __init__(self, index_dir: str | Path, lexicon: str | Path | None = None) -> None:
        self._folder, self._own_lexicon = Path(index_dir), lexicon
        self._engine, self._compiled = _opened(self._folder)

    def __enter__(self) -> Searcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the index's files."""
        self._engine.close()

    def search(
        self,
        query: str,
        limit: int = 10,
        match: str = "cross",
        path: str | None = None,
        lang: str | None = None,
        collapse: bool = False,
    ) -> Results:
        """Search for a query in tongwen's query language; the best `limit` passages, all of them if it is 0.

        `match` is how far the query may reach (one of `LEVELS`); `path` is a shell-style pattern that the document's path
        must match (`*` crosses `/`), `lang` its language (zh-Hans, zh-Hant, en).  With `collapse` near-identical passages are
        one hit, the best of them, whose `like` names the others, if they do not rank much lower; `total` counts them all.

        Raises QueryError if `match` or `lang` is unknown, `limit` negative, or nothing in the query can be searched.
        """
        started = time.perf_counter()
        looked_at = AMONG * limit if collapse else limit
        answer = self._answer(query, _level(match), _filters(path, lang), looked_at)
        asked, best = tuple(dict.fromkeys(sought(answer.plan))), self._best(answer.found, _count(limit), collapse)
        return Results(
            query=query,
            hits=tuple(chain.from_iterable(self._hits(first, some, asked) for first, some in _some(best, len))),
            total=len(answer.found),
            documents=answer.found.documents,
            complete=answer.found.count_complete,
            warnings=answer.warnings,
            suggestions=answer.suggestions,
            seconds=time.perf_counter() - started,
        )

    def rank(
        self, query: str, limit: int = 10, match: str = "cross", path: str | None = None, lang: str | None = None
    ) -> list[tuple[str, int]]:
        """The best passages without their texts: the path of the document and the number in it, from 1, of each.

        They are those of `search`, sooner.  Raises QueryError as that does.
        """
        found = self._answer(query, _level(match), _filters(path, lang), limit).found
        return [self._engine.passage_of(match.id) for match in self._ranked(found, _count(limit))]

    def explain(self, query: str, match: str = "cross", path: str | None = None, lang: str | None = None) -> Explanation:
        """How a query is understood, and how many passages each part of it finds.

        Raises QueryError as `search` does, but for a query in which nothing can be searched.
        """
        level, filters, parsed = _level(match), _filters(path, lang), parse(query)
        planned = self._planned(parsed, level, filters)
        if planned.plan is None:
            return Explanation(query, str(parsed.tree or ""), fold(query), "", (), planned.warnings, planned.notes)
        answer = self._answer(query, level, filters)
        counts = tuple(map(self._explained, dict.fromkeys(sought(answer.plan))))
        return Explanation(query, str(parsed.tree), fold(query), str(answer.plan), counts, answer.warnings, answer.notes)

    @cached_property
    def _lexicon(self) -> Lexicon:
        own = self._folder / LEXICON
        return open_lexicon(self._compiled, own if self._own_lexicon is None and own.is_file() else self._own_lexicon)

    def _planned(self, parsed: Parsed, level: Level, filters: Iterable[Filter]) -> Planned:
        if parsed.tree is None:
            return Planned(None, parsed.warnings)
        engine = self._engine
        tree, lexicon = parsed.tree, self._lexicon if level in LEVELS[2:] else None

        def work() -> Planned:
            word, gram = cache(engine.frequency), cache(engine.gram_frequency)  # a long phrase asks the same again and again
            known = Known(word, gram, engine.passages, lambda word: last_resort.similar(word, engine))
            return plan(tree, known, level, filters, lexicon)

        planned = engine.settled(work)
        return replace(planned, warnings=(*parsed.warnings, *planned.warnings))

    def _answer(self, query: str, level: Level, filters: Sequence[Filter], expected: int = 0) -> _Answer:
        """What a query finds; if that is little, also what it sounds like, and what else may be meant.

        So many of the best are `expected` to be asked for.

        What was found by its sound alone and may be a misspelt word has suggestions, too, if they are of more passages.
        Raises QueryError if there is nothing to search for.
        """
        parsed, engine = parse(query), self._engine

        def asked() -> tuple[Planned, Found | None]:
            planned = self._planned(parsed, level, filters)
            return planned, None if planned.plan is None else engine.search(planned.plan, expected)

        planned, found = engine.settled(asked)
        if (plan := planned.plan) is None or found is None:
            raise QueryError("; ".join(["nothing to search for", *(planned.warnings or [EXAMPLE])]))
        tree, answer = parsed.tree, _Answer(plan, found, (), planned.warnings, planned.notes)
        if tree is None or (already := found.count_complete) > last_resort.LITTLE:
            return answer
        lexicon = self._lexicon if level == LEVELS[-1] else None
        if lexicon and (variants := engine.settled(lambda: last_resort.by_sound(tree, engine, lexicon))):
            sounding = last_resort.with_sound(plan, variants)
            answer = replace(answer, plan=sounding, found=engine.search(sounding, expected))
        by_sound = answer.found.count_complete
        if already or (by_sound and not last_resort.is_doubtful(tree)):
            return answer
        suggested = engine.settled(lambda: last_resort.suggested(plan, engine, self._lexicon))
        return replace(answer, suggestions=tuple(each for each in suggested if each.passages > by_sound))

    def _hits(self, first: int, groups: Sequence[Sequence[Match]], asked: tuple[Variant, ...]) -> list[Hit]:
        """The hits of which the first is in this place, from 0."""
        self._engine.expect((other.id for group in groups for other in group[1:]), 0)
        self._engine.expect((group[0].id for group in groups), highlight.reach(asked))
        return self._engine.settled(lambda: [self._hit(first + at, group, asked) for at, group in enumerate(groups, 1)])

    def _hit(self, number: int, group: Sequence[Match], asked: tuple[Variant, ...]) -> Hit:
        """The first match of a group, and where the others are."""
        match, *others = group
        stored = self._engine.fetch(match.id, highlight.reach(asked))
        text, marks = highlight.marked(stored, asked, is_word=self._is_word)
        first = marks[0].start if marks else 0
        return Hit(
            rank=number,
            score=round(match.score, 4),
            path=stored.path,
            title=stored.title,
            passage=stored.number,
            start=stored.start,
            end=stored.start + len(text),
            text=text,
            tier=match.tier,
            line=None if stored.line is None else stored.line + text.count("\n", 0, first),
            highlights=highlight.merged(marks),
            matched=marks,
            like=tuple(Like(each.path, each.number, each.start) for each in (self._engine.fetch(other.id) for other in others)),
        )

    def _is_word(self, text: str) -> bool:
        return self._engine.frequency(text) > 0

    def _explained(self, variant: Variant) -> Explained:
        leaf = variant.leaf
        level: Level = "exact" if isinstance(leaf, Term) and leaf.exact else variant.level
        documents = self._engine.search(leaf).documents
        return Explained(str(leaf), leaf.typed, level, variant.weight, *self._engine.count(leaf), documents)

    # -------------------------------------------------------------------------------------- near-identical passages

    def _best(self, found: Found, limit: int, collapse: bool) -> list[list[Match]]:
        """The best `limit` matches (0: all), each with those that say nearly the same if these are to be folded into it."""
        if not collapse:
            return [[match] for match in self._ranked(found, limit)]
        if not limit:
            ordered = self._ranked(found, 0)
            return [group for at in range(0, len(ordered), TOGETHER) for group in self._alike(ordered[at : at + TOGETHER])]
        looked_at = AMONG * limit
        groups = self._alike(self._ranked(found, looked_at))
        while len(groups) < limit and looked_at < len(found):
            looked_at *= 2
            groups = self._alike(self._ranked(found, looked_at))
        return groups[:limit]

    def _ranked(self, found: Found, limit: int) -> list[Match]:
        return rank.best(found.among_best(limit), limit, self._engine.passage_of)

    def _alike(self, matches: Sequence[Match]) -> list[list[Match]]:
        texts = list[str]()
        for _, some in _some(matches):
            self._engine.expect((match.id for match in some), 0)
            texts += [self._engine.folded(match.id) for match in some]
        groups = copies.grouped(texts)
        return [[matches[number] for number in group] for group in groups]

    # -------------------------------------------------------------------------------------- why, and why not

    def explain_hit(
        self,
        query: str,
        number: int,
        match: str = "cross",
        path: str | None = None,
        lang: str | None = None,
        collapse: bool = False,
    ) -> ExplainedHit:
        """What the score of a hit is made of, the one with the rank `number` in a `search` for the same.

        Raises QueryError as `search` does, and if there is no such hit.
        """
        if number < 1:
            raise QueryError(f"there is no hit {number}; the first one is 1")
        answer = self._answer(query, _level(match), _filters(path, lang))
        groups = self._best(answer.found, number, collapse)
        if number > len(groups):
            raise QueryError(f"there is no hit {number}; the last one is {len(groups)}" if groups else "nothing was found")
        hit = self._hit(number, groups[number - 1], tuple(dict.fromkeys(sought(answer.plan))))
        parts = self._engine.score_parts(answer.plan, groups[number - 1][0].id)
        return ExplainedHit(query, hit, len(answer.found), tuple(ScorePart(*part) for part in parts), answer.warnings)

    def why_not(
        self, file: str | Path, query: str, match: str = "cross", path: str | None = None, lang: str | None = None
    ) -> WhyNot:
        """Whether a query finds a file, and if not, where the file was lost and what to do; the options are those of `search`.

        Raises QueryError as `search` does, IndexNotFound and IndexDamaged.
        """
        from . import whynot  # brings more along than a search needs

        level, filters = _level(match), _filters(path, lang)
        answer = self._answer(query, level, filters)
        there = whynot.on_disk(self._folder, str(file))
        if there.step is not None:
            return WhyNot(False, there.step, there.sentences, warnings=answer.warnings)
        if not (passages := self._engine.passages_of(there.path)):
            closed = "it was indexed after this index was opened; open it again"
            return WhyNot(False, "index", (closed,), warnings=answer.warnings)
        index = whynot.Indexed(
            self._engine.search,
            lambda text, at: self._planned(parse(text), at, ()).plan,
            self._engine.fetch,
            self._engine.folded,
            self._is_word,
        )
        document = whynot.InDocument(index, passages, level)
        if answer.found.among(passages):
            ranked = self._ranked(answer.found, 0)
            why = document.found(ranked, self._best(answer.found, whynot.FIRST, collapse=True), there.stale)
            return replace(why, warnings=answer.warnings)
        self._engine.expect(passages, 0)
        step, sentences = document.lost(_without(answer.plan, filters), filters)
        if there.stale:
            return WhyNot(False, "stale", (there.stale, f"as it was then: {sentences[0]}"), warnings=answer.warnings)
        return WhyNot(False, step, sentences, warnings=answer.warnings)


def _opened(index_dir: Path) -> tuple[Reader, str]:
    """The current generation and the name of its lexicon.

    If a writer replaces it while its files are being opened, the one after.
    """
    for _ in range(10):
        manifest = base.manifest(index_dir)
        if changed := differences(manifest.analysis, query_parts()):
            raise IndexOutdated(index_dir, changed)
        try:
            return base.opened(index_dir, manifest), manifest.lexicon
        except (OSError, IndexDamaged) as error:
            broken = error
            if base.manifest(index_dir).generation == manifest.generation:
                break
    raise broken if isinstance(broken, IndexDamaged) else IndexDamaged(index_dir, f"a file of it cannot be read: {broken}")


def _level(match: str) -> Level:
    for level in LEVELS:
        if level == match:
            return level
    raise QueryError(f"{match} is no level of matching; use one of {', '.join(LEVELS)}")


def _some(these: Sequence[T], size: Callable[[T], int] = lambda one: 1) -> Iterator[tuple[int, list[T]]]:
    """All in turn, as many at a time as have the size `TOGETHER` or just more, with the place of the first, from 0."""
    some, have = list[T](), 0
    for at, one in enumerate(these, 1):
        some.append(one)
        have += size(one)
        if have >= TOGETHER or at == len(these):
            yield at - len(some), some
            some, have = [], 0


def _count(limit: int) -> int:
    if limit < 0:
        raise QueryError(f"limit {limit} is negative; 0 means all passages")
    return limit


def _without(plan: Plan, filters: Sequence[Filter]) -> Plan:
    """A plan without the conditions that were asked besides."""
    return AllOf(tuple(child for child in plan.children if child not in filters)) if isinstance(plan, AllOf) else plan


def _filters(path: str | None, lang: str | None) -> list[Filter]:
    filters = [] if path is None else [Filter("path", path)]
    if lang is None:
        return filters
    if (known := language(lang)) is None:
        raise QueryError(f"{lang} is no language known here; use zh-Hans, zh-Hant or en")
    return [*filters, Filter("lang", known)]
