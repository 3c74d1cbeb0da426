"""What of HTML and Markdown is visible, and where."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tongwen.index import formats
from tongwen.index.formats import Parsed, html, markdown
from tongwen.index.model import Heading

# ------------------------------------------------------------------------------------------ HTML


@pytest.mark.parametrize(
    ("source", "text"),
    [
        # white space is collapsed as browsers do, across tags too
        ("<p> one\n  two\t<b> three </b> four<i>five</i></p>", "one two three fourfive"),
        ("a&nbsp;&nbsp;b", "a\xa0\xa0b"),
        ("a<!-- comment -->b", "ab"),
        # entities
        ("&lt;b&gt; &amp; &#20013;&#x6587; &hellip;", "<b> & 中文 …"),
        # blocks, lines, cells
        ("<p>one<p>two<div>three<div>four</div></div>five", "one\n\ntwo\n\nthree\n\nfour\n\nfive"),
        ("one<br>two<br/><br>three<br><p>four", "one\ntwo\n\nthree\n\nfour"),
        ("<ul><li>a</li> <li>b</li></ul><ol><li>c", "a\nb\n\nc"),
        ("<dl><dt>词<dd>意思<dt>字<dd>音", "词\n意思\n字\n音"),
        ("<table><tr><th>a</th>\n<th>b</th></tr>\n<tr><td>1<td><td> 2 </table>x", "a  b\n1  2\n\nx"),
        ("<select><option>a<option>b</select>", "a\nb"),
        # kept white space
        ("x<pre>\n  a\n\n    b</pre>y", "x\n\n  a\n\n    b\n\ny"),
        ("<pre><code>a\n</code>\n<b>  b</b></pre>", "a\n\n  b"),
        ("<textarea> a\n b</textarea> c  d", " a\n b\n\nc d"),
        # what is not shown
        ("<style>x</style><script>y</script><template>z</template>seen<noscript>n</noscript>", "seen"),
        ("<iframe>x</iframe><object>y</object><datalist><option>z</datalist>seen", "seen"),
        ("<p hidden>x</p><p style='color:red; DISPLAY : none'>y<b>z</b></p><p style>seen", "seen"),
        ("<ruby>漢<rp>(</rp><rt>hàn</rt><rp>)</rp>字<rt>zì</rt></ruby>", "漢字"),
        ("<svg><title>t</title><desc>d</desc><text>drawn</text></svg>", "drawn"),
        # what is
        ("<nav>menu</nav>body<footer>end</footer>", "menu\n\nbody\n\nend"),
        ("<p aria-hidden=true>seen<button>press</button>", "seenpress"),
        # XHTML
        ('<?xml version="1.0"?><html><head><title/><script src="a"/></head><body><p/>b<br/>c</body></html>', "b\nc"),
        # nothing, and nearly nothing
        ("", ""),
        ("<", "<"),
        ("a\ud800b", "a\ufffdb"),
        ("<p>unclosed <b>tags", "unclosed tags"),
    ],
)
def test_the_visible_text_of_html(source: str, text: str) -> None:
    """What a browser would show, scripts off."""
    assert html(source).text == text


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("<title> The\n title &amp; all </title><h1>H</h1>", "The title & all"),
        ("<title> </title><h2>sub</h2><h1>Main <i>one</i></h1><h1>other</h1>", "Main one"),
        ("<h1></h1><h1>second</h1>", "second"),
        ("<h2>sub</h2>", ""),
        ("<body><svg><title>drawing</title></svg>", ""),
    ],
)
def test_the_title_of_html(source: str, title: str) -> None:
    """`<title>`, else the first `<h1>` with words in it, else none."""
    assert html(source).title == title


def test_headings_of_html_are_one_line_at_their_offsets() -> None:
    """Whatever stands in a heading, it is one line, and its offset points at it."""
    page = html("<p>intro</p><h1> 第一<br>章 </h1>text<h2><div>a</div><p>b</p></h2><h3></h3><h6><pre>c\n d</pre></h6>")

    assert page.text == "intro\n\n第一 章\n\ntext\n\na b\n\nc d"
    assert page.headings == (Heading(7, "第一 章"), Heading(19, "a b"), Heading(24, "c d"))


def test_a_heading_within_a_heading_belongs_to_it() -> None:
    """Only the outer one counts."""
    page = html("<h1>a<div><h2>b</h2></div>c</h1>d")

    assert (page.text, page.headings, page.title) == ("a b c\n\nd", (Heading(0, "a b c"),), "a b c")


def test_html_may_be_nested_deeper_than_python_recurses() -> None:
    """Five thousand elements deep is no trouble."""
    assert html("<div>" * 5000 + "<h2>深</h2>" + "</div>" * 5000 + "end") == Parsed("深\n\nend", "", (Heading(0, "深"),))


TAGS = ["p", "div", "b", "h1", "h2", "br", "pre", "li", "td", "table", "script", "style", "title", "textarea", "svg", "ruby"]
pieces = st.one_of(
    st.sampled_from(
        [f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["<p hidden>", "<!--", "-->", "&amp;", "<?xml "]
    ),
    st.text(st.characters(), max_size=5),
    st.sampled_from([" ", "\n", "\n\n", "文", "a"]),
)


def check(parsed: Parsed) -> None:
    """Headings are one line each, in order, and stand where they say."""
    starts = [heading.start for heading in parsed.headings]
    assert starts == sorted(set(starts))
    for heading in parsed.headings:
        assert heading.text.strip()
        assert "\n" not in heading.text
        assert parsed.text.startswith(heading.text, heading.start)


@given(st.lists(pieces).map("".join) | st.text(st.characters()))
def test_html_is_total(source: str) -> None:
    """Any text at all is a page."""
    check(html(source))


# ------------------------------------------------------------------------------------------ Markdown


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a *b* **c** `d *e*` ~~f~~", "a b c d *e* f"),
        ("[link](http://x.y 'title') <http://auto.link> ![描述 *x*](pic.png)", "link http://auto.link 描述 x"),
        ("&lt; &amp; \\* 中文", "< & * 中文"),
        ("a <b class='x'>b</b> <!-- c --> d", "a b  d"),
        ("- a\n- b\n  1. c\n> d\n> > e", "a\nb\nc\nd\ne"),
        ("| a | b |\n|---|:-:|\n| `c` | d \\| e |\n| f |", "a  b\n\nc  d | e\nf"),
        ("```py\nx = 1\n\n  y\n```\n    z", "\nx = 1\n\n  y\n\nz"),
        ("> ```\n> in quote\n\nafter", "\nin quote\n\nafter"),
        ("```", ""),
        ("a\n\n***\n\nb", "a\n\n\n\nb"),
        ("[a]: http://x\n[b]: http://y 'z'\nsee [a]", "\n\nsee a"),
        (
            "<div>\nvis <b>x</b> &amp;&#10;y\n<!-- c\n<p> -->\n<script>\nno\n</script>after\n</div>",
            "\nvis x & y\n\n\n\n\nafter\n",
        ),
        ("<!-- never closed\n\n# no", "\n\n"),
        ("`` ` a\nb ` ``", "` a\nb `"),
        ("a\0b", "a\ufffdb"),
        ("", ""),
    ],
)
def test_the_visible_text_of_markdown(source: str, text: str) -> None:
    """What a reader sees, on the lines where it is written."""
    assert markdown(source).text == text


def test_lines_stay_where_they_are() -> None:
    """Each marked word stands on the line it has in the source, whatever stands before it."""
    source = """---
title: x
---
W003 para [link
W004](http://x
"a title
with lines") W006 `code
W007 code` W007
W008 ![alt
W009](pic
"t") W010 <span
class="x">W011</span> <!-- a
b --> W012 hard\\
W013 hard\x20\x20
W014 &#10;&#13; W014

W016 *set
over*
---

W020
====

* W021
  W022

      W024

  > W026
W027 lazy

| W029 |
|------|
| W031 |

~~~
W034
~~~
<div>W036
<!--

--> W039
</div>

W042"""
    source = re.sub(r"W\d+", "W", source)
    source = "\n".join(line.replace("W", f"W{number}W") for number, line in enumerate(source.split("\n")))
    for ending in ("\n", "\r\n", "\r"):
        lines = markdown(source.replace("\n", ending)).text.split("\n")

        wanted = {number for number, line in enumerate(source.split("\n")) if "W" in line}
        shown = {(number, int(word)) for number, line in enumerate(lines) for word in re.findall(r"W(\d+)W", line)}
        assert shown == {(number, number) for number in wanted}


def test_headings_of_markdown() -> None:
    """Both kinds, with offsets in the visible text; one set over two lines stands on its first."""
    parsed = markdown("intro\n\n# One *two* `three` #\n\nSet\n  over\n===\n\n#\n\n> ## quoted\n\n- # listed")

    assert parsed.text == "intro\n\nOne two three\n\nSet over\n\n\n\n\n\nquoted\n\nlisted"
    assert [heading.text for heading in parsed.headings] == ["One two three", "Set over", "quoted", "listed"]
    assert parsed.title == "One two three"
    check(parsed)


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("---\ntitle: 题目\ntags:\n  - a\n\n# note\nlist: [\n]\n---\n", "题目"),
        ('---\nlayout: x\nTitle : "quoted: title"\n...\n', "quoted: title"),
        ("---\ntitle: 'one'\ntitle: two\n--- \n", "one"),
        ("---\ntitle: >\n  folded\n---\n", "H"),
        ("---\nlayout: x\n---\n", "H"),
    ],
)
def test_front_matter_is_not_visible(front: str, title: str) -> None:
    """It keeps its lines, and its `title:` is the title."""
    parsed = markdown(front + "# H\n")

    assert (parsed.text, parsed.title) == ("\n" * front.count("\n") + "H\n", title)


@pytest.mark.parametrize(
    "source",
    ["---\ntext\n---\n", "---\nkey: value\nplain words\n\n---\n", "---\nkey: never closed\n", "---", "x\n---\nkey: a\n---\n"],
)
def test_rules_are_no_front_matter(source: str) -> None:
    """Only what looks like it, closed, at the very top: nothing written is lost."""
    words = re.findall(r"\w+", source)

    assert re.findall(r"\w+", markdown(source).text) == words


@pytest.mark.parametrize("source", [">" * 5000 + "x", "- " * 200 + "x", "![" * 400 + "x" + "](u)" * 400, "[" * 3000])
def test_markdown_may_be_nested_beyond_reason(source: str) -> None:
    """Then it is taken as it is, rather than cut."""
    assert "x" in markdown(source + "\n\nx").text


def test_a_parser_out_of_stack_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source is then taken as it is, front matter aside."""

    class Deep:
        def parse(self, source: str) -> None:
            raise RecursionError

    monkeypatch.setattr(formats, "_markdown_parser", Deep)

    assert markdown("---\ntitle: x\n---\n# a *b*") == Parsed("\n\n\n# a *b*", "x")


def test_nesting_within_reason_is_parsed() -> None:
    """Lists of ten levels are lists."""
    source = "\n".join("  " * level + f"- item {level}" for level in range(10))

    assert markdown(source).text == "\n".join(f"item {level}" for level in range(10))


marks = st.one_of(
    st.sampled_from([*"`*[|_\\", "# ", "- ", "> ", "```\n", "**", "](u)", "![", "\n|-|-|\n", "    ", "---\n", "===\n"]),
    st.sampled_from([*"\n \r文a", "\n\n", "<b>", "<!--", "-->", "<div>", "&#10;", "title: x\n", "[a]: u\n"]),
    st.text(st.characters(), max_size=4),
)


@given(st.lists(marks).map("".join) | st.text(st.characters()))
@example("---\ntitle: x\n---")
@example("`a\n`")
@example("#  &#10; ")
def test_markdown_is_total_and_keeps_its_lines(source: str) -> None:
    """Any text at all is Markdown, and has as many lines as it shows."""
    parsed = markdown(source)

    check(parsed)
    assert parsed.text.count("\n") == len(re.findall("\r\n?|\n", source))
