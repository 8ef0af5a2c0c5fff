/**
 * Words that a hint puts into a command for people to copy.
 *
 * @module
 */

/** `text` as one word of a POSIX shell, in single quotes. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
