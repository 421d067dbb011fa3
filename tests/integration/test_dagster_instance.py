"""Dagster's own configuration, in production and on a laptop, and the UI itself."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from ingest_shop import from_postgres
from statements import on_mysql
from waiting import until

from orchestration.errors import SoftcartError
from orchestration.ingest.run import run_ingest
from orchestration.local.port import any_free_port
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.simulator.history import simulate_history
from orchestration.simulator.traffic import simulate_traffic
from orchestration.ui import dagster_home, serve_ui

_STATE = """{
  workspaceOrError { ... on Workspace { locationEntries {
    loadStatus
    locationOrLoadError {
      __typename
      ... on RepositoryLocation { repositories { jobs { name } } }
      ... on PythonError { message }
    } } } }
  instance { daemonHealth { daemonStatus(daemonType: "SCHEDULER") { healthy } } }
}"""
_SENSOR = {
    "repositoryName": "__repository__",
    "repositoryLocationName": "orchestration.definitions",
    "sensorName": "changes",
}
_START = """mutation($sensor: SensorSelector!) {
  startSensor(sensorSelector: $sensor) { __typename }
}"""
_TICKS = """query($sensor: SensorSelector!) {
  sensorOrError(sensorSelector: $sensor) { ... on Sensor {
    sensorState { ticks(limit: 1) { status skipReason } }
  } }
}"""
_RUNS = """{
  runsOrError(filter: {pipelineName: "changes"}) { ... on Runs { results { runId status } } }
}"""
# Not asked while a run works: reading all its events again and again would slow it down.
_RUN = """query($run: ID!) {
  runOrError(runId: $run) { ... on Run {
    status
    assetSelection { path }
    assetMaterializations { assetKey { path } }
  } }
}"""


@pytest.mark.servers
def test_production_keeps_its_history_in_postgresql(
    shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = shop.url("postgres")
    for name, value in {
        "DAGSTER_POSTGRES_HOST": url.host,
        "DAGSTER_POSTGRES_PORT": str(url.port),
        "DAGSTER_POSTGRES_USER": url.user,
        "DAGSTER_POSTGRES_PASSWORD": url.password.get_secret_value(),
        "DAGSTER_POSTGRES_DB": url.database,
        "DAGSTER_COMPUTE_LOG_DIR": str(tmp_path / "logs"),
    }.items():
        monkeypatch.setenv(name, value)
    shutil.copy(PROJECT_DIR / "dagster.yaml.example", tmp_path / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        run = instance.add_run(dg.DagsterRun(job_name="daily_full"))
    with dg.DagsterInstance.from_config(str(tmp_path)) as again:
        assert again.get_run_by_id(run.run_id) is not None


def test_a_laptop_and_production_keep_runs_apart_in_the_same_way(tmp_path: Path) -> None:
    laptop = yaml.safe_load((dagster_home(_bare(tmp_path)) / "dagster.yaml").read_text())
    production = yaml.safe_load((PROJECT_DIR / "dagster.yaml.example").read_text())
    same = ("concurrency", "run_coordinator", "run_launcher", "run_retries", "telemetry")
    assert {name: laptop[name] for name in same} == {name: production[name] for name in same}
    assert laptop["concurrency"]["pools"] == {"granularity": "run", "default_limit": 1}
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as instance:
        assert not instance.telemetry_enabled


def test_a_port_in_use_is_told_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SoftcartError, match=f"Port {port} .* is in use") as error:
            serve_ui(_bare(tmp_path), port)
    assert f"--port {port + 1}" in error.value.remedy


@pytest.mark.servers
@pytest.mark.slow
def test_in_the_ui_a_change_in_the_shop_reaches_the_marts_it_concerns_and_no_other(
    shop: Settings, shop_environment: dict[str, str], tmp_path: Path
) -> None:
    simulate_history(shop, scale=0.002, seed=3)
    run_ingest(shop)
    with _ui(tmp_path, shop_environment) as ui:
        location = until(ui.location)
        assert location["__typename"] == "RepositoryLocation", location
        jobs = {job["name"] for job in location["repositories"][0]["jobs"]}
        assert {"changes", "daily_full", "hourly", "predict", "rebuild"} <= jobs
        assert f"http://127.0.0.1:{ui.port}" in ui.log.read_text()
        assert "superseded" not in ui.log.read_text()

        ui.ask(_START, sensor=_SENSOR)
        whole = until(lambda: ui.newest_of_ended_runs(1))
        assert whole["status"] == "SUCCESS"
        assert whole["assetSelection"] is None
        assert until(ui.skip_reason) == "Every model shows raw as it is"

        on_mysql(shop, "update promotions set promotion_name = 'Changed' where promotion_id = 1")
        run_ingest(shop)
        run = until(lambda: ui.newest_of_ended_runs(2))
        assert run["status"] == "SUCCESS"
        concerned = {"snapshots/snap_oltp__promotions", "marts/dim_promotions"}
        assert _paths(run["assetSelection"]) == concerned
        assert _paths(m["assetKey"] for m in run["assetMaterializations"]) == concerned
        assert from_postgres(
            shop, "select promotion_name from marts.dim_promotions where promotion_id = 1"
        ) == [("Changed",)]
        assert until(ui.skip_reason) == "Every model shows raw as it is"

        # What happens in a shop, among marts of which some wait for the next whole build.
        simulate_traffic(shop, events=60, seed=3)
        run_ingest(shop)
        run = until(lambda: ui.newest_of_ended_runs(3))
        assert run["status"] == "SUCCESS"
        assert "marts/fct_orders" in _paths(run["assetSelection"])
        assert "marts/customer_rfm" not in _paths(run["assetSelection"])
        statuses = "select order_status, count(*) from {} group by 1 order by 1"
        assert from_postgres(shop, statuses.format("marts.fct_orders")) == (
            from_postgres(shop, statuses.format("staging.stg_oltp__orders"))
        )
        assert from_postgres(shop, "select count(*) > 0 from marts.fct_inventory_daily") == [
            (True,)
        ]
        assert until(ui.skip_reason) == "Every model shows raw as it is"
    assert len(ui.seen) == 3


class _Ui:
    """A `softcart ui` of a test, asked by GraphQL as its pages do."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self._process = process
        self.port = port
        self.log = log
        self.seen: list[dict[str, Any]] = []

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        assert self._process.poll() is None, self.log.read_text()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            data: dict[str, Any] = json.load(answer)["data"]
            return data

    def location(self) -> dict[str, Any] | None:
        """Return the code location once it is loaded and the scheduler is healthy."""
        try:
            state = self.ask(_STATE)
        except OSError:
            return None
        entries = state["workspaceOrError"].get("locationEntries", [])
        health = state["instance"]["daemonHealth"]["daemonStatus"]["healthy"]
        if entries and entries[0]["loadStatus"] == "LOADED" and health:
            location: dict[str, Any] = entries[0]["locationOrLoadError"]
            return location
        return None

    def newest_of_ended_runs(self, count: int) -> dict[str, Any] | None:
        """Return the newest run of `changes`, once so many have ended."""
        self.seen = self.ask(_RUNS)["runsOrError"]["results"]
        ended = [run for run in self.seen if run["status"] in ("SUCCESS", "FAILURE")]
        if len(ended) < count:
            return None
        run: dict[str, Any] = self.ask(_RUN, run=ended[0]["runId"])["runOrError"]
        return run

    def skip_reason(self) -> str | None:
        """Return why the sensor's last tick asked for nothing, once no run is in its way."""
        (tick,) = self.ask(_TICKS, sensor=_SENSOR)["sensorOrError"]["sensorState"]["ticks"]
        reason: str | None = tick["skipReason"]
        return None if reason and "is not finished" in reason else reason


@contextmanager
def _ui(folder: Path, environment: Mapping[str, str]) -> Iterator[_Ui]:
    port = any_free_port()
    command = [str(Path(sys.executable).with_name("softcart")), "ui", "--port", str(port)]
    log = folder / "ui.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield _Ui(process, port, log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _paths(keys: Iterable[Mapping[str, Any]]) -> set[str]:
    return {"/".join(key["path"]) for key in keys}


def _bare(home: Path) -> Settings:
    return Settings(_env_file=None, home=home)
