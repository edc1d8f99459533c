# shellcheck shell=sh
# Who keeps trying to log in is not answered for a while.
JAIL=/etc/fail2ban/jail.d/quai.conf
if is_deb; then PACKAGES="fail2ban python3-systemd"; else PACKAGES=fail2ban; fi

jail() {
    say "$MANAGED"
    printf '[sshd]\nenabled = true\nbackend = systemd\nmaxretry = 5\nfindtime = 10m\nbantime = 1h\n'
}

# shellcheck disable=SC2086 # a list of names
check() {
    missing_packages $PACKAGES
    file_differs $JAIL 644 jail
    unit_differs fail2ban
}

# shellcheck disable=SC2086 # a list of names
apply() {
    install_packages $PACKAGES
    write_file $JAIL 644 jail
    systemctl enable fail2ban
    systemctl restart fail2ban
}
