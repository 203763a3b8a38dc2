"""The engines' fixtures for all of the kit's tests."""

from kit.tests.buses import bus_server
from kit.tests.engines import database_url, postgres, valkey

__all__ = ["bus_server", "database_url", "postgres", "valkey"]
