"""Where settings come from, and which wins."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import orchestration.settings
from orchestration.errors import SoftcartError
from orchestration.promote.db2.connection import driver_options
from orchestration.settings import PROJECT_DIR, Settings

_SECRET = "a-password-that-nobody-prints"


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A project folder with the private servers' URLs and nothing else."""
    monkeypatch.setattr(orchestration.settings, "PROJECT_DIR", tmp_path)
    home = tmp_path / "state"
    home.mkdir()
    (home / "servers.env").write_text(
        "SOFTCART_POSTGRES_URL=postgresql://softcart:private@127.0.0.1:15432/softcart\n"
    )
    monkeypatch.setenv("SOFTCART_HOME", "state")
    return tmp_path


def _postgres_host() -> str:
    return Settings.load().url("postgres").host


def test_private_servers_serve_where_nothing_is_set(project: Path) -> None:
    assert _postgres_host() == "127.0.0.1"


def test_the_users_file_wins_over_private_servers(project: Path) -> None:
    (project / ".env").write_text("SOFTCART_POSTGRES_URL=postgresql://u:p@from-file/w\n")
    assert _postgres_host() == "from-file"


def test_the_environment_wins_over_the_users_file(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text("SOFTCART_POSTGRES_URL=postgresql://u:p@from-file/w\n")
    monkeypatch.setenv("SOFTCART_POSTGRES_URL", "postgresql://u:p@from-environment/w")
    assert _postgres_host() == "from-environment"


def test_an_empty_value_is_no_value(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".env").write_text("SOFTCART_POSTGRES_URL=\nSOFTCART_MYSQL_PORT=\n")
    monkeypatch.setenv("SOFTCART_POSTGRES_URL", "")
    assert _postgres_host() == "127.0.0.1"
    assert Settings.load().mysql_port is None


def test_private_servers_can_be_left_out_to_see_what_the_user_brought(project: Path) -> None:
    assert not Settings.load(private_servers=False).has_url("postgres")


def test_a_relative_home_belongs_to_the_project_and_not_to_the_caller(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert Settings.load().home == (project / "state").resolve()


def test_home_can_be_set_in_the_users_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOFTCART_HOME")
    (project / ".env").write_text("SOFTCART_HOME=state\n")
    assert _postgres_host() == "127.0.0.1"


def test_a_server_that_nobody_names_is_an_error_with_both_ways_out(project: Path) -> None:
    with pytest.raises(SoftcartError) as error:
        Settings.load().url("mongo")
    assert "softcart up" in error.value.remedy
    assert "SOFTCART_MONGO_URL" in error.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://u:{_SECRET}@db/w",
        f"postgresql://u:{_SECRET}@db",
        f"postgresql://u:{_SECRET}@db:port/w",
        f"postgresql://u:{_SECRET}@/w",
        _SECRET,
    ],
)
def test_a_malformed_url_is_named_and_never_shown(
    project: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SOFTCART_POSTGRES_URL", url)
    with pytest.raises(SoftcartError, match="SOFTCART_POSTGRES_URL is not a URL") as error:
        Settings.load().url("postgres")
    assert _SECRET not in str(error.value)


def test_a_value_of_the_wrong_type_is_named_and_never_shown(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTCART_DBT_THREADS", _SECRET)
    with pytest.raises(SoftcartError, match="Setting SOFTCART_DBT_THREADS is not valid") as error:
        Settings.load()
    assert _SECRET not in str(error.value)


def test_a_url_shows_all_but_its_password() -> None:
    settings = Settings(_env_file=None).with_urls(
        {"postgres": f"postgresql://we%40ird:{_SECRET}%2F@db.example:6543/ware%20house"}
    )
    url = settings.url("postgres")
    assert (url.user, url.host, url.port, url.database) == (
        "we@ird",
        "db.example",
        6543,
        "ware house",
    )
    assert url.password.get_secret_value() == f"{_SECRET}/"
    assert _SECRET not in f"{url} {url!r} {settings} {settings!r}"


def test_a_replica_set_is_known_by_its_first_member() -> None:
    settings = Settings(_env_file=None).with_urls(
        {"mongo": "mongodb://u:p,q@a.example:27018,b.example/catalog?replicaSet=rs"}
    )
    url = settings.url("mongo")
    assert (url.host, url.port, url.database) == ("a.example", 27018, "catalog")


def test_the_example_names_every_setting_and_no_other() -> None:
    example = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#? ?(SOFTCART_\w+)=", example, flags=re.MULTILINE))
    assert named == {f"SOFTCART_{name.upper()}" for name in Settings.model_fields}


def test_production_must_say_where_marts_are(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings.load().targets == ("local",)
    monkeypatch.setenv("SOFTCART_ENVIRONMENT", "production")
    with pytest.raises(SoftcartError, match="SOFTCART_TARGETS"):
        Settings.load()
    monkeypatch.setenv("SOFTCART_TARGETS", "local, prod")
    assert Settings.load().targets == ("local", "prod")


def test_a_target_that_is_none_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTCART_TARGETS", "local,oracle")
    with pytest.raises(SoftcartError, match="SOFTCART_TARGETS"):
        Settings.load()


def test_a_db2_url_becomes_the_driver_s_keywords(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "SOFTCART_DB2_URL", f"db2://u:{_SECRET}@db2/BLUDB?security=ssl&certificate=/etc/db2.pem"
    )
    url = Settings.load().url("db2")
    assert (url.port, url.database) == (50000, "BLUDB")
    assert driver_options(url) == "SECURITY=SSL;SSLServerCertificate=/etc/db2.pem"


def test_a_db2_url_with_an_unknown_parameter_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTCART_DB2_URL", f"db2://u:{_SECRET}@db2/BLUDB?tls=yes")
    with pytest.raises(SoftcartError, match="tls") as error:
        driver_options(Settings.load().url("db2"))
    assert _SECRET not in str(error.value)
