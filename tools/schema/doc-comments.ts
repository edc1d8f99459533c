import path from "node:path";
import ts from "typescript";

/** A node of JSON Schema that can be added to. */
export interface Node {
    [key: string]: unknown;
    /** The default in words, where it isn't a plain value; for the manual only. */
    "x-default"?: string;
    description?: string;
    default?: unknown;
    examples?: unknown[];
    properties?: Record<string, Node>;
    additionalProperties?: Node | boolean;
    anyOf?: Node[];
    oneOf?: Node[];
    items?: Node;
}

/**
 * Adds the doc comments of an interface to the JSON Schema of the same shape: text, `@default` and `@example` of each field become
 * `description`, part of the description, and `examples`.
 *
 * @param file the TypeScript file that exports the interface
 * @throws Error that names every field without a doc comment, `@default` and `@example`, or whose default isn't the real one
 */
export function describe(node: Node, file: string, interfaceName: string): void {
    const program = ts.createProgram([file], { noLib: false, lib: ["lib.es5.d.ts"], types: [], strict: true, skipLibCheck: true });
    const checker = program.getTypeChecker();
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const found = module && checker.getExportsOfModule(module).find((symbol) => symbol.name === interfaceName);
    if (!found) throw new Error(`${path.basename(file)}: exports no ${interfaceName}`);
    const walk = new Walk(checker);
    walk.into(node, checker.getDeclaredTypeOfSymbol(found), interfaceName);
    if (walk.complaints.length > 0) throw new Error(walk.complaints.join("\n"));
}

class Walk {
    readonly complaints: string[] = [];

    constructor(private readonly checker: ts.TypeChecker) {}

    into(node: Node, type: ts.Type, where: string): void {
        for (const branch of node.anyOf ?? node.oneOf ?? []) this.into(branch, type, where);
        const members = this.members(type);
        for (const [name, child] of Object.entries(node.properties ?? {})) {
            const kind = node.properties?.["kind"]?.["const"];
            const symbol = members
                .filter((member) => Object.keys(node.properties ?? {}).every((key) => member.getProperty(key)) && this.isKind(member, kind))
                .map((member) => member.getProperty(name))
                .find((property) => property !== undefined);
            if (!symbol) {
                this.complaints.push(`${where}.${name}: isn't in the interface`);
                continue;
            }
            this.annotate(child, symbol, `${where}.${name}`);
            this.into(child, this.checker.getTypeOfSymbol(symbol), `${where}.${name}`);
        }
        const element = members.map((member) => member.getNumberIndexType()).find((value) => value !== undefined);
        if (node.items && element) this.into(node.items, element, `${where}[]`);
        const index = members.map((member) => member.getStringIndexType()).find((value) => value !== undefined);
        if (typeof node.additionalProperties === "object" && index) this.into(node.additionalProperties, index, `${where}.*`);
    }

    private members(type: ts.Type): readonly ts.Type[] {
        const present = this.checker.getNonNullableType(type);
        return (present.isUnion() ? present.types : [present]).filter((member) => (member.flags & ts.TypeFlags.Object) !== 0);
    }

    /** Tells the members of a union apart by their `kind`. */
    private isKind(member: ts.Type, kind: unknown): boolean {
        const symbol = member.getProperty("kind");
        if (kind === undefined || !symbol) return true;
        const type = this.checker.getTypeOfSymbol(symbol);
        return type.isStringLiteral() && type.value === kind;
    }

    private annotate(node: Node, symbol: ts.Symbol, where: string): void {
        const says = ts.displayPartsToString(symbol.getDocumentationComment(this.checker)).replace(/\s+/g, " ").trim();
        const tags = new Map(symbol.getJsDocTags(this.checker).map((tag) => [tag.name, ts.displayPartsToString(tag.text).trim()]));
        const [fallback, example] = [tags.get("default") ?? "", tags.get("example") ?? ""];
        if (!says || !fallback || !example) this.complaints.push(`${where}: needs a doc comment with @default and @example`);
        if (node.default !== undefined && JSON.stringify(literal(fallback)) !== JSON.stringify(node.default)) {
            this.complaints.push(`${where}: the doc comment says @default ${fallback}, the schema ${JSON.stringify(node.default)}`);
        }
        const own = node.default === undefined && fallback !== "(required)";
        node.description = own ? `${says} Default: ${fallback}.` : says;
        node.examples = [literal(example)];
        if (own) node["x-default"] = fallback;
    }
}

/** The value that a tag's text stands for: JSON where it is JSON, else the text itself. */
function literal(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}
