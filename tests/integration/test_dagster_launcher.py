"""A run that died together with its code server is found, and begins once more."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.launcher.base import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from waiting import until

from orchestration.local.port import LOOPBACK, any_free_port
from orchestration.settings import PROJECT_DIR

# A job that waits until the folder has a file `go`.
_JOB = """
import time
from pathlib import Path

import dagster as dg

@dg.op
def wait():
    while not Path(__file__).with_name("go").exists():
        time.sleep(0.1)

@dg.job
def waits():
    wait()

defs = dg.Definitions(jobs=[waits])
"""


@pytest.mark.slow
def test_a_run_that_died_with_its_code_server_begins_once_more(tmp_path: Path) -> None:
    port = any_free_port()
    _deploy(tmp_path, port)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance, ExitStack() as stack:
        code_server = stack.enter_context(_code_server(tmp_path, port))
        stack.enter_context(_process(tmp_path, "dagster._daemon", "run", "-w", "workspace.yaml"))
        _launch(tmp_path)
        (run,) = until(lambda: instance.get_runs(_in(dg.DagsterRunStatus.STARTED)) or None)

        # The machine's end: neither the code server nor the run can tell of it.
        os.killpg(code_server.pid, signal.SIGKILL)
        (tmp_path / "go").touch()
        stack.enter_context(_code_server(tmp_path, port))

        (again,) = until(lambda: instance.get_runs(_in(dg.DagsterRunStatus.SUCCESS)) or None)
        assert again.parent_run_id == run.run_id
        assert [ended.run_id for ended in instance.get_runs(_in(dg.DagsterRunStatus.FAILURE))] == [
            run.run_id
        ]
        told = [entry.message for entry in instance.all_logs(run.run_id)]
        assert any(f"Marking run {run.run_id} as failed" in message for message in told)


def test_a_code_server_that_does_not_answer_is_asked_twice(tmp_path: Path) -> None:
    _deploy(tmp_path, any_free_port())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        address = json.dumps({"host": LOOPBACK, "port": any_free_port()})
        run = _started(instance, {GRPC_INFO_TAG: address})
        looks = [instance.run_launcher.check_run_worker_health(run).status for _ in range(3)]
        assert looks == [WorkerStatus.RUNNING, WorkerStatus.NOT_FOUND, WorkerStatus.RUNNING]


def test_a_run_of_a_terminal_is_left_alone(tmp_path: Path) -> None:
    _deploy(tmp_path, any_free_port())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        run = _started(instance, {})
        looks = [instance.run_launcher.check_run_worker_health(run).status for _ in range(3)]
        assert looks == [WorkerStatus.RUNNING] * 3


def _deploy(folder: Path, port: int) -> None:
    """Write the files of a deployment: production's, with storage in files and quick looks."""
    dagster_yaml = yaml.safe_load((PROJECT_DIR / "dagster.yaml.example").read_text())
    del dagster_yaml["storage"], dagster_yaml["compute_logs"]
    dagster_yaml["run_monitoring"]["poll_interval_seconds"] = 1
    dagster_yaml["run_coordinator"]["config"]["user_code_failure_retry_delay"] = 1
    (folder / "dagster.yaml").write_text(yaml.safe_dump(dagster_yaml))
    server = {"host": LOOPBACK, "port": port, "location_name": "waiting"}
    (folder / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    (folder / "definitions.py").write_text(_JOB)


@contextmanager
def _code_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    listen = ("--host", LOOPBACK, "--port", str(port))
    definitions = ("--python-file", "definitions.py")
    with _process(folder, "dagster", "api", "grpc", *listen, *definitions) as process:
        until(lambda: _answers(port) or None)
        yield process


@contextmanager
def _process(folder: Path, module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=os.environ | {"DAGSTER_HOME": str(folder)},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _launch(folder: Path) -> None:
    where = ("-w", "workspace.yaml", "-l", "waiting", "-j", "waits")
    subprocess.run(
        [sys.executable, "-m", "dagster", "job", "launch", *where],
        cwd=folder,
        env=os.environ | {"DAGSTER_HOME": str(folder)},
        check=True,
    )


def _started(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    status = dg.DagsterRunStatus.STARTED
    return instance.add_run(dg.DagsterRun(job_name="waits", status=status, tags=tags))


def _in(status: dg.DagsterRunStatus) -> dg.RunsFilter:
    return dg.RunsFilter(statuses=[status])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
