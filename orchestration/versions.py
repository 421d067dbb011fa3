"""Which server versions are supported, and what a server says that it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import psycopg
import pymysql

from orchestration.errors import SoftcartError

if TYPE_CHECKING:
    from pymongo.database import Database

Product = Literal["PostgreSQL", "MySQL", "MariaDB", "MongoDB"]

# The oldest that the project is written for: what it uses of them is not in the versions before.
_LEAST: dict[Product, tuple[int, int]] = {
    "PostgreSQL": (17, 0),
    "MySQL": (8, 0),
    "MariaDB": (10, 11),
    "MongoDB": (6, 0),
}

# A MariaDB server puts this before its version so that clients of MySQL 5 go on working.
_MARIADB_MASK = "5.5.5-"


@dataclass(frozen=True)
class ServerVersion:
    """A product and its version number."""

    product: Product
    number: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.number))}"

    @property
    def is_supported(self) -> bool:
        """Whether the project is written for this version."""
        return self.number[:2] >= _LEAST[self.product]

    @property
    def least(self) -> str:
        """The oldest supported version of the product, as text."""
        return ".".join(map(str, _LEAST[self.product]))

    def require_supported(self, address: object) -> None:
        """Stop unless the version is supported.

        Args:
            address: Where the server is, as its `ServerUrl` shows it without the password.

        Raises:
            SoftcartError: The server is too old.
        """
        if not self.is_supported:
            raise SoftcartError(
                f"The server at {address} is {self}, which is too old",
                remedy=f"Use {self.product} {self.least} or later; `softcart up` starts private "
                "servers for every URL that is not set",
            )


def postgres_version(connection: psycopg.Connection[Any]) -> ServerVersion:
    """Return the version that the server named when the connection was made."""
    # 180006 is 18.6: since version 10 there are two parts.
    major, minor = divmod(connection.info.server_version, 10000)
    return ServerVersion("PostgreSQL", (major, minor))


def mysql_version(connection: pymysql.Connection[Any]) -> ServerVersion:
    """Return the product and version that the server named when the connection was made."""
    text = str(connection.get_server_info())  # type: ignore[no-untyped-call]
    product: Product = "MariaDB" if "mariadb" in text.lower() else "MySQL"
    return ServerVersion(product, _numbers(text.removeprefix(_MARIADB_MASK)))


def mongo_version(database: Database[Any]) -> ServerVersion:
    """Return the version that the server reports, or claims to be compatible with."""
    return ServerVersion("MongoDB", _numbers(database.command("buildInfo")["version"]))


def _numbers(text: str) -> tuple[int, ...]:
    leading = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in leading[0].split(".")) if leading else (0,)
