"""Stops the embedded server of a state folder and deletes its data, wherever they are.

`make clean` calls it after it has asked: it deletes what is in its folder, whatever META_ADS_HOME
and WAREHOUSE_URL name.
"""

import sys
from pathlib import Path

from orchestration.errors import MetaAdsError
from orchestration.process.program import with_program
from orchestration.settings.files import FileSettings
from orchestration.warehouse.embedded.in_use import refuse_if_in_use
from orchestration.warehouse.embedded.server import EmbeddedServer


def server_of(home: Path) -> EmbeddedServer:
    """The server of this state folder; its own pointer says where the data are."""
    return EmbeddedServer(home.absolute(), FileSettings().system_data)


def main(home: Path) -> str | None:
    """Remove the data, unless a program works with them; returns why it did not."""
    try:
        server = server_of(home)
        refuse_if_in_use(server)
        server.remove_data()
    except MetaAdsError as error:
        return str(error)
    return None


if __name__ == "__main__":
    if refusal := main(Path(sys.argv[1])):
        sys.stderr.write(f"{with_program(refusal)}\n")
        sys.exit(2)
