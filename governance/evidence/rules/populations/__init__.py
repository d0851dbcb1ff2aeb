"""Populations and samples: what they are, how they are narrowed, and how a sample is drawn."""
