import { EngineLog } from "./engine-log";
import { CallError, cancelled, failed, messageOf } from "./errors";
import { Scrubber } from "./scrub";
import type { CallContext, Plugin, Properties, ResourceIdentity } from "./types";

interface Call {
    readonly context: CallContext;
    /** Runs the work of the call; its errors come out without secrets, as what the engine understands. */
    run<T>(work: () => Promise<T>): Promise<T>;
}

/** What lives as long as the plugin's process: the provider's configuration, the log, cancellation. */
export class Session {
    readonly scrubber = new Scrubber();
    readonly log: EngineLog;
    config: Properties = {};
    private readonly running = new Map<AbortController, Promise<unknown>>();
    private stopped = false;

    constructor(
        readonly plugin: Plugin,
        engineAddress: string | undefined,
    ) {
        this.log = new EngineLog(engineAddress);
    }

    /** Aborts everything that runs and refuses what comes later. */
    cancel(): void {
        this.stopped = true;
        for (const controller of this.running.keys()) controller.abort(new Error("cancelled"));
    }

    /** Resolves when nothing runs any more, or after `milliseconds`. */
    async settled(milliseconds: number): Promise<void> {
        const limit = new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());
        await Promise.race([Promise.allSettled(this.running.values()), limit]);
    }

    /** @param timeout in seconds, from the resource's `customTimeouts`; 0: none. */
    open(resource: ResourceIdentity, timeout = 0): Call {
        const controller = new AbortController();
        const context: CallContext = {
            config: this.config,
            resource,
            signal: controller.signal,
            log: (severity, text, ephemeral = false) => this.log.write(resource.urn, severity, this.scrubber.clean(text), ephemeral),
        };
        return { context, run: (work) => this.track(controller, resource, timeout, work) };
    }

    private async track<T>(controller: AbortController, resource: ResourceIdentity, timeout: number, work: () => Promise<T>): Promise<T> {
        if (this.stopped) throw cancelled(`${resource.name}: cancelled`);
        const expired = new Error(`timed out after ${timeout} s (customTimeouts of the resource)`);
        const timer = timeout > 0 ? setTimeout(() => controller.abort(expired), timeout * 1000) : undefined;
        const running = work();
        this.running.set(controller, running);
        try {
            return await running;
        } catch (error) {
            throw this.explain(error, controller.signal, resource);
        } finally {
            clearTimeout(timer);
            this.running.delete(controller);
            await this.log.flush();
        }
    }

    private explain(error: unknown, signal: AbortSignal, resource: ResourceIdentity): CallError {
        if (error instanceof CallError) return error;
        const message = this.scrubber.clean(messageOf(error));
        if (!signal.aborted) return failed(message);
        const reason = messageOf(signal.reason);
        return cancelled(message.includes(reason) ? `${resource.name}: ${message}` : `${resource.name}: ${reason} (${message})`);
    }
}
