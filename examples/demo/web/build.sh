#!/bin/sh
# Turns src into what is served: settings filled in, scripts and styles named by their content.
# Plain sh, sed and sha256sum, so that an image builds without network or Node.
# usage: build.sh SOURCE TARGET     environment: API_BASE (default /api), DEMO_VERSION (default 1)
set -eu
source=$1
target=$2
api=${API_BASE:-/api}
version=${DEMO_VERSION:-1}

case $api in
    *[!A-Za-z0-9:/._-]* | */) echo "API_BASE: must be a path or an https address without a slash at its end (got \"$api\")" >&2; exit 2 ;;
    /* | http://* | https://*) ;;
    *) echo "API_BASE: must be a path or an https address (got \"$api\")" >&2; exit 2 ;;
esac
case $version in
    *[!A-Za-z0-9._-]*) echo "DEMO_VERSION: must be letters, digits, dots, dashes or underscores (got \"$version\")" >&2; exit 2 ;;
esac

mkdir -p "$target/assets"
sed "s|@DEMO_VERSION@|$version|g" "$source/index.html" >"$target/index.html"
for file in "$source"/assets/*; do
    name=$(basename "$file")
    sed "s|@API_BASE@|$api|g" "$file" >"$target/assets/$name"
    hash=$(sha256sum "$target/assets/$name" | cut -c1-10)
    hashed="${name%.*}.$hash.${name##*.}"
    mv "$target/assets/$name" "$target/assets/$hashed"
    sed "s|/assets/$name\"|/assets/$hashed\"|g" "$target/index.html" >"$target/index.html.new"
    mv "$target/index.html.new" "$target/index.html"
done
chmod -R a+rX "$target"
