"""Which port each endpoint has here: chosen once and kept, so that later runs have the same addresses."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Mapping

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, listeners, owners
from seatrial.plan import Plan

HOST = "127.0.0.1"
# Below the range from which systems take ports for outgoing connections, which would come and go; in an order
# of its own for each folder, so that two systems of which one is stopped rarely choose the same.
_OTHERS = range(20000, 32000)
_TRIES_MAX = 500
OTLP = parts.Endpoint(name="otlp", of="otlp", port=4318)
"""Where programs send their spans; endpoints of a page have a dot in their names."""


def allocate_ports(
    folder: folders.Folder, endpoints: tuple[parts.Endpoint, ...], exposed: frozenset[str]
) -> dict[str, int]:
    """Endpoint → port, the same as in earlier runs.

    An exposed endpoint gets the page's port where that is free at first, and keeps its port for good, since
    people know it: MissingError when something else holds it now. What only other parts talk to listens where
    nobody else is likely to, and moves on when its port is taken. Two endpoints of one part with one number
    are one port. Call it when nothing of this system runs.
    """
    kept = read_ports(folder)
    leaders = _leaders(endpoints, exposed)
    ports: dict[str, int] = {}
    taken: list[str] = []
    for endpoint in leaders.values():
        port = kept.get(endpoint.name)
        if port is not None and (is_free(port) or endpoint.name in exposed):
            ports[endpoint.name] = port
            if not is_free(port):
                taken.append(f"{endpoint.name}: port {port} is held by {listeners.holder(port)}")
    if taken:
        raise errors.MissingError(
            "; ".join(taken) + f". Stop what holds it, or delete {folder.ports} to choose ports anew."
        )
    for endpoint in leaders.values():
        if endpoint.name not in ports:
            own = random.Random(f"{folder.run} {endpoint.name}").sample(_OTHERS, _TRIES_MAX)  # noqa: S311
            wanted = [endpoint.port, *own] if endpoint.name in exposed else own
            ports[endpoint.name] = _choose(endpoint.name, wanted, used={*kept.values(), *ports.values()})
    ports |= {name: ports[leader.name] for name, leader in leaders.items()}
    if ports.items() - kept.items():
        folders.write_atomically(folder.ports, json.dumps(kept | ports, indent=1, sort_keys=True))
    return ports


def read_ports(folder: folders.Folder) -> dict[str, int]:
    """The ports that were chosen so far. Raises MissingError where the file holds something else."""
    try:
        raw = json.loads(folder.ports.read_text(encoding="utf-8"))
        return {str(name): int(port) for name, port in raw.items()}
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise owners.not_ours(folder.root) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise errors.MissingError(
            f"{folder.ports} is not a mapping of endpoints to ports ({error}): delete it to choose ports anew"
        ) from error


def forget_taken(folder: folders.Folder, before: Mapping[str, int]) -> None:
    """Gives up what a failed run was the first to choose and something else took: nobody knows it yet.

    `before` is what was chosen before that run. Call it when nothing of this system runs.
    """
    kept = read_ports(folder)
    taken = {name for name, port in kept.items() if name not in before and not is_free(port)}
    if taken:
        left = {name: port for name, port in kept.items() if name not in taken}
        folders.write_atomically(folder.ports, json.dumps(left, indent=1, sort_keys=True))


def is_free(port: int) -> bool:
    """Nothing listens on it; what is left of closed connections does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def addresses(ports: Mapping[str, int], endpoints: tuple[parts.Endpoint, ...]) -> dict[str, str]:
    return {
        endpoint.name: f"{HOST}:{ports[endpoint.name]}" for endpoint in endpoints if endpoint.name in ports
    }


def urls(ports: Mapping[str, int], exposures: tuple[parts.Exposure, ...]) -> dict[str, str]:
    """Exposure → address for users, without a trailing slash."""
    return {
        exposure.name: f"http://{HOST}:{ports[exposure.endpoint]}"
        for exposure in exposures
        if exposure.endpoint in ports
    }


def unexposed(plan: Plan) -> tuple[parts.Endpoint, ...]:
    """HTTP endpoints of the application's programs that no exposure leads to a user."""
    own = {one.name for one in plan.of(parts.Workload) if isinstance(one.program, parts.Command)}
    exposed = {one.endpoint.partition(".")[0] for one in plan.of(parts.Exposure)}
    endpoints = plan.of(parts.Endpoint)
    return tuple(one for one in endpoints if one.protocol == "http" and one.of in own - exposed)


def inner_urls(ports: Mapping[str, int], plan: Plan) -> dict[str, str]:
    """Endpoint → address on this machine, of what `unexposed` gives."""
    return {
        endpoint.name: f"http://{HOST}:{ports[endpoint.name]}"
        for endpoint in unexposed(plan)
        if endpoint.name in ports
    }


def _leaders(endpoints: tuple[parts.Endpoint, ...], exposed: frozenset[str]) -> dict[str, parts.Endpoint]:
    """Endpoint → the one whose port it has: its own, or that of another with its number at the same part."""
    first: dict[tuple[str, int], parts.Endpoint] = {}
    for endpoint in sorted(endpoints, key=lambda one: one.name not in exposed):
        first.setdefault((endpoint.of, endpoint.port), endpoint)
    return {endpoint.name: first[endpoint.of, endpoint.port] for endpoint in endpoints}


def _choose(endpoint: str, wanted: list[int], used: set[int]) -> int:
    for port in wanted:
        if port not in used and is_free(port):
            return port
    raise errors.MissingError(f"found no free port for {endpoint} in {_TRIES_MAX} tries")
