"""Asks a person before something is deleted."""

import sys

import typer

from orchestration.errors import UsageError


def confirm_deletion(what: str, *, without_asking: bool, instead: str = "") -> None:
    """Ask on the terminal whether to go on; `instead` says what else a person may want to do.

    Raises:
        UsageError: somebody has to confirm, and no person is at the terminal.
        typer.Abort: the person said no.
    """
    if without_asking:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: say so with --yes.{f' {instead}' if instead else ''}")
    typer.confirm(f"{what}. Go on?", abort=True)


def confirm_on_terminal(what: str, *, without_asking: bool) -> None:
    """The same, but scripts go on: this deletion is what their command is for."""
    if sys.stdin.isatty():
        confirm_deletion(what, without_asking=without_asking)
