"""What a command says when something that the configuration names does not serve: what it is and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

from gongpai.cli.language import Language, choose_language
from gongpai.cli.statuses import Status

if TYPE_CHECKING:
    from gongpai.gateway.config import Config, Fault


@contextmanager
def told() -> Iterator[None]:
    """Tell the troubles of the block in the operator's language, in two lines each, and leave."""
    from gongpai.gateway.config import Fault
    from gongpai.gateway.keys import WrongSecretKeyError
    from gongpai.gateway.listeners import CannotListenError
    from gongpai.gateway.store import StoreError, Trouble

    try:
        yield
    except WrongSecretKeyError:
        fault = Fault("secret_key", "wrong_secret_key")
    except StoreError as error:
        key = "tickets" if error.trouble is Trouble.TICKETS else "storage"
        fault = Fault(key, error.trouble.value, str(error))
    except CannotListenError as error:
        fault = Fault(error.key, error.kind, str(error.address))
    except BrokenPipeError:
        raise  # whoever reads the answer, such as head, has had enough: the command line ends without a word
    except OSError as error:
        fault = Fault("", "system_refused", str(error))
    else:
        return
    leave(fault, Status.NOT_SERVED)


def require_schema(config: "Config") -> None:
    """Leave unless the database is there, is of this world, and has all tables: a query on it would not say so.

    A SQLite file that is not there would even be made, empty.
    """
    from gongpai.gateway.config import Fault
    from gongpai.gateway.store.migrate import find_pending
    from gongpai.gateway.store.open import sqlite_path

    file = sqlite_path(config.storage)
    if file is not None and not file.exists():
        leave(Fault("storage", "file_missing", str(file)), Status.NOT_SERVED)
    pending = find_pending(config.storage, config.world)
    if pending:
        leave(Fault("storage", "storage_behind", ", ".join(pending)), Status.NOT_SERVED)


def refuse(kind: str, detail: str, status: Status = Status.NO, lang: Language | None = None) -> NoReturn:
    """Leave with a no of this *kind*, about no setting of the configuration."""
    from gongpai.gateway.config import Fault

    leave_saying(Fault("", kind, detail).render(choose_language(lang)), status)


def leave(fault: "Fault", status: Status) -> NoReturn:
    """Say the *fault* in the operator's language, and leave with *status*."""
    leave_saying(fault.render(choose_language()), status)


def leave_saying(message: str, status: Status) -> NoReturn:
    """Say *message* where errors are said, and leave with *status*."""
    typer.echo(message, err=True)
    raise typer.Exit(status)
