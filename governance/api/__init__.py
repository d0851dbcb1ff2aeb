"""Our own REST interface: problem+json errors, bearer tokens, one domain call per endpoint."""
