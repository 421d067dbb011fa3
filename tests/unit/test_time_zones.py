"""The seeds of time zones say what the tz database says."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from make_time_zones import FIRST_YEAR, LAST_YEAR, SEEDS, clock_of, reporting_zones


def test_every_country_s_clock_is_that_of_its_zone() -> None:
    offsets = defaultdict(list)
    with (SEEDS / "time_zone_offsets.csv").open() as file:
        for row in csv.DictReader(file):
            since = datetime.fromisoformat(row["valid_from"]).replace(tzinfo=UTC)
            offsets[row["time_zone"]].append((since, int(row["offset_minutes"])))
    with (SEEDS / "countries.csv").open(encoding="utf-8") as file:
        zones = {row["country_code"]: row["time_zone"] for row in csv.DictReader(file)}
    assert zones.keys() <= reporting_zones().keys()
    assert offsets.keys() == {*zones.values()}
    # Twice a month, and on either side of each change: who shares a zone shares all of them.
    for country, own in reporting_zones().items():
        if country not in zones:
            continue
        periods, clock = offsets[zones[country]], clock_of(own)
        looks = [
            datetime(year, month, day, 12, tzinfo=UTC)
            for year in range(FIRST_YEAR, LAST_YEAR + 1)
            for month in range(1, 13)
            for day in (1, 16)
        ]
        looks += [
            since + step
            for since, _ in periods[1:]
            for step in (-timedelta(minutes=1), timedelta())
        ]
        for at in looks:
            (minutes,) = [minutes for since, minutes in periods if since <= at][-1:]
            assert at.astimezone(clock).utcoffset() == timedelta(minutes=minutes), (country, at)
