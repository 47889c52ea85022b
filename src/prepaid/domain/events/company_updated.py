"""`company.updated`: the answer of `/v2/company` plus `type`."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from prepaid.domain.company.answers import EVENT as COMPANY_UPDATED
from prepaid.domain.company.answers import RequestView
from prepaid.domain.events.event_type import event_type

Data = Annotated[object, Meta(extra_json_schema={"description": "As the register says it"})]


class CompanyUpdated(Struct, frozen=True):
    """Payload of `company.updated`.

    Beside `request` it has the data that was delivered, each under its own name.
    """

    type: str
    request: RequestView
    company: dict[str, Data] | UnsetType = UNSET


EXAMPLE = b"""{
  "type": "company.updated",
  "request": {
    "requestId": "253299d1-e8d0-4268-945b-f175f98bc114",
    "companyId": "932884117",
    "countryCode": "FR",
    "dataPoints": ["company"],
    "dataStatus": {
      "dataPoints": {
        "company": {
          "status": "succeeded",
          "cost": 0.5
        }
      },
      "documents": {}
    },
    "metadata": {},
    "workspace": {
      "id": "ws_...",
      "name": "client-a",
      "legalName": "Client A SAS",
      "isDefault": false
    }
  },
  "company": {
    "id": "932884117",
    "countryCode": "FR",
    "legalName": "Client A SAS"
  }
}"""

EVENT = event_type(
    COMPANY_UPDATED,
    "The result of a billable request has new data.",
    CompanyUpdated,
    EXAMPLE,
)
