"""What runs where: private servers and the user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.errors import SoftcartError
from orchestration.local.files import folder_bytes
from orchestration.local.server import PrivateServer
from orchestration.local.stack import private_servers
from orchestration.settings import Server, Settings
from orchestration.versions import ServerVersion, mongo_version, mysql_version, postgres_version


@dataclass(frozen=True)
class ServerState:
    """One server as `softcart status` shows it.

    Args:
        server: Which of the three.
        owner: "private" when it is one of ours, "yours" when the user set its URL.
        state: Whether it answers; an answer can also be a refusal.
        version: Its product and version, None unless it runs.
        address: Its URL without the password, None when there is none.
        data_bytes: Size of its data on the disk, None for the user's own.
        title: Name of a private server's program, "" for the user's own.
        problem: Why it does not answer, or "".
    """

    server: Server
    owner: Literal["private", "yours"]
    state: Literal["running", "stopped", "not answering"]
    version: ServerVersion | None
    address: str | None
    data_bytes: int | None
    title: str = ""
    problem: str = ""


def status(settings: Settings) -> list[ServerState]:
    """Ask each server how it is; starts and changes nothing.

    Args:
        settings: Without the private servers' own URLs: `Settings.load(private_servers=False)`.
    """
    return [_state(settings, private) for private in private_servers(settings)]


def _state(settings: Settings, private: PrivateServer) -> ServerState:
    if settings.has_url(private.key):
        yours = ServerState(private.key, "yours", "running", None, None, None)
        return _ask(settings, yours)
    size = folder_bytes(private.folder) if private.is_initialised else None
    ours = ServerState(private.key, "private", "stopped", None, None, size, private.title)
    url = private.running_url
    return ours if url is None else _ask(settings.with_urls({private.key: url}), ours)


def _ask(settings: Settings, state: ServerState) -> ServerState:
    """Return the state with what the server itself answers."""
    try:
        state = replace(state, address=str(settings.url(state.server)))
        version = _VERSIONS[state.server](settings)
    except SoftcartError as error:
        return replace(state, state="not answering", problem=error.what)
    return replace(state, state="running", version=version)


def _postgres_version(settings: Settings) -> ServerVersion:
    with connect_postgres(settings) as connection:
        return postgres_version(connection)


def _mysql_version(settings: Settings) -> ServerVersion:
    with connect_mysql(settings) as connection:
        return mysql_version(connection)


def _mongo_version(settings: Settings) -> ServerVersion:
    database = connect_mongo(settings)
    with database.client:
        return mongo_version(database)


_VERSIONS: dict[Server, Callable[[Settings], ServerVersion]] = {
    "postgres": _postgres_version,
    "mysql": _mysql_version,
    "mongo": _mongo_version,
}
