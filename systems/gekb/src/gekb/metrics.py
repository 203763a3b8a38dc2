"""The metrics that dashboards and alerts ask for by name; all of them are there, at 0, from the start.

None has labels, and the API counts both processed errors and matches: a dashboard divides one by the other
without aggregation, which gives nothing unless both come from the same process with the same labels.
"""

import prometheus_client
from seatrial_kit import metrics


class ApiMetrics:
    """What the API counts."""

    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        def counter(name: str, documentation: str) -> prometheus_client.Counter:
            return prometheus_client.Counter(name, documentation, registry=registry)

        self.processed = counter("gekb_errors_processed", "Errors accepted and stored.")
        self.matches = counter("gekb_pattern_matches", "Accepted errors of a pattern that was known before.")
        self.attempted = counter("gekb_resolutions_attempted", "Outcomes of resolutions reported.")
        self.successful = counter("gekb_resolutions_successful", "Reported resolutions that helped.")
        self.matching_failures = counter(
            "gekb_pattern_matching_failures", "Errors that could not be matched or stored."
        )
        self.sync_failures = counter("gekb_sync_failures", "Always 0: nothing is synchronised yet.")
        self.connections_failed = connections_failed(registry)
        self.duration = metrics.QuantileSummary(
            "gekb_error_processing_duration_seconds", "Time from a submission's body to its stored answer."
        )
        registry.register(self.duration)


class WorkerMetrics:
    """What the worker counts."""

    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        self.connections_failed = connections_failed(registry)
        self.counted = prometheus_client.Counter("gekb_errors_counted", "Errors counted.", registry=registry)
        self.set_aside = prometheus_client.Counter(
            "gekb_errors_set_aside", "Errors that could not be counted.", registry=registry
        )
        self.pending = prometheus_client.Gauge(
            "gekb_errors_pending", "Errors accepted but not yet counted.", registry=registry
        )


def connections_failed(registry: prometheus_client.CollectorRegistry) -> prometheus_client.Counter:
    return prometheus_client.Counter(
        "gekb_database_connections_failed", "Connections to PostgreSQL refused or lost.", registry=registry
    )
