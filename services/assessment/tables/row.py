"""What every row of this service is made of: its own metadata, and its column types."""

from typing import Any

from sqlalchemy import Column, FetchedValue, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.store import Instant


class Row(SQLModel, registry=registry(metadata=MetaData())):
    """A row of this service's own metadata."""


def instant(*, nullable: bool = False) -> Any:
    """A column of instants."""
    return Field(default=None, sa_type=Instant, nullable=nullable)


def placed_by_the_database() -> Any:
    """A column whose value a trigger gives to every new row."""
    return Field(default=None, nullable=False, sa_column_kwargs={"server_default": FetchedValue()})


def json_column() -> Any:
    """A column of plain data."""
    return Field(sa_column=Column(JSONB, nullable=False))
