"""From `gongpai serve` to an answer that it is ready: one worker, and a database that is there already."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Figure, cpu_clock_of, state
from benchmarks.served import pretend_wecom, served, write_config

_STARTS = 7
_MOST_SECONDS = 1.5


def measure() -> Iterator[Figure]:
    elapsed, used = [], []
    with pretend_wecom() as wecom, tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder), wecom)
        with served(config):
            pass
        for _ in range(_STARTS):
            began = time.monotonic()
            with served(config) as gateway:
                elapsed.append(time.monotonic() - began)
                used.append(cpu_clock_of(gateway.process.pid, gateway.worker_pid)())
    # The clock on the wall counts whatever else the machine does; what the gateway itself needs is its CPU time.
    yield state("cold start, CPU of supervisor and worker", "gongpai serve", used, "s", _MOST_SECONDS)
    yield state("cold start, until it is ready", "gongpai serve", elapsed, "s", _MOST_SECONDS)
