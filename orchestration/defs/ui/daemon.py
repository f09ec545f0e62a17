"""Runs Dagster's daemon as a process that ends with the process that started it."""

import sys

from dagster._daemon.cli import create_dagster_daemon_cli

from orchestration.defs.alerts.outages import alert_during_outages
from orchestration.process.parent import exit_with_parent

GRACE_SECONDS = 10.0

if __name__ == "__main__":
    exit_with_parent(GRACE_SECONDS)
    alert_during_outages()
    create_dagster_daemon_cli()(["run", *sys.argv[1:]], prog_name="dagster-daemon")
