import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import process from "node:process";
import test from "node:test";
import { securityCommand, type SecurityRunner } from "../../providers/host/security_command.ts";
import { macosKeychainProvider } from "../../providers/keys/macos_keychain.ts";
import { keyProviderContract } from "../contract/key_provider.ts";
import { assertRejects, type KeyProviderSubject } from "../contract/key_subject.ts";
import { fakeCommand, fakeInProcess, type FakeSecurity } from "./fake_keychain.ts";
import { inDirectory, NO_MODES, temporaryDirectory, testUnless } from "./helpers.ts";

const names = (service: string, account: string) => ["-s", service, "-a", account];

/** Fails if anything but names ever stood in an argument list. */
async function assertArgumentsHoldNames(
  fake: FakeSecurity,
  service = "aivault",
  account = "kek",
): Promise<void> {
  const allowed = [account, `${account}.next`].flatMap((one) => [
    ["find-generic-password", ...names(service, one), "-w"],
    ["delete-generic-password", ...names(service, one)],
  ]);
  const known = new Set([["-i"], ...allowed].map((list) => JSON.stringify(list)));
  const lists = (await fake.argumentLists()).map((list) => JSON.stringify(list));
  assert.notEqual(lists.length, 0);
  assert.deepEqual(lists.filter((list) => !known.has(list)), []);
}

function subjectOn(fake: FakeSecurity): KeyProviderSubject {
  const entry = { service: "aivault", account: "kek", comment: "" };
  return {
    open: () => macosKeychainProvider({ run: fake.run }),
    options: {},
    async put(password) {
      const others = (await fake.entries()).filter(({ account }) => account !== entry.account);
      await fake.keep(password === undefined ? others : [...others, { ...entry, password }]);
    },
    through: (effect) =>
      macosKeychainProvider({ run: (args, stdin) => effect(() => fake.run(args, stdin)) }),
  };
}

await keyProviderContract(
  "macosKeychainProvider()",
  () => Promise.resolve(subjectOn(fakeInProcess())),
);

if (NO_MODES === undefined) {
  await keyProviderContract("macosKeychainProvider() through a command", async () => {
    const directory = await temporaryDirectory();
    // The stand-in locks nothing, so the tests of simultaneous use stay with the quick one.
    const { through: _, ...subject } = subjectOn(await fakeCommand(directory));
    return { ...subject, dispose: () => rm(directory, { recursive: true }) };
  });
}

const real = process.platform === "darwin" && process.env["AIVAULT_TEST_KEYCHAIN"] === "1";
if (real) {
  await keyProviderContract("macosKeychainProvider() on the Keychain of this Mac", realSubject);
} else {
  const reason = "it writes to the user's Keychain: run it on macOS with AIVAULT_TEST_KEYCHAIN=1";
  testUnless(
    reason,
    "macosKeychainProvider() on the Keychain of this Mac",
    () => Promise.resolve(),
  );
}

/** Throw-away entries in the Keychain of this Mac. */
function realSubject(): Promise<KeyProviderSubject> {
  const run = securityCommand();
  const service = `aivault test ${crypto.randomUUID()}`;
  const remove = async (account: string) =>
    void await run(["delete-generic-password", ...names(service, account)]);
  return Promise.resolve({
    open: () => macosKeychainProvider({ run }),
    options: { "keychain-service": service },
    async put(text) {
      await remove("kek");
      if (text === undefined) return;
      const { exitCode } = await run([
        "add-generic-password",
        ...names(service, "kek"),
        "-w",
        text,
      ]);
      assert.equal(exitCode, 0);
    },
    through: (effect) =>
      macosKeychainProvider({ run: (args, stdin) => effect(() => run(args, stdin)) }),
    async dispose() {
      await remove("kek");
      await remove("kek.next");
    },
  });
}

/** Goes through all that a provider does; gives what is kept in the end. */
async function lifeOf(fake: FakeSecurity, options: Record<string, string>) {
  const provider = macosKeychainProvider({ run: fake.run });
  const { settings } = await provider.create(options);
  const { kek } = await provider.next(settings, {});
  await provider.stage(settings, kek);
  await provider.discard(settings);
  await provider.stage(settings, kek);
  await provider.commit(settings);
  assert.deepEqual(await provider.load(settings), kek);
  return { provider, settings, kept: await fake.entries() };
}

test("macosKeychainProvider() puts no key text in an argument list", async () => {
  const fake = fakeInProcess();
  const { provider, settings } = await lifeOf(fake, {});
  await provider.retire(settings);
  await assertArgumentsHoldNames(fake);
});

testUnless(
  NO_MODES,
  "macosKeychainProvider() puts no key text in an argument list of the command",
  inDirectory(async (directory) => {
    const fake = await fakeCommand(directory);
    const { provider, settings } = await lifeOf(fake, {});
    await provider.retire(settings);
    assert.deepEqual(await fake.entries(), []);
    await assertArgumentsHoldNames(fake);
  }),
);

test("macosKeychainProvider() wipes what it writes to the command", async () => {
  const fake = fakeInProcess();
  const written: Uint8Array[] = [];
  const run: SecurityRunner = (args, stdin) => {
    if (stdin !== undefined) written.push(stdin);
    // A runner that forgets to wipe.
    return fake.run(args, stdin?.slice());
  };
  await macosKeychainProvider({ run }).create({});
  assert.equal(written.length, 1);
  assert.ok(written.every((bytes) => bytes.every((byte) => byte === 0)));
});

const oddNames = [
  "my vault",
  `it's "quoted"`,
  String.raw`back\slash\\`,
  "$HOME `id` $(id) ; & | < > * ?",
  "-U",
  "Schlüssel 🔑 鍵",
  " spaces around ",
  "longest ".padEnd(255, '"\\'),
];

test("macosKeychainProvider() keeps names as they are, whatever stands in them", async () => {
  for (const name of oddNames) {
    const fake = fakeInProcess();
    const { kept } = await lifeOf(fake, { "keychain-service": name, "keychain-account": name });
    assert.deepEqual(kept.map(({ service, account }) => [service, account]), [[name, name]]);
    await assertArgumentsHoldNames(fake, name, name);
  }
});

testUnless(
  NO_MODES,
  "macosKeychainProvider() keeps odd names through the command too",
  inDirectory(async (directory) => {
    const fake = await fakeCommand(directory);
    const name = oddNames.slice(0, 6).join(" ");
    const { kept } = await lifeOf(fake, { "keychain-service": name, "keychain-account": name });
    assert.deepEqual(kept.map(({ service, account }) => [service, account]), [[name, name]]);
  }),
);

test("macosKeychainProvider() refuses names that interactive mode cannot carry, running nothing", async () => {
  const fake = fakeInProcess();
  const provider = macosKeychainProvider({ run: fake.run });
  const wrong = [
    "",
    "two\nlines",
    "null\0",
    "\u007f",
    "\u0085",
    "\u2028",
    "\ud800",
    "x".repeat(256),
    "é".repeat(128),
  ];
  for (const name of wrong) {
    for (const option of ["keychain-service", "keychain-account"]) {
      const error = await assertRejects(provider.create({ [option]: name }), "INVALID_INPUT");
      assert.match(error.problem, new RegExp(option));
      const field = option.replace("keychain-", "");
      const settings = {
        type: "macos-keychain",
        service: "aivault",
        account: "kek",
        [field]: name,
      };
      await assertRejects(provider.load(settings), "INTEGRITY");
    }
  }
  assert.deepEqual(await fake.argumentLists(), []);
});

test("macosKeychainProvider() refuses an account that is the staged one of another", async () => {
  const provider = macosKeychainProvider({ run: fakeInProcess().run });
  await assertRejects(provider.create({ "keychain-account": "kek.next" }), "INVALID_INPUT");
});

test("macosKeychainProvider() says of a missing entry how to find it and how to restore it", async () => {
  const fake = fakeInProcess();
  const provider = macosKeychainProvider({ run: fake.run });
  const { settings } = await provider.create({
    "keychain-service": "my vault",
    "keychain-account": "it's",
  });
  assert.equal(provider.describe(settings), `Keychain entry "it's" of service "my vault"`);
  await fake.keep([]);
  const { message, hints } = await assertRejects(provider.load(settings), "KEY_MISSING");
  assert.equal(
    message,
    `read the vault's key: Keychain entry "it's" of service "my vault" does not exist`,
  );
  assert.match(hints.join("\n"), /security find-generic-password -s 'my vault' -a 'it'\\''s'$/m);
  assert.match(hints.join("\n"), /security add-generic-password -s 'my vault' -a 'it'\\''s' -w$/m);
});
