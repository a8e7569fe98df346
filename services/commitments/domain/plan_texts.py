"""What a plan that comes of advice says by itself, in both languages: people of either read it."""


def title(promise: str) -> str:
    return f"改进 {promise} / Improve {promise}"


def reason(kept: str, promise: str, since: str, until: str, advice: str) -> str:
    return (
        f"{since} 至 {until} 完成的运行中，按 {promise} 的承诺完成 {kept}（{advice}）。/ "
        f"{kept} completed runs kept {promise} from {since} to {until} ({advice})."
    )


def goal(promise: str, kept: str) -> str:
    return f"{promise}：高于 {kept} / {promise}: more than {kept}"


def look_into_node(node: str, kept: int, completed: int) -> str:
    return (
        f"查明节点 {node} 为何 {completed} 次运行中仅 {kept} 次守诺，并加以改进。/ "
        f"Find out why the node {node} keeps {kept} of {completed} runs, and mend it."
    )


def look_into_department(department: str, kept: int, completed: int) -> str:
    return (
        f"查明部门 {department} 为何 {completed} 次运行中仅 {kept} 次守诺，并加以改进。/ "
        f"Find out why the department {department} keeps {kept} of {completed} runs, and mend it."
    )


def shorten_pauses(pauses: int, runs: int) -> str:
    return f"缩短 {runs} 次运行中的 {pauses} 次暂停。/ Shorten the {pauses} pauses of {runs} runs."
