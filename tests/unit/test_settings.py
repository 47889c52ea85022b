"""Where the service says it is reached, by what its operator has set."""

import pytest

from prepaid import settings


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"PREPAID_PORT": "9100"}, "http://127.0.0.1:9100"),
        ({"PREPAID_HOST": "0.0.0.0"}, "http://127.0.0.1:8080"),
        ({"PREPAID_HOST": "::", "PREPAID_PORT": "81"}, "http://127.0.0.1:81"),
        ({"PREPAID_HOST": "::1"}, "http://[::1]:8080"),
        ({"PREPAID_HOST": "10.0.0.7"}, "http://10.0.0.7:8080"),
        ({"PREPAID_PUBLIC_URL": "", "PREPAID_PORT": "81"}, "http://127.0.0.1:81"),
        (
            {"PREPAID_PUBLIC_URL": "https://pay.example", "PREPAID_PORT": "81"},
            "https://pay.example",
        ),
    ],
)
def test_links_lead_to_where_it_listens_unless_told_otherwise(
    environ: dict[str, str], url: str
) -> None:
    """A port that is changed alone must not leave links that lead nowhere."""
    assert settings.load(environ).base_url == url
