"""All kinds of faults, by what they spoil, with what they do and the fields that they take."""

from orchestration.sandbox.faults.data import DATA_KINDS
from orchestration.sandbox.faults.errors import ERROR_KINDS
from orchestration.sandbox.faults.paging import PAGING_KINDS
from orchestration.sandbox.faults.reports import REPORT_KINDS
from orchestration.sandbox.faults.service_kinds import ServiceKind
from orchestration.sandbox.faults.sizes import SIZE_KINDS
from orchestration.sandbox.faults.transport import TRANSPORT_KINDS

SERVICE_KINDS: dict[str, ServiceKind] = {
    **TRANSPORT_KINDS,
    **ERROR_KINDS,
    **SIZE_KINDS,
    **PAGING_KINDS,
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
"""What says which requests a fault meets; every kind takes these."""


def kinds() -> dict[str, str]:
    """Every kind with its description."""
    return {
        **{name: kind.description for name, kind in SERVICE_KINDS.items()},
        **{name: kind.description for name, kind in REPORT_KINDS.items()},
        **{name: kind.description for name, kind in DATA_KINDS.items()},
    }


def families() -> dict[str, list[str]]:
    """The kinds by what they spoil."""
    found: dict[str, list[str]] = {}
    for name, kind in SERVICE_KINDS.items():
        found.setdefault(kind.family, []).append(name)
    wrong = [name for name, kind in DATA_KINDS.items() if not kind.is_life]
    life = [name for name, kind in DATA_KINDS.items() if kind.is_life]
    return {**found, "reports": list(REPORT_KINDS), "data": wrong, "life": life}


def takes(kind: str) -> tuple[str, ...]:
    """The fields that a kind takes beside those of all kinds."""
    if kind in DATA_KINDS:
        return (*DATA_FIELDS, *DATA_KINDS[kind].takes)
    return SERVICE_KINDS[kind].takes if kind in SERVICE_KINDS else ()
