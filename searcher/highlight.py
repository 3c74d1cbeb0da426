"""Mark in a passage's original text what made it a hit.

Owns the way from occurrences in folded text to spans of the original; what an occurrence is, `index.patterns` says.  Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from ..index.english import LONGEST_ENDING, breaks
from ..index.fold import fold_with_offsets, original_span
from ..index.model import LEVELS, WILD_GAP, Leaf, Level, Near, Stored, Term, Variant, Wild, Words
from ..index.patterns import GAP, Span, in_folded, may_hold, nfc, stands_alone
from .results import Mark

_FAR = {level: far for far, level in enumerate((*LEVELS, "spelt", "sound"))}
_VARIANTS = frozenset(_FAR) - {"exact", "script"}

_Mark: TypeAlias = "tuple[int, int, str, Level]"
"""What becomes a Mark, if it stays: start, end, typed, level."""


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
    found = [variant for variant in asked if may_hold(variant.leaf, folded)]
    has_words = any(isinstance(variant.leaf, Words) for variant in found)
    cuts = [bisect_left(offsets, at) for at in breaks(whole)] if has_words else []
    own = bisect_left(offsets, first), bisect_left(offsets, end)
    marks = set[_Mark]()
    for variant in found:
        for leaf, spans in _occurrences(variant.leaf, folded, cuts, own):
            alone, exact, typed = _must_be_alone(leaf), _must_be_exact(leaf), nfc(leaf.typed)
            for span in spans:
                start, stop = original_span(whole, offsets, *span)
                if start < end and stop > first and (not alone or stands_alone(folded, span, is_word)):
                    original = whole[start:stop]
                    is_as_typed = original == typed or nfc(original) == typed
                    if is_as_typed or not exact:
                        level = "exact" if is_as_typed else variant.level
                        marks.add((max(start, first) - first, stop - first, leaf.typed, level))
    ordered = sorted(_outermost(_nearest(marks)))
    shown = whole[first : max([end, *(stop + first for _, stop, _, _ in marks)])]
    return shown, tuple(Mark(start, stop, level, typed) for start, stop, typed, level in ordered)


def _occurrences(leaf: Leaf, folded: str, cuts: Sequence[int], own: Span) -> Iterator[tuple[Leaf, Iterable[Span]]]:
    """Where in folded text a leaf is; of words near each other, which are all in the passage's `own` span, where each is."""
    if not isinstance(leaf, Near):
        yield leaf, in_folded(leaf, folded, breaks=cuts)
        return
    first, text = own[0], folded[slice(*own)]
    found = set(in_folded(leaf, text))
    for part in leaf.parts:
        yield part, [(first + start, first + end) for start, end in in_folded(part, text) if (start, end) in found]


def _nearest(marks: set[_Mark]) -> set[_Mark]:
    """The marks without those of equivalents that lie inside longer ones, or where something nearer is."""
    if _VARIANTS.isdisjoint([level for _, _, _, level in marks]):
        return marks
    nearest: dict[Span, int] = {}
    for start, end, _, level in marks:
        nearest[start, end] = min(_FAR[level], nearest.get((start, end), len(_FAR)))
    inside, furthest = set[Span](), 0
    for start, back in sorted([(start, -end) for start, end in nearest]):
        if -back <= furthest:
            inside.add((start, -back))
        else:
            furthest = -back
    return {
        mark for mark in marks if mark[3] not in _VARIANTS or (mark[:2] not in inside and nearest[mark[:2]] == _FAR[mark[3]])
    }


def _outermost(marks: set[_Mark]) -> Iterable[_Mark]:
    """The marks without those of a word's part where the whole word is marked."""
    words = {typed for _, _, typed, _ in marks}
    longer = {typed for typed in words if any(word != typed and word in typed for word in words)} if len(words) > 1 else ()
    wholes = [mark for mark in marks if mark[2] in longer]
    return [mark for mark in marks if not any(_is_part(mark, whole) for whole in wholes)] if wholes else marks


def _is_part(mark: _Mark, whole: _Mark) -> bool:
    (start, end, typed, _), (first, last, word, _) = mark, whole
    return first <= start and end <= last and typed != word and typed in word


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
