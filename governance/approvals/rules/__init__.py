"""What a change of stage needs, and the one decision: authorize, or say what stands against it."""
