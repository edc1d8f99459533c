# shellcheck shell=sh
# Security updates install themselves every day.
if is_deb; then
    PACKAGE=unattended-upgrades CONFIG=/etc/apt/apt.conf.d/90quai-updates UNITS="apt-daily.timer apt-daily-upgrade.timer"
else
    PACKAGE=dnf-automatic CONFIG=/etc/dnf/automatic.conf UNITS=dnf-automatic.timer
fi

config() {
    if is_deb; then
        say "// Kept by quai: what is changed here is put back."
        say 'APT::Periodic::Update-Package-Lists "1";'
        say 'APT::Periodic::Unattended-Upgrade "1";'
        say 'APT::Periodic::AutocleanInterval "7";'
        if [ -n "$REBOOT_AT" ]; then
            say 'Unattended-Upgrade::Automatic-Reboot "true";'
            say "Unattended-Upgrade::Automatic-Reboot-Time \"$REBOOT_AT\";"
        else
            say 'Unattended-Upgrade::Automatic-Reboot "false";'
        fi
    else
        say "$MANAGED"
        printf '[commands]\nupgrade_type = security\nrandom_sleep = 3600\ndownload_updates = yes\napply_updates = yes\n[emitters]\nemit_via = stdio\n'
    fi
}

check() {
    missing_packages "$PACKAGE"
    file_differs "$CONFIG" 644 config
    # shellcheck disable=SC2086 # a list of names
    unit_differs $UNITS
}

apply() {
    install_packages "$PACKAGE"
    write_file "$CONFIG" 644 config
    # shellcheck disable=SC2086 # a list of names
    systemctl enable --now $UNITS
}
