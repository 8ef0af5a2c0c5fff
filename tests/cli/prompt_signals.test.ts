/** A program that is asked to end while it asks: the terminal shows again what is typed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { programCommand, unboundCommand } from "../helpers/program.ts";
import { NO_TERMINAL, onTerminal } from "../helpers/terminal.ts";
import { withSession } from "../helpers/session.ts";

if (NO_TERMINAL !== undefined) console.warn(`skipped: ${NO_TERMINAL}`);
const options = { timeout: 120_000, skip: NO_TERMINAL ?? false };
const SIGNALS = [["SIGHUP", 129], ["SIGINT", 130], ["SIGQUIT", 131], ["SIGTERM", 143]] as const;

for (const [signal, exitCode] of SIGNALS) {
  test(
    `a question that is ended by ${signal} leaves the terminal as it was, and changes nothing`,
    options,
    async () => {
      // Deno without all permissions asks on standard input, not on /dev/tty.
      for (const program of [programCommand(), unboundCommand()]) {
        await withSession(
          async ({ run, env, directory: cwd }) => {
            await run("aivault init");
            const line =
              `sh -c 'echo $$ >pid; exec aivault secrets create A'; echo "[$?]"; stty -a | grep -Eow -- '-?(isig|icanon|echo)'`;
            const end = (): string => {
              process.kill(Number(readFileSync(join(cwd, "pid"), "utf8")), signal);
              return "";
            };
            const { screen } = await onTerminal(line, { env, cwd }, [["(not shown): ", end]]);
            assert.match(screen, new RegExp(`\\n\\[${exitCode}\\]\\nisig\\nicanon\\necho\\n$`));
            assert.equal((await run("aivault secrets list")).stdout, "no secrets\n");
          },
          {},
          program,
        );
      }
    },
  );
}
