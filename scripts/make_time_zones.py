#!/usr/bin/env python3
"""Write the seed of time zones' offsets, and the countries' zones, from the installed tzdata.

A country with several zones reports by the one where most of its people live; countries whose
clocks have agreed since the first year share a zone, for every build loads the seed: it is small.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
# Before and after, the first and the last offset hold.
FIRST_YEAR, LAST_YEAR = 2009, 2035
# Where tzdata's first zone of a country is not that of most people, or it has none.
REPORTING = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "BV": "Europe/Oslo",
    "CA": "America/Toronto",
    "EU": "Europe/Brussels",
    "HM": "Australia/Perth",
    "PS": "Asia/Hebron",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UM": "Pacific/Wake",
    "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",
    "XX": "UTC",
}
# Of zones that agree, the one that gives its name; else the first by alphabet.
_NAMES = (
    "UTC",
    *("Europe/Berlin", "Europe/London", "Europe/Athens", "Europe/Istanbul", "Europe/Moscow"),
    *("America/New_York", "America/Panama", "America/Puerto_Rico", "America/Guatemala"),
    *("Asia/Shanghai", "Asia/Tokyo", "Asia/Kolkata", "Asia/Jakarta", "Asia/Tashkent", "Asia/Dubai"),
    *("Africa/Lagos", "Africa/Nairobi", "Africa/Johannesburg"),
    *("Pacific/Auckland", "Pacific/Honolulu", "Pacific/Guam", "Pacific/Guadalcanal"),
)


def reporting_zones() -> Mapping[str, str]:
    """Return the zone of each country that tzdata or the shop knows."""
    zones: dict[str, str] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones.setdefault(country, zone)
    return zones | REPORTING


def offsets(zone: str) -> Iterator[tuple[datetime, int]]:
    """Yield each moment from which an offset holds, in UTC, with its minutes east of UTC."""
    clock = clock_of(zone)
    at = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    offset = _minutes(clock, at)
    yield at, offset
    day = timedelta(days=1)
    while at.year <= LAST_YEAR:
        if _minutes(clock, at + day) != offset:
            changed = _first_change(clock, at, at + day)
            offset = _minutes(clock, changed)
            yield changed, offset
            at = changed
        else:
            at += day


def clock_of(zone: str) -> ZoneInfo:
    """Return a zone as tzdata has it, whatever the machine's own files say."""
    with (files("tzdata") / "zoneinfo").joinpath(*zone.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, zone)


def _first_change(clock: ZoneInfo, before: datetime, after: datetime) -> datetime:
    offset = _minutes(clock, before)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if _minutes(clock, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _minutes(clock: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(clock).utcoffset() or timedelta()
    return int(offset.total_seconds()) // 60


def main() -> None:
    """Write both seeds."""
    zones = reporting_zones()
    countries = SEEDS / "countries.csv"
    with countries.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    periods = {zone: tuple(offsets(zone)) for zone in {*zones.values(), *_NAMES}}
    named = {periods[zone]: zone for zone in [*sorted(periods, reverse=True), *reversed(_NAMES)]}
    for row in rows:
        row["time_zone"] = named[periods[zones[row["country_code"]]]]
    _write(countries, list(rows[0]), [[*row.values()] for row in rows])
    _write(
        SEEDS / "time_zone_offsets.csv",
        ["time_zone", "valid_from", "offset_minutes"],
        [
            [zone, f"{since:%Y-%m-%d %H:%M:%S}", minutes]
            for zone in sorted({row["time_zone"] for row in rows})
            for since, minutes in periods[zone]
        ],
    )


def _write(path: Path, header: list[str], rows: list[list[object]] | list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
