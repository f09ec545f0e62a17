"""Shows texts that others wrote: characters that steer a terminal or deceive a reader become
visible escapes, such as `\\x1b` or `<U+202E>`.

Names come from Meta and from the clients file, reasons from people, error texts from other
programs. Letters of every script, combining marks and joined emoji stay as they are.
"""

import re
from typing import Any

STEERING = (
    "\x00-\x1f\x7f-\x9f"  # control characters: ESC, CSI, OSC, line ends
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # of the direction of writing
    "\u2028\u2029"  # line ends of Unicode's own
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # nothing to be seen
    "\ud800-\udfff"  # halves of a character
)
# A joiner belongs between letters of scripts that join, or between emoji; elsewhere it only makes
# two names look alike. Tags spell the flags of regions, behind a black flag.
STRAY_JOINER = "(?<![^\x00-\u02ff])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u02ff])"
FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f"
FOREIGN = re.compile(f"(?P<flag>{FLAG})|[{STEERING}]|{STRAY_JOINER}")
NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def shown(text: str) -> str:
    """The text on one line, with visible escapes for control and deceiving characters."""
    return FOREIGN.sub(_escape, text)


def shown_lines(text: str) -> str:
    """The same for a text of several lines; its line ends stay."""
    return "\n".join(map(shown, text.split("\n")))


def written(value: Any) -> Any:
    """A value for a template: plain text with escapes; markup and numbers unchanged."""
    return shown(value) if type(value) is str else value


def shown_json(document: str) -> str:
    """An equal JSON document with JSON's own escapes for such characters.

    Outside of its strings a document has none of them except line ends, which stay.
    """
    return "\n".join(FOREIGN.sub(_json_escape, line) for line in document.split("\n"))


def _escape(match: re.Match[str]) -> str:
    if match["flag"]:
        return match[0]
    number = ord(match[0])
    return NAMED.get(match[0]) or (f"\\x{number:02x}" if number < 0x100 else f"<U+{number:04X}>")


def _json_escape(match: re.Match[str]) -> str:
    if match["flag"]:
        return match[0]
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
