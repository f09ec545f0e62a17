"""`python -m orchestration.sandbox`: the sandbox as a command."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import MetaAdsError, UsageError
from orchestration.sandbox.control.scenario import load_scenario
from orchestration.sandbox.replay.account import load_replay
from orchestration.sandbox.server import serve
from orchestration.sandbox.wire.versions import live_versions

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is told to end; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        _serve(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except MetaAdsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _serve(options: argparse.Namespace) -> None:
    now, replay = options.now, None
    if options.replay is not None:
        replay = load_replay(
            options.replay,
            columns=_columns(options.column),
            account_id=options.account_id,
            timezone_name=options.timezone,
            currency=options.currency,
            name=options.name,
        )
        # On the real clock most recordings lie beyond the 37 months that the API looks back.
        now = now or replay.suggested_now
    serve(
        host=options.host,
        port=options.port,
        seed=options.seed,
        now=now,
        replay=replay,
        token=options.token,
        app_secret=options.app_secret,
        live_versions=live_versions(options.live_versions),
        report_seconds=options.report_seconds,
        scenario=load_scenario(options.scenario) if options.scenario else None,
        exit_with_parent=options.exit_with_parent,
    )


def _columns(told: Sequence[str]) -> dict[str, str]:
    """`spend=amount_spent` pairs as a mapping."""
    pairs = {}
    for pair in told:
        meaning, separator, column = pair.partition("=")
        if not separator:
            raise UsageError(f"--column {pair} is not written meaning=column.")
        pairs[meaning] = column
    return pairs


def _instant(written: str) -> datetime:
    """An ISO instant, in UTC when it has no offset."""
    instant = datetime.fromisoformat(written)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m orchestration.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8900, help="0 for any free one")
    parser.add_argument("--seed", type=int, default=7, help="of the demo accounts")
    parser.add_argument("--now", type=_instant, help="the instant it lives at, in ISO 8601")
    parser.add_argument("--token", help="the only access token accepted")
    parser.add_argument("--app-secret", help="every call has to carry its appsecret_proof")
    parser.add_argument("--live-versions", default="v25.0,v26.0", help="older are forwarded")
    parser.add_argument("--report-seconds", type=float, default=0.0, help="of a report run")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="faults at given times")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when stdin does")
    replay = parser.add_argument_group("replay of a recorded daily export")
    replay.add_argument("--replay", type=Path, metavar="FILE", help="serve this CSV instead")
    replay.add_argument("--column", action="append", default=[], metavar="MEANING=COLUMN")
    replay.add_argument("--account-id", help="default: from a column of digits, else act_1")
    replay.add_argument("--timezone", default="UTC")
    replay.add_argument("--currency", help="default: from a currency column, else USD")
    replay.add_argument("--name", help="of the account; default: of the file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
