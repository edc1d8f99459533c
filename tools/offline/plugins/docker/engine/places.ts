/** Lets a limited number in at a time; the others wait in the order of their coming. */
export class Places {
    readonly #waiting: (() => void)[] = [];
    #taken = 0;

    constructor(private readonly most: number) {}

    /** Waits for a place. The answer gives it back, once however often it is called. */
    async enter(): Promise<() => void> {
        if (this.#taken >= this.most) {
            await new Promise<void>((resolve) => this.#waiting.push(resolve));
        } else {
            this.#taken += 1;
        }
        let given = false;
        return () => {
            if (!given) {
                given = true;
                this.#leave();
            }
        };
    }

    #leave(): void {
        const next = this.#waiting.shift();
        if (next === undefined) {
            this.#taken -= 1;
        } else {
            next();
        }
    }
}
