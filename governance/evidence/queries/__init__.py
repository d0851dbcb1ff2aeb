"""Reads everything of a model; decides nothing."""
