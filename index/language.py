"""Tell in which language and script a text is written.

Owns a count of characters, no more: good enough to filter by, not to translate by.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from .fold import han_table
from .scripts import is_han

_LATIN = re.compile("[a-zA-Z]+")
_KANA = frozenset(map(chr, range(0x3041, 0x3100)))
_SAMPLE = 4_000
"""How many code points of a text are looked at."""


@cache
def _telling() -> dict[str, str]:
    """Han character → `zh-Hant` or `zh-Hans`, for those that only one of the scripts writes.

    A fold class has the Simplified form as its head: members that Big5 has and GB 2312 lacks are Traditional, a head that
    GB 2312 has and Big5 lacks is Simplified.
    """
    telling = {}
    for point, head in han_table().items():
        member = chr(point)
        if _has("big5", member) and not _has("gb2312", member):
            telling[member] = "zh-Hant"
        if _has("gb2312", head) and not _has("big5", head):
            telling[head] = "zh-Hans"
    return telling


def _has(codec: str, character: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def language(text: str) -> str:
    """`zh-Hans`, `zh-Hant`, `zh` (Chinese, nothing tells which), `ja`, `en` (Latin letters), or `und`.

    A Han character counts as much as a Latin word.  Kana make up a fifth of Japanese at the least; Chinese about computers may
    be half Latin, so only a text with four Latin words to a Han character is not Chinese.
    """
    sample = text[:_SAMPLE]
    if sample.isascii():
        return "en" if _LATIN.search(sample) else "und"
    counts, latin = Counter(sample), len(_LATIN.findall(sample))
    of_han = {character: count for character, count in counts.items() if is_han(character)}
    han, kana = sum(of_han.values()), sum(counts[character] for character in counts.keys() & _KANA)
    if kana > (han + kana + latin) / 5:
        return "ja"
    if latin > 4 * han or not han:
        return "en" if latin else "und"
    telling, votes = _telling(), {"zh-Hans": 0, "zh-Hant": 0}
    for character in of_han.keys() & telling.keys():
        votes[telling[character]] += of_han[character]
    if votes["zh-Hans"] == votes["zh-Hant"]:
        return "zh"
    return max(votes, key=lambda script: votes[script])
