"""The engines' fixtures for all of the kit's tests."""

from kit.tests.engines import database_url, postgres, valkey

__all__ = ["database_url", "postgres", "valkey"]
