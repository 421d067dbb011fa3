"""SoftCart warehouse: everything around the dbt project that moves, runs and proves the data."""
