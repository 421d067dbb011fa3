"""The logs that can be followed, by source; their drivers are loaded when they are opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from orchestration.ingest.changes import ChangeLog
from orchestration.settings import Settings

OpenLog = Callable[[Settings], ChangeLog]
"""Connects to a source's log."""


def _oltp(settings: Settings) -> ChangeLog:
    from orchestration.ingest.binlog.log import MysqlChangeLog

    return MysqlChangeLog(settings)


def _catalog(settings: Settings) -> ChangeLog:
    from orchestration.ingest.mongo_changes import MongoChangeLog

    return MongoChangeLog(settings)


LOGS: Final[dict[str, OpenLog]] = {"oltp": _oltp, "catalog": _catalog}
