"""All checks in the order of the report."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.doctor.finding import Finding
from orchestration.doctor.machine import (
    check_disk,
    check_python,
    check_settings,
    check_web_files,
)
from orchestration.doctor.project import check_dbt
from orchestration.doctor.servers import check_servers
from orchestration.settings import Settings


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what each check finds as soon as it is found; changes nothing anywhere."""
    yield from check_python()
    yield from check_settings()
    yield from check_disk(settings)
    yield from check_web_files(settings)
    yield from check_servers(settings)
    yield from check_dbt(settings)
