"""`python -m lint`: exit code 1 and a line for each fault."""

import sys

from lint.dbt_jinja.render import PROJECT_DIR
from lint.project import check_project

faults = check_project(PROJECT_DIR)
for fault in faults:
    print(fault)  # noqa: T201 - its output
print(  # noqa: T201
    f"{len(faults)} faults" if faults else "Models keep to their layers and to portable SQL"
)
sys.exit(bool(faults))
