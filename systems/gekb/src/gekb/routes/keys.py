"""POST /v1/keys and DELETE /v1/keys/{id}: the smallest door to project keys, for admins alone."""

import uuid

from seatrial_kit import answers, applications, bodies, errors, idempotency_keys
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gekb import events
from gekb.rules import access
from gekb.services import Services


def routes(services: Services) -> list[Route]:
    own = _Keys(services)
    return [
        applications.route("/v1/keys", POST=own.create),
        applications.route("/v1/keys/{key_id}", DELETE=own.revoke),
    ]


class _Keys:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def create(self, request: Request) -> Response:
        """Makes a key for projects, which are made too where they are new; its secret is shown this once."""
        caller = await self._services.callers.identify(request, access.ADMINISTRATION)
        access.ensure_admin(caller.key)
        if (
            idempotency_keys.HEADER in request.headers
        ):  # its answer would have to be kept, and with it the secret
            raise errors.InvalidRequest(
                "is not taken here; a key made twice can be revoked", field="Idempotency-Key"
            )
        body = await bodies.read(request, events.NewKey)
        slugs = tuple(dict.fromkeys(access.ensure_slug(slug, "projects") for slug in body.value.projects))
        for slug in slugs:
            await self._services.callers.written(caller, slug, slug, None)
        made = await self._services.ring.create(body.value.name, slugs)
        data = {"id": made.key.id, "key": made.secret, "name": made.key.name, "projects": made.key.projects}
        return answers.success(request.scope, data, headers=caller.headers, warnings=body.warnings)

    async def revoke(self, request: Request) -> Response:
        caller = await self._services.callers.identify(request, access.ADMINISTRATION)
        access.ensure_admin(caller.key)
        try:
            key_id = uuid.UUID(request.path_params["key_id"])
        except ValueError as error:
            raise errors.NotFound("there is no such key") from error
        if not await self._services.ring.revoke(key_id):
            raise errors.NotFound("there is no such key")
        return answers.success(request.scope, {"id": key_id, "revoked": True}, headers=caller.headers)
