"""What the gateway counts, for Prometheus.

Several workers count into files of one directory that the supervisor names in ``PROMETHEUS_MULTIPROC_DIR`` before they
start; the supervisor adds them up. No label ever holds anything that a visitor can choose.
"""

from collections.abc import Iterable
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

requests = Counter(
    "gongpai_requests", "Requests by route and answer.", ("route", "method", "status"), registry=REGISTRY
)
request_seconds = Histogram(
    "gongpai_request_seconds",
    "Time to answer, by route.",
    ("route",),
    buckets=(0.005, 0.02, 0.1, 0.5, 2.0, 10.0),
    registry=REGISTRY,
)
signins_begun = Counter(
    "gongpai_signins_begun",
    "Browsers sent to WeCom, by app, way and purpose.",
    ("app", "way", "purpose"),
    registry=REGISTRY,
)
signins = Counter(
    "gongpai_signins",
    "Browsers that came back from WeCom, by app and what came of it.",
    ("app", "outcome"),
    registry=REGISTRY,
)
wecom_failures = Counter(
    "gongpai_wecom_failures",
    "Calls to WeCom that failed, by the class of the error and its errcode.",
    ("error", "errcode"),
    registry=REGISTRY,
)
gate_decisions = Counter(
    "gongpai_gate_decisions",
    "Questions of proxies, by what came of them and by where the answer was found.",
    ("outcome", "source"),
    registry=REGISTRY,
)
authorizations = Counter(
    "gongpai_authorizations",
    "Answers to relying parties through the browser, by party and what came of it.",
    ("party", "outcome"),
    registry=REGISTRY,
)
logouts = Counter(
    "gongpai_logouts",
    "Relying parties told by back-channel logout, by party and whether they heard.",
    ("party", "outcome"),
    registry=REGISTRY,
)
notices = Counter(
    "gongpai_notices",
    "Messages about sign-ins at a desk, by app and what came of it.",
    ("app", "outcome"),
    registry=REGISTRY,
)
tokens = Counter(
    "gongpai_tokens",
    "Answers of the token endpoint, by party, grant and what came of it.",
    ("party", "grant", "outcome"),
    registry=REGISTRY,
)
refreshes_again = Counter(
    "gongpai_refreshes_again",
    "Refresh tokens that came again, by party and what came of it: repeated within the grace, or reused.",
    ("party", "outcome"),
    registry=REGISTRY,
)
name_collisions = Counter(
    "gongpai_name_collisions",
    "Names that somebody else holds, by kind: the username gets a number, the email is left out.",
    ("kind",),
    registry=REGISTRY,
)
config_behind = Gauge(
    "gongpai_config_behind",
    "Whether a worker runs with something else than what lies on disk, by why: a fault, or a restart that is due.",
    ("why",),
    registry=REGISTRY,
    multiprocess_mode="livemax",
)


# Finding a counter by its labels costs as much as counting, and there are not many more of them than parties.
@lru_cache(maxsize=4_096)
def counted(counter: Counter, *labels: str) -> Counter:
    """Return the child of *counter* that counts under these *labels*."""
    return counter.labels(*labels)


class Tally:
    """Counts in memory what comes too often to be written down each time."""

    def __init__(self, counter: Counter, labels: Iterable[tuple[str, ...]]) -> None:
        """Count for *counter*, under these *labels*."""
        self._counter = counter
        self._counts = dict.fromkeys(labels, 0)
        self._is_written = True

    def add(self, labels: tuple[str, ...]) -> bool:
        """Count one more; whether it is the first since the last writing, which the caller then sees to."""
        self._counts[labels] += 1
        was_written, self._is_written = self._is_written, False
        return was_written

    def write(self) -> None:
        """Write down what was counted."""
        self._is_written = True
        for labels, count in self._counts.items():
            if count:
                self._counter.labels(*labels).inc(count)
                self._counts[labels] = 0
