"""People: who is admin of what, links to sign in, sessions, and the audit log."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ACCOUNTS_AT_ONCE = 1_000

# What people did is never changed or forgotten: the database itself refuses.
GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit"
        " BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
        """CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
        ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    ],
}


def upgrade() -> None:
    op.create_table(
        "account_admin",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "email", name=op.f("pk_account_admin")),
    )
    op.create_index("ix_account_admin_email", "account_admin", ["email", "account_id"])
    op.create_table(
        "sign_in_link",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("email", "slot", name=op.f("pk_sign_in_link")),
    )
    op.create_index("uq_sign_in_link_hash", "sign_in_link", ["hash"], unique=True)
    op.create_index("ix_sign_in_link_created_at", "sign_in_link", ["created_at"])
    op.create_table(
        "session",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("entered", sa.BigInteger(), nullable=True),
        sa.Column("csrf", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_session")),
    )
    op.create_index("ix_session_expires_at", "session", ["expires_at"])
    op.create_index("ix_account_name", "account", ["name", "id"])
    _audit()
    _turn_admins_round()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("by_operator", sa.Boolean(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at", "account_id", "number"])
    op.create_table(
        "audit_number",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_audit_number")),
    )
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _turn_admins_round() -> None:
    account = sa.table("account", sa.column("id"), sa.column("admins"))
    admin = sa.table(
        "account_admin", sa.column("account_id"), sa.column("email"), sa.column("address")
    )
    page = sa.select(account).order_by(account.c.id).limit(ACCOUNTS_AT_ONCE)
    connection, last = op.get_bind(), 0
    while rows := connection.execute(page.where(account.c.id > last)).all():
        last = rows[-1].id
        found = [
            {"account_id": row.id, "email": email, "address": address}
            for row in rows
            for email, address in {a.lower(): a for a in json.loads(row.admins)}.items()
        ]
        if found:
            connection.execute(sa.insert(admin), found)


def downgrade() -> None:
    message = "sessions and the audit log would be lost; restore a backup instead"
    raise RuntimeError(message)
