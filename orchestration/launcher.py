"""Which runs still have a process, as Dagster's run monitoring asks it."""

from __future__ import annotations

import json

from dagster import DagsterRun, DefaultRunLauncher
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value
from dagster._serdes.config_class import ConfigurableClassData

_TIMEOUT_SECONDS = 10


class MonitoredRunLauncher(DefaultRunLauncher):
    """Launches runs from the code server, as Dagster's own does, and can be asked for their health.

    A code server reports the end of its runs' processes, but nobody reports its own. Without an
    answer here, a run that died together with its code server, as in a power cut, would count as
    started for good, and the pool would let no other run begin.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._unanswered: set[str] = set()

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether run monitoring may ask for the health of a run: yes."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Ask the code server that started a run whether it still has the run's process.

        One that does not answer is asked once more at the next look, because it may be busy.
        """
        address = run.tags.get(GRPC_INFO_TAG)
        if address is None:
            # No code server has it: a terminal does, as with `dagster job execute`.
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        client = DagsterGrpcClient(**json.loads(address))
        request = CanCancelExecutionRequest(run_id=run.run_id)
        try:
            answer = client.can_cancel_execution(request, timeout=_TIMEOUT_SECONDS)
        except DagsterUserCodeUnreachableError:
            if run.run_id not in self._unanswered:
                self._unanswered.add(run.run_id)
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            self._unanswered.remove(run.run_id)
            return CheckRunHealthResult(
                WorkerStatus.NOT_FOUND, "the code server that started it is gone"
            )
        self._unanswered.discard(run.run_id)
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND, "its code server has started anew and knows nothing of it"
        )
