"""Marks: from occurrences in folded text back to the characters of the original."""

import pytest
from tongwen.index.english import stem
from tongwen.index.fold import fold
from tongwen.index.model import WILD_GAP, Leaf, Level, Near, Stored, Term, Variant, Wild, Words
from tongwen.searcher.highlight import marked, merged, reach
from tongwen.searcher.results import Mark


def stored(text: str, before: str = "", after: str = "") -> Stored:
    """A passage with its surroundings."""
    return Stored("a.txt", "", 1, len(before), text, before, after, 1)


def asked(leaf: Leaf, level: Level = "script") -> Variant:
    """A leaf as it is asked for: by itself, or for what was typed."""
    return Variant(leaf, level, 1.0)


def term(typed: str, exact: bool = False) -> Variant:
    """A term as it is planned."""
    return asked(Term(fold(typed), typed, exact=exact))


def wild(typed: str) -> Variant:
    """A wildcard as it is planned."""
    return asked(Wild(tuple(map(fold, typed.split("*"))), typed))


def words(text: str, typed: str = "", level: Level = "script") -> Variant:
    """Words in any form as they are planned, typed so or in another way."""
    return asked(Words(tuple(map(stem, fold(text).split())), typed or text), level)


def instead(text: str, typed: str, level: Level) -> Variant:
    """A term that stands for what was typed."""
    return asked(Term(fold(text), typed), level)


def in_brackets(text: str, marks: tuple[Mark, ...]) -> str:
    """The text with what is lit in brackets."""
    for start, end in reversed(merged(marks)):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        # folding changed the length of what is before, in or behind the mark
        ("㍿東芝", ["东芝"], "㍿[東芝]"),
        ("㍿東芝", ["株式会社"], "[㍿]東芝"),
        ("㍿東芝", ["会社"], "[㍿]東芝"),
        ("㍿東芝", ["会社东"], "[㍿東]芝"),
        ("ßß Straße!", ["strasse"], "ßß [Straße]!"),
        ("ßß Straße!", ["STRASSE"], "ßß [Straße]!"),
        ("the ﬁle ﬂow", ["file"], "the [ﬁle] ﬂow"),
        ("the ﬁle ﬂow", ["flow"], "the ﬁle [ﬂow]"),
        ("cafe\u0301 cafe\u0301s", ["café"], "[cafe\u0301] cafe\u0301s"),
        ("e\u0301e\u0301 台", ["台"], "e\u0301e\u0301 [台]"),
        ("İİ 台", ["台"], "İİ [台]"),
        ("…… 台灣", ["台湾"], "…… [台灣]"),
        ("𠮷🍵台灣🍵", ["台湾"], "𠮷🍵[台灣]🍵"),
        # what folds to nothing
        ("台\u200b灣", ["台湾"], "[台\u200b灣]"),
        ("台灣\u200b人", ["台湾"], "[台灣]\u200b人"),
        ("葛\U000e0100城", ["葛"], "[葛\U000e0100]城"),
        ("temper\u00adature", ["temperature"], "[temper\u00adature]"),
        # spaces and dots inside words belong to the mark, around them they do not
        ("在 台 灣 有", ["台湾"], "在 [台 灣] 有"),
        ("在 台\n\u3000灣 有", ["台湾"], "在 [台\n\u3000灣] 有"),
        ("比爾·蓋茨", ["比尔盖茨"], "[比爾·蓋茨]"),
        ("data \n type", ["data type"], "[data \n type]"),
        # several
        ("台灣和台湾", ["臺灣"], "[台灣]和[台湾]"),
        ("出口管制", ["出口", "管制"], "[出口管制]"),
        ("人人人", ["人人"], "[人人人]"),
        ("南京市長江大橋", ["南京市", "市长", "大桥"], "[南京市長]江[大橋]"),
        ("人工智能", ["人工智能", "智能"], "[人工智能]"),
        ("人工智能", ["智能", "人工智能", "工"], "[人工智能]"),
        ("台灣", ["中国"], "台灣"),
        # letters end where words end
        ("chip chips microchip", ["chip"], "[chip] chips microchip"),
        ("AI芯片AI", ["ai"], "[AI]芯片[AI]"),
    ],
)
def test_marked(text, typed, shown):
    """What is typed lights up these characters of the text, and no others."""
    found, marks = marked(stored(text), [term(one) for one in typed])

    assert found == text
    assert in_brackets(text, marks) == shown


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("人工智能", "人工*能", "[人工智能]"),
        ("chip chipset microchip", "chip*", "[chip] [chipset] microchip"),
        ("a microchip", "*chip", "a [microchip]"),
        ("台 北 市", "臺*市", "[台 北 市]"),
        ("㍿ chips!", "chip*", "㍿ [chips]!"),
    ],
)
def test_wildcards_marked(text, typed, shown):
    """A wildcard lights up all that it stands for, to the ends of the word."""
    assert in_brackets(text, marked(stored(text), [wild(typed)])[1]) == shown


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("Export Controls", ["export", "control"], "[Export] [Controls]"),
        ("Export Controls", ["export controls"], "[Export Controls]"),
        ("export-\n controlled", ["export control"], "[export-\n controlled]"),
        ("Nvidia’s chips", ["nvidia"], "[Nvidia]’s chips"),
        ("Nvidia’s chips", ["nvidia chip"], "[Nvidia’s chips]"),
        ("Companies' and compan\u00adies", ["company"], "[Companies]' and [compan\u00adies]"),
        ("cafe\u0301s 芯片chips", ["café", "chip"], "[cafe\u0301s] 芯片[chips]"),
        ("㍿ getElementById", ["element"], "㍿ get[Element]ById"),
        ("ß getElementById", ["by id"], "ß getElement[ById]"),
        ("getElementById", ["getelementbyid"], "[getElementById]"),
        ("getelementbyid", ["element"], "getelementbyid"),
        ("an HTTPServer", ["servers"], "an HTTP[Server]"),
        ("GPT-4 and GPT4", ["gpt 4"], "[GPT-4] and [GPT4]"),
        ("LLMs, DNs'", ["llm", "dn"], "[LLMs], [DN]s'"),
        ("microchip", ["chip"], "microchip"),
    ],
)
def test_words_marked(text, typed, shown):
    """Words light up in any form, without the s of a possessive; so do parts of words written as one."""
    assert in_brackets(text, marked(stored(text), list(map(words, typed)))[1]) == shown


def test_near_marked():
    """Of words near each other those are lit that are, each for itself, and within the passage only."""
    near = asked(Near((words("export").leaf, Term("管制", "管制")), 3, "export 管制"))
    found, marks = marked(stored("管制 Exports，出口 exporting of 管制"), [near])

    assert in_brackets(found, marks) == "[管制] [Exports]，出口 [exporting] of [管制]"
    assert marks[1] == Mark(3, 10, "script", "export")
    assert marked(stored("of 管制", before="export "), [near])[1] == ()
    assert marked(stored("of 管制 export", before="a b export "), [near])[1] == (
        Mark(3, 5, "exact", "管制"),
        Mark(6, 12, "exact", "export"),
    )


def test_levels():
    """A mark says how far it is from what was typed."""
    _, marks = marked(stored("台灣、臺灣、台 灣"), [term("台灣")])

    assert marks == (Mark(0, 2, "exact", "台灣"), Mark(3, 5, "script", "台灣"), Mark(6, 9, "script", "台灣"))


def test_levels_of_variants():
    """A variant's marks say how far it is from what was typed; another form of an English word is a spelling of it."""
    chips = [words("chips"), instead("芯片", "chips", "cross"), instead("晶片", "chips", "region")]
    _, marks = marked(stored("Chip chips 晶片"), chips)

    assert [mark.level for mark in marks] == ["script", "exact", "region"]
    assert {mark.typed for mark in marks} == {"chips"}
    assert [mark.level for mark in marked(stored("Zhang"), [instead("zhang", "張", "sound")])[1]] == ["sound"]


@pytest.mark.parametrize(
    ("text", "variants", "kept"),
    [
        # the longer of two equivalents, whatever was typed
        ("出口管制", [("出口", "export", "cross"), ("出口管制", "export control", "cross")], ["出口管制"]),
        ("出口管制", [("出口", "x", "cross"), ("出口管制", "y", "region")], ["出口管制"]),
        ("出口管制", [("管制", "x", "region"), ("出口管制", "出口管制", "script")], ["出口管制"]),
        # what was typed stays, though it lies inside an equivalent
        ("出口管制", [("出口", "出口", "script"), ("出口管制", "export control", "cross")], ["出口", "出口管制"]),
        # of equivalents in one place the nearer
        ("芯片", [("芯片", "chip", "cross"), ("芯片", "晶片", "region")], ["芯片"]),
        ("芯片", [("芯片", "chip", "cross"), ("芯片", "芯片", "script")], ["芯片"]),
        # those that only overlap, both
        ("出口管制", [("出口管", "x", "cross"), ("口管制", "y", "cross")], ["出口管", "口管制"]),
        ("出口出口管制", [("出口", "x", "cross"), ("出口管制", "y", "cross")], ["出口", "出口管制"]),
    ],
)
def test_marks_of_equivalents(text, variants, kept):
    """An equivalent is not marked inside something longer, or where something nearer is."""
    marks = marked(stored(text), [instead(*variant) for variant in variants])[1]

    assert [text[mark.start : mark.end] for mark in marks] == kept
    assert len({(mark.start, mark.end) for mark in marks}) == len(marks)
    nearest = {level: far for far, level in enumerate(["exact", "script", "region", "cross"])}
    for mark in marks:
        same = [level for wanted, _, level in variants if wanted == text[mark.start : mark.end]]
        assert nearest[mark.level] <= min(nearest[level] for level in same)


def test_composed_is_exact():
    """Only Unicode's normal form is forgiven."""
    text = "cafe\u0301, cafe, Café"

    assert [mark.level for mark in marked(stored(text), [term("café")])[1]] == ["exact", "script", "script"]
    assert marked(stored(text), [term("café", exact=True)])[1] == (Mark(0, 5, "exact", "café"),)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("執行一行", "執行一[行]"), ("行動的列", "行動的列"), ("執 行、行 動、行", "執 行、行 動、[行]"), ("行row", "[行]row")],
)
def test_alone_marked(text, shown):
    """What is to stand alone is not marked inside words of the index; if none are known, wherever it stands."""
    alone = asked(Term("行", "row", alone=True), "cross")
    words_of_the_index = {"执行", "行动", "行row"}

    assert in_brackets(text, marked(stored(text), [alone], is_word=words_of_the_index.__contains__)[1]) == shown
    assert in_brackets(text, marked(stored(text), [alone])[1]) == text.replace("行", "[行]")
    assert marked(stored("行", before="执"), [alone], is_word=words_of_the_index.__contains__)[1] == ()


def test_exact_terms_mark_nothing_else():
    """A term that is to be as typed lights up what is, though another term beside it is folded."""
    _, marks = marked(stored("AI ai 台灣"), [term("AI", exact=True), term("台湾")])

    assert marks == (Mark(0, 2, "exact", "AI"), Mark(6, 8, "script", "台湾"))


def test_marks_are_sorted():
    """Marks stand in the order of the text, whatever the order of the words."""
    _, marks = marked(stored("一二三二一"), [term("三"), term("一"), term("二")])

    assert [(mark.start, mark.typed) for mark in marks] == [(0, "一"), (1, "二"), (2, "三"), (3, "二"), (4, "一")]


# ------------------------------------------------------------------------------------------ at the ends of a passage


def test_text_grows_with_what_goes_on_behind_it():
    """An occurrence that begins in a passage is shown whole, and no more than that of what is behind."""
    found, marks = marked(stored("在南京市長江", after="大橋上走"), [term("长江大桥")])

    assert found == "在南京市長江大橋"
    assert marks == (Mark(4, 8, "script", "长江大桥"),)


def test_text_grows_over_the_gap():
    """White space between two passages belongs to the occurrence across them."""
    assert marked(stored("長", after="\n江大橋"), [term("长江")])[0] == "長\n江"


def test_what_began_before_is_clipped():
    """Of an occurrence that began in the passage before, only the part here is lit."""
    found, marks = marked(stored("大橋上走", before="在南京市長江"), [term("长江大桥")])

    assert found == "大橋上走"
    assert marks == (Mark(0, 2, "script", "长江大桥"),)


def test_what_is_wholly_outside_is_not_marked():
    """Occurrences before and behind a passage are those of other passages."""
    assert marked(stored("上走", before="大橋", after="大橋"), [term("大桥")]) == ("上走", ())


def test_surroundings_count_for_the_ends_of_words():
    """A letter outside the passage may continue a word, which is then not the one typed."""
    assert marked(stored("chip", before="micro"), [term("chip")])[1] == ()
    assert marked(stored("chip", after="s"), [term("chip")])[1] == ()
    assert marked(stored("chip", before="a ", after=" s"), [term("chip")])[1] == (Mark(0, 4, "exact", "chip"),)


def test_level_of_what_is_clipped_is_that_of_the_whole():
    """The level says what the whole occurrence is, though only its end is lit."""
    assert marked(stored("江", before="长"), [term("长江")])[1] == (Mark(0, 1, "exact", "长江"),)


# ------------------------------------------------------------------------------------------ merging, reach


@pytest.mark.parametrize(
    ("spans", "together"),
    [
        ([], ()),
        ([(1, 2)], ((1, 2),)),
        ([(1, 2), (2, 3)], ((1, 3),)),
        ([(1, 2), (3, 4)], ((1, 2), (3, 4))),
        ([(1, 5), (2, 3)], ((1, 5),)),
        ([(1, 5), (2, 3), (4, 7)], ((1, 7),)),
        ([(1, 3), (1, 5), (2, 4), (5, 6), (8, 9)], ((1, 6), (8, 9))),
    ],
)
def test_merged(spans, together):
    """Spans that overlap or touch are one; one inside another does not shorten it."""
    assert merged(Mark(start, end, "script", "x") for start, end in spans) == together


def test_reach():
    """As much is looked at around a passage as the longest leaf may take up, spaces in it included."""
    assert reach([]) == 0
    assert reach([term("台"), term("南京市长江大桥")]) >= 2 * 7
    assert reach([wild("人工*能")]) >= len("人工") + WILD_GAP + len("能")
    assert reach([wild("a*b*c*d*e")]) >= 5 + 4 * WILD_GAP
    assert reach([instead("mandatory export license", "许可", "cross")]) >= len("mandatory export license")
    assert reach([words("control license", "许可")]) >= len("controlling - licensing")
    assert reach([asked(Near((words("a").leaf,) * 9, 100, "a"))]) == reach([asked(Near((words("a").leaf,), 1, "a"))])
