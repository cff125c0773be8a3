"""People: who they are, how they sign in, and what belongs to them."""
