"""`softcart doctor` against real servers, and a listener that speaks as an old MySQL does."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from psycopg import sql

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.doctor.examine import examine
from orchestration.doctor.finding import Finding
from orchestration.doctor.machine import check_settings, check_web_files
from orchestration.doctor.servers import check_servers
from orchestration.errors import SoftcartError
from orchestration.ingest.mongo_images import keep_images
from orchestration.settings import Server, Settings

pytestmark = pytest.mark.servers

_PASSWORD = "a-password-that-nobody-prints"


def _faults(findings: Iterator[Finding], subject: str) -> list[tuple[str, str]]:
    return [
        (one.level, f"{one.text} -> {one.remedy}")
        for one in findings
        if one.level != "ok" and one.subject == subject
    ]


def _with_user(shop: Settings, server: Server, user: str) -> Settings:
    url = shop.url(server)
    parts = urlsplit(url.full.get_secret_value())
    netloc = f"{user}:{_PASSWORD}@{url.host}:{url.port}"
    return shop.with_urls({server: urlunsplit(parts._replace(netloc=netloc))})


@contextmanager
def _mysql_user(shop: Settings, grants: str) -> Iterator[Settings]:
    user = f"u{uuid.uuid4().hex[:8]}"
    with connect_mysql(shop) as mysql, mysql.cursor() as cursor:
        cursor.execute(f"create user {user} identified by '{_PASSWORD}'")
        cursor.execute(f"grant {grants} to {user}")
        try:
            yield _with_user(shop, "mysql", user)
        finally:
            cursor.execute(f"drop user {user}")


def _create_orders(shop: Settings) -> None:
    with connect_mysql(shop) as mysql, mysql.cursor() as cursor:
        cursor.execute("create table orders (order_id int primary key)")


def test_nothing_is_wrong_with_private_servers_and_a_filled_shop(shop: Settings) -> None:
    _create_orders(shop)
    findings = list(examine(shop))
    assert [one for one in findings if one.level != "ok"] == []
    assert {one.subject for one in findings} == {
        "Python",
        "Settings",
        "Disk",
        "PostgreSQL",
        "MySQL",
        "MongoDB",
        "dbt",
    }


def test_a_table_that_may_not_be_read_fails_with_the_grant(shop: Settings) -> None:
    _create_orders(shop)
    database = shop.url("mysql").database
    with _mysql_user(shop, f"insert on {database}.*") as limited:
        faults = _faults(check_servers(limited), "MySQL")
        user = limited.url("mysql").user
    assert faults[0] == (
        "fail",
        f"tables that cannot be read: orders -> grant select on `{database}`.* to '{user}'@'%'",
    )


def test_reading_alone_is_enough_for_snapshots_and_not_for_change_capture(shop: Settings) -> None:
    _create_orders(shop)
    database = shop.url("mysql").database
    with _mysql_user(shop, f"select on {database}.*") as reader:
        ((level, text),) = _faults(check_servers(reader), "MySQL")
    assert level == "warn"
    assert "grant binlog monitor, replication slave on *.* to" in text


def test_the_printed_grant_mends_what_it_is_printed_for(shop: Settings) -> None:
    _create_orders(shop)
    database = shop.url("mysql").database
    with _mysql_user(shop, f"insert on {database}.*") as limited:
        remedies = [one.remedy for one in check_servers(limited) if one.subject == "MySQL"]
        with connect_mysql(shop) as mysql, mysql.cursor() as cursor:
            for remedy in filter(None, remedies):
                cursor.execute(remedy)
        assert _faults(check_servers(limited), "MySQL") == []


def test_a_user_without_access_to_the_database_is_refused(shop: Settings) -> None:
    with _mysql_user(shop, "usage on *.*") as stranger:
        ((level, text),) = _faults(check_servers(stranger), "MySQL")
    assert level == "fail"
    assert "refuses the user or the password" in text
    assert _PASSWORD not in text


def test_an_empty_shop_is_worth_a_warning(shop: Settings) -> None:
    ((level, text),) = _faults(check_servers(shop), "MySQL")
    assert level == "warn"
    assert "softcart simulate history" in text


def test_a_warehouse_user_without_create_fails_with_the_grant(shop: Settings) -> None:
    user = sql.Identifier(name := f"u{uuid.uuid4().hex[:8]}")
    with connect_postgres(shop, autocommit=True) as postgres:
        postgres.execute(
            sql.SQL("create role {} login password {}").format(user, sql.Literal(_PASSWORD))
        )
        try:
            limited = _with_user(shop, "postgres", name)
            before = [one for one in check_servers(limited) if one.subject == "PostgreSQL"]
            (fault,) = (one for one in before if one.level != "ok")
            assert fault.level == "fail"
            postgres.execute(_last_statement(fault.remedy))
            assert _faults(check_servers(limited), "PostgreSQL") == []
        finally:
            postgres.execute(sql.SQL("drop owned by {}").format(user))
            postgres.execute(sql.SQL("drop role {}").format(user))


def _last_statement(remedy: str) -> sql.SQL:
    return sql.SQL(remedy.partition(": ")[2])


def test_a_catalogue_user_without_read_fails(shop: Settings) -> None:
    name = f"u{uuid.uuid4().hex[:8]}"
    admin = connect_mongo(shop).client.admin
    roles = [{"role": "read", "db": "elsewhere"}]
    admin.command("createUser", name, pwd=_PASSWORD, roles=roles)
    try:
        ((level, text),) = _faults(check_servers(_with_user(shop, "mongo", name)), "MongoDB")
    finally:
        admin.command("dropUser", name)
    assert level == "fail"
    assert "Grant it the role `read`" in text


def test_a_collection_that_keeps_no_images_is_warned_of_with_the_command(shop: Settings) -> None:
    database = connect_mongo(shop)
    keep_images(database["products"])
    assert _faults(check_servers(shop), "MongoDB") == []
    database["brands"].insert_one({"_id": 1})
    with database.client:
        ((level, text),) = _faults(check_servers(shop), "MongoDB")
    assert level == "warn"
    assert "no images: brands" in text
    assert 'collMod: "brands"' in text


def test_a_server_that_is_down_does_not_hide_the_others(shop: Settings) -> None:
    _create_orders(shop)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
        port = nobody.getsockname()[1]
        broken = shop.with_urls({"postgres": f"postgresql://u:{_PASSWORD}@127.0.0.1:{port}/w"})
        findings = list(check_servers(broken))
    assert _faults(iter(findings), "PostgreSQL")[0][0] == "fail"
    assert _PASSWORD not in str(findings)
    assert _faults(iter(findings), "MySQL") == []


@contextmanager
def _mysql_that_says(version: str) -> Iterator[int]:
    """Listen as a MySQL server of a version and accept any login; yields the port."""

    def packet(number: int, payload: bytes) -> bytes:
        return len(payload).to_bytes(3, "little") + bytes([number]) + payload

    greeting = (
        b"\x0a"
        + version.encode()
        + b"\0"
        + (1).to_bytes(4, "little")
        + b"saltsalt\0"
        + b"\xff\xf7\x2d\x02\x00\xff\xc1\x15"
        + bytes(10)
        + b"moresaltsalt\0"
        + b"mysql_native_password\0"
    )
    fine = b"\0\0\0\2\0\0\0"

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client, suppress(ConnectionResetError):  # the client leaves without a goodbye
            client.sendall(packet(0, greeting))
            while head := client.recv(4, socket.MSG_WAITALL):
                client.recv(int.from_bytes(head[:3], "little"), socket.MSG_WAITALL)
                client.sendall(packet(head[3] + 1, fine))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("version", "says"),
    [("5.7.44-log", "MySQL 5.7.44"), ("5.5.5-10.6.18-MariaDB", "MariaDB 10.6.18")],
)
def test_an_old_server_is_refused_by_name(version: str, says: str, tmp_path: Path) -> None:
    with _mysql_that_says(version) as port:
        settings = Settings(_env_file=None, home=tmp_path).with_urls(
            {"mysql": f"mysql://u:{_PASSWORD}@127.0.0.1:{port}/shop"}
        )
        with pytest.raises(SoftcartError) as error:
            connect_mysql(settings)
    assert f"is {says}, which is too old" in error.value.what
    assert _PASSWORD not in str(error.value)


def test_a_mistyped_setting_is_found(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("SOFTCART_POSTGRES_URI=postgresql://u:p@db/w\n")
    env_file.chmod(0o644)
    mistyped, readable = (one for one in check_settings(env_file) if one.level == "warn")
    assert mistyped.remedy == "Did you mean SOFTCART_POSTGRES_URL?"
    assert readable.remedy == f"chmod 600 {env_file}"
    env_file.chmod(0o600)
    env_file.write_text("SOFTCART_POSTGRES_URL=postgresql://u:p@db/w\n")
    assert [one.level for one in check_settings(env_file)] == ["ok"]


def test_a_warehouse_in_another_encoding_fails(shop: Settings) -> None:
    name = f"latin_{uuid.uuid4().hex[:8]}"
    identifier = sql.Identifier(name)
    create = sql.SQL(
        "create database {} encoding 'LATIN1' locale_provider libc locale 'C' template template0"
    )
    with connect_postgres(shop, autocommit=True) as postgres:
        postgres.execute(create.format(identifier))
        try:
            parts = urlsplit(shop.url("postgres").full.get_secret_value())
            latin = shop.with_urls({"postgres": urlunsplit(parts._replace(path=f"/{name}"))})
            ((level, text),) = _faults(check_servers(latin), "PostgreSQL")
        finally:
            postgres.execute(sql.SQL("drop database {} with (force)").format(identifier))
    assert (level, "LATIN1" in text) == ("fail", True)


def test_the_folder_of_web_files_must_be_there(tmp_path: Path) -> None:
    def found(folder: Path | None) -> list[Finding]:
        return list(check_web_files(Settings(_env_file=None, web_dir=folder)))

    assert found(None) == []
    (lost,) = found(tmp_path / "lost")
    assert (lost.level, "SOFTCART_WEB_DIR" in lost.text) == ("fail", True)
    (tmp_path / "a.ndjson").write_text("{}\n")
    (tmp_path / "notes.txt").write_text("not ours")
    (there,) = found(tmp_path)
    assert (there.level, there.text) == ("ok", f"1 files of events and requests in {tmp_path}")
