"""What a dbt command did, read from the artifacts it leaves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from orchestration.errors import SoftcartError

Status = Literal["ok", "warn", "error", "skipped"]

_STATUSES: dict[str, Status] = {
    "success": "ok",
    "pass": "ok",
    "warn": "warn",
    "skipped": "skipped",
}
_TESTS = ("test", "unit_test")
_SHOWN = 10
# PostgreSQL quotes the offending row after these words, and a row may hold personal data.
_ROW_QUOTES = ("DETAIL:", "CONTEXT:")


@dataclass(frozen=True)
class NodeResult:
    """One node of a dbt command.

    Args:
        kind: dbt's resource type: model, snapshot, seed, test, unit_test, source, ...
        name: The node's own name.
        status: `error` for failed tests too.
        seconds: Wall time.
        message: What dbt says of it, without the rows it quotes; may be empty.
        failures: Rows that break a test's rule; None for other kinds.
    """

    kind: str
    name: str
    status: Status
    seconds: float
    message: str
    failures: int | None

    def __str__(self) -> str:
        if self.kind == "test" and self.failures:
            return f"{self.name}: {self.failures} rows break the rule"
        return f"{self.kind} {self.name}: {self.message}"


@dataclass(frozen=True)
class DbtReport:
    """What a dbt command did.

    Args:
        command: Its first words, such as `dbt build`.
        seconds: Wall time of the whole command, parsing included.
        nodes: Every node it ran or skipped, in the order they ended.
        unrecorded: Why its cost is not in the warehouse; empty if it is, or it built nothing.
    """

    command: str
    seconds: float
    nodes: tuple[NodeResult, ...]
    unrecorded: str = ""

    def of(self, status: Status, *kinds: str) -> list[NodeResult]:
        """Return the nodes that ended so, of these kinds or of any."""
        chosen = [node for node in self.nodes if node.status == status]
        return [node for node in chosen if not kinds or node.kind in kinds]

    @property
    def tests(self) -> dict[Status, int]:
        """How many data and unit tests ended in each way."""
        return {
            "ok": len(self.of("ok", *_TESTS)),
            "warn": len(self.of("warn", *_TESTS)),
            "error": len(self.of("error", *_TESTS)),
            "skipped": len(self.of("skipped", *_TESTS)),
        }

    @property
    def succeeded(self) -> bool:
        """Whether nothing failed; warnings do not count."""
        return not self.of("error")

    def raise_for_failures(self) -> None:
        """Raise if a node failed.

        Raises:
            SoftcartError: Names the failed nodes, the first ten with their messages.
        """
        failed = self.of("error")
        if not failed:
            return
        skipped = len(self.of("skipped"))
        lines = [f"  {node}" for node in failed[:_SHOWN]]
        if len(failed) > _SHOWN:
            lines.append(f"  and {len(failed) - _SHOWN} more")
        raise SoftcartError(
            f"{self.command}: {len(failed)} of {len(self.nodes)} steps failed"
            + (f", {skipped} that need them were skipped" if skipped else "")
            + "\n"
            + "\n".join(lines),
            remedy=(
                "Mend the model or the data that a test names, then repeat; "
                "what was built before stays as it is"
            ),
        )


def read_report(command: str, seconds: float, artifact: Path) -> DbtReport:
    """Read `run_results.json` or `sources.json`.

    Args:
        command: For `DbtReport.command`.
        seconds: For `DbtReport.seconds`.
        artifact: The file that this command wrote.
    """
    results: list[dict[str, Any]] = json.loads(artifact.read_text(encoding="utf-8"))["results"]
    return DbtReport(command, seconds, tuple(_nodes(results)))


def without_rows(message: str) -> str:
    """Return a database's message without the lines in which it quotes rows."""
    lines = [line.strip() for line in message.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(_ROW_QUOTES))


def _nodes(results: Iterable[dict[str, Any]]) -> Iterable[NodeResult]:
    for result in results:
        if result["status"] == "no-op":
            continue
        kind, _, *rest = result["unique_id"].split(".")
        status = _STATUSES.get(result["status"], "error")
        yield NodeResult(
            kind=kind,
            # A generic test's id ends in a digest, a source's starts with its group of tables.
            name=".".join(rest) if kind == "source" else rest[-1 if kind == "unit_test" else 0],
            status=status,
            seconds=result["execution_time"],
            message=without_rows(result.get("message") or result.get("error") or ""),
            failures=result.get("failures"),
        )
