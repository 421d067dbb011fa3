"""Sources to raw tables: readers yield batches of keyed rows, `apply` alone writes them."""
