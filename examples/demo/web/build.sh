#!/bin/sh
# Turns src into what is served: settings filled in, scripts and styles named by their content.
# Plain sh, sed and sha256sum, so that an image builds without network or Node.
# usage: build.sh SOURCE TARGET     environment: API_BASE (default /api), DEMO_VERSION (default 1)
# Writes TARGET/site (the pages) and TARGET/policy.conf (their content security policy, for nginx).
set -eu
source=$1
target=$2
api=${API_BASE:-/api}
version=${DEMO_VERSION:-1}

refuse() {
    echo "$1" >&2
    exit 2
}
case $api in
    *[!A-Za-z0-9:/._-]* | */) refuse "API_BASE: must be a path such as /api or an https address, without a slash at its end (got \"$api\")" ;;
    /*) origins= ;;
    https://?*) host=$(printf %s "$api" | cut -d/ -f3) && origins=" https://$host wss://$host" ;;
    *) refuse "API_BASE: must be a path such as /api or an https address (got \"$api\")" ;;
esac
case $version in
    *[!A-Za-z0-9._-]*) refuse "DEMO_VERSION: must be letters, digits, dots, dashes or underscores (got \"$version\")" ;;
esac

site=$target/site
mkdir -p "$site/assets"
sed "s|@API_ORIGINS@|$origins|" "$source/policy.conf" >"$target/policy.conf"
sed "s|@DEMO_VERSION@|$version|g" "$source/index.html" >"$site/index.html"
for file in "$source"/assets/*; do
    name=$(basename "$file")
    sed "s|@API_BASE@|$api|g" "$file" >"$site/assets/$name"
    hash=$(sha256sum "$site/assets/$name" | cut -c1-10)
    hashed="${name%.*}.$hash.${name##*.}"
    mv "$site/assets/$name" "$site/assets/$hashed"
    sed "s|/assets/$name\"|/assets/$hashed\"|g" "$site/index.html" >"$site/index.html.new"
    mv "$site/index.html.new" "$site/index.html"
done
chmod -R a+rX "$target"
