"""Connections to Db2, with faults told in a user's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from orchestration.connections import CONNECT_TIMEOUT_SECONDS
from orchestration.errors import SoftcartError
from orchestration.promote.db2.faults import db2_fault
from orchestration.settings import ServerUrl, Settings

# What the URL's query may say, and the driver's keyword for it.
_OPTIONS = {"security": "SECURITY", "certificate": "SSLServerCertificate"}

Value = str | bool | None
Row = tuple[Value, ...]


class Db2Cursor(Protocol):
    """What is used of a cursor of `ibm_db_dbi`."""

    @property
    def rowcount(self) -> int:
        """Rows that the last statement wrote."""

    def execute(self, operation: str, parameters: Sequence[Any] | None = None) -> object:
        """Run a statement, with a value for each `?`."""

    def executemany(self, operation: str, seq_parameters: Sequence[Sequence[Any]]) -> object:
        """Run a statement for each of several rows of values."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""

    def close(self) -> object:
        """Give its statement back."""


class Db2Connection(Protocol):
    """What is used of a connection of `ibm_db_dbi`."""

    def cursor(self) -> Db2Cursor:
        """Return a new cursor."""

    def commit(self) -> object:
        """End the transaction and keep what it did."""

    def rollback(self) -> object:
        """End the transaction and undo what it did."""

    def close(self) -> object:
        """End the session."""


def connect_db2(settings: Settings) -> Db2Connection:
    """Connect to Db2, without autocommit.

    Raises:
        SoftcartError: The driver is not installed, the server cannot be reached, or it refuses the
            user or the database.
    """
    url = settings.url("db2")
    try:
        import ibm_db_dbi
    except ImportError:
        raise SoftcartError(
            "Db2 needs the driver ibm_db, which is not installed",
            remedy="Install it: pip install -r requirements/db2.txt (the package's extra `db2`)",
        ) from None
    keywords = {
        "DATABASE": url.database,
        "HOSTNAME": url.host,
        "PORT": str(url.port),
        "PROTOCOL": "TCPIP",
        "UID": url.user,
        "PWD": url.password.get_secret_value(),
        "CONNECTTIMEOUT": str(CONNECT_TIMEOUT_SECONDS),
    }
    if any(";" in value for value in keywords.values()):
        raise SoftcartError(
            "SOFTCART_DB2_URL has a ';' in its user, password or database, which ends a value of "
            "the driver's connection string",
            remedy="Give the user a password without ';'",
        )
    dsn = ";".join(f"{keyword}={value}" for keyword, value in keywords.items())
    if options := driver_options(url):
        dsn += f";{options}"
    try:
        connection = ibm_db_dbi.connect(dsn, "", "")
        connection.set_autocommit(False)
    except Exception as error:  # the driver raises its own, and Exception itself
        raise db2_fault(error, url, "connecting") from None
    opened: Db2Connection = connection
    return opened


@contextmanager
def db2_session(settings: Settings) -> Iterator[Db2Connection]:
    """Connect to Db2 for the block; what it has not committed is undone.

    Raises:
        SoftcartError: As `connect_db2`.
    """
    connection = connect_db2(settings)
    try:
        yield connection
    finally:
        # A connection that was cut fails here again, which would hide why.
        with suppress(Exception):
            connection.rollback()
            connection.close()


@contextmanager
def telling(url: ServerUrl, work: str) -> Iterator[None]:
    """Tell faults of Db2 in the block in a user's words.

    Args:
        url: The server.
        work: What the block does, as `loading staging.stg_oltp__orders`.

    Raises:
        SoftcartError: In place of the driver's error.
    """
    import ibm_db_dbi

    try:
        yield
    except ibm_db_dbi.Error as error:
        raise db2_fault(error, url, work) from error


def execute(connection: Db2Connection, statement: str, values: Sequence[Any] = ()) -> int:
    """Run a statement and return how many rows it wrote."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement, tuple(values) or None)
        return cursor.rowcount
    finally:
        cursor.close()


def query(
    connection: Db2Connection, statement: str, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Run a query and return its rows."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement, tuple(values) or None)
        return [tuple(row) for row in cursor.fetchall()]
    finally:
        cursor.close()


def driver_options(url: ServerUrl) -> str:
    """Return what the driver is told besides address and user: `KEYWORD=value;...`, or nothing.

    Raises:
        SoftcartError: The URL has a parameter that is not known, or a value that would end early.
    """
    options = []
    for name, values in parse_qs(urlsplit(url.full.get_secret_value()).query).items():
        if name not in _OPTIONS or ";" in values[-1]:
            raise SoftcartError(
                f"SOFTCART_DB2_URL has the parameter {name!r}, or a value, that is not understood",
                remedy=f"Use {' and '.join(_OPTIONS)} alone, without ';' in their values",
            )
        value = values[-1].upper() if name == "security" else values[-1]
        options.append(f"{_OPTIONS[name]}={value}")
    return ";".join(options)
