import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run, scratchFolder } from "../support/scratch";

const scratch = scratchFolder("remove-images");
const PROGRAM = readFileSync(resolve(__dirname, "../../../components/docker-host/steps/remove-images.sh"), "utf8");

/** Docker with a service (c1), a job (c2) and a database (c3); images are listed as `docker image ls` does, the newest first. */
const DOCKER = `#!/bin/sh
case "$*" in
"ps --all --quiet") echo c1; echo c2; echo c3 ;;
*label=io.quai.role=service) echo c1 ;;
*label=io.quai.role=job) echo c2 ;;
ps*) ;;
inspect*) shift 3; for each; do case $each in c1) echo sha256:a3 ;; c2) echo sha256:b1 ;; c3) echo sha256:p1 ;; esac; done ;;
"image inspect"*) shift 4; for each; do case $each in sha256:a3) echo quai/shop/api:r3 ;; sha256:b1) echo reg.example.com:5000/jobs@sha256:d1 ;; *) exit 1 ;; esac; done ;;
"image ls"*) cat "$FAKE/images" ;;
*) echo "$*" >>"$FAKE/calls" ;;
esac
`;

async function calls(keep: number, images: readonly string[]): Promise<readonly string[]> {
    const folder = join(scratch, String(keep));
    mkdirSync(folder);
    writeFileSync(join(folder, "docker"), DOCKER);
    chmodSync(join(folder, "docker"), 0o755);
    writeFileSync(join(folder, "images"), images.map((line) => `${line}\n`).join(""));
    const env = { ...process.env, FAKE: folder, PATH: `${folder}:${process.env["PATH"]}` };
    const { code, stderr } = await run("/bin/sh", ["-c", PROGRAM.replace("@KEEP@", String(keep))], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
}

const IMAGES = [
    "sha256:a5 quai/shop/api r5 <none>",
    "sha256:a4 quai/shop/api r4 <none>",
    "sha256:a4 quai/shop/api again <none>",
    "sha256:a3 quai/shop/api r3 <none>",
    "sha256:a2 quai/shop/api r2 <none>",
    "sha256:a1 quai/shop/api r1 <none>",
    "sha256:b4 reg.example.com:5000/jobs <none> sha256:d4",
    "sha256:b3 reg.example.com:5000/jobs <none> sha256:d3",
    "sha256:b2 reg.example.com:5000/jobs <none> sha256:d2",
    "sha256:b1 reg.example.com:5000/jobs <none> sha256:d1",
    "sha256:p2 postgres 16 <none>",
    "sha256:p1 postgres 15 <none>",
    "sha256:x1 somebody/app 1 <none>",
    "sha256:y1 <none> <none> <none>",
];
const BESIDES = ["image prune --force --filter until=24h", "builder prune --force --filter until=240h"];

test("R127: what is in use and the newest stay; databases' images, other people's and volumes aren't touched", async () => {
    expect(await calls(2, IMAGES)).toEqual([
        "image rm quai/shop/api:r2",
        "image rm quai/shop/api:r1",
        "image rm reg.example.com:5000/jobs@sha256:d2",
        ...BESIDES,
    ]);
    expect(await calls(5, IMAGES)).toEqual(BESIDES);
});
