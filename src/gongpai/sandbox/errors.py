"""What can go wrong when somebody works with the sandbox itself (never what WeCom answers).

SandboxError
├── NotFoundError      no such corp, app, person, key or corner
├── NotAllowedError    it is there, but in this state it cannot be done
└── WorldFileError     the world does not fit its schema; every fault is named
"""


class SandboxError(Exception):
    """Say that the sandbox could not do what it was told; never raised itself."""


class NotFoundError(SandboxError):
    """Name something that is not in this world."""


class NotAllowedError(SandboxError):
    """Refuse what the state of the world forbids."""


class WorldFileError(SandboxError):
    """Name every fault of a world at once.

    Attributes:
        faults: one sentence each, beginning with the place, such as ``corps[0].apps[1].secret``.
        is_shape: whether the schema is broken; else it fits, but names what is not there, or twice.
    """

    def __init__(self, faults: list[str], *, is_shape: bool = True) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
        self.is_shape = is_shape
