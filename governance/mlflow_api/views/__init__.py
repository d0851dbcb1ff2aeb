"""One function per endpoint: parse, one domain call, present."""
