"""What all tests share: a cache of their own, where corpora are, and small indexes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from opensearch_node import CACHE, Cluster, unavailable
from tongwen.index import build
from tongwen.searcher import Searcher

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
ARTICLES = ROOT.parent / "shared" / "corpus" / "articles"

Indexed = Callable[..., Searcher]


def pytest_configure(config: pytest.Config) -> None:
    """Give this run and every process it starts one folder for caches, unless the environment names one.

    So the lexicon is compiled once in a run, and the user's own cache stays as it is.  Only OpenSearch is kept from run to run.
    """
    os.environ["TONGWEN_TESTS_CACHE"] = str(CACHE)
    if "XDG_CACHE_HOME" not in os.environ:
        folder = TemporaryDirectory(prefix="tongwen-cache-", ignore_cleanup_errors=True)
        os.environ["XDG_CACHE_HOME"] = folder.name
        config.add_cleanup(lambda: (os.environ.pop("XDG_CACHE_HOME", None), folder.cleanup()))


@pytest.fixture
def articles() -> Path:
    """Five real articles, which are not part of the project; skips where they are not beside the checkout."""
    if not ARTICLES.is_dir():
        pytest.skip("the articles are other people's text and not part of the project")
    return ARTICLES


@pytest.fixture
def indexed(tmp_path: Path) -> Indexed:
    """Index texts, given as `name=text` or a mapping of file names to texts, and open the index."""
    opened: list[Searcher] = []

    def make(files: dict[str, str] | None = None, **texts: str) -> Searcher:
        folder = tmp_path / "files"
        for name, text in {**(files or {}), **{f"{name}.txt": text for name, text in texts.items()}}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        build(tmp_path / "index", [folder])
        opened.append(Searcher(tmp_path / "index"))
        return opened[-1]

    yield make  # type: ignore[misc]  # a generator fixture
    for searcher in opened:
        searcher.close()


@pytest.fixture(scope="session")
def seeds_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the project's own sample documents."""
    index_dir = tmp_path_factory.mktemp("seeds") / "index"
    build(index_dir, [SEEDS])
    return index_dir


@pytest.fixture(scope="session")
def opensearch() -> type[Cluster]:
    """`Cluster`, for tests with nodes of their own; skips where none can be started, but fails if that is where CI runs."""
    if reason := unavailable():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no OpenSearch: {reason}")
    return Cluster


@pytest.fixture(scope="session")
def opensearch_url(opensearch: type[Cluster]) -> Iterator[str]:
    """Where one node of OpenSearch answers, which all tests share: each makes indexes of its own and removes them."""
    with opensearch() as cluster:
        yield cluster.urls[0]
