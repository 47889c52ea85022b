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


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("PREPAID_STRPIE_API_KEY", "PREPAID_STRIPE_API_KEY"),
        ("PREPAID_STRIPE_KEY", "PREPAID_STRIPE_API_KEY"),
        ("PREPAID_DATABASE_ULR", "PREPAID_DATABASE_URL"),
        ("PREPAID_DB_URL", "PREPAID_DATABASE_URL"),
        ("PREPAID_WEBHOOK_ALLOWED_CIDR", "PREPAID_WEBHOOK_ALLOWED_CIDRS"),
        ("PREPAID_OPERATOR_KEY_FIEL", "PREPAID_OPERATOR_KEY_FILE"),
        ("PREPAID_SMTP_URI", "PREPAID_SMTP_URL"),
    ],
)
def test_a_misspelt_name_is_told_with_the_one_that_was_meant(name: str, like: str) -> None:
    """Read by nobody, it would leave a safety off without a word."""
    (hint,) = settings.unknown({name: "x"})

    assert hint.startswith(f"{name} ")
    assert f"did you mean {like}?" in hint


def test_a_name_like_none_is_told_without_a_guess() -> None:
    (hint,) = settings.unknown({"PREPAID_ZZZZZZZZZZZZ": "x"})

    assert hint == "PREPAID_ZZZZZZZZZZZZ is no setting and is not read"


def test_what_is_set_is_never_told_only_its_name() -> None:
    """It may be a secret under a wrong name."""
    assert "s3cret" not in "".join(settings.unknown({"PREPAID_OPERATOR_KY": "s3cret"}))


@pytest.mark.parametrize(
    "name",
    [
        "PREPAID_PORT",
        "PREPAID_SECRET_KEY_FILE",
        "PREPAID_LANES",
        "PATH",
        "STRIPE_API_KEY",
        "PREPAID_KEY",
        "PREPAID_URL",
        "PREPAID_TEST_DATABASE_URL",
        "PREPAID_SERVICE_HOST",
        "PREPAID_SERVICE_PORT_HTTP",
        "PREPAID_PORT_8080_TCP_ADDR",
    ],
)
def test_what_is_known_or_somebody_elses_is_not_told(name: str) -> None:
    assert settings.unknown({name: "x"}) == []
