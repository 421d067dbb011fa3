"""What tests do with the driver, in the process that they keep for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

from derby.child import Child
from derby.server import Derby

Row = tuple[Any, ...]
Step = str | tuple[str, Sequence[object]]
"""A statement, one with values for its `?`, or `commit` or `rollback`."""

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


class StatementError(Exception):
    """What the driver said, for a process that has no driver."""


class Wire:
    """A server of the protocol and a process with IBM's driver."""

    def __init__(self, derby: Derby, child: Child) -> None:
        self.derby = derby
        self.child = child

    def run(self, *steps: Step) -> list[Row]:
        """Take steps on a connection of their own; return the rows of the last.

        Raises:
            StatementError: The driver reports an error.
            ChildDiedError: The driver brought its process down.
        """
        return self.child.run(run, self.derby.url, *steps)

    def call(
        self,
        function: Callable[Concatenate[str, _Params], _Result],
        *args: _Params.args,
        **kwargs: _Params.kwargs,
    ) -> _Result:
        """Call a function in the driver's process with the server's URL, then `args`."""
        return self.child.run(function, self.derby.url, *args, **kwargs)


def connect(url: str) -> Any:
    """Return a connection that commits when it is told to."""
    import ibm_db_dbi  # type: ignore[import-untyped, unused-ignore]

    parts = urlsplit(url)
    connection = ibm_db_dbi.connect(
        f"DATABASE={parts.path[1:]};HOSTNAME={parts.hostname};PORT={parts.port};PROTOCOL=TCPIP;"
        f"UID={parts.username};PWD={unquote(parts.password or '')};",
        "",
        "",
    )
    connection.set_autocommit(False)
    return connection


def run(url: str, *steps: Step) -> list[Row]:
    """Take steps on one connection; what is not committed then is rolled back."""
    rows: list[Row] = []
    with told():
        connection = connect(url)
    try:
        for step in steps:
            with told():
                rows = _take(connection, step)
    finally:
        # One that is lost cannot be closed; why it is lost is what counts.
        with contextlib.suppress(Exception):
            connection.close()
    return rows


@contextmanager
def told() -> Iterator[None]:
    """Raise errors of the block as one that reaches another process whole.

    Raises:
        StatementError: In place of any other; the driver's are of its own types, and plain ones.
    """
    try:
        yield
    except Exception as error:
        raise StatementError(str(error)) from None


def _take(connection: Any, step: Step) -> list[Row]:
    if step == "commit":
        connection.commit()
        return []
    if step == "rollback":
        connection.rollback()
        return []
    sql, values = (step, ()) if isinstance(step, str) else step
    cursor = connection.cursor()
    cursor.execute(sql, tuple(values))
    rows = cursor.fetchall() if cursor.description else []
    cursor.close()
    return rows
