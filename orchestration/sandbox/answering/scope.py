"""The object that a call is about: an account, a campaign, an ad set or an ad."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.sandbox.world.model import Account, AdObject


@dataclass(frozen=True)
class Scope:
    """An account, or an object in it; `each` is `None` for the account itself."""

    account: Account
    object_id: str
    each: AdObject | None = None

    @property
    def level(self) -> str:
        """The level of the object."""
        return self.each.level if self.each else "account"


def find(accounts: Mapping[str, Account], node: str) -> Scope | None:
    """The account, campaign, ad set or ad of an id; `None` when there is none."""
    if node.startswith("act_"):
        account = accounts.get(node.removeprefix("act_"))
        return Scope(account, node) if account else None
    for account in accounts.values():
        each = account.find(node)
        if each is not None:
            return Scope(account, node, each)
    return None
