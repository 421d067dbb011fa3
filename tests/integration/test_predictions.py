"""Predictions in a warehouse: whole or not at all; the last one stays until the next is there."""

from __future__ import annotations

import pytest
from ingest_shop import from_postgres
from statements import on_postgres

from orchestration.errors import SoftcartError
from orchestration.predict.lifetime import predict_lifetimes
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

# As dbt makes it: 60 who came back, each after another time, and 140 who have not yet.
PERSONS = """
create table intermediate.int_person_purchases as
select
    lpad(number::text, 32, '0')::char(32) as person_key,
    (case when number <= 60 then number % 7 + 1 else 0 end)::bigint as repeat_count,
    (case when number <= 60 then 10 + number % 50 else 0 end)::integer as recency_days,
    (90 + number % 30)::integer as age_days,
    (case when number <= 60 then 10 + number % 9 end)::numeric(18, 4) as average_repeat_amount
from generate_series(1, 200) as number
"""
PUBLISHED = "select * from predictions.customer_lifetimes order by person_key"


def test_without_models_it_says_what_to_build(shop: Settings) -> None:
    with pytest.raises(SoftcartError, match=r"no intermediate\.int_person_purchases") as error:
        predict_lifetimes(shop)
    assert "softcart run" in error.value.remedy


def test_the_last_prediction_stays_until_another_is_whole(shop: Settings) -> None:
    on_postgres(shop, "create schema intermediate", PERSONS)
    predict_lifetimes(shop, days=90)
    first = from_postgres(shop, PUBLISHED)
    assert len(first) == 200
    assert {row[1] for row in first} == {90}
    assert all(0 < row[2] <= 1 and row[3] > 0 and row[4] > 0 for row in first)

    on_postgres(shop, "delete from intermediate.int_person_purchases where repeat_count > 3")
    with pytest.raises(SoftcartError, match="Only 26 customers have bought again"):
        predict_lifetimes(shop)
    on_postgres(shop, "drop table intermediate.int_person_purchases", PERSONS)
    # Nobody can be two: not even a prediction that fails amid its rows shows one of them.
    on_postgres(
        shop,
        "insert into intermediate.int_person_purchases"
        " select * from intermediate.int_person_purchases limit 1",
    )
    with pytest.raises(Exception, match="duplicate key"):
        predict_lifetimes(shop)
    assert from_postgres(shop, PUBLISHED) == first
