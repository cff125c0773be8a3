"""The page for operators: it counts what waits and names the commands; nobody else has such a page."""
