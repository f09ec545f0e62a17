"""The process that is copied for each process that settles answers, and small groups for it."""

from settling_processes import small_groups, suites

__all__ = ["small_groups", "suites"]
