"""`python -m app.cli`: the same as `billing`, for a program that starts another one of us."""

from app.cli import main

main()
