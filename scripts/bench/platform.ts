/**
 * What the program asks of the runtime before it does anything of its own: the modules of the platform, and one line of
 * output. It is measured to tell the runtime's time from the program's.
 *
 * @module
 */
import "node:child_process";
import "node:fs/promises";
import "node:os";
import "node:path";
import process from "node:process";
import "node:sqlite";
import "node:timers/promises";

process.stdout.write("ready\n");
