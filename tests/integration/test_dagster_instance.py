"""Dagster's own configuration, in production and on a laptop, and the UI itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from orchestration.errors import SoftcartError
from orchestration.settings import PROJECT_DIR, Settings
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
_PATIENCE_SECONDS = 180


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
    same = ("concurrency", "run_retries", "telemetry")
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


@pytest.mark.slow
def test_the_ui_serves_the_definitions_on_localhost_with_its_daemon(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("softcart")), "ui", "--port", str(port)]
    log = tmp_path / "ui.log"
    with log.open("w") as output:
        ui = subprocess.Popen(
            command,
            env={**os.environ, "SOFTCART_HOME": str(tmp_path)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            location = _loaded_location(ui, port)
        finally:
            ui.send_signal(signal.SIGINT)
            ui.wait(60)
    assert location["__typename"] == "RepositoryLocation", location
    jobs = {job["name"] for job in location["repositories"][0]["jobs"]}
    assert {"daily_full", "hourly", "rebuild"} <= jobs
    assert f"http://127.0.0.1:{port}" in log.read_text()
    assert "superseded" not in log.read_text()


def _loaded_location(ui: subprocess.Popen[bytes], port: int) -> dict[str, Any]:
    """Wait until the UI shows a loaded code location and a healthy scheduler."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and ui.poll() is None:
        time.sleep(0.3)
        try:
            state = _ask(port)
        except OSError:
            continue
        entries = state["workspaceOrError"].get("locationEntries", [])
        health = state["instance"]["daemonHealth"]["daemonStatus"]["healthy"]
        if entries and entries[0]["loadStatus"] == "LOADED" and health:
            location: dict[str, Any] = entries[0]["locationOrLoadError"]
            return location
    raise AssertionError("The UI ended, or did not come up")


def _ask(port: int) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": _STATE}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        data: dict[str, Any] = json.load(answer)["data"]
        return data


def _bare(home: Path) -> Settings:
    return Settings(_env_file=None, home=home)
