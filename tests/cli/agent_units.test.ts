/** The sample units for systemd and launchd start what there is to be started. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { agentStatus, endProcess, withLockedVault } from "../helpers/agents.ts";
import { until } from "../helpers/until.ts";
import { ended, ROOT, startCommand, unboundCommand } from "../helpers/program.ts";

const UNITS: readonly (readonly [file: string, command: (text: string) => string[]])[] = [
  ["aivault-agent.service", (text) => /^ExecStart=\S+ (.+)$/m.exec(text)?.[1]?.split(" ") ?? []],
  [
    "aivault-agent.plist",
    (text) =>
      [...text.matchAll(/^ {6}<string>(.+)<\/string>$/gm)].slice(1).map(([, word = ""]) => word),
  ],
];

for (const [file, command] of UNITS) {
  test(
    `packaging/${file} runs an agent that ends without a failure`,
    { timeout: 120_000 },
    () =>
      withLockedVault(async (session) => {
        const args = command(await readFile(join(ROOT, "packaging", file), "utf8"));
        assert.equal(args[0], "agent");
        const child = startCommand([...unboundCommand(), ...args], { env: session.env });
        const over = ended(child);
        try {
          await until("it listens", async () => (await agentStatus(session)).state === "locked");
        } finally {
          endProcess(child);
        }
        const { exitCode, stderr } = await over;
        assert.equal(exitCode, 0, stderr);
      }),
  );
}

const analyze = spawnSync("systemd-analyze", ["--version"]).status === 0;

test("packaging/aivault-agent.service is a unit that systemd accepts", {
  skip: !analyze && "there is no systemd here",
}, () => {
  const path = join(ROOT, "packaging", "aivault-agent.service");
  const { stderr } = spawnSync("systemd-analyze", ["verify", "--user", path], { encoding: "utf8" });
  assert.doesNotMatch(stderr, /Unknown|Failed to parse|Invalid/);
});
