/** A part of a stack file. */
export type Fields = Record<string, unknown>;

/** Without what isn't known. */
export function clean(fields: Fields): Fields {
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Nothing in place of an empty part. */
export const some = (fields: Fields) => (Object.keys(fields).length === 0 ? undefined : fields);
