"""Views that stand aside while a table below them changes a column's type.

PostgreSQL refuses to alter the type of a column that a view uses, and dbt's staging models are
views over raw tables. So they are dropped and made again around the change, in its transaction:
nobody sees them gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# Views over the table at any depth, those nearest to it first, each after all that it reads.
_DEPENDENTS = """
with recursive dependent as (
    select %s::regclass::oid as view_oid, 0 as depth
    union all
    select rule.ev_class, dependent.depth + 1
    from dependent
    inner join pg_depend as link
        on link.refobjid = dependent.view_oid and link.refclassid = 'pg_class'::regclass
    inner join pg_rewrite as rule
        on rule.oid = link.objid and link.classid = 'pg_rewrite'::regclass
    where rule.ev_class <> dependent.view_oid
)
select view.oid, namespace.nspname, view.relname, pg_get_userbyid(view.relowner),
    pg_get_viewdef(view.oid), coalesce(view.reloptions, '{}')
from (select view_oid, max(depth) as depth from dependent where depth > 0 group by view_oid) as seen
inner join pg_class as view on view.oid = seen.view_oid and view.relkind = 'v'
inner join pg_namespace as namespace on namespace.oid = view.relnamespace
order by seen.depth
"""

_GRANTS = """
select grantee.rolname, acl.privilege_type, acl.is_grantable
from pg_class as view
cross join lateral aclexplode(view.relacl) as acl
left join pg_roles as grantee on grantee.oid = acl.grantee
where view.oid = %s
"""

_COMMENTS = """
select attribute.attname, description.description
from pg_description as description
left join pg_attribute as attribute
    on attribute.attrelid = description.objoid and attribute.attnum = description.objsubid
        and description.objsubid > 0
where description.objoid = %s and description.classoid = 'pg_class'::regclass
"""


@dataclass(frozen=True)
class _View:
    name: sql.Identifier
    owner: str
    definition: str
    options: list[str]
    grants: list[tuple[str | None, str, bool]]
    comments: list[tuple[str | None, str]]


@contextmanager
def views_aside(connection: psycopg.Connection[Any], table: sql.Identifier) -> Iterator[None]:
    """Drop all views over a table for the block, then make them again as they were.

    Args:
        connection: In a transaction.
        table: Schema and name.

    Raises:
        psycopg.Error: A view cannot be made over the table as it is now; the caller rolls back.
    """
    views = _dependents(connection, table)
    for view in reversed(views):
        connection.execute(sql.SQL("drop view {}").format(view.name))
    yield
    for view in views:
        _create(connection, view)


def _dependents(connection: psycopg.Connection[Any], table: sql.Identifier) -> list[_View]:
    rows = connection.execute(_DEPENDENTS, (table.as_string(connection),)).fetchall()
    return [
        _View(
            sql.Identifier(schema, name),
            owner,
            definition,
            options,
            connection.execute(_GRANTS, (oid,)).fetchall(),
            connection.execute(_COMMENTS, (oid,)).fetchall(),
        )
        for oid, schema, name, owner, definition, options in rows
    ]


def _create(connection: psycopg.Connection[Any], view: _View) -> None:
    options = sql.SQL("with ({}) ").format(sql.SQL(", ").join(map(sql.SQL, view.options)))
    connection.execute(
        sql.SQL("create view {} {}as {}").format(
            view.name, options if view.options else sql.SQL(""), sql.SQL(view.definition)
        )
    )
    connection.execute(
        sql.SQL("alter view {} owner to {}").format(view.name, sql.Identifier(view.owner))
    )
    for grantee, privilege, is_grantable in view.grants:
        connection.execute(
            sql.SQL("grant {} on {} to {}{}").format(
                sql.SQL(privilege),
                view.name,
                sql.Identifier(grantee) if grantee else sql.SQL("public"),
                sql.SQL(" with grant option" if is_grantable else ""),
            )
        )
    for column, comment in view.comments:
        target = (
            sql.SQL("column {}.{}").format(view.name, sql.Identifier(column))
            if column
            else sql.SQL("view {}").format(view.name)
        )
        connection.execute(sql.SQL("comment on {} is {}").format(target, sql.Literal(comment)))
