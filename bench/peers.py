"""What a Python programmer would otherwise take, on the same corpus: pages as documents, the ten best, no marks.

Owns how the peers index, update and search; does not own what is measured (`run.py`, `scale.py`, `warm.py`).

    python bench/peers.py PEER index CORPUS INDEX     index the corpus, or bring the index up to date
    python bench/peers.py PEER search INDEX WORD      a search from a terminal

Most get a courtesy that tongwen's index has built in: OpenCC's `t2s` on text and query, so that both scripts are one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

LIMIT = 10
_OPERATORS = {"all": " AND ", "or": " OR "}


class Engine(Protocol):
    """What can be measured."""

    def __init__(self, index: Path) -> None: ...

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are; `form` is `word` or `phrase` (of one part), `all` or `or` (of several)."""


def pages(corpus: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Path and stat of every page, sorted by path."""
    for path in sorted(corpus.rglob("*")):
        if path.is_file():
            yield str(path), path.stat()


def text_of(path: str) -> str:
    """A page's text; the corpus is UTF-8."""
    return Path(path).read_text(encoding="utf-8", errors="replace")


def quoted(form: str, parts: Sequence[str], prepare: Callable[[str], str] = str) -> str:
    """A query as several engines read it: every part, as prepared for the index, in quotes, with AND or OR between."""
    return _OPERATORS.get(form, " ").join('"' + prepare(part).replace('"', " ") + '"' for part in parts)


def simplified() -> Callable[[str], str]:
    """What makes Simplified text of any, in small letters."""
    import opencc

    convert = opencc.OpenCC("t2s").convert
    return lambda text: convert(text).lower()


def segmented() -> Callable[[str], str]:
    """What makes Simplified words with spaces between of any text."""
    import rjieba

    convert, cut = simplified(), rjieba.Jieba().cut
    return lambda text: " ".join(cut(convert(text)))


class Peer:
    """An engine that looks which pages are new or changed; of each it keeps the path and a stamp, which `_known` gives."""

    label = module = install = ""
    """Its name for people, the module that it needs, the command that brings that."""

    def __init__(self, index: Path) -> None:
        index.mkdir(parents=True, exist_ok=True)
        self.folder = str(index)

    @classmethod
    def installed(cls) -> bool:
        """Whether it can be measured here."""
        return importlib.util.find_spec(cls.module) is not None

    def update(self, corpus: Path) -> None:
        """Index what is new or changed, remove what vanished."""
        known, found = dict(self._known()), dict(pages(corpus))
        for path in known.keys() - found.keys():
            self._remove(path)
        for path, info in found.items():
            stamp = f"{info.st_size} {info.st_mtime_ns}"
            if known.get(path) != stamp:
                if path in known:
                    self._remove(path)
                self._add(path, stamp, text_of(path))
        self._commit()

    def _known(self) -> Iterable[tuple[str, str]]:
        raise NotImplementedError

    def _add(self, path: str, stamp: str, text: str) -> None:
        raise NotImplementedError

    def _remove(self, path: str) -> None:
        raise NotImplementedError

    def _commit(self) -> None:
        raise NotImplementedError

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        raise NotImplementedError


class Fts5(Peer):
    """SQLite's FTS5, with rjieba's words joined by spaces for its tokenizer to find; the texts are kept beside them."""

    label, module, install = "FTS5 + rjieba", "rjieba", "python -m pip install rjieba"
    tokenizer, prepared = "unicode61", staticmethod(segmented)

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self._terms = self.prepared()
        self._database = sqlite3.connect(index / "pages.sqlite3")
        self._run = self._database.execute
        if not self._run("SELECT 1 FROM sqlite_master").fetchone():
            self._run("CREATE TABLE pages (id INTEGER PRIMARY KEY, path TEXT UNIQUE, stamp TEXT, text TEXT)")
            self._run(f"CREATE VIRTUAL TABLE postings USING fts5(terms, content='', tokenize={self.tokenizer})")

    def _known(self) -> Iterable[tuple[str, str]]:
        return self._run("SELECT path, stamp FROM pages")

    def _add(self, path: str, stamp: str, text: str) -> None:
        number = self._run("INSERT INTO pages (path, stamp, text) VALUES (?, ?, ?)", (path, stamp, text)).lastrowid
        self._run("INSERT INTO postings (rowid, terms) VALUES (?, ?)", (number, self._terms(text)))

    def _remove(self, path: str) -> None:
        # FTS5 wants to be told what was in it.
        number, text = self._run("SELECT id, text FROM pages WHERE path = ?", (path,)).fetchone()
        self._run("INSERT INTO postings (postings, rowid, terms) VALUES ('delete', ?, ?)", (number, self._terms(text)))
        self._run("DELETE FROM pages WHERE id = ?", (number,))

    def _commit(self) -> None:
        self._database.commit()

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        select = "SELECT rowid FROM postings WHERE postings MATCH ? ORDER BY rank LIMIT ?"
        return len(self._run(select, (quoted(form, parts, self._terms), LIMIT)).fetchall())


class Trigram(Fts5):
    """SQLite's FTS5 with its tokenizer for any script: every three characters; words of one or two are not found."""

    label, module, install = "FTS5 trigram", "sqlite3", "a Python with SQLite 3.34 or later"
    tokenizer, prepared = "trigram", staticmethod(simplified)

    @classmethod
    def installed(cls) -> bool:
        """Whether SQLite is new enough."""
        return sqlite3.sqlite_version_info >= (3, 34)


class Xapian(Peer):
    """Xapian's own way with Chinese: single characters and pairs of them; other scripts in words."""

    label, module, install = "Xapian n-grams", "xapian", "apt-get install python3-xapian (for the system's Python)"

    def __init__(self, index: Path) -> None:
        import xapian

        super().__init__(index)
        self._xapian, self._terms = xapian, simplified()
        self._database: Any = None
        self._query = xapian.QueryParser()
        self._query.set_default_op(xapian.Query.OP_AND)

    def _known(self) -> Iterable[tuple[str, str]]:
        self._database = self._xapian.WritableDatabase(self.folder, self._xapian.DB_CREATE_OR_OPEN)
        for posting in self._database.postlist(""):
            path, stamp = json.loads(self._database.get_document(posting.docid).get_data())
            yield path, stamp

    def _add(self, path: str, stamp: str, text: str) -> None:
        document, generator = self._xapian.Document(), self._xapian.TermGenerator()
        generator.set_flags(generator.FLAG_CJK_NGRAM)
        generator.set_document(document)
        generator.index_text(self._terms(text))
        document.set_data(json.dumps([path, stamp]))
        document.add_boolean_term(self._name(path))
        self._database.add_document(document)

    def _remove(self, path: str) -> None:
        self._database.delete_document(self._name(path))

    def _commit(self) -> None:
        self._database.commit()

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        self._database = self._database or self._xapian.Database(self.folder)
        flags = self._query.FLAG_CJK_NGRAM | self._query.FLAG_PHRASE | self._query.FLAG_BOOLEAN
        enquire = self._xapian.Enquire(self._database)
        enquire.set_query(self._query.parse_query(quoted(form, parts, self._terms), flags))
        return len(list(enquire.get_mset(0, LIMIT)))

    @staticmethod
    def _name(path: str) -> str:
        return "Q" + path[-200:]  # a term has at most 245 bytes


class Tantivy(Peer):
    """Tantivy, Lucene's kin in Rust, over rjieba's words joined by spaces."""

    label, module, install = "Tantivy + rjieba", "tantivy", "python -m pip install tantivy"

    def __init__(self, index: Path) -> None:
        import tantivy

        super().__init__(index)
        self._tantivy, self._terms = tantivy, segmented()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("path", stored=True, tokenizer_name="raw")
        builder.add_text_field("stamp", stored=True, tokenizer_name="raw")
        builder.add_text_field("terms")
        self._index = tantivy.Index(builder.build(), path=self.folder)
        self._searcher = self._index.searcher()
        self._writer: Any = None

    def _known(self) -> Iterable[tuple[str, str]]:
        self._writer = self._index.writer()
        most = max(1, self._searcher.num_docs)
        for _, address in self._searcher.search(self._tantivy.Query.all_query(), most, count=False).hits:
            page = self._searcher.doc(address)
            yield page.get_first("path"), page.get_first("stamp")

    def _add(self, path: str, stamp: str, text: str) -> None:
        self._writer.add_document(self._tantivy.Document(path=path, stamp=stamp, terms=self._terms(text)))

    def _remove(self, path: str) -> None:
        self._writer.delete_documents_by_term("path", path)

    def _commit(self) -> None:
        self._writer.commit()
        self._writer.wait_merging_threads()

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        query = self._index.parse_query(quoted(form, parts, self._terms), ["terms"])
        return len(self._searcher.search(query, LIMIT, count=False).hits)


class Command(Peer):
    """The `whoosh` command that whoosh3 brings; it knows no Chinese words, a run of Chinese characters is one word."""

    label, module, install = "whoosh command", "whoosh", "python -m pip install whoosh3"

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self._searcher: Any = None

    def update(self, corpus: Path) -> None:
        """Index what is new or changed; the command wants its index inside the folder, so the folder is one of links."""
        from whoosh.cli import main

        for path in corpus.iterdir():
            link = Path(self.folder, path.name)
            if not link.is_symlink():
                link.symlink_to(path.resolve())
        main(["index", "--update", "--follow-symlinks", self.folder])

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are, as the command asks for them."""
        from whoosh.cli import INDEX_DIRNAME
        from whoosh.index import open_dir
        from whoosh.qparser import MultifieldParser

        self._searcher = self._searcher or open_dir(str(Path(self.folder, INDEX_DIRNAME))).searcher()
        parser = MultifieldParser(["title", "body"], self._searcher.schema, fieldboosts={"title": 2.0, "body": 1.0})
        return len(list(self._searcher.search_page(parser.parse(quoted(form, parts)), 1, pagelen=LIMIT)))


class Tutorial(Peer):
    """Whoosh with the ChineseAnalyzer that jieba brings for it, as in every tutorial."""

    label, module, install = "Whoosh + jieba", "jieba", "python -m pip install jieba whoosh3"

    def __init__(self, index: Path) -> None:
        import jieba
        from jieba.analyse import ChineseAnalyzer
        from whoosh import fields
        from whoosh import index as whoosh_index

        super().__init__(index)
        jieba.setLogLevel("ERROR")
        self._simplified = simplified()
        schema = fields.Schema(
            path=fields.ID(stored=True, unique=True),
            stamp=fields.STORED,
            content=fields.TEXT(analyzer=ChineseAnalyzer(), stored=True),
        )
        exists = whoosh_index.exists_in(self.folder)
        self._index = whoosh_index.open_dir(self.folder) if exists else whoosh_index.create_in(self.folder, schema)
        self._writer: Any = None
        self._searcher: Any = None

    def _known(self) -> Iterable[tuple[str, str]]:
        self._writer = self._index.writer()
        with self._index.searcher() as searcher:
            yield from ((stored["path"], stored["stamp"]) for stored in searcher.all_stored_fields())

    def _add(self, path: str, stamp: str, text: str) -> None:
        self._writer.add_document(path=path, stamp=stamp, content=self._simplified(text))

    def _remove(self, path: str) -> None:
        self._writer.delete_by_term("path", path)

    def _commit(self) -> None:
        self._writer.commit()

    def search(self, form: str, parts: Sequence[str]) -> int:
        """How many of the ten best there are."""
        from whoosh.qparser import QueryParser

        self._searcher = self._searcher or self._index.searcher()
        typed = _OPERATORS.get(form, " ").join(map(self._simplified, parts))
        query = QueryParser("content", self._index.schema).parse(f'"{typed}"' if form == "phrase" else typed)
        return len(list(self._searcher.search(query, limit=LIMIT)))


PEERS: dict[str, type[Peer]] = {
    "fts5": Fts5,
    "trigram": Trigram,
    "xapian": Xapian,
    "tantivy": Tantivy,
    "whoosh": Command,
    "tutorial": Tutorial,
}


def main() -> None:
    """Run the command line."""
    name, what, *rest = sys.argv[1:]
    if what == "index":
        corpus, index = map(Path, rest)
        PEERS[name](index).update(corpus)
    else:
        PEERS[name](Path(rest[0])).search("word", rest[1:])


if __name__ == "__main__":
    main()
