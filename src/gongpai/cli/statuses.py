"""The status with which a command ends, the same for all of them."""

from enum import IntEnum


class Status(IntEnum):
    """Why it ended; 0 if it did what it was asked."""

    NO = 1
    """It was understood, and the answer is no: there is no such thing, something is pending, or what ran has died."""
    WRONG_CALL = 2
    """What was typed, or the configuration, is wrong: the same call ends so again."""
    NOT_SERVED = 3
    """A database, an address to listen at or the system does not serve as the configuration says."""
