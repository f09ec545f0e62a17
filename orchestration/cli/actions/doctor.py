"""What `meta-ads doctor` does: look at everything, print it, and turn it into an exit code."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from orchestration.alerting.destinations.secrets import hider
from orchestration.cli.demo import is_demo
from orchestration.cli.exit_codes import DONE, FAILED, UNFINISHED, UNREACHABLE
from orchestration.cli.output.doctor import print_line, print_verdict
from orchestration.cli.output.documents import print_document
from orchestration.doctor.examination import examine
from orchestration.doctor.line import Line
from orchestration.errors import UsageError
from orchestration.process.program import with_program
from orchestration.settings import Settings


def show_doctor(*, as_json: bool) -> int:
    """Print each line as soon as it is known, or one document; returns the exit code."""
    # An attempt that failed and was made again needs no line of its own.
    logging.getLogger("orchestration").setLevel(logging.ERROR)
    hide = hider()
    lines: list[Line] = []
    for found in examine(_is_demo):
        text, mend = with_program(found.text), with_program(found.mend)
        line = replace(found, text=hide(text), mend=hide(mend))
        lines.append(line)
        if not as_json:
            print_line(line)
    if as_json:
        print_document({"status": _worst(lines), "lines": lines})
    else:
        print_verdict(lines)
    return _exit_code(lines)


def _is_demo(settings: Settings) -> bool:
    try:
        return is_demo(settings)
    except UsageError:
        # Nothing is set up: lines say what is missing.
        return False


def _worst(lines: Sequence[Line]) -> str:
    found = {line.status for line in lines}
    return next((status for status in ("failure", "warning") if status in found), "ok")


def _exit_code(lines: Sequence[Line]) -> int:
    """As the exit code of `meta-ads health`."""
    if any(line.is_unreachable for line in lines):
        return UNREACHABLE
    return {"ok": DONE, "warning": UNFINISHED, "failure": FAILED}[_worst(lines)]
