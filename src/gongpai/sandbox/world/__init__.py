"""A world: corps, people and apps, and all that happens to them. Pure: no HTTP, no files.

Not for: what an answer looks like (`gongpai.sandbox.api`), where a world comes from (`gongpai.sandbox.world_file`).
"""

from gongpai.sandbox.world.clock import Clock
from gongpai.sandbox.world.live import (
    AppToken,
    Code,
    Consent,
    JsapiTicket,
    Person,
    PersonKind,
    Principal,
    QrLogin,
    QrStatus,
    Scope,
    Ticket,
    Way,
)
from gongpai.sandbox.world.messages import Message
from gongpai.sandbox.world.people import CorpIndex, Standing
from gongpai.sandbox.world.records import (
    SENSITIVE_FIELDS,
    App,
    Corp,
    Department,
    External,
    LinkedCorp,
    Member,
    SensitiveField,
    Stranger,
    WorldFile,
)
from gongpai.sandbox.world.world import World

__all__ = [
    "SENSITIVE_FIELDS",
    "App",
    "AppToken",
    "Clock",
    "Code",
    "Consent",
    "Corp",
    "CorpIndex",
    "Department",
    "External",
    "JsapiTicket",
    "LinkedCorp",
    "Member",
    "Message",
    "Person",
    "PersonKind",
    "Principal",
    "QrLogin",
    "QrStatus",
    "Scope",
    "SensitiveField",
    "Standing",
    "Stranger",
    "Ticket",
    "Way",
    "World",
    "WorldFile",
]
