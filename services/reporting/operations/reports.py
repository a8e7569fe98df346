"""Reports as callers ask for them, see them and fetch them."""

from datetime import datetime
from typing import Any

from services.reporting import queries, schemas, tables
from services.reporting.domain import forms
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, Text, at_pointer, invalid, not_found
from shared.schemas import Bilingual
from shared.store import Session

MOST_MONTHS = 120


async def request_report(session: Session, new: schemas.NewReport, at: datetime) -> tables.Report:
    """Put a report in the queue; raises a problem with every fault."""
    faults = _period_faults(new)
    if await queries.process(session, new.process) is None:
        zh, en = f"没有流程 {new.process}。", f"There is no process {new.process}."
        faults.append(at_pointer("/process", "unknown_reference", zh, en))
    if faults:
        raise invalid(*faults)
    row = tables.Report(
        id=new_id("rep"),
        tenant=session.info["tenant"],
        status="queued",
        created_at=at,
        files=[],
        **new.model_dump(),
    )
    session.add(row)
    return row


async def cancel_report(session: Session, report_id: str, at: datetime) -> tables.Report:
    """Give up a report that is not made yet; raises a 409 problem when it has ended."""
    row = await queries.report(session, report_id, lock=True)
    if row.status in ("finished", "failed"):
        detail: Text = {
            "zh": f"报告已结束（{row.status}），不能取消。",
            "en": f"The report has ended ({row.status}) and cannot be cancelled.",
        }
        raise Problem(CONFLICT, detail)
    if row.status != "cancelled":
        row.status, row.finished_at = "cancelled", at
    return row


async def finished_file(
    session: Session, report_id: str, wanted: str
) -> tuple[tables.Report, dict[str, Any]]:
    """The report and what is known of that file; raises a 409 problem when there are no files."""
    row = await queries.report(session, report_id)
    if wanted not in schemas.MEDIA_TYPES:
        raise not_found({"zh": "报告格式", "en": "report format"}, wanted)
    if row.status != "finished":
        detail: Text = {
            "zh": f"报告尚无文件（{row.status}）。",
            "en": f"The report has no files ({row.status}).",
        }
        raise Problem(CONFLICT, detail)
    return row, next(file for file in row.files if file["format"] == wanted)


def shown(row: tables.Report) -> schemas.Report:
    """The report as callers see it."""
    files = [
        schemas.ReportFile(
            **file,
            path=f"/v1/reports/{row.id}/files/{file['format']}",
            media_type=schemas.MEDIA_TYPES[file["format"]],
        )
        for file in row.files
    ]
    return schemas.Report.model_validate({**row.model_dump(), "files": files})


def source(origin: queries.Origin, heard: queries.Heard, at: datetime) -> schemas.ReportSource:
    """An origin and how old the newest of it is."""
    newest = heard.newest_event_at
    return schemas.ReportSource(
        code=origin.code,
        service=origin.service,
        name=Bilingual(**origin.name),
        records=heard.records,
        newest_event_at=newest,
        age_seconds=None if newest is None else forms.elapsed(newest, at),
    )


def _period_faults(new: schemas.NewReport) -> list[FieldError]:
    if new.last_month < new.first_month:
        zh = "结束月份不得早于开始月份。"
        return [at_pointer("/to", "before_from", zh, "The last month is before the first.")]
    if len(forms.months(new.first_month, new.last_month)) > MOST_MONTHS:
        zh, en = f"最多 {MOST_MONTHS} 个月。", f"At most {MOST_MONTHS} months."
        return [at_pointer("/to", "period_too_long", zh, en)]
    return []
