"""Pydantic's validation errors as field errors of a problem, said in zh and en."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.problems import FieldError, Text
from shared.schemas import NOT_BLANK

_CHINESE = {
    "bad_path": "不是有效的路径：各步不可为空，步数有上限。",
    "absence_backwards": "缺勤的末日不得早于首日。",
    "blank": "文本不得为空白。",
    "bool_parsing": "须为布尔值。",
    "bool_type": "须为布尔值。",
    "conflict_missing": "有利益冲突时须说明。",
    "date_from_datetime_parsing": "须为有效日期。",
    "date_parsing": "须为有效日期。",
    "datetime_from_date_parsing": "须为 RFC 3339 格式的有效时间。",
    "datetime_parsing": "须为 RFC 3339 格式的有效时间。",
    "datetime_type": "须为时间。",
    "decimal_max_digits": "不得超过 {max_digits} 位数字。",
    "decimal_max_places": "小数不得超过 {decimal_places} 位。",
    "decimal_parsing": "须为数字。",
    "decimal_type": "须为数字。",
    "decimal_whole_digits": "整数部分不得超过 {whole_digits} 位。",
    "dict_type": "须为对象。",
    "enum": "须为以下之一：{expected}。",
    "expires_before_date": "失效日期早于其自身日期。",
    "extra_forbidden": "未知字段。",
    "file_or_link": "须给出文件或链接二者之一。",
    "finite_number": "须为有限数值。",
    "float_parsing": "须为数字。",
    "float_type": "须为数字。",
    "greater_than": "须大于 {gt}。",
    "greater_than_equal": "不得小于 {ge}。",
    "int_from_float": "须为整数。",
    "int_parsing": "须为整数。",
    "int_parsing_size": "整数位数过多。",
    "int_type": "须为整数。",
    "json_invalid": "不是有效的 JSON。",
    "less_than": "须小于 {lt}。",
    "less_than_equal": "不得大于 {le}。",
    "link_with_password": "链接不得含有用户名或密码。",
    "list_type": "须为数组。",
    "literal_error": "须为以下之一：{expected}。",
    "missing": "缺少必填字段。",
    "mixed_periods": "周期须同为年、半年、季度或月份。",
    "model_attributes_type": "须为对象。",
    "model_type": "须为对象。",
    "not_one_way": "红线值、目标值与挑战值须严格同向。",
    "not_pairs": "数值个数须与周期个数相同。",
    "nothing_claimed": "至少说明趋势、目标或比较对象之一。",
    "not_a_time": "须为时间，如 2026-03-01T08:00。",
    "nul_character": "文本不得含有字符 U+0000。",
    "one_series": "须给出印刷数据或实时序列二者之一。",
    "order_known": "实时序列的顺序是确定的：by_position。",
    "offset_missing": "时间须带时区偏移，如 Z 或 +08:00。",
    "period_backwards": "期间的终点须晚于起点。",
    "period_twice": "同一周期出现了两次。",
    "string_pattern_mismatch": "格式须符合 {pattern}。",
    "string_too_long": "长度不得超过 {max_length} 个字符。",
    "string_too_short": "长度不得少于 {min_length} 个字符。",
    "string_type": "须为字符串。",
    "string_unicode": "文本不得含有不成对的代理字符。",
    "time_out_of_reach": "时间须在 1970 年至 2199 年之间。",
    "timezone_aware": "时间须带时区。",
    "tolerance_below_commitment": "忍耐时限不得短于承诺时限。",
    "too_long": "不得超过 {max_length} 项。",
    "too_short": "不得少于 {min_length} 项。",
    "unknown_time_zone": "不是 IANA 时区。",
    "unit_twice": "同一单元在网格中出现了两次。",
    "url_parsing": "须为有效的网址。",
    "url_scheme": "网址须以 {expected_schemes} 开头。",
    "url_too_long": "网址不得超过 {max_length} 个字符。",
    "validity_backwards": "有效期的终点须晚于起点。",
}


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """One field error per pydantic error."""
    return [_field_error(_in_characters(error)) for error in errors]


def pointer(path: Iterable[str | int]) -> str:
    """An RFC 6901 pointer, with the leading `#` that RFC 9457 uses."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "#" + "".join(f"/{step}" for step in steps)


_BOUNDS = {"too_short": ("at least", "min_length"), "too_long": ("at most", "max_length")}


def _in_characters(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """The error as it is, but of a secret text, whose characters pydantic calls items."""
    context = error.get("ctx", {})
    if context.get("field_type") != "Value" or error["type"] not in _BOUNDS:
        return error
    how, bound = _BOUNDS[error["type"]]
    said = f"String should have {how} {context[bound]} characters"
    return {**error, "type": f"string_{error['type']}", "msg": said}


def _field_error(error: Mapping[str, Any]) -> FieldError:
    loc: tuple[str | int, ...] = (*error["loc"], *error.get("ctx", {}).get("field", ()))
    place, path = loc[0], loc[1:]
    if error.get("ctx", {}).get("pattern") == NOT_BLANK:
        error = {**error, "type": "blank", "msg": "The text is blank"}
    code = error["type"]
    english = str(error["msg"]).removeprefix("Value error, ").rstrip(".") + "."
    template = _CHINESE.get(code)
    chinese = template.format(**error.get("ctx", {})) if template else f"取值无效（{english}）"
    detail: Text = {"zh": chinese, "en": english}
    # Pydantic tells the fault of a key below the member that the key names.
    path = path[:-1] if path[-1:] == ("[key]",) else path
    # Of a parameter that is given several times, one of them counts for all.
    name = ".".join(step for step in path if isinstance(step, str))
    if place == "body":
        where = () if code == "json_invalid" else path
        return FieldError(code=code, detail=detail, pointer=pointer(where))
    if place == "header":
        return FieldError(code=code, detail=detail, header=name)
    return FieldError(code=code, detail=detail, parameter=name)
