"""The address itself, typed into a browser or asked by a program."""

from tests.kit.door import Door, code


async def test_a_browser_is_led_to_the_dashboard(lite: Door) -> None:
    accept = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = await lite.client.get("/", headers=accept, follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/dashboard"


async def test_a_program_is_told_where_things_are(lite: Door) -> None:
    answer = await lite.client.get("/", headers={"accept": "*/*"})

    assert (answer.status_code, code(answer)) == (404, "not_found")
    assert "/docs" in answer.text
