import { script } from "../internal/shell";
import { CONFIG_FOLDER, KNOWN_FOLDER } from "./nginx";

/**
 * Looks up every service of the configuration in use, and notes where it is for nginx to read: before it starts and before each reload, as
 * nginx itself asks only then. A name that isn't found now leaves what is known of it. Nothing is known after a restart of the container:
 * after a reboot of the host, an address may be another service's.
 */
export const FIND_SERVICES = script(
    `mkdir -p ${KNOWN_FOLDER}`,
    `sed -n 's/^ *server \\([^ :]*\\):\\([0-9]*\\) resolve.*/\\1 \\2/p' ${CONFIG_FOLDER}/current/nginx.conf >/tmp/services`,
    "while read -r name port; do",
    `  file=${KNOWN_FOLDER}/$\{name}_$port.conf; new=/tmp/found.$name.$port`,
    `  { timeout 3 getent ahostsv4 "$name" | sed -n "s/^\\([0-9.]*\\) *STREAM.*/server \\1:$port backup max_fails=0;/p" >"$new"; if [ -s "$new" ]; then mv "$new" "$file"; else rm "$new"; fi; } &`,
    "done </tmp/services",
    "wait",
);
