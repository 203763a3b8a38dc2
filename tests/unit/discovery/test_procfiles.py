from tests.unit.discovery.applications import page_of


def test_each_line_is_a_process_release_runs_first_and_web_is_told_its_port() -> None:
    page = page_of(
        {
            "Procfile": "# mine\nweb: gunicorn shop:app --port ${PORT:-9000}\n"
            "worker: MODE=slow python work.py\n"
            "release: ./tables.sh && echo ${HOME}\n"
        }
    )
    assert page.services["web"].command[-2:] == ["--port", "${port.http}"]
    assert page.services["web"].ports == {"http": 9000}
    assert page.services["web"].env["PORT"] == "${port.http}"
    assert page.services["worker"].command == ["python", "work.py"]
    assert page.services["worker"].env == {"MODE": "slow"}
    assert page.jobs["release"].when == "before-deploy"
    assert page.jobs["release"].command == ["sh", "-c", "./tables.sh && echo $${HOME}"]
