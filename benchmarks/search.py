"""What the search box asks of `marts.product_search_documents`, with a million products.

The documents are made up and written straight into the mart, and what is searched is made of them
as its hook does: a catalogue of that size would only be there to make this one table. Words are as
common as words are: the first of a kind in a tenth of the names, most in a few.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.measure import Measured, Result, progress, spread
from benchmarks.options import Options
from benchmarks.warehouse import open_warehouse
from lint.dbt_jinja.render import PROJECT_DIR, Renderer

GOAL_SECONDS: Final = 0.02
DOCUMENTS: Final = 1_000_000
_SEED: Final = 1
# A shop to build the mart from, so that its definition is the real one.
_SHOP_SCALE: Final = 0.01
WARM_UP: Final = 50
RUNS: Final = 400

_SYLLABLES: Final = [
    "ka", "lo", "mi", "ra", "ten", "sol", "vi", "nor", "da", "pe",
    "lu", "sha", "bri", "gon", "ter", "mon", "fa", "xi", "del", "ost",
    "wen", "tri", "bal", "co", "nus",
]  # fmt: skip
# How many words there are of each kind; a name has one of the first three.
_KINDS: Final = {"adjective": 2_000, "noun": 5_000, "series": 40_000, "brand": 3_000}
_CATEGORIES: Final = 300
_ATTRIBUTE_WORDS: Final = 2_000

_BY_WORDS: Final = """
with matching as (
    select sku, product_name, order_count, words
    from search.products
    where words @@ {words}
    fetch first 200 rows only
)

select sku, product_name
from matching
order by ts_rank(words, {words}) desc, order_count desc
fetch first 20 rows only
"""
WHOLE_WORDS: Final = _BY_WORDS.format(words="websearch_to_tsquery('simple', %(words)s)")
A_WORD_BEING_TYPED: Final = _BY_WORDS.format(words="to_tsquery('simple', %(words)s)")
# First the word that is meant, then what has it.
NEAREST_WORD: Final = """
select word
from search.words
where word %% %(words)s
order by similarity(word, %(words)s) desc, product_count desc
fetch first 1 row only
"""


@dataclass(frozen=True)
class Search:
    """A kind of search.

    Attributes:
        name: What shoppers do.
        query: With the parameter `words`.
        words: Makes what they type of a product's name.
        is_misspelt: Whether the word that they mean is looked up first.
    """

    name: str
    query: str
    words: Callable[[random.Random, Sequence[str]], str]
    is_misspelt: bool = False


def _misspelt(draw: random.Random, name: Sequence[str]) -> str:
    """Return the noun without one of its letters, as people type."""
    noun = name[1]
    gone = draw.randrange(1, len(noun))
    return noun[:gone] + noun[gone + 1 :]


SEARCHES: Final = (
    Search("one word", WHOLE_WORDS, lambda _, name: name[1]),
    Search("two words", WHOLE_WORDS, lambda _, name: f"{name[0]} {name[1]}"),
    Search("a word being typed", A_WORD_BEING_TYPED, lambda _, name: f"{name[2][:4]}:*"),
    Search("a misspelt word", WHOLE_WORDS, _misspelt, is_misspelt=True),
)


def measure(options: Options) -> list[Measured]:
    """Time each kind of search over made-up documents.

    Args:
        options: At scale 1.0 there are a million documents.
    """
    with open_warehouse(options.work, _SHOP_SCALE, "search") as warehouse:
        progress("search: the mart, for its definition")
        warehouse.build()
        with warehouse.postgres() as postgres:
            count = round(DOCUMENTS * options.scale)
            names = _fill(postgres, _hook(), count)
            return [_time(postgres, search, names, count) for search in SEARCHES]


def _fill(postgres: psycopg.Connection[Any], statements: str, count: int) -> list[tuple[str, ...]]:
    """Make the mart's table and what is searched; return the words of some products' names.

    Args:
        postgres: In autocommit.
        statements: What the mart's hook runs.
        count: How many products.
    """
    progress(f"search: {count:,} documents")
    postgres.execute("truncate marts.product_search_documents")
    sample: list[tuple[str, ...]] = []
    draw = random.Random(_SEED)  # noqa: S311 - the same for every run
    copy = "copy marts.product_search_documents from stdin"
    with postgres.cursor() as cursor, cursor.copy(copy) as writing:
        for number, (name, row) in enumerate(_documents(count)):
            writing.write_row(row)
            # What sells is what is searched for.
            if draw.random() < 4_000 / (number + 20_000):
                sample.append(name)
    progress("search: what is searched")
    with postgres.transaction():
        postgres.execute(statements)
    postgres.execute("vacuum (analyze) search.products, search.words")
    return sample


def _hook() -> str:
    """Return the statements of the mart's hook for PostgreSQL, as dbt would render them."""
    renderer = Renderer(
        "postgres",
        PROJECT_DIR,
        {"this": "marts.product_search_documents", "env_var": lambda _, default="": default},
    )
    statements: str = renderer.context["search_index"]()
    return statements


def _documents(count: int) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    """Yield products, best sellers first: the words of the name, and the mart's row."""
    chance = np.random.default_rng(_SEED)
    words = {kind: _words(chance, number) for kind, number in _KINDS.items()}
    drawn = {kind: _draws(chance, len(words[kind]), count) for kind in _KINDS}
    categories = [
        " > ".join(path) for path in np.reshape(_words(chance, 3 * _CATEGORIES), (-1, 3)).tolist()
    ]
    of_category = _draws(chance, _CATEGORIES, count)
    attributes = _words(chance, _ATTRIBUTE_WORDS)
    of_attributes = _draws(chance, _ATTRIBUTE_WORDS, 10 * count).reshape(count, 10)
    for number in range(count):
        adjective, noun, series, brand = (words[kind][drawn[kind][number]] for kind in _KINDS)
        sku = f"SYN-{number:07}"
        name = f"{adjective.capitalize()} {noun.capitalize()} {series.upper()}{number % 90 + 10}"
        category = categories[of_category[number]]
        said = " ".join(attributes[word] for word in of_attributes[number])
        document = f"{name} {sku} {brand} {category} {noun} {said}"
        row = (f"{number:032x}", sku, name, brand, category, document, count // (number + 1))
        yield (adjective, noun, series), row


def _words(chance: np.random.Generator, number: int) -> list[str]:
    """Return so many different words that look like words."""
    found: dict[str, None] = {}
    while len(found) < number:
        syllables = chance.choice(_SYLLABLES, size=int(chance.integers(2, 5)))
        found["".join(syllables)] = None
    return list(found)


def _draws(chance: np.random.Generator, number: int, count: int) -> NDArray[np.int64]:
    """Return indexes of words, the first the most common: the n-th is there 1/n as often."""
    shares = 1 / np.arange(1, number + 1)
    return chance.choice(number, size=count, p=shares / shares.sum()).astype(np.int64)


def _time(
    postgres: psycopg.Connection[Any], search: Search, names: Sequence[Sequence[str]], count: int
) -> Measured:
    progress(f"search: {search.name}")
    draw = random.Random(_SEED)  # noqa: S311 - the same for every run
    cursor = psycopg.ClientCursor(postgres)
    seconds: list[float] = []
    found = 0
    for run in range(WARM_UP + RUNS):
        words = search.words(draw, draw.choice(names))
        began = time.perf_counter()
        if search.is_misspelt:
            (words,) = cursor.execute(NEAREST_WORD, {"words": words}).fetchone() or (words,)
        rows = cursor.execute(search.query, {"words": words}).fetchall()
        if run >= WARM_UP:
            seconds.append(time.perf_counter() - began)
            found += bool(rows)
    measured = spread(seconds)
    return Result(
        f"search of {count:,} products, {search.name}, p95",
        measured["p95"],
        f"{GOAL_SECONDS:g} s, its goal",
        GOAL_SECONDS,
        goal=1.0,
        detail={**measured, "found_something": found / RUNS},
        note=f"p50 {1000 * measured['p50']:.1f}, p95 {1000 * measured['p95']:.1f} ms;"
        f" {found / RUNS:.0%} found something",
    )
