/**
 * What Deno says when the program lacks a permission.
 *
 * @module
 */

/** Whether `error` says that Deno did not allow something. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Error && error.name === "NotCapable";
}
