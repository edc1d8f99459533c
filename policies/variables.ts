import { pathText, type Settings } from "../infra/settings";
import { placeholders } from "../infra/settings/placeholders";

/** A variable that reaches a container or a build readable for anyone who can inspect it. */
export interface Variable {
    /** `quai:services.backend.env.DEBUG` */
    readonly path: string;
    readonly name: string;
    readonly value: string;
}

/** Environment variables of all services. */
export function environmentVariables({ services, custom }: Settings): Variable[] {
    type Containers = Readonly<Record<string, { readonly env: Readonly<Record<string, string>> }>>;
    const places: Readonly<Record<string, Containers>> = {
        services,
        ...(custom === undefined ? {} : { "custom.services": custom.services, "custom.jobs": custom.jobs }),
    };
    return Object.entries(places).flatMap(([key, containers]) =>
        Object.entries(containers).flatMap(([service, { env }]) =>
            Object.entries(env)
                // What a placeholder stands for is the program's own: https addresses, exact names, secrets by reference.
                .filter(([, value]) => placeholders(value).length === 0)
                .map(([name, value]) => ({ path: pathText([...key.split("."), service, "env", name]), name, value })),
        ),
    );
}

/** Build arguments of all images that are built here. */
export function buildArguments({ images }: Settings): Variable[] {
    return Object.entries(images).flatMap(([service, image]) =>
        typeof image === "string"
            ? []
            : Object.entries(image.args).map(([name, value]) => ({ path: pathText(["images", service, "args", name]), name, value })),
    );
}

/** The items of a list as the guides' applications write them: separated by commas or spaces, or as JSON. */
export function items(value: string): string[] {
    return value
        .split(/[\s,[\]"']+/)
        .map((item) => item.trim())
        .filter((item) => item !== "");
}

/** Whether a variable that is a switch is on. */
export function isOn(value: string): boolean {
    return /^(true|1|yes|on|t|y)$/i.test(value.trim());
}
