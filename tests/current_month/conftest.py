"""The shared sandbox, put back as it was after each test."""

from shared_sandbox import running, sandbox

__all__ = ["running", "sandbox"]
