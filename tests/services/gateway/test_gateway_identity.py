"""Who may pass the edge, how each refusal differs, and what services learn of the caller."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from starlette.types import Receive, Scope, Send

from gateway import development
from shared.identity import Verifier
from tests.services.gateway.conftest import Gateways, Tokens
from tests.services.gateway.servers import Service, answer, free_port, serving
from tests.services.gateway.test_gateway_proxy import problem

Served = tuple[Service, str]


def seen_token(service: Service) -> str:
    headers = dict(service.seen[-1]["headers"])
    return str(headers[b"authorization"].decode().removeprefix("Bearer "))


def signed(key: Any, algorithm: str = "EdDSA", headers: Any = None, **claims: Any) -> str:
    now = int(time.time())
    meant = {
        "iss": development.ISSUER,
        "aud": "see-platform",
        "sub": "ann",
        "tenant": "demo",
        "roles": ["viewer"],
        "exp": now + 60,
    }
    kept = {name: value for name, value in {**meant, **claims}.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers=headers)


def authorization(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


# What services learn


async def test_a_service_receives_a_token_of_its_own_for_a_minute_at_most(
    client: httpx.AsyncClient, bearer: Tokens, orders: Served, keys: Path
) -> None:
    await client.get("/v1/echo", headers=bearer(roles=["viewer", "rater"], subject="ann"))
    token = seen_token(orders[0])
    principal = Verifier.from_file(keys / "internal.pub.pem", "orders").principal(token)
    assert (principal.subject, principal.tenant) == ("ann", "demo")
    assert principal.roles == {"viewer", "rater"}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] <= 60
    with pytest.raises(jwt.InvalidAudienceError):
        Verifier.from_file(keys / "internal.pub.pem", "strategy").principal(token)


async def test_the_token_is_signed_once_for_many_requests_of_one_caller(
    client: httpx.AsyncClient, bearer: Tokens, orders: Served
) -> None:
    tokens = set()
    for subject in ("ann", "ann", "ben"):
        await client.get("/v1/echo", headers=bearer(subject=subject))
        tokens.add(seen_token(orders[0]))
    assert len(tokens) == 2


async def test_roles_that_the_tenant_gave_add_to_those_of_the_token(
    client: httpx.AsyncClient,
    bearer: Tokens,
    orders: Served,
    strategy: Served,
    keys: Path,
) -> None:
    strategy[0].principals["demo", "ann"] = ["process_owner", "wizard"]
    await client.get("/v1/echo", headers=bearer(roles=["rater", "unheard-of"]))
    verifier = Verifier.from_file(keys / "internal.pub.pem", "orders")
    assert verifier.principal(seen_token(orders[0])).roles == {"rater", "process_owner"}


async def test_the_operators_tenant_needs_no_entry(
    client: httpx.AsyncClient, bearer: Tokens, strategy: Served
) -> None:
    response = await client.get("/v1/echo", headers=bearer(tenant="platform"))
    assert response.status_code == 200
    assert not any(path.startswith("/internal/tenants") for path in strategy[0].asked)


async def test_public_operations_need_no_token_and_receive_the_callers_own_credentials(
    client: httpx.AsyncClient, orders: Served, strategy: Served
) -> None:
    headers = {"authorization": "Basic dTpz", "x-see-signature": "sha256=1", "x-see-tenant": "x"}
    response = await client.post("/v1/hooks/itg_1", content=b"{}", headers=headers)
    assert response.status_code == 200
    seen = dict(orders[0].seen[0]["headers"])
    assert (seen[b"authorization"], seen[b"x-see-signature"]) == (b"Basic dTpz", b"sha256=1")
    assert b"x-see-tenant" not in seen
    assert strategy[0].asked == []


# Refusals


@pytest.mark.parametrize(
    ("claims", "code", "place"),
    [
        ({"exp": 1}, "expired", {"header": "Authorization"}),
        ({"nbf": 4102444800}, "not_yet_valid", {"header": "Authorization"}),
        ({"aud": "another"}, "audience_mismatch", {"header": "Authorization"}),
        ({"iss": "https://evil.example"}, "issuer_unknown", {"claim": "iss"}),
        ({"exp": None}, "claim_invalid", {"claim": "exp"}),
        ({"aud": None}, "claim_invalid", {"claim": "aud"}),
        ({"tenant": None}, "claim_invalid", {"claim": "tenant"}),
        ({"sub": ""}, "claim_invalid", {"claim": "sub"}),
        ({"roles": "administrator"}, "claim_invalid", {"claim": "roles"}),
        ({"roles": [1]}, "claim_invalid", {"claim": "roles"}),
    ],
)
async def test_each_fault_of_a_token_has_a_code_of_its_own(
    client: httpx.AsyncClient,
    issuer_key: Ed25519PrivateKey,
    orders: Served,
    claims: dict[str, Any],
    code: str,
    place: dict[str, str],
) -> None:
    response = await client.get("/v1/echo", headers=authorization(signed(issuer_key, **claims)))
    body = problem(response, 401, "unauthenticated")
    assert isinstance(body["errors"], list)
    assert body["errors"][0] == place | {"code": code, "detail": body["detail"]}
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert orders[0].seen == []


async def test_a_token_that_was_good_is_refused_once_it_has_expired(
    gateways: Gateways, orders: Served, bearer: Tokens
) -> None:
    headers = bearer(seconds=2)
    async with gateways(upstreams={"orders": orders[1]}, leeway_seconds=0) as client:
        assert (await client.get("/v1/echo", headers=headers)).status_code == 200
        await asyncio.sleep(2.1)
        refused = await client.get("/v1/echo", headers=headers)
    assert refused.json()["errors"][0]["code"] == "expired"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing"),
        ({"authorization": "Basic YTpi"}, "missing"),
        ({"authorization": "Bearer not-a-token"}, "malformed"),
        ({"authorization": "Bearer a.b.c"}, "malformed"),
    ],
)
async def test_no_token_is_told_from_a_broken_one(
    client: httpx.AsyncClient, headers: dict[str, str], code: str
) -> None:
    response = await client.get("/v1/echo", headers=headers | {"accept-language": "zh"})
    body = problem(response, 401, "unauthenticated")
    assert isinstance(body["errors"], list)
    assert body["errors"][0]["code"] == code
    assert response.headers["www-authenticate"].startswith('Bearer realm="see-platform"')


async def test_two_authorizations_are_one_too_many(
    client: httpx.AsyncClient, bearer: Tokens
) -> None:
    twice = [*bearer().items(), *bearer().items()]
    assert (await client.get("/v1/echo", headers=twice)).status_code == 401


async def test_unsigned_symmetric_and_foreign_signatures_are_refused(
    client: httpx.AsyncClient, issuer_key: Ed25519PrivateKey
) -> None:
    codes = []
    for token in (
        signed(None, "none"),
        signed("a-secret-that-is-long-enough-for-the-algorithm", "HS256"),
        signed(Ed25519PrivateKey.generate()),
        signed(generate_private_key(65537, 2048), "RS256"),
        signed(issuer_key)[:-4] + "AAAA",
    ):
        response = await client.get("/v1/echo", headers=authorization(token))
        assert response.status_code == 401
        codes.append(response.json()["errors"][0]["code"])
    assert codes == ["algorithm_not_allowed"] * 2 + ["signature_invalid"] * 3


@pytest.mark.parametrize("tenant", ["nobody", "closed", "../principals/demo/ann", "a/b", "租户"])
async def test_an_unknown_tenant_names_the_claim(
    client: httpx.AsyncClient, bearer: Tokens, orders: Served, tenant: str
) -> None:
    response = await client.get("/v1/echo", headers=bearer(tenant=tenant))
    body = problem(response, 403, "unknown-tenant")
    assert isinstance(body["errors"], list)
    assert body["errors"][0]["claim"] == "tenant"
    assert orders[0].seen == []


async def test_a_tenant_is_asked_for_once_and_a_new_one_is_known_within_seconds(
    client: httpx.AsyncClient, bearer: Tokens, strategy: Served
) -> None:
    await asyncio.gather(*(client.get("/v1/echo", headers=bearer()) for _ in range(20)))
    assert strategy[0].asked.count("/internal/tenants/demo") == 1
    headers = bearer(tenant="fresh")
    assert (await client.get("/v1/echo", headers=headers)).status_code == 403
    strategy[0].tenants["fresh"] = "open"
    await asyncio.sleep(1.1)
    assert (await client.get("/v1/echo", headers=headers)).status_code == 200


# Outages


async def test_known_tenants_pass_while_strategy_is_away_and_unknown_ones_wait(
    gateways: Gateways, bearer: Tokens, orders: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.directory.KNOWN_SECONDS", 0.05)
    port = free_port()
    upstreams = {"orders": orders[1], "strategy": f"http://127.0.0.1:{port}"}
    async with gateways(upstreams=upstreams) as client:
        async with serving(Service(), port):
            assert (await client.get("/v1/echo", headers=bearer())).status_code == 200
        await asyncio.sleep(0.1)
        assert (await client.get("/v1/echo", headers=bearer())).status_code == 200
        response = await client.get("/v1/echo", headers=bearer(tenant="other"))
        problem(response, 503, "unavailable")


# The provider's keys


@pytest.fixture(scope="session")
def rsa() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def key_set(key: RSAPrivateKey, kid: str) -> dict[str, Any]:
    entry = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    unfit = {"kty": "oct", "k": "AAAA", "kid": "shared"}
    return {"keys": [entry | {"kid": kid, "use": "sig"}, unfit]}


class Provider:
    """An identity provider's key endpoint."""

    def __init__(self, keys: dict[str, Any]) -> None:
        self.keys = keys
        self.asked = 0

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.asked += 1
            await asyncio.sleep(0.05)
            await answer(send, 200, self.keys)


PROVIDER = "https://id.example"


async def test_a_providers_keys_are_fetched_once_and_again_for_a_new_key(
    gateways: Gateways, orders: Served, rsa: RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.issuers.RETRY_SECONDS", 0.0)
    provider = Provider(key_set(rsa, "one"))
    told: dict[str, Any] = {"upstreams": {"orders": orders[1]}, "development": False}
    async with (
        serving(provider) as address,
        gateways(issuer=PROVIDER, jwks=f"{address}/keys", **told) as client,
    ):
        first = authorization(signed(rsa, "RS256", {"kid": "one"}, iss=PROVIDER))
        answers = await asyncio.gather(*(client.get("/v1/echo", headers=first) for _ in range(20)))
        assert {each.status_code for each in answers} == {200}
        assert provider.asked == 1
        provider.keys = key_set(rsa, "two")
        second = authorization(signed(rsa, "RS256", {"kid": "two"}, iss=PROVIDER))
        assert (await client.get("/v1/echo", headers=second)).status_code == 200
        third = authorization(signed(rsa, "RS256", {"kid": "three"}, iss=PROVIDER))
        refused = await client.get("/v1/echo", headers=third)
        assert refused.json()["errors"][0]["code"] == "key_unknown"


async def test_made_up_key_ids_do_not_make_the_gateway_ask_each_time(
    gateways: Gateways, orders: Served, rsa: RSAPrivateKey
) -> None:
    provider = Provider(key_set(rsa, "one"))
    async with (
        serving(provider) as address,
        gateways(upstreams={"orders": orders[1]}, issuer=PROVIDER, jwks=address) as client,
    ):
        for kid in ("x", "y", "z"):
            token = signed(rsa, "RS256", {"kid": kid}, iss=PROVIDER)
            response = await client.get("/v1/echo", headers=authorization(token))
            assert response.status_code == 401
    assert provider.asked == 1


async def test_nobodys_keys_are_fetched_for_an_algorithm_that_is_not_accepted(
    gateways: Gateways, orders: Served, rsa: RSAPrivateKey
) -> None:
    provider = Provider(key_set(rsa, "one"))
    async with (
        serving(provider) as address,
        gateways(upstreams={"orders": orders[1]}, issuer=PROVIDER, jwks=address) as client,
    ):
        token = authorization(signed(None, "none", iss=PROVIDER))
        refused = await client.get("/v1/echo", headers=token)
    assert refused.json()["errors"][0]["code"] == "algorithm_not_allowed"
    assert provider.asked == 0


async def test_without_any_key_the_gateway_says_that_it_cannot_tell(
    gateways: Gateways, orders: Served, rsa: RSAPrivateKey
) -> None:
    told: dict[str, Any] = {"issuer": PROVIDER, "jwks": "http://127.0.0.1:1/keys"}
    async with gateways(upstreams={"orders": orders[1]}, **told) as client:
        token = signed(rsa, "RS256", {"kid": "one"}, iss=PROVIDER)
        response = await client.get("/v1/echo", headers=authorization(token))
        problem(response, 503, "unavailable")


async def test_keys_can_come_from_a_file(
    gateways: Gateways, orders: Served, rsa: RSAPrivateKey, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(key_set(rsa, "one")))
    told: dict[str, Any] = {"issuer": PROVIDER, "jwks": str(path)}
    async with gateways(upstreams={"orders": orders[1]}, **told) as client:
        token = signed(rsa, "RS256", {"kid": "one"}, iss=PROVIDER)
        assert (await client.get("/v1/echo", headers=authorization(token))).status_code == 200


async def test_the_development_issuer_is_trusted_in_development_only(
    gateways: Gateways, orders: Served, bearer: Tokens
) -> None:
    async with gateways(upstreams={"orders": orders[1]}, development=False) as client:
        response = await client.get("/v1/echo", headers=bearer())
        assert response.json()["errors"][0]["code"] == "issuer_unknown"
