"""Identifiers sort as they were made, also within one millisecond."""

import time

from shared.ids import new_id


def test_identifiers_sort_as_they_were_made() -> None:
    made = []
    for _ in range(500):
        made.append(new_id("aud"))
        before = time.time_ns()
        while time.time_ns() == before:
            pass

    assert made == sorted(made)
    assert len(set(made)) == 500
    assert {len(each) for each in made} == {30}
