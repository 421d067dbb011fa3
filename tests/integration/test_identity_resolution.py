"""Records that rules link are one person, however long the chain, as a search in Python says."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable

import pytest
from dbt_process import DbtProcess
from ingest_shop import from_postgres
from statements import on_mysql

from orchestration.connections import connect_mysql
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings
from orchestration.simulator.schema import apply_schema

pytestmark = [pytest.mark.servers, pytest.mark.slow]

MOST_MEMBERS = 10
BUILD = ["build", "--exclude-resource-type", "unit_test", "test", "--select"]


def test_persons_are_what_a_search_from_record_to_record_finds(
    shop: Settings, dbt: DbtProcess
) -> None:
    chance = random.Random(7)  # noqa: S311
    accounts = {
        # A chain of 1,000 links, by address and phone in turns, in no order of the numbers.
        **_chain(chance.sample(range(1, 1002), 1001)),
        # A star of as many as may share an address, and one of one too many.
        **{2000 + n: ("star@shop.example", None) for n in range(MOST_MEMBERS)},
        **{3000 + n: ("info@shop.example", None) for n in range(MOST_MEMBERS + 1)},
        # A circle.
        **{4000 + n: (f"circle{n // 2}@shop.example", f"8{(n + 1) // 2 % 3}") for n in range(6)},
        # Two persons of two accounts each.
        **{5000 + n: (f"pair{n // 2}@shop.example", None) for n in range(4)},
        # Whatever chance makes of them.
        **{
            6000 + n: (f"any{chance.randrange(300)}@shop.example", f"9{chance.randrange(300)}")
            for n in range(300)
        },
    }
    connection = connect_mysql(shop)
    apply_schema(connection)
    connection.close()
    on_mysql(
        shop,
        "insert into customers (customer_id, email, first_name, phone, country_code, registered_at)"
        " values " + ", ".join(_row(number, *keys) for number, keys in accounts.items()),
        "insert into customer_identities"
        " (identity_id, channel, external_reference, customer_id, created_at) values"
        " (1, 'store', 'card-1', 7000, '2026-01-01'), (2, 'app', 'device-1', 7000, '2026-01-01'),"
        " (3, 'web', 'PAIR0@shop.example', null, '2026-01-01')",
    )
    run_ingest(shop)
    assert dbt.run([*BUILD, "+fct_identity_links", "+dim_customers"]) == []

    persons = _persons(shop)
    assert persons == _found_by_search(accounts)
    assert {len(person) for person in persons} >= {1001, MOST_MEMBERS, 6, 2, 1}
    # The two identities of an account that is deleted, and a login without an account.
    assert from_postgres(
        shop,
        "select count(distinct person_key), count(*) from intermediate.int_persons"
        " where customer_id = 7000 or identity_id in (1, 2)",
    ) == [(1, 3)]
    assert _person_of(shop, "identity_id = 3") == _person_of(shop, "customer_id = 5000")
    assert from_postgres(
        shop,
        "select count(*), min(member_count) from marts.fct_identity_links where not is_linking",
    ) == [(MOST_MEMBERS, MOST_MEMBERS + 1)]

    # An account of one person turns out to be the other's too: both go by the elder's key.
    elder, younger = _keys_of(shop, 5000, 5002)
    on_mysql(shop, "update customers set phone = '77' where customer_id in (5001, 5003)")
    _build_on_changes(shop, dbt)
    assert _keys_of(shop, 5000, 5001, 5002, 5003) == [elder] * 4
    # One link of the chain goes, and what hung together by it is two.
    middle = next(number for number, keys in accounts.items() if keys[0] == "chain250@shop.example")
    on_mysql(
        shop,
        "update customers set phone = null where customer_id = 5003",
        f"delete from customers where customer_id = {middle}",
    )
    _build_on_changes(shop, dbt)
    assert _keys_of(shop, 5000, 5001, 5002, 5003) == [elder] * 2 + [younger] * 2
    del accounts[middle]
    assert _persons(shop) - {frozenset({middle})} == _found_by_search(accounts)


def _chain(numbers: list[int]) -> dict[int, tuple[str, str]]:
    return {
        number: (f"chain{n // 2}@shop.example", f"7{(n + 1) // 2:04d}")
        for n, number in enumerate(numbers)
    }


def _row(number: int, email: str, phone: str | None) -> str:
    said = "null" if phone is None else f"'+49 {phone}'"
    return f"({number}, '{email}', 'Ann', {said}, 'DE', '2026-01-01')"


def _build_on_changes(shop: Settings, dbt: DbtProcess) -> None:
    run_ingest(shop)
    assert dbt.run([*BUILD, "snap_oltp__customers", "int_persons", "dim_customers"]) == []


def _persons(shop: Settings) -> set[frozenset[int]]:
    persons = defaultdict(set)
    for person, number in from_postgres(
        shop,
        "select person_key, customer_id from marts.dim_customers"
        " where is_current and customer_id is not null",
    ):
        persons[person].add(number)
    return set(map(frozenset, persons.values()))


def _keys_of(shop: Settings, *numbers: int) -> list[str]:
    keys = dict(
        from_postgres(
            shop, "select customer_id, person_key from marts.dim_customers where is_current"
        )
    )
    return [keys[number] for number in numbers]


def _person_of(shop: Settings, condition: str) -> str:
    ((person,),) = from_postgres(
        shop, f"select person_key from intermediate.int_persons where {condition}"
    )
    return str(person)


def _found_by_search(accounts: dict[int, tuple[str, str | None]]) -> set[frozenset[int]]:
    """Return the persons: what can be reached from each account over keys that few enough share."""
    having = defaultdict(set)
    for number, keys in accounts.items():
        for key in filter(None, keys):
            having[key].add(number)
    near = {
        number: _all(having[key] for key in filter(None, keys) if len(having[key]) <= MOST_MEMBERS)
        for number, keys in accounts.items()
    }
    persons = set()
    unseen = set(accounts)
    while unseen:
        person: set[int] = set()
        edge = {next(iter(unseen))}
        while edge:
            person |= edge
            edge = _all(near[number] for number in edge) - person
        persons.add(frozenset(person))
        unseen -= person
    return persons


def _all(sets: Iterable[set[int]]) -> set[int]:
    return set().union(*sets)
