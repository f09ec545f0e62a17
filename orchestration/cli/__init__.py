"""The command line `meta-ads`."""


def main() -> None:
    """Start the command line; an installed script of an earlier release calls this function.

    Such a script says `from orchestration.cli import main`, and stays until `make setup` writes it
    anew.
    """
    from orchestration.cli.main import main as start

    start()
