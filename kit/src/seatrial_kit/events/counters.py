"""What the bus tells Prometheus."""

import prometheus_client


class Counters:
    """One set for each registry."""

    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        self.published = prometheus_client.Counter(
            "events_published",
            "Messages that were to be published, by whether the bus said that it keeps them.",
            ["topic", "outcome"],  # accepted or not_accepted
            registry=registry,
        )
        self.handled = prometheus_client.Counter(
            "events_handled",
            "Messages by what became of them; failed counts each try.",
            ["topic", "group", "outcome"],  # handled, failed, dead or dropped
            registry=registry,
        )
        self.seconds = prometheus_client.Histogram(
            "events_handler_seconds",
            "How long handlers took, whether they failed or not.",
            ["topic", "group"],
            registry=registry,
        )
        self.behind = prometheus_client.Gauge(
            "events_behind",
            "Messages of a partition that its group has not handled yet.",
            ["topic", "group", "partition"],
            registry=registry,
        )
