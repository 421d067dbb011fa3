"""Change capture: follows the sources' logs into raw, for ever or to the present."""
