"""Takes secrets out of texts that Meta sends: it quotes a malformed token in its error message."""

from urllib.parse import quote

from pydantic import SecretStr

SHORTEST_SECRET = 6
"""Characters. Masking anything shorter would only make the message unreadable."""
MASK = "***"


class SecretMask:
    """Replaces the secrets of one client, as they are and as they are written in a URL."""

    def __init__(self, *secrets: SecretStr | str | None) -> None:
        plain = [s.get_secret_value() if isinstance(s, SecretStr) else s for s in secrets if s]
        forms = {
            form
            for secret in plain
            for form in (secret, quote(secret, safe=""))
            if len(form) >= SHORTEST_SECRET
        }
        # The longest first: one form may be a part of another.
        self._forms = sorted(forms, key=len, reverse=True)

    def masked(self, text: object) -> str:
        """The text without the secrets; an empty text for a value that is missing."""
        masked = str(text) if text else ""
        for form in self._forms:
            masked = masked.replace(form, MASK)
        return masked
