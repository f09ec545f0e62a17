"""What all answers share: the types of their fields, the form of their names, and `Failure`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Status = Literal["pass", "warning", "fail"]
ClientId = Annotated[str, Field(description="As the clients file names it.")]
Instant = Annotated[str, Field(description="In UTC, as 2026-11-15T10:30:00Z.")]
AsOf = Annotated[
    str,
    Field(
        description="Only where META_ADS_NOW sets another time than the clock: the instant, as "
        "2026-11-15T10:30:00Z, that days and months are judged at."
    ),
]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", description="As 2026-11.")]
Amount = Annotated[
    str,
    Field(pattern=r"^-?\d+(\.\d+)?$", description="An exact decimal, in the answer's currency."),
]
Count = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", description="An exact decimal.")]


class Answer(BaseModel):
    """Names are written in camel case; nothing else may stand in an answer."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Failure(Answer):
    """Why there is no answer."""

    error: str
