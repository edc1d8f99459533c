/** A word for a POSIX shell that stands for exactly this text. */
export function quote(text: string): string {
    return `'${text.replaceAll("'", "'\\''")}'`;
}
