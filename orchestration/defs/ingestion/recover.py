"""The job that replays failed collections."""

from datetime import date

import dagster as dg
from pydantic import Field

from orchestration import progress
from orchestration.collection.collection import collect
from orchestration.collection.recover import windows_to_recover
from orchestration.defs.resources import MetaAds
from orchestration.warehouse.connection import connect
from orchestration.warehouse.intake.batches import open_failures


class RecoverConfig(dg.Config):
    """Which failures to replay, by days (YYYY-MM-DD) and clients; without any, all open ones."""

    since: str | None = None
    until: str | None = None
    clients: list[str] = Field(default_factory=list)


@dg.op
def replay_failed_collections(
    context: dg.OpExecutionContext, config: RecoverConfig, meta_ads: MetaAds
) -> None:
    """Ask again for exactly the days of open failures; a good answer closes their records.

    The step fails if days are still open, and names them; the days that came are kept.
    """
    settings, clients = meta_ads.settings(), meta_ads.clients()
    chosen = [c for c in clients if not config.clients or c.client_id in config.clients]
    bounds = (_day(config.since), _day(config.until))
    ids = [client.client_id for client in chosen]
    with connect(settings) as connection:
        windows = windows_to_recover(connection, chosen, *bounds)
    if windows:
        collection = collect(
            settings,
            clients,
            windows=windows,
            only=ids,
            run_id=context.run_id,
            progress=progress.current(),
        )
        context.add_output_metadata(
            {
                "client_windows": len(collection.outcomes),
                "client_days_kept": collection.days_kept,
                "client_days_refused": collection.days_refused,
            }
        )
    with connect(settings) as connection:
        still_open = open_failures(connection, ids, *bounds)
    if still_open:
        raise dg.Failure(
            "Still failing: "
            + "; ".join(f"{f.client_id} {f.since}..{f.until}: {f.reason}" for f in still_open),
            allow_retries=False,
        )


@dg.job(
    description="Collect again exactly the days whose collection failed and that no later run has "
    "collected.",
    executor_def=dg.in_process_executor,
)
def recover_failed() -> None:
    """Read the open records and ask for their days again, in one step."""
    replay_failed_collections()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
