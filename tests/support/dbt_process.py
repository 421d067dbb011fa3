"""dbt without its start: one process that has parsed the project runs command after command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from orchestration.settings import PROJECT_DIR, Settings, Target
from orchestration.transform import artifact_environment, dbt_environment


class DbtProcess:
    """The process of `dbt_worker`, for one warehouse and target."""

    def __init__(self, settings: Settings, target: Target = "local") -> None:
        environment = {
            **os.environ,
            **dbt_environment(settings),
            **artifact_environment(settings, target),
            "DBT_TARGET": target,
            "SOFTCART_DBT_THREADS": "2",
        }
        self._worker = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("dbt_worker.py")],
            cwd=PROJECT_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._is_ready = False

    def close(self) -> None:
        """End the process."""
        self._worker.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, args: Sequence[str], killed_after: int | None = None) -> list[str]:
        """Run a command; return what failed, or `killed`.

        Args:
            args: Of dbt.
            killed_after: Kill it, as `kill -9` does, when so many nodes have ended.
        """
        if not self._is_ready:
            assert self._answer(None) == []
            self._is_ready = True
        assert self._worker.stdin is not None
        self._worker.stdin.write(json.dumps(list(args)) + "\n")
        self._worker.stdin.flush()
        return self._answer(killed_after)

    def _answer(self, killed_after: int | None) -> list[str]:
        assert self._worker.stdout is not None
        process = nodes = 0
        failed: list[str] = []
        for line in self._worker.stdout:
            said = json.loads(line)
            process = said.get("process", process)
            failed += said.get("failed", [])
            nodes += "node" in said
            if "status" in said:
                return failed if said["status"] == 0 else ["killed", *failed]
            if process and killed_after is not None and nodes >= killed_after:
                # Not yet waited for, or it has ended and nothing else has its number so soon.
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                killed_after = None
        raise AssertionError("The process that runs dbt ended")
