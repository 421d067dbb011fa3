"""What PostgreSQL objects to, in Db2's words and numbers."""

from __future__ import annotations

import re

import psycopg

from db2_standin.errors import Db2Error

_EXISTS = 'The name of the object to be created is identical to the existing name "{}".'
_ROLLED_BACK = "The current transaction has been rolled back: deadlock or timeout.  Reason code "
# By PostgreSQL's SQLSTATE: Db2's SQLCODE, SQLSTATE, text; {} is what PostgreSQL's message quotes.
_FAULTS = {
    "42P01": (-204, "42704", '"{}" is an undefined name.'),
    "3F000": (-204, "42704", '"{}" is an undefined name.'),
    "42704": (-204, "42704", '"{}" is an undefined name.'),
    "42703": (-206, "42703", '"{}" is not valid in the context where it is used.'),
    "42702": (-203, "42702", 'A reference to column "{}" is ambiguous.'),
    "42803": (-119, "42803", 'An expression starting with "{}" is not in the GROUP BY clause.'),
    "42883": (
        -440,
        "42884",
        'No authorized routine named "{}" having compatible arguments was found.',
    ),
    "42P07": (-601, "42710", _EXISTS),
    "42P06": (-601, "42710", _EXISTS),
    "42710": (-601, "42710", _EXISTS),
    "42701": (-612, "42711", '"{}" is a duplicate name.'),
    "2BP01": (-478, "42893", 'The object "{}" cannot be dropped: another depends on it.'),
    "42601": (-104, "42601", 'An unexpected token "{}" was found.'),
    "42804": (-401, "42818", "The data types of the operands are not compatible."),
    "42846": (-461, "42846", 'A value with data type "{}" cannot be CAST.'),
    "23505": (
        -803,
        "23505",
        "One or more values are not valid: the primary key, unique constraint or unique index "
        'identified by "{}" constrains the table from having duplicate values for the index key.',
    ),
    "23502": (
        -407,
        "23502",
        'Assignment of a NULL value to a NOT NULL column "{}" is not allowed.',
    ),
    "23503": (
        -530,
        "23503",
        'The value of the FOREIGN KEY "{}" is not equal to any of the parent key.',
    ),
    "23514": (-545, "23513", 'A row does not satisfy the check constraint "{}".'),
    "22001": (-433, "22001", 'Value "{}" is too long.'),
    "22003": (-413, "22003", "Overflow occurred during numeric data type conversion."),
    "22012": (-801, "22012", "Division by zero was attempted."),
    "22007": (-180, "22007", "The syntax of the string of a datetime value is incorrect."),
    "22008": (-181, "22007", "The string of a datetime value is out of range."),
    "22P02": (-420, "22018", "Invalid character found in a character string argument."),
    "21000": (-811, "21000", "The result of a scalar fullselect is more than one row."),
    "42501": (-551, "42501", 'The authorization ID does not have the privilege on "{}".'),
    "55000": (-668, "57007", 'Operation not allowed for reason code "1" on table "{}".'),
    "55P03": (-911, "40001", _ROLLED_BACK + '"68".'),
    "40P01": (-911, "40001", _ROLLED_BACK + '"2".'),
}
_GONE = ("08", "57P")
# What ends the unit of work on Db2.
ROLLS_BACK = frozenset({-911})


def from_postgres(error: psycopg.Error) -> Db2Error:
    """Return Db2's error for one of PostgreSQL's, whose own message stays behind it."""
    state = error.sqlstate or "08006"
    message = (error.diag.message_primary or str(error)).strip()
    own = re.match(r"SQL(\d{4})N  (.*)", message, re.DOTALL)
    if own:
        return Db2Error(-int(own[1]), state, own[2])
    if state.startswith(_GONE):
        return connection_lost(message)
    sqlcode, sqlstate, text = _FAULTS.get(state, (-901, "58004", "PostgreSQL refused it."))
    if state == "23502":
        quoted = error.diag.column_name or ""
    elif state == "23505":
        quoted = error.diag.constraint_name or ""
    else:
        found = re.search(r'"([^"]*)"|function ([\w.]+)\(|column (\S+)', message)
        quoted = next((part for part in found.groups() if part), "") if found else ""
    return Db2Error(sqlcode, sqlstate, f"{text.format(quoted.upper())}  [PostgreSQL: {message}]")


def connection_lost(message: str) -> Db2Error:
    """Return the error of a connection that is gone."""
    return Db2Error(
        -30081,
        "08001",
        f'A communication error has been detected. Protocol specific error code(s): "*", "*", "0". '
        f"[PostgreSQL: {message}]",
    )


def cannot_connect(error: psycopg.OperationalError, host: str, port: str) -> Db2Error:
    """Return the error of a connection that does not come about."""
    message = str(error).strip()
    if "password authentication failed" in message or "no password" in message:
        return Db2Error(
            -30082,
            "08001",
            'Security processing failed with reason "24" ("USERNAME AND/OR PASSWORD INVALID").',
        )
    if "does not exist" in message:
        return Db2Error(
            -1031, "58031", "The database directory cannot be found on the indicated file system."
        )
    return Db2Error(
        -30081,
        "08001",
        'A communication error has been detected. Communication protocol being used: "TCP/IP". '
        f'Location where the error was detected: "{host}:{port}". Protocol specific error code(s): '
        '"111", "*", "*".',
    )
