/** `aivault doctor` on vaults that something is wrong with. */
import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { snapshot } from "../helpers/files.ts";
import { withRaw } from "../helpers/raw_database.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { causesIn, examine, makeVault } from "./doctor_document.ts";

const DIRECTORY = "home/.aivault/data/vault";
const DATABASE = `${DIRECTORY}/vault.db`;
const KEY_FILE = "home/.aivault/keys/kek.key";
/** A process that is long gone: ids are smaller. */
const GONE = `999999999.${"1".repeat(8)}-1111-4111-8111-${"1".repeat(12)}.tmp`;

/** Something that goes wrong. */
interface Fault {
  readonly what: string;
  readonly harm: (at: (path: string) => string, session: Session) => unknown;
  /** What is found. */
  readonly findings: readonly (string | RegExp)[];
  readonly exitCode: number;
  /** Whether `--fix` mends it. */
  readonly isMended?: boolean;
}

const sql = (text: string) => (at: (path: string) => string) =>
  withRaw(at(DATABASE), (raw) => {
    raw.exec("pragma foreign_keys = off");
    raw.exec(text);
  });

const FAULTS: readonly Fault[] = [
  {
    what: "a database that others can read",
    harm: (at) => chmod(at(DATABASE), 0o644),
    findings: [`files: other users may reach ${DATABASE}`],
    exitCode: 74,
    isMended: true,
  },
  {
    what: "a directory that others can enter",
    harm: (at) => chmod(at(DIRECTORY), 0o755),
    findings: [`files: other users may reach ${DIRECTORY}`],
    exitCode: 74,
    isMended: true,
  },
  {
    what: "a database that its owner may only read",
    harm: (at) => chmod(at(DATABASE), 0o400),
    findings: [`files: its owner may not use ${DATABASE}`],
    exitCode: 74,
    isMended: true,
  },
  {
    what: "a key file that others can read",
    harm: (at) => chmod(at(KEY_FILE), 0o640),
    findings: [
      `files: other users may reach ${KEY_FILE}`,
      `key: key file ${KEY_FILE} can be read by other users`,
    ],
    exitCode: 8,
    isMended: true,
  },
  {
    what: "a key file that is gone",
    harm: (at) => rm(at(KEY_FILE)),
    findings: [`key: key file ${KEY_FILE} does not exist`],
    exitCode: 8,
  },
  {
    what: "another key",
    harm: (at) => writeFile(at(KEY_FILE), "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
    findings: [`key: key file ${KEY_FILE} is not this vault's`],
    exitCode: 6,
  },
  {
    what: "a secret that does not open",
    harm: sql(`update secret_values set sealed_value = zeroblob(60) where secret_id =
      (select secret_id from secret_names where name = 'A')`),
    findings: [/^secrets: secret A \([0-9a-f-]{36}\) does not open$/, /^audit: secret A /],
    exitCode: 7,
  },
  {
    what: "an event that was taken out",
    harm: sql("delete from audit where seq = 2"),
    findings: [/^audit: /],
    exitCode: 7,
  },
  {
    what: "a row that refers to none",
    harm: sql("insert into attached_groups values ('none', 'W', 'G')"),
    findings: ["database: a row of attached_groups refers to none of secrets"],
    exitCode: 7,
  },
  {
    what: "an edit of the vault's own row",
    harm: sql("update vault set recovery = null"),
    findings: [/^key: its description was changed or damaged$/],
    exitCode: 7,
  },
  {
    what: "a database that is none",
    harm: (at) => writeFile(at(DATABASE), "x".repeat(5000)),
    findings: [/^database: /],
    exitCode: 7,
  },
  {
    what: "a database whose pages are torn",
    harm: async (at) => {
      const bytes = await readFile(at(DATABASE));
      for (let page = 8192; page < bytes.length; page += 4096) bytes.fill(0x5a, page, page + 100);
      await writeFile(at(DATABASE), bytes);
    },
    findings: [/^database: /],
    exitCode: 7,
  },
  {
    what: "a temporary file of a process that is gone",
    harm: (at) => writeFile(at(`${KEY_FILE}.${GONE}`), "half a key", { mode: 0o600 }),
    findings: [`leftovers: ${KEY_FILE}.${GONE} was left behind by a process that is gone`],
    exitCode: 0,
    isMended: true,
  },
  {
    what: "a copy for a backup that a process died over",
    harm: async (at) => {
      await mkdir(at(`${DATABASE}.copy.${GONE}`), { mode: 0o700 });
      await writeFile(at(`${DATABASE}.copy.${GONE}/vault.db`), "");
    },
    findings: [`leftovers: ${DATABASE}.copy.${GONE} was left behind by a process that is gone`],
    exitCode: 0,
    isMended: true,
  },
  {
    what: "the vault from before a restore",
    harm: (at) => writeFile(at(`${DATABASE}.before-restore-1`), "", { mode: 0o600 }),
    findings: [
      `leftovers: ${DATABASE}.before-restore-1 is the vault from before a restore: as long as it is there, so are its secrets`,
    ],
    exitCode: 0,
  },
  {
    what: "a lock of a process that is gone",
    harm: async (at) => {
      await mkdir(at(`${DIRECTORY}/.init-lock`), { mode: 0o700 });
      await writeFile(at(`${DIRECTORY}/.init-lock/1`), '{"pid":999999999,"timeMs":1}');
    },
    findings: [`leftovers: ${DIRECTORY}/.init-lock is the lock of a process that is gone`],
    exitCode: 0,
    isMended: true,
  },
  {
    what: "a key that is kept for no rotation",
    harm: (at) =>
      writeFile(at(`${KEY_FILE}.next`), "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", {
        mode: 0o600,
      }),
    findings: ["rotation: a key is kept for a rotation that never took place"],
    exitCode: 0,
    isMended: true,
  },
];

async function checkFault(session: Session, fault: Fault): Promise<void> {
  const { what, harm, findings, exitCode, isMended = false } = fault;
  const at = (path: string): string => join(session.directory, path);
  await harm(at, session);
  const before = await snapshot(session.home);
  const found = await examine(session);
  const causes = causesIn(found.document, session);
  assert.equal(found.exitCode, exitCode, `${what}: ${causes.join("\n")}`);
  assert.equal(found.document.healthy, exitCode === 0);
  for (const expected of findings) {
    const isFound = causes.some((cause) =>
      typeof expected === "string" ? cause === expected : expected.test(cause)
    );
    assert.ok(isFound, `${what}: ${expected} is not in:\n${causes.join("\n")}`);
  }
  for (const { mend } of found.document.checks.flatMap((check) => check.findings)) {
    assert.ok(mend, `${what}: it is said how to mend it`);
  }
  // SQLite's own files come and go.
  assert.deepEqual(withoutLogs(await snapshot(session.home)), withoutLogs(before), what);
  const fixed = await examine(session, "--fix");
  assert.equal(fixed.document.mended.length > 0, isMended, what);
  assert.equal(fixed.exitCode, isMended ? 0 : exitCode, what);
  if (!isMended) return;
  assert.deepEqual(causesIn(fixed.document, session), []);
  assert.equal((await session.run("aivault secrets show A")).exitCode, 0, what);
}

for (const isMended of [true, false]) {
  const faults = FAULTS.filter((fault) => (fault.isMended ?? false) === isMended);
  const list = faults.map(({ what }) => what).join(", ");
  test(
    `doctor finds ${isMended ? "and mends with --fix" : "and does not touch"}: ${list}`,
    { timeout: 240_000 },
    () =>
      withSession(async (session) => {
        await makeVault(session);
        await session.run("cp -a home template");
        for (const fault of faults) {
          await session.run("rm -r home && cp -a template home");
          await checkFault(session, fault);
        }
      }),
  );
}

test(
  "doctor examines the files also of a database that cannot be opened, and mends what it can of them",
  { timeout: 120_000 },
  () =>
    withSession(async (session) => {
      await makeVault(session);
      const at = (path: string): string => join(session.directory, path);
      await rm(at(DATABASE));
      await mkdir(at(DATABASE), { mode: 0o700 });
      await chmod(at(DIRECTORY), 0o755);
      const found = await examine(session);
      const files = `files: other users may reach ${DIRECTORY}`;
      const database = "database: the database cannot be opened";
      assert.deepEqual(causesIn(found.document, session), [database, files]);
      const [mend] = found.document.checks.flatMap(({ findings }) => findings.map((f) => f.mend));
      assert.equal(mend, "see what is wrong with its files, below");
      const fixed = await examine(session, "--fix");
      assert.deepEqual(fixed.document.mended.map(({ cause }) => cause.split(" /")[0]), [
        "other users may reach",
      ]);
      assert.deepEqual(causesIn(fixed.document, session), [database]);
    }),
);

test(
  "doctor leaves temporary files of others alone beside the key file and in the vault's directory",
  { timeout: 120_000 },
  () =>
    withSession(async (session) => {
      await makeVault(session);
      const at = (path: string): string => join(session.directory, path);
      const others = [`home/.aivault/keys/thesis.${GONE}`, `${DIRECTORY}/thesis.${GONE}`];
      for (const other of others) {
        await mkdir(at(other));
        await writeFile(at(`${other}/chapter`), "precious");
      }
      const own = [
        `${KEY_FILE}.next.${GONE}`,
        `${DATABASE}.new.${GONE}`,
        `${DIRECTORY}/.init-lock.${GONE}`,
        `${DIRECTORY}/aivault-backup-01234567.${GONE}`,
      ];
      for (const file of own) await writeFile(at(file), "");
      const found = causesIn((await examine(session)).document, session);
      assert.deepEqual(
        found.filter((cause) => cause.startsWith("leftovers")).toSorted(),
        own.map((file) => `leftovers: ${file} was left behind by a process that is gone`)
          .toSorted(),
      );
      assert.equal((await examine(session, "--fix")).document.mended.length, own.length);
      for (const other of others) {
        assert.equal(await readFile(at(`${other}/chapter`), "utf8"), "precious");
      }
    }),
);

function withoutLogs(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !/-(wal|shm)$/.test(path)));
}

test(
  "doctor gives commands that can be pasted, and points to --fix also when it only warns",
  { timeout: 120_000 },
  () =>
    withSession(async ({ check, run }) => {
      await run("aivault status && aivault recovery create --print");
      await check(`
      $ chmod 644 home/.aivault/keys/kek.key; aivault doctor 2>/dev/null | grep mend:
                            mend: chmod 600 '<dir>/home/.aivault/keys/kek.key'
                            mend: chmod 600 '<dir>/home/.aivault/keys/kek.key'

      $ chmod 600 home/.aivault/keys/kek.key; mkdir -m 755 home/.aivault/data/vault/run; aivault doctor 2>/dev/null | grep mend:
                            mend: chmod 700 '<dir>/home/.aivault/data/vault/run'
                            mend: chmod 700 '<dir>/home/.aivault/data/vault/run'

      $ rmdir home/.aivault/data/vault/run; mkdir home/.aivault/data/vault/.init-lock; aivault doctor | tail -1
      0 errors, 1 warning
      ! hint: mend what is safe to mend with: aivault doctor --fix

      $ aivault doctor --fix | tail -1
      healthy

      $ echo junk >home/.aivault/keys/kek.key; aivault doctor 2>/dev/null | grep mend:
                            mend: it must be the vault's own key, base64 of exactly 32 bytes: a new one does not open the vault
    `);
    }),
);
