"""What a server's log must have for its rows to be read, and the statement that sees to it."""

from __future__ import annotations

from typing import Any, NamedTuple

import pymysql

from orchestration.versions import Product


class Requirement(NamedTuple):
    """A setting that the log depends on.

    Attributes:
        variable: Its name.
        value: What it must be, in upper case.
        why: What is missing from the log otherwise.
        remedy: How to set it.
    """

    variable: str
    value: str
    why: str
    remedy: str


_OF_BOTH = (
    Requirement(
        "log_bin",
        "ON",
        "the server keeps no binary log",
        "Start the server with --log-bin --server-id=1",
    ),
    Requirement(
        "binlog_format",
        "ROW",
        "the binary log has statements, not the rows that they changed",
        "SET GLOBAL binlog_format = 'ROW'",
    ),
    Requirement(
        "binlog_row_image",
        "FULL",
        "the binary log has parts of rows",
        "SET GLOBAL binlog_row_image = 'FULL'",
    ),
    Requirement(
        "binlog_row_metadata",
        "FULL",
        "the binary log does not name the columns of its rows",
        "SET GLOBAL binlog_row_metadata = 'FULL'",
    ),
)
_OF_MYSQL = (
    Requirement(
        "gtid_mode",
        "ON",
        "transactions have no GTID",
        "SET GLOBAL enforce_gtid_consistency = ON; then gtid_mode step by step to OFF_PERMISSIVE, "
        "ON_PERMISSIVE and ON (SET GLOBAL gtid_mode = ...)",
    ),
    Requirement(
        "binlog_transaction_compression",
        "OFF",
        "the binary log is compressed",
        "SET GLOBAL binlog_transaction_compression = OFF",
    ),
    Requirement(
        "binlog_row_value_options",
        "",
        "the binary log has parts of JSON documents",
        "SET GLOBAL binlog_row_value_options = ''",
    ),
)


def unmet_requirements(connection: pymysql.Connection[Any], product: Product) -> list[Requirement]:
    """Return what the server's log lacks, the most basic first."""
    requirements = _OF_BOTH + (_OF_MYSQL if product == "MySQL" else ())
    names = ", ".join(f"'{requirement.variable}'" for requirement in requirements)
    with connection.cursor() as cursor:
        cursor.execute(f"show global variables where variable_name in ({names})")
        values = {name.lower(): value.upper() for name, value in cursor.fetchall()}
    unmet = [
        requirement
        for requirement in requirements
        # What a version does not know, it does not do.
        if values.get(requirement.variable, requirement.value) != requirement.value
    ]
    return unmet[:1] if unmet and unmet[0].variable == "log_bin" else unmet
