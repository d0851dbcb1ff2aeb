"""Asking for a pack, making one, and filing it."""
