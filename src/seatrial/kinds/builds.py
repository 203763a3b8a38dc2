"""What programs are made from: a folder with a Python or Node project, a Dockerfile, or an image."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from seatrial import parts
from seatrial.values import fields

_Version = Annotated[
    str, *fields.matching("version", r"^\d{1,2}(\.\d{1,3}){0,2}$", 'a version in quotes, such as "3.12"')
]
_Image = Annotated[
    str,
    *fields.matching(
        "image",
        r"^[a-z0-9][A-Za-z0-9._:/-]{0,254}(@sha256:[0-9a-f]{64})?$",
        "an image such as nginx:1.29 or registry/name@sha256:…",
    ),
]


class Build(fields.Spec):
    """`{context: ., python: "3.12"}`: a folder that programs run in and what they need, or an image."""

    context: fields.Text = "."
    """Folder that programs run in, relative to the page."""
    python: _Version | None = None
    """Version of Python in the image; a laptop takes the one that it finds."""
    node: _Version | None = None
    """Version of Node in the image; a laptop takes the one that it finds."""
    dockerfile: fields.Text | None = None
    """File that the image is made by, relative to `context`; without one, it is written for you."""
    image: _Image | None = None
    """An image that is there already, in place of a folder."""

    @model_validator(mode="after")
    def is_made_in_one_way(self) -> Self:
        """An image is there already; it is not made from a folder as well."""
        if self.image and {"python", "node", "dockerfile"} & self.model_fields_set:
            raise ValueError("has an image and a way to make one: keep one of the two")
        return self

    def lower(self) -> parts.Build:
        return parts.Build(
            context=self.context,
            python=self.python,
            node=self.node,
            dockerfile=self.dockerfile,
            image=self.image,
        )
