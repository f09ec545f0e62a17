"""A campaign, ad set or ad as it is on one day of its account."""

from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from orchestration.sandbox.world.lifecycle import State
from orchestration.sandbox.world.model import Account, AdObject


class EntitySnapshot(NamedTuple):
    """An object of an account, as it is on the account's day `today`."""

    account: Account
    each: AdObject
    today: date

    @property
    def state(self) -> State:
        """Its name and status."""
        return self.account.source.states(self.today)[self.each.id]

    @property
    def created_at(self) -> datetime:
        """The instant of its creation: nine o'clock in the account's time zone."""
        return self._at(self.each.life.created, time(9))

    @property
    def updated_at(self) -> datetime:
        """Midnight of the day of its last change; the instant of creation without a change."""
        changed = self.state.updated
        return self.created_at if changed == self.each.life.created else self._at(changed, time())

    @property
    def ended_at(self) -> datetime | None:
        """Midnight of the day on which it ended, if it has."""
        ended = self.each.life.ended
        if ended is None or self.state.status != self.each.life.ending:
            return None
        return self._at(ended, time())

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, ZoneInfo(self.account.timezone_name))
