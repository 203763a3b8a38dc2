import pytest
import typer

from seatrial import errors
from seatrial.cli import failures

PROBLEM = errors.Problem(file="seatrial.yaml", line=4, column=9, path="services.api", message="no command")
EVERY: list[Exception] = [
    errors.SeatrialError("it failed"),
    errors.PageError((PROBLEM,)),
    *(kind("it failed") for kind in errors.SeatrialError.__subclasses__() if kind is not errors.PageError),
    typer.BadParameter("no such option"),
    FileNotFoundError(2, "No such file or directory"),
    ZeroDivisionError("division by zero"),
]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_every_error_has_a_code_of_the_table_a_line_for_people_and_an_object_for_programs(
    error: Exception,
) -> None:
    told = failures.as_object(error)
    assert told["exit"] == failures.exit_code(error)
    assert failures.exit_code(error) in errors.EXIT_CODES
    assert failures.as_text(error).startswith(("seatrial: ", "seatrial.yaml:4:9: "))
    assert str(told["message"]) in failures.as_text(error)


def test_the_problems_of_a_page_keep_their_positions() -> None:
    told = failures.as_object(errors.PageError((PROBLEM,)))
    assert told["problems"] == [
        {
            "file": "seatrial.yaml",
            "line": 4,
            "column": 9,
            "path": "services.api",
            "message": "no command",
        }
    ]


def test_what_the_parser_refuses_is_a_wrong_call_and_a_missing_file_is_something_missing() -> None:
    assert failures.as_object(typer.BadParameter("x"))["class"] == "CallError"
    assert failures.exit_code(typer.BadParameter("x")) == 2
    assert failures.as_object(FileNotFoundError(2, "gone"))["class"] == "MissingError"
    assert failures.exit_code(FileNotFoundError(2, "gone")) == 3
    assert failures.exit_code(ZeroDivisionError()) == errors.OWN_FAULT
