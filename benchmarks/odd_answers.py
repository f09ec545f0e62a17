"""Answers of the Insights API with something odd in them: types, depth, size, encodings, order.

Everything follows from a seed. An answer begins as an honest one of a client with two campaigns;
then parts of its tree become something else, and last its bytes.
"""

import json
import random
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

Tree = Any
Row = dict[str, Any]

TEXTS = ["", "0", "-0", "1e3", "NaN", "9" * 18, "9" * 19, "0." + "1" * 41, "٣", "null", "\\u0000"]
TEXTS += ["a\0b", "\u2028", "\u2029", "\ufeffid", "\u202eabc", "e\u0301" * 50, "\U0001f600", "\n"]
TEXTS += ["\ud83d", "\udc00\ud83d", "x\ud83dy", "2026-02-30", "2026-11-14", "'; drop table x; --"]
TEXTS += ["{{ 1 }}", "%s", "\\N", "\t", "nan", "inf", "1_000", " 7 ", "0x10", "١٢", "1,5", "-1"]
PLAIN: list[Any] = [None, True, False, 0, -1, 7, 2**53, 2**63, -(2**64), 10**25, 0.1, 1e308, 5e-324]
PLAIN += [float("nan"), float("inf"), [], {}, [[]], [None], {"": ""}, {"value": "1"}]
DEPTHS = (5, 60, 127, 253, 254, 255, 300, 500, 1000, 1023, 1024, 3000)
LENGTHS = (10, 300, 2_800, 10_000, 100_000)
NAMES = [
    "",
    "\0",
    "date_start ",
    "spend",
    "actions",
    "\ud83d",
    "date\u2028",
    "x" * 3000,
    "__proto__",
]
CODES: list[Any] = [
    None,
    -2,
    0,
    1,
    2,
    10,
    17,
    100,
    102,
    104,
    190,
    200,
    294,
    368,
    613,
    2500,
    80000,
    1e99,
]
CODES += ["1", "190", True, [], {}, "many", 2**70]
STATUSES = (200, 200, 200, 201, 204, 400, 403, 404, 418, 500, 503)


class Raw:
    """Bytes that take a value's place in the JSON."""

    def __init__(self, written: bytes) -> None:
        self.written = written


def honest_rows(account: str, level: str, days: Sequence[date]) -> list[Row]:
    """What a client's account, or its two campaigns, did: the parts add up to the whole."""
    return [_row(account, level, day, n) for day in days for n in _parts(level)]


def honest_facts(account: str) -> Row:
    """What Meta says of an ad account."""
    facts = {"account_id": account, "id": f"act_{account}", "name": f"Account {account}"}
    return facts | {"currency": "EUR", "timezone_name": "UTC", "account_status": 1}


def page(rows: Sequence[Row]) -> Row:
    """The only page of some rows."""
    return {"data": list(rows), "paging": {"cursors": {"before": "MA", "after": "MQ"}}}


def _parts(level: str) -> range:
    return range(1) if level == "account" else range(1, 3)


def _row(account: str, level: str, day: date, part: int) -> Row:
    times = 2 if level == "account" else 1
    kinds = {"link_click": 40, "omni_purchase": 4}
    row: Row = {"account_id": account, "account_currency": "EUR", "date_start": str(day)}
    row |= {"date_stop": str(day), "spend": f"{times * 12.5:.2f}", "impressions": str(times * 800)}
    row |= {"reach": str(times * 500), "clicks": str(times * 50)}
    row["inline_link_clicks"] = str(times * 40)
    row["actions"] = [{"action_type": k, "value": str(times * n)} for k, n in kinds.items()]
    row["action_values"] = [{"action_type": "omni_purchase", "value": str(times * 80)}]
    if level != "account":
        row |= {"campaign_id": f"{account}{part}", "campaign_name": f"Campaign {part}"}
    if level in ("adset", "ad"):
        row |= {"adset_id": f"{account}{part}0", "adset_name": "Set"}
    return row | ({"ad_id": f"{account}{part}00", "ad_name": "Ad"} if level == "ad" else {})


def spoiled(chance: random.Random, body: Tree) -> tuple[int, bytes]:
    """HTTP status and bytes of an answer with one to three oddities."""
    status = 200
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        change = chance.choice(CHANGES)
        body = change(chance, body)
    if chance.random() < 0.03:
        status, body = chance.choice(STATUSES), _error(chance)
    written = encoded(body, chance)
    return status, chance.choice(BYTES)(chance, written) if chance.random() < 0.15 else written


def encoded(body: Tree, chance: random.Random | None = None) -> bytes:
    """The tree as JSON; what no text can hold is written as its escape or as broken UTF-8."""
    raws: list[bytes] = []

    def stand_in(value: Any) -> str:
        raws.append(value.written)
        return f"@raw{len(raws) - 1}@"

    is_ascii = chance is None or chance.random() < 0.5
    text = json.dumps(body, default=stand_in, ensure_ascii=is_ascii)
    written = text.encode("utf-8", "surrogatepass")
    for number, raw in enumerate(raws):
        written = written.replace(f'"@raw{number}@"'.encode(), raw)
    return written


def _places(tree: Tree) -> list[tuple[Any, Any]]:
    """Every container of the tree with each of its keys."""
    places: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        some = waiting.pop()
        keys = list(some) if isinstance(some, dict) else range(len(some))
        for key in keys:
            places.append((some, key))
            if isinstance(some[key], dict | list):
                waiting.append(some[key])
    return places


def _value(chance: random.Random) -> Any:
    return chance.choice((_text, _plain, _deep, _long))(chance)


def _text(chance: random.Random) -> Any:
    return chance.choice(TEXTS)


def _plain(chance: random.Random) -> Any:
    return chance.choice(PLAIN)


def _deep(chance: random.Random) -> Any:
    depth = chance.choice(DEPTHS)
    before, after = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'[{"value":', b"}]")))
    return Raw(before * depth + b"1" + after * depth)


def _long(chance: random.Random) -> Any:
    length = chance.choice(LENGTHS)
    noise = "".join(str(n * n) for n in range(length // 5 + 1))[:length]
    return chance.choice((noise, [noise[:3]] * (length // 10), {noise[:5] + str(length): noise}))


def _other_value(chance: random.Random, tree: Tree) -> Tree:
    places = _places(tree) if isinstance(tree, dict | list) else []
    if not places or chance.random() < 0.01:
        return _value(chance)
    some, key = chance.choice(places)
    some[key] = _value(chance)
    return tree


def _altered_text(chance: random.Random, tree: Tree) -> Tree:
    places = [(s, k) for s, k in _places(tree) if isinstance(s[k], str)] if _is_tree(tree) else []
    if places:
        some, key = chance.choice(places)
        some[key] = chance.choice((some[key] + _text(chance), _text(chance) + some[key]))
    return tree


def _without(chance: random.Random, tree: Tree) -> Tree:
    if _is_tree(tree) and (places := _places(tree)):
        some, key = chance.choice(places)
        del some[key]
    return tree


def _renamed(chance: random.Random, tree: Tree) -> Tree:
    objects = [s for s, _ in _places(tree) if isinstance(s, dict)] if _is_tree(tree) else []
    if objects:
        some = chance.choice(objects)
        some[chance.choice(NAMES)] = some.pop(chance.choice(list(some)))
    return tree


def _added(chance: random.Random, tree: Tree) -> Tree:
    objects = [s for s, _ in _places(tree) if isinstance(s, dict)] if _is_tree(tree) else []
    if objects:
        chance.choice(objects)[chance.choice(NAMES)] = _value(chance)
    return tree


def _in_another_order(chance: random.Random, tree: Tree) -> Tree:
    lists = [s for s, _ in _places(tree) if isinstance(s, list)] if _is_tree(tree) else []
    for some in lists:
        chance.shuffle(some)
    return dict(reversed(tree.items())) if isinstance(tree, dict) else tree


def _twice(chance: random.Random, tree: Tree) -> Tree:
    lists = [s for s, _ in _places(tree) if isinstance(s, list) and s] if _is_tree(tree) else []
    if lists:
        some = chance.choice(lists)
        some += [chance.choice(some)] * chance.choice((1, 2, 300))
    return tree


def _led_on(chance: random.Random, tree: Tree) -> Tree:
    """Another page where there is none, or one that no address leads to."""
    after: Any = chance.choice(["MQ", "", None, 7, [], "\ud83d", "x" * 5000])
    links: list[Any] = [
        "http://[",
        "//",
        "x",
        7,
        [],
        "http://evil.example/x",
        "http://127.0.0.1:1/?after",
    ]
    if isinstance(tree, dict):
        tree["paging"] = {"cursors": {"after": after}, "next": chance.choice(links)}
    return tree


def _error(chance: random.Random) -> Tree:
    error = {"message": chance.choice([*TEXTS, *PLAIN, "x" * 100_000]), "type": "OAuthException"}
    error |= {"code": chance.choice(CODES), "error_subcode": chance.choice([*CODES, 33, 99])}
    return {"error": error | {"error_user_title": _text(chance), "error_user_msg": _plain(chance)}}


def _is_tree(tree: Tree) -> bool:
    return isinstance(tree, dict | list)


def _cut(chance: random.Random, written: bytes) -> bytes:
    return written[: chance.randrange(len(written) + 1)]


def _broken_byte(chance: random.Random, written: bytes) -> bytes:
    place = chance.randrange(len(written) + 1)
    odd = chance.choice((b"\xff", b"\xc3", b"\xf0\x9f\x98", b"\x00", b"\xed\xa0\x80", b"\\u0000"))
    return written[:place] + odd + written[place + chance.choice((0, 1)) :]


def _as_utf_16(chance: random.Random, written: bytes) -> bytes:
    return written.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-32")))


def _with_mark(chance: random.Random, written: bytes) -> bytes:
    del chance
    return b"\xef\xbb\xbf" + written


def _key_twice(chance: random.Random, written: bytes) -> bytes:
    del chance
    return written.replace(b'"spend":', b'"spend": "1", "spend":')


Change = Callable[[random.Random, Tree], Tree]
CHANGES: list[Change] = [_other_value, _other_value, _other_value, _altered_text, _altered_text]
CHANGES += [_without, _renamed, _added, _in_another_order, _twice, _led_on]
BYTES = [_cut, _broken_byte, _broken_byte, _as_utf_16, _with_mark, _key_twice]
