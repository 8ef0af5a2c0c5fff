/**
 * Vault.verify() and the events: each attack by its name, on the raw database, and what is said about it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { finds, withPast } from "../helpers/past.ts";
import { withDirectory } from "../helpers/program.ts";
import { rows, run, withRaw } from "../helpers/raw_database.ts";
import { initVault, sqliteStore } from "../helpers/vaults.ts";
import { shortFindings } from "../helpers/verified.ts";

/** Exchanges the places of two events. */
function swapEvents(raw: DatabaseSync, a: number, b: number): void {
  for (const [from, to] of [[a, 1000], [b, a], [1000, b]] as const) {
    run(raw, "update audit set seq = ? where seq = ?", to, from);
  }
}

test("verify() finds nothing in a vault that nobody touched, and says what it covered", async () => {
  await withPast(() => {}, async (vault) => {
    const { head, ...rest } = await vault.verify();
    assert.match(head, /^10:[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      isIntact: true,
      events: 10,
      fromSeq: 1,
      keptEvents: 0,
      unverifiableEvents: 0,
      secrets: 2,
      findings: [],
      findingCount: 0,
    });
  });
});

test("verify() changes nothing", async () => {
  await withPast(() => {}, async (vault, directory) => {
    const content = () =>
      withRaw(join(directory, "vault.db"), (raw) => rows(raw, "select * from vault"));
    const before = content();
    await vault.verify();
    assert.deepEqual(content(), before);
    assert.equal((await vault.info()).auditSeq, 10);
  });
});

const EVENTS: readonly [what: string, sql: string, ...found: string[]][] = [
  ["an edited note", "update audit set note = 'x' where seq = 4", "event-edited 4"],
  ["an edited time", "update audit set time_ms = time_ms + 1 where seq = 7", "event-edited 7"],
  [
    "a time beyond JavaScript",
    "update audit set time_ms = 1 << 60 where seq = 7",
    "event-edited 7",
  ],
  ["an edited name", "update audit set secret_name = 'B' where seq = 5", "event-edited 5"],
  ["an edited MAC", "update audit set mac = zeroblob(32) where seq = 4", "event-edited 4"],
  ["a shortened MAC", "update audit set mac = x'' where seq = 4", "event-edited 4"],
  ["a proof taken away", "update audit set proof = x'' where seq = 4", "event-forged 4"],
  [
    "a proof given to an event without",
    "update audit set kind = 'vault.lock' where seq = 4",
    "event-edited 4",
  ],
  ["an event removed in the middle", "delete from audit where seq = 5", "event-missing 5"],
  ["an event without proof removed", "delete from audit where seq = 7", "event-missing 7"],
  ["the first event removed", "delete from audit where seq = 1", "event-missing 1"],
  ["the newest event removed", "delete from audit where seq = 10", "event-missing 10"],
  ["several events removed", "delete from audit where seq in (4, 5)", "event-missing 4-5"],
  ["all events removed", "delete from audit", "event-missing 1-10"],
  [
    "an event put behind the newest",
    "insert into audit select 11, time_ms, kind, actor, '', '', '', '', '', '', '', mac, x'' from audit where seq = 10",
    "event-inserted 11",
  ],
  [
    "an event put before the first",
    "insert into audit select -5, time_ms, kind, actor, '', '', '', '', '', '', '', mac, x'' from audit where seq = 10",
    "event-inserted -1",
  ],
  [
    "an event far behind the newest",
    "insert into audit select 1 << 60, time_ms, kind, actor, '', '', '', '', '', '', '', mac, x'' from audit where seq = 10",
    `event-inserted ${Number.MAX_SAFE_INTEGER}`,
  ],
];

for (const [what, sql, ...found] of EVENTS) {
  test(`verify() names ${what}`, async () => {
    // Where an event about a secret is removed, the secret may be named too; that is tested below.
    await withPast((raw) => raw.exec(sql), async (vault) => {
      const named = shortFindings(await vault.verify()).filter((one) => /^(event|chain)/.test(one));
      assert.deepEqual(named, found);
    });
  });
}

test("verify() names two events that changed places", async () => {
  await finds(
    (raw) => swapEvents(raw, 4, 6),
    "event-edited 4",
    "event-edited 6",
    // It has no proof, so what holds it is the MAC of the event before.
    "event-unlinked 7",
    "secret-history A",
  );
  await finds((raw) => swapEvents(raw, 7, 10), "event-edited 7", "event-edited 10");
});

test("verify() names every event that was edited, not only the first", async () => {
  await finds(
    (raw) => {
      run(raw, "update audit set actor = 'x' where seq in (2, 7, 10)");
    },
    "event-edited 2",
    "event-edited 7",
    "event-edited 10",
  );
});

test("verify() names a removed event and an edited one behind it", async () => {
  await finds(
    (raw) => {
      run(raw, "delete from audit where seq = 5");
      run(raw, "update audit set note = 'x' where seq = 7");
      run(raw, "update audit set note = 'y' where seq = 10");
    },
    "event-missing 5",
    "event-edited 7",
    "event-edited 10",
  );
});

test("verify() lists a hundred findings and counts the others", async () => {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    for (let i = 0; i < 149; i++) await vault.recordLock("vault.lock");
    withRaw(join(directory, "vault.db"), (raw) => run(raw, "update audit set note = 'x'"));
    const { findings, findingCount, isIntact } = await vault.verify();
    assert.deepEqual([findings.length, findingCount, isIntact], [100, 150, false]);
    assert.equal(findings[99]?.seq, 100);
    await vault.close();
  });
});

test("verify() lists a hundred findings, counts them all, and tells its listener of every event", async () => {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    await vault.import(
      Array.from({ length: 150 }, (_, i) => ({ name: `N${i}`, value: new Uint8Array(1) })),
    );
    withRaw(
      join(directory, "vault.db"),
      (raw) => assert.equal(run(raw, "update audit set actor = 'x' where seq > 1"), 150),
    );
    const edited: number[] = [];
    const { findings, findingCount } = await vault.verify({
      onEvent: ({ seq }, isVerified) => void (isVerified || edited.push(seq)),
    });
    assert.deepEqual(edited, Array.from({ length: 150 }, (_, i) => i + 2));
    assert.deepEqual(findings.map(({ seq }) => seq), edited.slice(0, 100));
    // Of each secret there is no proven event any more.
    assert.equal(findingCount, 300);
    await vault.close();
  });
});
