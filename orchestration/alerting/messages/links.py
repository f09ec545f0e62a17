"""What messages show of the dashboard: links to its pages, and clients under the same names."""

from orchestration.alerting.messages.message import Item, Link


def links(dashboard: str, section: str) -> tuple[Link, Link]:
    """The dashboard and a section of its runbook; `dashboard` is its URL without a final slash."""
    return (
        Link("Dashboard", f"{dashboard}/admin/monitoring"),
        Link("Runbook", f"{dashboard}/admin/runbook#{section}"),
    )


def client_label(client_id: str, name: str | None) -> str:
    """`Acme (acme)`, or the id alone of a client without a name."""
    return f"{name} ({client_id})" if name else client_id


def client_item(dashboard: str, client_id: str, label: str, text: str) -> Item:
    """An item of a message with a link to the client's page."""
    return Item(label, text, f"{dashboard}/admin/monitoring/clients/{client_id}")
