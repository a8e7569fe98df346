"""E-mail, group robots and messengers: what they are sent, and what counts as delivered."""

import json
import logging
from email import message_from_bytes
from email.policy import default
from typing import Any

import apprise
import pytest

from services.commitments.channels import messengers
from services.commitments.channels.mail import Mailer
from tests.conftest import Provide
from tests.services.commitments.mail_server import Mailbox
from tests.services.commitments.receivers import Receiver, receiving


async def test_a_message_arrives_by_e_mail_under_its_own_id(mailbox: tuple[Mailbox, str]) -> None:
    kept, url = mailbox
    mailer = Mailer(url, "SEE <see@example.com>")
    outcome = await mailer.send(
        "ntf_1", "li.na@example.com", "【告警】INC1\n解决", "工单：INC1\n已超时"
    )
    assert outcome.delivered
    (envelope,) = kept.kept
    assert isinstance(envelope.content, bytes)
    message: Any = message_from_bytes(envelope.content, policy=default)
    assert envelope.rcpt_tos == ["li.na@example.com"]
    assert (message["Subject"], message["Message-ID"]) == (
        "【告警】INC1 解决",
        "<ntf_1@example.com>",
    )
    assert message["Auto-Submitted"] == "auto-generated"
    assert "已超时" in message.get_content()


async def test_a_mailbox_that_is_not_there_is_not_tried_again(mailbox: tuple[Mailbox, str]) -> None:
    mailer = Mailer(mailbox[1], "see@example.com")
    refused = await mailer.send("ntf_1", "nobody@example.com", "x", "y")
    hostile = await mailer.send("ntf_1", "a@example.com\nBcc: all@example.com", "x", "y")
    away = await Mailer("smtp://127.0.0.1:9", "see@example.com").send("ntf_1", "a@b.c", "x", "y")
    assert (refused.error, refused.refused) == ("answered 550: no such mailbox", True)
    assert (hostile.delivered, hostile.refused) == (False, True)
    assert (away.delivered, away.refused) == (False, False)
    assert mailbox[0].kept == []


ROBOTS: dict[str, tuple[str, str, dict[str, str], bytes]] = {
    "wecom": ("wecombot", "/cgi-bin/webhook/send?key={key}", {"key": "k-1"}, b'{"errcode":0}'),
    "dingtalk": (
        "dingtalk", "/robot/send?access_token={token}", {"token": "t1", "secret": "s1"},
        b'{"errcode":0,"errmsg":"ok"}',
    ),
    "feishu": ("feishu", "/open-apis/bot/v2/hook/{token}/", {"token": "T-1"}, b'{"code":0}'),
}  # fmt: skip


def plugin(schema: str) -> Any:
    return apprise.Apprise.instantiate(
        {"wecombot": "wecombot://x/", "dingtalk": "dingtalk://x/", "feishu": "feishu://x/"}[schema]
    )


@pytest.mark.parametrize("kind", ROBOTS)
async def test_a_group_robot_is_spoken_to_in_its_own_protocol(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema, path, credential, answer = ROBOTS[kind]
    async with receiving(Receiver(200, answer)) as robot:
        monkeypatch.setattr(type(plugin(schema)), "notify_url", robot.url + path)
        title, text = "【告警】INC1", "工单：INC1\n已超时：12 分钟"
        outcome = await messengers.send(kind, credential, title, text, allow_private=True)
        robot.answer = b'{"errcode":45009,"code":11232,"errmsg":"api freq out of limit"}'
        limited = await messengers.send(kind, credential, title, text, allow_private=True)
        robot.status = 500
        failed = await messengers.send(kind, credential, title, text, allow_private=True)
        private = await messengers.send(kind, credential, title, text, allow_private=False)
    assert outcome.delivered, outcome
    assert "45009" in (limited.error or "")
    assert failed.error == "answered 500"
    assert "private network" in (private.error or "")
    assert len(robot.requests) == 3
    sent = json.loads(robot.requests[0].body)
    said = sent.get("text") or sent.get("markdown") or sent["content"]
    assert "已超时：12 分钟" in json.dumps(said, ensure_ascii=False)
    assert "INC1" in json.dumps(said, ensure_ascii=False)
    if kind == "dingtalk":
        assert "&sign=" in robot.requests[0].path
        assert "access_token=t1" in robot.requests[0].path


async def test_another_messenger_is_reached_at_its_own_host(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiving(Receiver(200)) as target, receiving(Receiver(302, headers=(
        (b"location", b"http://127.0.0.1:9/"),))) as moved:  # fmt: skip
        url = target.url.replace("http://", "json://user:hidden-password@")
        outcome = await messengers.send("apprise", {"url": url}, "t", "x", allow_private=True)
        elsewhere = {"url": moved.url.replace("http://", "json://")}
        redirected = await messengers.send("apprise", elsewhere, "t", "x", allow_private=True)
        refused = await messengers.send("apprise", {"url": url}, "t", "x", allow_private=False)
    assert outcome.delivered
    assert json.loads(target.requests[0].body)["message"] == "x"
    assert "redirect" in (redirected.error or "")
    assert "private network" in (refused.error or "")
    assert len(target.requests) == 1
    assert "hidden-password" not in caplog.text


UNUSABLE: tuple[tuple[str, dict[str, str]], ...] = (
    ("wecom", {}), ("wecom", {"key": "a", "url": "b"}), ("dingtalk", {"secret": "s"}),
    ("feishu", {"token": "!!"}), ("apprise", {"url": "file:///etc/passwd"}),
    ("apprise", {"url": "syslog://"}), ("apprise", {"url": "mailto://a:b@example.com"}),
    ("apprise", {"url": "workflows://host:443/workflow/sig/?template=/etc/passwd"}),
    ("apprise", {"url": "slack://not-a-token"}),
)  # fmt: skip


async def test_a_channel_shows_its_credential_to_nobody(service: Provide) -> None:
    new = {
        "code": "network-group", "name": {"zh": "网络组群", "en": "Network group"},
        "kind": "wecom", "credential": {"key": "693a91f6-secret"},
    }  # fmt: skip
    async with service("commitments") as commitments, commitments.client() as client:
        made = await client.post("/v1/alert-channels", json=new)
        again = await client.post("/v1/alert-channels", json=new)
        taken = await client.post("/v1/alert-channels", json={**new, "code": "email"})
        shown = await client.get("/v1/alert-channels/network-group")
        path, change = "/v1/alert-channels/network-group", {"credential": {"key": "another"}}
        held = {"if-match": shown.headers["etag"]}
        changed = await client.patch(path, json=change, headers=held)
        stale = await client.patch(path, json=change, headers=held)
        listed = await client.get("/v1/alert-channels")
        for kind, credential in UNUSABLE:
            body = {**new, "code": "x", "kind": kind, "credential": credential}
            answer = await client.post("/v1/alert-channels", json=body)
            assert answer.status_code == 422, (kind, credential)
            assert answer.json()["errors"][0]["pointer"].startswith("#/credential")
        gone = await client.delete(path, headers={"if-match": '"2"'})
        async with commitments.client("demo", "process_owner") as owner:
            assert (await owner.post("/v1/alert-channels", json=new)).status_code == 403
    assert [a.status_code for a in (made, again, taken, changed, stale, gone)] == [
        201, 409, 409, 200, 412, 204,
    ]  # fmt: skip
    for answer in (made, shown, changed, listed):
        assert "693a91f6" not in answer.text
        assert "credential" not in answer.text
