"""What a running system tells of itself: logs, spans and metrics, in one bounded SQLite file.

Logs are written by the supervisor; spans and metrics by the collector, a process of its own (`collectors`),
so that no flood of them can hold up supervision. Nothing here judges a number: that is for trials.
"""
