"""Files of web events and access logs, read into `raw_web`."""
