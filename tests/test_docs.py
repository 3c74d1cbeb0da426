"""What the documents say is what the program does.

`python tests/test_docs.py` writes docs/cli.md and the README's sample of output anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from conftest import ROOT, SEEDS
from tongwen.index import build
from tongwen.searcher.cli import cli

README, REFERENCE = ROOT / "README.md", ROOT / "docs" / "cli.md"
SAMPLE = re.compile(r"(```console\n\$ tongwen search 华为 -n 3\n)(.*?)(```\n)", re.S)
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


def sample(folder: Path) -> str:
    """What the search in the README prints, run where the sample documents are in `seeds/`."""
    (folder / "seeds").symlink_to(SEEDS)
    build(folder / ".tongwen", sorted(path for path in (folder / "seeds").iterdir() if path.is_dir()))
    command = [sys.executable, "-c", "from tongwen.searcher.cli import main; main()", "search", "华为", "-n", "3"]
    return subprocess.run(command, cwd=folder, env=PLAIN, capture_output=True, check=True, encoding="utf-8").stdout


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language in the README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.S | re.M)


def test_reference_is_help() -> None:
    """docs/cli.md is what the commands say of themselves."""
    assert REFERENCE.read_text(encoding="utf-8").split() == reference().split()  # versions of click differ in white space


def test_sample_is_output(tmp_path: Path) -> None:
    """The README opens with what the search really prints."""
    shown = SAMPLE.search(README.read_text(encoding="utf-8"))

    assert shown is not None
    assert shown[2] == sample(tmp_path)


def test_sample_shows_three_spellings(tmp_path: Path) -> None:
    """The sample shows one name found in three spellings."""
    assert len(set(re.findall("«(.*?)»", sample(tmp_path)))) >= 3


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
    printed = subprocess.run(["bash", "-c", extract[1]], cwd=ROOT, capture_output=True, check=True, encoding="utf-8").stdout
    assert printed == blocks("sh")[1]


def test_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The README's Python example runs as it stands and finds both scripts."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds").symlink_to(SEEDS)

    exec(blocks("python")[0], {})  # noqa: S102 - our own README

    printed = capsys.readouterr().out
    assert "黄仁勋" in printed
    assert re.search("黃仁[勳勛]", printed)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_commands_are_introduced(name: str) -> None:
    """Every command has a help text and appears in the README."""
    assert cli.commands[name].help
    assert f"tongwen {name}" in README.read_text(encoding="utf-8")


def test_dependencies_have_reasons() -> None:
    """Every dependency is in the README's table, with why."""
    config = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    names = re.findall(r"^    ([a-z0-9-]+) >=", config.split("install_requires")[1].split("[options.package_data]")[0], re.M)
    reasons = {name.lower() for name in re.findall(r"^\| ([\w-]+) \| \w", README.read_text(encoding="utf-8"), re.M)}

    assert len(names) == 8
    assert set(names) <= reasons


@pytest.mark.parametrize(
    "path", [README, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "bench").glob("*.md"))], ids=str
)
def test_links_lead_somewhere(path: Path) -> None:
    """Links between the documents lead to files that exist."""
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


def _write() -> None:
    import tempfile

    REFERENCE.write_text(reference(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        output = sample(Path(folder))
    text = README.read_text(encoding="utf-8")
    README.write_text(SAMPLE.sub(lambda match: match[1] + output + match[3], text), encoding="utf-8")


if __name__ == "__main__":
    _write()
