"""The shop's tables: create them, tell whether they hold anything, empty them."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any, TypeAlias

import pymysql
import pymysql.cursors

from orchestration.errors import SoftcartError

# Generic in its type stubs only.
MysqlConnection: TypeAlias = "pymysql.Connection[Any]"

# Parents first: the order in which rows are loaded.
TABLES = (
    "warehouses",
    "promotions",
    "exchange_rates",
    "customers",
    "customer_identities",
    "orders",
    "shipments",
    "order_items",
    "returns",
    "payments",
    "inventory_movements",
    "stock_levels",
)

# The comment that schema.sql gives its tables.
_MADE_HERE = "made by softcart simulate"

# A quoted string, a comment, or the end of a statement: only a semicolon outside the first two
# ends one.
_TOKEN = re.compile(
    r"""'(?:[^'\\]|''|\\.)*' | "(?:[^"\\]|""|\\.)*" | `[^`]*` | --[^\n]* | /\*.*?\*/ | ;""",
    re.VERBOSE | re.DOTALL,
)


def split_statements(script: str) -> list[str]:
    """Split an SQL script into statements, without comments, blank statements and semicolons.

    Args:
        script: SQL in the MySQL dialect; semicolons in strings, quoted names and comments are text.
    """
    statements = [""]
    position = 0
    for token in _TOKEN.finditer(script):
        text = token.group()
        statements[-1] += script[position : token.start()]
        if text == ";":
            statements.append("")
        elif text.startswith(("--", "/*")):
            statements[-1] += " "
        else:
            statements[-1] += text
        position = token.end()
    statements[-1] += script[position:]
    return [statement.strip() for statement in statements if statement.strip()]


def apply_schema(connection: MysqlConnection) -> None:
    """Create the tables that do not exist yet; those that do are left as they are.

    Every simulation begins here, so here a shop that is somebody's own is safe from it.

    Raises:
        SoftcartError: The user may not create tables, or there are some that are not simulated.
    """
    _require_simulated(connection)
    script = files("orchestration.simulator").joinpath("schema.sql").read_text(encoding="utf-8")
    try:
        with connection.cursor() as cursor:
            for statement in split_statements(script):
                cursor.execute(statement)
    except pymysql.OperationalError as error:
        raise SoftcartError(
            f"The shop's tables cannot be created (MySQL error {error.args[0]})",
            remedy="Grant the user of SOFTCART_MYSQL_URL all privileges on its database",
        ) from error


def _require_simulated(connection: MysqlConnection) -> None:
    with connection.cursor(pymysql.cursors.Cursor) as cursor:
        cursor.execute(
            "select database(), table_name from information_schema.tables"
            " where table_schema = database() and table_name in %s and table_comment <> %s",
            (TABLES, _MADE_HERE),
        )
        foreign = cursor.fetchone()
    if foreign:
        raise SoftcartError(
            f"Table {foreign[1]} of database {foreign[0]} was not made by softcart: "
            "it looks like a real shop, and nothing is simulated there",
            remedy=(
                "Use it as it is with `softcart run`, "
                "or name an empty database in SOFTCART_MYSQL_URL"
            ),
        )


def filled_tables(connection: MysqlConnection) -> list[str]:
    """Return the names of the tables that hold at least one row."""
    filled = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"select 1 from {table} limit 1")  # noqa: S608 - names of TABLES
            if cursor.fetchone():
                filled.append(table)
    return filled


def empty_tables(connection: MysqlConnection) -> None:
    """Empty every table at once and start its numbering anew; cannot be rolled back."""
    with connection.cursor() as cursor:
        for table in reversed(TABLES):
            cursor.execute(f"truncate table {table}")
