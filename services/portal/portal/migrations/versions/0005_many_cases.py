"""Find names, what waits for a leader and cases without a caseworker's id by an index each, also among a million."""

# Expand only: the release before goes on as it did. While an index is made its table can be read and not be written to;
# of a million citizens the first takes about ten seconds, the others about one: messages wait so long.

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005_many_cases", "0004_told"


def upgrade() -> None:
    for name, columns, condition in (
        ("listed_case_named", ["caseworker_name", "due_sort", "id"], "caseworker_id IS NULL"),
        ("listed_case_awaits_leader", ["due_sort", "id"], """CAST(listed_case.tasks AS VARCHAR) LIKE '%"leader"%'"""),
    ):
        where = sa.text(condition)
        op.create_index(name, "listed_case", columns, sqlite_where=where, postgresql_where=where)
    connection = op.get_bind()
    if connection.dialect.name == "postgresql" and connection.scalar(sa.text(MAY_HAVE_TRIGRAMS)):
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.create_index(
            "citizen_name_trigram", "citizen", ["name"], postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}
        )


MAY_HAVE_TRIGRAMS = """
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') OR (
    EXISTS (SELECT FROM pg_available_extension_versions WHERE name = 'pg_trgm' AND trusted)
    AND has_database_privilege(current_database(), 'CREATE'))
"""
"""Whether the extension is there, or this role may create it. Without it names are searched row by row, and the
administrator may add both later (deploy/README.md).
"""
