"""What a Python programmer would otherwise take, on the same corpus: pages as documents, the ten best, no marks.

Owns how the peers index, update and search; does not own what is measured (`run.py`, `warm.py`).

    python bench/peers.py PEER CORPUS INDEX     index the corpus, or bring the index up to date

Both get a courtesy that tongwen's index has built in: OpenCC's `t2s` on text and query, so that both scripts are one.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

LIMIT = 10


class Engine(Protocol):
    """What can be measured."""

    def __init__(self, index: Path) -> None: ...

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are; `form` is `word`, `phrase` (of one part) or `or` (of several)."""


def pages(corpus: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Path and stat of every page, sorted by path."""
    for path in sorted(corpus.rglob("*")):
        if path.is_file():
            yield str(path), path.stat()


def text_of(path: str) -> str:
    """A page's text; the corpus is UTF-8."""
    return Path(path).read_text(encoding="utf-8", errors="replace")


class Fts5:
    """SQLite's FTS5, with rjieba's words joined by spaces for its tokenizer to find; the texts are kept beside them."""

    schema = """
        CREATE TABLE pages (id INTEGER PRIMARY KEY, path TEXT UNIQUE, size INTEGER, mtime INTEGER, text TEXT);
        CREATE VIRTUAL TABLE postings USING fts5(words, content='');
    """

    def __init__(self, index: Path) -> None:
        import opencc
        import rjieba

        index.mkdir(parents=True, exist_ok=True)
        self._simplified, self._cut = opencc.OpenCC("t2s").convert, rjieba.Jieba().cut
        self._database = sqlite3.connect(index / "pages.sqlite3")

    def words(self, text: str) -> str:
        """What FTS5 gets to see of a text."""
        return " ".join(self._cut(self._simplified(text).lower()))

    def update(self, corpus: Path) -> None:
        """Index what is new or changed, remove what vanished."""
        if not self._database.execute("SELECT 1 FROM sqlite_master").fetchone():
            self._database.executescript(self.schema)
        select = "SELECT path, id, size, mtime, text FROM pages"
        known = {path: rest for path, *rest in self._database.execute(select)}
        found = dict(pages(corpus))
        for path in known.keys() - found.keys():
            self._remove(known[path])
        for path, info in found.items():
            old = known.get(path)
            if old is None or old[1:3] != [info.st_size, info.st_mtime_ns]:
                self._remove(old)
                self._add(path, info)
        self._database.commit()

    def _add(self, path: str, info: os.stat_result) -> None:
        text = text_of(path)
        row = (path, info.st_size, info.st_mtime_ns, text)
        cursor = self._database.execute("INSERT INTO pages (path, size, mtime, text) VALUES (?, ?, ?, ?)", row)
        self._database.execute("INSERT INTO postings (rowid, words) VALUES (?, ?)", (cursor.lastrowid, self.words(text)))

    def _remove(self, old: list[Any] | None) -> None:
        if old is not None:
            number, _, _, text = old
            self._database.execute(
                "INSERT INTO postings (postings, rowid, words) VALUES ('delete', ?, ?)", (number, self.words(text))
            )
            self._database.execute("DELETE FROM pages WHERE id = ?", (number,))

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        asked = " OR ".join('"' + self.words(part).replace('"', '""') + '"' for part in parts)
        select = "SELECT rowid FROM postings WHERE postings MATCH ? ORDER BY rank LIMIT ?"
        return len(self._database.execute(select, (asked, LIMIT)).fetchall())


class Tutorial:
    """Whoosh with the ChineseAnalyzer that jieba brings for it, as in every tutorial."""

    def __init__(self, index: Path) -> None:
        import jieba
        import opencc
        from jieba.analyse import ChineseAnalyzer
        from whoosh import fields
        from whoosh import index as whoosh_index

        jieba.setLogLevel("ERROR")
        self._simplified = opencc.OpenCC("t2s").convert
        schema = fields.Schema(
            path=fields.ID(stored=True, unique=True),
            mtime=fields.STORED,
            content=fields.TEXT(analyzer=ChineseAnalyzer(), stored=True),
        )
        index.mkdir(parents=True, exist_ok=True)
        exists = whoosh_index.exists_in(str(index))
        self._index = whoosh_index.open_dir(str(index)) if exists else whoosh_index.create_in(str(index), schema)
        self._searcher: Any = None

    def update(self, corpus: Path) -> None:
        """Index what is new or changed, remove what vanished."""
        with self._index.searcher() as searcher:
            known = {stored["path"]: stored["mtime"] for stored in searcher.all_stored_fields()}
        found = dict(pages(corpus))
        writer = self._index.writer()
        for path in known.keys() - found.keys():
            writer.delete_by_term("path", path)
        for path, info in found.items():
            if known.get(path) != info.st_mtime_ns:
                put = writer.update_document if path in known else writer.add_document
                put(path=path, mtime=info.st_mtime_ns, content=self._simplified(text_of(path)))
        writer.commit()

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        from whoosh.qparser import QueryParser

        self._searcher = self._searcher or self._index.searcher()
        parser = QueryParser("content", self._index.schema)
        typed = [f'"{part}"' if form == "phrase" else part for part in parts]
        return len(list(self._searcher.search(parser.parse(self._simplified(" OR ".join(typed))), limit=LIMIT)))


PEERS: dict[str, type[Fts5] | type[Tutorial]] = {"fts5": Fts5, "tutorial": Tutorial}


if __name__ == "__main__":
    name, corpus_dir, index_dir = sys.argv[1:]
    PEERS[name](Path(index_dir)).update(Path(corpus_dir))
