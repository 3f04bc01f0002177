"""What data files hold, as typed models, and one way to say what is wrong with a file."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from agentalign_env.errors import DataFileError

__all__ = ["DataModel", "validated"]

M = TypeVar("M", bound="DataModel")


class DataModel(BaseModel):
    """A part of a data file: frozen, and without any key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def validated(model: type[M], content: Any, file: str, remedy: str, *, key: str = "") -> M:
    """The content of a file, or of the place `key` in it, as a model.

    Raises:
        DataFileError: It does not fit; the first key that is wrong is named.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(filter(None, (key, *map(str, first["loc"]))))
        raise DataFileError(file, where or "top level", first["msg"], remedy) from error
