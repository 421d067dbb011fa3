"""The refined layer on other engines: what it is, and how it gets there."""
