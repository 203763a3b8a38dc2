"""Durations, quantities, names and references: the words that every other layer is written in."""
