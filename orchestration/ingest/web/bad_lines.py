"""Lines that are no event: kept whole in quarantine, with file and line, and tried again."""

from __future__ import annotations

import hashlib
import tempfile
from base64 import b64encode
from collections import Counter
from types import TracebackType
from typing import Any, Final

import orjson
import psycopg
from psycopg import sql

from orchestration.ingest import copy_text
from orchestration.ingest.batch import LineBlocks, Lines
from orchestration.ingest.web.formats import BadLineError, Format
from orchestration.ingest.web.tables import SOURCE

_HELD_IN_MEMORY: Final = 8 * 1024 * 1024

_CREATE: Final = """
create temp table bad_lines (row_key jsonb, column_name text, reason text, row_image jsonb)
on commit drop
"""

# A line is known by what it says: the same one in a file that was renamed is not another.
_KEEP: Final = """
insert into ingest.raw_quarantine
    (source, table_name, row_key, column_name, reason, row_image, run_id)
select distinct on (row_key) %(source)s, %(table)s, row_key, column_name, reason, row_image, %(run)s
from pg_temp.bad_lines
order by row_key
on conflict (source, table_name, row_key) do update set
    column_name = excluded.column_name,
    reason = excluded.reason,
    run_id = excluded.run_id,
    last_seen_at = excluded.last_seen_at;
"""

_TO_TRY: Final = sql.SQL("""
copy (
    select row_key ->> 0, row_image
    from ingest.raw_quarantine
    where source = {} and table_name = {} and jsonb_typeof(row_image -> 'line') = 'string'
    order by 1
) to stdout
""")

_RELEASE: Final = """
delete from ingest.raw_quarantine
where source = %s and table_name = %s and row_key ->> 0 = any(%s)
"""


class BadLines:
    """Lines set aside while a batch is read; `keep` writes them when it is."""

    def __init__(self) -> None:
        self._lines = tempfile.SpooledTemporaryFile(_HELD_IN_MEMORY)  # noqa: SIM115 - __exit__
        self.columns: Counter[str] = Counter()

    def __enter__(self) -> BadLines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.close()

    def add(self, line: bytes | None, number: int, file: str, fault: BadLineError) -> None:
        """Set a line aside.

        Args:
            line: As it stands in the file, None if it is too long.
            number: Its number there.
            file: The file's name.
            fault: Why.
        """
        self.columns[fault.column] += 1
        known_by = line if line is not None else f"{file}:{number}".encode()
        image = {"file_name": file, "line_number": str(number), "line": _text(line)}
        self._lines.write(
            copy_text.line(
                [
                    orjson.dumps([hashlib.blake2b(known_by, digest_size=16).hexdigest()]),
                    copy_text.escape(fault.column.encode()),
                    copy_text.escape(fault.reason.encode()),
                    copy_text.escape(orjson.dumps(image)),
                ]
            )
        )

    def keep(self, connection: psycopg.Connection[Any], table: str, run_id: int) -> None:
        """Put the lines into quarantine.

        Args:
            connection: In the transaction that writes the others.
            table: Name of the table that they are not rows of.
            run_id: The run.
        """
        if not self.columns:
            return
        connection.execute("drop table if exists pg_temp.bad_lines")
        connection.execute(_CREATE)
        self._lines.seek(0)
        with connection.cursor() as cursor, cursor.copy("copy bad_lines from stdin") as copy:
            while block := self._lines.read(_HELD_IN_MEMORY):
                copy.write(block)
        connection.execute(_KEEP, {"source": SOURCE, "table": table, "run": run_id})


class KeptLines:
    """The lines of a table in quarantine, to be tried again.

    Those that PostgreSQL cannot hold as text will never be rows, so they stay untried.

    Args:
        connection: In a transaction.
        table: The table's name.

    Attributes:
        tried: How many have been tried.
    """

    def __init__(self, connection: psycopg.Connection[Any], table: str) -> None:
        self.tried = 0
        self._table = table
        self._good: list[str] = []
        # Read first, because one connection cannot send rows and receive them.
        self._lines = tempfile.SpooledTemporaryFile(_HELD_IN_MEMORY)  # noqa: SIM115 - __exit__
        query = _TO_TRY.format(sql.Literal(SOURCE), sql.Literal(table))
        with connection.cursor() as cursor, cursor.copy(query) as copy:
            for block in copy:
                self._lines.write(block)
        self._lines.seek(0)

    def __enter__(self) -> KeptLines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.close()

    def read(self, lines_of: Format) -> LineBlocks:
        """Yield those that are rows now."""
        for row in self._lines:
            key, image = (field or b"" for field in copy_text.fields(row))
            kept = orjson.loads(image)
            name = copy_text.escape(kept["file_name"].encode()).decode()
            self.tried += 1
            try:
                line, _ = lines_of.read(kept["line"].encode(), int(kept["line_number"]), name)
            except BadLineError:
                continue
            self._good.append(key.decode())
            yield Lines(1, line.encode())

    def release(self, connection: psycopg.Connection[Any]) -> int:
        """Take those that were rows out of quarantine, and return their number."""
        return connection.execute(_RELEASE, (SOURCE, self._table, self._good)).rowcount


def _text(line: bytes | None) -> object:
    if line is None:
        return None
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = "\0"
    # JSON in PostgreSQL holds neither.
    return {"$base64": b64encode(line).decode()} if "\0" in text else text
