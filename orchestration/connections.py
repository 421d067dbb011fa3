"""Open connections to the three servers, with faults told in a user's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pymysql
import pymysql.cursors

from orchestration.errors import SoftcartError
from orchestration.settings import Server, ServerUrl, Settings
from orchestration.versions import ServerVersion, mongo_version, mysql_version, postgres_version

if TYPE_CHECKING:
    from pymongo.database import Database

CONNECT_TIMEOUT_SECONDS = 10

Document = dict[str, Any]

_ACCESS_DENIED = {1044, 1045, 1698}
_UNKNOWN_DATABASE = 1049


def connect_postgres(settings: Settings, *, autocommit: bool = False) -> psycopg.Connection:
    """Connect to the staging warehouse; the session's time zone is UTC.

    Raises:
        SoftcartError: The server cannot be reached or refuses the user or the database, or is
            too old.
    """
    url = settings.url("postgres")
    try:
        connection = psycopg.connect(
            url.full.get_secret_value(),
            autocommit=autocommit,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name="softcart",
            options="-c timezone=UTC",
        )
    except psycopg.OperationalError as error:
        text = str(error)
        if "password authentication failed" in text or "no password supplied" in text:
            raise _refused(url) from None
        if "does not exist" in text:
            raise _missing(url, "database or role") from None
        raise _unreachable(url) from None
    _require_supported(postgres_version(connection), url, connection.close)
    return connection


def connect_mysql(settings: Settings, **options: Any) -> pymysql.Connection[Any]:  # noqa: ANN401
    """Connect to the shop's database; the session's time zone is UTC.

    Args:
        settings: Where the server is.
        **options: Passed on to `pymysql.connect`.

    Raises:
        SoftcartError: The server cannot be reached or refuses the user or the database, or is
            too old.
    """
    url = settings.url("mysql")
    defaults: dict[str, Any] = {
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "init_command": "set time_zone = '+00:00'",
        "database": url.database,
    }
    try:
        connection = pymysql.connect(
            host=url.host,
            port=url.port,
            user=url.user,
            password=url.password.get_secret_value(),
            **(defaults | options),
        )
    except pymysql.MySQLError as error:
        code = error.args[0] if error.args else None
        if code in _ACCESS_DENIED:
            raise _refused(url) from None
        if code == _UNKNOWN_DATABASE:
            raise _missing(url, "database") from None
        raise _unreachable(url) from None
    _require_supported(mysql_version(connection), url, connection.close)
    return connection


def connect_mongo(settings: Settings) -> Database[Document]:
    """Connect to the catalogue and return its database, with time-zone-aware UTC times.

    Raises:
        SoftcartError: The server cannot be reached, refuses the user or is too old.
    """
    # pymongo takes as long to load as a small run takes, and not every run needs it.
    import pymongo
    from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

    url = settings.url("mongo")
    try:
        client: pymongo.MongoClient[Document] = pymongo.MongoClient(
            url.full.get_secret_value(),
            appname="softcart",
            tz_aware=True,
            serverSelectionTimeoutMS=CONNECT_TIMEOUT_SECONDS * 1000,
        )
        database = client.get_database(url.database)
        version = mongo_version(database)
    except OperationFailure:
        raise _refused(url) from None
    except (PyMongoError, ConfigurationError):
        raise _unreachable(url) from None
    _require_supported(version, url, client.close)
    return database


def _setting(server: Server) -> str:
    return f"SOFTCART_{server.upper()}_URL"


def _require_supported(version: ServerVersion, url: ServerUrl, close: Callable[[], None]) -> None:
    try:
        version.require_supported(url)
    except SoftcartError:
        close()
        raise


def _refused(url: ServerUrl) -> SoftcartError:
    return SoftcartError(
        f"The server at {url} refuses the user or the password",
        remedy=f"Correct user and password in {_setting(url.server)}, or grant the user access",
    )


def _missing(url: ServerUrl, thing: str) -> SoftcartError:
    return SoftcartError(
        f"The server at {url} has no such {thing}",
        remedy=f"Create it, or correct {_setting(url.server)}",
    )


def _unreachable(url: ServerUrl) -> SoftcartError:
    return SoftcartError(
        f"No answer from {url.server} at {url.host}:{url.port}",
        remedy=(
            "Start the server (`softcart up` starts private ones), "
            f"or correct {_setting(url.server)}"
        ),
    )
