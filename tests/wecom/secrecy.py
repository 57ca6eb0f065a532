"""Everything that an exception would show to a log with the curious settings: chain, texts, values, locals."""

import traceback
from pathlib import Path
from types import TracebackType

_TESTS = str(Path(__file__).resolve().parents[1])


def reveal(error: BaseException) -> str:
    """Render *error*, all that it is chained to, and the locals of every frame but the tests' own."""
    shown: list[str] = []
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__]
        shown += [repr(each), str(each), repr(each.args), repr(vars(each)), *_locals(each.__traceback__)]
        shown += traceback.format_exception_only(each)
    return "\n".join(shown)


def _locals(trace: TracebackType | None) -> list[str]:
    shown = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_TESTS):
            shown += [f"{name}={value!r}" for name, value in trace.tb_frame.f_locals.items()]
        trace = trace.tb_next
    return shown
