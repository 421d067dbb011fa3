"""Servers and findings as a terminal shows them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from rich.markup import escape

from orchestration.doctor.finding import Finding
from orchestration.local.status import ServerState
from orchestration.settings import SERVERS, Settings

_MEBIBYTE = 1024 * 1024
_STATE_COLORS = {"running": "green", "stopped": "yellow", "not answering": "red"}
_LEVEL_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}


def status_lines(states: Iterable[ServerState]) -> str:
    """Return one line per server under a heading; print it unwrapped."""
    lines = [f"[bold]{'server':<10}{'whose':<9}{'state':<15}{'version':<34}{'data':<11}address[/]"]
    for state in states:
        color = _STATE_COLORS[state.state]
        size = "" if state.data_bytes is None else f"{state.data_bytes / _MEBIBYTE:,.0f} MiB"
        address = state.address or "(starts with `softcart up`)"
        lines.append(
            f"{state.server:<10}{state.owner:<9}[{color}]{state.state:<15}[/]"
            f"{_program(state):<34}{size:<11}{escape(address)}"
        )
        if state.problem:
            lines.append(f"{'':10}-> {escape(state.problem)}")
    return "\n".join(lines)


def _program(state: ServerState) -> str:
    if state.version is None or state.title in ("", state.version.product):
        return str(state.version or "")
    return f"{state.title} as {state.version}"


def finding_text(finding: Finding) -> str:
    """Return one line of the doctor's report, and a second with the remedy where one is needed."""
    line = (
        f"[{_LEVEL_COLORS[finding.level]}]{finding.level:<4}[/]  "
        f"{escape(finding.subject):<11} {escape(finding.text)}"
    )
    return f"{line}\n{'':18}-> {escape(finding.remedy)}" if finding.remedy else line


def shell_lines(settings: Settings, extra: Mapping[str, str]) -> str:
    """Return `export NAME=value` lines, with passwords, that any POSIX shell reads.

    Args:
        settings: Gives the URLs of the servers.
        extra: More variables, such as those of dbt's profile.
    """
    urls = {
        f"SOFTCART_{server.upper()}_URL": settings.url(server).full.get_secret_value()
        for server in SERVERS
    }
    return "\n".join(
        f"export {name}={shlex.quote(value)}" for name, value in {**urls, **extra}.items()
    )
