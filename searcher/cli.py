# ruff: noqa: D301 - click wants a real \b in docstrings
"""The terminal: commands, options, exit statuses.

The only file that prints, reads the environment and exits.  How things look is `render.py`'s and `progress.py`'s: a command
makes one call and writes what comes back.  What it needs is imported when it runs; a query is mostly imports.

Exit status: 0 found or done, 1 nothing found, 2 trouble, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

if TYPE_CHECKING:
    from pathlib import Path

    from ..index.reports import Report
    from .results import Results

FOLDER = ".tongwen"
MATCH = ("exact", "script", "region", "cross")
ENGINES = ("whoosh", "opensearch")
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
"""Those that are named; `lang:` and --lang know more words for them."""

FORMS = {"json": "--json", "paths": "-l", "count": "-c"}
"""Results for programs: the option of each."""

MOST_LISTED = 20
"""How many skipped files are listed without --verbose."""

FARTHEST = 16
"""How many times as many passages as are wanted are looked at, where most of the best are of few documents."""

_WIDEST, _NARROWEST, _USUAL = 100, 20, 80


# ------------------------------------------------------------------------------------------ writing and leaving


class _Trouble(click.ClickException):
    """Something a person can mend, in one line."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        _say(f"tongwen: {self.message}")


def _mistake(error: click.UsageError, command: str) -> click.ClickException:
    """A wrong use of a command as trouble in one line; to be called without arguments is none, and answered with help."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # of click 8.2 and later
        return error
    near = getattr(error, "possibilities", None)  # of an option or a command that is misspelt
    message = (error.message if near else error.format_message()).rstrip(".")
    meant = f" (did you mean {' or '.join(near)}?)" if near else ""
    see = f"{error.ctx.command_path if error.ctx else command} --help"
    return _Trouble(f"{message[:1].lower()}{message[1:]}{meant}; see: {see}")


def _hush(stream: TextIO) -> None:
    """Send what is still to be written where nobody misses it; Python would complain when it flushes at the end."""
    with contextlib.suppress(OSError, ValueError):  # no real file
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _out(lines: Iterable[str]) -> None:
    """Write lines to stdout; if nobody reads it any more, leave."""
    try:
        click.echo("".join(f"{line}\n" for line in lines), nl=False, color=True)
    except BrokenPipeError:
        _hush(sys.stdout)
        raise click.exceptions.Exit(0) from None


def _err(text: str) -> None:
    """Write to stderr as it is; nobody has to read it."""
    try:
        click.echo(text, err=True, nl=False, color=True)
    except BrokenPipeError:
        _hush(sys.stderr)


def _say(*lines: str) -> None:
    """Write lines to stderr."""
    from .render import clean

    for line in lines:
        _err(clean(line) + "\n")


class _Commands(click.Group):
    """The group; turns what goes wrong in a command into a message and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order a person needs them

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise _mistake(error, "tongwen") from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _mistake(error, f"tongwen {ctx.invoked_subcommand}") from None
        except KeyboardInterrupt:
            _say("interrupted; the index is as it was" if ctx.invoked_subcommand in ("index", "rebuild") else "interrupted")
            raise click.exceptions.Exit(130) from None
        except (OSError, EOFError) as error:
            path, reason = getattr(error, "filename", None), getattr(error, "strerror", None)
            raise _Trouble(f"{path}: {reason}" if path and reason else str(error) or repr(error)) from error
        except Exception as error:
            from ..index.errors import TongwenError

            if not isinstance(error, TongwenError):
                raise
            _say(*(f"skipped {path}: {reason}" for path, reason in getattr(error, "skipped", ())[:MOST_LISTED]))
            raise _Trouble(str(error)) from error


class _QueryCommand(click.Command):
    """A command whose arguments are a query, in which `-word` means not that word.

    What is no option in full (`-l`, `-n5`, `--limit`) is a word: click itself would read `-cloud` as `-c -l -o …`.
    """

    short_option = re.compile(r"-(?:[chl]+|[chl]*n[0-9]*)")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option) and not param.is_flag]
        take_value = {name for option in options for name in option.opts}
        chosen: list[str] = []
        words: list[str] = []
        rest = iter(args)
        for arg in rest:
            if arg == "--":
                words += rest
            elif not (arg.startswith("--") or self.short_option.fullmatch(arg)):
                words.append(arg)
            else:
                chosen.append(arg)
                if arg in take_value or (arg[1] != "-" and arg[-1] == "n"):
                    if (value := next(rest, None)) is None:
                        return super().parse_args(ctx, chosen)  # which says what is missing
                    chosen.append(value)
        return super().parse_args(ctx, [*chosen, "--", *words])


# ------------------------------------------------------------------------------------------ the surroundings


def _here() -> str:
    return os.getcwd()  # noqa: PTH109 - where the path is but a text, pathlib takes long to import


def _nearest() -> Path | None:
    """The nearest index upward from the current folder."""
    from pathlib import Path

    from ..index.generation import find

    return find(Path.cwd())


def _existing(given: str | None) -> str | Path:
    """The index named, or the nearest one."""
    if (found := given or _nearest()) is None:
        from ..index.errors import IndexNotFound

        raise IndexNotFound(os.path.join(_here(), FOLDER))  # noqa: PTH118 - as above
    return found


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int:
    """How wide to write: COLUMNS, or the terminal, where lines of more than 100 columns are hard to read; else 80."""
    width = int(columns) if (columns := os.environ.get("COLUMNS", "")).isdecimal() else 0
    if not width:
        with contextlib.suppress(OSError, ValueError):  # no terminal
            width = os.get_terminal_size(stream.fileno()).columns
    return max(_NARROWEST, min(width or _USUAL, _WIDEST if stream.isatty() else sys.maxsize))


def _colorful(choice: str) -> bool:
    return choice == "always" or (choice == "auto" and not os.environ.get("NO_COLOR") and _is_terminal(sys.stdout))


# ------------------------------------------------------------------------------------------ commands


_INDEX_HELP = f"The index.  [default: the nearest {FOLDER} in this folder or one above]"
_MATCH_HELP = """How far a word reaches: its very characters; all scripts (Simplified, Traditional, width, case) and forms of an
English word (chip = chips); words of other regions too (晶片 = 芯片); words of the other language too (chip = 芯片)."""
_LEXICON_HELP = f"""Equivalents of your own, a pair a line: TERM TAB TERM [TAB region, cross or never].
[default: lexicon.tsv in {FOLDER}, if there]"""
_PATH_HELP = "Only documents whose path matches, such as '*/news/*.md'; * crosses /."
_LANG_HELP = f"Only documents in {', '.join(LANGUAGES)}; zh, zh-CN, zh-TW and zh-HK will do, too."
_COPIES_HELP = "Show each of several near-identical passages by itself."
_JOBS_HELP = "Read by so many processes; else by as many as there are cores, up to four, if there is enough to read."
_DICTIONARY_HELP = "Words of your own, one a line: WORD [FREQUENCY] [TAG].  Kept with the index."
_ENGINE_HELP = "What keeps a new index: whoosh in its folder, opensearch in a cluster, of which the folder says where it is."
_URL_HELP = """A node of the cluster, with the index's name there behind it; give several, so that it does not depend on one.
[default name: tongwen]"""
_SHARDS_HELP = "In how many parts a cluster keeps the index; a rebuild changes that.  [default: 1, in a rebuild as before]"
_COLOR_HELP = "Mark hits by colour instead of « »; auto does so on a terminal, unless NO_COLOR is set."


def _known(ctx: click.Context, param: click.Parameter, encoding: str | None) -> str | None:
    """The encoding, if there is such a one; with a misspelt one all files would be skipped."""
    try:
        "".encode(encoding or "utf-8")
    except (LookupError, ValueError):
        raise _Trouble(f"{encoding} is no encoding known here; try utf-8, gb18030, big5, utf-16") from None
    return encoding


def _languages(ctx: click.Context, param: click.Parameter, begun: str) -> list[str]:
    """What may be meant by a language of which the beginning is typed."""
    return [language for language in LANGUAGES if language.lower().startswith(begun.lower())]


def _present(ctx: click.Context, param: click.Parameter, file: str | None) -> str | None:
    """The file, if it is there."""
    if file is not None and not os.path.exists(file):  # noqa: PTH110 - pathlib takes long to import
        raise _Trouble(f"{file or repr(file)}: no such file; check the spelling, or leave out {param.opts[0]}")
    return file


class _Number(click.IntRange):
    """A whole number, called so."""

    name = "number"


_dir, _file = click.Path(file_okay=False), click.Path(dir_okay=False)
index_option = click.option(
    "--index", "index_dir", metavar="DIR", envvar="TONGWEN_INDEX", show_envvar=True, type=_dir, help=_INDEX_HELP
)
match_option = click.option("--match", type=click.Choice(MATCH), default="cross", show_default=True, help=_MATCH_HELP)
shards_option = click.option("--shards", type=_Number(min=1), metavar="N", help=_SHARDS_HELP)
lexicon_option = click.option("--lexicon", metavar="FILE", type=_file, callback=_present, help=_LEXICON_HELP)
path_option = click.option("--path", metavar="GLOB", help=_PATH_HELP)
lang_option = click.option("--lang", metavar="LANGUAGE", shell_complete=_languages, help=_LANG_HELP)
copies_option = click.option("--copies", is_flag=True, help=_COPIES_HELP)
color_option = click.option(
    "--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True, help=_COLOR_HELP
)
_work_options = (
    index_option,
    click.option(
        "--encoding", metavar="NAME", callback=_known, help="Read all files in this encoding, such as big5; no guessing."
    ),
    click.option("--dictionary", metavar="FILE", type=_file, help=_DICTIONARY_HELP),
    click.option("-j", "--jobs", type=_Number(min=1), metavar="N", help=_JOBS_HELP),
    click.option("-q", "--quiet", is_flag=True, help="No progress and no report."),
    click.option("-v", "--verbose", is_flag=True, help=f"List all skipped files, not just {MOST_LISTED}."),
)


def _takes_work_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_work_options):
        command = option(command)
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tongwen", prog_name="tongwen", message="%(prog)s %(version)s")
def cli() -> None:
    """Full-text search in Simplified Chinese, Traditional Chinese and English at once.

    \b
    tongwen index notes/
    tongwen search 出口管制

    Exit status: 0 found or done, 1 nothing found, 2 trouble.
    """


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
@_takes_work_options
@click.option("--engine", type=click.Choice(ENGINES), metavar="ENGINE", help=_ENGINE_HELP)
@click.option("--url", "urls", multiple=True, metavar="URL", help=_URL_HELP)
@shards_option
def index(
    paths: tuple[str, ...],
    index_dir: str | None,
    engine: str | None,
    urls: tuple[str, ...],
    shards: int | None,
    **how: Any,
) -> None:
    """Add files and folders to the index, or bring it up to date.

    Reads again only what changed and drops what vanished.  Without PATH it does so for all that was indexed before.  PATH -
    is standard input.

    \b
    tongwen index notes/ report.txt
    tongwen index
    pandoc -t plain book.epub | tongwen index -
    tongwen index --engine opensearch --url https://search.example.org:9200/news news/

    The nearest index in this folder or one above is used; if there is none, it is made in this folder.  The first index on a
    machine compiles the lexicon, once for all indexes; that takes some seconds.

    Who you are for a cluster is said in the environment, not in the command: TONGWEN_OPENSEARCH_USER and
    TONGWEN_OPENSEARCH_PASSWORD, or TONGWEN_OPENSEARCH_API_KEY; TONGWEN_OPENSEARCH_CA names the file with the certificate of
    who signed its own, if no public authority did.
    """
    from ..index.build import build

    if engine != "opensearch" and (urls or shards):
        raise click.UsageError(f"{'--url' if urls else '--shards'} needs --engine opensearch")
    kept = {"engine": engine, "urls": urls, "shards": shards}
    how |= {name: value for name, value in kept.items() if value}
    location = index_dir or _nearest() or FOLDER if paths else _existing(index_dir)
    stdin = sys.stdin.buffer.read() if "-" in paths else None
    _work(build, location, paths, stdin=stdin, **how)


@cli.command()
@_takes_work_options
@shards_option
def rebuild(index_dir: str | None, shards: int | None, **how: Any) -> None:
    """Make the index anew from all that was indexed before.

    The old index answers until the new one is complete.  If the lexicon is another than before, or not there, it is compiled,
    which takes some seconds.

    \b
    tongwen rebuild
    tongwen rebuild --dictionary names.txt
    """
    from ..index.build import rebuild as rebuild_index

    how |= {"shards": shards} if shards else {}
    _work(rebuild_index, _existing(index_dir), **how)


def _work(job: Callable[..., Report], *what: Any, quiet: bool, verbose: bool, **how: Any) -> None:
    """Run a job on an index; unless `quiet`, with progress and a report."""
    from .progress import Progress, format_report

    progress = Progress(_err, _width(sys.stderr) if _is_terminal(sys.stderr) else None)
    try:
        report = job(*what, None if quiet else progress, **how)
    finally:
        progress.close()
    if not quiet:
        _say(*format_report(report, None if verbose else MOST_LISTED))


@cli.command(cls=_QueryCommand)
@click.argument("query", nargs=-1, required=True, metavar="QUERY...")
@index_option
@click.option(
    "-n",
    "--limit",
    type=_Number(min=0),
    metavar="N",
    help="Show N passages, 3 of a document at the most, with --json the best N; 0 shows all.  [default: 10]",
)
@match_option
@lexicon_option
@path_option
@lang_option
@copies_option
@click.option(
    "--json", is_flag=True, help="One JSON object a line for each passage; nothing on stdout and status 1 if there is none."
)
@click.option(
    "-l",
    "paths",
    is_flag=True,
    help="Only the paths of documents that have all the words in a passage, best first; all unless -n is given.",
)
@click.option(
    "-c", "count", is_flag=True, help="Only the number of passages with all the words, or if there are none, with some."
)
@color_option
def search(
    query: tuple[str, ...],
    index_dir: str | None,
    limit: int | None,
    lexicon: str | None,
    copies: bool,
    color: str,
    **asked: Any,
) -> NoReturn:
    """Find passages, best first.

    \b
    tongwen search 出口管制 AI
    tongwen search '"export controls"' --path '*.md'
    tongwen search “出口管制” -中国 --lang zh-Hant

    All words are wanted; where few passages have them all, those that have some come too.  "…" is a phrase, AND, OR, -word and
    ( ) work as usual, "a b"~5 is words near each other, chip* a beginning, chip~ a spelling like it, =word that spelling only,
    title:word in the title.  Words and phrases are also found by what else they are called; --match script holds that back.
    The shell eats straight quotes, so quote them once more; “…” and 「…」 it leaves alone.  After -- everything is query.

    What is marked for something else than itself says so: (≈晶片) is the word of another region for 晶片, (=chip) another word
    for chip, mostly of the other language, (~huang renxun) sounds like it, (~chpis) is spelt nearly so.  Passages of a document
    stand together; #7 behind a place is the passage's rank, if it is not the seventh.  Near-identical ones are shown as one.
    """
    from ..index.frozen import replace
    from . import render
    from .search import Searcher

    forms = [name for name in FORMS if asked.pop(name)]
    if len(forms) > 1:
        raise click.UsageError(f"{' and '.join(FORMS[name] for name in forms)} exclude each other; choose one")
    form = forms[0] if forms else "people"
    most = {"count": 1, "paths": 0}.get(form, 10 if limit is None else limit)
    asked["collapse"] = form in ("people", "json") and not copies
    more: dict[str, int] = {}
    with Searcher(_existing(index_dir), lexicon) as searcher:
        if form == "people" and most:
            results, more = _shown(lambda limit: searcher.search(" ".join(query), limit=limit, **asked), most)
        else:  # who asks for all gets all, and programs get the ranking as it is
            results = searcher.search(" ".join(query), limit=most, **asked)
    _say(*(f"tongwen: {warning}" for warning in results.warnings))
    if form == "count":
        lines = [str(results.complete or results.total)]
    elif form == "json":
        lines = render.format_json(results.hits)
    elif form == "paths":
        found = render.format_paths([hit for hit in results if hit.tier < 2] or results, _here())
        results = replace(results, documents=len(found))
        lines = found[: limit or None]
        lines = list(map(render.clean, lines)) if sys.stdout.isatty() else lines
    else:
        lines = render.format_hits(results.hits, _width(sys.stdout), _colorful(color), _here(), results.query, more)
    _out(lines)
    if form != "count" and not results.total:
        usual = {"match": "cross", "path": None, "lang": None}
        narrowed = [f"--{name}" for name in usual if asked[name] != usual[name]]
        _say(render.format_nothing(results.query, narrowed, _again("explain", results.query, index_dir, lexicon)))
    elif form in ("paths", "people"):
        _say(render.format_summary(results, len(lines) if form == "paths" else None))
    if results.partial:
        _say("no passage has all the words; these have some")
    elif form == "people" and results.complete < results.total:
        _say(f"{results.complete:,} of them {'has' if results.complete == 1 else 'have'} all the words, the others some")
    _say(*render.format_suggestions(results.suggestions))
    raise click.exceptions.Exit(0 if results.total else 1)


def _shown(search: Callable[[int], Results], limit: int) -> tuple[Results, dict[str, int]]:
    """A search for `limit` passages, of which few are of one document; and how many of each document were passed over.

    More than `limit` of the ranking are asked for only where some were passed over.
    """
    from ..index.frozen import replace
    from .render import MOST_PASSAGES, chosen

    asked, seconds = limit, 0.0
    while True:
        results = search(asked)
        seconds += results.seconds
        hits, more = chosen(results, limit)
        enough = min(limit, MOST_PASSAGES * results.documents)
        if len(hits) >= enough or len(results) < asked or asked >= FARTHEST * limit:
            return replace(results, hits=tuple(hits), seconds=seconds), more
        asked *= 4


def _again(command: str, query: str, index_dir: str | None, lexicon: str | None) -> str:
    """The command line that asks another command about the query of this one, with the same index and lexicon."""
    from shlex import join

    index = ["--index", index_dir] if index_dir and index_dir != os.environ.get("TONGWEN_INDEX") else []
    own = ["--lexicon", lexicon] if lexicon else []
    return join(["tongwen", command, *index, *own, *(["--"] if query.startswith("-") else []), query])


@cli.command()
@index_option
@click.option("--json", is_flag=True, help="One JSON object.")
def status(index_dir: str | None, json: bool) -> None:
    """Show what the index holds, and which files have changed since.

    \b
    tongwen status
    tongwen status --json
    """
    from ..index.build import status as status_of
    from .progress import format_status, format_status_json

    found = status_of(_existing(index_dir))
    _out([format_status_json(found)] if json else format_status(found))


@cli.command(cls=_QueryCommand)
@click.argument("query", nargs=-1, required=True, metavar="QUERY...")
@click.option(
    "--hit",
    type=_Number(min=1),
    metavar="N",
    help="Show what the score of the hit of rank N is made of: the Nth that a search shows, or the one it shows with #N.",
)
@index_option
@match_option
@lexicon_option
@path_option
@lang_option
@copies_option
@click.option(
    "-n",
    "--limit",
    type=_Number(min=0),
    metavar="N",
    expose_value=False,
    help="No effect: a hit's rank is the same however many are shown.  Taken so that the options of a search can be given.",
)
@click.option("--json", is_flag=True, help="One JSON object.")
@color_option
def explain(
    query: tuple[str, ...],
    hit: int | None,
    index_dir: str | None,
    lexicon: str | None,
    copies: bool,
    json: bool,
    color: str,
    **asked: Any,
) -> None:
    """Show how a query is folded, cut, widened and planned.

    \b
    tongwen explain 人工智慧晶片 -台灣
    tongwen explain 人工智慧晶片 --hit 3

    In the plan {…} and | are alternatives, ^ is what one is worth, ~ stands for several words together or only raises the
    score, - must be absent.  With --hit, give the options of the search that showed the hit.
    """
    from . import render
    from .search import EXAMPLE, Searcher

    text, width = " ".join(query), _width(sys.stdout)
    with Searcher(_existing(index_dir), lexicon) as searcher:
        if hit is not None:
            explained = searcher.explain_hit(text, hit, collapse=not copies, **asked)
            _say(*(f"tongwen: {warning}" for warning in explained.warnings))
            _out(
                [render.format_explained_hit_json(explained)]
                if json
                else render.format_explained_hit(explained, width, _colorful(color), _here())
            )
            return
        explanation = searcher.explain(text, **asked)
    if not explanation.plan:
        raise _Trouble("; ".join(["nothing to search for", *(explanation.warnings or [EXAMPLE])]))
    _say(*(f"tongwen: {warning}" for warning in explanation.warnings))
    _out([render.format_explanation_json(explanation)] if json else render.format_explanation(explanation, width))


@cli.command("why-not", cls=_QueryCommand)
@click.argument("file", type=click.Path())
@click.argument("query", nargs=-1, required=True, metavar="QUERY...")
@index_option
@match_option
@lexicon_option
@path_option
@lang_option
@click.option("--json", is_flag=True, help="One JSON object.")
def why_not(
    file: str, query: tuple[str, ...], index_dir: str | None, lexicon: str | None, json: bool, **asked: Any
) -> NoReturn:
    """Show why a query does not find a file: where it was lost, and what to do.

    \b
    tongwen why-not news/chips.txt 晶片 出口

    Give --match, --lexicon, --path and --lang as in the search that did not find it.  Exit status: 0 if it is found, 1 if not.
    """
    from . import render
    from .search import Searcher

    with Searcher(_existing(index_dir), lexicon) as searcher:
        reason = searcher.why_not(file, " ".join(query), **asked)
    _say(*(f"tongwen: {warning}" for warning in reason.warnings))
    _out([render.format_why_not_json(reason)] if json else map(render.clean, reason.sentences))
    raise click.exceptions.Exit(0 if reason.found else 1)


def main() -> NoReturn:
    """Run the command line."""
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))  # noqa: PTH123, SIM115
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    gc.freeze()  # what is loaded by now stays; to look for rubbish in it again and again takes a tenth of a search
    try:
        cli(prog_name="tongwen")
    except Exception:  # a mistake of ours; Python would exit with 1, which means nothing found
        sys.excepthook(*sys.exc_info())
    finally:
        gc.freeze()  # nor is there anything to look for at the end
    sys.exit(2)
