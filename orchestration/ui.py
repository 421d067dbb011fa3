"""Web pages on this machine: the Dagster UI (`softcart ui`) and the dbt docs (`softcart docs`)."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

from orchestration.console import console
from orchestration.errors import SoftcartError
from orchestration.settings import PROJECT_DIR, Settings, Target
from orchestration.transform import artifact_environment, dbt_environment

HOST = "127.0.0.1"


# dagster.yaml.example is the same for production; its comments say why each limit is there.
_DAGSTER_YAML = """\
# Written by `softcart ui` at each start: changes made here are lost.
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  runs: {max_concurrent_runs: 4}
  pools: {granularity: run, default_limit: 1}
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
    max_user_code_failure_retries: 10
    user_code_failure_retry_delay: 30
run_launcher: {module: orchestration.launcher, class: MonitoredRunLauncher}
run_monitoring: {enabled: true, poll_interval_seconds: 30}
run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}
"""


def dagster_home(settings: Settings) -> Path:
    """Return the folder of Dagster's own state: runs, events, logs; made when missing."""
    home = settings.home.resolve() / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(_DAGSTER_YAML)
    return home


def serve_ui(settings: Settings, port: int) -> NoReturn:
    """Become the UI, its daemon (schedules, sensors, queue) and a code server, until Ctrl-C.

    Raises:
        SoftcartError: The port is taken.
    """
    require_free_port(port, "softcart ui")
    home = dagster_home(settings)
    console.print(f"Dagster UI: http://{HOST}:{port} (Ctrl-C ends it)")
    arguments = [
        *(sys.executable, "-W", "ignore:Function `dev_command` is superseded"),
        *("-m", "dagster", "dev", "--host", HOST, "--port", str(port)),
        *("--module-name", "orchestration.definitions"),
        *("--working-directory", str(PROJECT_DIR), "--log-level", "warning"),
    ]
    os.chdir(PROJECT_DIR)
    os.execve(  # noqa: S606
        sys.executable,
        arguments,
        os.environ | {"DAGSTER_HOME": str(home), "SOFTCART_HOME": str(settings.home.resolve())},
    )


def serve_docs(settings: Settings, port: int, target: Target) -> NoReturn:
    """Become the server of the dbt docs that `dbt docs generate` left of a target, until Ctrl-C."""
    console.print(f"dbt docs: http://{HOST}:{port} (Ctrl-C ends it)")
    start_dbt = "from dbt.cli.main import cli; cli()"
    options = ["--host", HOST, "--port", str(port), "--no-browser", "--quiet"]
    os.execve(  # noqa: S606
        sys.executable,
        [sys.executable, "-c", start_dbt, "docs", "serve", *options],
        os.environ
        | dbt_environment(settings)
        | artifact_environment(settings, target)
        | {"DBT_TARGET": target},
    )


def require_free_port(port: int, command: str) -> None:
    """Make sure that a command can listen on a port of this machine.

    Raises:
        SoftcartError: The port is taken.
    """
    with socket.socket() as probe:
        # As the UI's own server does, so that a port in TIME_WAIT counts as free for both.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise SoftcartError(
                f"Port {port} on {HOST} is in use",
                remedy=f"Stop what uses it, or take another: `{command} --port {port + 1}`",
            ) from None
