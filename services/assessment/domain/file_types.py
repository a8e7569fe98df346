"""What may be evidence, and how its declared type, its name and its content must agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .faults import Fault, Text


class RefusedFileError(Exception):
    """A file that is not accepted, with every fault that was found in it."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(fault.text.en for fault in faults))


def refused(code: str, zh: str, en: str) -> RefusedFileError:
    """One fault of the content; `code` is stable."""
    return RefusedFileError(Fault("/file", code, Text(zh, en)))


@dataclass(frozen=True, slots=True)
class FileType:
    """A type on the allow-list, with the extensions that name it."""

    media_type: str
    extensions: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument"
WORD = FileType(f"{_OFFICE}.wordprocessingml.document", ("docx",))
EXCEL = FileType(f"{_OFFICE}.spreadsheetml.sheet", ("xlsx",))
POWERPOINT = FileType(f"{_OFFICE}.presentationml.presentation", ("pptx",))
PDF = FileType("application/pdf", ("pdf",))
PNG = FileType("image/png", ("png",))
JPEG = FileType("image/jpeg", ("jpg", "jpeg"))
PLAIN = FileType("text/plain", ("txt", "md"))
CSV = FileType("text/csv", ("csv",))

ALLOWED: Mapping[str, FileType] = MappingProxyType(
    {each.media_type: each for each in (PDF, PNG, JPEG, WORD, EXCEL, POWERPOINT, PLAIN, CSV)}
)
_UNDECLARED = ("", "application/octet-stream")
_SAME = MappingProxyType({"image/jpg": "image/jpeg", "application/vnd.ms-excel": "text/csv"})
"""What some browsers call a JPEG, and what Windows calls a CSV file."""


def declared_type(name: str, declared: str | None) -> FileType:
    """The one type that the name and the declared media type agree on; raises RefusedFileError."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    named = next((each for each in ALLOWED.values() if extension in each.extensions), None)
    if named is None:
        raise refused("type_not_allowed", *_not_allowed(f".{extension}" if extension else name))
    said = (declared or "").partition(";")[0].strip().lower()
    if said in _UNDECLARED or said == named.media_type:
        return named
    if _SAME.get(said) == named.media_type or (named is PLAIN and said == "text/markdown"):
        return named
    raise refused(
        "type_mismatch",
        f"声明的类型 {said[:100]} 与文件名 .{extension} 不符。",
        f"The declared type {said[:100]} does not fit the name .{extension}.",
    )


def _not_allowed(what: str) -> tuple[str, str]:
    listed = ", ".join(extension for each in ALLOWED.values() for extension in each.extensions)
    return (
        f"不接受 {what[:40]}；可用：{listed}。",
        f"{what[:40]} is not accepted; use one of: {listed}.",
    )


def not_what_it_says(declared: FileType) -> RefusedFileError:
    return refused(
        "content_mismatch",
        f"内容不是 {declared.media_type}。",
        f"The content is not {declared.media_type}.",
    )
