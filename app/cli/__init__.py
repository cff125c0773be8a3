"""The command line: `billing run | serve | migrate | seed | check | grant | catalog | sandbox`."""


def main() -> None:
    """Run the `billing` command."""
    from app.cli.commands import billing

    billing()
