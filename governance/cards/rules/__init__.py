"""What a card says, what it must say, and how it is changed."""
