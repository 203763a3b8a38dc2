"""The load client, a process of its own (`python -m benchmarks.load`); prints one JSON line a request.

Closed: each caller sends its next event when the last is answered. Open: events are due at fixed times
whether or not the earlier ones are answered, and the latency counts from the time an event was due, so that a
stalled server cannot hide the requests it held up (coordinated omission).
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from typing import Any

from benchmarks import connections, events

CONNECTIONS_OPEN_MAX = 256


async def closed(
    target: connections.Target, *, callers: int, requests: int, first: int
) -> list[dict[str, Any]]:
    """`requests` events, sent by so many callers, each on a connection of its own."""
    numbers = iter(range(first, first + requests))

    async def call() -> list[dict[str, Any]]:
        connection = connections.Connection(target)
        records = []
        for number in numbers:
            body = events.body(number)
            records.append(await _sent(connection, body, due=time.perf_counter()))
        await connection.close()
        return records

    return [
        record for records in await asyncio.gather(*(call() for _ in range(callers))) for record in records
    ]


async def paced(
    target: connections.Target, *, rate: float, requests: int, first: int
) -> list[dict[str, Any]]:
    """`requests` events, one every 1/rate seconds, over as many connections as that takes, at most 256."""
    idle: asyncio.LifoQueue[connections.Connection] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS_OPEN_MAX):
        idle.put_nowait(connections.Connection(target))

    async def send(body: bytes, due: float) -> dict[str, Any]:
        connection = await idle.get()
        record = await _sent(connection, body, due=due)
        idle.put_nowait(connection)
        return record

    tasks = []
    begin = time.perf_counter() + 0.1
    for number in range(requests):
        body, due = events.body(first + number), begin + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(send(body, due)))
    records = await asyncio.gather(*tasks)
    while not idle.empty():
        await idle.get_nowait().close()
    return records


async def _sent(connection: connections.Connection, body: bytes, *, due: float) -> dict[str, Any]:
    sent = time.perf_counter()
    status, fault = 0, ""
    try:
        status = await connection.post(body)
    except (OSError, TimeoutError, connections.AnswerError) as error:
        fault = type(error).__name__
        await connection.close()
    done = time.perf_counter()
    return {"due": due, "late": sent - due, "seconds": done - due, "status": status, "fault": fault}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("how", choices=["closed", "open"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--project", default="benchmark")
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--callers", type=int, default=50, help="closed: how many at once")
    parser.add_argument("--rate", type=float, default=150, help="open: events a second")
    parser.add_argument("--first", type=int, default=0, help="the number of the first event")
    options = parser.parse_args()
    # The key comes in the environment: arguments can be read by everybody on the machine.
    target = connections.Target(url=options.url, key=os.environ["BENCHMARK_KEY"], project=options.project)
    count = {"requests": options.requests, "first": options.first}
    if options.how == "closed":
        records = asyncio.run(closed(target, callers=options.callers, **count))
    else:
        records = asyncio.run(paced(target, rate=options.rate, **count))
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"client_cpu_seconds": used.ru_utime + used.ru_stime}
    sys.stdout.writelines(json.dumps(record) + "\n" for record in (*records, cost))


if __name__ == "__main__":
    main()
