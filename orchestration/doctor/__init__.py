"""`softcart doctor`: does everything that a run needs work, and if not, what to do."""
