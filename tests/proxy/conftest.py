"""`there`: a shop that passes requests on to `far`, an upstream that does what a test says."""

from collections.abc import AsyncIterator

import pytest

from tests.kit.proxied import ProxyShop, proxy_shop
from tests.kit.shop import Shop
from tests.kit.upstream import Upstream, upstream

ROUTES = """
[upstreams.far]
url = "{url}"
headers = {{ authorization = "Bearer ours" }}

[[routes]]
name = "report"
method = "POST"
path = "/v1/reports/{{id}}"
upstream = "far"
sku = "report"
workspace = "request.workspace"
event = "company.updated"
answer_max_bytes = 100000

[[routes]]
name = "hasty"
method = "POST"
path = "/v1/hasty"
upstream = "far"
sku = "report"
timeout_seconds = 0.6

[[routes]]
name = "repeated"
method = "POST"
path = "/v1/repeated"
upstream = "far"
sku = "report"
[routes.repeat]
hours = 1
key = ["body.id"]

[[routes]]
name = "items"
method = "POST"
path = "/v1/items"
upstream = "far"
[routes.sku]
template = "{{item}}"
each = "body.items"
[routes.billed]
item_status = "status.{{item}}"

[[routes]]
name = "priced-by-query"
method = "GET"
path = "/v1/things"
upstream = "far"
sku = "{{query.kind}}"

[[routes]]
name = "stream"
method = "POST"
path = "/stream"
upstream = "far"
sku = "report"
mode = "stream"

[[routes]]
name = "hasty-stream"
method = "POST"
path = "/hasty-stream"
upstream = "far"
sku = "report"
mode = "stream"
timeout_seconds = 0.6

[[routes]]
name = "later"
method = "POST"
path = "/v1/later"
upstream = "far"
sku = "report"
event = "company.updated"
[routes.poll]
address = "/polls/{{answer.id}}"
give_up_hours = 1

[[routes]]
name = "free"
method = "GET"
path = "/v1/free/{{rest*}}"
upstream = "far"
free = true
"""


@pytest.fixture
async def far() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        yield made


@pytest.fixture
async def there(shop: Shop, far: Upstream) -> AsyncIterator[ProxyShop]:
    async with proxy_shop(shop, ROUTES.format(url=far.url)) as made:
        yield made
