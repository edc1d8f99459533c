#!/bin/sh
# Kept by quai: what is changed here is put back.
# Removes images of former releases: of those that services and jobs of stacks come from, the newest stay besides all that is in use. What is
# removed can be pulled or built again. Then layers and builder's cache that nothing names. Volumes are never touched.
set -eu
keep='@KEEP@'

image_ids() { xargs -r docker inspect --format '{{.Image}}' | sort -u; }
in_use=$(docker ps --all --quiet | image_ids)
repositories=$(
    for role in service worker scheduler job; do docker ps --all --quiet --filter "label=io.quai.role=$role"; done | image_ids |
        xargs -r docker image inspect --format '{{range .RepoTags}}{{println .}}{{end}}{{range .RepoDigests}}{{println .}}{{end}}' |
        sed -n 's/@.*$//; s/:[^:/]*$//; /./p' | sort -u
)

# The newest first, a line for each name of an image.
docker image ls --no-trunc --digests --format '{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}}' |
    awk -v keep="$keep" -v in_use="$(echo "$in_use" | tr '\n' ' ')" -v repositories="$(echo "$repositories" | tr '\n' ' ')" '
        BEGIN {
            n = split(in_use, list, " "); for (i = 1; i <= n; i++) used[list[i]] = 1
            n = split(repositories, list, " "); for (i = 1; i <= n; i++) ours[list[i]] = 1
        }
        !($2 in ours) || ($1 in used) { next }
        !(($2, $1) in seen) { seen[$2, $1] = 1; count[$2]++ }
        count[$2] > keep { print $3 == "<none>" ? $2 "@" $4 : $2 ":" $3 }' |
    while read -r name; do
        if docker image rm "$name" >/dev/null; then echo "removed $name"; fi
    done
docker image prune --force --filter until=24h
docker builder prune --force --filter until=240h
