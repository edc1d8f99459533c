# shellcheck shell=sh
check() {
    now=$(cat "$ROOT/etc/hostname" 2>/dev/null || :)
    [ "$now" = "$HOST_NAME" ] || say "the machine's name is ${now:-not set} and not $HOST_NAME"
    grep -qE "^127\.0\.1\.1[[:space:]]+$HOST_NAME( |\$)" "$ROOT/etc/hosts" || say "the machine doesn't find itself by its name"
}

apply() {
    # A container's files of these names are mounted and can't be renamed over.
    hostnamectl set-hostname "$HOST_NAME" || { say "$HOST_NAME" >"$ROOT/etc/hostname" && hostname "$HOST_NAME"; }
    rest=$(grep -v '^127\.0\.1\.1[[:space:]]' "$ROOT/etc/hosts" || :)
    printf '%s\n127.0.1.1 %s\n' "$rest" "$HOST_NAME" >"$ROOT/etc/hosts"
}
