"""What was staged becomes visible: all tables in one transaction on Db2."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from orchestration.promote.db2.checksum import OnDb2, ranges_condition, value_texts
from orchestration.promote.db2.connection import Db2Connection, execute
from orchestration.promote.db2.ddl import Table, name_list, qualified, quoted
from orchestration.promote.db2.stage import Staged
from orchestration.promote.db2.state import Name, existing


def apply(
    connection: Db2Connection, staged: Iterable[Staged], written: Collection[Staged] = ()
) -> None:
    """Change the promoted tables, in the transaction at work, which the caller ends.

    Args:
        connection: Without autocommit.
        staged: What to do with which table.
        written: Staged tables whose deletions a relation tells of. A row of them that is written
            is there, and no longer told of.
    """
    changed = [each for each in staged if each.change != "none"]
    there = existing(connection, [each.table for each in changed]) if changed else set()
    for each in changed:
        _apply(connection, each, there)
    for each in written:
        _forget_deletions(connection, each)


def drop_tables(connection: Db2Connection, names: Iterable[Name]) -> None:
    """Drop promoted tables that the refined layer has no more, in the transaction at work."""
    for schema, name in sorted(names):
        execute(connection, f"DROP TABLE {qualified(schema, name)}")


def merge(table: Table) -> str:
    """Return the statement that writes the staged rows."""
    same_key = " AND ".join(f"kept.{name} = staged.{name}" for name in map(quoted, table.key))
    names = [column.name for column in table.columns]
    others = [quoted(name) for name in names if name not in table.key]
    assignments = ", ".join(f"{name} = staged.{name}" for name in others)
    update = f" WHEN MATCHED THEN UPDATE SET {assignments}" if others else ""
    values = ", ".join(f"staged.{quoted(name)}" for name in names)
    return (
        f"MERGE INTO {table.name} AS kept USING {table.work_name} AS staged ON {same_key}{update}"
        f" WHEN NOT MATCHED THEN INSERT ({name_list(names)}) VALUES ({values})"
    )


def _apply(connection: Db2Connection, staged: Staged, there: set[Name]) -> None:
    table, report = staged.table, staged.report
    if staged.change == "first":
        if (table.schema, table.plain_name) in there:
            execute(connection, f"DROP TABLE {table.name}")
        target = quoted(table.plain_name)
        execute(connection, f"RENAME TABLE {table.loading_name} TO {target}")
        return
    if staged.change == "rows":
        if staged.has_gone:
            statement = _delete_matching(table.name, table.gone_name, table.key)
            report.rows_deleted += execute(connection, statement)
        if report.rows_upserted:
            execute(connection, merge(table))
        return
    if staged.change == "states":
        state_key = [table.column(table.relation.state_key or "").name]
        execute(connection, _delete_matching(table.name, table.work_name, state_key))
    elif staged.change == "ranges":
        condition = ranges_condition(table, OnDb2(), staged.replaced)
        execute(
            connection, f"DELETE FROM {table.name}" + (f" WHERE {condition}" if condition else "")
        )
    else:
        execute(connection, f"DELETE FROM {table.name}")
    names = name_list(column.name for column in table.columns)
    execute(connection, f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {table.work_name}")


def _delete_matching(name: str, work_name: str, key: Sequence[str]) -> str:
    same_key = " AND ".join(f"kept.{column} = staged.{column}" for column in map(quoted, key))
    return (
        f"DELETE FROM {name} AS kept"
        f" WHERE EXISTS (SELECT 1 FROM {work_name} AS staged WHERE {same_key})"
    )


def _forget_deletions(connection: Db2Connection, staged: Staged) -> None:
    """Remove what is told of rows that were written: they are there again."""
    table, told = staged.table, staged.table.relation.deletions
    if told is None or not staged.report.rows_upserted:
        return
    rows = table.name if staged.change == "first" else table.work_name
    dialect = OnDb2()
    parts = [value_texts(table.column(name), dialect)[0] for name in told.row_key]
    row_key = " || '|' || ".join(parts)
    execute(
        connection,
        f'DELETE FROM {qualified(told.schema.upper(), told.name.upper())} WHERE "TABLE_NAME" = ?'
        f' AND "ROW_KEY" IN (SELECT {row_key} FROM {rows})',
        (told.table,),
    )
