"""The fields that Meta has and the sandbox has no value for, as of facebook-business 26.0.3.

A call may ask for them, and the answer leaves them out, as Meta does with fields that are empty;
only `date_start` and `date_stop` are in every row anyway.
"""

from pathlib import Path

import orjson

_WRITTEN = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())

ABSENT: dict[str, frozenset[str]] = {of: frozenset(names) for of, names in _WRITTEN.items()}
"""The names for a `row` of insights, an `account`, a `campaign`, an `adset` and an `ad`."""
