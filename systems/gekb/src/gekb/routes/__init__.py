"""The HTTP surface, thin: read, decide, store, answer."""

from starlette.routing import Route

from gekb.routes import analytics, errors, keys, landing, patterns
from gekb.services import Services


def build(services: Services) -> list[Route]:
    return [
        *errors.routes(services),
        *patterns.routes(services),
        *analytics.routes(services),
        *keys.routes(services),
        *landing.routes(),
    ]
