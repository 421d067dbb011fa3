"""Db2's driver over its protocol: a server that speaks it, and a process for the driver."""
