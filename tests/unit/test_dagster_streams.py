"""What the sensor `streams` shows, without Dagster, a warehouse or a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestration.defs.streams import QUIET, Followed, Shown, due, metadata_of

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def followed(table: str, changed_at: str | None = "11:00") -> Followed:
    return Followed("oltp", table, changed_at, 0.4567, 12.34, {"gtid": "0-1-7"})


def shown(changed_at: str | None = "11:00", ago: timedelta = timedelta(minutes=1)) -> Shown:
    return Shown(changed_at, (NOW - ago).isoformat())


def test_a_table_is_shown_when_it_changed_or_was_quiet_for_long() -> None:
    tables = [followed(name) for name in ("new", "changed", "quiet", "quiet_for_long")]
    last = {
        "oltp.changed": shown("10:00"),
        "oltp.quiet": shown(ago=QUIET - timedelta(seconds=1)),
        "oltp.quiet_for_long": shown(ago=QUIET),
        "oltp.not_followed_any_more": shown("09:00"),
    }
    assert [table.table_name for table in due(tables, last, NOW)] == [
        "new",
        "changed",
        "quiet_for_long",
    ]


def test_a_table_without_rows_is_followed_too() -> None:
    empty = followed("empty", changed_at=None)
    assert due([empty], {}, NOW) == [empty]
    assert due([empty], {"oltp.empty": shown(None)}, NOW) == []
    assert "changed_at" not in metadata_of(empty)


def test_the_page_of_a_table_says_who_wrote_it_and_how_late_it_is() -> None:
    assert metadata_of(followed("orders", "2026-01-05 11:00:00.000000")) == {
        "written_by": "softcart stream",
        "changed_at": "2026-01-05 11:00:00.000000 UTC",
        "lag_seconds": 0.457,
        "source_changes_per_second": 12.3,
        "position": {"gtid": "0-1-7"},
    }
