"""Settings of the warehouse: which server, how long it is waited for, what Dagster keeps there."""

from pydantic import Field, SecretStr

from orchestration.settings.section import Section, variable


class WarehouseSettings(Section):
    """The connection to the warehouse; without a URL the embedded server is used.

    `dagster_days` is how long Dagster's records of runs, which are in the warehouse, are kept.
    """

    warehouse_url: SecretStr | None = Field(None, validation_alias=variable("WAREHOUSE_URL"))
    database_wait_seconds: float = Field(
        30.0, ge=0, le=3600, validation_alias=variable("META_ADS_DATABASE_WAIT")
    )
    lock_wait_seconds: float = Field(
        300.0, ge=1, le=86400, validation_alias=variable("META_ADS_LOCK_WAIT")
    )
    dagster_days: int = Field(30, ge=1, le=3660, validation_alias=variable("META_ADS_DAGSTER_DAYS"))
