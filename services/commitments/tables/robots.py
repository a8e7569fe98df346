"""When a group robot may say something again."""

from datetime import datetime

from sqlmodel import Field

from services.commitments.tables.row import Row, instant


class RobotPace(Row, table=True):
    """The pace of one robot, whichever channels lead to it; `robot` is a hash of its credential.

    While a worker speaks to it, `next_at` lies ahead: if the worker dies, another one goes on then.
    `failures` counts tries in a row that did not reach it. After it has refused a message of
    several alerts, `alone` has them said one by one, so that one it cannot take holds up no other.
    """

    __tablename__ = "robot_pace"

    tenant: str = Field(primary_key=True)
    robot: str = Field(primary_key=True)
    next_at: datetime = instant()
    failures: int = 0
    alone: bool = False
