"""Attainment as last measured and published."""

from sqlalchemy import BigInteger
from sqlmodel import Field

from services.commitments.tables.row import Row


class AttainmentMark(Row, table=True):
    """A group whose finished runs have changed since it was last measured."""

    __tablename__ = "attainment_mark"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    tenant: str
    process: str
    node: str
    level: str
    department: str
    month: str


class AttainmentMeasure(Row, table=True):
    """The finished runs of a group in a month by state, as last published."""

    __tablename__ = "attainment_measure"

    tenant: str = Field(primary_key=True)
    process: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    department: str = Field(primary_key=True)
    """Empty for runs as a whole, and for legs whose department is not known."""
    month: str = Field(primary_key=True)
    revision: int
    completed_normal: int
    completed_acceptable: int
    completed_warning: int
    cancelled: int
