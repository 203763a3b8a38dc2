"""Calls of obstore, each in a thread and bounded in time.

Its own asynchronous functions are not used: they finish on threads that Python does not know, and of the
processes that ended soon after a call one in twenty aborted (measured with obstore 0.12.1 and Python 3.12).
The threads are daemons, unlike those of `concurrent.futures`, which every process waits for at its end: a
bucket that hangs would keep it. Calls that were given up get `END_SECONDS` then.
"""

import asyncio
import atexit
import concurrent.futures
import queue
import threading
from collections.abc import Callable
from typing import Any

from seatrial_kit import errors
from seatrial_kit.objects import failures

THREADS_MAX = 16  # calls at once; who comes then waits, within the time of the call
END_SECONDS = 1.0


class _Threads:
    """Begun when they are wanted, and kept."""

    def __init__(self) -> None:
        self._wanted: queue.SimpleQueue[tuple[concurrent.futures.Future[Any], Callable[[], Any]]]
        self._wanted = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._count = 0
        self._idle = threading.Semaphore(0)
        self._working: set[concurrent.futures.Future[Any]] = set()

    def submit(self, work: Callable[[], Any]) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._wanted.put((future, work))
        with self._lock:
            if not self._idle.acquire(blocking=False) and self._count < THREADS_MAX:
                self._count += 1
                threading.Thread(target=self._run, name=f"objects-{self._count}", daemon=True).start()
        return future

    def end(self) -> None:
        with self._lock:
            working = set(self._working)
        concurrent.futures.wait(working, END_SECONDS)

    def _run(self) -> None:
        while True:
            future, work = self._wanted.get()
            if future.set_running_or_notify_cancel():
                self._work(future, work)
            del future, work  # or they, and what was read, would live until the next call
            self._idle.release()

    def _work(self, future: concurrent.futures.Future[Any], work: Callable[[], Any]) -> None:
        with self._lock:
            self._working.add(future)
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001 -- the caller's, who waits for it in another thread
            future.set_exception(error)
        else:
            future.set_result(answer)
        with self._lock:
            self._working.discard(future)


_THREADS = _Threads()
atexit.register(_THREADS.end)


async def run[T](key: str, seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives; a call that was given up may yet happen."""
    try:
        async with asyncio.timeout(seconds):
            answer: T = await asyncio.wrap_future(_THREADS.submit(work))
            return answer
    except TimeoutError as error:
        raise errors.Unavailable(f"the bucket did not answer within {seconds:g} s") from error
    except failures.FOREIGN as error:
        raise failures.mapped(key, error) from error
