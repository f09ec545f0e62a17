"""Settings of the roles in the database, and of what those who read the marts may do."""

from pydantic import Field

from orchestration.settings.section import Section, variable


class ReaderSettings(Section):
    """Names of the roles, and the limits of the analysts' sessions."""

    role_prefix: str = Field(
        "", pattern=r"^[a-z0-9_]{0,40}$", validation_alias=variable("META_ADS_ROLE_PREFIX")
    )
    analyst_connections: int = Field(
        40, ge=1, le=10000, validation_alias=variable("META_ADS_ANALYST_CONNECTIONS")
    )
    analyst_statement_seconds: int = Field(
        900, ge=0, le=86400, validation_alias=variable("META_ADS_ANALYST_STATEMENT_SECONDS")
    )
    analyst_idle_seconds: int = Field(
        600, ge=0, le=86400, validation_alias=variable("META_ADS_ANALYST_IDLE_SECONDS")
    )
