"""Speed as ratios: ours against bare floors, in turns, on the same server in one run. Never part of the test suite."""
