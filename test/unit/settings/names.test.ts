import { refuseUnknownNames, SettingsError } from "../../../infra/settings";
import { parse, type Raw } from "./base";

const NAMES = { services: ["backend", "worker"], images: ["backend"], secrets: ["database", "djangoSecretKey"] };

function refused(change: Raw): readonly string[] {
    try {
        refuseUnknownNames(parse(change), NAMES);
    } catch (error) {
        if (error instanceof SettingsError) return error.problems;
        throw error;
    }
    return [];
}

test("names that mean nothing to the application are refused, all at once", () => {
    const change = {
        services: { bakend: {}, worker: {}, beat: {} },
        images: { worker: "quay/worker" },
        rotation: { database: "2026-11-01", djangoSecret: "2026-11-01" },
    };
    expect(refused(change)).toEqual([
        "quai:services.bakend: demo has no such service; did you mean backend?",
        "quai:services.beat: demo has no such service; known: backend, worker",
        "quai:images.worker: demo has no such image; known: backend",
        "quai:rotation.djangoSecret: demo has no such generated secret; did you mean djangoSecretKey?",
    ]);
});

test("names that it knows pass", () => {
    expect(refused({ services: { backend: {} }, images: { backend: "quay/backend" }, rotation: { database: "2026-11-01" } })).toEqual([]);
});
