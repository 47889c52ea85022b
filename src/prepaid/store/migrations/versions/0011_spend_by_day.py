"""What each workspace came to on each day, all SKUs together: one more level of the rollups."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        'INSERT INTO usage (account_id, grain, starts, workspace, sku, "count", micros)'
        " SELECT account_id, 'w', starts, workspace, '', sum(\"count\"), sum(micros)"
        " FROM usage WHERE grain = 'd' GROUP BY account_id, starts, workspace"
    )


def downgrade() -> None:
    op.execute("DELETE FROM usage WHERE grain = 'w'")
