"""Derby's Network Server, and a process with IBM's driver, for tests of the wire."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from derby.child import Child
from derby.server import Derby, missing_programs
from derby.session import Wire


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """Give a module's tests one server and one database."""
    if missing := missing_programs():
        what = f"Not on this machine: {', '.join(missing)}; scripts/setup_derby.sh installs them"
        if os.environ.get("CI") == "true":
            pytest.fail(what)
        pytest.skip(what)
    derby = Derby(tmp_path_factory.mktemp("derby"))
    derby.create_database()
    child = Child(derby.environment)
    with derby.proxy:
        try:
            derby.start()
            yield Wire(derby, child)
        finally:
            child.close()
            derby.kill()
