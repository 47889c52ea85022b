"""The company routes: a request for data points, or for the answer of an earlier one."""

from prepaid.domain.company import plans
from prepaid.domain.company.requests import (
    CompanyRequest,
    StoredRequest,
    parse_company,
    parse_onboarding,
)
from prepaid.flows.proxying import buffered as proxying
from prepaid.flows.proxying import stored_answers
from prepaid.flows.proxying.company_errands import CompanyErrand
from prepaid.flows.proxying.errands import Asking, Errand, Reply
from prepaid.flows.proxying.passing import Proxy


async def answer(proxy: Proxy, asking: Asking) -> Reply:
    """Company data, at the account's prices of the moment.

    Raises:
        Refusal: nothing was charged.
    """
    parse = parse_onboarding if asking.match.route.shape == "onboarding" else parse_company
    wanted = parse(asking.body, has_test=proxy.has_test)
    if isinstance(wanted, StoredRequest):
        return await stored_answers.stored(proxy, asking.account, wanted.request_id)
    request: CompanyRequest = wanted

    async def make() -> Errand:
        skus = plans.skus_of(request)
        prices = await stored_answers.prices_of(proxy.desk, asking.account, skus)
        return CompanyErrand(asking, request, prices, proxy.ways)

    return await proxying.answer(proxy, asking, make)
