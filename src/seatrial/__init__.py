"""Seatrial: one page describes an AI system; everything else is derived from it and then executed."""
