"""Near-identical passages: what is near enough, and that nothing near enough is overlooked."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tongwen.index import build
from tongwen.index.fold import fold
from tongwen.searcher import Searcher
from tongwen.searcher.copies import _BEGINS, ALIKE, SHINGLE, grouped
from tongwen.searcher.results import Like
from tongwen.searcher.search import AMONG

SENTENCES = "".join(f"第{number}句说的是别的事，跟前面的{number * 7919 % 1000}句没有关系。" for number in range(12))


def brute_force(texts: list[str]) -> list[list[int]]:
    """What `grouped` promises, by comparing every text with every group."""
    groups: list[list[int]] = []
    sets = [shingles(text) for text in texts]
    for number, mine in enumerate(sets):
        group = next((group for group in groups if len(mine & sets[group[0]]) >= ALIKE * len(mine | sets[group[0]])), None)
        if group is None:
            groups.append([number])
        else:
            group.append(number)
    return groups


def shingles(text: str) -> set[str]:
    """The shingles of a text, or the text itself if it is too short."""
    letters = "".join(filter(str.isalnum, text)) or text
    return {letters[at : at + SHINGLE] for at in range(len(letters) - SHINGLE + 1)} or {letters}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], []),
        (["茶"], [[0]]),
        (["茶", "水", "茶"], [[0, 2], [1]]),
        (["茶", "茶。", "—茶—", "茶水"], [[0, 1, 2], [3]]),
        (["", "", "……", "。"], [[0, 1], [2], [3]]),
        ([SENTENCES, SENTENCES.replace("，", "\n"), SENTENCES.replace("第3句", "第三句")], [[0, 1, 2]]),
        ([SENTENCES, SENTENCES[:-60]], [[0], [1]]),
        ([SENTENCES, SENTENCES.replace("说的是", "讲的")], [[0], [1]]),
        (["the quick brown fox jumps", "the quick, brown fox -- jumps!", "the quick brown fox leaps"], [[0, 1], [2]]),
    ],
)
def test_grouped(texts, expected):
    """Punctuation and a word here and there make no difference, a sentence does."""
    assert grouped(texts) == expected


def test_like_the_first():
    """A text belongs to a group if it is like the first in it; to be like a later one is not enough."""
    chain = [SENTENCES]
    for at in range(20, 200, 18):
        chain.append(f"{chain[-1][:at]}改{chain[-1][at + 1 :]}")

    groups = grouped(chain)
    assert groups == brute_force(chain)
    assert len(groups) > 1
    assert groups[0] == list(range(len(groups[0])))


def test_the_first_group_has_it():
    """What is like the first texts of two groups goes to the earlier one."""
    text = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥" + "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"
    text += "闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光果珍李柰菜重芥姜"
    one, other = text[5:], text[:-5]

    assert grouped([one, other, text]) == brute_force([one, other, text]) == [[0, 2], [1]]


def test_all_that_differs_is_sampled():
    """Texts that are like each other are found even if they differ in nothing but what they are looked up by."""
    random_ = random.Random(1)
    body, block = ("".join(random_.choices(letters, k=size)) for letters, size in (("abcefgijkmnoq", 356), ("dhlptx", 44)))

    assert _BEGINS[ord("d")]
    assert not any(_BEGINS[ord(letter)] for letter in body)
    assert grouped([body + block, body + block[:9]]) == [[0, 1]]
    assert grouped([body + block, body]) == [[0], [1]]


ALPHABETS = st.sampled_from(["abcd", "甲乙丙丁", "abcdefghijklmnopqrstuvwxyz", "天地玄黃宇宙洪荒日月盈昃", "\ud800a中。 "])


@st.composite
def edited(draw):
    """Texts of which many are others with a few changes."""
    alphabet = draw(ALPHABETS)
    random_ = random.Random(draw(st.integers(0, 10**6)))
    texts = ["".join(random_.choices(alphabet, k=random_.choice([0, 3, 5, 9, 40, 120, 400]))) for _ in range(4)]
    for _ in range(draw(st.integers(0, 16))):
        characters = list(random_.choice(texts))
        for _ in range(random_.choice([0, 1, 1, 2, 3, 8])):
            at = random_.randrange(len(characters) + 1)
            characters[at : at + random_.randrange(2)] = random_.choice(["", random_.choice(alphabet)])
        texts.insert(random_.randrange(len(texts) + 1), "".join(characters))
    return texts


@settings(max_examples=150, deadline=None)
@given(edited())
def test_like_brute_force(texts):
    """Comparing only the likely pairs gives what comparing all of them gives."""
    assert grouped(texts) == brute_force(texts)


# ------------------------------------------------------------------------------------------ in a search


PAGE = "茶葉的說明：" + "，".join(f"第{number}種茶要泡{number * 37 % 101}秒" for number in range(30))
FILES = {
    "a.txt": PAGE,
    "b.txt": PAGE.replace("第7種", "第七種"),
    "c.txt": f"{PAGE}。\n",
    "d.txt": "茶",
    "e.txt": "綠茶與紅茶，都是茶",
}


def found(searcher: Searcher, query: str, **options: object) -> list[tuple[str, list[str]]]:
    """The names of the documents found, each with the names of those like it."""
    hits = searcher.search(query, collapse=True, **options).hits
    return [(Path(hit.path).stem, [Path(each.path).stem for each in hit.like]) for hit in hits]


def test_searched_together(indexed):
    """Near-identical hits are one, the best of them; ranks count what is left, totals everything."""
    searcher = indexed(FILES)
    plain, together = searcher.search("茶"), searcher.search("茶", collapse=True)

    assert sorted(found(searcher, "茶")) == [("a", ["b", "c"]), ("d", []), ("e", [])]
    assert (len(plain), plain.total, together.total, together.documents) == (5, 5, 5, 5)
    assert [hit.rank for hit in together] == [1, 2, 3]
    assert all(not hit.like for hit in plain)
    (page,) = [hit for hit in together if hit.like]
    (other,) = [hit for hit in plain if hit.path.endswith("b.txt")]
    assert page.like[0] == Like(other.path, other.passage, other.start)


def test_folded_before_the_limit(indexed):
    """The limit is of what is shown: others come up in the places of copies, however many copies there are."""
    copies = {f"copy{number:02}.txt": f"{PAGE}{'。' * number}" for number in range(30)}
    searcher = indexed(copies | {"far.txt": f"目錄\n\n{'水，' * 100}茶葉"})

    assert [len(like) for _, like in found(searcher, "茶葉", limit=2)] == [29, 0]
    assert found(searcher, "茶葉", limit=2)[1] == ("far", [])
    assert [len(like) for _, like in found(searcher, "茶葉", limit=1)] == [AMONG - 1]
    assert [len(like) for _, like in found(searcher, "茶葉", limit=0)] == [29, 0]


def test_all_are_compared_piece_by_piece(indexed, monkeypatch):
    """Where all are wanted, so many at a time are compared, and none is lost."""
    monkeypatch.setattr("tongwen.searcher.search.TOGETHER", 2)
    searcher = indexed({f"{number}.txt": PAGE for number in range(5)})

    assert found(searcher, "茶", limit=0) == [("0", ["1"]), ("2", ["3"]), ("4", [])]


def test_across_scripts(indexed):
    """A reprint in the other script is a copy."""
    searcher = indexed(a=PAGE, b=PAGE.replace("茶葉", "茶叶").replace("說", "说").replace("種", "种"))

    assert found(searcher, "茶") == [("a", ["b"])]


@pytest.mark.parametrize("text", ["茶，\ud800\U0001f375 tea", "茶\n\n水", "茶"])
def test_the_folded_text_of_a_passage(indexed, text):
    """What is compared is the passage's text as it is folded, wherever the passage is."""
    engine = indexed(a=text, b="水", c=text)._engine
    passages = [
        passage for name in "abc" for passage in engine.passages_of(engine.passage_of(0)[0].replace("a.txt", f"{name}.txt"))
    ]

    assert [engine.folded(passage) for passage in passages] == [fold(engine.fetch(passage).text) for passage in passages]
    assert len(passages) == 3


def test_passages_of(indexed, tmp_path):
    """The passages of a document, in the segment where it is now; none of a document that is not there."""
    long = f"{'一句話說完了。' * 60}\n\n" * 3
    indexed(a=long, b="水")
    (tmp_path / "files" / "a.txt").write_text(f"新{long}", encoding="utf-8")
    build(tmp_path / "index", [tmp_path / "files"])
    with Searcher(tmp_path / "index") as searcher:
        engine, path = searcher._engine, str(tmp_path / "files" / "a.txt")
        passages = engine.passages_of(path)

        assert len(passages) > 2
        assert [engine.fetch(passage).number for passage in passages] == list(range(1, len(passages) + 1))
        assert {engine.fetch(passage).path for passage in passages} == {path}
        assert engine.fetch(passages[0]).text.startswith("新")
        assert len(engine.passages_of(str(tmp_path / "files" / "b.txt"))) == 1
        assert len(engine.passages_of("elsewhere")) == 0
