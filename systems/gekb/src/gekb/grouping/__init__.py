"""Which errors are the same error: the seam behind which the grouping engine sits.

`decide` is pure, deterministic, bounded and never raises; a stored decision names the frozen `VERSION` of the
rules that made it. `masks-1` replaces what changes from one occurrence to the next and hashes what is left.
A wrong merge hides a bug while a wrong split only costs a second entry, so in doubt two errors stay apart.
What that means for words is in `masks.py`, what is hashed in `decisions.py`.
"""

from gekb.grouping.decisions import VERSION, Decision, Factor, decide

__all__ = ["VERSION", "Decision", "Factor", "decide"]
