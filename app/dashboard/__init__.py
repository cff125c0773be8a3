"""The first page of a signed-in person; it reads from every feature and owns none."""
