#!/bin/sh
# Starts Redis as uid 999, as Docker's official image does: `redis-server` may be left out before options or a
# configuration file, and as root the data folder is handed over first.
set -eu

case "${1:-redis-server}" in
-* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ]; then
    if [ "$(id -u)" = 0 ]; then
        find . \! -user redis -exec chown redis '{}' +
        exec setpriv --reuid=redis --regid=redis --init-groups -- "$0" "$@"
    fi
    umask 0077
    # Debian's build refuses other containers while there's no password and no configuration; the official image doesn't.
    case "${2:-}" in
    '' | --*)
        case " $* " in
        *' --protected-mode '*) ;;
        *) set -- "$@" --protected-mode no ;;
        esac
        ;;
    esac
fi
exec "$@"
