"""What a gateway on SQLite wrote into its audit log."""

import json
import sqlite3
from contextlib import closing
from typing import Any

from gateways import Gateway


def events(gateway: Gateway, name: str) -> list[dict[str, Any]]:
    """Return the events called *name*, in the order in which they were recorded."""
    with closing(sqlite3.connect(gateway.storage / "gongpai.db")) as connection:
        found = [json.loads(row[0]) for row in connection.execute("SELECT event FROM audit ORDER BY at, number")]
    return [event for event in found if event["name"] == name]
