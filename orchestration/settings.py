"""Every setting, typed: from the environment, `.env`, or the servers that `softcart up` runs.

Order, the first that says something wins: process environment, `.env` in the project, then
`servers.env` in the home folder, which the private servers write when they start. So a user's own
server is used wherever its URL is set, and a private one everywhere else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orchestration.errors import SoftcartError

PROJECT_DIR = Path(__file__).resolve().parent.parent
SERVERS_ENV = "servers.env"

Server = Literal["postgres", "mysql", "mongo", "db2"]
# Those that `softcart up` can run; Db2 is always the user's own.
SERVERS: tuple[Server, ...] = ("postgres", "mysql", "mongo")

# Where marts are built: dbt's targets, PostgreSQL (the staging warehouse itself) and Db2.
Target = Literal["local", "prod"]


@dataclass(frozen=True)
class ServerUrl:
    """A server's URL taken apart. Its `str` never shows the password."""

    server: Server
    scheme: str
    host: str
    port: int
    user: str
    password: SecretStr
    database: str
    full: SecretStr

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{user}{self.host}:{self.port}/{self.database}"


_SCHEMES: dict[Server, tuple[tuple[str, ...], int]] = {
    "postgres": (("postgresql", "postgres"), 5432),
    "mysql": (("mysql", "mariadb"), 3306),
    "mongo": (("mongodb", "mongodb+srv"), 27017),
    "db2": (("db2",), 50000),
}


class Settings(BaseSettings):
    """All settings; `.env.example` is their manual. No secret has a default."""

    model_config = SettingsConfigDict(
        env_prefix="SOFTCART_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(
        default=PROJECT_DIR / ".softcart",
        description="Folder of the private servers' data, state and logs.",
    )
    environment: Literal["local", "ci", "production"] = Field(
        default="local", description="Which schedules apply (orchestration/defs/schedules.py)."
    )
    postgres_url: SecretStr | None = Field(
        default=None, description="Staging warehouse, postgresql://user:password@host:port/database"
    )
    mysql_url: SecretStr | None = Field(
        default=None, description="The shop's database, mysql://user:password@host:port/softcart"
    )
    mongo_url: SecretStr | None = Field(
        default=None, description="The catalogue, mongodb://user:password@host:port/catalog"
    )
    db2_url: SecretStr | None = Field(
        default=None,
        description="Production warehouse, db2://user:password@host:port/DATABASE?security=ssl",
    )
    web_dir: Path | None = Field(
        default=None, description="Folder of the shop's files of web events and access logs."
    )
    postgres_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the private PostgreSQL, not another."
    )
    mysql_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the private MariaDB, not another."
    )
    mongo_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the private Mongo server, not another."
    )
    targets: Annotated[tuple[Target, ...], NoDecode] = Field(
        default=(), description="Where marts are built; production must say."
    )
    reader_role: str = Field(
        default="",
        pattern=r"^([A-Za-z][A-Za-z0-9_]*)?$",
        description="Role that may read the marts; empty grants nobody.",
    )
    dbt_threads: int = Field(default=4, ge=1, le=64, description="Models dbt builds at once.")
    stream_batch_rows: int = Field(
        default=20_000, ge=1, description="Row changes after which a batch of a log is full."
    )
    stream_batch_bytes: int = Field(
        default=32 * 1024 * 1024, ge=1, description="Size of their lines, likewise."
    )
    stream_batch_milliseconds: int = Field(
        default=100, ge=0, description="Age at which a batch is written though it is not full."
    )
    failure_webhook_url: SecretStr | None = Field(
        default=None, description="Receives a JSON POST for each failed run."
    )

    @field_validator("home", "web_dir")
    @classmethod
    def _make_absolute(cls, folder: Path | None) -> Path | None:
        return folder and _absolute(folder)

    @field_validator("targets", mode="before")
    @classmethod
    def _split_targets(cls, targets: object) -> object:
        if isinstance(targets, str):
            return tuple(name.strip() for name in targets.split(","))
        return targets

    @model_validator(mode="after")
    def _require_targets_in_production(self) -> Settings:
        if not self.targets:
            if self.environment == "production":
                raise PydanticCustomError(
                    "targets_missing",
                    "SOFTCART_TARGETS must say where production builds marts: local, prod or both",
                )
            object.__setattr__(self, "targets", ("local",))
        return self

    @classmethod
    def load(cls, *, private_servers: bool = True) -> Settings:
        """Read the settings.

        Args:
            private_servers: False leaves out the URLs of the private servers, to tell which servers
                the user brought.

        Raises:
            SoftcartError: A value does not have its setting's type; names the setting only.
        """
        env_files = [PROJECT_DIR / ".env"]
        if private_servers:
            env_files.insert(0, cls._home() / SERVERS_ENV)
        try:
            return cls(_env_file=env_files)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            # What is wrong with several settings together has no place.
            name = "_".join(
                ["SOFTCART", *(str(part) for part in first["loc"][:1] or ["targets"])]
            ).upper()
            raise SoftcartError(
                f"Setting {name} is not valid: {first['msg']}",
                remedy="Correct it in the environment or in .env; .env.example shows each setting",
            ) from None

    @classmethod
    def _home(cls) -> Path:
        name = "SOFTCART_HOME"
        home = os.environ.get(name) or dotenv_values(PROJECT_DIR / ".env").get(name)
        return _absolute(Path(home or cls.model_fields["home"].default))

    def has_url(self, server: Server) -> bool:
        """Whether a server's URL is set."""
        secret: SecretStr | None = getattr(self, f"{server}_url")
        return secret is not None and bool(secret.get_secret_value())

    def with_urls(self, urls: Mapping[Server, str]) -> Settings:
        """Return these settings with some servers' URLs in place of their own."""
        changes = {f"{server}_url": SecretStr(url) for server, url in urls.items()}
        return self.model_copy(update=changes)

    def url(self, server: Server) -> ServerUrl:
        """Return where a server is.

        Raises:
            SoftcartError: The setting is empty and no private server runs, or it is not a URL.
        """
        name = f"SOFTCART_{server.upper()}_URL"
        secret: SecretStr | None = getattr(self, f"{server}_url")
        if secret is None or not self.has_url(server):
            raise SoftcartError(
                f"No {server} server: {name} is not set and no private server runs",
                remedy=f"Start the private servers with `softcart up`, or set {name}",
            )
        schemes, default_port = _SCHEMES[server]
        problem = SoftcartError(
            f"{name} is not a URL of the form {schemes[0]}://user:password@host:port/database",
            remedy="Correct it in the environment or in .env; encode special characters as %XX",
        )
        try:
            parts = urlsplit(_first_host(secret.get_secret_value()))
            port = parts.port or default_port
        except ValueError:
            raise problem from None
        database = parts.path.strip("/")
        if parts.scheme not in schemes or not parts.hostname or not database:
            raise problem
        return ServerUrl(
            server=server,
            scheme=parts.scheme,
            host=parts.hostname,
            port=port,
            user=unquote(parts.username or ""),
            password=SecretStr(unquote(parts.password or "")),
            database=unquote(database),
            full=secret,
        )


def _absolute(folder: Path) -> Path:
    """Return the folder that a setting means, relative to the project and not to the caller."""
    return (PROJECT_DIR / folder.expanduser()).resolve()


def _first_host(url: str) -> str:
    """Return a URL with the first of several hosts, as those of replica sets have."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    return scheme + separator + user + at + hosts.partition(",")[0] + slash + path
