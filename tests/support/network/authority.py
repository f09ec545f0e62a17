"""A certificate authority of a test's own, and what it vouches for, made by openssl."""

import subprocess
from pathlib import Path


class Authority:
    """Keys are readable by their owner alone, as libpq wants it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "authority"
        self._folder.mkdir()
        self.certificate = self._folder / "authority.crt"
        self._key = self._folder / "authority.key"
        self._make("/CN=Authority", self._key, self.certificate, [])

    def issued(self, name: str) -> tuple[Path, Path]:
        """The certificate of a host or of a login, and its key."""
        certificate, key = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        by = ["-CA", str(self.certificate), "-CAkey", str(self._key)]
        self._make(f"/CN={name}", key, certificate, [*by, "-addext", f"subjectAltName=DNS:{name}"])
        return certificate, key

    def _make(self, subject: str, key: Path, certificate: Path, more: list[str]) -> None:
        subprocess.run(
            [
                *(
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                ),
                *("-nodes", "-days", "2", "-subj", subject, "-keyout", str(key)),
                *("-out", str(certificate), *more),
            ],
            check=True,
            capture_output=True,
        )
