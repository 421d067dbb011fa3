"""Short ways to change a test's shop and warehouse."""

from __future__ import annotations

from typing import Any

from orchestration.connections import connect_mysql, connect_postgres
from orchestration.settings import Settings


def on_mysql(settings: Settings, *statements: str) -> None:
    """Run statements in the shop's database, in one transaction."""
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        mysql.commit()


def from_mysql(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Return a query's rows, of the shop's database."""
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def on_postgres(settings: Settings, *statements: str) -> None:
    """Run statements in the warehouse, in one transaction."""
    with connect_postgres(settings) as warehouse:
        for statement in statements:
            warehouse.execute(statement.encode())
