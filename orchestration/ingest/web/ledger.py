"""The ledger of files: what was read of each, and how far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from orchestration.ingest.web.files import WebFile

_TABLE: Final = """
create table if not exists ingest.files (
    file_name       text primary key,
    table_name      text not null,
    file_size       bigint not null,
    modified_ns     bigint not null,
    digest          text not null,
    bytes_read      bigint not null,
    lines_read      bigint not null,
    rows_read       bigint not null,
    quarantined     bigint not null,
    first_event_at  timestamp,
    last_event_at   timestamp,
    same_as         text,
    fault           text,
    run_id          bigint not null,
    read_at         timestamptz not null
);
comment on table ingest.files is
    'Files of web events and access logs, how far each was read, and what was in it';
comment on column ingest.files.digest is 'SHA-256 of the bytes that were read, gunzipped';
comment on column ingest.files.bytes_read is 'Up to the end of the last whole line, gunzipped';
comment on column ingest.files.same_as is
    'The file that had this content when it was read: nothing was read twice';
"""

_NOTED: Final = """
select
    file_name, table_name, file_size, modified_ns, digest, bytes_read, lines_read, rows_read,
    quarantined,
    to_char(first_event_at, 'YYYY-MM-DD"T"HH24:MI:SS.US') as first_event_at,
    to_char(last_event_at, 'YYYY-MM-DD"T"HH24:MI:SS.US') as last_event_at,
    same_as, fault
from ingest.files
"""

_NOTE: Final = """
insert into ingest.files (
    file_name, table_name, file_size, modified_ns, digest, bytes_read, lines_read, rows_read,
    quarantined, first_event_at, last_event_at, same_as, fault, run_id, read_at
)
values (
    %(file_name)s, %(table_name)s, %(file_size)s, %(modified_ns)s, %(digest)s, %(bytes_read)s,
    %(lines_read)s, %(rows_read)s, %(quarantined)s, %(first_event_at)s, %(last_event_at)s,
    %(same_as)s, %(fault)s, %(run_id)s, now()
)
on conflict (file_name) do update set
    table_name = excluded.table_name,
    file_size = excluded.file_size,
    modified_ns = excluded.modified_ns,
    digest = excluded.digest,
    bytes_read = excluded.bytes_read,
    lines_read = excluded.lines_read,
    rows_read = excluded.rows_read,
    quarantined = excluded.quarantined,
    first_event_at = excluded.first_event_at,
    last_event_at = excluded.last_event_at,
    same_as = excluded.same_as,
    fault = excluded.fault,
    run_id = excluded.run_id,
    read_at = excluded.read_at
"""


@dataclass
class NotedFile:
    """A line of the ledger.

    Attributes:
        file_name: Its path within the folder.
        table_name: Of raw.
        file_size: As stored, when it was read.
        modified_ns: When it had last been changed, in nanoseconds since 1970.
        digest: SHA-256 of what was read.
        bytes_read: Up to the end of the last whole line, gunzipped.
        lines_read: Lines that ended before that.
        rows_read: Lines that are an event or a request.
        quarantined: Lines that are none.
        first_event_at: Earliest of them, ISO 8601 in UTC.
        last_event_at: Latest of them.
        same_as: Name of the file whose content it has.
        fault: Why the rest of it cannot be read.
    """

    file_name: str
    table_name: str
    file_size: int = 0
    modified_ns: int = 0
    digest: str = ""
    bytes_read: int = 0
    lines_read: int = 0
    rows_read: int = 0
    quarantined: int = 0
    first_event_at: str | None = None
    last_event_at: str | None = None
    same_as: str | None = None
    fault: str | None = None

    def is_as(self, file: WebFile) -> bool:
        """Return whether a file has not been written since it was read."""
        return (self.file_size, self.modified_ns) == (file.size, file.modified_ns)


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Create the ledger if it is missing."""
    with connection.transaction():
        connection.execute("set local client_min_messages = warning")
        connection.execute(_TABLE)


def noted_files(connection: psycopg.Connection[Any]) -> dict[str, NotedFile]:
    """Return the ledger by file name."""
    found = connection.cursor(row_factory=class_row(NotedFile)).execute(_NOTED)
    return {file.file_name: file for file in found}


def note(connection: psycopg.Connection[Any], files: Iterable[NotedFile], run_id: int) -> None:
    """Write lines of the ledger, in the transaction that writes what was read."""
    with connection.cursor() as cursor:
        cursor.executemany(_NOTE, [{**vars(file), "run_id": run_id} for file in files])
