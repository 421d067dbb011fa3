"""Run dbt on the warehouse that the settings name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlsplit

from orchestration.connections import connect_postgres
from orchestration.console import ReportProgress, no_progress
from orchestration.dbt_report import DbtReport, read_report, without_rows
from orchestration.errors import SoftcartError
from orchestration.promote.db2.connection import driver_options
from orchestration.promote.db2.run import LOCK as DB2_LOCK
from orchestration.settings import PROJECT_DIR, Settings, Target
from orchestration.warehouse.locks import sole_writer
from orchestration.warehouse.model_runs import prepare, record

_WRITES = {"build", "run", "seed", "snapshot"}
_SECONDS_TO_STOP = 20
# Where staging and snapshots are, whatever other targets have marts.
_REFINES: Target = "local"
# Locks of the staging warehouse, whichever they are for: they end with their sessions.
_LOCKS: Mapping[Target, str] = {"local": "dbt build", "prod": DB2_LOCK}


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that dbt and profiles.yml read, for any program that starts dbt.

    Holds the passwords, under names whose values dbt masks in its output. Writes profiles.yml to
    the home folder when the project has none.

    Raises:
        SoftcartError: No warehouse is set, or the home folder cannot be written.
    """
    url = settings.url("postgres")
    query = parse_qs(urlsplit(url.full.get_secret_value()).query)
    return {
        "DBT_PROJECT_DIR": str(PROJECT_DIR),
        "DBT_PROFILES_DIR": str(_profiles_folder(settings)),
        "DBT_TARGET": _REFINES,
        "SOFTCART_DBT_HOST": url.host,
        "SOFTCART_DBT_PORT": str(url.port),
        "SOFTCART_DBT_USER": url.user,
        "SOFTCART_DBT_DATABASE": url.database,
        "SOFTCART_DBT_SSLMODE": query.get("sslmode", ["prefer"])[0],
        "SOFTCART_DBT_THREADS": str(settings.dbt_threads),
        "SOFTCART_READER_ROLE": settings.reader_role,
        "DBT_ENV_SECRET_SOFTCART_PASSWORD": url.password.get_secret_value(),
        **(_db2_variables(settings) if settings.has_url("db2") else {}),
    }


def _db2_variables(settings: Settings) -> dict[str, str]:
    url = settings.url("db2")
    return {
        "SOFTCART_DB2_HOST": url.host,
        "SOFTCART_DB2_PORT": str(url.port),
        "SOFTCART_DB2_USER": url.user,
        "SOFTCART_DB2_DATABASE": url.database,
        "SOFTCART_DB2_OPTIONS": driver_options(url),
        "DBT_ENV_SECRET_SOFTCART_DB2_PASSWORD": url.password.get_secret_value(),
    }


def artifact_environment(settings: Settings, target: Target = _REFINES) -> dict[str, str]:
    """Return the variables that make dbt leave its artifacts and logs in the home folder.

    Each target has a folder of its own: dbt parses anew when it finds another's.
    """
    folder = settings.home / "dbt"
    if target != _REFINES:
        folder /= target
    return {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}


def run_dbt(
    settings: Settings,
    args: Sequence[str],
    report: ReportProgress = no_progress,
    *,
    target: Target = _REFINES,
) -> DbtReport:
    """Run a dbt command and tell what it did; nodes that fail are in the report.

    What a command cost that writes is recorded in the staging warehouse.

    Args:
        settings: Which warehouse and number of threads.
        args: The command and its options, such as `["build", "--select", "marts"]`.
        report: Told of each node that ends.
        target: Where it works.

    Raises:
        SoftcartError: dbt could not run: the warehouse does not answer, another run is at work, the
            project does not compile. What a node failed of is in the report, not raised.
    """
    places = artifact_environment(settings, target)
    is_freshness = list(args[:2]) == ["source", "freshness"]
    artifact = Path(places["DBT_TARGET_PATH"]) / (
        "sources.json" if is_freshness else "run_results.json"
    )
    command = " ".join(["dbt", *(args[:2] if is_freshness else args[:1])])
    environment = os.environ | dbt_environment(settings) | places | {"DBT_TARGET": target}
    artifact.unlink(missing_ok=True)

    started = time.monotonic()
    with only_run(settings, target) if args[0] in _WRITES else nullcontext():
        fault = _run(command, args, environment, report)
    seconds = time.monotonic() - started
    # Commands without nodes, such as `dbt parse`, leave no artifact.
    done = read_report(command, seconds, artifact) if artifact.exists() else None
    if done is not None and args[0] in _WRITES:
        done = replace(done, unrecorded=record(settings, target, artifact.parent))
    if fault is not None and (done is None or done.succeeded):
        raise SoftcartError(
            f"{command} could not run: {fault}",
            remedy=f"Correct what it names; the whole log is {places['DBT_LOG_PATH']}/dbt.log",
        )
    return done or DbtReport(command, seconds, ())


def _profiles_folder(settings: Settings) -> Path:
    if (PROJECT_DIR / "profiles.yml").exists():
        return PROJECT_DIR
    folder = settings.home / "dbt"
    profiles = folder / "profiles.yml"
    text = (PROJECT_DIR / "profiles.yml.example").read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not profiles.exists() or profiles.read_text(encoding="utf-8") != text:
            # Whole or not at all: another dbt may be reading it.
            draft = folder / f"profiles.yml.{os.getpid()}"
            draft.write_text(text, encoding="utf-8")
            draft.replace(profiles)
    except OSError as error:
        raise SoftcartError(
            f"Cannot write dbt's profile to {folder}: {error.strerror}",
            remedy="Make room there or allow writing, or set SOFTCART_HOME to another folder",
        ) from None
    return folder


@contextmanager
def only_run(settings: Settings, target: Target = _REFINES) -> Iterator[None]:
    """Keep other writing dbt runs, and promote, off a target until the block ends.

    Raises:
        SoftcartError: Another one is at work.
    """
    # Two snapshots at once would each open a version.
    with (
        connect_postgres(settings, autocommit=True) as warehouse,
        sole_writer(warehouse, _LOCKS[target]),
    ):
        prepare(warehouse)
        yield


def _run(
    command: str, args: Sequence[str], environment: dict[str, str], report: ReportProgress
) -> str | None:
    """Run dbt to its end; return why it failed, None if it did not."""
    start_dbt = "from dbt.cli.main import cli; cli()"
    process = subprocess.Popen(
        [sys.executable, "-c", start_dbt, *args, "--log-format", "json"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    assert process.stdout is not None  # noqa: S101 - for the type checker: a pipe was asked for
    try:
        errors = _follow(command, process.stdout, report)
        exit_code = process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    if exit_code == 0:
        return None
    return without_rows(errors) or f"it ended with exit code {exit_code}"


def _follow(command: str, output: IO[str], report: ReportProgress) -> str:
    """Tell of progress as dbt logs it; return its errors."""
    done = 0
    total: int | None = None
    errors: list[str] = []
    for line in output:
        try:
            event = json.loads(line)
            name, level = event["info"]["name"], event["info"]["level"]
        except (ValueError, KeyError, TypeError):
            errors.append(line.strip())
            continue
        total = event["data"].get("total", total)
        if name.endswith("Result") or name.startswith("Skip"):
            done += 1
            report(command, done, total)
        elif level == "error":
            errors.append(event["info"]["msg"])
    if total is not None:
        report(command, total, total)
    return "\n".join(errors)
