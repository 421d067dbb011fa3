"""Write many rows into the shop's database fast, as columns.

`LOAD DATA LOCAL INFILE` is used where the server allows it (MySQL 8 does not by default), multi-row
`INSERT` elsewhere. Both leave the same rows.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pymysql
from numpy.typing import NDArray

from orchestration.connections import connect_mysql
from orchestration.errors import SoftcartError
from orchestration.settings import Settings
from orchestration.simulator.schema import MysqlConnection

Ints = NDArray[np.int64]
# A column's cells as MySQL reads them; None is NULL.
Column = Sequence[str] | Sequence[int] | Sequence[str | None] | Sequence[int | None]
Columns = Mapping[str, Column]

_T = TypeVar("_T", str, int)

_INSERT_ROWS = 2000
_SPECIAL = re.compile(r"[\\\t\n\r\0]")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"},
)


def money(cents: Ints) -> list[str]:
    """Format whole cents as decimal text, exact up to 2**53 cents."""
    return [f"{value / 100:.2f}" for value in cents.tolist()]


def ten_thousandths(values: Ints) -> list[str]:
    """Format numbers given in 1/10,000 as decimal text, exact up to 2**53 of them."""
    return [f"{value / 10_000:.4f}" for value in values.tolist()]


def times(seconds: Ints) -> list[str]:
    """Format seconds since 1970 (UTC) as date and time."""
    return list(np.datetime_as_string(seconds.astype("datetime64[s]")).tolist())


def nullable(cells: Sequence[_T], present: NDArray[np.bool_]) -> list[_T | None]:
    """Return the cells with NULL where `present` (same length) is False."""
    return [
        cell if is_there else None for cell, is_there in zip(cells, present.tolist(), strict=True)
    ]


class BulkWriter:
    """Writes columns of rows over one connection, in the caller's transaction.

    Args:
        connection: Made by `connect_for_bulk`; commit and roll back are the caller's.
    """

    def __init__(self, connection: MysqlConnection) -> None:
        self._connection = connection
        with connection.cursor() as cursor:
            # The generators number their rows, so the server may buffer index changes unchecked.
            cursor.execute("set session unique_checks = 0, foreign_key_checks = 0")
            cursor.execute("select @@global.local_infile")
            row = cursor.fetchone()
        self.loads_files = bool(row and row[0])

    def write(self, table: str, columns: Columns) -> int:
        """Write rows into a table.

        Args:
            table: Its name.
            columns: Cells of each named column; all of the same length.

        Returns:
            The number of rows written.

        Raises:
            SoftcartError: The server did not take every row as it is.
        """
        count = len(next(iter(columns.values())))
        if count == 0:
            return 0
        quoted = ", ".join(f"`{name}`" for name in columns)
        if self.loads_files:
            self._load(table, quoted, columns)
        else:
            self._insert(table, quoted, columns)
        return count

    def _load(self, table: str, names: str, columns: Columns) -> None:
        cells = [_file_cells(column) for column in columns.values()]
        line = "\t".join(["%s"] * len(cells)) + "\n"
        count = len(next(iter(columns.values())))
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
            file.writelines(map(line.__mod__, zip(*cells, strict=True)))
            file.flush()
            with self._connection.cursor() as cursor:
                written = cursor.execute(
                    f"load data local infile %s into table `{table}` "
                    f"character set utf8mb4 ({names})",
                    (file.name,),
                )
                # With LOCAL the server turns errors into warnings and skips or bends the row.
                cursor.execute("show warnings limit 1")
                warning = cursor.fetchone()
        if written != count or warning:
            raise SoftcartError(
                f"Table {table} took {written} of {count} rows"
                + (f" (MySQL warning {warning[1]})" if warning else ""),
                remedy="Check that the table has the columns of docs/sources.md and is empty",
            )

    def _insert(self, table: str, names: str, columns: Columns) -> None:
        rows = list(zip(*columns.values(), strict=True))
        marks = ", ".join(["%s"] * len(columns))
        statement = f"insert into `{table}` ({names}) values ({marks})"  # noqa: S608 - own names
        with self._connection.cursor() as cursor:
            for start in range(0, len(rows), _INSERT_ROWS):
                cursor.executemany(statement, rows[start : start + _INSERT_ROWS])


def _file_cells(column: Column) -> Iterable[str | int | None]:
    if not isinstance(next((cell for cell in column if cell is not None), None), str):
        return ("\\N" if cell is None else cell for cell in column) if None in column else column
    if None not in column and not _SPECIAL.search("".join(column)):  # type: ignore[arg-type]
        return column
    return ("\\N" if cell is None else str(cell).translate(_ESCAPES) for cell in column)


def connect_for_bulk(settings: Settings) -> MysqlConnection:
    """Connect for `BulkWriter`: not in autocommit, and local files may be sent.

    Raises:
        SoftcartError: See `connect_mysql`.
    """
    return connect_mysql(
        settings, autocommit=False, local_infile=True, cursorclass=pymysql.cursors.Cursor
    )
