"""What sqlfluff's jinja templater finds in a model: the project's macros, as PostgreSQL gets them.

sqlfluff's own dbt templater needs a server and compiles one file at a time; its jinja templater
knows neither `adapter.dispatch` nor macros that call each other. `.sqlfluff` names this package as
its library, so every name below is one that a model may use.
"""

import sys
from types import ModuleType
from typing import Any

from .render import PROJECT_DIR, Renderer

# sqlfluff runs this file for each file that it reads, and compiling all macros takes a second.
_kept: Any = sys.modules.setdefault("lint.dbt_jinja.kept", ModuleType("kept"))
if not hasattr(_kept, "context"):
    _kept.context = Renderer("postgres", PROJECT_DIR).context
globals().update(_kept.context)
