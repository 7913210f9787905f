#!/bin/sh
# Makes what must be secret, once, in the folder of docker-compose.yml: `.env` from example.env, with new passwords and
# the portal's public key, and `deploy/compose/secrets/` with its private key and the municipality's folder of settings.
# Refuses to replace what is there. Needs openssl.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
root="${1:-$here/../..}"
secrets="$root/deploy/compose/secrets"
if [ -e "$root/.env" ] || [ -e "$secrets" ]; then
    echo "$root/.env or $secrets is there already; nothing was changed" >&2
    exit 1
fi
umask 077
mkdir -p "$secrets/municipality"
openssl genpkey -algorithm ed25519 -out "$secrets/portal-key.pem"
printf 'name: Min Kommune\nsearch_key: %s\n' "$(openssl rand -hex 32)" >"$secrets/municipality/municipality.yaml"
# The containers' user must read them; the outer folder keeps everybody else on this host out.
chmod 755 "$secrets/municipality"
chmod 444 "$secrets/portal-key.pem" "$secrets/municipality/municipality.yaml"

public="$(openssl pkey -in "$secrets/portal-key.pem" -pubout | awk '{ printf "%s\\n", $0 }')"
while IFS= read -r line; do
    case "$line" in
        TOKEN_KEY=) printf 'TOKEN_KEY="%s"\n' "$public" ;;
        [A-Z]*_PASSWORD=) printf '%s%s\n' "$line" "$(openssl rand -hex 24)" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <"$here/example.env" >"$root/.env"
echo "Made $root/.env and $secrets. Look through both, and keep a copy where only you can read it."
