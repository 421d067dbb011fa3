"""A process of its own for code that may bring its process down, as a driver of C code can."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")
_SECONDS = 120


class ChildDiedError(Exception):
    """The process ended in mid-call, as by a segmentation fault, or it hung and was killed."""


class Child:
    """Calls functions in another process, a new one after each that died.

    Args:
        environment: Variables that it gets besides ours.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._pool = self._new_pool()

    def run(
        self, function: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
    ) -> _Result:
        """Return what a function of a module returns there, or raise what it raises.

        Raises:
            ChildDiedError: It did neither.
        """
        try:
            return self._pool.submit(function, *args, **kwargs).result(_SECONDS)
        except (BrokenProcessPool, TimeoutError) as error:
            self.close()
            self._pool = self._new_pool()
            raise ChildDiedError(f"{function.__name__}: {error}") from None

    def close(self) -> None:
        """End the process."""
        for process in multiprocessing.active_children():
            process.kill()
        self._pool.shutdown()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_prepare,
            initargs=(self._environment,),
        )


def _prepare(variables: Mapping[str, str]) -> None:
    os.environ.update(variables)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A pool's process waits for work for ever, also when nobody is left to give it any.
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
