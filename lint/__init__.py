"""Checks of the dbt project that need neither dbt nor a server: `python -m lint`."""
