"""All kinds of faults, by what they spoil, with what they do and the fields that they take."""

from orchestration.sandbox.faults.data.kind import DataKind
from orchestration.sandbox.faults.data.ordinary_life import LIFE_KINDS
from orchestration.sandbox.faults.data.records import RECORD_KINDS
from orchestration.sandbox.faults.data.rows import ROW_KINDS
from orchestration.sandbox.faults.data.shapes import SHAPE_KINDS
from orchestration.sandbox.faults.data.vanish import VANISH_KINDS
from orchestration.sandbox.faults.service.errors import ERROR_KINDS
from orchestration.sandbox.faults.service.kind import ServiceKind
from orchestration.sandbox.faults.service.paging import PAGING_KINDS
from orchestration.sandbox.faults.service.reports import REPORT_KINDS, ReportKind
from orchestration.sandbox.faults.service.sizes import SIZE_KINDS
from orchestration.sandbox.faults.service.throttling import THROTTLING_KINDS
from orchestration.sandbox.faults.service.tokens import TOKEN_KINDS
from orchestration.sandbox.faults.service.transport import TRANSPORT_KINDS

SERVICE_KINDS: dict[str, ServiceKind] = {
    **TRANSPORT_KINDS,
    **ERROR_KINDS,
    **THROTTLING_KINDS,
    **SIZE_KINDS,
    **PAGING_KINDS,
    **TOKEN_KINDS,
}
DATA_KINDS: dict[str, DataKind] = {
    **RECORD_KINDS,
    **VANISH_KINDS,
    **ROW_KINDS,
    **SHAPE_KINDS,
    **LIFE_KINDS,
}
DATA_FIELDS = ("since", "until")
MATCHING = (
    "account",
    "path",
    "level",
    "nth",
    "after",
    "times",
    "probability",
    "seed",
    "for_seconds",
)
"""The fields that say which requests a fault meets; every kind takes these."""


def kinds() -> dict[str, str]:
    """Every kind with its description."""
    every: dict[str, ServiceKind | ReportKind | DataKind] = {
        **SERVICE_KINDS,
        **REPORT_KINDS,
        **DATA_KINDS,
    }
    return {name: kind.description for name, kind in every.items()}


def families() -> dict[str, list[str]]:
    """The kinds by what they spoil."""
    service: dict[str, list[str]] = {}
    for name, kind in SERVICE_KINDS.items():
        service.setdefault(kind.family, []).append(name)
    wrong = [name for name, kind in DATA_KINDS.items() if not kind.is_life]
    life = [name for name, kind in DATA_KINDS.items() if kind.is_life]
    return {**service, "reports": list(REPORT_KINDS), "data": wrong, "life": life}


def takes(kind: str) -> tuple[str, ...]:
    """The fields that a kind takes beside those of all kinds."""
    if kind in DATA_KINDS:
        return (*DATA_FIELDS, *DATA_KINDS[kind].takes)
    return SERVICE_KINDS[kind].takes if kind in SERVICE_KINDS else ()
