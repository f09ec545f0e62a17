"""The objects of the demo accounts below their campaigns: one to three ad sets, one to three ads.

The first ad set of a campaign and the first ad of an ad set run as long as their parent; others
start later, or are paused, archived, deleted or disapproved on some day.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from hashlib import blake2b

from orchestration.sandbox.world.lifecycle import Life
from orchestration.sandbox.world.model import AdObject

_ADSETS = ("Core 25-54", "Lookalike 2%", "Visitors 30 days")
_ADS = ("Video 15s", "Carousel", "Static 1:1")
_ENDINGS = ("PAUSED", "PAUSED", "PAUSED", "ARCHIVED", "DELETED", "DISAPPROVED", "WITH_ISSUES")
_AD_ONLY = ("DISAPPROVED",)
_EPOCH = date(2025, 4, 1)
_SPAN_DAYS = 900


def all_objects(
    account_id: str, keys: Mapping[str, bytes], campaigns: Sequence[AdObject]
) -> dict[str, tuple[AdObject, ...]]:
    """The objects by level; `keys` holds the seeded hash of each campaign by its id."""
    adsets: list[AdObject] = []
    ads: list[AdObject] = []
    for campaign in campaigns:
        for adset in _children(account_id, keys[campaign.id], campaign, len(adsets)):
            adsets.append(adset)
            ads += _children(account_id, keys[campaign.id] + b"|ads", adset, len(ads))
    return {"campaign": tuple(campaigns), "adset": tuple(adsets), "ad": tuple(ads)}


def only_child(account_id: str, parent: AdObject, level: str) -> AdObject:
    """The one ad set of a campaign, or the one ad of an ad set, where no more is known."""
    prefix = "1203" if level == "adset" else "1204"
    return AdObject(
        level=level,
        id=f"{prefix}{account_id}{parent.ordinal:06d}",
        name=parent.name,
        ordinal=parent.ordinal,
        life=parent.life,
        parent=parent,
        objective=parent.objective,
    )


def _children(account_id: str, key: bytes, parent: AdObject, ordinal: int) -> Iterator[AdObject]:
    """The ad sets of a campaign, or the ads of an ad set, numbered from `ordinal` on."""
    level, prefix, names = (
        ("adset", "1203", _ADSETS) if parent.level == "campaign" else ("ad", "1204", _ADS)
    )
    number = _traits(key, parent.id)[0] % 3 + 1
    for place in range(number):
        traits = _traits(key, f"{parent.id}|{place}")
        yield AdObject(
            level=level,
            id=f"{prefix}{account_id}{traits[0] % 10**5:05d}{ordinal + place:04d}",
            name=f"{parent.name} | {names[place]}",
            ordinal=ordinal + place,
            life=_life(traits, parent.life.created, place, level),
            parent=parent,
            objective=parent.objective,
            budget=parent.budget // number if level == "adset" else 0,
            weight=20 + traits[1] % 60,
        )


def _traits(key: bytes, name: str) -> list[int]:
    digest = blake2b(name.encode(), key=key[:64], digest_size=24).digest()
    return [int.from_bytes(digest[at : at + 4], "big") for at in range(0, 24, 4)]


def _life(traits: Sequence[int], created: date, place: int, level: str) -> Life:
    renamed = _EPOCH + timedelta(days=traits[2] % _SPAN_DAYS) if traits[2] % 5 == 0 else None
    if renamed is not None and renamed < created:
        renamed = None
    if place == 0:
        return Life(created=created, renamed=renamed)
    started = created + timedelta(days=traits[3] % 60)
    if traits[4] % 3:
        return Life(created=started, renamed=renamed)
    ended = max(started, _EPOCH) + timedelta(days=1 + traits[4] % _SPAN_DAYS)
    ending = _ENDINGS[traits[5] % len(_ENDINGS)]
    if level == "adset" and ending in _AD_ONLY:
        ending = "PAUSED"
    return Life(created=started, renamed=renamed, ended=ended, ending=ending)
