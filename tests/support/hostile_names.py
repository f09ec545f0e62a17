"""A thousand names that try to be more than a name, and some that are only foreign.

The same ones at every run: each attack by itself, and seeded mixtures of several.
"""

import random
import unicodedata

ATTACKS = (
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[H",
    "\x1b]8;;https://evil.example\x1b\\Acme\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]0;title\x07",
    "\x9b31m\x9d8;;x\x9c",
    "\x00",
    "Acme\x00Outdoor",
    "\x07\x08\x7f\x85",
    "Acme\rEvil",
    "Acme\r\nBcc: victim@evil.example\r\n\r\nbody",
    "Acme\n2026-11-15 12:00:00,000 CRITICAL orchestration everything is lost",
    "Acme\u2028Evil\u2029Evil\x0bEvil\x0cEvil",
    "\u202egnp.exe",
    "\u2066Acme\u2069\u2067Evil",
    "pay\u200bpal",
    "pay\u200dpal",
    "pay\ufeffpal\u2060\u00ad",
    "Acme\U000e0041\U000e0042",
    "\u3164",
    "[/b]",
    "[bold]Acme[/bold][link=https://evil.example]x[/link]",
    ":skull: :bomb:",
    "<script>document.title = 'mine'</script>",
    "<img src=x onerror=\"document.title='mine'\">",
    "\"><svg onload=document.title='mine'>",
    "' onmouseover='document.title=1' x='",
    "</title></style></textarea></table></code><!--",
    "<a href='javascript:alert(1)'>x</a>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% for x in y %}{{ config }}",
    "${7*7}#{7*7}<%= 7 %>",
    "'; drop table ops.clients; --",
    "Robert'); select pg_sleep(9) --\\",
    "%s %d %(name)s {0} {name}",
    "![x](https://evil.example/x.png) [y](javascript:alert(1))",
    "# Acme\n\n---\n| a | b |",
    "<!channel> <!here> <!everyone>",
    "<@U123> <#C123> <https://evil.example|Acme>",
    "*Since:* _x_ ~y~ `z` >quote & &amp; &lt;",
    "@channel @everyone https://evil.example",
    "=cmd|'/c calc'!A1\",\"x",
    '"} 1\nmeta_ads_up{client="x',
    'a\\"b\\nc\\',
    "\ud800",
    "Acme\udfffOutdoor",
    "\\x1b[31m \\u202e",
    "x" * 5_000,
    "\x1b[31m" * 1_000,
)
LEGITIMATE = (
    "Acme Outdoor",
    "شركة النور للتجارة",
    "גן עדן בע״מ",
    "می‌خواهم",
    "क्‍ष हिन्दी",
    "日本語の株式会社",
    "Zażółć gęślą jaźń",
    "Cafe\u0301 Mu\u0308nchen",
    "👩‍👩‍👧‍👦 Familie",
    "👨🏽‍💻 🏳️‍🌈 ❤️‍🔥",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f England",
    'Smith & Sons, "The" <Shop> 100 % [sic]',
)
"""Names as people have them: none may be changed where they are shown."""
COUNT = 1_000
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def names() -> list[str]:
    """Every attack, every legitimate name, and mixtures of both: `COUNT` in all."""
    dice = random.Random(20261115)
    found = [*ATTACKS, *LEGITIMATE]
    while len(found) < COUNT:
        parts = dice.choices((*ATTACKS, *LEGITIMATE), k=dice.randint(2, 4))
        some = "".join(chr(dice.choice(CODES)) for _ in range(dice.randint(0, 6)))
        found.append((some + dice.choice(("", " ", "\n", "\x1b")).join(parts))[:8_000])
    return found


def storable() -> list[str]:
    """Those that a database can hold: without NUL and halves of characters."""
    return [name for name in names() if not set(name) & set(UNSTORABLE)]


def obeyed(text: str) -> set[str]:
    """Characters of a text that a terminal obeys or nobody sees; joiners are judged elsewhere."""
    kept = set("\u200c\u200d") | {chr(code) for code in range(0xE0020, 0xE0080)}
    return {one for one in text if unicodedata.category(one) in INVISIBLE} - kept - set(ARABIC)


UNSTORABLE = "\x00" + "".join(map(chr, range(0xD800, 0xE000)))
ARABIC = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Signs that Unicode calls format characters though they are seen."""
CODES = (*range(0x100), *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070))
