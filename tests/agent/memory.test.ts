/** Where the key stands in the memory of an agent: in one place while it is unlocked, nowhere when it is locked. */
import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { deriveKey } from "../../lib/crypto/argon2.ts";
import { fromBase64, toBase64, toHex, utf8 } from "../../lib/crypto/bytes.ts";
import { agentStatus, endProcess, unlock, withLockedVault } from "../helpers/agents.ts";
import { until } from "../helpers/until.ts";
import { countInMemory } from "../helpers/process_memory.ts";
import { ended, startCommand, unboundCommand } from "../helpers/program.ts";
import type { Session } from "../helpers/session.ts";

interface Kdf {
  readonly memoryKiB: number;
  readonly iterations: number;
  readonly parallelism: number;
  readonly salt: string;
}

// Bun, and the executable that is made with it, sometimes leave a copy where a message with the key was received.
const left = "Bun" in globalThis || process.env["AIVAULT_TEST_BINARY"] !== undefined ? 1 : 0;

/**
 * Fails if the key is anywhere as text, or in more places than a runtime is known to leave it in, after the agent was
 * given it `times` times.
 */
function assertGone(counts: readonly number[] | undefined, times: number, when: string): void {
  const [first = 0, second = 0, ...texts] = counts ?? [];
  assert.ok(
    Math.max(first, second) <= times * left,
    `${when}: ${first} and ${second} copies of its halves`,
  );
  assert.deepEqual(texts, texts.map(() => 0), when);
}

/** The forms that the key of the vault might stand in: whole, its halves, and as text. */
async function formsOfKey(session: Session, passphrase: string): Promise<Uint8Array[]> {
  const { provider } = await session.json("aivault status --json") as { provider: { kdf: Kdf } };
  const salt = fromBase64(provider.kdf.salt);
  assert.ok(salt);
  const kek = await deriveKey(utf8(passphrase), { ...provider.kdf, salt });
  const texts = [toBase64(kek).replace(/=+$/, ""), toHex(kek)];
  // An engine may keep a text with two bytes for each letter.
  const wide = texts.map((text) => Uint8Array.from([...utf8(text)].flatMap((byte) => [byte, 0])));
  return [kek.slice(0, 16), kek.slice(16), ...texts.map(utf8), ...wide];
}

it(
  "an agent has its key in memory in a few places at most while unlocked, and nowhere once locked",
  {
    timeout: 600_000,
    skip: process.platform !== "linux" && "only Linux shows the memory of a process as a file",
  },
  (t) =>
    withLockedVault(async (session) => {
      const child = startCommand([...unboundCommand(), "agent", "run", "--foreground"], {
        cwd: session.directory,
        env: session.env,
      });
      const over = ended(child);
      const { pid } = child;
      assert.ok(pid !== undefined);
      try {
        await until(
          "the agent listens",
          async () => (await agentStatus(session)).state === "locked",
        );
        const forms = await formsOfKey(session, "correct horse");
        const nowhere = forms.map(() => 0);
        const look = (): number[] | undefined => {
          const counts = countInMemory(pid, forms);
          if (counts === undefined) t.diagnostic?.("this machine does not let the memory be read");
          return counts;
        };
        if (look() === undefined) return;
        await unlock(session);
        const entries = Array.from({ length: 50 }, (_, i) => `--entry A${i}=x`).join(" ");
        await session.run(`aivault secrets import ${entries}`);
        const unlocked = look();
        t.diagnostic?.(`unlocked, after 50 uses: ${unlocked}`);
        assert.ok((unlocked?.[0] ?? 0) >= 1, "the search finds what is there");
        assert.ok((unlocked?.[0] ?? 0) <= 2, `${unlocked?.[0]} copies after 50 uses`);
        assert.deepEqual(unlocked?.slice(2), nowhere.slice(2), "never as text");
        await session.run("aivault lock");
        assertGone(look(), 1, "locked");

        await unlock(session);
        const rotated = await session.run(
          "aivault rotate-master --new-passphrase-file -",
          "new horse",
        );
        assert.equal(rotated.exitCode, 0, rotated.stderr);
        assertGone(look(), 2, "the key from before the rotation");
        const next = await formsOfKey(session, "new horse");
        assert.ok((countInMemory(pid, next)?.[0] ?? 0) >= 1);
        await session.run("aivault lock");
        assertGone(countInMemory(pid, next), 1, "the key from after it");
      } finally {
        endProcess(child);
        await over;
      }
    }),
);
