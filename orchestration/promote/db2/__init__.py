"""Db2: connections, its types and DDL, ways to load it."""
