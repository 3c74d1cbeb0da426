"""Mark in a passage's original text what made it a hit.

Owns the way from occurrences in folded text to spans of the original; what an occurrence is, `index.patterns` says.  Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..index.english import LONGEST_ENDING, breaks
from ..index.fold import fold_with_offsets, original_span
from ..index.model import LEVELS, WILD_GAP, Leaf, Near, Stored, Term, Variant, Wild, Words
from ..index.patterns import GAP, Span, in_folded, nfc, stands_alone
from .results import Mark

_FAR = {level: far for far, level in enumerate((*LEVELS, "spelt", "sound"))}
_VARIANTS = frozenset(_FAR) - {"exact", "script"}


def reach(asked: Iterable[Variant]) -> int:
    """How many code points around a passage must be seen to mark what begins or ends outside it."""
    return max((2 * _length(variant.leaf) + 32 for variant in asked), default=0)


def _length(leaf: Leaf) -> int:
    """How many folded code points an occurrence may take up."""
    match leaf:
        case Term():
            return max(len(leaf.text), len(leaf.typed))
        case Words():
            return sum(len(stem) + LONGEST_ENDING + GAP for stem in leaf.stems)
        case Wild():
            return sum(len(part) + WILD_GAP for part in leaf.parts)
        case Near():
            return 0  # all of it is in one passage


def marked(
    stored: Stored, asked: Sequence[Variant], *, is_word: Callable[[str], bool] = lambda text: False
) -> tuple[str, tuple[Mark, ...]]:
    """The passage's text and its marks, sorted.

    The text is longer than the passage where an occurrence begins in it and goes on behind it: a hit shows it whole.
    `is_word` says of a folded text whether it is a word of the index: a term to be found alone is not marked inside one.
    """
    whole, first, end = stored.before + stored.text + stored.after, len(stored.before), len(stored.before) + len(stored.text)
    folded, offsets = fold_with_offsets(whole)
    cuts = [bisect_left(offsets, at) for at in breaks(whole)]
    own = bisect_left(offsets, first), bisect_left(offsets, end)
    marks = {
        Mark(max(start, first) - first, stop - first, "exact" if is_as_typed else variant.level, leaf.typed)
        for variant in asked
        for leaf, span in _occurrences(variant.leaf, folded, cuts, own)
        if not _must_be_alone(leaf) or stands_alone(folded, span, is_word)
        for start, stop in [original_span(whole, offsets, *span)]
        if start < end
        and stop > first
        and ((is_as_typed := nfc(whole[start:stop]) == nfc(leaf.typed)) or not _must_be_exact(leaf))
    }
    ordered = tuple(sorted(_outermost(_nearest(marks)), key=lambda mark: (mark.start, mark.end, mark.typed)))
    return whole[first : max([end, *(mark.end + first for mark in marks)])], ordered


def _occurrences(leaf: Leaf, folded: str, cuts: Sequence[int], own: Span) -> Iterator[tuple[Leaf, Span]]:
    """Where in folded text a leaf is; of words near each other, which are all in the passage's `own` span, where each is."""
    if not isinstance(leaf, Near):
        yield from ((leaf, span) for span in in_folded(leaf, folded, breaks=cuts))
        return
    first, text = own[0], folded[slice(*own)]
    found = set(in_folded(leaf, text))
    for part in leaf.parts:
        yield from ((part, (first + start, first + end)) for start, end in in_folded(part, text) if (start, end) in found)


def _nearest(marks: Iterable[Mark]) -> set[Mark]:
    """The marks without those of equivalents that lie inside longer ones, or where something nearer is."""
    nearest: dict[Span, int] = {}
    for mark in marks:
        span = mark.start, mark.end
        nearest[span] = min(_FAR[mark.level], nearest.get(span, len(_FAR)))
    inside, furthest = set[Span](), 0
    for start, end in sorted(nearest, key=lambda span: (span[0], -span[1])):
        if end <= furthest:
            inside.add((start, end))
        furthest = max(furthest, end)
    return {
        mark
        for mark in marks
        if mark.level not in _VARIANTS
        or ((mark.start, mark.end) not in inside and nearest[mark.start, mark.end] == _FAR[mark.level])
    }


def _outermost(marks: set[Mark]) -> Iterable[Mark]:
    """The marks without those of a word's part where the whole word is marked."""
    words = {mark.typed for mark in marks}
    wholes = [mark for mark in marks if any(word != mark.typed and word in mark.typed for word in words)]
    return (mark for mark in marks if not any(_is_part(mark, whole) for whole in wholes)) if wholes else marks


def _is_part(mark: Mark, whole: Mark) -> bool:
    return whole.start <= mark.start and mark.end <= whole.end and mark.typed != whole.typed and mark.typed in whole.typed


def _must_be_alone(leaf: Leaf) -> bool:
    return isinstance(leaf, Term) and leaf.alone


def _must_be_exact(leaf: Leaf) -> bool:
    return isinstance(leaf, Term) and leaf.exact


def merged(marks: Iterable[Mark]) -> tuple[tuple[int, int], ...]:
    """The spans of sorted marks, those that overlap or touch as one."""
    spans: list[tuple[int, int]] = []
    for mark in marks:
        if spans and mark.start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], mark.end)
        else:
            spans.append((mark.start, mark.end))
    return tuple(spans)
