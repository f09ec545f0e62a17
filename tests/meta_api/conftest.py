"""The shared sandbox at noon of a Monday, put back as it was after each test."""

from shared_sandbox import running_on_monday, sandbox

__all__ = ["running_on_monday", "sandbox"]
