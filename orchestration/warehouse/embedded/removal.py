"""Stops the embedded server of a state folder and deletes its data, wherever they are.

`make clean` calls it after it has asked: it deletes what is in its folder, whatever META_ADS_HOME
and WAREHOUSE_URL name.
"""

import sys
from pathlib import Path

from orchestration.settings.files import FileSettings
from orchestration.warehouse.embedded.server import EmbeddedServer


def remove_server(home: Path) -> None:
    """Delete the server of this state folder; its own pointer says where the data are."""
    EmbeddedServer(home.absolute(), FileSettings().system_data).remove_data()


if __name__ == "__main__":
    remove_server(Path(sys.argv[1]))
