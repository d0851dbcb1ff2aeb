"""What a pack is, and how its evidence is read back into pages."""
