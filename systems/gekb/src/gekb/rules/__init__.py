"""Decisions, all pure: what a caller may see, what a pattern is called, what an answer says."""
