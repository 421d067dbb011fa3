"""What Db2 is told of the marts: keys that tests have proved, comments, readers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from lint.dbt_jinja.render import PROJECT_DIR, Renderer
from orchestration.dbt_report import DbtReport
from orchestration.promote.db2.connection import db2_session
from orchestration.settings import Settings
from orchestration.transform import run_dbt

pytestmark = [pytest.mark.servers, pytest.mark.slow]

OpenDb2 = Callable[[Settings], AbstractContextManager[Settings]]

DIMENSIONS = ["dim_countries", "dim_warehouses"]
KEYS = {
    ("F", "DIM_WAREHOUSES", "DIM_WAREHOUSES__COUNTRY_CODE__EXISTS"),
    ("P", "DIM_COUNTRIES", "UNIQUE_DIM_COUNTRIES_COUNTRY_CODE"),
    ("P", "DIM_WAREHOUSES", "UNIQUE_DIM_WAREHOUSES_WAREHOUSE_ID"),
}
# The columns that the two dimensions read of the refined layer.
REFINED = (
    "create schema seeds",
    """
    create table seeds.countries (
        country_code varchar(2 codeunits32), country_code_alpha3 varchar(3 codeunits32),
        country_name varchar(100 codeunits32), region_name varchar(32 codeunits32),
        sub_region_name varchar(64 codeunits32), continent_name varchar(32 codeunits32),
        is_eu_member boolean, is_user_assigned boolean, time_zone varchar(40 codeunits32)
    )
    """,
    "insert into seeds.countries values ('AT', 'AUT', 'Österreich', 'Europe', 'Western Europe',"
    " 'Europe', cast(1 as boolean), cast(0 as boolean), 'Europe/Berlin')",
    "create schema snapshots",
    """
    create table snapshots.snap_oltp__warehouses (
        warehouse_id integer, warehouse_code varchar(16 codeunits32),
        warehouse_name varchar(100 codeunits32), city varchar(100 codeunits32),
        country_code varchar(2 codeunits32), is_active boolean, opened_on date,
        history_id bigint, deleted_at timestamp, dbt_valid_from timestamp, dbt_valid_to timestamp
    )
    """,
    "insert into snapshots.snap_oltp__warehouses values (1, 'W1', 'Wien', 'Wien', 'AT',"
    " cast(1 as boolean), '2020-01-01', 1, null, '2020-01-01 00:00:00', null)",
)


@pytest.fixture(scope="module")
def built(
    servers: Settings, open_standin: OpenDb2, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Two dimensions on Db2, built and tested, with a role that reads them."""
    home = tmp_path_factory.mktemp("keys")
    bare = servers.model_copy(update={"home": home, "reader_role": "bi_reader"})
    with open_standin(bare) as settings:
        run_on_db2(settings, *REFINED, "create role bi_reader")
        dbt(settings, "build").raise_for_failures()
        yield settings


def dbt(settings: Settings, command: str, *models: str) -> DbtReport:
    selected = ["--select", *(models or DIMENSIONS), "--indirect-selection", "cautious"]
    if command != "run":
        selected += ["--exclude-resource-type", "unit_test"]
    return run_dbt(settings, [command, *selected], target="prod")


def run_on_db2(settings: Settings, *statements: str) -> list[tuple[object, ...]]:
    with db2_session(settings) as db2:
        cursor = db2.cursor()
        for statement in statements:
            cursor.execute(statement)
        rows = cursor.fetchall() if statements[-1].lstrip().startswith("select") else []
        db2.commit()
    return rows


def keys(settings: Settings) -> set[tuple[object, ...]]:
    return set(
        run_on_db2(
            settings,
            "select type, tabname, constname from syscat.tabconst"
            " where enforced = 'N' and trusted = 'Y' and enablequeryopt = 'Y'",
        )
    )


def test_what_tests_proved_is_declared_and_a_documentation_run_leaves_it(built: Settings) -> None:
    assert keys(built) == KEYS
    run_dbt(built, ["docs", "generate"], target="prod")
    assert keys(built) == KEYS


def test_a_rebuild_swaps_tables_and_keeps_keys_comments_and_readers(built: Settings) -> None:
    dbt(built, "build").raise_for_failures()
    assert keys(built) == KEYS
    remarks = run_on_db2(
        built,
        "select remarks from syscat.columns"
        " where tabname = 'DIM_COUNTRIES' and remarks is not null",
    )
    assert len(remarks) == 9
    assert run_on_db2(
        built,
        "select distinct objectname from sysibmadm.privileges"
        " where authid = 'BI_READER' and authidtype = 'R' and privilege = 'SELECT'"
        " and objectname like 'DIM%' order by objectname",
    ) == [("DIM_COUNTRIES",), ("DIM_WAREHOUSES",)]


def test_a_run_without_tests_declares_nothing(built: Settings) -> None:
    dbt(built, "run", "dim_warehouses").raise_for_failures()
    assert keys(built) == {key for key in KEYS if key[1] == "DIM_COUNTRIES"}
    dbt(built, "test").raise_for_failures()
    assert keys(built) == KEYS


def test_a_broken_key_is_withdrawn_with_all_that_rests_on_it(built: Settings) -> None:
    run_on_db2(
        built, "insert into marts.dim_countries select * from marts.dim_countries as countries"
    )
    assert [node.name for node in dbt(built, "test").of("error")] == [
        "unique_dim_countries_country_code"
    ]
    assert keys(built) == {("P", "DIM_WAREHOUSES", "UNIQUE_DIM_WAREHOUSES_WAREHOUSE_ID")}


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("The shop's\n  own key.", "'The shop''s own key.'"),
        ("a" * 300, f"'{'a' * 254}'"),
        ("a" + "ä" * 200, f"'a{'ä' * 126}'"),
        ("😀" * 100, f"'{'😀' * 63}'"),
    ],
)
def test_a_comment_ends_after_a_whole_character(text: str, literal: str) -> None:
    assert Renderer("ibmdb2", PROJECT_DIR).context["comment_literal"](text) == literal
