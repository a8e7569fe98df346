"""What owners of processes did for their duties: roll-out, training, improvement."""

from alembic import op

from shared.migrations import protect

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE duty_record (
            id text PRIMARY KEY,
            tenant text NOT NULL,
            process text NOT NULL,
            duty text NOT NULL CHECK (duty IN ('roll_out', 'training', 'improvement')),
            what text NOT NULL,
            done_on date NOT NULL,
            departments jsonb NOT NULL,
            participants integer CHECK (participants > 0),
            plan text,
            status text NOT NULL CHECK (status IN ('recorded', 'void')),
            reason text,
            recorded_by text NOT NULL,
            revision integer NOT NULL,
            created_at timestamptz NOT NULL,
            UNIQUE (tenant, id),
            CHECK ((status = 'void') = (reason IS NOT NULL)),
            FOREIGN KEY (tenant, plan) REFERENCES improvement_plan (tenant, id)
        )"""
    )
    protect("duty_record")
    op.execute(
        """CREATE INDEX duty_record_process
           ON duty_record (tenant, process, duty, done_on, id)"""
    )
