"""Documents about one version, each for one kind of reader."""
