"""What sqlfluff's jinja templater finds in a model: the project's macros, as PostgreSQL gets them.

sqlfluff's own dbt templater needs a server and compiles one file at a time; its jinja templater
knows neither `adapter.dispatch` nor macros that call each other. `.sqlfluff` names this package as
its library, so every name below is one that a model may use.
"""

from .render import PROJECT_DIR, Renderer

globals().update(Renderer("postgres", PROJECT_DIR).context)
