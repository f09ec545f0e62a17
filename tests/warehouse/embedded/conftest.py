"""An embedded server of the test's own, or one for the module that its tests may break."""

from collections.abc import Iterator

import pytest
from embedded_worlds import World, make_world


@pytest.fixture
def fresh() -> Iterator[World]:
    """A world in which nothing was started yet."""
    yield from make_world()


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """A world whose server has data; a test may stop or break it, the next one starts it again."""
    yield from make_world()
