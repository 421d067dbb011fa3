"""What happens to goods after the sale: shipments, returns, and the stock they move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.simulator.bulk import Ints
from orchestration.simulator.catalogue import PRODUCT_TYPES, Products
from orchestration.simulator.geography import MARKETS
from orchestration.simulator.sales import STORE, Sales
from orchestration.simulator.seasons import DAY, Floats, weekday
from orchestration.simulator.settlement import (
    CAPTURED,
    NEVER,
    REFUND,
    Payments,
    Settlement,
    is_fulfilled,
)
from orchestration.simulator.stock import MOVEMENT_TYPES, Movements

CARRIERS = ["DHL", "UPS", "DPD", "PostNL", "InPost"]
SHIPMENT_STATUSES = ["preparing", "shipped", "delivered", "lost"]
PREPARING, SHIPPED, DELIVERED, LOST = range(4)
RETURN_REASONS = [
    "defective",
    "not_as_described",
    "wrong_item",
    "changed_mind",
    "late",
    "unknown",
]
RETURN_STATUSES = ["requested", "received", "refunded", "rejected"]
REQUESTED, RECEIVED, REFUNDED, REJECTED = range(4)
_DEFECTIVE = 0
_SUNDAY = 6

_SALE = MOVEMENT_TYPES.index("sale")
_RETURN = MOVEMENT_TYPES.index("return")
_WRITE_OFF = MOVEMENT_TYPES.index("write_off")

_MARKET_WAREHOUSES = np.array([market.warehouses for market in MARKETS])
_MARKET_STORE = np.array([market.store or 0 for market in MARKETS])
_RETURN_RATE: Floats = np.array([product_type.return_rate for product_type in PRODUCT_TYPES])


@dataclass(frozen=True)
class Shipments:
    """Shipments, one array cell each, in order of their order.

    Attributes:
        order: Position of the order in `Sales`.
        shipped: Second, `NEVER` if not shipped by the end of the history.
        delivered: Second, `NEVER` if not delivered by the end of the history.
        updated: Second of the last change of the shipment's status.
    """

    shipment_id: Ints
    order: Ints
    warehouse: Ints
    carrier: Ints
    status: Ints
    promised: Ints
    shipped: Ints
    delivered: Ints
    updated: Ints


@dataclass(frozen=True)
class Returns:
    """Returns, one array cell each, in order of their request; `refund` is cents.

    Attributes:
        line: Position of the order line in `Sales`.
        refunded: Second, `NEVER` if there is no refund by the end of the history.
        updated: Second of the last change of the return's status.
    """

    return_id: Ints
    line: Ints
    quantity: Ints
    reason: Ints
    status: Ints
    refund: Ints
    requested: Ints
    refunded: Ints
    updated: Ints


@dataclass(frozen=True)
class Fulfilment:
    """What became of the goods of a month's orders, as known at the end of the history.

    Attributes:
        line_shipment: Position in `shipments` of each line's shipment, -1 for none.
        line_delivered: Second at which the customer has the line's goods, or `NEVER`.
        refunds: Refunds of returns.
        movements: Sales, returns and their write-offs.
    """

    shipments: Shipments
    line_shipment: Ints
    line_delivered: Ints
    returns: Returns
    refunds: Payments
    movements: Movements


def fulfil(
    rng: np.random.Generator,
    sales: Sales,
    settlement: Settlement,
    products: Products,
    *,
    end: int,
    first_shipment_id: int,
    first_return_id: int,
) -> Fulfilment:
    """Ship the paid orders of one month, and take back some of the goods.

    Args:
        rng: Source of chance.
        sales: The orders.
        settlement: How they were paid, cell for cell.
        products: What was sold.
        end: Second after the history: what would happen later has not happened.
        first_shipment_id: Id of the first shipment.
        first_return_id: Id of the first return.
    """
    goes_out = is_fulfilled(settlement, end)
    shipments, line_shipment = _ship(
        rng, sales, settlement, goes_out & (sales.channel != STORE), end, first_shipment_id
    )
    in_store = (sales.channel == STORE)[sales.line_order]
    has_shipment = line_shipment >= 0
    line_shipped = np.full(len(sales.line_id), NEVER)
    line_delivered = line_shipped.copy()
    line_warehouse = _MARKET_STORE[sales.market][sales.line_order]
    line_shipped[in_store] = line_delivered[in_store] = sales.ordered[sales.line_order][in_store]
    carried = line_shipment[has_shipment]
    line_shipped[has_shipment] = shipments.shipped[carried]
    line_delivered[has_shipment] = shipments.delivered[carried]
    line_warehouse[has_shipment] = shipments.warehouse[carried]

    returns, received = _take_back(rng, sales, products, line_delivered, end, first_return_id)
    refunds = _refund(sales, settlement, returns)
    sold = np.flatnonzero(line_shipped < end)
    back = np.flatnonzero(received < end)
    broken = back[(returns.reason[back] == _DEFECTIVE) & (received[back] + 3600 < end)]
    parts = [
        (sold, _SALE, -sales.line_quantity[sold], line_shipped[sold]),
        (returns.line[back], _RETURN, returns.quantity[back], received[back]),
        (returns.line[broken], _WRITE_OFF, -returns.quantity[broken], received[broken] + 3600),
    ]
    lines = np.concatenate([line for line, _, _, _ in parts])
    zeros = np.zeros(len(sold), dtype=np.int64)
    movements = Movements(
        occurred=np.concatenate([occurred for _, _, _, occurred in parts]),
        warehouse=line_warehouse[lines],
        product=sales.line_product[lines],
        quantity=np.concatenate([quantity for _, _, quantity, _ in parts]),
        kind=np.concatenate([np.full(len(line), kind) for line, kind, _, _ in parts]),
        line_id=sales.line_id[lines],
        return_id=np.concatenate([zeros, returns.return_id[back], returns.return_id[broken]]),
    )
    return Fulfilment(shipments, line_shipment, line_delivered, returns, refunds, movements)


def _ship(
    rng: np.random.Generator,
    sales: Sales,
    settlement: Settlement,
    is_shipped: np.typing.NDArray[np.bool_],
    end: int,
    first_id: int,
) -> tuple[Shipments, Ints]:
    count = len(sales.order_id)
    splits = is_shipped & (sales.line_count > 1) & (rng.random(count) < 0.12)
    parcels = is_shipped.astype(np.int64) + splits
    order = np.repeat(np.arange(count), parcels)
    first_parcel = np.cumsum(parcels) - parcels
    is_second = np.arange(len(order)) > first_parcel[order]
    line_is_second = splits[sales.line_order] & (
        sales.line_number > (sales.line_count[sales.line_order] + 1) // 2
    )
    line_shipment = np.where(
        is_shipped[sales.line_order], first_parcel[sales.line_order] + line_is_second, -1
    )

    total = len(order)
    paid = settlement.captured[order]
    uses_other = (rng.random(count) < 0.12)[order] ^ is_second
    warehouse = _MARKET_WAREHOUSES[sales.market[order], uses_other.astype(int)]
    handling = rng.choice([1, 2, 3], size=total, p=[0.62, 0.28, 0.10]) + 2 * is_second
    shipped = _working_time(rng, paid // DAY + handling, 8, 18)
    is_late = rng.random(total) < 0.07
    transit = rng.integers(1, 4, total) + np.where(is_late, rng.integers(3, 10, total), 0)
    delivered = _working_time(rng, shipped // DAY + transit, 9, 20)
    promised = (np.maximum(sales.ordered[order], paid) // DAY + 6) * DAY + 20 * 3600
    is_lost = (rng.random(total) < 0.003) & (delivered < end)
    status = np.select(
        [shipped >= end, is_lost, delivered >= end], [PREPARING, LOST, SHIPPED], DELIVERED
    )
    updated = np.select(
        [status == PREPARING, status == SHIPPED],
        [np.minimum(paid + 60, end - 1), shipped],
        delivered,
    )
    return (
        Shipments(
            shipment_id=np.arange(first_id, first_id + total),
            order=order,
            warehouse=warehouse,
            carrier=rng.integers(0, len(CARRIERS), total),
            status=status,
            promised=promised,
            shipped=np.where(status == PREPARING, NEVER, shipped),
            delivered=np.where(status == DELIVERED, delivered, NEVER),
            updated=updated,
        ),
        line_shipment,
    )


def _working_time(rng: np.random.Generator, days: Ints, opens: int, closes: int) -> Ints:
    """Return a second between two hours of each day; of Monday where the day is a Sunday."""
    days = days + (weekday(days) == _SUNDAY)
    return days * DAY + rng.integers(opens * 3600, closes * 3600, len(days))


def _take_back(
    rng: np.random.Generator,
    sales: Sales,
    products: Products,
    line_delivered: Ints,
    end: int,
    first_id: int,
) -> tuple[Returns, Ints]:
    """Return the returns of the delivered lines, and when each came in (`NEVER`: it did not)."""
    lines = len(sales.line_id)
    in_store = sales.channel[sales.line_order] == STORE
    likelihood = _RETURN_RATE[products.type_index[sales.line_product]] * np.where(in_store, 0.5, 1)
    comes_back = (rng.random(lines) < likelihood) & (line_delivered < end)
    line = np.flatnonzero(comes_back)
    delivered = line_delivered[line]
    requested = (delivered // DAY + rng.integers(1, 26, len(line))) * DAY + rng.integers(
        9 * 3600, 19 * 3600, len(line)
    )
    in_time = np.argsort(requested, kind="stable")
    line, requested = line[in_time], requested[in_time]
    happens = requested < end
    line, requested = line[happens], requested[happens]
    count = len(line)

    bought = sales.line_quantity[line]
    quantity = np.where(rng.random(count) < 0.7, bought, rng.integers(1, bought + 1))
    is_counter = in_store[line]
    received = np.where(
        is_counter,
        requested,
        _working_time(rng, requested // DAY + rng.integers(3, 10, count), 8, 18),
    )
    decided = np.where(is_counter, requested, received + rng.integers(3600, 3 * DAY, count))
    is_rejected = rng.random(count) < 0.05
    status = np.select(
        [received >= end, decided >= end, is_rejected], [REQUESTED, RECEIVED, REJECTED], REFUNDED
    )
    due = sales.line_due[line]
    refund = np.where(quantity == bought, due, due * quantity // bought)
    comes_in = (status == RECEIVED) | (status == REFUNDED)
    returns = Returns(
        return_id=np.arange(first_id, first_id + count),
        line=line,
        quantity=quantity,
        reason=rng.choice(len(RETURN_REASONS), size=count, p=[0.18, 0.16, 0.08, 0.44, 0.06, 0.08]),
        status=status,
        refund=np.where(status == REFUNDED, refund, 0),
        requested=requested,
        refunded=np.where(status == REFUNDED, decided, NEVER),
        updated=np.select(
            [status == REQUESTED, status == RECEIVED], [requested, received], decided
        ),
    )
    return returns, np.where(comes_in, received, NEVER)


def _refund(sales: Sales, settlement: Settlement, returns: Returns) -> Payments:
    paid_back = np.flatnonzero((returns.status == REFUNDED) & (returns.refund > 0))
    order = sales.line_order[returns.line[paid_back]]
    return Payments(
        order=order,
        return_id=returns.return_id[paid_back],
        kind=np.full(len(order), REFUND),
        provider=settlement.provider[order],
        status=np.full(len(order), CAPTURED),
        amount=-returns.refund[paid_back],
        paid=returns.refunded[paid_back],
    )
