"""What PostgreSQL does for every writer: locks, and views that stand aside for a change."""
