"""Every environment variable, typed and read once; also from `.env` (see `places.py`).

Secrets are `SecretStr`: they never show in a repr, a log or an error. `.env.example` lists all
variables with a comment, and a test holds the two together.
"""

from orchestration.settings.settings import Settings, load_settings, other_state_text, read_settings

__all__ = ["Settings", "load_settings", "other_state_text", "read_settings"]
