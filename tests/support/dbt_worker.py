"""dbt commands one after the other for one database, without loading and parsing for each.

Reads one command a line from standard input, a JSON list of arguments, and answers each with lines
of JSON: `{"process": id}`, `{"node": name}` for each node that ends, `{"failed": [...]}`, and last
`{"status": 0}`. Each command runs in a process of its own, forked when all is loaded, so it may be
killed at any moment and leaves nothing to the next.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt_common.clients.jinja import template_cache

# dbt prints to standard output; what is said to the parent must not meet that.
_parent = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")


def main() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    parsed = dbtRunner().invoke(["--quiet", "parse"])
    if not isinstance(parsed.result, Manifest):
        _tell(failed=[str(parsed.exception)])
        _tell(status=1)
        return
    _tell(status=0)
    # What all commands share is made before any: their macros as Python,
    for macro in parsed.result.macros.values():
        template_cache.get_node_template(macro)
    # and a manifest that nobody looks through for garbage, a sixth of a command's time.
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(parsed.result, json.loads(line))
            os._exit(0)
        _tell(process=child)
        _, status = os.waitpid(child, 0)
        _tell(status=status)


def _run(manifest: Manifest, args: list[str]) -> None:
    def follow(event: Any) -> None:
        if event.info.name == "NodeFinished":
            _tell(node=event.data.node_info.node_name)

    dbt = dbtRunner(manifest=manifest, callbacks=[follow])
    done = dbt.invoke(["--quiet", "--no-write-json", *args])
    failed = [str(done.exception)] if done.exception else []
    failed += [
        f"{node.node.name}: {node.message}"
        for node in getattr(done.result, "results", [])
        if node.status not in {"success", "pass", "warn", "no-op"}
    ]
    _tell(failed=failed)


def _tell(**what: object) -> None:
    _parent.write(json.dumps(what) + "\n")
    _parent.flush()


if __name__ == "__main__":
    main()
