# shellcheck shell=sh
# Keys only; root by key or not at all. Room for as many sessions as an update opens at a time.
DROP_IN=/etc/ssh/sshd_config.d/00-quai.conf
SSHD=/etc/ssh/sshd_config
if is_deb; then UNIT=ssh; else UNIT=sshd; fi
BEGIN='# quai begins'
END='# quai ends'

options() {
    say "$MANAGED"
    say "PasswordAuthentication no"
    say "KbdInteractiveAuthentication no"
    say "ChallengeResponseAuthentication no"
    say "PermitEmptyPasswords no"
    say "PubkeyAuthentication yes"
    say "PermitRootLogin $ROOT_LOGIN"
    say "X11Forwarding no"
    say "LoginGraceTime 30"
    say "MaxSessions 32"
    say "MaxStartups 30:30:100"
}
# The first value counts. OpenSSH of RHEL 8 can't include files, so there our lines stand first in the one file.
includes() { grep -qiE '^[[:space:]]*Include[[:space:]]+(/etc/ssh/)?sshd_config\.d/' "$ROOT$SSHD"; }
at_the_top() {
    say "$BEGIN"
    options
    say "$END"
    sed "/^$BEGIN\$/,/^$END\$/d" "$kept_config"
}

check() {
    if includes; then
        file_differs $DROP_IN 600 options
    else
        [ "$(sed -n "/^$BEGIN\$/,/^$END\$/p" "$ROOT$SSHD" | sed '1d;$d')" = "$(options)" ] || say "file $SSHD doesn't begin with our lines"
    fi
    mkdir -p "$ROOT/run/sshd"
    effective=$(sshd -T -C "user=$OWN_USER,host=localhost,addr=127.0.0.1" 2>/dev/null || say "sshd's settings can't be read")
    root_login=$(if [ "$ROOT_LOGIN" = no ]; then say no; else say without-password; fi)
    for each in "passwordauthentication no" "kbdinteractiveauthentication no" "pubkeyauthentication yes" "permitrootlogin $root_login" "maxsessions 32"; do
        case "$effective" in
        *"$each"*) ;;
        *) say "sshd doesn't have: $each" ;;
        esac
    done
}

apply() {
    guard ssh "systemctl reload $UNIT" $DROP_IN $SSHD
    if includes; then
        write_file $DROP_IN 600 options
    else
        kept_config=$ROOT$SSHD.kept
        cp -p "$ROOT$SSHD" "$kept_config"
        write_file $SSHD 600 at_the_top
        rm "$kept_config"
    fi
    mkdir -p "$ROOT/run/sshd"
    if ! sshd -t; then
        sh "$STATE/undo/ssh/undo"
        confirmed ssh
        fail "sshd refuses these settings; the former ones are back"
    fi
    systemctl reload $UNIT
}
