# shellcheck shell=sh
SWAP=/var/quai.swap

check() {
    now=$(stat -c %s "$ROOT$SWAP" 2>/dev/null || say 0)
    [ "$now" = "$SWAP_BYTES" ] || say "file $SWAP has $now bytes and not $SWAP_BYTES"
    grep -q "^$SWAP " "$ROOT/proc/swaps" || say "$SWAP isn't in use"
    grep -q "^$SWAP " "$ROOT/etc/fstab" || say "$SWAP isn't used after a restart"
}

apply() {
    ! grep -q "^$SWAP " "$ROOT/proc/swaps" || swapoff "$SWAP"
    rm -f "$ROOT$SWAP"
    (umask 077 && fallocate -l "$SWAP_BYTES" "$ROOT$SWAP")
    mkswap "$ROOT$SWAP"
    swapon "$ROOT$SWAP"
    grep -q "^$SWAP " "$ROOT/etc/fstab" || say "$SWAP none swap sw 0 0" >>"$ROOT/etc/fstab"
}
