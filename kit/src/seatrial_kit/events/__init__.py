"""Events: typed messages between services, at least once, in order within a key, on NATS JetStream or Kafka.

No outbox: who must store and publish as one thing stores first and publishes again until it is accepted.
"""

from seatrial_kit.events.buses import Bus, Limits, work
from seatrial_kit.events.messages import Event, Topic
from seatrial_kit.events.subscriptions import Batches, Instead, Retries

__all__ = ["Batches", "Bus", "Event", "Instead", "Limits", "Retries", "Topic", "work"]
