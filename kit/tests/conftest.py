"""The engines' fixtures for all of the kit's tests."""

from kit.tests.buses import bus_server
import os

from kit.tests.engines import database_url, postgres, valkey

__all__ = ["bus_server", "database_url", "postgres", "valkey"]

# Before numpy is imported: its threads wait by turning, and on a busy machine slow the sentence vectors twentyfold.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
