"""The model gateway: one process between the services of a system and whoever answers for its models.

It holds budgets by reserving what a call can cost at most before the call leaves, and settles by what was
used. It runs the same on a laptop and in a container; it knows no plans, and nothing imports it.
"""
