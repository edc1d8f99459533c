# shellcheck shell=sh
# Who deploys: lets in by key alone, may use Docker, owns the application's folder. Docker's group is as good as root, so sudo adds nothing to
# it; it's how the machine is looked after once root can't log in.
SUDOERS=/etc/sudoers.d/quai-$OWN_USER

home_of() { getent passwd "$1" | cut -d: -f6; }
sudoers() { say "$OWN_USER ALL=(ALL:ALL) NOPASSWD: ALL"; }

# The keys of the settings, or else those that let in whoever prepares the machine. A deploying user whose keys were taken back meanwhile, as
# nobody confirmed them, had them from the first user.
keys() {
    if [ -n "$LOGIN_KEYS" ]; then
        say "$LOGIN_KEYS"
        return 0
    fi
    for who in "${SUDO_USER:-$(id -un)}" "$FIRST_USER"; do
        file=$ROOT$(home_of "$who")/.ssh/authorized_keys
        if grep -qsE "$KEY" "$file"; then
            grep -E "$KEY" "$file"
            return 0
        fi
    done
}
KEY='^(ssh-|ecdsa-|sk-)'

check() {
    home=$(home_of "$OWN_USER")
    if [ -z "$home" ]; then
        say "user $OWN_USER isn't there"
        return 0
    fi
    id -nG "$OWN_USER" | tr ' ' '\n' | grep -qx docker || say "user $OWN_USER isn't in the group docker"
    case $(passwd -S "$OWN_USER" 2>/dev/null | cut -d' ' -f2) in
    P | PS | NP) say "user $OWN_USER has a password" ;;
    esac
    allowed=$ROOT$home/.ssh/authorized_keys
    if [ -n "$LOGIN_KEYS" ]; then
        [ "$(cat "$allowed" 2>/dev/null)" = "$LOGIN_KEYS" ] || say "keys that let $OWN_USER in aren't those of the settings"
    else
        [ -s "$allowed" ] || say "no key lets $OWN_USER in"
    fi
    file_differs "$SUDOERS" 440 sudoers
    [ "$(stat -c %U "$ROOT$APP_FOLDER" 2>/dev/null)" = "$OWN_USER" ] || say "folder $APP_FOLDER isn't $OWN_USER's"
}

apply() {
    [ -n "$(home_of "$OWN_USER")" ] || useradd --create-home --shell /bin/bash "$OWN_USER"
    usermod --append --groups docker --password '*' "$OWN_USER"
    home=$(home_of "$OWN_USER")
    allowed=$home/.ssh/authorized_keys
    guard user : "$allowed" "$SUDOERS"
    mkdir -p "$ROOT$home/.ssh"
    if [ -n "$LOGIN_KEYS" ] || [ ! -s "$ROOT$allowed" ]; then
        [ -n "$(keys)" ] || fail "quai:host.authorizedKeys: is needed, as no key of whoever prepares the machine was found there"
        write_file "$allowed" 600 keys
    fi
    chmod 700 "$ROOT$home/.ssh"
    chown -R "$OWN_USER:" "$ROOT$home/.ssh"
    write_file "$SUDOERS" 440 sudoers
    visudo -cf "$ROOT$SUDOERS"
    mkdir -p "$ROOT$APP_FOLDER"
    chmod 750 "$ROOT$APP_FOLDER"
    chown "$OWN_USER:" "$ROOT$APP_FOLDER"
}
