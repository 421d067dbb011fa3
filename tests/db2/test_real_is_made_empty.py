"""A run on a real Db2 begins by dropping: only what tests have made. Seen on the stand-in."""

from __future__ import annotations

import pytest
from real import HoldsWarehouseError, make_empty

from orchestration.promote.db2.connection import db2_session, execute, query
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

_WAREHOUSE = (
    "create schema marts",
    "create table marts.dim_days (day_key integer not null, primary key (day_key))",
    "create table marts.fct_sales (day_key integer not null, amount decimal(18, 4))",
    "alter table marts.fct_sales add constraint sales_day foreign key (day_key)"
    " references marts.dim_days (day_key) not enforced trusted enable query optimization",
    "create view marts.sales as select day_key from marts.fct_sales",
    "create table marts.sales_sum as (select day_key, count(*) as n from marts.fct_sales"
    " group by day_key) data initially deferred refresh deferred enable query optimization"
    " maintained by system",
)


def test_a_warehouse_is_not_touched_and_what_tests_made_goes(standin: Settings) -> None:
    count = "select count(*) from syscat.tables where tabschema = 'MARTS'"
    with db2_session(standin) as connection:
        for statement in _WAREHOUSE:
            execute(connection, statement)
        connection.commit()
        with pytest.raises(HoldsWarehouseError, match=r"MARTS\.DIM_DAYS"):
            make_empty(connection)
        assert query(connection, count) == [(4,)]

        for statement in reversed(_WAREHOUSE[1:]):
            what = statement.split()
            if what[0] == "create":
                execute(connection, f"drop {what[1]} {what[2]}")
            else:
                execute(connection, "alter table marts.fct_sales drop constraint sales_day")
        connection.commit()
        make_empty(connection)
        for statement in _WAREHOUSE[1:]:
            execute(connection, statement)
        connection.commit()
        make_empty(connection)
        assert query(connection, count) == [(0,)]
