import { script, sh } from "../internal/shell";
import type { ContainerArgs, JobArgs, ScheduleArgs, ServiceArgs } from "./args";
import { shellFields } from "./cron";

type Scheduled = JobArgs & { readonly schedule: ScheduleArgs };

/** Jobs that run at times of their own, and those that run before a release. */
export function bySchedule(jobs: Readonly<Record<string, JobArgs>> = {}): {
    readonly scheduled: readonly (readonly [name: string, job: Scheduled])[];
    readonly released: Readonly<Record<string, JobArgs>>;
} {
    const all = Object.entries(jobs);
    return {
        scheduled: all.flatMap(([name, { schedule, ...job }]) => (schedule === undefined ? [] : [[name, { ...job, schedule }] as const])),
        released: Object.fromEntries(all.filter(([, { schedule }]) => schedule === undefined)),
    };
}

/** Ends a command when its time is up, and kills it ten seconds later. */
const WITHIN = ["timeout", "-k", "10"];

const FAILED = "/tmp/.failed";

/**
 * Runs a command whenever it is time; one run at a time, so that what is due while one lasts is left out. Whoever stops the shell stops what
 * runs, and is waited for.
 */
const AT_TIMES = script(
    "minutes=$1 hours=$2 days=$3 months=$4 weekdays=$5 deadline=$6; shift 6",
    `within() { case "$1" in *" $2 "*) ;; *) return 1 ;; esac; }`,
    `due() { within "$minutes" "$1" && within "$hours" "$2" && within "$days" "$3" && within "$months" "$4" && within "$weekdays" "$5"; }`,
    `stop() { [ -z "$job" ] || { kill "$job"; wait "$job"; }; exit 143; }`,
    "job=; trap stop TERM INT",
    "while :; do",
    `sleep $((60 - $(date -u +%s) % 60)) & wait "$!"`,
    `due $(date -u '+%M %H %d %m %w') || continue`,
    `echo "quai: begins"`,
    `${sh(...WITHIN)} "$deadline" "$@" & job=$!`,
    `wait "$job" && code=0 || code=$?`,
    "job=",
    `echo "quai: ended with $code"`,
    `if [ "$code" = 0 ]; then rm -f ${FAILED}; else echo "$code" 2>/dev/null >${FAILED} || true; fi`,
    "done",
);

/** For a target with a scheduler of its own: a container that runs the command once. */
export function runsOnce(job: Scheduled): ContainerArgs {
    const { schedule, ...args } = job;
    return { ...args, entry: WITHIN, command: [String(schedule.deadline), ...(args.command ?? [])] };
}

/** For a Docker host: a container that waits for its time. It is unhealthy after a run that failed, until one goes well. */
export function waitsForItsTime(job: Scheduled): ServiceArgs {
    const { schedule, data: _, once: __, ...args } = job;
    return {
        ...args,
        kind: "scheduler",
        entry: ["/bin/sh"],
        command: ["-c", AT_TIMES, "quai", ...shellFields(schedule.at), String(schedule.deadline), ...(args.command ?? [])],
        health: { command: ["/bin/sh", "-c", `[ ! -e ${FAILED} ]`], shell: true, interval: 30 },
    };
}
