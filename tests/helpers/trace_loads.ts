/**
 * Loaded into a Node that runs the program: writes which files it loads, a path within the checkout a line, to the file
 * that `TRACE_LOADS` names.
 *
 * @module
 */
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";
import process from "node:process";

const root = new URL("../../", import.meta.url).href;
const list = process.env["TRACE_LOADS"];

registerHooks({
  load(url, context, next) {
    if (list !== undefined && url.startsWith(root)) {
      appendFileSync(list, `${url.slice(root.length)}\n`);
    }
    return next(url, context);
  },
});
