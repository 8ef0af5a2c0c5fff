import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import type { SecurityRunner } from "../../providers/host/security_command.ts";
import { macosKeychainProvider } from "../../providers/keys/macos_keychain.ts";
import { assertRejects, assertSilentOn } from "../contract/key_subject.ts";
import { fakeInProcess } from "./fake_keychain.ts";
import type { FakeBehaviour } from "./fake_security.ts";

/** How the Keychain refuses to give a key, and what is said. */
const reading: readonly (readonly [FakeBehaviour, problem: RegExp, hint: RegExp])[] = [
  ["locked", /is locked and may not ask/, /security unlock-keychain$/],
  ["denied", /authorisation failed/, /Access Control$/],
  ["cancelled", /was cancelled/, /allow the use/],
];
/** How it refuses to take one where there is none. */
const writing = [...reading, [
  "read-only",
  /ended with 195/,
  /default-keychain$/,
]] as typeof reading;

async function vault() {
  const fake = fakeInProcess();
  const provider = macosKeychainProvider({ run: fake.run });
  const { kek, settings } = await provider.create({});
  const newKey = new Uint8Array(32).fill(7);
  return { fake, provider, old: kek, settings, newKey };
}

for (const [behaviour, problem, hint] of reading) {
  test(`macosKeychainProvider() tells a Keychain that is ${behaviour} from a missing key`, async () => {
    const { fake, provider, old, settings } = await vault();
    await fake.behave(behaviour);
    for (const attempt of [provider.load(settings), provider.create({})]) {
      const error = await assertRejects(attempt, "KEY_UNAVAILABLE");
      assert.match(error.problem, problem);
      assert.match(error.hints.join("\n"), hint);
    }
    await assertRejects(provider.retire(settings), "KEY_UNAVAILABLE");
    await fake.behave("normal");
    assert.deepEqual(await provider.load(settings), old);
  });
}

for (const [behaviour, problem, hint] of writing) {
  test(`macosKeychainProvider() makes and stages no key in a Keychain that is ${behaviour}`, async () => {
    const { fake, provider, old, settings, newKey } = await vault();
    await fake.behave(behaviour);
    for (
      const attempt of [
        provider.create({ "keychain-account": "other" }),
        provider.stage(settings, newKey),
      ]
    ) {
      const error = await assertRejects(attempt, "KEY_UNAVAILABLE");
      assert.match(error.problem, problem);
      assert.match(error.hints.join("\n"), hint);
    }
    await fake.behave("normal");
    assert.deepEqual(await provider.load(settings), old);
    assert.equal(await provider.loadStaged(settings), undefined);
  });
}

test("macosKeychainProvider() keeps both keys when the present entry may not be changed, and commits later", async () => {
  const { fake, old, settings, newKey } = await vault();
  for (const behaviour of ["locked", "denied", "cancelled", "read-only", "forgets"] as const) {
    // Refuses the writes alone: a Keychain that refused to read would not get so far.
    const run: SecurityRunner = async (args, stdin) => {
      await fake.behave(args[0] === "-i" ? behaviour : "normal");
      return await fake.run(args, stdin);
    };
    const provider = macosKeychainProvider({ run: fake.run });
    await fake.behave("normal");
    await provider.stage(settings, newKey);
    const error = await assertRejects(
      macosKeychainProvider({ run }).commit(settings),
      "KEY_UNAVAILABLE",
    );
    assert.match(error.attempted, /write the vault's key/);
    await fake.behave("normal");
    assert.deepEqual(await provider.load(settings), old);
    assert.deepEqual(await provider.loadStaged(settings), newKey);
  }
  const provider = macosKeychainProvider({ run: fake.run });
  await provider.commit(settings);
  assert.deepEqual(await provider.load(settings), newKey);
});

test("macosKeychainProvider() says that an update was refused, not that the entry exists", async () => {
  const { fake, provider, settings, newKey } = await vault();
  await provider.stage(settings, newKey);
  await fake.behave("denied");
  const { problem } = await assertRejects(provider.stage(settings, newKey), "KEY_UNAVAILABLE");
  assert.equal(
    problem,
    'the Keychain did not let Keychain entry "kek.next" of service "aivault" be changed',
  );
});

test("macosKeychainProvider() reads back what it wrote, and does not believe that it was kept", async () => {
  const { fake, provider, settings, newKey } = await vault();
  await fake.behave("forgets");
  for (
    const attempt of [
      provider.create({ "keychain-account": "other" }),
      provider.stage(settings, newKey),
    ]
  ) {
    const error = await assertRejects(attempt, "KEY_UNAVAILABLE");
    assert.match(error.problem, /did not keep it/);
  }
});

test("macosKeychainProvider() sees that a command failed where interactive mode ends with 0", async () => {
  for (const refused of ["locked", "denied", "cancelled", "read-only"] as const) {
    const { fake, settings, newKey } = await vault();
    const run: SecurityRunner = async (args, stdin) => {
      if (args[0] === "-i") await fake.behave(refused);
      const result = await fake.run(args, stdin);
      await fake.behave("normal");
      return { ...result, exitCode: args[0] === "-i" ? 0 : result.exitCode };
    };
    const error = await assertRejects(
      macosKeychainProvider({ run }).stage(settings, newKey),
      "KEY_UNAVAILABLE",
    );
    assert.doesNotMatch(error.problem, /did not keep it/);
  }
});

for (const behaviour of ["normal", "ends-with-0"] as const) {
  test(`macosKeychainProvider() adopts the key of a process that was quicker (${behaviour})`, async () => {
    const fake = fakeInProcess();
    await fake.behave(behaviour);
    const theirs = Buffer.alloc(32, 3);
    const run: SecurityRunner = async (args, stdin) => {
      const entry = {
        service: "aivault",
        account: "kek",
        password: theirs.toString("base64"),
        comment: "",
      };
      if (args[0] === "-i") await fake.keep([entry]);
      return await fake.run(args, stdin);
    };
    const { kek, adopted } = await macosKeychainProvider({ run }).create({});
    assert.equal(adopted, true);
    assert.deepEqual(Buffer.from(kek), theirs);
  });
}

test("macosKeychainProvider() refuses a password that is not ASCII, which comes as hexadecimal", async () => {
  const { fake, provider, settings } = await vault();
  const password = "geheimer Schlüssel";
  await fake.keep([{ service: "aivault", account: "kek", password, comment: "" }]);
  const error = await assertRejects(provider.load(settings), "KEY_UNUSABLE");
  assertSilentOn(error, password);
  assertSilentOn(error, Buffer.from(password).toString("hex"));
});

test("macosKeychainProvider() echoes nothing that the command said", async () => {
  const run: SecurityRunner = () =>
    Promise.resolve({
      exitCode: 1,
      stdout: new Uint8Array(8),
      stderr: 'security: unknown command "hush-hush"\n',
    });
  const error = await assertRejects(macosKeychainProvider({ run }).create({}), "KEY_UNAVAILABLE");
  assertSilentOn(error, "hush-hush");
});
