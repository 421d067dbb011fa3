"""Visits to the shop's site and app, as files of web events."""
