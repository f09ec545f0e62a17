"""Severities, the worst first, and how they compare."""

from orchestration.clients.routes import SEVERITIES, Severity

__all__ = ["SEVERITIES", "Severity", "at_least_as_severe_as", "is_worse", "one_step_up"]


def is_worse(severity: str, other: str) -> bool:
    """Whether a severity is above another one."""
    return SEVERITIES.index(severity) < SEVERITIES.index(other)


def at_least_as_severe_as(severity: str, lowest: str) -> bool:
    """Whether a severity is `lowest` or above it."""
    return not is_worse(lowest, severity)


def one_step_up(severity: Severity) -> Severity:
    """The next severity above; critical stays critical."""
    return SEVERITIES[max(0, SEVERITIES.index(severity) - 1)]
