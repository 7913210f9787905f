#!/bin/sh
# A database and a role for each service, which no other service may enter. The image of PostgreSQL runs this once, when
# its volume is new; on a server that is there already, run it as a superuser: what exists is left as it is.
set -eu
for service in intake assessment decision ordering delivery followup scheduler reporting portal; do
    variable="$(echo "$service" | tr '[:lower:]' '[:upper:]')_DATABASE_PASSWORD"
    # \gexec runs what the query answers, here nothing where the role or database exists.
    psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
        --set service="$service" --set variable="$variable" <<'SQL'
\getenv password :variable
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', :'service', :'password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'service') \gexec
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'service', :'service')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
