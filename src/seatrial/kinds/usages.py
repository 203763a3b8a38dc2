"""What a service or job leans on: a name, or a name with an alias and a role."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from seatrial.values import fields


class Use(fields.Spec):
    """`{use: db, as: primary, role: app}`: the address under another name, by another account."""

    use: fields.Text
    """A store, service, model or external of the page, or `secrets.NAME`."""
    as_: fields.Name | None = Field(default=None, alias="as")
    """Name that its variables begin with, in place of its own."""
    role: fields.Name | None = None
    """A role that the store has; without one, its owner."""

    @property
    def alias(self) -> str:
        """The name that variables and placeholders are made from."""
        return self.as_ or self.use.removeprefix("secrets.")


def _sort(raw: Any) -> str:  # noqa: ANN401  # whatever stands in the page
    return "a use" if isinstance(raw, dict) else "a name"


AnyUse = Annotated[Annotated[fields.Text, Tag("a name")] | Annotated[Use, Tag("a use")], Discriminator(_sort)]


def normal(uses: list[str | Use]) -> list[Use]:
    """All of them in the long form, in their order."""
    return [Use(use=one) if isinstance(one, str) else one for one in uses]
