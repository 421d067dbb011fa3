"""Ways to put rows into a table of Db2, behind one interface; chosen by how many rows there are.

Each commits after every chunk, so that neither the log of Db2 nor the memory of this process grows
with the number of rows. So only tables that nobody reads yet are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Protocol

from orchestration.promote.db2.connection import Db2Connection, Row, execute
from orchestration.promote.db2.ddl import name_list, quoted
from orchestration.promote.db2.faults import sqlcode
from orchestration.promote.db2.types import Db2Column

BULK_ROWS: Final = 200_000
"""From this many rows on, a file is faster to send than statements."""

_ARRAY_ROWS: Final = 10_000
_ARRAY_CHARACTERS: Final = 8_000_000
_MARKERS: Final = 1_000
_FILE_ROWS: Final = 1_000_000
_FILE_CHARACTERS: Final = 256_000_000

# The file's own null; a text that reads the same is told apart by an escape.
_NULL: Final = "NULL"
_ESCAPES: Final = str.maketrans({sign: "\\" + sign for sign in "\\|\r\n"})


class Loader(Protocol):
    """A way to load.

    Attributes:
        name: For reports: `array`, `values`, `file`.
    """

    name: str

    def fault(
        self, connection: Db2Connection, table: str, columns: Sequence[Db2Column]
    ) -> str | None:
        """Return why the server cannot be loaded so, such as SQL0104; None if it can.

        Args:
            connection: Without autocommit.
            table: As SQL's identifier; exists, and stays as it is.
            columns: Of the table.
        """

    def load(
        self,
        connection: Db2Connection,
        table: str,
        columns: Sequence[Db2Column],
        rows: Iterator[Row],
    ) -> int:
        """Insert rows, and commit.

        Args:
            connection: Without autocommit.
            table: As SQL's identifier; exists.
            columns: In the order of the values.
            rows: Values as PostgreSQL prints them, but truth values as such.

        Returns:
            How many rows it loaded.
        """


class _AlwaysThere:
    """A way that every server has."""

    def fault(
        self, connection: Db2Connection, table: str, columns: Sequence[Db2Column]
    ) -> str | None:
        """Return None."""
        return None


class ArrayInsert(_AlwaysThere):
    """One statement prepared once, sent with many rows of values at a time."""

    name = "array"

    def load(
        self,
        connection: Db2Connection,
        table: str,
        columns: Sequence[Db2Column],
        rows: Iterator[Row],
    ) -> int:
        """Insert rows, and commit after every chunk."""
        statement = _insert(table, columns, 1)
        loaded = 0
        for chunk in chunks(rows, _ARRAY_ROWS, _ARRAY_CHARACTERS):
            cursor = connection.cursor()
            try:
                cursor.executemany(statement, chunk)
            finally:
                cursor.close()
            connection.commit()
            loaded += len(chunk)
        return loaded


class ValuesInsert(_AlwaysThere):
    """Statements with several rows of values each, for servers that know no arrays."""

    name = "values"

    def load(
        self,
        connection: Db2Connection,
        table: str,
        columns: Sequence[Db2Column],
        rows: Iterator[Row],
    ) -> int:
        """Insert rows, and commit after every chunk."""
        loaded = 0
        most = max(1, _MARKERS // len(columns))
        for chunk in chunks(rows, most, _ARRAY_CHARACTERS):
            values = [value for row in chunk for value in row]
            execute(connection, _insert(table, columns, len(chunk)), values)
            connection.commit()
            loaded += len(chunk)
        return loaded


class ExternalFile:
    """Files of this machine that the server reads through the connection, as an external table.

    Args:
        folder: Where they are written; each is removed when it is loaded.
    """

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fault(
        self, connection: Db2Connection, table: str, columns: Sequence[Db2Column]
    ) -> str | None:
        """Return why the server does not take an empty file; None if it does."""
        import ibm_db_dbi

        try:
            self._insert(connection, table, columns, iter(()))
        except ibm_db_dbi.Error as error:
            connection.rollback()
            return f"SQL{sqlcode(error)}"
        return None

    def load(
        self,
        connection: Db2Connection,
        table: str,
        columns: Sequence[Db2Column],
        rows: Iterator[Row],
    ) -> int:
        """Insert rows, and commit after every file."""
        return sum(
            self._insert(connection, table, columns, some)
            for some in _streams(rows, _FILE_ROWS, _FILE_CHARACTERS)
        )

    def _insert(
        self,
        connection: Db2Connection,
        table: str,
        columns: Sequence[Db2Column],
        rows: Iterator[Row],
    ) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=self._folder, encoding="utf-8", newline="") as file:
            written = 0
            for row in rows:
                file.write(file_line(row))
                written += 1
            file.flush()
            execute(connection, external_insert(table, columns, Path(file.name)))
            connection.commit()
        return written


def loader_for(columns: Sequence[Db2Column], rows: int, folder: Path) -> Loader:
    """Return the way to load so many rows.

    Args:
        columns: Of the table; an external table cannot have long texts.
        rows: How many are expected.
        folder: For files.
    """
    is_short = all(column.kind != "clob" for column in columns)
    return ExternalFile(folder) if rows >= BULK_ROWS and is_short else ArrayInsert()


def external_insert(table: str, columns: Sequence[Db2Column], file: Path) -> str:
    """Return the statement that loads a file of this machine."""
    definitions = ", ".join(f"{quoted(column.name)} {column.type}" for column in columns)
    path = str(file).replace("'", "''")
    return (
        f"INSERT INTO {table} ({name_list(column.name for column in columns)})"
        f" SELECT * FROM EXTERNAL '{path}' ({definitions})"
        # The rest is as the server has it by default: NULL for null, 1 and 0, 2026-01-31 23:59:59.
        " USING (REMOTESOURCE YES FORMAT TEXT CCSID 1208 DELIMITER '|' ESCAPE_CHARACTER '\\'"
        " CTRLCHARS YES MAXERRORS 1)"
    )


def file_line(row: Row) -> str:
    """Return a row as a line of an external table's file."""
    return "|".join(map(_field, row)) + "\n"


def chunks(rows: Iterable[Row], most_rows: int, most_characters: int) -> Iterator[list[Row]]:
    """Yield rows in lists that are bounded in number and in size."""
    chunk: list[Row] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += _characters(row)
        if len(chunk) >= most_rows or characters >= most_characters:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _streams(rows: Iterator[Row], most_rows: int, most_characters: int) -> Iterator[Iterator[Row]]:
    """Yield rows in streams that are bounded as chunks are, each to be read to its end."""

    def stream(first: Row) -> Iterator[Row]:
        row: Row | None = first
        count = characters = 0
        while row is not None:
            yield row
            count += 1
            characters += _characters(row)
            if count >= most_rows or characters >= most_characters:
                return
            row = next(rows, None)

    while (first := next(rows, None)) is not None:
        yield stream(first)


def _field(value: str | bool | None) -> str:
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return "1" if value else "0"
    if value.upper() == _NULL:
        return "\\" + value
    return value.translate(_ESCAPES)


def _characters(row: Row) -> int:
    return sum(len(value) for value in row if isinstance(value, str))


def _insert(table: str, columns: Sequence[Db2Column], rows: int) -> str:
    names = name_list(column.name for column in columns)
    markers = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({names}) VALUES {', '.join([markers] * rows)}"
