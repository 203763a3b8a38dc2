"""The command line: the only place that prints, and the only one that exits."""

from __future__ import annotations

from seatrial.cli.application import main

__all__ = ["main"]
