#!/bin/sh
# Gives the three roles of roles.sql their passwords; run by the PostgreSQL image when it makes its database.
set -eu
for role in owner web reports; do
  name=$(echo "$role" | tr '[:lower:]' '[:upper:]')_PASSWORD
  psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set role="iomcase_$role" --set password="$(printenv "$name")" --quiet <<'SQL'
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
