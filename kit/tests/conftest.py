"""The engines' fixtures for all of the kit's tests."""

import os

from kit.tests.buses import bus_server
from kit.tests.engines import database_url, postgres, valkey
from kit.tests.payments import names

__all__ = ["bus_server", "database_url", "names", "postgres", "valkey"]

# Before numpy is imported: its threads wait by turning, which on a busy machine slows the sentence vectors.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
