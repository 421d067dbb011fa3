"""Db2's statements that make promoted tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from orchestration.promote.db2.types import Db2Column, db2_columns
from orchestration.promote.refined import Relation

_COMMENT_OCTETS: Final = 254


class Table:
    """A relation of the refined layer as a table on Db2.

    Args:
        relation: What it is a copy of.

    Raises:
        SoftcartError: Db2 has no exact type for one of its columns.
    """

    def __init__(self, relation: Relation) -> None:
        self.relation = relation
        self.columns = db2_columns(relation)
        self.key = tuple(name.upper() for name in relation.key)
        self.schema = relation.schema.upper()
        self.plain_name = relation.name.upper()
        self.name = qualified(self.schema, self.plain_name)
        # RENAME keeps the schema, so the table is made beside the one that it will replace.
        self.loading_name = qualified(self.schema, self.plain_name + LOADING_SUFFIX)
        self.work_name = qualified(WORK_SCHEMA, f"{self.schema}__{self.plain_name}")
        self.gone_name = qualified(WORK_SCHEMA, f"{self.schema}__{self.plain_name}__GONE")

    def __str__(self) -> str:
        return str(self.relation)

    @property
    def key_columns(self) -> tuple[Db2Column, ...]:
        """The columns of its key, in the key's order."""
        return tuple(self.column(name) for name in self.key)

    def column(self, name: str) -> Db2Column:
        """Return a column by its name on either engine."""
        return next(column for column in self.columns if column.name == name.upper())

    @property
    def definition(self) -> str:
        """A digest of all that, when it changes, changes rows that have no later load time."""
        made = create_table(self.name, self.columns, self.key) + self.relation.made_by
        return _digest(made)

    @property
    def comments(self) -> str:
        """A digest of its comments."""
        return _digest("".join(comment_statements(self, self.name)))


WORK_SCHEMA: Final = "PROMOTE"
LOADING_SUFFIX: Final = "__LOADING"


def quoted(name: str) -> str:
    """Return a name as SQL's identifier."""
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """Return a relation's name as SQL's identifier."""
    return f"{quoted(schema)}.{quoted(name)}"


def name_list(names: Iterable[str]) -> str:
    """Return names as SQL's identifiers with commas between."""
    return ", ".join(map(quoted, names))


def create_table(name: str, columns: Sequence[Db2Column], key: Sequence[str]) -> str:
    """Return the statement that makes a table; no key means that rows may repeat."""
    lines = [
        f"{quoted(column.name)} {column.type}{' NOT NULL' if column.is_required else ''}"
        for column in columns
    ]
    if key:
        lines.append(f"PRIMARY KEY ({name_list(key)})")
    return f"CREATE TABLE {name} ({', '.join(lines)})"


def comment_statements(table: Table, name: str) -> Iterator[str]:
    """Yield the statements that describe a table and its columns.

    Args:
        table: What to describe.
        name: Under which it is at the moment.
    """
    if table.relation.description:
        yield f"COMMENT ON TABLE {name} IS {_comment(table.relation.description)}"
    for column in table.columns:
        if column.description:
            target = f"{name}.{quoted(column.name)}"
            yield f"COMMENT ON COLUMN {target} IS {_comment(column.description)}"


def _comment(text: str) -> str:
    """Return a text as a literal of as many whole characters as Db2 keeps."""
    kept = text.encode()[:_COMMENT_OCTETS].decode(errors="ignore")
    return "'" + kept.replace("'", "''") + "'"


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
