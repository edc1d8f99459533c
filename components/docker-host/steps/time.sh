# shellcheck shell=sh
# The clock is kept right by chrony; in a container it's the outer machine's, and can't be set.
if is_deb; then UNIT=chrony; else UNIT=chronyd; fi

check() {
    missing_packages chrony
    systemctl is-enabled --quiet "$UNIT" 2>/dev/null || say "$UNIT isn't started at boot"
    systemd-detect-virt --container --quiet || systemctl is-active --quiet "$UNIT" || say "$UNIT doesn't run"
}

apply() {
    install_packages chrony
    systemctl enable --now "$UNIT"
}
