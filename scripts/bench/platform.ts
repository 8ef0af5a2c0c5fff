/**
 * What the program asks of the runtime for `status`, before it does anything of its own: the modules of the platform, and
 * one line of output. It is measured to tell the runtime's time from the program's.
 *
 * @module
 */
import { writeSync } from "node:fs";
import "node:fs/promises";
import "node:os";
import "node:path";
import "node:process";
import "node:sqlite";
import "node:timers";
import "node:timers/promises";

writeSync(1, new TextEncoder().encode("ready\n"));
