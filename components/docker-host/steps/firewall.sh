# shellcheck shell=sh
# From outside: sshd's ports and OPEN_PORTS, nothing else. ufw or firewalld guard the machine. What Docker publishes goes past them both, through
# the chain DOCKER-USER, so the same list stands there, too: from before Docker starts, and again whenever it or the firewall was restarted.
SCRIPT=/usr/local/sbin/quai-firewall
SERVICE=/etc/systemd/system/quai-firewall.service
if is_deb; then MANAGER=ufw; else MANAGER=firewalld; fi

# shellcheck disable=SC2046,SC2086 # lists of ports
wanted_ports() { printf '%s\n' $(ssh_ports) $OPEN_PORTS | sort -u; }

docker_script() { say "$DOCKER_FIREWALL"; }
service() {
    say "$MANAGED"
    say '[Unit]'
    say 'Description=What Docker publishes obeys the firewall'
    say "After=$MANAGER.service"
    say 'Before=docker.service'
    say "PartOf=docker.service $MANAGER.service"
    say '[Service]'
    say 'Type=oneshot'
    say 'RemainAfterExit=yes'
    say "ExecStart=$SCRIPT"
    say '[Install]'
    say 'WantedBy=multi-user.target docker.service'
}

check() {
    missing_packages iptables $MANAGER
    if is_served $MANAGER; then
        if is_deb; then ufw_differs; else firewalld_differs; fi
    fi
    file_differs $SCRIPT 755 docker_script
    file_differs $SERVICE 644 service
    unit_differs quai-firewall
    [ ! -x "$ROOT$SCRIPT" ] || "$ROOT$SCRIPT" check
}

apply() {
    install_packages iptables $MANAGER
    write_file $SCRIPT 755 docker_script
    write_file $SERVICE 644 service
    systemctl daemon-reload
    if is_deb; then ufw_apply; else firewalld_apply; fi
    systemctl enable quai-firewall
    systemctl restart quai-firewall
}

ufw_rules() { ufw show added | sed -n 's/^ufw //p'; }
ufw_differs() {
    status=$(ufw status verbose)
    case $status in
    "Status: active"*) ;;
    *) say "ufw is off" ;;
    esac
    case $status in
    *"Default: deny (incoming)"*) ;;
    *) say "ufw lets in whatever isn't refused" ;;
    esac
    rules=$(ufw_rules)
    for port in $(wanted_ports); do say "$rules" | grep -qx "allow $port" || say "port $port isn't open"; done
    for port in $(wanted_ports); do rules=$(say "$rules" | grep -vx "allow $port"); done
    [ -z "$rules" ] || say "$rules" | sed 's/.*/ufw has a rule that is not ours: &/'
}
ufw_apply() {
    # shellcheck disable=SC2016 # the text of another script
    guard firewall 'if grep -q ^ENABLED=yes /etc/ufw/ufw.conf; then ufw --force enable; else ufw --force disable; fi' /etc/ufw/ufw.conf /etc/ufw/user.rules /etc/ufw/user6.rules
    for port in $(wanted_ports); do ufw allow "$port"; done
    ufw_rules | while read -r rule; do
        # shellcheck disable=SC2086 # a rule's words
        wanted_ports | sed 's/^/allow /' | grep -qxF "$rule" || ufw --force delete $rule
    done
    ufw default deny incoming
    ufw default allow outgoing
    ufw --force enable
}

firewalld_differs() {
    unit_differs firewalld
    wanted=$(wanted_ports | tr '\n' ' ')
    now=$(firewall-cmd --permanent --list-ports | tr ' ' '\n' | sort | tr '\n' ' ')
    [ "$now" = "$wanted" ] || say "firewalld opens ${now:-nothing }and not $wanted"
    for each in $(firewall-cmd --permanent --list-services); do
        [ "$each" = dhcpv6-client ] || say "firewalld opens the service $each"
    done
    [ -z "$(firewall-cmd --permanent --list-rich-rules)" ] || say "firewalld has rich rules that are not ours"
    [ "$(firewall-cmd --list-ports | tr ' ' '\n' | sort | tr '\n' ' ')" = "$wanted" ] || say "firewalld hasn't loaded what is set"
}
firewalld_apply() {
    zone=/etc/firewalld/zones/$(firewall-offline-cmd --get-default-zone).xml
    guard firewall "$(if systemctl is-active --quiet firewalld; then say firewall-cmd --reload; else say systemctl disable --now firewalld; fi)" "$zone"
    for port in $(wanted_ports); do firewall-offline-cmd --add-port="$port"; done
    for each in $(firewall-offline-cmd --list-ports); do
        wanted_ports | grep -qx "$each" || firewall-offline-cmd --remove-port="$each"
    done
    for each in $(firewall-offline-cmd --list-services); do
        [ "$each" = dhcpv6-client ] || firewall-offline-cmd --remove-service="$each"
    done
    firewall-offline-cmd --list-rich-rules | while read -r rule; do firewall-offline-cmd --remove-rich-rule="$rule"; done
    systemctl enable --now firewalld
    firewall-cmd --reload
}
