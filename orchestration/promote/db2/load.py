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
_MARKERS: Final = 1_000
# For each value the driver sets room aside for the longest one of its type, two bytes a unit: of a
# long text 128 MB, so its length is said in the statement, as that of the longest one in a chunk.
_ROOM: Final = 128_000_000
_ROOM_OF_UNIT: Final = 2
_SHORTEST_CLOB: Final = 4_096
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
        loaded = 0
        for chunk, clob_octets in chunks(rows, columns, _ARRAY_ROWS):
            cursor = connection.cursor()
            try:
                cursor.executemany(_insert(table, columns, 1, clob_octets), chunk)
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
        for chunk, clob_octets in chunks(rows, columns, most):
            values = [value for row in chunk for value in row]
            execute(connection, _insert(table, columns, len(chunk), clob_octets), values)
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


def chunks(
    rows: Iterable[Row], columns: Sequence[Db2Column], most_rows: int
) -> Iterator[tuple[list[Row], int]]:
    """Yield rows in lists, bounded in number and in what the driver sets aside for them.

    Args:
        rows: To be cut into lists.
        columns: In the order of the values.
        most_rows: Of a list.

    Yields:
        A list, and how many bytes its longest long text needs at most.
    """
    clobs = [number for number, column in enumerate(columns) if column.kind == "clob"]
    others = sum(column.octets for column in columns if column.kind != "clob")
    chunk: list[Row] = []
    longest = _SHORTEST_CLOB
    for row in rows:
        here = max([_SHORTEST_CLOB, *(_clob_octets(row[number]) for number in clobs)])
        room = _ROOM_OF_UNIT * (others + len(clobs) * max(longest, here))
        if chunk and (len(chunk) >= most_rows or (len(chunk) + 1) * room > _ROOM):
            yield chunk, longest
            chunk, longest = [], _SHORTEST_CLOB
        chunk.append(row)
        longest = max(longest, here)
    if chunk:
        yield chunk, longest


def _clob_octets(value: str | bool | None) -> int:
    """Return a bound of a long text's size, a power of two, so that few statements differ."""
    return 1 << (len(value.encode()) - 1).bit_length() if isinstance(value, str) and value else 0


def _streams(rows: Iterator[Row], most_rows: int, most_characters: int) -> Iterator[Iterator[Row]]:
    """Yield rows in streams that are bounded in number and size, each to be read to its end."""

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


def _insert(table: str, columns: Sequence[Db2Column], rows: int, clob_octets: int) -> str:
    names = name_list(column.name for column in columns)
    long = f"CAST(? AS CLOB({clob_octets}))"
    markers = ", ".join(long if column.kind == "clob" else "?" for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES {', '.join([f'({markers})'] * rows)}"
