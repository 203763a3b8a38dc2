"""The page that Prometheus reads, and a summary with quantiles, which the client library does not have."""

import bisect
import collections
import time
from collections.abc import Callable, Iterable, Sequence

import prometheus_client
from prometheus_client.core import SummaryMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

QUANTILES = (0.5, 0.9, 0.95, 0.99)
SAMPLES_MAX = 4096


class QuantileSummary(Collector):
    """Exact quantiles of the latest observations: at most `SAMPLES_MAX`, none older than `age_seconds`.

    The quantile is the nearest-rank one. Without observations it is 0, so the series exists from the start.
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        *,
        age_seconds: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._age_seconds = age_seconds
        self._clock = clock
        self._samples: collections.deque[tuple[float, float]] = collections.deque(maxlen=SAMPLES_MAX)
        self._count = 0
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._samples.append((self._clock(), value))
        self._count += 1
        self._sum += value

    def collect(self) -> Iterable[SummaryMetricFamily]:
        oldest = self._clock() - self._age_seconds
        values = sorted(value for at, value in self._samples if at >= oldest)
        family = SummaryMetricFamily(self._name, self._documentation)
        for quantile in QUANTILES:
            family.add_sample(self._name, {"quantile": str(quantile)}, nearest_rank(values, quantile))
        family.add_metric([], self._count, self._sum)
        yield family


def nearest_rank(ordered: Sequence[float], quantile: float) -> float:
    """The smallest value that at least the share `quantile` of `ordered` does not exceed; 0 of nothing."""
    if not ordered:
        return 0.0
    ranks = range(1, len(ordered) + 1)
    index = bisect.bisect_left(ranks, quantile * len(ordered) - 1e-9)
    return ordered[min(index, len(ordered) - 1)]


def registry() -> prometheus_client.CollectorRegistry:
    """A registry of its own, with the process's memory, processor time and open files."""
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
    own = prometheus_client.CollectorRegistry()
    prometheus_client.ProcessCollector(registry=own)
    prometheus_client.PlatformCollector(registry=own)
    return own


def route(own: prometheus_client.CollectorRegistry) -> Route:
    async def metrics(_request: Request) -> Response:
        return Response(
            prometheus_client.generate_latest(own), media_type=prometheus_client.CONTENT_TYPE_LATEST
        )

    return Route("/metrics", metrics)
