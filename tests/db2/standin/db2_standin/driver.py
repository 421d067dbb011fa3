"""What the real `ibm_db_dbi` asks of the C module `ibm_db`, over a session of the stand-in.

Faults are plain `Exception`s with Db2's text, as the C module raises them: `ibm_db_dbi` reads the
SQLSTATE in it and chooses the class of PEP 249.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from db2_standin.errors import Db2Error
from db2_standin.expressions import swap_case
from db2_standin.session import Result, Session

SQL_ATTR_AUTOCOMMIT = 102
SQL_AUTOCOMMIT_OFF, SQL_AUTOCOMMIT_ON = 0, 1
SQL_ATTR_CURRENT_SCHEMA = 1254
SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY = 6, 0
SQL_DBMS_NAME, SQL_DBMS_VER = 17, 18

# PostgreSQL's types of columns, as Db2's driver names them.
_TYPES = {
    16: "boolean",
    17: "varbinary",
    20: "bigint",
    21: "smallint",
    23: "int",
    25: "varchar",
    700: "real",
    701: "double",
    1042: "char",
    1043: "varchar",
    1082: "date",
    1083: "time",
    1114: "timestamp",
    1700: "decimal",
}

_last_error = ""
_last_state = ""


class IBM_DBConnection:  # noqa: N801 - the driver's name
    """A connection's handle."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.schema = ""


class IBM_DBStatement:  # noqa: N801 - the driver's name
    """A statement's handle, and what it gave when it was last executed."""

    def __init__(self, connection: IBM_DBConnection, sql: str) -> None:
        self.connection = connection
        self.sql = sql
        self.result = Result()
        self.place = 0
        self.bound: dict[int, object] = {}


Row = tuple[Any, ...]


def connect(
    dsn: str, user: str, password: str, options: Mapping[int, object] | None = None
) -> IBM_DBConnection:
    """Connect by a string of keywords."""
    keywords = dict(part.split("=", 1) for part in dsn.split(";") if "=" in part)
    keywords = {name.strip().upper(): value for name, value in keywords.items()}
    keywords.setdefault("UID", user)
    keywords.setdefault("PWD", password)
    try:
        connection = IBM_DBConnection(Session(keywords))
    except Db2Error as error:
        raise _told(error, "") from None
    set_option(connection, options or {}, 1)
    return connection


def close(connection: IBM_DBConnection) -> bool:
    """Close a connection."""
    connection.session.close()
    return True


def commit(connection: IBM_DBConnection) -> bool:
    """Commit the unit of work."""
    try:
        connection.session.commit()
    except Db2Error as error:
        raise _told(error, "") from None
    return True


def rollback(connection: IBM_DBConnection) -> bool:
    """Roll the unit of work back."""
    try:
        connection.session.rollback()
    except Db2Error as error:
        raise _told(error, "") from None
    return True


def autocommit(connection: IBM_DBConnection, value: int | None = None) -> int | bool:
    """Return whether each statement is a unit of work, or say so."""
    if value is None:
        return int(connection.session.autocommit)
    connection.session.autocommit = bool(value)
    return True


def set_option(handle: object, options: Mapping[int, object], _type: int) -> bool:
    """Set options of a connection."""
    if isinstance(handle, IBM_DBConnection):
        if SQL_ATTR_AUTOCOMMIT in options:
            handle.session.autocommit = options[SQL_ATTR_AUTOCOMMIT] == SQL_AUTOCOMMIT_ON
        if SQL_ATTR_CURRENT_SCHEMA in options:
            handle.schema = str(options[SQL_ATTR_CURRENT_SCHEMA] or "")
    return True


def get_option(handle: object, option: int, _type: int) -> object:
    """Return an option of a connection or a statement."""
    if isinstance(handle, IBM_DBConnection):
        if option == SQL_ATTR_CURRENT_SCHEMA:
            return handle.schema
        if option == SQL_ATTR_AUTOCOMMIT:
            return int(handle.session.autocommit)
    return SQL_CURSOR_FORWARD_ONLY


def get_db_info(_connection: IBM_DBConnection, option: int) -> str:
    """Return the server's name or version."""
    return "DB2/LINUXX8664" if option == SQL_DBMS_NAME else "11.05.0900"


def prepare(connection: IBM_DBConnection, sql: str) -> IBM_DBStatement:
    """Return a statement; Db2's driver sends it no earlier than it is executed."""
    return IBM_DBStatement(connection, sql)


def bind_param(statement: IBM_DBStatement, index: int, value: object, *_types: int) -> bool:
    """Bind a value to a parameter, counted from 1."""
    statement.bound[index] = value
    return True


def execute(statement: IBM_DBStatement, parameters: Sequence[object] | None = None) -> bool:
    """Execute a statement."""
    if parameters is None and statement.bound:
        parameters = [statement.bound[index] for index in sorted(statement.bound)]
    try:
        statement.result = statement.connection.session.execute(statement.sql, parameters)
    except Db2Error as error:
        raise _told(error, "Statement Execute Failed: ") from None
    statement.place = 0
    return True


def execute_many(statement: IBM_DBStatement, rows: Sequence[Sequence[object]]) -> int:
    """Execute a statement for each row of parameters; return how many rows it changed."""
    try:
        return statement.connection.session.execute_many(statement.sql, rows)
    except Db2Error as error:
        raise _told(error, "Statement Execute Failed: ") from None


def num_fields(statement: IBM_DBStatement) -> int:
    """Return the number of columns, 0 without a result set."""
    return len(statement.result.columns)


def num_rows(statement: IBM_DBStatement) -> int:
    """Return how many rows the statement changed."""
    return statement.result.count


def get_num_result(statement: IBM_DBStatement) -> int:
    """Return the number of rows of a scrollable cursor."""
    return len(statement.result.rows)


def field_name(statement: IBM_DBStatement, column: int) -> str:
    """Return a column's name."""
    return swap_case(statement.result.columns[column].name)


def field_type(statement: IBM_DBStatement, column: int) -> str:
    """Return the driver's name for a column's type."""
    return _TYPES.get(statement.result.columns[column].type_code, "string")


def field_display_size(statement: IBM_DBStatement, column: int) -> int:
    """Return how wide a column is when printed, 0 where nothing says so."""
    return statement.result.columns[column].display_size or 0


def field_precision(statement: IBM_DBStatement, column: int) -> int:
    """Return a column's number of digits, 0 where it has none."""
    return statement.result.columns[column].precision or 0


def field_scale(statement: IBM_DBStatement, column: int) -> int:
    """Return a column's number of digits after the point."""
    return statement.result.columns[column].scale or 0


def field_nullable(_statement: IBM_DBStatement, _column: int) -> bool:
    """Return whether a column may be null: PostgreSQL does not tell."""
    return True


def fetchone(statement: IBM_DBStatement) -> Row | None:
    """Return the next row, or none."""
    rows = fetchmany(statement, 1)
    return rows[0] if rows else None


def fetchmany(statement: IBM_DBStatement, size: int) -> list[Row]:
    """Return the next rows, at most `size`."""
    rows = statement.result.rows[statement.place : statement.place + size]
    statement.place += len(rows)
    return rows


def fetchall(statement: IBM_DBStatement) -> list[Row]:
    """Return the rows that are left."""
    return fetchmany(statement, len(statement.result.rows))


def fetch_tuple(statement: IBM_DBStatement) -> Row | bool:
    """Return the next row, or False."""
    return fetchone(statement) or False


def free_stmt(_statement: IBM_DBStatement | None) -> bool:
    """Free a statement."""
    return True


def free_result(_statement: IBM_DBStatement) -> bool:
    """Free a result set."""
    return True


def next_result(_statement: IBM_DBStatement) -> bool:
    """Return the next result set: there never is one."""
    return False


def conn_error(_connection: object = None) -> str:
    """Return the SQLSTATE of the last fault."""
    return _last_state


def conn_errormsg(_connection: object = None) -> str:
    """Return the last fault."""
    return _last_error


stmt_error = conn_error
stmt_errormsg = conn_errormsg


def _told(error: Db2Error, prefix: str) -> Exception:
    global _last_error, _last_state
    _last_error, _last_state = str(error), error.sqlstate
    return Exception(prefix + str(error))
