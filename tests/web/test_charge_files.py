"""The CSV of charges and usage: safe to open, and whole."""

import csv
import io

from tests.kit.door import Door, fields
from tests.web.test_charge_lists import CSV, LIST, as_csv


async def test_the_file_is_safe_in_a_spreadsheet(door: Door) -> None:
    """What customers of customers may choose never runs as a formula, and quotes hold."""
    ada = await door.customer()
    names = ['=HYPERLINK("http://evil","a, b")', "@SUM(A1)", "+1", " =1", '"x"\u2028', "-2+3"]
    for number, name in enumerate(names):
        made = await ada.workspace(f"-w{number}", name)
        if made.status_code == 201:
            await door.charge(ada, workspace=f"-w{number}", metadata={"note": '=1,"\n2'})
    found = await as_csv(ada)

    assert len(found) == 5
    for line in found:
        assert line["workspace"].startswith("'-w")
        assert line["legalName"].startswith("'")
        assert line["metadata"].startswith("{")
        assert line["workspaceId"].startswith("ws_")
        assert None not in line
    usage = await ada.client.get(
        "/v2/workspaces/usage", headers={"x-api-key": ada.key} | CSV, params={"groupBy": "day"}
    )
    lines = list(csv.DictReader(io.StringIO(usage.text, newline="")))
    assert [line["legalName"][0] for line in lines] == ["'"] * 5


async def test_the_file_has_no_pages(lite: Door) -> None:
    ada = await lite.customer()
    for name, value in (("limit", "10"), ("cursor", "1-1")):
        headers = {"x-api-key": ada.key} | CSV
        answer = await ada.client.get(LIST, headers=headers, params={name: value})
        assert (answer.status_code, fields(answer)) == (400, [name])
    wrong = await ada.ask("GET", LIST, params={"cursor": "chg_1"})
    assert fields(wrong) == ["cursor"]
    wrong = await ada.ask("GET", LIST, params={"status": "held,open"})
    assert fields(wrong) == ["status"]
