"""A sheet for rating off line, as an XLSX workbook in which only the answers can be changed."""

from collections.abc import Mapping
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from services.assessment.domain.faults import Text
from services.assessment.domain.model import Model, Scale

from .layout import (
    COLUMNS,
    CONFIDENCE,
    FIRST_ROW,
    HEADINGS,
    LETTERS,
    LISTS,
    META,
    NOT_APPLICABLE,
    RATINGS,
    Binding,
    Entry,
    Language,
)

_WIDTHS = (44, 36, 38, 10, 30, 48, 12)
_RULE = Border(bottom=Side(style="hair", color="5B6472"))
_UNDER_HEADINGS = Border(bottom=Side(style="thin", color="1B2430"))
_MUTED = Font(name="Calibri", size=11, color="5B6472")
_ANSWERS = ("rating", "reason", "comment", "confidence")
_LONGEST_NOTE = 1_500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def written(
    binding: Binding,
    model: Model,
    cells: Mapping[str, Scale],
    entries: Mapping[str, Entry],
    language: Language,
) -> bytes:
    """The workbook for one rater, with what they have rated so far."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(RATINGS)
    lists = _lists(book, model, cells, language)
    _bind(book, binding)
    for column, heading in enumerate(HEADINGS[language], start=1):
        head = sheet.cell(1, column, heading)
        head.font, head.border = Font(name="Calibri", size=11, bold=True), _UNDER_HEADINGS
        sheet.column_dimensions[head.column_letter].width = _WIDTHS[column - 1]
    for row, (id_, scale) in enumerate(cells.items(), start=FIRST_ROW):
        _row(sheet, row, model, id_, entries.get(id_, Entry()), language)
        note = Comment(_descriptors(model, id_, scale, language), "SEE")
        note.width, note.height = 480, 320
        sheet[f"{LETTERS['rating']}{row}"].comment = note
    _offer(sheet, list(cells.values()), lists)
    sheet.freeze_panes = f"{LETTERS['rating']}{FIRST_ROW}"
    sheet.protection.sheet = True
    # False is what leaves it open: a long comment needs a higher row.
    sheet.protection.formatRows = sheet.protection.formatColumns = False
    sheet.print_title_rows = f"1:{FIRST_ROW - 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _row(
    sheet: Worksheet, row: int, model: Model, id_: str, entry: Entry, language: Language
) -> None:
    item = model.items[id_]
    above = model.items[item.parent] if item.parent else item
    rating = NOT_APPLICABLE[language] if entry.na is not None else entry.rating
    confidence = CONFIDENCE[language].get(entry.confidence or "")
    said = (id_, _said(above.title, language), _said(item.title, language))
    told = (*said, rating, entry.na, entry.comment, confidence)
    for column, value in enumerate(told, start=1):
        cell = sheet.cell(row, column)
        assert isinstance(cell, Cell)  # noqa: S101 - nothing is merged
        _put(cell, value)
        if column == 1:
            cell.font = _MUTED
        cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), _RULE
        cell.protection = Protection(locked=COLUMNS[column - 1] not in _ANSWERS)


def _put(cell: Cell, value: str | int | None) -> None:
    """Put a value that no spreadsheet takes for a formula."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(_FORMULA_STARTS)


def _lists(
    book: Workbook, model: Model, cells: Mapping[str, Scale], language: Language
) -> dict[str, str]:
    """A hidden sheet with what may be answered; by scale, and for confidence, its range."""
    sheet = book.create_sheet(LISTS)
    sheet.sheet_state = "veryHidden"
    na = [NOT_APPLICABLE[language]] if model.not_applicable_allowed else []
    told: dict[str, list[str | int]] = {"": list(CONFIDENCE[language].values())}
    told |= {scale.id: [*scale.values, *na] for scale in cells.values()}
    ranges = {}
    for column, (name, values) in enumerate(told.items(), start=1):
        for row, value in enumerate(values, start=1):
            sheet.cell(row, column, value)
        letter = sheet.cell(1, column).column_letter
        ranges[name] = f"'{LISTS}'!${letter}$1:${letter}${len(values)}"
    return ranges


def _offer(sheet: Worksheet, scales: list[Scale], lists: Mapping[str, str]) -> None:
    for name, range_ in lists.items():
        offer = DataValidation(type="list", formula1=range_, allow_blank=True)
        offer.showErrorMessage = True
        letter = LETTERS["rating" if name else "confidence"]
        for row, scale in enumerate(scales, start=FIRST_ROW):
            if name in ("", scale.id):
                offer.add(f"{letter}{row}")
        sheet.add_data_validation(offer)


def _bind(book: Workbook, binding: Binding) -> None:
    sheet = book.create_sheet(META)
    sheet.sheet_state = "veryHidden"
    told: tuple[str | int, ...] = (
        binding.assessment,
        binding.rater,
        binding.model,
        binding.revision,
    )
    for row, value in enumerate(told, start=1):
        cell = sheet.cell(row, 1)
        assert isinstance(cell, Cell)  # noqa: S101 - nothing is merged
        _put(cell, value)


def _descriptors(model: Model, id_: str, scale: Scale, language: Language) -> str:
    item = model.items[id_]
    above = model.items[item.parent] if item.parent else item
    defined = [text for text in (above.definition, item.definition) if text]
    parts = list(dict.fromkeys(_said(text, language) for text in defined))
    for level in scale.levels.values():
        described = " ".join(_said(text, language) for text in level.description)
        parts.append(f"{level.number} {_said(level.title, language)}: {described}"[:_LONGEST_NOTE])
    if not scale.levels:
        parts.append(f"{min(scale.values)}-{max(scale.values)} %")
    return "\n\n".join(parts)


def _said(text: Text, language: Language) -> str:
    return text.zh if language == "zh" else text.en
