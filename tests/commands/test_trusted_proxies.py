"""Whose word counts for where a visitor comes from: that of the proxies the operator names."""

import re
from urllib.parse import urlencode

import pytest
import requests

from prepaid import settings
from prepaid.settings import SettingError
from prepaid.web.dashboard.guards import TRIES_MAX
from tests.kit.server import served

HTTP_S = 30


def tries(url: str) -> list[int]:
    """Wrong operator keys, each from a visitor of its own, if one believes who hands them on."""
    found = []
    for number in range(TRIES_MAX + 2):
        with requests.Session() as session:
            session.headers["x-forwarded-for"] = f"198.51.100.{number}"
            page = session.get(f"{url}/operator/sign-in", timeout=HTTP_S).text
            token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
            assert token is not None, page
            form = urlencode({"csrf_token": token[1], "key": "wrong"})
            kind = {"content-type": "application/x-www-form-urlencoded"}
            sent = session.post(f"{url}/operator/sign-in", data=form, headers=kind, timeout=HTTP_S)
            found.append(sent.status_code)
    return found


@pytest.mark.parametrize("trusted", [None, "127.0.0.1", "10.0.0.0/8, 127.0.0.0/8", "*"])
def test_visitors_behind_a_trusted_proxy_are_told_apart(
    migrated_sqlite_url: str, trusted: str | None
) -> None:
    """Else all of them share the tries of one."""
    told = {} if trusted is None else {"PREPAID_TRUSTED_PROXIES": trusted}
    with served(migrated_sqlite_url, **told) as server:
        assert tries(server.url) == [400] * (TRIES_MAX + 2)


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8"])
def test_nobody_else_says_where_they_come_from(migrated_sqlite_url: str, trusted: str) -> None:
    """Else a limit per visitor is none: each try would name another address."""
    with served(migrated_sqlite_url, PREPAID_TRUSTED_PROXIES=trusted) as server:
        assert tries(server.url) == [400] * TRIES_MAX + [429] * 2


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1;::1"])
def test_a_proxy_that_would_never_match_is_refused(wrong: str) -> None:
    with pytest.raises(SettingError, match="PREPAID_TRUSTED_PROXIES"):
        settings.load({"PREPAID_TRUSTED_PROXIES": f"127.0.0.1,{wrong}"})
