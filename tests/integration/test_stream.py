"""The stream that never ends: others have their turn, and it outlives what happens to servers."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from ingest_shop import from_postgres
from statements import on_mysql, on_postgres

from orchestration.connections import connect_mongo
from orchestration.errors import SoftcartError
from orchestration.ingest.changes import ChangeLog
from orchestration.ingest.report import IngestReport, TableReport
from orchestration.ingest.run import run_ingest
from orchestration.ingest.stream.logs import LOGS
from orchestration.ingest.stream.run import Stream, run_changes
from orchestration.ingest.stream.show import status_text
from orchestration.ingest.stream.status import StreamState, read_status
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.simulator.history import simulate_history
from orchestration.simulator.traffic import simulate_traffic

pytestmark = pytest.mark.servers

_DEADLINE_SECONDS = 60.0


def test_changes_arrive_while_it_runs(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)", "insert into t values (1)")
    with _streaming(shop) as told:
        _until(lambda: _ids(shop) == [1])
        on_mysql(shop, "insert into t values (2)")
        _until(lambda: _ids(shop) == [1, 2])
        on_mysql(shop, "alter table t add column n int default 5")
        # Asked as JSON, for at first there is no such column.
        query = "select to_jsonb(t) -> 'n' from raw_oltp.t"
        _until(lambda: from_postgres(shop, query) == [(5,), (5,)])
        _until(lambda: _state(shop).lag_seconds is not None)
        state = _state(shop)
        assert state.state == "following"
        assert state.row_changes == 1
    assert _state(shop).state == "ended"
    assert [str(what.schema_changes) for what in told if isinstance(what, TableReport)] == [
        "['table is new']",
        "['column n is new']",
    ]


def test_a_quiet_shop_does_not_look_like_a_dead_stream(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)")
    with _streaming(shop):
        _until(lambda: _state(shop).lag_seconds is not None)
        for _ in range(3):
            last = _beat(shop)
            _until(partial(_has_beaten_since, shop, last))
        state = _state(shop)
        assert state.lag_seconds is not None
        assert state.lag_seconds < 30
        assert "following" in status_text(read_status(shop))
    on_postgres(
        shop,
        "update ingest.streams set state = 'following', heartbeat_at = now() - interval '1 hour'",
    )
    assert "no heartbeat" in status_text(read_status(shop))


def test_others_have_their_turn_and_it_goes_on_after_them(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)", "create table later (id int primary key)")
    with _streaming(shop):
        _until(lambda: _state(shop).state == "following")
        in_turn: list[Callable[[], IngestReport]] = [
            partial(run_ingest, shop),
            partial(run_changes, shop),
            partial(run_ingest, shop, replay_quarantine=True),
            partial(run_ingest, shop, tables=["later"]),
        ]
        for number, others in enumerate(in_turn):
            on_mysql(shop, f"insert into t values ({number})")
            report = others()
            assert report.succeeded, report.faults
            on_mysql(shop, f"insert into t values ({100 + number})")
            expected = sorted([*range(number + 1), *range(100, 101 + number)])
            _until(partial(_has_ids, shop, expected))
    assert set(from_postgres(shop, "select run_status from ingest.runs")) == {("succeeded",)}


def test_a_second_stream_is_refused_and_so_is_an_ingest_beside_another(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)")
    with _streaming(shop):
        _until(lambda: _state(shop).state == "following")
        with pytest.raises(SoftcartError, match="Another stream is running"):
            Stream(shop).run(lambda: None, print)


def test_the_command_ends_after_the_batch_with_exit_code_0(
    shop: Settings, shop_environment: dict[str, str], tmp_path: Path
) -> None:
    on_mysql(shop, "create table t (id int primary key)")
    for number in (signal.SIGTERM, signal.SIGINT):
        log = tmp_path / f"{number}.log"
        with _process(shop_environment, log) as process:
            _until(partial(_has, log, "following"), process)
            process.send_signal(number)
            assert process.wait(_DEADLINE_SECONDS) == 0
        assert _state(shop).state == "ended"
        assert "Traceback" not in log.read_text()


def test_another_program_s_port_is_told(shop_environment: dict[str, str], tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        log = tmp_path / "log"
        with _process(shop_environment, log, "--metrics-port", port) as process:
            assert process.wait(_DEADLINE_SECONDS) == 1
    assert f"Port {port} on 127.0.0.1 is taken" in log.read_text()


def test_nothing_is_missed_between_a_first_copy_at_full_speed_and_the_stream(
    shop: Settings,
) -> None:
    simulate_history(shop, scale=0.01, seed=1)
    is_over = threading.Event()
    failed: list[BaseException] = []

    def sell() -> None:
        seeds = count()
        try:
            while not is_over.is_set():
                simulate_traffic(shop, events=50, seed=next(seeds))
        except BaseException as error:
            failed.append(error)

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        with _streaming(shop):
            _until(lambda: _state(shop).row_changes > 500)
            _until(lambda: _state(shop, "catalog").row_changes > 0)
            is_over.set()
            seller.join()
            # It makes way for both.
            assert run_changes(shop).succeeded
            copied = run_ingest(shop, compare="checksums")
    finally:
        is_over.set()
        seller.join()
    assert not failed
    assert len(copied.tables) > 10
    for table in copied.tables:
        assert table.changed == 0, table
        assert table.comparison is not None
        assert table.comparison.source_rows == table.comparison.raw_rows
        assert table.comparison.different == ()


def test_a_source_that_is_away_is_a_fault_of_its_own(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)")
    assert run_changes(shop).succeeded
    connect_mongo(shop)["products"].insert_one({"_id": "new"})
    report = run_changes(shop.with_urls({"mysql": "mysql://nobody@127.0.0.1:1/none"}))
    assert [source.fault is None for source in report.sources] == [False, True]
    assert [(table.name, table.inserted) for table in report.tables] == [("products", 1)]
    assert "No answer from mysql" in status_text(read_status(shop))


def test_a_source_without_a_log_is_copied_where_that_will_do(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_mysql(shop, "create table t (id int primary key)", "insert into t values (1)")

    def refuse(_: Settings) -> ChangeLog:
        raise SoftcartError("It keeps no log", remedy="Set log_bin")

    monkeypatch.setitem(LOGS, "oltp", refuse)
    (fault,) = run_changes(shop).faults
    assert fault.what == "It keeps no log"
    report = run_changes(shop, copies_without_log=True)
    assert report.succeeded
    assert _ids(shop) == [1]
    assert report.warnings == ["Copied, not followed by its log: It keeps no log. Set log_bin"]


@pytest.mark.parametrize("change", ["insert into t values (3)", "truncate t"])
def test_a_raw_table_that_was_dropped_is_copied_anew(shop: Settings, change: str) -> None:
    """Changes alone would make a table that lacks the rows that have not changed."""
    on_mysql(shop, "create table t (id int primary key)", "insert into t values (1), (2)")
    with _streaming(shop):
        _until(lambda: _ids(shop) == [1, 2])
        on_postgres(shop, "drop table raw_oltp.t")
        on_mysql(shop, change)
        expected = [1, 2, 3] if "insert" in change else []
        _until(partial(_has_ids, shop, expected))
        _until(lambda: from_postgres(shop, "select to_regclass('raw_oltp.t')") != [(None,)])
    on_postgres(shop, "drop table raw_oltp.t")
    report = run_changes(shop)
    assert report.succeeded, report.faults
    assert _ids(shop) == expected
    assert from_postgres(shop, "select to_regclass('raw_oltp.t')") != [(None,)]


@contextmanager
def _streaming(settings: Settings) -> Iterator[list[str | TableReport]]:
    """Run a stream in a thread for the block; yields what it tells."""
    stream = Stream(settings)
    told: list[str | TableReport] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            stream.run(lambda: None, told.append)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield told
    finally:
        stream.end()
        thread.join()
    assert not failed


@contextmanager
def _process(
    environment: dict[str, str], log: Path, *options: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `softcart stream` for the block."""
    command = [sys.executable, "-c", "from orchestration.cli import main; main()", "stream"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options],
            env=environment,
            cwd=PROJECT_DIR,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _until(is_so: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None
        time.sleep(0.05)


def _ids(settings: Settings) -> list[int]:
    if from_postgres(settings, "select to_regclass('raw_oltp.t')") == [(None,)]:
        return []
    return [row[0] for row in from_postgres(settings, "select id from raw_oltp.t order by id")]


def _has_ids(settings: Settings, expected: list[int]) -> bool:
    return _ids(settings) == expected


def _state(settings: Settings, source: str = "oltp") -> StreamState:
    """Return what the stream says of a source, once it has said anything."""
    found: list[StreamState] = []

    def is_there() -> bool:
        found[:] = [state for state in read_status(settings).streams if state.source == source]
        return bool(found)

    _until(is_there)
    return found[0]


def _has(log: Path, text: str) -> bool:
    return text in log.read_text()


def _has_beaten_since(settings: Settings, last: object) -> bool:
    return _beat(settings) != last


def _beat(settings: Settings) -> object:
    return from_postgres(settings, "select max(heartbeat_at) from ingest.streams")[0][0]
