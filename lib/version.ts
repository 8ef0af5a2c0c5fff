/**
 * The version of the program and the package.
 *
 * @module
 */

/** The version, as in deno.json and package.json. */
export const VERSION = "0.1.0";

/** The commit that a build was made from, which the build writes here; empty in a checkout. */
export const COMMIT: string = "";

/** Which build of the program runs, and on what. */
export interface BuildInfo {
  /** The version of the package. */
  readonly version: string;
  /** The commit it was built from or is checked out at, in hexadecimal, or `unknown`. */
  readonly commit: string;
  /** The runtime and its version, such as `deno 2.9.6`. */
  readonly runtime: string;
  /** The JavaScript engine and its version, such as `v8 15.0.245`. */
  readonly engine: string;
}
