"""Programs that start programs: the server, its parent, and that nothing outlives either."""
