"""The pages behind the link of a message about a sign-in (T18)."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class EndNotice:
    """Which sign-in the message was about, and a button that ends it: a link alone could be followed by a scanner."""

    template: ClassVar[str] = "end_notice.html"
    status: ClassVar[int] = 200
    place: str
    at: datetime
    ip: str
    browser: str
    action: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class EndNoticeDone:
    """It has ended, or there was nothing to end: *outcome* is ``ended`` or ``over``."""

    template: ClassVar[str] = "end_notice_done.html"
    status: int
    outcome: str
