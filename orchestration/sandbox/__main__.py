"""`python -m orchestration.sandbox`: what `process` starts. People use `meta-ads sandbox serve`."""

import sys

from orchestration.errors import MetaAdsError
from orchestration.sandbox.options import SandboxOptions
from orchestration.sandbox.server import serve

INTERRUPTED = 130


def main(written: str) -> int:
    """Serve until stdin ends, with the options as `SandboxOptions.written` gives them.

    Returns the exit code.
    """
    try:
        serve(SandboxOptions.read(written), exit_with_parent=True)
    except KeyboardInterrupt:
        return INTERRUPTED
    except MetaAdsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
