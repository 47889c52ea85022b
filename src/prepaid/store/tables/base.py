"""What all tables share. Each key starts with the account, the unit of a transaction.

Amounts are micro-credits, times are microseconds since 1970 UTC, day numbers count from 1970.
"""

from sqlalchemy import BigInteger, Column, MetaData

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Rows that change on every request: room in the page for the next version, and no index on what
# changes, so that PostgreSQL never has to touch an index for them.
HOT = {"fillfactor": "50"}


def key(name: str = "account_id") -> Column[int]:
    """The first column of a primary key: whose row it is."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)
