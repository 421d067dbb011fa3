"""`make bench`: run the benchmarks, print them as a table, keep them as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import extract, pipeline
from benchmarks.measure import Result, machine

RESULTS = Path(__file__).parent / "results"

BENCHMARKS: dict[str, Callable[[float], list[Result]]] = {
    "extract": extract.measure,
    "pipeline": pipeline.measure,
}


def main() -> None:
    """Run the benchmarks that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="1.0 is the published size: a million order lines"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )

    results = [
        result
        for name, measure in BENCHMARKS.items()
        if not arguments.names or name in arguments.names
        for result in measure(arguments.scale)
    ]
    host = machine()
    _print(results, host)
    _keep(results, host, arguments.scale)


def _print(results: list[Result], host: dict[str, object]) -> None:
    table = Table(
        title=(
            f"{host['processor']}, {host['cores']} cores, {host['memory_gib']} GiB, "
            f"Python {host['python']}, {host['date']}"
        ),
        caption="speed: times as fast as the reference, measured in the same run",
    )
    table.add_column("benchmark")
    for title in ("seconds", "reference", "its seconds", "speed", "goal", "peak MiB"):
        table.add_column(title, justify="left" if title == "reference" else "right")
    for result in results:
        table.add_row(
            result.name,
            f"{result.seconds:.1f}",
            result.reference,
            f"{result.reference_seconds:.1f}",
            f"{result.speed:.2f}",
            "" if result.goal is None else f"{result.goal:.2f}",
            "" if result.peak_mb is None else f"{result.peak_mb:.0f}",
        )
    Console().print(table)


def _keep(results: list[Result], host: dict[str, object], scale: float) -> None:
    """Write the results to the day's file, over earlier ones of the same and beside the others."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{host['date']}.json"
    before = json.loads(path.read_text())["results"] if path.exists() else []
    after = [result.as_dict() for result in results]
    kept = {(entry["name"], entry["reference"]): entry for entry in [*before, *after]}
    content = {"machine": host, "scale": scale, "results": list(kept.values())}
    path.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
