"""Mark in a passage's original text what made it a hit.

Owns the way from occurrences in folded text to spans of the original; what an occurrence is, `index.patterns` says.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..index.fold import fold_with_offsets, original_span
from ..index.model import WILD_GAP, Mark, Stored, Term, Wild
from ..index.patterns import in_folded, nfc


def reach(leaves: Iterable[Term | Wild]) -> int:
    """How many code points around a passage must be seen to mark what begins or ends outside it."""
    return max((2 * (len(leaf.typed) + WILD_GAP * _stars(leaf)) + 32 for leaf in leaves), default=0)


def _stars(leaf: Term | Wild) -> int:
    return len(leaf.parts) - 1 if isinstance(leaf, Wild) else 0


def marked(stored: Stored, leaves: Sequence[Term | Wild]) -> tuple[str, tuple[Mark, ...]]:
    """The passage's text and its marks, sorted.

    The text is longer than the passage where an occurrence begins in it and goes on behind it: a hit shows it whole.
    """
    whole, first, end = stored.before + stored.text + stored.after, len(stored.before), len(stored.before) + len(stored.text)
    folded, offsets = fold_with_offsets(whole)
    marks = {
        Mark(max(start, first) - first, stop - first, "exact" if is_as_typed else "script", leaf.typed)
        for leaf in leaves
        for start, stop in (original_span(whole, offsets, *span) for span in in_folded(leaf, folded))
        if start < end
        and stop > first
        and ((is_as_typed := nfc(whole[start:stop]) == nfc(leaf.typed)) or not _must_be_exact(leaf))
    }
    ordered = tuple(sorted(_outermost(marks), key=lambda mark: (mark.start, mark.end, mark.typed)))
    return whole[first : max([end, *(mark.end + first for mark in marks)])], ordered


def _outermost(marks: set[Mark]) -> Iterable[Mark]:
    """The marks without those of a word's part where the whole word is marked."""
    words = {mark.typed for mark in marks}
    wholes = [mark for mark in marks if any(word != mark.typed and word in mark.typed for word in words)]
    return (mark for mark in marks if not any(_is_part(mark, whole) for whole in wholes)) if wholes else marks


def _is_part(mark: Mark, whole: Mark) -> bool:
    return whole.start <= mark.start and mark.end <= whole.end and mark.typed != whole.typed and mark.typed in whole.typed


def _must_be_exact(leaf: Term | Wild) -> bool:
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
