# shellcheck shell=sh
# Stays enforcing: containers may keep their control groups, and what lies in the application's folder may be mounted.
check() {
    [ "$(getenforce)" = Enforcing ] || say "SELinux is $(getenforce) and not Enforcing"
    grep -q '^SELINUX=enforcing' "$ROOT/etc/selinux/config" || say "SELinux isn't enforcing after a restart"
    missing_packages container-selinux
    [ "$(getsebool container_manage_cgroup 2>/dev/null)" = "container_manage_cgroup --> on" ] || say "container_manage_cgroup is off"
    semanage fcontext --list --locallist | grep -qF "$APP_FOLDER(/.*)?" || say "$APP_FOLDER has no label for containers"
}

apply() {
    install_packages container-selinux policycoreutils-python-utils
    sed -i 's/^SELINUX=.*/SELINUX=enforcing/' "$ROOT/etc/selinux/config"
    setenforce 1
    setsebool -P container_manage_cgroup on
    semanage fcontext --add --type container_file_t "$APP_FOLDER(/.*)?" || semanage fcontext --modify --type container_file_t "$APP_FOLDER(/.*)?"
    restorecon -R "$APP_FOLDER"
}
