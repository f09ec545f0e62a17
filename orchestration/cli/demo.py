"""Whether a command works with demo data: only where somebody asked for them.

They are asked for with --demo, by `make run` and `make up` where nothing is set up yet, or by a
state folder whose mark says that an earlier command filled this very warehouse with them.
"""

from enum import Enum

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.settings.env_file import META_URL
from orchestration.settings.places import clients_files, env_files
from orchestration.warehouse.connection import display_url

MARKER = "demo"
"""The file in the state folder that names the warehouse whose data are the demo's."""
EMBEDDED = "embedded"
"""What it says of the server in the state folder."""


class Demo(Enum):
    """What the caller says about demo data."""

    NO = "not asked for"
    IF_NEW = "where nothing is set up"
    YES = "asked for"


def asked_for(demo: bool, demo_if_new: bool) -> Demo:
    """What the options --demo and --demo-if-new say together."""
    return Demo.YES if demo else Demo.IF_NEW if demo_if_new else Demo.NO


def is_demo(settings: Settings, asked: Demo = Demo.NO) -> bool:
    """Whether this command works with demo data, which a sandbox of its own answers.

    Raises:
        UsageError: nothing is set up and nobody asked for the demo, or it is asked for beside
            settings of real clients.
    """
    is_set_up = settings.access_token is not None or settings.clients_file.exists()
    # The address of a sandbox that runs elsewhere is all it takes to use that one.
    if is_set_up or settings.api_url != META_URL:
        if asked is Demo.YES and is_set_up:
            raise UsageError(
                "--demo is refused: a token or a clients file is set up already, and demo data are "
                "not put beside real ones. Give the demo a state folder of its own: "
                "cd $(mktemp -d) && META_ADS_HOME=$PWD/state meta-ads run --demo"
            )
        return False
    if asked is Demo.YES or not (how := _how_to_ask(settings, asked)):
        return True
    raise UsageError(
        f"Nothing is set up: there is no token and no clients file. meta-ads init makes both. "
        f"{looked_at(settings)} "
        f"For demo data instead: {how}. meta-ads where shows all places."
    )


def _how_to_ask(settings: Settings, asked: Demo) -> str:
    """How to ask for demo data where nobody has yet; empty where somebody has.

    Whoever names a clients file or a server has begun to set up: a wrong path of the former must
    not fill the latter with demo data.
    """
    is_named = "clients_file" in settings.model_fields_set
    if not is_named and has_demo_data(settings):
        return ""
    if settings.warehouse_url is not None:
        return f"meta-ads run --demo, which writes them to {warehouse_name(settings)}"
    if is_named:
        return "meta-ads run --demo"
    return "" if asked is Demo.IF_NEW else "make run in the checkout, or meta-ads run --demo"


def warehouse_name(settings: Settings) -> str:
    """The address of the warehouse without its password, or `embedded`."""
    url = settings.warehouse_url
    return EMBEDDED if url is None else display_url(url.get_secret_value())


def has_demo_data(settings: Settings) -> bool:
    """Whether the state folder says that the data of this warehouse are the demo's."""
    return _marked(settings) == warehouse_name(settings)


def mark_as_demo(settings: Settings) -> None:
    """Let the state folder say that the data of this warehouse are the demo's."""
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / MARKER).write_text(f"{warehouse_name(settings)}\n", "utf-8")


def unmark(settings: Settings) -> bool:
    """Take the mark of a demo away, since real clients come now; whether this warehouse had one."""
    is_marked = has_demo_data(settings)
    (settings.home / MARKER).unlink(missing_ok=True)
    return is_marked


def check_clients_file(settings: Settings) -> None:
    """Check that there is a clients file, where no setting names it.

    Raises:
        UsageError: names the files that were looked for.
    """
    if "clients_file" in settings.model_fields_set or settings.clients_file.exists():
        return
    raise UsageError(f"There is no clients file. {_clients_looked_at(settings)}")


def looked_at(settings: Settings) -> str:
    """Where a token and the clients file were looked for, and what to do."""
    files = " and ".join(map(str, env_files()))
    return (
        f"META_ACCESS_TOKEN was looked for in the environment and in {files}: set it to a system "
        f"user's token with ads_read. {_clients_looked_at(settings)}"
    )


def _clients_looked_at(settings: Settings) -> str:
    is_named = "clients_file" in settings.model_fields_set
    files = [settings.clients_file] if is_named else clients_files()
    return (
        f"The clients file was looked for as {' and '.join(map(str, files))}: write it "
        "(meta-ads clients discover lists ad accounts), or name another with META_ADS_CLIENTS."
    )


def _marked(settings: Settings) -> str:
    """The warehouse that the mark names; empty without a mark."""
    try:
        return (settings.home / MARKER).read_text("utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
