"""Private PostgreSQL, MariaDB and Mongo-protocol servers for the demo, development and tests.

Nothing here is needed where the user brings servers of their own. Linux only: servers are found by
what the kernel says of its processes, never by a remembered process id.
"""
