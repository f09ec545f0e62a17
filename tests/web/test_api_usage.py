"""The dashboard says that its table of API usage is not the whole of it."""

import pytest
import worlds
from databases import Warehouse
from factories import add_client
from servers import serving


@pytest.mark.parametrize(("count", "said"), [(6, True), (5, False)])
def test_the_page_says_that_it_shows_five_of_six(
    warehouse: Warehouse, count: int, said: bool
) -> None:
    worlds.healthy(warehouse)
    for number in range(count):
        client = add_client(warehouse, f"user-{number}")
        warehouse.execute(
            "insert into ops.api_usage (client_id, account_percent, app_percent, heard_at) "
            "values (%s, %s, 1, now())",
            [client, number],
        )
    with serving(warehouse) as server:
        page = server.get("/admin/monitoring", headers={"Accept": "text/html"}).text
    assert ("The first 5 of 6." in page) is said
