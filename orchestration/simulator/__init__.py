"""A SoftCart that sells: the sources' schema, a made-up history, live traffic and real data sets."""
