"""Lines of log on their way out, written by a thread: a reader that stops must not stop the service."""

import atexit
import contextlib
import os
import queue
import threading

LINES_MAX = 10_000  # that wait; what comes on top is dropped and counted
BATCH_LINES = 200
CLOSE_SECONDS = 1.0


class Lines:
    """The least of a file that loggers need; never blocks."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._dropped = 0
        self._lock = threading.Lock()  # of the count
        self._thread = threading.Thread(target=self._run, name="log-lines", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, text: bytes | str) -> None:
        if self._waiting.qsize() >= LINES_MAX:
            with self._lock:
                self._dropped += 1
        else:
            self._waiting.put(text if isinstance(text, bytes) else text.encode())

    def flush(self) -> None:
        """Does nothing: the thread writes as soon as it can."""

    def close(self) -> None:
        """Writes what waits, if somebody reads it."""
        self._waiting.put(None)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        ended = False
        while not ended:
            batch = [self._waiting.get()]
            while len(batch) < BATCH_LINES and not self._waiting.empty():
                batch.append(self._waiting.get())
            ended = None in batch
            self._emit(b"".join(line for line in batch if line is not None) + self._confess())

    def _confess(self) -> bytes:
        with self._lock:
            lost, self._dropped = self._dropped, 0
        return b'{"event":"log lines were dropped","level":"warning","count":%d}\n' % lost if lost else b""

    def _emit(self, text: bytes) -> None:
        with contextlib.suppress(OSError):  # nobody reads any more, and there is nowhere to say so
            while text:
                text = text[os.write(self._descriptor, text) :]
