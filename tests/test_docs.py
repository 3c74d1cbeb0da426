"""What the documents say is what the program does.

`python tests/test_docs.py` writes anew what can be written by a machine: docs/cli.md, the output of the commands that documents
show with it, and the values of parameters in docs/ranking.md.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
from conftest import ROOT, SEEDS
from tongwen.index import build
from tongwen.index.engines import evaluation
from tongwen.searcher import copies, last_resort, widen
from tongwen.searcher.cli import cli

README, REFERENCE, RANKING, LEXICON = (
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("cli", "ranking", "lexicon")),
)
SHOWN = (README, RANKING, LEXICON)
"""The documents that show what commands print."""

BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.S | re.M)
COMMAND = re.compile(r"\$ (?:tongwen (?:search|explain|why-not) [^#]+|printf [^#]+)")
"""A command that is shown with its output, if all commands of its block are such; a remark behind it says that it is not."""

PARAMETER = re.compile(r"^(\| `([A-Z0-9]+)` \| )([0-9.]+)( \|)", re.M)
HOMES = (evaluation, widen, last_resort, copies)
"""The modules whose constants docs/ranking.md gives, each under a name of its own."""

PLAIN = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR", "TONGWEN_INDEX")}


def reference() -> str:
    """The command reference, from the commands' own help."""
    parts = ["# Commands\n\nThis page is what `--help` prints; `python tests/test_docs.py` writes it.\n"]
    group = click.Context(cli, info_name="tongwen", terminal_width=100, **cli.context_settings)
    commands = [
        click.Context(command, parent=group, info_name=name, terminal_width=100) for name, command in cli.commands.items()
    ]
    parts += [f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n" for context in (group, *commands)]
    return "\n".join(parts)


@contextmanager
def surroundings() -> Iterator[Path]:
    """A folder with the sample documents in `seeds/`, an index of them, and this program as `tongwen` in `bin/`."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "seeds").symlink_to(SEEDS)
        (folder / "bin").mkdir()
        program = folder / "bin" / "tongwen"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from tongwen.searcher.cli import main; main()" "$@"\n')
        program.chmod(0o755)
        build(folder / ".tongwen", sorted(path for path in (folder / "seeds").iterdir() if path.is_dir()))
        yield folder


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One such folder for all tests here."""
    with surroundings() as made:
        yield made


def printed(block: str, folder: Path) -> str:
    """A block of commands with what they print; as it is if its commands are not of the kind that is shown with output."""
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    if not all(map(COMMAND.fullmatch, commands)):
        return block
    env = PLAIN | {"PATH": f"{folder / 'bin'}:{PLAIN['PATH']}"}
    parts = []
    for command in commands:
        ran = subprocess.run(["bash", "-c", command[2:]], cwd=folder, env=env, capture_output=True, encoding="utf-8")
        assert ran.returncode < 2, ran.stderr
        parts.append(f"{command}\n{ran.stdout}")
    return "".join(parts)


def values(text: str) -> str:
    """A text with the values of parameters in its tables as they are in the program."""
    return PARAMETER.sub(lambda row: f"{row[1]}{value(row[2]):g}{row[4]}", text)


def value(name: str) -> float:
    """The value of a parameter."""
    (found,) = {float(getattr(module, name)) for module in HOMES if hasattr(module, name)}
    return found


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language in the README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.S | re.M)


def test_reference_is_help() -> None:
    """docs/cli.md is what the commands say of themselves."""
    assert REFERENCE.read_text(encoding="utf-8").split() == reference().split()  # versions of click differ in white space


@pytest.mark.parametrize("path", SHOWN, ids=str)
def test_output_is_printed(path: Path, folder: Path) -> None:
    """What a document shows as the output of commands is what they print."""
    shown = [block for block in BLOCK.findall(path.read_text(encoding="utf-8")) if COMMAND.match(block)]

    assert shown
    assert [block for block in shown if not all(line.startswith("$ ") for line in block.splitlines())] == shown  # has output
    assert [printed(block, folder) for block in shown] == shown


def test_sample_shows_regions_and_languages() -> None:
    """The README opens with one search that finds three words for one thing, and says of each what it stands for."""
    shown = BLOCK.findall(README.read_text(encoding="utf-8"))[0]

    assert set(re.findall("«(.*?)»", shown)) >= {"晶片", "芯片", "chips"}
    assert "«芯片» (≈晶片)" in shown
    assert "«chips» (=晶片)" in shown


def test_values_are_those_of_the_program() -> None:
    """docs/ranking.md has every parameter of the ranking and of the widening, with its value."""
    text = RANKING.read_text(encoding="utf-8")
    names = {name for module in (evaluation, widen) for name, kept in vars(module).items() if isinstance(kept, (int, float))}

    assert text == values(text)
    assert {row[2] for row in PARAMETER.finditer(text)} >= names


def test_two_lines() -> None:
    """The first two sh blocks are one line each: set up and search, set up and test."""
    first, second = blocks("sh")[:2]

    assert (first.count("\n"), second.count("\n")) == (1, 1)
    assert "tongwen index seeds" in first
    assert "pytest" in second


def test_ci_runs_the_second_line() -> None:
    """CI runs exactly the README's second sh block."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extract = re.search(r"command=\$\((.*)\)\n", script)

    assert extract is not None
    out = subprocess.run(["bash", "-c", extract[1]], cwd=ROOT, capture_output=True, check=True, encoding="utf-8").stdout
    assert out == blocks("sh")[1]


def test_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The README's Python example runs as it stands and finds both scripts and the other region's word."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds").symlink_to(SEEDS)

    exec(blocks("python")[0], {})  # noqa: S102 - our own README

    out = capsys.readouterr().out
    assert "('黄仁勋', 'script')" in out
    assert "('黃仁勳', 'exact')" in out
    assert "('芯片', 'region')" in out


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_commands_are_introduced(name: str) -> None:
    """Every command has a help text and appears in the README."""
    assert cli.commands[name].help
    assert f"tongwen {name}" in README.read_text(encoding="utf-8")


def test_dependencies_have_reasons() -> None:
    """Every dependency is in the README's table, with why."""
    config = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    names = re.findall(r"^    ([\w-]+) >=", config.split("install_requires")[1].split("[options.package_data]")[0], re.M)
    reasons = {name.lower() for name in re.findall(r"^\| ([\w-]+) \| \w", README.read_text(encoding="utf-8"), re.M)}

    assert len(names) == 14
    assert set(map(str.lower, names)) <= reasons


@pytest.mark.parametrize(
    "path", [README, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "bench").glob("*.md"))], ids=str
)
def test_links_lead_somewhere(path: Path) -> None:
    """Links between the documents lead to files that exist."""
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


def _write() -> None:
    REFERENCE.write_text(reference(), encoding="utf-8")
    with surroundings() as folder:
        for path in SHOWN:
            text = BLOCK.sub(lambda block: printed(block[0], folder), path.read_text(encoding="utf-8"))
            path.write_text(values(text) if path == RANKING else text, encoding="utf-8")


if __name__ == "__main__":
    _write()
