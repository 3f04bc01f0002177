"""Semantic types: what a value means, beside what it is made of.

They annotate the arguments and results of operations and the fields of rows. One vocabulary for three readers: the
JSON schema of a tool (through the pydantic constraints), the scenario builder (which result can feed which argument),
and the samplers (which entities of the world fit).
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import Field

__all__ = [
    "Amount",
    "Body",
    "ChatId",
    "CommentId",
    "CurrencyCode",
    "EmailAddress",
    "FileContent",
    "FilePath",
    "Handle",
    "MediaUrl",
    "MessageId",
    "PaymentId",
    "PersonName",
    "PhoneNumber",
    "Place",
    "PostId",
    "ProductId",
    "Query",
    "Semantic",
    "Subject",
    "Tag",
    "Title",
    "Url",
    "semantic_of",
]


class Semantic(NamedTuple):
    """The marker that names a semantic type inside ``Annotated``."""

    name: str


EmailAddress = Annotated[
    str,
    Semantic("EmailAddress"),
    Field(
        pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,5}$",
        max_length=254,
        examples=["mia.keller@postbox.example"],
    ),
]
PhoneNumber = Annotated[str, Semantic("PhoneNumber"), Field(pattern=r"^\+[1-9][0-9]{6,14}$", examples=["+12125550142"])]
ChatId = Annotated[str, Semantic("ChatId"), Field(min_length=1, max_length=64)]
Handle = Annotated[str, Semantic("Handle"), Field(pattern=r"^@?[A-Za-z0-9_.]{1,40}$", examples=["@mia_keller"])]
PersonName = Annotated[str, Semantic("PersonName"), Field(min_length=1, max_length=120)]
Url = Annotated[
    str,
    Semantic("Url"),
    Field(pattern=r"^https?://[^\s/]+(/\S*)?$", max_length=2048, examples=["https://www.example.test/page"]),
]
MediaUrl = Annotated[
    str,
    Semantic("MediaUrl"),
    Field(pattern=r"^https?://[^\s/]+/\S+$", max_length=2048, examples=["https://media.example.test/photo.jpg"]),
]
FilePath = Annotated[str, Semantic("FilePath"), Field(min_length=1, max_length=4096)]
FileContent = Annotated[str, Semantic("FileContent"), Field(max_length=1_000_000)]
Amount = Annotated[float, Semantic("Amount"), Field(gt=0, le=1_000_000)]
CurrencyCode = Annotated[str, Semantic("CurrencyCode"), Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
PaymentId = Annotated[str, Semantic("PaymentId"), Field(min_length=1, max_length=64)]
MessageId = Annotated[str, Semantic("MessageId"), Field(min_length=1, max_length=64)]
PostId = Annotated[str, Semantic("PostId"), Field(min_length=1, max_length=64)]
CommentId = Annotated[str, Semantic("CommentId"), Field(min_length=1, max_length=64)]
ProductId = Annotated[str, Semantic("ProductId"), Field(min_length=1, max_length=64)]
Query = Annotated[str, Semantic("Query"), Field(min_length=1, max_length=400)]
Subject = Annotated[str, Semantic("Subject"), Field(max_length=998)]
Title = Annotated[str, Semantic("Title"), Field(min_length=1, max_length=200)]
Body = Annotated[str, Semantic("Body"), Field(min_length=1, max_length=100_000)]
Tag = Annotated[str, Semantic("Tag"), Field(min_length=1, max_length=100)]
Place = Annotated[str, Semantic("Place"), Field(min_length=1, max_length=200)]


def semantic_of(hint: Any) -> str | None:
    """The semantic type of an annotation, also inside ``Optional``, ``list`` or ``tuple``; ``None`` without one."""
    if get_origin(hint) is Annotated:
        for extra in hint.__metadata__:
            if isinstance(extra, Semantic):
                return extra.name
    for inner in get_args(hint):
        found = semantic_of(inner)
        if found:
            return found
    return None
