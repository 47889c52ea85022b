"""What stands in the examples of the reference as bodies of requests, to begin with."""

from collections.abc import Mapping

_ID = "4a1f0c22d97b86e3"

#: Bodies of requests, each taken as it stands by its route.
BODIES: Mapping[str, Mapping[str, object]] = {
    "AccountBody": {"name": "Acme Reselling", "admins": ["ops@acme.example"], "sandbox": True},
    "AccountPatch": {"minimumBalanceCents": -5_000},
    "KeyBody": {"name": "billing job", "scopes": ["read"]},
    "CreditBody": {"cents": 100_000, "reason": "Welcome"},
    "ClockBody": {"advanceSeconds": 86_400},
    "PriceListBody": {
        "prices": [{"sku": "fra-company-data", "credits": 1.5, "description": "Company data"}]
    },
    "ChargeBody": {
        "accountId": f"acc_{_ID}",
        "workspace": "acme-paris",
        "sku": "fra-company-data",
        "settle": True,
    },
    "BatchBody": {
        "charges": [
            {
                "accountId": f"acc_{_ID}",
                "workspace": "acme-paris",
                "sku": "fra-company-data",
                "quantity": 2,
                "idempotencyKey": "order-4711-1",
            }
        ]
    },
    "SettleBody": {"quantity": 1},
    "RefundBody": {"credits": 0.5},
    "LinkBody": {"email": "ops@acme.example"},
    "WorkspaceBody": {
        "name": "acme-paris",
        "legalName": "Acme Paris SAS",
        "spendLimit": {"cents": 50_000, "period": "calendar_month"},
    },
    "WorkspacePatch": {"legalName": "Acme Paris SASU"},
    "AutoTopupPatch": {
        "enabled": True,
        "thresholdInCreditCents": 10_000,
        "amountInCreditCents": 50_000,
        "maxPerDay": 5,
    },
    "MethodBody": {"paymentMethod": "pm_card_visa"},
    "SetupBody": {"backUrl": "https://shop.example/billing"},
    "TopupBody": {"amountInCreditCents": 50_000},
    "SettingsPatch": {
        "legalName": "Acme Reselling GmbH",
        "timeZone": "Europe/Paris",
        "tax": {"label": "VAT", "ratePercent": 20},
    },
    "ClientPricesBody": {
        "prices": [
            {"markupPercent": 20},
            {"workspace": "acme-paris", "sku": "fra-company-data", "pricePerRequest": 2.5},
        ]
    },
    "ConfigPatch": {
        "lowBalanceEnabled": True,
        "lowBalanceTiers": [
            {"tier": "warning", "cents": 50_000},
            {"tier": "critical", "cents": 10_000},
        ],
    },
    "OverridePatch": {"highUsageTiers": [{"tier": "warning", "cents": 2_500}]},
    "EndpointBody": {
        "url": "https://hooks.example.com/prepaid",
        "description": "Billing service",
        "eventTypes": ["billing.low_balance.triggered"],
    },
    "EndpointPatch": {"disabled": True},
    "RotateBody": {"overlapSeconds": 86_400},
    "ExampleBody": {"eventType": "billing.low_balance.triggered"},
    "RecoverBody": {"since": "2026-11-20T00:00:00Z"},
    "CompanyBody": {"id": "900000008", "countryCode": "FR", "dataPoints": ["company"]},
    "OnboardingBody": {"id": "900000008", "countryCode": "FR"},
    "StoredAnswerBody": {"requestId": f"{_ID}b8"},
}
