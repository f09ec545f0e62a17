"""Asks one question about each of many ad accounts, several at a time.

An account whose question fails keeps its error, and the others are asked all the same.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pydantic import SecretStr

from orchestration.collection.api_access import new_api_client, new_traffic
from orchestration.meta_api.client import InsightsClient
from orchestration.meta_api.errors import MetaApiError
from orchestration.meta_api.retry import RetryPolicy
from orchestration.settings import Settings

Answer = TypeVar("Answer")


def ask_each(
    settings: Settings,
    token: SecretStr,
    account_ids: Sequence[str],
    question: Callable[[InsightsClient, str], Answer],
) -> Iterator[tuple[str, Answer | MetaApiError]]:
    """The answer or the error of each account `act_…`, in their order.

    When the caller stops, by Ctrl-C or otherwise, no further account is asked.
    """
    traffic = new_traffic(settings)
    policy = RetryPolicy(settings.retry_delays, sleep=traffic.sleep)
    local = threading.local()

    def ask(account_id: str) -> Answer | MetaApiError:
        # One for each thread: it holds an HTTP session.
        if not hasattr(local, "api"):
            local.api = new_api_client(settings, token, policy, traffic)
        try:
            return question(local.api, account_id)
        except MetaApiError as error:
            return error

    pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="meta-api")
    try:
        yield from zip(account_ids, pool.map(ask, account_ids), strict=True)
    except BaseException:
        traffic.cancel()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
