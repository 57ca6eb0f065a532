"""T27: one file sends to addresses that others chose; what it refuses is in its own tests."""

import re
from pathlib import Path

import gongpai.gateway

_ROOM = Path(gongpai.gateway.__file__).parent
_CLIENTS = re.compile(r"^\s*(?:import|from) (?:httpx2?|requests|urllib\.request|http\.client|aiohttp)\b", re.MULTILINE)


def test_no_other_room_of_the_gateway_can_send_anything() -> None:
    senders = [
        file.relative_to(_ROOM).as_posix() for file in _ROOM.rglob("*.py") if _CLIENTS.search(file.read_text("utf-8"))
    ]
    assert senders == ["outbound.py"]
