"""The rules of retention: which rows go after which time, and what is kept whatever its age."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import sql

from orchestration.days import months_before
from orchestration.settings import Settings
from orchestration.warehouse.sql_files import read_sql

BATCHES_AT_ONCE = 100
FOR_EVER = "-infinity"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Old rows of one table.

    Attributes:
        name: also of the file in `sql/doomed/`, the condition of rows that go, and of `setting`.
        table: with its schema.
        setting: the field of the settings that has the days; 0 turns the rule off.
        goes: what is deleted.
        stays: what is kept whatever its age.
        statement: the file in `sql/` that deletes or folds a few rows.
        frees: the share of the rows' room that is free afterwards.
    """

    name: str
    table: str
    setting: str
    goes: str
    stays: str
    statement: str = "delete"
    frees: float = 1.0

    @property
    def variable(self) -> str:
        """The environment variable that has the days."""
        alias: Any = Settings.model_fields[self.setting].validation_alias
        return str(alias.choices[0])

    def days(self, settings: Settings) -> int:
        """After how many days rows go; 0: never."""
        return int(getattr(settings, self.setting))

    def step(self) -> sql.Composed:
        """The statement that deletes or folds a few rows, and says how many and whether more go."""
        return self._filled(self.statement)

    def estimate(self) -> sql.Composed:
        """The statement that counts, in a sample of the table, all rows and those that go."""
        return self._filled("estimate")

    def values(self, settings: Settings) -> dict[str, Any]:
        """The values of both statements, as of now."""
        now = datetime.now(UTC)
        months = settings.keep_standing_months
        return {
            "before": now - timedelta(days=self.days(settings)),
            "standing_since": str(months_before(now.date(), months)) if months else FOR_EVER,
            "batches": BATCHES_AT_ONCE,
        }

    def _filled(self, statement: str) -> sql.Composed:
        condition = read_sql(__file__, f"doomed/{self.name}")
        return sql.SQL(read_sql(__file__, statement)).format(
            table=sql.Identifier(*self.table.split(".")),
            doomed=sql.SQL("(\n{}\n)").format(sql.SQL(condition)),
        )


CLOSED = "keep_closed_days"
BY_BATCH = "delete_of_batches"
STANDING = "rows that accepted days stand on (META_ADS_KEEP_STANDING_MONTHS), or open refusals"

RULES = (
    Rule(
        name="cache_reads",
        table="serving.cache_reads",
        setting="keep_cache_reads_days",
        statement="fold_cache_reads",
        goes="counts of reads of the running month by the minute",
        stays="their sums by the month",
    ),
    Rule(
        name="messages",
        table="ops.alert_messages",
        setting="keep_messages_days",
        statement="delete_messages",
        goes="messages about alerts that were sent, or made good by another one",
        stays="messages that wait or failed for good; the latest digest; all alerts",
    ),
    Rule(
        name="run_failures",
        table="ops.run_failures",
        setting=CLOSED,
        goes="failed runs that a later run made good",
        stays="open ones",
    ),
    Rule(
        name="failures",
        table="ops.failed_collections",
        setting=CLOSED,
        goes="failed collections that were made good",
        stays="open ones, which can be replayed",
    ),
    Rule(
        name="violations",
        table="quarantine.violations",
        setting=CLOSED,
        goes="closed violations",
        stays="open ones, warnings too; decisions of people",
    ),
    Rule(
        name="refused_rows",
        table="quarantine.insights",
        setting=CLOSED,
        statement=BY_BATCH,
        goes="rows of closed refusals",
        stays="rows of open refusals",
    ),
    Rule(
        name="build_nodes",
        table="ops.build_nodes",
        setting="keep_builds_days",
        goes="which nodes a build made",
        stays="those of a running build; all builds",
    ),
    Rule(
        name="builds",
        table="ops.build_client_months",
        setting="keep_builds_days",
        goes="which client-months a build had in hand",
        stays="the latest finished build with each client-month; what left out present data",
    ),
    Rule(
        name="receipts",
        table="ops.receipts",
        setting="keep_receipts_days",
        statement="fold_receipts",
        goes="rows of single receipts of old days",
        stays="every receipt, in one row for each client, level and day (ops.folded_receipts)",
        frees=0.87,
    ),
    Rule(
        name="witness_rows",
        table="landing.witness_rows",
        setting="keep_landing_days",
        statement=BY_BATCH,
        goes="evidence about days in doubt",
        stays=STANDING,
    ),
    Rule(
        name="landing",
        table="landing.insights",
        setting="keep_landing_days",
        statement=BY_BATCH,
        goes="rows as Meta sent them",
        stays=STANDING,
    ),
)
"""In the order in which they run: the one with most to do comes last."""

KEPT = {
    "ops.batches": "explain, as-of and the receipts name them; 0.15 KB for each window",
    "ops.slice_state": "what stands",
    "ops.restatements": "explain, and what later readings are compared with",
    "ops.builds": "explain says by which rules a number was built; 0.2 KB for each build",
    "ops.publications": "what was published when",
    "ops.publication_manifest": "meta-ads publications prune",
    "ops.alerts": "what was wrong when",
    "staging": "what the marts are made of",
    "published": "what the marts show",
    "history": "meta-ads publications prune",
    "dagster_records": "META_ADS_DAGSTER_DAYS",
}
"""Tables and schemas without a rule here: why they stay, or what deletes their old rows."""
