"""What each source of equivalents and each rule of the ranking earns: quality.py CORPUS QUERIES [NAME=VALUE …] [--ablate]

CORPUS is the parallel help corpus (a folder with en, zh-CN, zh-TW; see corpus.py), QUERIES a folder of query sets as JSON
Lines: {"qid", "set", "type", "query", "truth": [page ids], "langs"}.  Prints one line of figures for the index as it is, or
with parameters of the ranking set otherwise (`TITLE=2.0`); with --ablate a Markdown table, a line for each part left out.
The same sets that the parameters were tuned on: figures for queries nobody has seen may be lower.

Known items (a page's title, typed; the page of the same name in another language): MRR@10, and R@10 in brackets.
Words of a region: recall of pages / precision of the first ten.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tongwen.index import build
from tongwen.index.engines import evaluation
from tongwen.index.lexicon import Equivalent, Lexicon
from tongwen.searcher import Searcher, plan, widen

KNOWN = ("tw2cn", "cn2tw", "en2cn", "cn2en")
REGION = ("region", "region_rev")
Query = dict[str, Any]

PARTS: dict[str, dict[str, float]] = {
    "no titles": {"TITLE": 0},
    "no headings": {"HEADING": 0},
    "no share of the words": {"COVERAGE": 0},
    "no further answers with some of the words": {"ENOUGH": 1},
    "words inside longer ones as good as none": {"LOOSE": 0.01},
    "translations as good as regional words": {"BESIDE": 1},
    "only 4 equivalents of a word": {"MOST": 4},
}
"""What can be left out of the ranking, as values of its parameters."""

HOMES = (evaluation, widen, plan)
"""The modules whose constants are the parameters."""


class Narrowed:
    """A lexicon without the equivalents that only the left-out sources have."""

    def __init__(self, lexicon: Lexicon, without: frozenset[str]) -> None:
        self._lexicon, self._without = lexicon, without

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lexicon, name)

    def equivalents(self, key: str, surface: str = "") -> tuple[Equivalent, ...]:
        """Those that another source has too."""
        return tuple(found for found in self._lexicon.equivalents(key, surface) if set(found.sources) - self._without)


def pages(results: Any, corpus: Path) -> list[str]:
    """The pages found, best first."""
    return list(dict.fromkeys(Path(hit.path).relative_to(corpus).with_suffix("").as_posix() for hit in results))


def score(searcher: Searcher, corpus: Path, queries: list[Query], match: str) -> tuple[float, float]:
    """(MRR@10, R@10) of known items, (recall, P@10) of a region's words; means over the queries."""
    sums = [0.0, 0.0]
    for query in queries:
        within = f"{corpus}/{query['langs'][0]}/*"
        truth, known = set(query["truth"]), query["type"] == "known"
        found = pages(searcher.search(query["query"], limit=50 if known else 0, match=match, path=within), corpus)
        at = [number for number, page in enumerate(found[:10], 1) if page in truth]
        if known:
            sums[0] += 1 / at[0] if at else 0
            sums[1] += bool(at)
        else:
            sums[0] += len(truth & set(found)) / len(truth)
            sums[1] += len(at) / min(10, len(truth))
    return sums[0] / len(queries), sums[1] / len(queries)


def figures(searcher: Searcher, corpus: Path, sets: dict[str, list[Query]], match: str = "cross") -> list[str]:
    """The figures of each set, as shown."""
    shown = []
    for name, queries in sets.items():
        first, second = score(searcher, corpus, queries, match)
        shown.append(f"{first:.3f} ({second:.2f})" if name in KNOWN else f"{first:.3f} / {second:.2f}")
    return shown


def configurations() -> Iterator[tuple[str, dict[str, float], frozenset[str], str]]:
    """What is left out: its name, the parameters that leave it out, the sources, the level."""
    yield "everything", {}, frozenset(), "cross"
    for name, values in PARTS.items():
        yield name, values, frozenset(), "cross"
    for source, shown in (("opencc", "OpenCC's tables"), ("cedict", "CC-CEDICT"), ("terms", "the lists of our own")):
        yield f"no {shown}", {}, frozenset([source]), "cross"
    yield "no translations", {}, frozenset(), "region"
    yield "no equivalents at all", {}, frozenset(), "script"


def set_parameters(stack: ExitStack, values: dict[str, float]) -> None:
    """Set constants of the ranking for a while; raises SystemExit for a name that is none."""
    for name, value in values.items():
        homes = [module for module in HOMES if hasattr(module, name)]
        if not homes:
            sys.exit(f"{name} is no parameter; try TITLE, HEADING, COVERAGE, ENOUGH, LOOSE, BESIDE, K1, B, MOST")
        for module in homes:
            stack.enter_context(patch.object(module, name, type(getattr(module, name))(value)))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    parser.add_argument("--index", type=Path, help="an index of the corpus; made there if missing (default: beside the corpus)")
    parser.add_argument("--ablate", action="store_true", help="a table of what each part earns")
    parser.add_argument("--sets", nargs="*", default=(*KNOWN, *REGION), help="only these")
    args = parser.parse_args()
    corpus = args.corpus.resolve()
    index = args.index or corpus.with_name(corpus.name + ".tongwen")
    if not index.exists():
        build(index, [corpus / language for language in ("en", "zh-CN", "zh-TW")])
    sets = {name: [json.loads(line) for line in (args.queries / f"{name}.jsonl").open(encoding="utf-8")] for name in args.sets}
    chosen = {name: float(value) for name, _, value in (text.partition("=") for text in args.parameters)}
    with Searcher(index) as searcher:
        whole = searcher._lexicon
        if args.ablate:
            print("| | " + " | ".join(sets) + " |", "|---" * (len(sets) + 1) + "|", sep="\n")
        for name, values, without, match in configurations() if args.ablate else [("", {}, frozenset[str](), "cross")]:
            started = time.perf_counter()
            with ExitStack() as stack:
                set_parameters(stack, chosen | values)
                searcher.__dict__["_lexicon"] = Narrowed(whole, without)
                shown = figures(searcher, corpus, sets, match)
            if args.ablate:
                print(f"| {name} | " + " | ".join(shown) + " |", flush=True)
            else:
                print(*(f"{key} {value}" for key, value in zip(sets, shown, strict=True)), sep="   ", end="")
                print(f"   ({time.perf_counter() - started:.0f} s)")


if __name__ == "__main__":
    main()
