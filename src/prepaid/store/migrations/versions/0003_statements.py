"""Monthly statements, and what they are made with."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What can change a charge of a month that is closed; imports have their index already.
LATE = (
    (
        "ix_charge_late_settle",
        "charge",
        ["account_id", "ended_seq"],
        "status = 'settled' AND ended_at >= expires_at",
    ),
    (
        "ix_ledger_entry_refund_seq",
        "ledger_entry",
        ["account_id", "seq", "charge"],
        "kind = 'refund'",
    ),
)
FINAL = ("statement_month", "statement", "statement_line", "statement_logo")

# A statement that is final is never changed or forgotten: the database itself refuses.
GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}"
        " BEGIN SELECT raise(ABORT, 'statements are append-only'); END"
        for table in FINAL
        for verb in ("update", "delete")
    ],
    "postgresql": [
        """CREATE FUNCTION statement_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'statements are append-only'; END $$""",
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION statement_refuse()"
            for table in FINAL
        ),
    ],
}


def upgrade() -> None:
    op.create_table(
        "client_price",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("workspace", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('markup', 'per_credit', 'per_request')", name=op.f("ck_client_price_kind")
        ),
        sa.PrimaryKeyConstraint("account_id", "workspace", "sku", name=op.f("pk_client_price")),
    )
    op.create_table(
        "statement",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "month", "workspace", name=op.f("pk_statement")),
    )
    op.create_index("uq_statement_number", "statement", ["account_id", "number"], unique=True)
    op.create_table(
        "statement_line",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("per", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("per IN ('credit', 'request')", name=op.f("ck_statement_line_per")),
        sa.CheckConstraint("origin <= month", name=op.f("ck_statement_line_not_ahead")),
        sa.PrimaryKeyConstraint(
            "account_id", "month", "workspace", "place", name=op.f("pk_statement_line")
        ),
    )
    op.create_index("ix_statement_line_origin", "statement_line", ["account_id", "origin"])
    op.create_table(
        "statement_logo",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('png', 'svg')", name=op.f("ck_statement_logo_kind")),
        sa.PrimaryKeyConstraint("account_id", "hash", name=op.f("pk_statement_logo")),
    )
    op.create_table(
        "statement_month",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "starts < ends AND ends <= closed_at", name=op.f("ck_statement_month_over")
        ),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_statement_month")),
    )
    op.create_table(
        "statement_settings",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_statement_settings")),
    )
    op.create_index(
        "ix_statement_settings_due_at",
        "statement_settings",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    # A name that was given before names had times counts as always there.
    op.add_column(
        "legal_name", sa.Column("at", sa.BigInteger(), server_default="0", nullable=False)
    )
    for name, table, columns, where in LATE:
        op.create_index(
            name,
            table,
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    message = "final statements would be lost; restore a backup instead"
    raise RuntimeError(message)
