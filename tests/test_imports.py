"""What a query loads: most of its time is imports, so each module that it may import is named here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tongwen.index import build

LIBRARIES = {"click", "marisa_trie", "Stemmer"}

STANDARD = {"array", "bisect", "fcntl", "fnmatch", "gc", "heapq", "ipaddress", "json", "locale", "mmap"}
STANDARD |= {"ntpath", "pathlib", "pickle", "struct", "unicodedata", "urllib", "zlib"}
"""Beyond what click imports itself; not every Python needs all of them."""

INDEX = {"index", "index.analysis", "index.build", "index.english", "index.errors", "index.fold", "index.frozen"}
INDEX |= {"index.generation", "index.lexicon", "index.model", "index.patterns", "index.scripts", "index.segment", "index.texts"}
INDEX |= {"index.engines", "index.engines.base", "index.engines.embedded", "index.engines.evaluation", "index.engines.segments"}
INDEX |= {"index.engines.bitmaps", "index.engines.bytewise", "index.engines.found", "index.engines.neighbours"}
INDEX |= {"index.engines.scoring", "index.engines.w3"}

SEARCHER = {"searcher", "searcher.cli", "searcher.copies", "searcher.highlight", "searcher.last_resort", "searcher.plan"}
SEARCHER |= {"searcher.query", "searcher.rank", "searcher.render", "searcher.results", "searcher.search", "searcher.widen"}

BY_SOUND = {"index.data", "searcher.sounds", "searcher.suggest"}
"""What is looked up by its sound and its spelling, where little is found."""

TEXTS = [f"第{number}個機房的出口管制。\n\nThe chips of house {number}.\n" for number in range(4)]

RUN = """
import sys
from tongwen.searcher.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of four documents."""
    folder = tmp_path_factory.mktemp("imports")
    for number, text in enumerate(TEXTS):
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    build(folder / "index", [folder])
    return folder / "index"


def loaded(code: str, *args: str, index: str | Path = "") -> set[str]:
    """The modules that a Python has in the end, by what it writes to stderr."""
    environment = {**os.environ, "TONGWEN_INDEX": str(index)}
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, env=environment, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    return set(done.stderr.decode().splitlines()[-1].split())


def beyond_click(modules: set[str]) -> tuple[set[str], set[str], set[str]]:
    """Our modules (without `tongwen.`), others' packages, and packages of the standard library that click does not import."""
    of_click = loaded("import sys, click; print(*sys.modules, file=sys.stderr)")
    ours = {name.removeprefix("tongwen.") for name in modules if name.startswith("tongwen.")}
    others = {name.split(".")[0] for name in modules} - {name.split(".")[0] for name in of_click} - {"tongwen"}
    packages = {name for name in others if not name.startswith(("_", "cython_runtime"))}
    return ours, packages - sys.stdlib_module_names, packages & sys.stdlib_module_names


@pytest.mark.parametrize(
    ("args", "ours", "libraries", "standard"),
    [
        (["--help"], {"searcher", "searcher.cli"}, set(), {"bz2", "lzma", "shutil", "textwrap"}),
        (["search", "机房"], INDEX | SEARCHER, LIBRARIES, set()),
        (["search", "chip"], INDEX | SEARCHER, LIBRARIES, set()),
        (["search", "--json", '"出口管制" -xyz'], INDEX | SEARCHER, LIBRARIES, set()),
        (["search", "没有这个词"], INDEX | SEARCHER | BY_SOUND, LIBRARIES, {"shlex", "string"}),
        (["search", "nothing"], INDEX | SEARCHER | BY_SOUND, LIBRARIES, {"shlex", "string"}),
        (["search", "rongjia"], INDEX | SEARCHER | BY_SOUND, LIBRARIES | {"rapidfuzz"}, {"shlex", "string"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_imports(index, args, ours, libraries, standard):
    """A query imports only what it needs; help nothing of the library."""
    found_ours, found_libraries, found_standard = beyond_click(loaded(RUN, *args, index=index))

    assert found_ours == ours
    assert found_libraries == libraries - {"click"}
    assert found_standard <= STANDARD | standard
