"""A group robot says what waits for it at the pace that it is allowed, and loses nothing."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from services.commitments.channels import Channels
from services.commitments.domain.digests import GAPS
from services.commitments.domain.retries import ATTEMPTS
from services.commitments.operations.robots import take_digests
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.receivers import Receiver, Request, dispatch, receiving
from tests.services.commitments.test_alert_channels import plugin

OK = b'{"errcode":0}'
CREDENTIALS = {"wecom": {"key": "k"}, "dingtalk": {"token": "t"}}
PLUGINS = {"wecom": "wecombot", "dingtalk": "dingtalk"}


@dataclass
class Group:
    """A robot of this machine, and the service that speaks to it."""

    commitments: ServiceUnderTest
    robot: Receiver
    channels: Channels

    async def waits(self, first: int, last: int, channel: str = "group") -> None:
        """Alerts of these numbers wait for the group, one after the other."""
        await self.commitments.rows(
            """INSERT INTO notification (id, tenant, target, channel, recipient, alert_id, body,
                   status, attempts, tries, created_at, next_attempt_at)
               SELECT 'ntf_' || $3 || n, 'demo', $3, (SELECT kind FROM alert_channel
                   WHERE code = $3), 'Li', 'alr_' || n,
                   jsonb_build_object('title', '【告警】INC' || n || ' 已超过承诺时限',
                                      'text', '工单：INC' || n),
                   'pending', 0, 0, now() + n * interval '1 microsecond', now()
               FROM generate_series($1::int, $2::int) n RETURNING id""",
            first, last, channel,
        )  # fmt: skip

    async def says(self) -> None:
        await dispatch(self.commitments, self.channels)

    async def passes(self, time: timedelta) -> None:
        """So much time has passed."""
        for change in (
            "UPDATE robot_pace SET next_at = next_at - $1::interval",
            "UPDATE notification SET next_attempt_at = next_attempt_at - $1::interval",
        ):
            await self.commitments.rows(change, time)

    async def is_free(self) -> None:
        """The robot may speak again, as if its time had come."""
        await self.commitments.rows("UPDATE robot_pace SET next_at = now()")
        await self.commitments.rows(
            "UPDATE notification SET next_attempt_at = now() WHERE status = 'pending'"
        )

    async def rests(self) -> float:
        """Seconds until the robot may speak."""
        ((next_at,),) = await self.commitments.rows("SELECT next_at FROM robot_pace")
        return float((next_at - datetime.now(UTC)) / timedelta(seconds=1))

    async def states(self) -> dict[str, int]:
        rows = await self.commitments.rows("SELECT status, count(*) FROM notification GROUP BY 1")
        return {row[0]: row[1] for row in rows}

    def said(self) -> list[list[str]]:
        """The numbers of the tickets that each message named, in its order."""
        return [_tickets(request) for request in self.robot.requests]


def _tickets(request: Request) -> list[str]:
    content = json.loads(request.body)["text"]["content"]
    words = content.replace("\n", " ").replace("：", " ").split()
    return list(dict.fromkeys(word[3:] for word in words if word.startswith("INC")))


@asynccontextmanager
async def group(
    service: Provide, monkeypatch: pytest.MonkeyPatch, kind: str = "wecom"
) -> AsyncIterator[Group]:
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver(200, OK)) as robot,
    ):
        await add(client, "group", kind)
        address = "/robot/{token}" if kind == "dingtalk" else "/robot?key={key}"
        monkeypatch.setattr(type(plugin(PLUGINS[kind])), "notify_url", robot.url + address)
        yield Group(commitments, robot, Channels(allow_private=True))


async def add(client: httpx.AsyncClient, code: str, kind: str) -> None:
    body = {"code": code, "name": {"zh": "组群", "en": "Group"}, "kind": kind,
            "language": "zh", "credential": CREDENTIALS[kind]}  # fmt: skip
    answer = await client.post("/v1/alert-channels", json=body)
    assert answer.status_code == 201, answer.text


async def test_a_burst_goes_out_in_few_messages_that_list_every_alert_in_order(
    service: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with group(service, monkeypatch) as robot:
        await robot.waits(1, 1)
        await robot.says()
        await robot.waits(2, 150)
        await robot.says()
        assert robot.said() == [["1"]]
        while await robot.states() != {"delivered": 150}:
            await robot.is_free()
            await robot.says()
        said = robot.said()
        tries = await robot.commitments.rows(
            "SELECT notification_id, count(*), max(response) FROM notification_attempt GROUP BY 1"
        )
    assert [number for message in said for number in message] == [str(n) for n in range(1, 151)]
    assert len(said) < 12
    assert all(len(request.body) < 4096 for request in robot.robot.requests)
    # Each alert's delivery is recorded under its own id.
    assert {row[0] for row in tries} == {f"ntf_group{n}" for n in range(1, 151)}
    assert {row[1] for row in tries} == {1}
    assert sum(row[2].startswith("one of ") for row in tries) >= 148


async def test_two_messages_of_one_robot_keep_their_distance(
    service: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with group(service, monkeypatch) as robot:
        async with robot.commitments.client() as client:
            await add(client, "the-same-robot", "wecom")
        heard: list[float] = []

        def judge(_: Request) -> bytes:
            heard.append(time.monotonic())
            return OK

        robot.robot.judge = judge
        began, number = time.monotonic(), 0
        while time.monotonic() - began < 4:
            number += 1
            await robot.waits(number, number, "group" if number % 2 else "the-same-robot")
            # Three workers look at once.
            await asyncio.gather(*(robot.says() for _ in range(3)))
            await asyncio.sleep(0.1)
    gap = GAPS["wecom"].total_seconds()
    assert len(heard) >= 2
    assert all(later - before >= gap - 0.05 for before, later in pairwise(heard))


async def test_what_a_killed_worker_was_saying_is_said_again_under_the_same_ids(
    service: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with group(service, monkeypatch) as robot:
        await robot.waits(1, 3)
        store = robot.commitments.store
        (taken,) = await take_digests(store, datetime.now(UTC), 8, ())
        # It dies here. Until its lease ends nobody else says it, or anything that came later.
        await robot.waits(4, 4)
        await robot.says()
        assert robot.said() == []
        await robot.is_free()
        await robot.says()
        ids = await robot.commitments.rows("SELECT id FROM notification ORDER BY created_at")
    assert robot.said() == [["1", "2", "3", "4"]]
    assert [row.id for row in taken.rows] == [row[0] for row in ids][:3]


@pytest.mark.parametrize(
    ("kind", "code", "seconds"), [("wecom", 45009, 60), ("dingtalk", 130101, 600)]
)
async def test_a_robot_that_was_muted_is_left_alone_and_then_says_all_in_order(
    service: Provide, monkeypatch: pytest.MonkeyPatch, kind: str, code: int, seconds: float
) -> None:
    async with group(service, monkeypatch, kind) as robot:
        robot.robot.answer = json.dumps({"errcode": code, "errmsg": "too fast"}).encode()
        await robot.waits(1, 2)
        await robot.says()
        assert await robot.states() == {"pending": 2}
        assert seconds - 10 < await robot.rests() <= seconds
        robot.robot.answer = OK
        await robot.waits(3, 3)
        await robot.says()
        assert len(robot.robot.requests) == 1
        await robot.is_free()
        await robot.says()
        assert await robot.states() == {"delivered": 3}
    assert robot.said()[-1] == ["1", "2", "3"]


async def test_a_robot_that_cannot_be_reached_is_tried_ever_more_seldom_until_it_is_back(
    service: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with group(service, monkeypatch) as robot:
        robot.robot.status = 503
        await robot.waits(1, 1)
        rests = []
        for number in range(2, 6):
            await robot.says()
            rests.append(await robot.rests())
            await robot.waits(number, number)
            await robot.is_free()
        robot.robot.status = 200
        await robot.says()
        assert await robot.states() == {"delivered": 5}
        # After 75 hours in vain an alert is given up, and says so.
        robot.robot.status = 503
        await robot.waits(6, 6)
        await robot.commitments.rows(
            "UPDATE notification SET created_at = now() - interval '76 hours' WHERE status <> $1",
            "delivered",
        )
        await robot.is_free()
        await robot.says()
        assert await robot.states() == {"delivered": 5, "failed": 1}
    assert rests == sorted(rests)
    assert 3 < rests[0] < 7
    assert 1500 < rests[-1] < 1801
    assert robot.said()[4] == ["1", "2", "3", "4", "5"]


async def test_one_alert_that_a_robot_does_not_take_holds_up_no_other(
    service: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(request: Request) -> bytes:
        return b'{"errcode":40058,"errmsg":"bad content"}' if b"INC2 " in request.body else OK

    async with group(service, monkeypatch) as robot:
        robot.robot.judge = judge
        await robot.waits(1, 4)
        for _ in range(8):
            await robot.says()
            await robot.passes(timedelta(seconds=4))
        assert await robot.states() == {"delivered": 3, "pending": 1}
        for _ in range(ATTEMPTS):
            await robot.passes(timedelta(hours=27))
            await robot.says()
        assert await robot.states() == {"delivered": 3, "failed": 1}
        (tries,) = await robot.commitments.rows(
            "SELECT count(*) FROM notification_attempt WHERE notification_id = 'ntf_group2'"
        )
    # Refused together, they are said one by one, until one is taken.
    assert robot.said()[:5] == [["1", "2", "3", "4"], ["1"], ["2", "3", "4"], ["2"], ["3"]]
    assert tries[0] == ATTEMPTS


async def test_what_waits_for_a_channel_that_was_removed_fails_and_says_why(
    service: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with group(service, monkeypatch) as robot:
        await robot.waits(1, 2)
        async with robot.commitments.client() as client:
            gone = await client.delete("/v1/alert-channels/group", headers={"if-match": "*"})
        assert gone.status_code == 204
        await robot.says()
        assert await robot.states() == {"failed": 2}
        rows = await robot.commitments.rows("SELECT error FROM notification_attempt")
    assert {row[0] for row in rows} == {"the target is not there any more"}
    assert robot.robot.requests == []
