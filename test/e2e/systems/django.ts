import { ask, PORTS, type System } from "./system";

interface State {
    readonly ticks: number;
    readonly users: number;
    readonly version: string;
}

/** What apps/django says of itself. */
export const state = async (system: System) => JSON.parse((await ask(system, "/api/state")).text) as State;

/** Somebody with a browser in Django's administration. */
export class DjangoVisitor {
    private session = "";

    constructor(private readonly system: System) {}

    /** @returns 302: let in; 200: the form again */
    async login(username: string, password: string): Promise<number> {
        const form = await ask(this.system, "/admin/login/");
        const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(form.text)?.[1] ?? "";
        const answer = await ask(this.system, "/admin/login/", {
            method: "POST",
            headers: {
                Cookie: cookies(form.headers["set-cookie"]),
                Referer: `https://${this.system.host}:${PORTS.https}/`,
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body: new URLSearchParams({ csrfmiddlewaretoken: token, username, password, next: "/admin/" }).toString(),
        });
        this.session = cookies(answer.headers["set-cookie"]);
        return answer.status;
    }

    /** The administration's first page with the session: 200, or 302 to the login. */
    async admin(): Promise<number> {
        return (await ask(this.system, "/admin/", { headers: { Cookie: this.session } })).status;
    }
}

const cookies = (set: readonly string[] = []) => set.map((each) => each.split(";")[0] ?? "").join("; ");
