"""The event model: what a caller may say about an error. Only the message is required."""

from typing import Annotated, Any, Literal

import msgspec

MESSAGE_CHARACTERS_MAX = 1_000_000
LINES_MAX = 10_000
STEPS_MAX = 50
STEP_CHARACTERS_MAX = 4_096
STEPS_BYTES_MAX = 32_768  # of all together: they come back with every answer

type Severity = Literal["low", "medium", "high", "critical"]
type Word = Annotated[str, msgspec.Meta(max_length=100)]
type Text = Annotated[str, msgspec.Meta(max_length=2000)]
type Long = Annotated[str, msgspec.Meta(max_length=100_000)]
type StepText = Annotated[str, msgspec.Meta(max_length=STEP_CHARACTERS_MAX)]
type Lines = Annotated[list[Long], msgspec.Meta(max_length=LINES_MAX)]
type Items = Annotated[list[Any], msgspec.Meta(max_length=LINES_MAX)]
type Number = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class Step(msgspec.Struct, kw_only=True):
    """One step of a fix. Commands are data: nothing here ever runs them."""

    action: StepText | None = None
    command: StepText | None = None
    result: StepText | None = None


type Steps = Annotated[list[Step | StepText], msgspec.Meta(max_length=STEPS_MAX)]  # text alone is an action


class Technology(msgspec.Struct, kw_only=True):
    """What the error happened in."""

    framework: Text | None = None
    library: Text | None = None
    component: Text | None = None
    version: Text | None = None


class Error(msgspec.Struct, kw_only=True, rename="camel"):
    """The error itself."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=MESSAGE_CHARACTERS_MAX)]
    type: Text | None = None
    category: Word | None = None
    subcategory: Word | None = None
    severity: Severity | None = None
    stack_trace: Lines | None = None
    affected_files: Lines | None = None
    technology: Technology | None = None


class Context(msgspec.Struct, kw_only=True, rename="camel"):
    """What was being done."""

    user_action: Text | None = None
    feature_being_worked: Text | None = None
    session_id: Text | None = None
    previous_errors: Items | None = None
    related_files: Lines | None = None


class Agent(msgspec.Struct, kw_only=True, rename="camel"):
    """Who was doing it."""

    type: Word | None = None
    version: Text | None = None
    persona: Text | None = None
    session_id: Text | None = None


class Environment(msgspec.Struct, kw_only=True, rename="camel"):
    """Where."""

    type: Annotated[str, msgspec.Meta(max_length=50)] | None = None
    node_version: Text | None = None
    package_manager: Text | None = None
    framework: Text | None = None
    os: Text | None = None


class Project(msgspec.Struct, kw_only=True):
    """For show: the project's identity is the X-Project-ID header."""

    name: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    repository: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    branch: Text | None = None
    commit: Text | None = None
    version: Text | None = None


class Resolution(msgspec.Struct, kw_only=True, rename={"resolution_time": "resolutionTime"}):
    """A fix that came with the event; kept with it. Outcomes that count are reported on their own."""

    strategy: Text | None = None
    steps: Steps | None = None
    resolution_time: Number | None = None
    automated: bool | None = None
    success: bool | None = None
    pattern_used: Text | None = None
    confidence: Number | None = None


class MatchedPattern(msgspec.Struct, kw_only=True, rename="camel"):
    """A pattern as the caller's own tool saw it."""

    pattern_id: Text | None = None
    confidence: Number | None = None
    occurrences: Number | None = None
    last_seen: Text | None = None
    match_type: Text | None = None
    resolution_success: bool | None = None


class Patterns(msgspec.Struct, kw_only=True, rename="camel"):
    """Matches as the caller's own tool saw them."""

    matched_patterns: Annotated[list[MatchedPattern], msgspec.Meta(max_length=1000)] | None = None
    new_pattern: bool | None = None
    total_patterns_searched: Number | None = None


class Prevention(msgspec.Struct, kw_only=True, rename="camel"):
    """How it could have been prevented."""

    preventable: bool | None = None
    methods: Lines | None = None
    future_strategy: Long | None = None


class Impact(msgspec.Struct, kw_only=True, rename="camel"):
    """Who was hit."""

    scope: Text | None = None
    users_affected: Number | None = None
    features_affected: Lines | None = None
    business_impact: Long | None = None


class Learnings(msgspec.Struct, kw_only=True, rename="camel"):
    """What was learnt."""

    agent_insights: Lines | None = None
    process_improvements: Lines | None = None


class Classification(msgspec.Struct, kw_only=True):
    """How the caller's own tool classified it."""

    category: Word | None = None
    subcategory: Word | None = None
    confidence: Number | None = None
    automated_classification: bool | None = None
    reasoning: Lines | None = None


class Event(msgspec.Struct, kw_only=True):
    """The body of POST /v1/errors."""

    error: Error
    context: Context | None = None
    agent: Agent | None = None
    environment: Environment | None = None
    project: Project | None = None
    resolution: Resolution | None = None
    patterns: Patterns | None = None
    prevention: Prevention | None = None
    impact: Impact | None = None
    learnings: Learnings | None = None
    classification: Classification | None = None


class Outcome(msgspec.Struct, kw_only=True):
    """The body of POST /v1/errors/{id}/resolution: what was tried, and whether it helped."""

    strategy: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    success: bool
    steps: Steps = []
    seconds: Number | None = None
    automated: bool = False


class NewKey(msgspec.Struct, kw_only=True):
    """The body of POST /v1/keys."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    projects: Annotated[list[Word], msgspec.Meta(min_length=1, max_length=100)]
