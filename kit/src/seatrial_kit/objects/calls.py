"""Calls of obstore, each in a thread and bounded in time.

Its own asynchronous functions are not used: they finish on threads that Python does not know, and of the
processes that ended soon after a call one in twenty aborted (measured with obstore 0.12.1 and Python 3.12).
"""

import asyncio
import concurrent.futures
from collections.abc import Callable

from seatrial_kit import errors
from seatrial_kit.objects import failures

THREADS_MAX = 16  # calls at once; who comes then waits, within the time of the call
_THREADS = concurrent.futures.ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="objects")


async def run[T](key: str, seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives; a call that was given up may yet happen."""
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
    except TimeoutError as error:
        raise errors.Unavailable(f"the bucket did not answer within {seconds:g} s") from error
    except failures.FOREIGN as error:
        raise failures.mapped(key, error) from error
