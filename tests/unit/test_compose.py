"""What `compose.yaml` promises without being started: pinned, private, healthy, without secrets."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from orchestration.settings import PROJECT_DIR

_COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "compose.yaml").read_text("utf-8"))
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]


def test_all_three_servers_are_there() -> None:
    assert set(_SERVICES) == {"postgres", "mysql", "mongo"}


@pytest.mark.parametrize("name", sorted(_SERVICES))
def test_each_server_is_pinned_to_a_patch_version_and_has_a_health_check(name: str) -> None:
    # PostgreSQL's versions have two parts.
    parts = 2 if name == "postgres" else 3
    assert re.fullmatch(r"\w+:" + r"\.".join([r"\d+"] * parts), _SERVICES[name]["image"])
    assert _SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(_SERVICES))
def test_each_server_is_reached_from_this_machine_alone_on_the_ports_of_the_private_ones(
    name: str,
) -> None:
    default = {"postgres": "15432:5432", "mysql": "13306:3306", "mongo": "37017:27017"}
    assert _SERVICES[name]["ports"] == [f"127.0.0.1:{default[name]}"]


@pytest.mark.parametrize("name", sorted(_SERVICES))
def test_passwords_come_from_the_environment_and_one_that_is_missing_stops_it(name: str) -> None:
    passwords = [
        value for key, value in _SERVICES[name]["environment"].items() if "PASSWORD" in key
    ]
    variable = f"{name.upper()}_PASSWORD"
    assert any(value.startswith(f"${{{variable}:?") for value in passwords)
    assert all(value.startswith(f"${{{variable}") for value in passwords)
