"""Texts that a spreadsheet would take for a formula, and run."""

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet that opens the text as a cell of CSV may run it."""
    return text.startswith(STARTS)


def harmless(text: str) -> str:
    """The text, with an apostrophe in front where it could be run."""
    return f"'{text}" if is_formula(text) else text
