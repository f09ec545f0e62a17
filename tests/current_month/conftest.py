"""The shared sandbox, put back as it was after each test."""

from shared_sandbox import sandbox

__all__ = ["sandbox"]
