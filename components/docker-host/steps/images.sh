# shellcheck shell=sh
# Images of former releases go once a month, where the settings say how many stay.
SCRIPT=/usr/local/sbin/quai-images
SERVICE=/etc/systemd/system/quai-images.service
TIMER=/etc/systemd/system/quai-images.timer

remove_script() { say "$REMOVE_IMAGES"; }
service() {
    say "$MANAGED"
    printf '[Unit]\nDescription=Images of former releases are removed\nAfter=docker.service\nRequires=docker.service\n'
    printf '[Service]\nType=oneshot\nExecStart=%s\n' $SCRIPT
}
timer() {
    say "$MANAGED"
    printf '[Unit]\nDescription=Images of former releases are removed on the first of each month\n'
    printf '[Timer]\nOnCalendar=*-*-01 03:00:00\nPersistent=true\n[Install]\nWantedBy=timers.target\n'
}

check() {
    if [ -z "$KEEP_IMAGES" ]; then
        for each in $TIMER $SERVICE $SCRIPT; do [ ! -e "$ROOT$each" ] || say "file $each is of former settings"; done
    else
        file_differs $SCRIPT 755 remove_script
        file_differs $SERVICE 644 service
        file_differs $TIMER 644 timer
        unit_differs quai-images.timer
    fi
}

apply() {
    if [ -z "$KEEP_IMAGES" ]; then
        systemctl disable --now quai-images.timer || :
        rm -f "$ROOT$TIMER" "$ROOT$SERVICE" "$ROOT$SCRIPT"
        systemctl daemon-reload
    else
        write_file $SCRIPT 755 remove_script
        write_file $SERVICE 644 service
        write_file $TIMER 644 timer
        systemctl daemon-reload
        systemctl enable quai-images.timer
        systemctl restart quai-images.timer
    fi
}
