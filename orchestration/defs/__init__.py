"""What Dagster runs, and when. Nothing here connects, reads or writes when it is imported."""
