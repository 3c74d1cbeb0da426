"""Bring the parallel help corpus that the figures are of: the same pages in English, Simplified and Traditional Chinese.

It is LibreOffice's help as Debian and Ubuntu package it: downloaded, unpacked and reduced to text on your machine, because
its licence (MPL-2.0) is not ours and none of it belongs in this repository.  Needs apt-get and dpkg, but neither root nor an
installation.

    python bench/corpus.py DIR

A page becomes DIR/{en,zh-CN,zh-TW}/PATH.txt: its title, then its paragraphs, each once, one a line.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = ("libreoffice-help-en-us", "libreoffice-help-zh-cn", "libreoffice-help-zh-tw")
LANGUAGES = {"en-US": "en", "zh-CN": "zh-CN", "zh-TW": "zh-TW"}
"""The packages' folders, and ours."""

_PARAGRAPHS = "p, pre, h1, h2, h3, h4, h5, h6"


class CannotBring(Exception):
    """The corpus cannot be had; the message is one line and says what to do."""


def default_folder() -> Path:
    """Where the corpus is kept if nobody says otherwise."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "tongwen-bench", "help")


def bring(target: Path) -> int:
    """Make the corpus in `target`, which must be empty or not exist; how many pages it has.  Raises CannotBring."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CannotBring(f"{target} is there already; name an empty folder")
    with tempfile.TemporaryDirectory(prefix="tongwen-help-") as name:
        scratch = Path(name)
        scratch.chmod(0o755)  # apt-get may give up its rights for the download
        _run(["apt-get", "-q", "download", *PACKAGES], scratch)
        archives = sorted(scratch.glob("*.deb"))
        for archive in archives:
            print(f"unpacking {archive.name}", file=sys.stderr)
            _run(["dpkg", "-x", archive.name, "unpacked"], scratch)
        new = target.with_name(f"{target.name}.new")
        pages = _convert(scratch / "unpacked" / "usr" / "share" / "libreoffice" / "help", new)
    if not pages:
        raise CannotBring(f"the packages {', '.join(PACKAGES)} hold no pages where they used to; was LibreOffice reorganised?")
    new.replace(target)  # whole or not at all
    return pages


def _run(command: list[str], folder: Path) -> None:
    environment = os.environ | {"LC_ALL": "C"}
    try:
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise CannotBring(
            f"{command[0]} is not here: the corpus comes from Debian packages; or name a folder of your own: --corpus DIR"
        ) from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or [f"exit status {error.returncode}"])[-1]
        raise CannotBring(f"{' '.join(command[:3])}: {last}; perhaps after: apt-get update") from None


def _convert(unpacked: Path, target: Path) -> int:
    pages = 0
    for folder, language in LANGUAGES.items():
        below = unpacked / folder / "text"
        for page in sorted(below.rglob("*.html")):
            path = (target / language / page.relative_to(below)).with_suffix(".txt")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text_of(page.read_text(encoding="utf-8")), encoding="utf-8")
            pages += 1
    return pages


def text_of(html: str) -> str:
    """The title of a page and its paragraphs, each once, one a line, without what surrounds every page."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    title = tree.css_first("title")
    lines = [title.text() if title else ""]
    content = tree.css_first("#DisplayArea")
    lines += [node.text() for node in content.css(_PARAGRAPHS)] if content else []
    tidy = (" ".join(line.split()) for line in lines)
    return "".join(f"{line}\n" for line in dict.fromkeys(tidy) if line)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Bring the parallel help corpus: LibreOffice's help in three languages.")
    parser.add_argument("target", metavar="DIR", type=Path, help="an empty or new folder")
    target = parser.parse_args().target
    try:
        print(f"{bring(target)} pages in {target}")
    except (CannotBring, OSError) as error:
        sys.exit(f"corpus.py: {error}")


if __name__ == "__main__":
    main()
