"""The quality gate: suites of `expectations` run on what arrived, a verdict per client-day."""
