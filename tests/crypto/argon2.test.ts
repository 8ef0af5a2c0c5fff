import assert from "node:assert/strict";
import test from "node:test";
import { argon2id } from "hash-wasm";
import {
  ARGON2_BOUNDS,
  ARGON2_DEFAULTS,
  type Argon2Parameters,
  checkArgon2Parameters,
  deriveKey,
  SALT_LENGTH,
} from "../../lib/crypto/argon2.ts";
import { hasCode, VaultError } from "../../lib/errors.ts";
import { readData } from "../helpers/data.ts";
import { hex } from "../helpers/vectors.ts";

const encode = (text: string) => new TextEncoder().encode(text);

const salt = encode("aivault-salt-16b");
const cheapest: Argon2Parameters = { memoryKiB: 8_192, iterations: 1, parallelism: 1, salt };

interface Reference {
  readonly password: string;
  readonly salt: string;
  readonly t: number;
  readonly mKiB: number;
  readonly p: number;
  readonly tag: string;
}

const reference: readonly Reference[] = JSON.parse(
  readData("tests/vectors/argon2id_reference.json") ?? "",
).tests;

/** Whether the policy lets deriveKey() take these parameters. */
function allowed(vector: Reference): boolean {
  return encode(vector.salt).length === SALT_LENGTH && vector.mKiB >= 8_192;
}

test("argon2id() of hash-wasm, as deriveKey() calls it, gives the 16 reference tags", async () => {
  assert.equal(reference.length, 16);
  for (const { password, salt, t, mKiB, p, tag } of reference) {
    const key = await argon2id({
      password: encode(password),
      salt: encode(salt),
      memorySize: mKiB,
      iterations: t,
      parallelism: p,
      hashLength: 32,
      outputType: "binary",
    });
    assert.deepEqual(key, hex(tag), `m=${mKiB} t=${t} p=${p}`);
  }
});

test("deriveKey() gives the reference tags that its bounds allow, and refuses the others", async () => {
  const count = { derived: 0, refused: 0 };
  for (const vector of reference) {
    const parameters: Argon2Parameters = {
      memoryKiB: vector.mKiB,
      iterations: vector.t,
      parallelism: vector.p,
      salt: encode(vector.salt),
    };
    if (allowed(vector)) {
      count.derived++;
      assert.deepEqual(await deriveKey(encode(vector.password), parameters), hex(vector.tag));
    } else {
      count.refused++;
      await assert.rejects(
        deriveKey(encode(vector.password), parameters),
        (error) => hasCode(error, "INVALID_INPUT"),
      );
    }
  }
  assert.deepEqual(count, { derived: 7, refused: 9 });
});

// Computed with the reference C implementation (Debian package argon2, 0~20171227):
//   printf %s "$passphrase" | argon2 aivault-salt-16b -id -v 13 -k $m -t $t -p $p -l 32 -r
const independent = [
  {
    m: 8_192,
    t: 1,
    p: 1,
    passphrase: "correct horse battery staple",
    key: "ec98e66e7b8b6515adb1134fd88c423b3283085f621a58b9029d10d78405c85e",
  },
  {
    m: 8_192,
    t: 1,
    p: 1,
    passphrase: "correct horse battery staple ",
    key: "e8d692a194bbb3774cdc579ca91f705baf2204a2f98c4525601d656a58f5a7d7",
  },
  {
    m: 8_192,
    t: 2,
    p: 16,
    passphrase: "correct horse battery staple",
    key: "715bfc5a573c7265cbecb94bd4381338cfa5898f6d2ab218b4f720eb6dc0fd8a",
  },
  {
    m: 65_536,
    t: 3,
    p: 1,
    passphrase: "correct horse battery staple",
    key: "1499f4f93b246467210d8c18790ff8b46703376ff382a17158a2269b2767a9f4",
  },
  {
    m: 8_192,
    t: 2,
    p: 1,
    passphrase: "Gr\u00fc\u00dfe aus K\u00f6ln \u{1f511}",
    key: "ecdd5ee476ab21f4dcdb45d69823f957d08f161c7751a65f1c7dbe6477f5baed",
  },
];

for (const { m, t, p, passphrase, key } of independent) {
  test(`deriveKey() agrees with the argon2 command for m=${m} t=${t} p=${p} "${passphrase}"`, async () => {
    const parameters = { memoryKiB: m, iterations: t, parallelism: p, salt };
    assert.deepEqual(await deriveKey(encode(passphrase), parameters), hex(key));
  });
}

test("deriveKey() gives one key for a passphrase in NFC and in NFD", async () => {
  const composed = "Gr\u00fc\u00dfe aus K\u00f6ln \u{1f511}";
  const decomposed = composed.normalize("NFD");
  assert.notDeepEqual(encode(decomposed), encode(composed));
  const parameters = { ...cheapest, iterations: 2 };
  // The tag of the NFD bytes themselves, by the command above, would be 2a5d6a41….
  assert.deepEqual(
    await deriveKey(encode(decomposed), parameters),
    hex("ecdd5ee476ab21f4dcdb45d69823f957d08f161c7751a65f1c7dbe6477f5baed"),
  );
});

test("deriveKey() does not fold what NFC keeps apart", async () => {
  const keys = new Set<string>();
  for (const passphrase of ["e\u0301", "e", "E\u0301", "\ufb01", "fi", "\ufefffi", "fi\n"]) {
    keys.add((await deriveKey(encode(passphrase), cheapest)).join());
  }
  assert.equal(keys.size, 7);
});

test("deriveKey() depends on every parameter", async () => {
  const passphrase = encode("p");
  const keys = new Set<string>();
  for (
    const change of [
      {},
      { memoryKiB: 9_216 },
      { iterations: 2 },
      { parallelism: 2 },
      { salt: encode("aivault-salt-16c") },
    ]
  ) {
    keys.add((await deriveKey(passphrase, { ...cheapest, ...change })).join());
  }
  assert.equal(keys.size, 5);
});

test("deriveKey() leaves the passphrase and the salt as they were", async () => {
  const passphrase = encode("Gru\u0308\u00dfe");
  const kept = { passphrase: passphrase.slice(), salt: salt.slice() };
  await deriveKey(passphrase, cheapest);
  assert.deepEqual({ passphrase, salt }, kept);
});

test("deriveKey() refuses an empty passphrase", async () => {
  await assert.rejects(deriveKey(new Uint8Array(), cheapest), {
    code: "INVALID_INPUT",
    message: "derive a key from the passphrase: the passphrase is empty",
  });
});

test("deriveKey() refuses bytes that are not UTF-8 and does not echo them", async () => {
  for (const bytes of [[0xff], [0x70, 0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    await assert.rejects(deriveKey(Uint8Array.from(bytes), cheapest), {
      code: "INVALID_INPUT",
      message: "derive a key from the passphrase: the passphrase is not UTF-8 text",
    });
  }
});

test("ARGON2_DEFAULTS and ARGON2_BOUNDS are those of the design", () => {
  assert.deepEqual(ARGON2_DEFAULTS, { memoryKiB: 64 * 1024, iterations: 3, parallelism: 1 });
  assert.deepEqual(ARGON2_BOUNDS, {
    memoryKiB: [8 * 1024, 1024 * 1024],
    iterations: [1, 16],
    parallelism: [1, 16],
  });
});

const accepted: Partial<Argon2Parameters>[] = [
  ARGON2_DEFAULTS,
  { memoryKiB: 8_192 },
  { memoryKiB: 1_048_576 },
  { iterations: 1 },
  { iterations: 16 },
  { parallelism: 1 },
  { parallelism: 16 },
];

test("checkArgon2Parameters() accepts the bounds themselves", () => {
  for (const change of accepted) checkArgon2Parameters({ ...cheapest, ...change }, "x");
});

const outside: Record<"memoryKiB" | "iterations" | "parallelism", number[]> = {
  memoryKiB: [8_191, 1_048_577, 2 ** 30, 2 ** 32, 2 ** 32 + 8_192, 0, 8_192.5],
  iterations: [0, 17, -1, 2 ** 32 + 1, 1.5],
  parallelism: [0, 17, -1, 2 ** 32 + 1, 1.5],
};

/** The error of deriveKey(), which must not have started WebAssembly, where the memory is taken. */
async function refusedAtOnce(parameters: Argon2Parameters): Promise<unknown> {
  const instantiate = WebAssembly.instantiate;
  let started = false;
  WebAssembly.instantiate = (): Promise<never> => {
    started = true;
    return Promise.reject(new Error("WebAssembly was started"));
  };
  try {
    const error = await deriveKey(encode("p"), parameters).catch((error) => error);
    assert.equal(started, false, "refused only after WebAssembly was started");
    return error;
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

for (const [name, values] of Object.entries(outside)) {
  test(`deriveKey() refuses ${name} out of bounds before it allocates any memory`, async () => {
    for (const value of [...values, NaN, Infinity, -Infinity]) {
      const error = await refusedAtOnce({ ...cheapest, [name]: value });
      assert.ok(error instanceof VaultError, `${name} ${value}: ${error}`);
      assert.equal(error.code, "INVALID_INPUT");
      assert.match(error.message, new RegExp(`: Argon2 ${name} must be a whole number from `));
    }
  });
}

test("deriveKey() within the bounds does start WebAssembly, so that the tests above see it", async () => {
  await assert.rejects(refusedAtOnce(cheapest), /refused only after WebAssembly was started/);
});

test("checkArgon2Parameters() refuses what is not a number, as a file may hold it", () => {
  for (const value of ["8192", null, undefined, true, [8192], 8192n]) {
    const parameters = { ...cheapest, memoryKiB: value } as unknown as Argon2Parameters;
    assert.throws(
      () => checkArgon2Parameters(parameters, "x"),
      (error) => hasCode(error, "INVALID_INPUT"),
    );
  }
});

test("checkArgon2Parameters() refuses a salt that has not 16 bytes", () => {
  for (const length of [0, 8, 15, 17, 32]) {
    assert.throws(
      () => checkArgon2Parameters({ ...cheapest, salt: new Uint8Array(length) }, "unlock"),
      { code: "INVALID_INPUT", message: "unlock: an Argon2 salt has 16 bytes" },
    );
  }
});
