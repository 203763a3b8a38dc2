"""The laptop driver: real engines from wheels and the application's own processes, on this machine."""

from __future__ import annotations

from seatrial.drivers.laptop.adoptions import adopting
from seatrial.drivers.laptop.coverage import HANDLED, REFUSED, limits
from seatrial.drivers.laptop.laptops import Laptop
from seatrial.drivers.laptop.ports import unexposed
from seatrial.drivers.laptop.secrets import Shown
from seatrial.drivers.laptop.telemetry.logs import Search

__all__ = ["HANDLED", "REFUSED", "Laptop", "Search", "Shown", "adopting", "limits", "unexposed"]
