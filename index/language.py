"""Tell in which language and script a text is written.

Owns a count of characters, no more: good enough to filter by, not to translate by.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from .fold import han_table
from .scripts import HAN

_LATIN = re.compile("[a-zA-Z]+")
_KANA = re.compile("[\u3041-\u30ff]")
_SAMPLE = 4_000
"""How many code points of a text are looked at."""


@cache
def _han_runs() -> re.Pattern[str]:
    return re.compile(f"[{HAN}]+")


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
    latin, kana = len(_LATIN.findall(sample)), len(_KANA.findall(sample))
    written = "".join(_han_runs().findall(sample))
    han = len(written)
    if kana > (han + kana + latin) / 5:
        return "ja"
    if latin > 4 * han or not han:
        return "en" if latin else "und"
    votes = Counter(map(_telling().get, written))
    if votes["zh-Hans"] == votes["zh-Hant"]:
        return "zh"
    return "zh-Hans" if votes["zh-Hans"] > votes["zh-Hant"] else "zh-Hant"
