"""`python -m deploy.local`: run the whole platform here until Ctrl-C."""

import signal
import sys
import time
from types import FrameType

from pydantic import ValidationError

from deploy.local.children import LocalRunFailed
from deploy.local.login import token
from deploy.local.platform import Platform
from deploy.local.sample import load_sample, open_demo
from deploy.local.settings import LocalSettings


class _Interrupted(BaseException):
    """SIGINT or SIGTERM."""


def main() -> int:
    """Start, load the sample on the first start, print where everything is, and watch."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    began = time.monotonic()
    try:
        settings = LocalSettings()
    except ValidationError as error:
        first = error.errors()[0]
        return _fail(f"SEE_{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}")
    platform = Platform(settings)
    try:
        platform.start()
        _say(f"The platform answers after {time.monotonic() - began:.1f} s.")
        open_demo(platform.gateway_url, platform.keys)
        report = None
        if settings.sample:
            report = load_sample(platform.gateway_url, settings, platform.keys, _say)
        _welcome(platform, report)
        platform.watch()
    except _Interrupted:
        _say("\nStopping ...")
    except LocalRunFailed as error:
        return _fail(str(error))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        platform.stop()
    _say("Stopped.")
    return 0


def _welcome(platform: Platform, report: str | None) -> None:
    url = platform.gateway_url
    _say(f"API       {url}/v1/...   ({url}/openapi.json)")
    _say(f"Docs      {url}/docs")
    if report:
        _say(f"Report    {url}{report}   (with the login below)")
    _say("Login     make token TENANT=demo ROLE=administrator   prints such a token:")
    _say(f"          {token(platform.keys, 'demo', 'administrator')}")
    _say(f"Try       curl -H 'Authorization: Bearer '$(make -s token) '{url}/v1/attainment'")
    _say("Ctrl-C stops everything; the data stays.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _Interrupted


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _fail(line: str) -> int:
    sys.stderr.write(f"make run: {line}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
