"""dbt, run from the package on a real warehouse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import yaml
from dbt_process import DbtProcess
from pydantic import SecretStr

from orchestration.connections import connect_postgres
from orchestration.errors import SoftcartError
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.transform import artifact_environment, dbt_environment, only_run, run_dbt
from orchestration.warehouse.model_runs import record

pytestmark = pytest.mark.servers


def test_macros_say_the_same_as_their_literal_values(shop: Settings) -> None:
    with DbtProcess(shop) as dbt:
        for as_of in (None, "2011-12-10", "2011-12-10 18:30:00"):
            variables = ["--vars", f"as_of: {as_of}"] if as_of else []
            assert dbt.run(["run-operation", "run_macro_tests", *variables]) == []


def test_every_macro_that_differs_by_engine_has_a_literal_test() -> None:
    cases = (PROJECT_DIR / "macros/tests/cross_db_cases.sql").read_text()
    untested = {
        file.stem
        for file in (PROJECT_DIR / "macros/cross_db").glob("*.sql")
        if f"{file.stem}(" not in cases
    }
    # Said by others: texts by what is made of them, digits by numbers, the dummy table by all.
    assert untested == {"as_of_text", "key_text", "digits", "dual_from"}


def test_a_build_reports_its_progress_and_what_failed(shop: Settings) -> None:
    seen: list[tuple[str, int, int | None]] = []
    report = run_dbt(
        shop,
        ["build", "--select", "channels", "stg_oltp__orders"],
        lambda task, done, total=None: seen.append((task, done, total)),
    )
    assert seen[0][0] == "dbt build"
    assert seen[-1][1] == seen[-1][2]
    assert [node.name for node in report.of("ok", "seed")] == ["channels"]
    failed = report.of("error", "model")
    assert [node.name for node in failed] == ["stg_oltp__orders"]
    assert 'relation "raw_oltp.orders" does not exist' in failed[0].message
    assert report.unrecorded == ""
    with connect_postgres(shop) as warehouse:
        recorded = warehouse.execute(
            "select node_name, run_status, rows_affected, total_bytes > 0, seconds > 0 "
            "from transform.model_runs order by 1"
        ).fetchall()
        assert recorded == [
            ("channels", "success", 3, True, True),
            ("dbt", "error", None, None, True),
            ("stg_oltp__orders", "error", None, None, True),
        ]
        # Told again, it is known already; and a fault is told, and stops nobody.
        artifacts = shop.home / "dbt" / "target"
        assert record(shop, "local", artifacts) == ""
        count = "select count(*) from transform.model_runs"
        assert warehouse.execute(count).fetchone() == (3,)
        warehouse.execute("alter table transform.model_runs drop column seconds")
        warehouse.commit()
    assert "not recorded" in record(shop, "local", artifacts)


def test_a_project_that_does_not_compile_is_told_in_one_message(shop: Settings) -> None:
    with pytest.raises(SoftcartError, match=r"dbt build could not run: .*selector") as caught:
        run_dbt(shop, ["build", "--selector", "nothing_of_this_name"])
    assert "dbt.log" in caught.value.remedy


def test_a_wrong_password_is_told_and_never_shown(shop: Settings) -> None:
    url = shop.url("postgres")
    wrong = url.full.get_secret_value().replace(url.password.get_secret_value(), "hunter2")
    with pytest.raises(SoftcartError, match="refuses") as caught:
        run_dbt(shop.model_copy(update={"postgres_url": SecretStr(wrong)}), ["build"])
    assert "hunter2" not in str(caught.value)


def test_two_writing_runs_keep_apart(shop: Settings) -> None:
    with only_run(shop), pytest.raises(SoftcartError):
        run_dbt(shop, ["build", "--select", "channels"])
    run_dbt(shop, ["build", "--select", "channels"]).raise_for_failures()


def test_an_analyst_builds_with_the_example_profile_and_the_environment(
    shop: Settings, tmp_path: Path
) -> None:
    shutil.copy(PROJECT_DIR / "profiles.yml.example", tmp_path / "profiles.yml")
    environment = dbt_environment(shop) | {
        **artifact_environment(shop),
        "DBT_PROFILES_DIR": str(tmp_path),
    }
    subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--quiet", "seed"],
        env=os.environ | environment,
        check=True,
    )
    with connect_postgres(shop) as warehouse:
        # 'NA' is a country and no missing value.
        assert warehouse.execute(
            "select country_name from seeds.countries where country_code = 'NA'"
        ).fetchone() == ("Namibia",)
        _assert_typed(warehouse)


def _assert_typed(warehouse: psycopg.Connection) -> None:
    """Every seed column has the type that its property file gives it."""
    seeds = yaml.safe_load((PROJECT_DIR / "seeds/_seeds.yml").read_text())["seeds"]
    expected = {
        (seed["name"], column): data_type.replace("varchar", "character varying")
        for seed in seeds
        for column, data_type in seed["config"]["column_types"].items()
    }
    found = warehouse.execute(
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) "
        "from pg_attribute as a inner join pg_class as c on c.oid = a.attrelid "
        "where c.relnamespace = 'seeds'::regnamespace and c.relkind = 'r' and a.attnum > 0"
    ).fetchall()
    assert {(table, column): data_type for table, column, data_type in found} == expected


def test_the_environment_takes_a_url_apart(tmp_path: Path) -> None:
    url = "postgresql://us%40er:p%3Ass%2Fword@db.example:6543/staging?sslmode=require"
    settings = Settings(
        _env_file=None, home=tmp_path, postgres_url=SecretStr(url), mysql_url=None, mongo_url=None
    )
    environment = dbt_environment(settings)
    assert environment["SOFTCART_DBT_HOST"] == "db.example"
    assert environment["SOFTCART_DBT_PORT"] == "6543"
    assert environment["SOFTCART_DBT_USER"] == "us@er"
    assert environment["DBT_ENV_SECRET_SOFTCART_PASSWORD"] == "p:ss/word"
    assert environment["SOFTCART_DBT_DATABASE"] == "staging"
    assert environment["SOFTCART_DBT_SSLMODE"] == "require"
