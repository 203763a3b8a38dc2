"""The deployment guide's own smoke calls and load client, unmodified but for address and key."""

import re
import subprocess
import sys
from pathlib import Path

from tests.acceptance.clones import RunningGekb, need_programs, shared_document

GUIDE = "gekb-deployment-guide.md"


def block(guide: str, first_line: str) -> str:
    """The code block that has a line with its file's name."""
    for found in re.findall(r"```\w*\n(.*?)```", guide, re.DOTALL):
        if first_line in found.splitlines()[:3]:
            return str(found)
    raise AssertionError(f"the guide has no block {first_line!r}")


def test_the_smoke_calls_of_the_guide_succeed(gekb: RunningGekb, tmp_path: Path) -> None:
    need_programs("bash", "curl", "jq")
    script = block(shared_document(GUIDE), "# smoke-tests.sh")
    script = re.sub(r'API_BASE=".*"', f'API_BASE="{gekb.url}/v1"', script)
    script = re.sub(r'API_KEY=".*"', f'API_KEY="{gekb.key}"', script)
    (tmp_path / "smoke-tests.sh").write_text(script)
    done = subprocess.run(
        ["bash", "smoke-tests.sh"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert "Error submission successful (ID: gekb-" in done.stdout
    assert "failed" not in done.stdout
    assert re.search(r"Pattern search returned [1-9]\d* results", done.stdout)
    assert re.search(r"Analytics showing [1-9]\d* total errors", done.stdout)


def test_the_load_client_of_the_guide_succeeds_and_its_errors_are_one_pattern(
    gekb: RunningGekb, tmp_path: Path
) -> None:
    client = tmp_path / "load_test.py"
    client.write_text(block(shared_document(GUIDE), "# load_test.py"))
    before = gekb.drained()
    done = subprocess.run(
        [sys.executable, str(client), "--url", f"{gekb.url}/v1", "--api-key", gekb.key],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "Successful: 1000 (100.00%)" in done.stdout, done.stdout
    after = gekb.drained()
    assert after["totalErrors"] - before["totalErrors"] == 1000
    assert after["uniquePatterns"] - before["uniquePatterns"] == 1
    found = gekb.get("/v1/patterns/search?category=dependency_missing&limit=100")["patterns"]
    assert [pattern["occurrences"] for pattern in found] == [1000]
