"""A month on paper, from its opening to its closing balance, and the same as a file."""
