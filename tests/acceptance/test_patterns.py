"""What two hundred different real errors become, once they have gone through the running system."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

from tests.acceptance.clones import ROOT, RunningGekb

COLLECTION = ROOT / "systems" / "gekb" / "tests" / "data" / "real_errors.jsonl"


def submit(gekb: RunningGekb, text: dict[str, str]) -> str:
    """Reports one error; gives the pattern that it was put into."""
    body = json.dumps({"error": {"message": text["message"], "type": text["kind"] or None}})
    headers = {
        "Authorization": f"Bearer {gekb.key}",
        "X-Project-ID": "collection",
        "Content-Type": "application/json",
    }
    with urlopen(Request(f"{gekb.url}/v1/errors", body.encode(), headers), timeout=30) as answer:
        return str(json.load(answer)["data"]["patternMatches"][0]["patternId"])


def test_two_hundred_different_real_errors_are_two_hundred_patterns(gekb: RunningGekb) -> None:
    texts = [json.loads(line) for line in COLLECTION.read_text(encoding="utf-8").splitlines()]
    assert len({text["message"] for text in texts}) >= 198
    assert len(texts) == 200
    before = gekb.drained()["uniquePatterns"]
    with ThreadPoolExecutor(8) as pool:
        patterns = set(pool.map(lambda text: submit(gekb, text), texts))
    assert 198 <= len(patterns) <= 202
    assert gekb.drained()["uniquePatterns"] - before == len(patterns)
