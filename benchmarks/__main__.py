"""`make bench`: run the benchmarks, print them as tables, keep them as JSON.

Shops and warehouses are kept between runs in the work folder, which is where a broken run goes on.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import bi, capture, extract, freshness, marts, pipeline, promote, search, web
from benchmarks.measure import Measured, Peak, Result, Skipped, machine, progress
from benchmarks.options import Options
from benchmarks.warehouse import delete_warehouses
from orchestration.settings import PROJECT_DIR

RESULTS = Path(__file__).parent / "results"
WORK = PROJECT_DIR / ".softcart" / "bench"

BENCHMARKS: dict[str, Callable[[Options], Sequence[Measured]]] = {
    "extract": extract.measure,
    "web": web.measure,
    "capture": capture.measure,
    "lag": capture.measure_lag,
    "pipeline": pipeline.measure,
    "marts": marts.measure,
    "freshness": freshness.measure,
    "bi": bi.measure,
    "search": search.measure,
    "promote": promote.measure,
}


def main() -> None:
    """Run the benchmarks that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="1.0 is the published size; less is for trying"
    )
    parser.add_argument(
        "--sizes", default="S,M", help="of marts and bi: S, M, L are 1M, 10M, 100M order lines"
    )
    parser.add_argument(
        "--seconds", type=float, default=300, help="how long lag and freshness keep their load up"
    )
    parser.add_argument(
        "--work", type=Path, default=WORK, help="folder of shops, warehouses and other tools"
    )
    parser.add_argument(
        "--clean", action="store_true", help="remove the shops of earlier runs, and do nothing else"
    )
    arguments = parser.parse_args()
    if arguments.clean:
        delete_warehouses(arguments.work)
        return
    sizes = tuple(arguments.sizes.split(","))
    for kind, known, given in (
        ("benchmark", set(BENCHMARKS), set(arguments.names)),
        ("size", {"S", "M", "L"}, set(sizes)),
    ):
        if unknown := given - known:
            parser.error(
                f"no {kind} {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
            )
    options = Options(arguments.work.resolve(), arguments.scale, sizes, arguments.seconds)
    options.work.mkdir(parents=True, exist_ok=True)

    # An end asked for is an end of the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    host = machine()
    results: list[Measured] = []
    for name, measure in BENCHMARKS.items():
        if not arguments.names or name in arguments.names:
            progress(f"{name} begins")
            measured = measure(options)
            # Each benchmark's results are safe before the next begins.
            keep(measured, host, arguments.scale)
            results += measured
    print_tables(results, host)


def print_tables(measured: Sequence[Measured], host: dict[str, object]) -> None:
    """Print what was measured: times beside their references, then the memory of processes."""
    # A file has no width of its own; the notes need more than the 80 that it would be given.
    console = Console() if sys.stdout.isatty() else Console(width=220)
    table = Table(
        title=(
            f"{host['processor']}, {host['cores']} cores, {host['memory_gib']} GiB, "
            f"Python {host['python']}, {host['date']}"
        ),
        caption="speed: times as fast as the reference, measured in the same run",
    )
    for title in ("benchmark", "seconds", "reference", "its seconds", "speed", "goal", "peak MiB"):
        is_text = title in ("benchmark", "reference")
        table.add_column(title, justify="left" if is_text else "right")
    table.add_column("its MiB", justify="right")
    table.add_column("note")
    for row in measured:
        if isinstance(row, Result):
            below = row.goal is not None and row.speed < row.goal
            table.add_row(
                row.name,
                _number(row.seconds),
                row.reference,
                _number(row.reference_seconds),
                f"{row.speed:.2f}",
                "" if row.goal is None else f"{row.goal:.2f}{', missed' if below else ''}",
                "" if row.peak_mb is None else f"{row.peak_mb:.0f}",
                "" if row.reference_mb is None else f"{row.reference_mb:.0f}",
                row.note,
            )
        elif isinstance(row, Skipped):
            table.add_row(row.name, "skipped", row.reference, *[""] * 5, row.why)
    console.print(table)
    peaks = [row for row in measured if isinstance(row, Peak)]
    if peaks:
        memory = Table(title="Peak memory of our processes")
        memory.add_column("process")
        memory.add_column("while")
        memory.add_column("peak MiB", justify="right")
        for peak in peaks:
            memory.add_row(peak.name, peak.reference, f"{peak.peak_mb:.0f}")
        console.print(memory)


def keep(measured: Sequence[Measured], host: dict[str, object], scale: float) -> None:
    """Write results to the day's file, over earlier ones of the same and beside the others."""
    RESULTS.mkdir(exist_ok=True)
    # What was tried at another size is not published.
    place = RESULTS if scale == 1.0 else WORK
    path = place / f"{host['date']}.json"
    before = json.loads(path.read_text())["results"] if path.exists() else []
    after = [result.as_dict() for result in measured]
    kept = {(entry["name"], entry["reference"]): entry for entry in [*before, *after]}
    content = {"machine": host, "scale": scale, "results": list(kept.values())}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")


def _number(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.3f}"


if __name__ == "__main__":
    main()
