"""What another project sent is not to be seen in any answer to a project key."""

from typing import Any

from systems.gekb.tests.processes import Gekb, unique


def test_a_known_text_is_new_to_a_key_that_cannot_see_where_it_is_known(gekb: Gekb) -> None:
    own, foreign = unique("own"), unique("foreign")
    message = f"the {unique('valve')} is stuck"
    sent: dict[str, Any] = {
        "technology": {"framework": "theirs", "library": "theirs"},
        "affectedFiles": ["theirs.secret"],
    }
    gekb.submit(foreign, message, type="Odd1", category="theirs", severity="critical", **sent)
    key = gekb.new_key(own)["key"]
    mine = gekb.submit(own, message, key=key, type="Odd2", category="mine", severity="low")
    assert mine["newPattern"] is True
    assert gekb.submit(own, message, key=key, type="Odd2")["newPattern"] is False
    gekb.drain()
    pattern = mine["patternMatches"][0]["patternId"]
    shown = gekb.ask("GET", f"/v1/patterns/{pattern}", key=key)
    assert (shown.data["pattern"]["category"], shown.data["pattern"]["severity"]) == ("mine", "low")
    assert "theirs" not in shown.text and "Odd1" not in shown.text
    for query in ("category=mine", "severity=low", "query=is%20stuck"):
        (found,) = gekb.ask("GET", f"/v1/patterns/search?{query}", key=key).data["patterns"]
        assert (found["patternId"], found["occurrences"]) == (pattern, 2)
    assert gekb.ask("GET", "/v1/patterns/search?category=theirs", key=key).data["patterns"] == []
