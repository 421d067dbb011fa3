"""What `compose.yaml` promises without being started: pinned, private, healthy, without secrets."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from orchestration.settings import PROJECT_DIR

_COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "compose.yaml").read_text("utf-8"))
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]


def test_three_servers_start_by_themselves_and_db2_when_it_is_asked_for() -> None:
    profiles = {name: service.get("profiles") for name, service in _SERVICES.items()}
    assert profiles == {"postgres": None, "mysql": None, "mongo": None, "db2": ["db2"]}


@pytest.mark.parametrize("name", sorted(_SERVICES))
def test_each_server_is_pinned_to_a_patch_version_and_has_a_health_check(name: str) -> None:
    # Parts of a version.
    parts = {"postgres": 2, "db2": 4}.get(name, 3)
    version = _SERVICES[name]["image"].partition(":")[2]
    assert re.fullmatch(r"\.".join([r"\d+"] * parts), version)
    assert _SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(_SERVICES))
def test_each_server_is_reached_from_this_machine_alone_on_the_ports_of_the_private_ones(
    name: str,
) -> None:
    default = {
        "postgres": "15432:5432",
        "mysql": "13306:3306",
        "mongo": "37017:27017",
        "db2": "15000:50000",
    }
    assert _SERVICES[name]["ports"] == [f"127.0.0.1:{default[name]}"]


@pytest.mark.parametrize("name", sorted(_SERVICES))
def test_passwords_come_from_the_environment_and_one_that_is_missing_stops_it(name: str) -> None:
    passwords = [
        value for key, value in _SERVICES[name]["environment"].items() if "PASSWORD" in key
    ]
    variable = f"{name.upper()}_PASSWORD"
    # Compose reads what a profile leaves out, too: a password is asked for with the licence alone.
    before = "${DB2_LICENSE:+" if name == "db2" else ""
    assert any(value.startswith(f"{before}${{{variable}:?") for value in passwords)
    assert all(value.startswith(f"{before}${{{variable}") for value in passwords)


def test_db2s_licence_is_nobodys_to_accept_but_the_users() -> None:
    assert _SERVICES["db2"]["environment"]["LICENSE"] == "${DB2_LICENSE:-}"


def test_mysql_keeps_the_log_that_change_capture_reads() -> None:
    # Whole rows in ROW format are MySQL 8's defaults.
    assert {
        "--gtid-mode=ON",
        "--enforce-gtid-consistency=ON",
        "--binlog-row-metadata=FULL",
    } <= set(_SERVICES["mysql"]["command"])
    grants = _COMPOSE["configs"]["mysql_grants"]["content"]
    assert "replication slave" in grants
    assert "replication client" in grants


def test_mongo_is_a_replica_set_which_its_health_check_makes() -> None:
    assert "--replSet softcart" in _SERVICES["mongo"]["entrypoint"][-1]
    assert '_id: "softcart"' in _SERVICES["mongo"]["healthcheck"]["test"]
