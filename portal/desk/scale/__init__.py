"""A city's worth of invented data, copied straight into an empty PostgreSQL (``load_scale``)."""
