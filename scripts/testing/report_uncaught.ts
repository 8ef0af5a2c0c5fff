/**
 * Loaded before a test file on Deno, whose node:test swallows errors that no test awaits, and
 * errors that a file throws after it has registered a test. Bun and Node fail on both.
 *
 * @module
 */
import { UNCAUGHT } from "./uncaught.ts";

for (const type of ["error", "unhandledrejection"]) {
  globalThis.addEventListener(type, (event) => {
    console.error(
      UNCAUGHT,
      event instanceof ErrorEvent ? event.error : Reflect.get(event, "reason"),
    );
  });
}
