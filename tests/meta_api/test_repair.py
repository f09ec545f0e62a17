"""Which invalid characters of a body are repaired, and which bodies stay invalid JSON."""

import orjson
import pytest

from orchestration.meta_api.calls.repair import repaired


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (rb"a\ud83d", "a\ufffd"),
        (rb"\ud83d\ud83d\ude00b", "\ufffd\U0001f600b"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud83d\u0041", "\ufffdA"),
        (rb"\ud83d\ude", "\ufffd\ufffd"),
        (rb"\\ud83d \ud83d", "\\ud83d \ufffd"),
        (rb"\"\ud83d\"", '"\ufffd"'),
        (rb"\u00", "\ufffd"),
        (rb"\x41", "\ufffdx41"),
        (b"\xf0\x9f\x98", "\ufffd"),
        (b"M\xfcnchen", "M\ufffdnchen"),
        (b"\xed\xa0\xbd", "\ufffd\ufffd\ufffd"),
        (b"a\x00b\nc", "a\ufffdb\ufffdc"),
        ("a\u2028b".encode() + b"\xff", "a\u2028b\ufffd"),
        (rb"\u0000\ud83d", "\0\ufffd"),
    ],
)
def test_what_no_text_can_be_is_replaced_and_the_rest_is_kept(written: bytes, text: str) -> None:
    body = b'{"name": "%s", "spend": "12.50", "n": -1.5e3}' % written
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(body)
    assert orjson.loads(repaired(body)) == {"name": text, "spend": "12.50", "n": -1500.0}


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a\xff", "spend": 12\xff}',
        b'{"name": "a\xff", "spend": 1\x002}',
        b'{"name": "a\xff", "spend": \\u0031}',
        b'{"name": "a\xff"',
        b'{"name": "a\xff',
        b'{"name": "a\\',
        b'{"name": "a\\", "spend": "1"}',
        b"\xff\xfe{\x00}\x00",
        b"",
        b"Service Unavailable \xff",
        b'{"a": "\\ud83d"} {}',
    ],
)
def test_a_body_that_is_no_json_for_another_reason_stays_none(body: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(repaired(body))


def test_a_byte_order_mark_is_taken_off() -> None:
    assert orjson.loads(repaired(b'\xef\xbb\xbf{"a": "1"}')) == {"a": "1"}


def test_a_number_that_is_written_as_text_is_never_made_another_number() -> None:
    assert orjson.loads(repaired(b'{"spend": "1\xff2"}')) == {"spend": "1\ufffd2"}
