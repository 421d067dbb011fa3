"""The shop as something to fill: an empty one, wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import pymysql
from pymongo.database import Database
from pymongo.errors import PyMongoError

from orchestration.connections import Document, connect_mongo
from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.ingest.mongo_images import keep_images
from orchestration.settings import Settings
from orchestration.simulator.bulk import connect_for_bulk
from orchestration.simulator.schema import (
    MysqlConnection,
    apply_schema,
    empty_tables,
    filled_tables,
)

PRODUCTS = "products"
# Exists only while products are written: tells a half-written catalogue from somebody's own.
_FILLING_MARK = "softcart_filling"
# Long enough for the server to undo what an interrupted filling had written.
_CLAIM_SECONDS = 60
_PRODUCTS_AT_ONCE = 1000


@dataclass(frozen=True)
class EmptyShop:
    """An empty shop that is being filled; what is written shows when `filling` ends."""

    connection: MysqlConnection
    catalogue: Database[Document]

    def add_products(
        self, documents: Iterable[Document], report: ReportProgress = no_progress
    ) -> int:
        """Write catalogue documents and return their number; call it once, after the rows.

        Args:
            documents: With their `_id`.
            report: Told of the documents written.
        """
        self.catalogue[_FILLING_MARK].replace_one({"_id": "mark"}, {"_id": "mark"}, upsert=True)
        keep_images(self.catalogue[PRODUCTS])
        count = 0
        remaining = iter(documents)
        while some := list(islice(remaining, _PRODUCTS_AT_ONCE)):
            self.catalogue[PRODUCTS].insert_many(some, ordered=False)
            count += len(some)
            report("products", count)
        return count


@contextmanager
def filling(settings: Settings, *, replace: bool = False) -> Iterator[EmptyShop]:
    """Open an empty shop to fill: the rows appear at once when the block ends well, or never.

    All rows belong to one transaction. A catalogue has none over many documents, so it is written
    last, under a mark by which the next call knows, and removes, what a crash left of it.

    Args:
        settings: Where the shop's servers are.
        replace: Empty a shop that is not empty, at once and for good.

    Raises:
        SoftcartError: The shop is not empty, is being filled, or a server fails.
    """
    catalogue = connect_mongo(settings)
    connection = connect_for_bulk(settings)
    try:
        _claim(connection, settings)
        apply_schema(connection)
        _make_empty(settings, connection, catalogue, replace=replace)
        yield EmptyShop(connection, catalogue)
        connection.commit()
        catalogue.drop_collection(_FILLING_MARK)
    except pymysql.MySQLError as error:
        raise SoftcartError(
            f"MySQL at {settings.url('mysql')} failed while the shop was filled: {_text(error)}",
            remedy="See to the server, then run the same command again; the shop is still empty",
        ) from error
    except PyMongoError as error:
        raise SoftcartError(
            f"Mongo at {settings.url('mongo')} failed while the shop was filled "
            f"({type(error).__name__})",
            remedy="See to the server, then run the same command again; the shop is still empty",
        ) from error
    finally:
        # Closing rolls back what is not committed, and gives the claim up.
        if connection.open:
            connection.close()
        catalogue.client.close()


def is_filled(settings: Settings) -> bool:
    """Tell whether the shop has rows; a half-written catalogue without rows does not count.

    Raises:
        SoftcartError: A server cannot be reached.
    """
    connection = connect_for_bulk(settings)
    try:
        apply_schema(connection)
        return bool(filled_tables(connection))
    finally:
        connection.close()


def _claim(connection: MysqlConnection, settings: Settings) -> None:
    """Make this the only filling of the shop, for as long as the connection lives."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select get_lock(concat('softcart filling ', left(sha2(database(), 256), 32)), %s)",
            (_CLAIM_SECONDS,),
        )
        row = cursor.fetchone()
    if not row or row[0] != 1:
        raise SoftcartError(
            f"The shop at {settings.url('mysql')} is being filled by another process",
            remedy="Wait until it has finished",
        )


def _make_empty(
    settings: Settings, connection: MysqlConnection, catalogue: Database[Document], *, replace: bool
) -> None:
    filled = filled_tables(connection)
    connection.rollback()
    is_marked = _FILLING_MARK in catalogue.list_collection_names()
    has_products = catalogue[PRODUCTS].find_one({}, {"_id": 1}) is not None
    if is_marked and filled:
        # The crash came after the commit: that shop is whole.
        catalogue.drop_collection(_FILLING_MARK)
    if filled and not replace:
        raise SoftcartError(
            f"The shop at {settings.url('mysql')} is not empty: {len(filled)} tables have rows",
            remedy="Add to it with `softcart simulate traffic`, or empty it first with --replace",
        )
    if has_products and not (replace or (is_marked and not filled)):
        raise SoftcartError(
            f"The catalogue at {settings.url('mongo')} is not empty",
            remedy="Choose another database in SOFTCART_MONGO_URL, or empty it with --replace",
        )
    if filled:
        empty_tables(connection)
    if has_products:
        catalogue.drop_collection(PRODUCTS)


def _text(error: pymysql.MySQLError) -> str:
    """Return the number of an error; its text may quote a row."""
    return f"error {error.args[0]}" if error.args else type(error).__name__
