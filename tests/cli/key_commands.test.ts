/** The lists of commands that need the vault's key, held against the program's own. */
import assert from "node:assert/strict";
import test from "node:test";
import { allHelps, commandsIn } from "../helpers/all_helps.ts";
import { KEY_COMMANDS, KEYLESS_COMMANDS, OTHER_KEY_COMMANDS } from "./key_commands.ts";

test("every command of the program is tried with a wrong key, or there is a reason why not", async () => {
  const helps = await allHelps();
  const all = helps.filter(([path, help]) => {
    // `audit` is a group, and a command as well.
    const isCommand = commandsIn(help).length === 0 || /^ {2}--json /m.test(help);
    return path.length > 0 && path[0] !== "help" && isCommand;
  }).map(([path]) => path.join(" "));
  assert.ok(all.includes("doctor") && all.includes("audit") && all.includes("backup verify"));
  // The longest name that a line begins with: `audit` is a command, and `audit verify` is another.
  const named = [...KEY_COMMANDS, ...OTHER_KEY_COMMANDS].map((line) =>
    all.filter((name) => `${line} `.startsWith(`aivault ${name} `)).sort((a, b) =>
      b.length - a.length
    )[0]
  );
  const known = [...named, ...Object.keys(KEYLESS_COMMANDS)];
  assert.deepEqual([...new Set(known)].sort(), all.toSorted());
});
