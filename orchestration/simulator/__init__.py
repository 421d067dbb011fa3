"""A SoftCart that sells: schema, made-up history, live traffic, real data sets."""
