"""Settings of retention: for how long old records are kept."""

from typing import Annotated

from pydantic import AfterValidator, Field

from orchestration.settings.section import Section, variable

MONTHS_OF_META = 37
"""Meta answers for this many months; days after that can never be asked for again."""
NEWEST_FOLDED = 150
"""Receipts of younger days still come: Meta is asked again for up to four months."""


def _for_ever_or_beyond_meta(months: int) -> int:
    if 0 < months <= MONTHS_OF_META:
        raise ValueError(
            f"must be 0 or more than {MONTHS_OF_META}: the rows of days that Meta may still be "
            "asked for are compared with its next answer"
        )
    return months


def _for_ever_or_complete(days: int) -> int:
    if 0 < days < NEWEST_FOLDED:
        raise ValueError(f"must be 0 or at least {NEWEST_FOLDED}: until then receipts still come")
    return days


class RetentionSettings(Section):
    """Days after which old records may go; 0: they are kept for ever.

    What each rule deletes, and what it keeps whatever its age, is in `orchestration/retention/`.
    """

    keep_landing_days: int = Field(
        90, ge=0, le=36600, validation_alias=variable("META_ADS_KEEP_LANDING_DAYS")
    )
    keep_standing_months: Annotated[int, AfterValidator(_for_ever_or_beyond_meta)] = Field(
        0, ge=0, le=1200, validation_alias=variable("META_ADS_KEEP_STANDING_MONTHS")
    )
    keep_receipts_days: Annotated[int, AfterValidator(_for_ever_or_complete)] = Field(
        400, ge=0, le=36600, validation_alias=variable("META_ADS_KEEP_RECEIPTS_DAYS")
    )
    keep_closed_days: int = Field(
        400, ge=0, le=36600, validation_alias=variable("META_ADS_KEEP_CLOSED_DAYS")
    )
    keep_builds_days: int = Field(
        90, ge=0, le=36600, validation_alias=variable("META_ADS_KEEP_BUILDS_DAYS")
    )
    keep_messages_days: int = Field(
        180, ge=0, le=36600, validation_alias=variable("META_ADS_KEEP_MESSAGES_DAYS")
    )
    keep_cache_reads_days: int = Field(
        30, ge=0, le=36600, validation_alias=variable("META_ADS_KEEP_CACHE_READS_DAYS")
    )
    keep_data_docs_days: int = Field(
        30, ge=0, le=36600, validation_alias=variable("META_ADS_KEEP_DATA_DOCS_DAYS")
    )
    keep_logs_days: int = Field(
        90, ge=0, le=36600, validation_alias=variable("META_ADS_KEEP_LOGS_DAYS")
    )
