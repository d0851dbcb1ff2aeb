"""One table of seven fields, five times: each is told of changes by another library or by none."""
