"""Processes are defined here, version by version; every fault is listed."""

from datetime import datetime

from services.commitments import tables
from services.commitments.domain.calendars import SINCE_EVER
from services.commitments.domain.faults import InvalidDefinitionError
from services.commitments.domain.process import Process
from services.commitments.operations.critical_paths import CRITICAL_PATHS, check_process_version
from services.commitments.operations.ownership import hold_owners, recheck_owners
from services.commitments.operations.refusals import insert_new, refused
from services.commitments.operations.takes_effect import takes_effect
from services.commitments.operations.turns import take_turns
from services.commitments.queries import definitions as queries
from services.commitments.queries import started
from services.commitments.schemas import definitions as schemas
from shared import outbox
from shared.contracts.commitments import NodeName, ProcessDefined
from shared.http import require_match
from shared.problems import VALIDATION_FAILED, Problem
from shared.store import Session


async def define_process(
    session: Session, new: schemas.NewProcess, at: datetime
) -> tables.ProcessVersion:
    """Define a process; raises a problem with every faulty node and condition."""
    row = _version(session.info["tenant"], new.code, 1, new, at)
    await insert_new(session, row, new.code)
    await outbox.record(session, _defined(queries.as_process(row)))
    return row


async def add_process_version(
    session: Session,
    code: str,
    new: schemas.NewProcessVersion,
    if_match: str | None,
    at: datetime,
) -> tables.ProcessVersion:
    """The next version, for the cases that begin from then on; a case stays on its version.

    Raises 422 where with it the node promises no longer fit into one that is made end to end.
    """
    await hold_owners(session)
    await take_turns(session, CRITICAL_PATHS)
    await started.hold_processes(session, [code])
    last = (await queries.versions(session, tables.ProcessVersion, code))[-1]
    require_match(if_match, last.version)
    row = _version(last.tenant, code, last.version + 1, new, at)
    asked = max(new.valid_from or at, last.valid_from)
    row.valid_from = takes_effect(asked, await started.last_case_begun(session, code, at))
    process = queries.as_process(row)
    path = await check_process_version(session, process, row.valid_from)
    if path.faults:
        told = {"critical_path": path.misfits}
        raise Problem(VALIDATION_FAILED, errors=path.faults, extensions=told)
    session.add(row)
    await session.flush()
    await outbox.record(session, _defined(process))
    await recheck_owners(session, at)
    return row


def _version(
    tenant: str,
    code: str,
    version: int,
    new: schemas.NewProcess | schemas.NewProcessVersion,
    at: datetime,
) -> tables.ProcessVersion:
    plain = new.model_dump(mode="json", by_alias=True, include={"name", "nodes"})
    try:
        Process.of({**plain, "code": code, "version": version})
    except InvalidDefinitionError as error:
        raise refused(error) from error
    return tables.ProcessVersion(
        tenant=tenant,
        code=code,
        version=version,
        name=plain["name"],
        definition={"nodes": plain["nodes"]},
        valid_from=SINCE_EVER,
        created_at=at,
    )


def _defined(process: Process) -> ProcessDefined:
    nodes = [NodeName(code=n.code, name_zh=n.name.zh, name_en=n.name.en) for n in process.nodes]
    return ProcessDefined(
        process=process.code,
        name_zh=process.name.zh,
        name_en=process.name.en,
        nodes=nodes,
        revision=process.version,
    )
