"""A connection's state: the unit of work, savepoints, views that come to be valid again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from db2_standin import faults
from db2_standin.blocks import is_block, run_block
from db2_standin.errors import Db2Error
from db2_standin.expressions import swap_case
from db2_standin.lexing import Tokens, begins, tokenize
from db2_standin.refusals import refuse
from db2_standin.statements import plan, yields_rows

# A file that gets every statement and what became of it, for whoever mends a test.
_LOG = "DB2_STANDIN_LOG"
_LOCK_SECONDS = 60
# Views rest on views; deeper than this they rest on themselves.
_DEPTH = 50


@dataclass
class Result:
    """What a statement gave.

    Args:
        columns: PostgreSQL's description of its rows, none if it has no result set.
        rows: All of them.
        count: How many rows it changed, -1 where that means nothing.
    """

    columns: Sequence[psycopg.Column] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    count: int = -1


class Session:
    """One connection to the stand-in.

    Args:
        options: The driver's keywords: DATABASE, HOSTNAME, PORT, UID, PWD.

    Raises:
        Db2Error: Nobody answers, or it refuses the user or the database.
    """

    def __init__(self, options: dict[str, str]) -> None:
        host, port = options.get("HOSTNAME", ""), options.get("PORT", "")
        try:
            self._postgres = psycopg.connect(
                host=host,
                port=port,
                dbname=options.get("DATABASE", ""),
                user=options.get("UID", ""),
                password=options.get("PWD", ""),
                connect_timeout=10,
                application_name="db2-standin",
                options="-c search_path=db2,pg_catalog -c timezone=UTC -c client_min_messages=error"
                f" -c lock_timeout={_LOCK_SECONDS}s",
                autocommit=True,
                # Plans are made anew: a cached one would not see a view that is another by now.
                prepare_threshold=None,
            )
        except psycopg.OperationalError as error:
            raise faults.cannot_connect(error, host, port) from None
        self.autocommit = False
        self._statements = 0
        self._last = Result()

    def execute(self, sql: str, parameters: Sequence[object] | None = None) -> Result:
        """Run a statement or a compound block.

        Raises:
            Db2Error: Db2 would refuse it, or the stand-in cannot.
        """
        try:
            result = self._execute(tokenize(sql), parameters)
        except Db2Error as error:
            _log(sql, str(error))
            raise
        _log(sql, None)
        return result

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> int:
        """Run a statement for each row of parameters and return how many rows it changed in all.

        Raises:
            Db2Error: A row is refused; none of them has been written.
        """
        tokens = tokenize(sql)
        refuse(tokens)
        (statement,) = plan(tokens)
        marked = _marked(statement)

        def run() -> Result:
            with self._postgres.cursor() as cursor:
                cursor.executemany(marked, rows)
                return Result(count=cursor.rowcount)

        _log(sql, None)
        return self._guarded(run).count

    def run(self, tokens: Tokens) -> list[tuple[object, ...]]:
        """Run a statement of a compound block and return its rows."""
        return self._execute(tokens, None).rows

    def names(self) -> list[str]:
        """Return the names of the last rows' columns, as Db2 has them."""
        return [swap_case(column.name) for column in self._last.columns]

    def commit(self) -> None:
        """End the unit of work and keep what it did."""
        self._end("commit")

    def rollback(self) -> None:
        """End the unit of work and undo what it did."""
        self._end("rollback")

    def close(self) -> None:
        """Leave the server; what is not committed is undone."""
        self._postgres.close()

    def _end(self, word: str) -> None:
        self._statements = 0
        if self._postgres.closed:
            raise faults.connection_lost("the connection is closed")
        if self._postgres.info.transaction_status != TransactionStatus.IDLE:
            try:
                self._postgres.execute(word)
            except psycopg.Error as error:
                raise faults.from_postgres(error) from None

    def _execute(self, tokens: Tokens, parameters: Sequence[object] | None) -> Result:
        if not tokens:
            raise Db2Error(-198, "42617", "The statement string is blank or empty.")
        if is_block(tokens):
            run_block(tokens, self)
            return Result()
        if tokens[-1].written == ";":
            tokens = tokens[:-1]
        if len(tokens) == 1 and tokens[0].upper in ("COMMIT", "ROLLBACK"):
            self._end(tokens[0].upper)
            return Result()
        refuse(tokens)
        self._require_first(tokens)
        statements = plan(tokens)
        has_rows = yields_rows(tokens)
        self._last = self._guarded(lambda: self._run(statements, parameters, has_rows))
        return self._last

    def _require_first(self, tokens: Tokens) -> None:
        if begins(tokens, "TRUNCATE") and self._statements and not self.autocommit:
            raise Db2Error(
                -428,
                "25001",
                "The SQL statement is only allowed as the first statement in a unit of work.",
            )

    def _run(
        self, statements: list[str], parameters: Sequence[object] | None, has_rows: bool
    ) -> Result:
        result = Result(count=0)
        for statement in statements:
            with self._postgres.cursor() as cursor:
                if parameters:
                    cursor.execute(_marked(statement), parameters)
                else:
                    cursor.execute(statement)
                result = Result(count=cursor.rowcount)
                if cursor.description is not None:
                    result = Result(cursor.description, cursor.fetchall()) if has_rows else Result()
        return result

    def _guarded(self, run: Any) -> Result:
        """Run in the unit of work, so that a failure undoes this statement alone, as on Db2."""
        try:
            self._begin()
            for _ in range(_DEPTH):
                self._postgres.execute("savepoint statement")
                try:
                    result: Result = run()
                except (errors.UndefinedTable, errors.DuplicateTable) as error:
                    self._postgres.execute("rollback to savepoint statement")
                    if not self._revalidate(str(error.diag.message_primary), error):
                        raise
                except psycopg.Error:
                    if not self._postgres.closed:
                        self._postgres.execute("rollback to savepoint statement")
                    raise
                else:
                    self._postgres.execute("release savepoint statement")
                    break
            if self.autocommit:
                self._end("commit")
        except psycopg.Error as error:
            told = faults.from_postgres(error)
            if told.sqlcode in faults.ROLLS_BACK or (self.autocommit and not self._postgres.closed):
                self._end("rollback")
            raise told from None
        return result

    def _begin(self) -> None:
        if self._postgres.closed:
            raise errors.ConnectionException("the connection is closed")
        if self._postgres.info.transaction_status == TransactionStatus.IDLE:
            self._postgres.execute("begin")
        self._statements += 1

    def _revalidate(self, message: str, error: psycopg.Error) -> bool:
        """Make a view again that a statement looked for; say whether there was one to be made."""
        found = re.search(r'relation "(?:(\w+)\.)?(\w+)"', message)
        if found is None or isinstance(error, errors.DuplicateTable):
            return False
        row = self._postgres.execute(
            "select made_by from db2.views join syscat.views as valid using (viewschema, viewname)"
            " where valid.valid = 'N' and viewname = %s and viewschema = %s",
            (swap_case(found[2]), swap_case(found[1] or "")),
        ).fetchone()
        if row is None:
            return False
        for statement in row[0]:
            self._make_valid(statement)
        return True

    def _make_valid(self, statement: str) -> None:
        for _ in range(_DEPTH):
            self._postgres.execute("savepoint view")
            try:
                self._postgres.execute(statement)
            except errors.DuplicateTable:
                # Another session was first.
                self._postgres.execute("rollback to savepoint view")
                return
            except errors.UndefinedTable as error:
                self._postgres.execute("rollback to savepoint view")
                if not self._revalidate(str(error.diag.message_primary), error):
                    raise
            else:
                return


def _marked(statement: str) -> Any:
    """Return a statement with psycopg's marks for its parameters in place of `?`."""
    pieces = re.split(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")", statement)
    return "".join(
        piece.replace("%", "%%") if index % 2 else piece.replace("%", "%%").replace("?", "%s")
        for index, piece in enumerate(pieces)
    )


def _log(sql: str, error: str | None) -> None:
    path = os.environ.get(_LOG)
    if path:
        with Path(path).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"sql": sql, "error": error}) + "\n")
