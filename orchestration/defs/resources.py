"""What assets and sensors need at run time; made when a run starts, never before."""

from __future__ import annotations

import dagster as dg

from orchestration.settings import Settings


@dg.resource(description="The settings, read anew for each run.")
def settings_resource(_: dg.InitResourceContext) -> Settings:
    """Read the settings; servers that are missing show up where they are used."""
    return Settings.load()
