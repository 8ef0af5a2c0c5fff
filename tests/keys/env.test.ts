import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import { DEFAULT_KEY_VARIABLE, envKeyProvider } from "../../providers/keys/env.ts";
import { keyProviderContract } from "../contract/key_provider.ts";
import { assertRejects } from "../contract/key_subject.ts";

const key = Buffer.alloc(32, 5);
const environment = (variables: Record<string, string | undefined>) =>
  envKeyProvider((name) => variables[name]);

await keyProviderContract("envKeyProvider()", () => {
  const variables: Record<string, string | undefined> = {
    [DEFAULT_KEY_VARIABLE]: key.toString("base64"),
  };
  return Promise.resolve({
    open: () => environment(variables),
    options: {},
    request: { newKey: new Uint8Array(32).fill(6) },
    put: (text) => Promise.resolve(void (variables[DEFAULT_KEY_VARIABLE] = text)),
  });
});

test("envKeyProvider() reads the variable that it is given", async () => {
  const provider = environment({ MY_KEY: key.toString("base64") });
  const { settings, kek, adopted } = await provider.create({ "env-var": "MY_KEY" });
  assert.deepEqual(settings, { type: "env", variable: "MY_KEY" });
  assert.deepEqual(Buffer.from(kek), key);
  assert.equal(adopted, true);
  assert.equal(provider.describe(settings), "environment variable MY_KEY");
});

test("envKeyProvider() makes no vault on a variable that is not set, and names it", async () => {
  const { problem, hints } = await assertRejects(environment({}).create({}), "KEY_MISSING");
  assert.equal(problem, "environment variable AIVAULT_KEY is not set");
  assert.match(hints.join(), /AIVAULT_KEY/);
});

test("envKeyProvider() ignores white space around the key", async () => {
  const provider = environment({ AIVAULT_KEY: ` ${key.toString("base64")}\r\n` });
  assert.deepEqual(Buffer.from((await provider.create({})).kek), key);
});

test("envKeyProvider() tells a variable that is blank from one that is not set", async () => {
  for (const blank of ["", " \t\n"]) {
    const { problem } = await assertRejects(
      environment({ AIVAULT_KEY: blank }).create({}),
      "KEY_UNUSABLE",
    );
    assert.equal(problem, "environment variable AIVAULT_KEY is empty");
  }
});

test("envKeyProvider() refuses a name that no variable has, without reading it", async () => {
  const provider = envKeyProvider((name) => assert.fail(`it read ${name}`));
  for (const name of ["", "1KEY", "MY KEY", "MY=KEY", "KEY\n", "$(id)", "__proto__ "]) {
    await assertRejects(provider.create({ "env-var": name }), "INVALID_INPUT");
    await assertRejects(provider.load({ type: "env", variable: name }), "INTEGRITY");
  }
});

test("envKeyProvider() needs to be given the next key, and keeps a copy", async () => {
  const provider = environment({ AIVAULT_KEY: key.toString("base64") });
  const { settings } = await provider.create({});
  const { hints } = await assertRejects(provider.next(settings, {}), "INVALID_INPUT");
  assert.match(hints.join(), /--new-key/);
  const newKey = new Uint8Array(32).fill(6);
  const next = await provider.next(settings, { newKey });
  newKey.fill(0);
  assert.deepEqual(next.kek, new Uint8Array(32).fill(6));
  assert.deepEqual(next.settings, settings);
});

test("envKeyProvider() gives the old key after a rotation until the variable is changed, and says so", async () => {
  const variables: Record<string, string> = { AIVAULT_KEY: key.toString("base64") };
  const provider = environment(variables);
  const { settings } = await provider.create({});
  const newKey = new Uint8Array(32).fill(6);
  await provider.stage(settings, newKey);
  await provider.commit(settings);
  assert.deepEqual(Buffer.from(await provider.load(settings)), key);
  assert.match(provider.afterRotation?.(settings) ?? "", /set AIVAULT_KEY to the new key/);
  variables["AIVAULT_KEY"] = Buffer.from(newKey).toString("base64");
  assert.deepEqual(await provider.load(settings), newKey);
});
