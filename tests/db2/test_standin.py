"""The stand-in for Db2, through the real `ibm_db_dbi`: where Db2 differs from PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest

from orchestration.settings import Settings

pytestmark = pytest.mark.servers

OpenDb2 = Callable[[Settings], AbstractContextManager[Settings]]


class Db2:
    """A connection whose cursor is read at once."""

    def __init__(self, settings: Settings) -> None:
        import ibm_db_dbi  # type: ignore[import-untyped, unused-ignore]

        self.faults = ibm_db_dbi
        url = settings.url("db2")
        self.connection = ibm_db_dbi.connect(
            f"DATABASE={url.database};HOSTNAME={url.host};PORT={url.port};PROTOCOL=TCPIP;"
            f"UID={url.user};PWD={url.password.get_secret_value()}",
            "",
            "",
        )
        self.connection.set_autocommit(False)
        self.cursor = self.connection.cursor()

    def __call__(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        self.cursor.execute(sql, parameters or None)
        return self.cursor.fetchall() if self.cursor.description else []

    def value(self, expression: str) -> object:
        return self(f"select {expression} as result from sysibm.sysdummy1")[0][0]

    def refuses(self, sql: str, sqlcode: int) -> None:
        with pytest.raises(self.faults.DatabaseError, match=f"SQLCODE={sqlcode}"):
            self(sql)


@pytest.fixture(scope="module")
def standin(servers: Settings, open_standin: OpenDb2) -> Iterator[Settings]:
    """A database of the stand-in that no test leaves anything in."""
    with open_standin(servers) as settings:
        yield settings


@pytest.fixture
def db2(standin: Settings) -> Iterator[Db2]:
    """A connection with an empty schema, which goes with it."""
    db2 = Db2(standin)
    db2("create schema shop")
    yield db2
    db2.connection.close()


def test_names_are_upper_case_unless_quoted(db2: Db2) -> None:
    db2('create table shop.orders (order_id integer, "note" varchar(5))')
    assert db2("select tabname from syscat.tables where tabschema = 'SHOP'") == [("ORDERS",)]
    db2("select * from SHOP.Orders")
    assert [column[0] for column in db2.cursor.description] == ["ORDER_ID", "note"]
    db2.refuses("select note from shop.orders", -206)


def test_decimals_are_cut_and_bare_ones_are_whole(db2: Db2) -> None:
    assert db2.value("cast(1.99999 as decimal(18, 4))") == Decimal("1.9999")
    assert db2.value("cast(-1.9 as integer)") == -1
    db2("create table shop.t (bare decimal, money decimal(18, 4))")
    db2("insert into shop.t values (?, ?)", Decimal("12.50"), Decimal("0.99999"))
    assert db2("select * from shop.t") == [(Decimal(12), Decimal("0.9999"))]
    db2.refuses("insert into shop.t (bare) values (100000)", -413)
    db2.refuses("create table shop.u (a decimal(32, 0))", -604)


def test_text_is_counted_in_octets_or_characters(db2: Db2) -> None:
    db2("create table shop.t (octets varchar(4), characters varchar(4 codeunits32))")
    db2("insert into shop.t values ('äb', '😀😀😀😀')")
    db2.refuses("insert into shop.t (octets) values ('äöü')", -433)
    db2.refuses("insert into shop.t (characters) values ('äöüßx')", -433)
    assert db2.value("cast('äöü' as varchar(5))") == "äö"
    assert db2.value("cast('äöü' as varchar(2 codeunits32))") == "äö"
    assert db2(
        "select colname, length, stringunitslength, typestringunits from syscat.columns"
        " where tabname = 'T' order by colno"
    ) == [("OCTETS", 4, 4, "OCTETS"), ("CHARACTERS", 16, 4, "CODEUNITS32")]


def test_a_failed_statement_undoes_itself_alone(db2: Db2) -> None:
    db2("create table shop.t (a integer not null primary key)")
    db2("insert into shop.t values (1)")
    with pytest.raises(db2.faults.IntegrityError, match="SQL0803N"):
        db2("insert into shop.t values (2), (1)")
    assert db2("select * from shop.t") == [(1,)]
    db2.connection.rollback()
    db2.refuses("select * from shop.t", -204)


def test_views_come_back_when_their_table_does(db2: Db2) -> None:
    db2("create table shop.t (a integer)")
    db2("create view shop.v as select a from shop.t")
    db2("create view shop.w as select a + 1 as b from shop.v")
    db2("comment on table shop.w is 'next'")
    db2("rename table shop.t to old")
    db2("create table shop.t (a integer)")
    db2("insert into shop.t values (1)")
    states = "select viewname, valid from syscat.views where viewschema = 'SHOP' order by 1"
    assert db2(states) == [("V", "N"), ("W", "N")]
    assert db2("select b from shop.w") == [(2,)]
    assert db2(states) == [("V", "Y"), ("W", "Y")]
    assert db2("select remarks from syscat.tables where tabname = 'W'") == [("next",)]
    db2("drop table shop.t")
    db2.refuses("select b from shop.w", -204)


def test_a_table_with_informational_keys_or_an_mqt_is_not_renamed(db2: Db2) -> None:
    db2("create table shop.parent (id integer not null, note varchar(5))")
    db2("create table shop.child (id integer)")
    rest = "not enforced trusted enable query optimization"
    key = f"constraint k primary key (id) {rest}"
    reference = f"constraint f foreign key (id) references shop.parent (id) {rest}"
    db2.refuses(f"alter table shop.parent add constraint k primary key (note) {rest}", -542)
    db2.refuses(f"alter table shop.child add {reference}", -573)
    db2(f"alter table shop.parent add {key}")
    db2(f"alter table shop.child add {reference}")
    db2("insert into shop.parent values (1, 'a'), (1, 'b')")
    db2("insert into shop.child values (2)")
    db2.refuses("rename table shop.parent to other", -750)
    db2.refuses("rename table shop.child to other", -750)
    assert db2("select constname, tabname, reftabname from syscat.references") == [
        ("F", "CHILD", "PARENT")
    ]
    assert db2("select constname, type, enforced, trusted from syscat.tabconst order by 1") == [
        ("F", "F", "N", "Y"),
        ("K", "P", "N", "Y"),
    ]
    db2("alter table shop.child drop constraint f")
    db2("rename table shop.child to other")
    db2(
        "create table shop.cube as (select id, count(*) as n from shop.parent group by cube (id))"
        " data initially deferred refresh deferred enable query optimization maintained by system"
    )
    db2.refuses("select * from shop.cube", -668)
    db2("refresh table shop.cube")
    assert db2("select id, n from shop.cube order by id") == [(1, 2), (None, 2)]
    db2.refuses("rename table shop.parent to parents", -750)


def test_truncate_comes_first(db2: Db2) -> None:
    db2("create table shop.t (a integer)")
    db2.refuses("truncate table shop.t immediate", -428)
    db2.connection.commit()
    db2("truncate table shop.t immediate")
    db2("drop table shop.t")
    db2("drop schema shop restrict")
    db2.connection.commit()


def test_each_statement_is_a_unit_of_work_where_said_so(db2: Db2) -> None:
    db2.connection.rollback()
    db2.connection.set_autocommit(True)
    db2("create schema kept")
    db2.refuses("create schema kept", -601)
    db2.connection.rollback()
    db2("drop schema kept restrict")
    db2.connection.set_autocommit(False)


def test_many_rows_at_once(db2: Db2) -> None:
    db2("create table shop.t (a integer not null primary key, b varchar(9 codeunits32))")
    insert = "insert into shop.t (a, b) values (?, ?)"
    db2.cursor.executemany(insert, [(1, "100%"), (2, None), (3, "?")])
    assert db2.cursor.rowcount == 3
    # The real `executemany` raises the base class, whatever the fault.
    with pytest.raises(db2.faults.Error, match="SQL0803N"):
        db2.cursor.executemany(insert, [(4, "x"), (1, "y")])
    assert db2("select * from shop.t order by a") == [(1, "100%"), (2, None), (3, "?")]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("days(cast('0001-01-01' as date))", 1),
        ("days(cast('2024-03-01' as date)) - days(cast('2024-02-28' as date))", 2),
        ("varchar_format(cast('2024-01-31' as date) + 1 month, 'YYYY-MM-DD')", "2024-02-29"),
        ("varchar_format(cast('2024-01-31' as date) - (2 + 1) days, 'YYYY-MM-DD')", "2024-01-28"),
        ("cast('2024-03-01' as date) - cast('2024-01-31' as date)", Decimal(101)),
        ("midnight_seconds(cast('2024-01-01 01:00:01.9' as timestamp))", 3601),
        ("timestampdiff(16, char(timestamp('2025-01-01') - timestamp('2024-01-01')))", 365),
        ("hex(hash('a', 0))", "0CC175B9C0F1B6A831C399E269772661"),
        ("locate('b', 'abc')", 2),
        ("substr('abc', 2, 1)", "b"),
        ("length('äö', codeunits32)", 2),
        ("length('äö', octets)", 4),
        ("varchar(0.50)", ".50"),
        ("cast(cast('2024-01-02 03:04:05.000006' as timestamp) as varchar(26))",
         "2024-01-02-03.04.05.000006"),
        ("max(1, null)", None),
        ("least(3, 2)", 2),
        ("value(null, 5)", 5),
        ("translate('abc', 'x', 'b')", "axc"),
        ("concat('a', null)", None),
        ("(select avg(a) from (values (1), (2)) as t (a))", 1),
    ],
)  # fmt: skip
def test_expressions(db2: Db2, expression: str, result: object) -> None:
    assert db2.value(expression) == result


def test_statements_that_postgresql_says_otherwise(db2: Db2) -> None:
    """Each is followed by what it must have done."""
    for statement in (
        "create table shop.t (id bigint not null generated always as identity (start with 5),"
        " a char(3) with default 'x', b double, c varchar(5 octets), primary key (id))"
        " in userspace1 organize by row",
        "insert into shop.t (c) values ('one'), ('two')",
        "create table shop.u like shop.t",
        "create table shop.v as (select id, c from shop.t) with no data",
        "insert into shop.v select id, c from shop.t fetch first 1 row only with ur",
        "merge into shop.v as old using (select id, c from shop.t) as new on old.id = new.id"
        " when matched then update set c = 'old' when not matched then insert (id, c)"
        " values (new.id, new.c) else ignore",
        "create unique index shop.by_c on shop.t (c)",
        "lock table shop.t in exclusive mode",
        "alter table shop.u add column d decimal add column e integer",
        "alter table shop.u alter column c set data type varchar(9 codeunits32)",
        "alter table shop.u alter column a set not null drop column b",
        "alter table shop.u rename column e to f",
        "set current refresh age any",
        "call sysproc.admin_cmd('runstats on table shop.t with distribution')",
    ):
        db2(statement)
    assert db2("select id, a, b, c from shop.t order by id for read only") == [
        (5, "x  ", None, "one"),
        (6, "x  ", None, "two"),
    ]
    assert db2("select id, c from shop.v order by id optimize for 1 rows") == [
        (5, "old"),
        (6, "two"),
    ]
    assert db2("select id from shop.v minus select id from shop.t where c = 'one'") == [(6,)]
    assert db2(
        "select colname, typename, length, scale, nulls from syscat.columns"
        " where tabname = 'U' order by colno"
    ) == [
        ("ID", "BIGINT", 8, 0, "N"),
        ("A", "CHARACTER", 3, 0, "N"),
        ("C", "VARCHAR", 36, 0, "Y"),
        ("D", "DECIMAL", 5, 0, "Y"),
        ("F", "INTEGER", 4, 0, "Y"),
    ]
    assert db2(
        "select indname, colnames, uniquerule from syscat.indexes where indname = 'BY_C'"
    ) == [("BY_C", "+C", "U")]


@pytest.mark.parametrize(
    ("statement", "sqlcode"),
    [
        ("create table shop.t (a varchar)", -604),
        ("create table shop.t (a integer, primary key (a))", -542),
        ("create table shop.t (a json)", -204),
        ("create table shop.child (a integer) somewhere", -104),
        ("drop view shop.nothing", -204),
        ("drop table shop.v", -159),
        ("create view shop.v as select a from shop.base", -601),
        ("rename table shop.base to v", -601),
        ("select a from shop.base as x, shop.base as y", -203),
        ("select nothing(a) as b from shop.base", -440),
        ("select hash_md5('a') as b from shop.base", -440),  # of Db2 for z/OS and for i
        ("insert into shop.base values (null)", -407),
        ("insert into shop.base values (99999999999)", -413),
        ("select 1 / (a - a) as x from shop.base", -801),
        ("select a from shop.base where a = (select a from shop.base union all select 2"
         " from shop.base)", -811),
        ("alter table shop.base drop primary key", -629),
        ("call sysproc.admin_cmd('runstats on table shop.nothing')", -2306),
        ("call sysproc.admin_cmd('load from x')", -901),
        ("revoke select on table shop.base from user nobody", -556),
        ("explain plan for select a from shop.base", -901),
        ("savepoint here on rollback retain cursors", -901),
        ("", -198),
    ],
)  # fmt: skip
def test_refusals_of_the_server(db2: Db2, statement: str, sqlcode: int) -> None:
    db2("create table shop.base (a integer not null)")
    db2("insert into shop.base values (1)")
    db2("create view shop.v as select a from shop.base")
    db2.refuses(statement, sqlcode)
    assert db2("select a from shop.v") == [(1,)]


def test_string_units_are_not_guessed(db2: Db2) -> None:
    assert db2.value("length('abc')") == 3
    db2.refuses("select length('ä') as n from sysibm.sysdummy1", -901)


def test_days_are_added_with_their_unit(db2: Db2) -> None:
    db2.refuses("select cast('2024-01-01' as date) + 1 as d from sysibm.sysdummy1", -182)


def test_blocks(db2: Db2) -> None:
    block = """
        BEGIN
          IF NOT EXISTS (SELECT SCHEMANAME FROM SYSCAT.SCHEMATA WHERE SCHEMANAME = 'OTHER') THEN
            PREPARE stmt FROM 'CREATE SCHEMA other';
            EXECUTE stmt;
          END IF;
        END
    """
    db2(block)
    db2(block)
    db2("create table other.a (x integer)")
    db2("create view other.b as select x from other.a")
    db2("""
        BEGIN
          FOR t AS SELECT TABNAME, CASE TYPE WHEN 'T' THEN 'TABLE' ELSE 'VIEW' END AS TYPE
            FROM SYSCAT.TABLES WHERE TABSCHEMA = 'OTHER' DO
            PREPARE stmt FROM 'DROP ' || t.TYPE || ' OTHER.' || t.TABNAME;
            EXECUTE stmt;
          END FOR;
          IF EXISTS (SELECT 1 FROM SYSCAT.TABLES WHERE TABSCHEMA = 'OTHER') THEN
            EXECUTE IMMEDIATE 'CREATE TABLE shop.left_over (x integer)';
          ELSE
            EXECUTE IMMEDIATE 'DROP SCHEMA other RESTRICT';
          END IF;
        END
    """)
    db2("""
        BEGIN
          DECLARE CONTINUE HANDLER FOR SQLSTATE '42704' BEGIN END;
          EXECUTE IMMEDIATE 'DROP TABLE shop.nothing';
          CREATE TABLE shop.something (x integer);
        END
    """)
    db2("select x from shop.something")
    db2.refuses("begin declare a integer; set a = 1; end", -901)
    assert db2("select 1 as n from syscat.schemata where schemaname = 'OTHER'") == []


def test_comments(db2: Db2) -> None:
    db2("create table shop.t (a integer, b integer)")
    db2("comment on table shop.t is 'It''s a table'")
    db2("comment on shop.t (a is 'One', b is 'Two')")
    db2("comment on column shop.t.b is '" + "ä" * 127 + "'")
    db2.refuses("comment on column shop.t.b is '" + "ä" * 128 + "'", -102)
    assert db2("select remarks from syscat.tables where tabname = 'T'") == [("It's a table",)]
    assert db2("select remarks from syscat.columns where tabname = 'T' order by colno") == [
        ("One",),
        ("ä" * 127,),
    ]


def test_grants_are_recorded(db2: Db2) -> None:
    db2("create table shop.t (a integer)")
    db2.refuses("grant select on table shop.t to role bi", -204)
    db2("create role bi")
    db2("grant select on table shop.t to role bi")
    privileges = "select authid, privilege, objectname from sysibmadm.privileges"
    assert db2(privileges) == [("BI", "SELECT", "T")]
    db2("rename table shop.t to u")
    assert db2(privileges) == [("BI", "SELECT", "U")]
    db2("drop table shop.u")
    db2("create view shop.v as select 1 as a from sysibm.sysdummy1")
    db2("grant select on table shop.v to user anna")
    db2("create or replace view shop.v as select 2 as b from sysibm.sysdummy1")
    assert db2(privileges) == [("ANNA", "SELECT", "V")]


def test_column_organized_tables_have_no_indexes(db2: Db2) -> None:
    db2("create table shop.t (a integer) organize by column")
    assert db2("select tableorg from syscat.tables where tabname = 'T'") == [("C",)]
    db2.refuses("create index shop.i on shop.t (a)", -1667)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"password": "wrong"}, "SQL30082N"),
        ({"database": "nowhere"}, "SQL1031N"),
        ({"port": 1}, "SQL30081N"),
    ],
)
def test_who_may_not_connect(standin: Settings, change: dict[str, Any], text: str) -> None:
    import ibm_db_dbi

    url = standin.url("db2")
    parts = {
        "password": url.password.get_secret_value(),
        "database": url.database,
        "port": url.port,
    }
    parts |= change
    with pytest.raises(ibm_db_dbi.DatabaseError, match=text):
        ibm_db_dbi.connect(
            f"DATABASE={parts['database']};HOSTNAME={url.host};PORT={parts['port']};"
            f"UID={url.user};PWD={parts['password']}",
            "",
            "",
        )
