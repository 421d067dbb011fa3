"""What a person wants to see after a run: rows per layer, key figures, and how fresh they are.

The figures follow the definitions of docs/marts.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, LiteralString, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row, scalar_row

from orchestration.connections import connect_postgres
from orchestration.errors import SoftcartError
from orchestration.settings import Settings

Row = TypeVar("Row")

LAYERS: Final = {
    "raw": ("raw_oltp", "raw_catalog", "raw_web"),
    "staging": ("staging",),
    "snapshots": ("snapshots",),
    "marts": ("marts",),
}
TOP: Final = 5


@dataclass(frozen=True)
class Layer:
    """How much a layer of the warehouse holds.

    Attributes:
        tables: How many there are.
        views: How many there are.
        rows: In its tables together; counting a view may cost as much as building it.
        bytes: Of its tables on disk, with indexes.
    """

    name: str
    tables: int
    views: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Sales:
    """Key figures of a period; amounts in the reporting currency.

    Attributes:
        orders: Not cancelled.
        net_sales: Lines not cancelled, less discount, without tax.
        margin: Net sales less cost, over lines whose cost is known.
        units_sold: Of lines not cancelled.
        units_returned: Not rejected.
        parcels_due: Promised since the period began, that have arrived or are late.
        parcels_late: Of those, delivered late, overdue, or lost past the promise.
        sessions: Visits of the web shop and the app, bots left out.
        buying_sessions: Of those, with a purchase.
    """

    orders: int
    net_sales: Decimal
    margin: Decimal
    units_sold: int
    units_returned: int
    parcels_due: int
    parcels_late: int
    sessions: int
    buying_sessions: int

    @property
    def returns_rate(self) -> Decimal:
        """Units returned over units sold, as a fraction; 0 when nothing was sold."""
        return Decimal(self.units_returned) / (self.units_sold or 1)

    @property
    def late_rate(self) -> Decimal:
        """Late parcels over those that are due, as a fraction; 0 when none is."""
        return Decimal(self.parcels_late) / (self.parcels_due or 1)

    @property
    def conversion_rate(self) -> Decimal:
        """Sessions with a purchase over all, as a fraction; 0 when there are none."""
        return Decimal(self.buying_sessions) / (self.sessions or 1)


@dataclass(frozen=True)
class Ranked:
    """One row of a top list; the amount is net sales in the reporting currency."""

    label: str
    net_sales: Decimal


@dataclass(frozen=True)
class Freshness:
    """How recent the warehouse is; times are UTC.

    Attributes:
        newest_order_at: When the newest order in the marts was placed, None without orders.
        copied_at: When the raw table that was copied longest ago was copied.
    """

    newest_order_at: dt.datetime | None
    copied_at: dt.datetime | None


@dataclass(frozen=True)
class Summary:
    """All that `softcart run` prints of the warehouse itself.

    Attributes:
        stock_value: Of all stock now, in the reporting currency.
        to_reorder: Products in warehouses whose stock is at or below the reorder point it suggests.
    """

    currency: str
    layers: Sequence[Layer]
    all_time: Sales
    last_30_days: Sales
    stock_value: Decimal
    to_reorder: int
    top_products: Sequence[Ranked]
    top_countries: Sequence[Ranked]
    freshness: Freshness


_SALES: Final = """
    with sold as (
        select
            count(distinct order_id) as orders,
            coalesce(sum(net_amount), 0) as net_sales,
            coalesce(sum(margin_amount), 0) as margin,
            coalesce(sum(quantity), 0) as units_sold
        from marts.fct_order_items
        where not is_cancelled and order_date > %(after)s
    ),

    returned as (
        select coalesce(sum(quantity), 0) as units_returned
        from marts.fct_returns
        where return_status <> 'rejected' and requested_date > %(after)s
    ),

    delivered as (
        select
            coalesce(sum(due_count), 0) as parcels_due,
            coalesce(sum(late_count), 0) as parcels_late
        from marts.delivery_performance
        where promised_date > %(after)s
    ),

    visited as (
        select
            coalesce(sum(session_count), 0) as sessions,
            coalesce(sum(purchase_session_count), 0) as buying_sessions
        from marts.web_funnel_daily
        where session_date > %(after)s
    )

    select *
    from sold
    cross join returned
    cross join delivered
    cross join visited
"""

_TOP_PRODUCTS: Final = """
    select
        coalesce(products.product_name, order_items.sku) as label,
        sum(order_items.net_amount) as net_sales
    from marts.fct_order_items as order_items
    left join marts.dim_products as products
        on order_items.sku = products.sku and products.is_current
    where not order_items.is_cancelled
    group by order_items.sku, products.product_name
    order by net_sales desc, order_items.sku
    limit %(top)s
"""

_TOP_COUNTRIES: Final = """
    select country_name as label, net_amount as net_sales
    from marts.sales_by_country_category_month
    where sales_level = 'country'
    order by net_amount desc, country_name
    limit %(top)s
"""

_FRESHNESS: Final = """
    select
        (select max(ordered_at) at time zone 'UTC' from marts.fct_orders) as newest_order_at,
        (select min(copied_at) from ingest.tables where missing_since is null) as copied_at
"""


def read_summary(settings: Settings) -> Summary:
    """Read the key figures from the marts.

    Raises:
        SoftcartError: The marts have not been built.
    """
    with connect_postgres(settings) as connection:
        try:
            return _read(connection)
        except psycopg.errors.UndefinedTable as error:
            raise SoftcartError(
                f"The warehouse lacks a table: {error.diag.message_primary}",
                remedy="Build it with `softcart run`",
            ) from None


def _read(connection: psycopg.Connection) -> Summary:
    newest_day = _scalar(connection, "select max(order_date) from marts.fct_orders")
    month_ago = newest_day - dt.timedelta(days=30) if newest_day else dt.date.min
    return Summary(
        currency=_scalar(
            connection,
            "select currency_code from marts.dim_currencies where is_reporting_currency",
        ),
        layers=[_layer(connection, name) for name in LAYERS],
        all_time=_rows(connection, Sales, _SALES, after=dt.date.min)[0],
        last_30_days=_rows(connection, Sales, _SALES, after=month_ago)[0],
        stock_value=_scalar(
            connection,
            "select coalesce(sum(stock_value), 0) from marts.fct_inventory_daily"
            " where is_latest_day",
        ),
        to_reorder=_scalar(
            connection, "select count(*) from marts.stock_performance where is_to_reorder"
        ),
        top_products=_rows(connection, Ranked, _TOP_PRODUCTS, top=TOP),
        top_countries=_rows(connection, Ranked, _TOP_COUNTRIES, top=TOP),
        freshness=_rows(connection, Freshness, _FRESHNESS)[0],
    )


def _layer(connection: psycopg.Connection, name: str) -> Layer:
    relations = connection.execute(
        """
        select namespaces.nspname, relations.relname, relations.relkind = 'v',
            pg_total_relation_size(relations.oid)
        from pg_class as relations
        inner join pg_namespace as namespaces on relations.relnamespace = namespaces.oid
        where namespaces.nspname = any(%s) and relations.relkind in ('r', 'p', 'v', 'm')
        """,
        [list(LAYERS[name])],
    ).fetchall()
    tables = [(schema, relation) for schema, relation, is_view, _ in relations if not is_view]
    return Layer(
        name=name,
        tables=len(tables),
        views=len(relations) - len(tables),
        rows=sum(
            _scalar(connection, sql.SQL("select count(*) from {}").format(sql.Identifier(*table)))
            for table in tables
        ),
        bytes=sum(size for *_, size in relations),
    )


def _rows(
    connection: psycopg.Connection, row_type: type[Row], query: LiteralString, **values: object
) -> list[Row]:
    return connection.cursor(row_factory=class_row(row_type)).execute(query, values).fetchall()


def _scalar(connection: psycopg.Connection, query: LiteralString | sql.Composed) -> Any:  # noqa: ANN401
    return connection.cursor(row_factory=scalar_row).execute(query).fetchone()
