"""Files of web events and access logs: whatever becomes of a file, each event is there once."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import pytest
from ingest_shop import by_name, counts, from_postgres
from statements import on_postgres

from orchestration.ingest.report import IngestReport, TableReport
from orchestration.ingest.run import run_ingest
from orchestration.ingest.web import files, queue
from orchestration.settings import PROJECT_DIR, Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

_ALL = "select to_jsonb(e) - '{_loaded_at,file_name,line_number}'::text[] from raw_web.events as e"


@pytest.fixture
def web(shop: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "web"
    folder.mkdir()
    return shop.model_copy(update={"web_dir": folder})


def event(number: int, **fields: object) -> dict[str, object]:
    """Return a plain event; what is None is missing."""
    plain: dict[str, object] = {
        "event_id": f"e{number}",
        "event_type": "page_view",
        "occurred_at": f"2026-11-{1 + number % 28:02}T08:00:00Z",
        "received_at": f"2026-11-{1 + number % 28:02}T08:00:01.250Z",
        "visitor_id": f"v{number % 7}",
    }
    return {name: value for name, value in (plain | fields).items() if value is not None}


def lines(*events: object) -> bytes:
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in events)


def write(settings: Settings, name: str, content: bytes) -> Path:
    assert settings.web_dir
    path = settings.web_dir / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def read(settings: Settings) -> tuple[TableReport, TableReport]:
    """Read the folder, which must succeed, and return the reports on events and requests."""
    report = _run(settings)
    return by_name(report)["events"], by_name(report)["requests"]


def _run(settings: Settings) -> IngestReport:
    report = run_ingest(settings, tables=["web.events", "web.requests"])
    assert report.succeeded, report.faults
    return report


def ids(settings: Settings) -> list[str]:
    query = 'select event_id from raw_web.events order by event_id collate "C"'
    return [row[0] for row in from_postgres(settings, query)]


def bad(settings: Settings) -> list[tuple[Any, ...]]:
    return from_postgres(
        settings,
        "select column_name, reason, row_image ->> 'file_name', row_image ->> 'line_number' "
        "from ingest.raw_quarantine where source = 'web' "
        "order by 3, (row_image ->> 'line_number')::bigint",
    )


def test_an_event_comes_whole(web: Settings) -> None:
    whole = event(
        1,
        event_id="a\\b\tc",
        occurred_at="2026-11-01T10:00:00.123456+02:00",
        channel="app",
        user_reference="Zoë@example.com",
        user_agent='"quoted"\\n',
        page_title="line\nfeed \\N",
        search_term="\\N",
        search_result_count=0,
        quantity=-(2**63),
        properties={"nested": [{"deep": "\\u0000 as text"}], "price": 1.5, "kept": 1},
        experiment="B",
        kept=2,
    )
    write(web, "a.ndjson", lines(whole))
    assert counts(read(web)[0]) == (1, 0, 0, 0)
    columns = (
        "event_id, occurred_at::text, received_at::text, channel, user_reference, user_agent, "
        "page_title, search_term, search_result_count, quantity, sku, properties, file_name, "
        "line_number"
    )
    assert from_postgres(web, f"select {columns} from raw_web.events") == [
        (
            "a\\b\tc",
            "2026-11-01 08:00:00.123456",
            "2026-11-02 08:00:01.25",
            "app",
            "Zoë@example.com",
            '"quoted"\\n',
            "line\nfeed \\N",
            "\\N",
            0,
            -(2**63),
            None,
            {
                "nested": [{"deep": "\\u0000 as text"}],
                "price": 1.5,
                "kept": 1,
                "experiment": "B",
            },
            "a.ndjson",
            1,
        )
    ]


def test_a_shop_without_web_files_has_empty_tables(shop: Settings) -> None:
    report = run_ingest(shop)
    assert "web" not in [source.name for source in report.sources]
    assert from_postgres(shop, "select count(*) from raw_web.events") == [(0,)]
    assert from_postgres(shop, "select count(*) from raw_web.requests") == [(0,)]


def test_a_folder_that_is_not_there_is_told(web: Settings, tmp_path: Path) -> None:
    lost = web.model_copy(update={"web_dir": tmp_path / "lost"})
    (fault,) = run_ingest(lost, tables=["web.events"]).faults
    assert "SOFTCART_WEB_DIR" in fault.what


def test_bad_lines_are_set_aside_and_the_others_read(web: Settings) -> None:
    write(
        web,
        "day/bad.jsonl",
        b"\xef\xbb\xbf"
        + lines(event(1))
        + b"{not json\r\n\r\n"
        + lines(
            [event(2)],
            event(3, event_id=None),
            event(4, occurred_at=None),
            event(5, occurred_at="yesterday"),
            event(6, quantity="three"),
            event(7, sku=12),
            event(8, page_title="nul \0"),
            event(9, properties=[1]),
            event(10, x={"nul": "\0"}),
            event(11, event_id="x" * 65),
        )
        + b'{"event_id": "\xff"}\n'
        + b"\0\0\n"
        + lines(event(12)).replace(b"\n", b"\r\n"),
    )
    done, _ = read(web)
    assert ids(web) == ["e1", "e12"]
    assert done.quarantined_columns == {
        "line": 6,
        "event_id": 2,
        "occurred_at": 2,
        "quantity": 1,
        "sku": 1,
        "properties": 1,
    }
    assert counts(done) == (2, 0, 0, 13)
    assert (done.rows_read, done.unchanged) == (15, 0)
    places = [(column, int(number)) for column, _, _, number in bad(web)]
    assert places[:3] == [("line", 2), ("line", 4), ("event_id", 5)]
    assert from_postgres(
        web,
        "select row_image -> 'line' from ingest.raw_quarantine "
        "where row_image ->> 'line_number' in ('2', '14') order by row_image ->> 'line_number'",
    ) == [({"$base64": "eyJldmVudF9pZCI6ICL/In0="},), ("{not json",)]
    assert from_postgres(web, "select rows_read, quarantined from ingest.files") == [(2, 13)]


def test_bad_lines_are_read_again_when_raw_can_hold_them(web: Settings) -> None:
    write(web, "a.ndjson", lines(event(1, quantity="three"), event(2, sku=12)) + b"not json\n")
    assert read(web)[0].quarantined == 3
    on_postgres(web, "alter table raw_web.events alter column quantity type text")
    (again,) = run_ingest(web, replay_quarantine=True).tables
    assert (again.rows_read, again.inserted, again.quarantined) == (3, 1, 2)
    query = "select event_id, quantity, file_name, line_number from raw_web.events"
    assert from_postgres(web, query) == [("e1", "three", "a.ndjson", 1)]
    write(web, "b.ndjson", lines(event(3, quantity=2), event(4, quantity={"n": 1})))
    assert read(web)[0].inserted == 2
    assert len(bad(web)) == 2


def test_a_file_is_read_once_under_whatever_name(web: Settings) -> None:
    content = lines(event(1), event(2)) + b"bad\n"
    path = write(web, "a.ndjson", content)
    assert counts(read(web)[0]) == (2, 0, 0, 1)
    before = from_postgres(web, "select event_id, _loaded_at, file_name from raw_web.events")
    assert read(web)[0].rows_read == 0
    path.rename(path.with_name("renamed.ndjson"))
    write(web, "b.ndjson.gz", content)
    write(web, "c.ndjson", content + lines(event(3)))
    done, _ = read(web)
    assert counts(done) == (1, 0, 0, 1)
    assert done.rows_read == 4
    assert from_postgres(web, "select event_id, _loaded_at, file_name from raw_web.events") == [
        *before,
        *from_postgres(
            web, "select event_id, _loaded_at, file_name from raw_web.events where event_id = 'e3'"
        ),
    ]
    assert len(bad(web)) == 1
    assert from_postgres(
        web, "select file_name, same_as, rows_read from ingest.files order by file_name"
    ) == [
        ("a.ndjson", None, 2),
        ("b.ndjson.gz", "a.ndjson", 0),
        ("c.ndjson", None, 3),
        ("renamed.ndjson", "a.ndjson", 0),
    ]


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_a_file_that_grew_is_read_on(web: Settings, name: str) -> None:
    content = lines(event(1), event(2))
    torn = lines(event(3, page_title="long" * 20))
    write(web, name, content + torn[:40])
    assert read(web)[0].rows_read == 2
    write(web, name, content + torn[:-1])
    done, _ = read(web)
    assert counts(done) == (1, 0, 0, 0)
    assert done.rows_read == 1  # without its newline, but all there
    write(web, name, content + torn + lines(event(4)))
    assert read(web)[0].rows_read == 1
    query = "select event_id, line_number from raw_web.events order by 1"
    assert from_postgres(web, query) == [("e1", 1), ("e2", 2), ("e3", 3), ("e4", 4)]
    assert from_postgres(
        web,
        "select rows_read, lines_read, first_event_at::date::text, last_event_at::date::text "
        "from ingest.files",
    ) == [(4, 4, "2026-11-02", "2026-11-05")]


def test_a_file_replaced_by_another_of_its_name_is_read_whole(web: Settings) -> None:
    write(web, "a.ndjson", lines(event(1), event(2)))
    read(web)
    write(web, "a.ndjson", lines(event(3), event(2), event(4)))
    done, _ = read(web)
    assert counts(done) == (2, 0, 0, 0)
    assert ids(web) == ["e1", "e2", "e3", "e4"]
    write(web, "a.ndjson", lines(event(5)))
    assert counts(read(web)[0]) == (1, 0, 0, 0)


def test_a_cut_off_or_damaged_gzip_gives_what_it_has(web: Settings) -> None:
    chance = random.Random(1)  # noqa: S311
    content = lines(*(event(n, token=chance.randbytes(200).hex()) for n in range(500)))
    packed = gzip.compress(content)
    path = write(web, "a.ndjson", b"")
    path.write_bytes(packed[: len(packed) // 2])
    report = _run(web)
    (warning,) = report.warnings
    assert "a.ndjson ends within its compressed data" in warning
    some = by_name(report)["events"].inserted
    assert 0 < some < 500
    assert _run(web).warnings == []  # told once
    path.write_bytes(packed)
    assert read(web)[0].inserted == 500 - some
    damaged = bytearray(gzip.compress(lines(*(event(n) for n in range(1000, 1500)))) + packed)
    damaged[-len(packed) : -len(packed) + 10] = b"no gzip at all"[:10]
    path.write_bytes(damaged)
    (warning,) = _run(web).warnings
    assert "damaged" in warning
    assert len(ids(web)) == 1000


def test_odd_files_harm_nobody(web: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 12 * 2**20)
    write(web, "empty.ndjson", b"")
    write(web, "empty.ndjson.gz", b"")
    write(web, "notes.txt", b"not ours\n")
    assert web.web_dir
    (web.web_dir / "folder.ndjson").mkdir()
    huge = event(1, page_title="x" * 10 * 2**20)
    write(web, "huge.ndjson", lines(huge, event(2)))
    write(web, "endless.ndjson", lines(event(3)) + b"x" * 40 * 2**20 + b"\n" + lines(event(4)))
    done, _ = read(web)
    assert ids(web) == ["e1", "e2", "e3", "e4"]
    assert [(reason, number) for _, reason, _, number in bad(web)] == [
        ("is too long to be held", "2")
    ]
    assert from_postgres(
        web, "select length(page_title) from raw_web.events where event_id = 'e1'"
    ) == [(10 * 2**20,)]
    assert counts(done) == (4, 0, 0, 1)


_IMAGES = [
    event(1, received_at="2026-11-02T08:00:05Z", page_title="late"),
    event(1, received_at="2026-11-02T08:00:03Z", page_title="a"),
    event(1, received_at="2026-11-02T08:00:03Z", page_title="b"),
    event(1, received_at="2026-11-02T08:00:03Z", page_title="b", quantity=1),
    event(2, page_title="only"),
    event(2, page_title="only"),
]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_files_does_not_matter(
    web: Settings, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One image stays, whichever comes first, in one file, in several, in one run or in more."""
    write(web, "0.ndjson", lines(*_IMAGES))
    read(web)
    expected = from_postgres(web, f"{_ALL} order by event_id")
    assert [row[0]["page_title"] for row in expected][1:] == ["only"]
    assert expected[0][0]["received_at"] == "2026-11-02T08:00:03"
    on_postgres(web, "truncate raw_web.events", "truncate ingest.files")
    write(web, "0.ndjson", b"")
    chance = random.Random(seed)  # noqa: S311
    monkeypatch.setattr(queue, "BATCH_BYTES", chance.choice([1, 300, 10**6]))
    images = chance.sample(_IMAGES, len(_IMAGES))
    for number in range(3):
        for part, some in enumerate(_parts(chance, images)):
            write(web, f"{number}-{part}.ndjson", lines(*some))
        read(web)
        images = images[::-1]
    assert from_postgres(web, f"{_ALL} order by event_id") == expected


def _parts(chance: random.Random, whole: Sequence[object]) -> list[Sequence[object]]:
    at = chance.randint(0, len(whole))
    return [whole[:at], whole[at:]]


def test_an_erased_event_stays_erased(web: Settings) -> None:
    write(web, "a.ndjson", lines(event(1), event(2)))
    read(web)
    erase = "update raw_web.events set _deleted_at = now(), visitor_id = '' where event_id = 'e1'"
    on_postgres(web, erase)
    early = event(1, received_at="2026-11-01T00:00:00Z", page_title="earlier")
    write(web, "b.ndjson", lines(early, event(2)))
    assert counts(read(web)[0]) == (0, 0, 0, 0)
    query = "select visitor_id from raw_web.events where _deleted_at is not null"
    assert from_postgres(web, query) == [("",)]


_LOG = (
    b'10.1.2.3 - Zoe Berg [21/Nov/2026:17:46:17 +0100] "GET /p/1?q=a%20b HTTP/1.1" 200 512 '
    b'"https://example.com/\\"x" "Mozilla/5.0 (X11)" 1234\n'
)


def test_access_logs_are_read(web: Settings) -> None:
    odd = _LOG.replace(b"GET /p/1?q=a%20b HTTP/1.1", b"\\x16\\x03").replace(b" 512 ", b" - ")
    write(web, "access.log", _LOG + odd + b"not a log line\n" + _LOG[:-1])
    _, done = read(web)
    assert counts(done) == (2, 0, 0, 1)
    assert from_postgres(
        web,
        "select remote_host, remote_user, requested_at::text, method, path, query_string, "
        "protocol, status, response_bytes, referrer, user_agent, line_number "
        "from raw_web.requests order by line_number",
    ) == [
        (
            "10.1.2.3",
            "Zoe Berg",
            "2026-11-21 16:46:17",
            "GET",
            "/p/1",
            "q=a%20b",
            "HTTP/1.1",
            200,
            512,
            'https://example.com/\\"x',
            "Mozilla/5.0 (X11)",
            1,
        ),
        (
            "10.1.2.3",
            "Zoe Berg",
            "2026-11-21 16:46:17",
            None,
            "\\x16\\x03",
            None,
            None,
            200,
            None,
            'https://example.com/\\"x',
            "Mozilla/5.0 (X11)",
            2,
        ),
    ]


def test_equal_requests_are_counted_in_each_file_and_a_rotated_log_adds_nothing(
    web: Settings,
) -> None:
    path = write(web, "access.log", _LOG * 2)
    assert read(web)[1].inserted == 2
    path.write_bytes(_LOG * 3)
    assert read(web)[1].inserted == 1
    path.rename(path.with_name("access.log.1"))
    write(web, "access.log-20261122.gz", _LOG * 3)
    write(web, "access.log", _LOG.replace(b"p/1", b"p/2"))
    assert counts(read(web)[1]) == (1, 0, 0, 0)


_SMALL_BATCHES = """
from orchestration.ingest.web import queue
queue.BATCH_BYTES = 200_000
from orchestration.cli import main
main()
"""


def test_raw_and_ledger_are_whole_after_every_kill_and_complete_in_the_end(
    web: Settings, shop_environment: dict[str, str]
) -> None:
    read(web)
    chance = random.Random(20261121)  # noqa: S311
    expected = []
    for file in range(6):
        some = [event(file * 10_000 + n, token=chance.randbytes(40).hex()) for n in range(3_000)]
        expected += [str(each["event_id"]) for each in some]
        name = f"{file}.ndjson{chance.choice(['', '.gz'])}"
        write(web, name, lines(*some) + b"bad %d\n" % file)
    environment = {**shop_environment, "SOFTCART_WEB_DIR": str(web.web_dir)}
    command = [sys.executable, "-c", _SMALL_BATCHES, "ingest", "--table", "web.events"]
    read_so_far = "select coalesce(sum(rows_read), 0), coalesce(sum(quarantined), 0)"
    killed_within = 0
    for _ in range(5):
        process = subprocess.Popen(command, env=environment, cwd=PROJECT_DIR, stdout=DEVNULL)
        # Some batches on from where the last one was killed, so that each kill is within the work.
        before = from_postgres(web, "select count(*) from raw_web.events")[0][0]
        while from_postgres(web, "select count(*) from raw_web.events")[0][0] == before:
            assert process.poll() is None or process.returncode == 0
            if process.poll() is not None:
                break
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.1))
        killed_within += process.poll() is None
        process.kill()
        process.wait()
        ((rows, waiting),) = from_postgres(web, f"{read_so_far} from ingest.files")
        assert from_postgres(web, "select count(*) from raw_web.events") == [(rows,)]
        assert len(bad(web)) == waiting
    assert killed_within >= 2
    read(web)
    assert ids(web) == sorted(expected)
    assert len(bad(web)) == 6
    assert from_postgres(web, f"{read_so_far} from ingest.files") == [(18_000, 6)]
