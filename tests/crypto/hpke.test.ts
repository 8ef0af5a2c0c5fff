/** HPKE: held to another implementation of RFC 9180, written on node:crypto, and to every edit. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from "node:crypto";
import test from "node:test";
import { hpkeOpen, hpkePublicKey, hpkeSeal } from "../../lib/crypto/hpke.ts";
import { hex } from "../helpers/vectors.ts";
import { assertRejects } from "../contract/key_subject.ts";
import { utf8 } from "../helpers/vaults.ts";

const SEED = new Uint8Array(32).map((_, i) => i);
const INFO = utf8("some info");
const CONTEXT = utf8("some context");
const PLAINTEXT = utf8("thirty-two bytes of a secret key");

/** RFC 9180 by its text, with the primitives of node:crypto. */
const KEM = Buffer.concat([Buffer.from("KEM"), Buffer.from([0, 0x20])]);
const SUITE = Buffer.concat([Buffer.from("HPKE"), Buffer.from([0, 0x20, 0, 1, 0, 2])]);

const hmac = (key: Uint8Array, data: Uint8Array): Buffer =>
  createHmac("sha256", key).update(data).digest();
const extract = (suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
  hmac(salt, Buffer.concat([Buffer.from("HPKE-v1"), suite, Buffer.from(label), ikm]));
// One block of HMAC is all that these lengths need.
function expand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Buffer {
  const labeled = Buffer.concat([
    Buffer.from([0, length]),
    Buffer.from("HPKE-v1"),
    suite,
    Buffer.from(label),
    info,
    Buffer.from([1]),
  ]);
  return hmac(prk, labeled).subarray(0, length);
}

const NOTHING = new Uint8Array();

function privateKeyOf(seed: Uint8Array): KeyObject {
  const scalar = expand(KEM, extract(KEM, NOTHING, "dkp_prk", seed), "sk", NOTHING, 32);
  const prefix = hex("302e020100300506032b656e04220420");
  return createPrivateKey({ key: Buffer.concat([prefix, scalar]), format: "der", type: "pkcs8" });
}

const rawPublic = (key: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));

function publicKeyFrom(raw: Uint8Array): KeyObject {
  const key = Buffer.concat([hex("302a300506032b656e032100"), raw]);
  return createPublicKey({ key, format: "der", type: "spki" });
}

function schedule(dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array, info: Uint8Array) {
  const eae = extract(KEM, NOTHING, "eae_prk", dh);
  const shared = expand(KEM, eae, "shared_secret", Buffer.concat([enc, recipient]), 32);
  const context = Buffer.concat([
    Buffer.from([0]),
    extract(SUITE, NOTHING, "psk_id_hash", NOTHING),
    extract(SUITE, NOTHING, "info_hash", info),
  ]);
  const secret = extract(SUITE, shared, "secret", NOTHING);
  return {
    key: expand(SUITE, secret, "key", context, 32),
    nonce: expand(SUITE, secret, "base_nonce", context, 12),
  };
}

function openByNode(seed: Uint8Array, sealed: Uint8Array): Uint8Array {
  const [enc, body, tag] = [sealed.subarray(0, 32), sealed.subarray(32, -16), sealed.subarray(-16)];
  const privateKey = privateKeyOf(seed);
  const dh = diffieHellman({ privateKey, publicKey: publicKeyFrom(enc) });
  const { key, nonce } = schedule(dh, enc, rawPublic(privateKey), INFO);
  const cipher = createDecipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(CONTEXT);
  cipher.setAuthTag(tag);
  return new Uint8Array(Buffer.concat([cipher.update(body), cipher.final()]));
}

function sealByNode(publicKey: Uint8Array): Uint8Array {
  const ephemeral = privateKeyOf(new Uint8Array(32).fill(0x45));
  const enc = rawPublic(ephemeral);
  const dh = diffieHellman({ privateKey: ephemeral, publicKey: publicKeyFrom(publicKey) });
  const { key, nonce } = schedule(dh, enc, publicKey, INFO);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(CONTEXT);
  const body = Buffer.concat([cipher.update(PLAINTEXT), cipher.final()]);
  return new Uint8Array(Buffer.concat([enc, body, cipher.getAuthTag()]));
}

test("hpkePublicKey() derives the key pair of RFC 9180 A.1.1 from its ikmR", async () => {
  const seed = hex("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037");
  const expected = hex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
  assert.deepEqual(await hpkePublicKey(seed), expected);
});

test("hpkeSeal() seals what another implementation of RFC 9180 opens", async () => {
  const publicKey = await hpkePublicKey(SEED);
  assert.deepEqual(publicKey, rawPublic(privateKeyOf(SEED)));
  const sealed = await hpkeSeal(publicKey, PLAINTEXT, INFO, CONTEXT);
  assert.equal(sealed.length, PLAINTEXT.length + 48);
  assert.deepEqual(openByNode(SEED, sealed), PLAINTEXT);
  const again = await hpkeSeal(publicKey, PLAINTEXT, INFO, CONTEXT);
  assert.notDeepEqual(again, sealed, "every sealing has an ephemeral key of its own");
});

test("hpkeOpen() opens what another implementation of RFC 9180 sealed", async () => {
  const sealed = sealByNode(await hpkePublicKey(SEED));
  assert.deepEqual(await hpkeOpen(SEED, sealed, INFO, CONTEXT), PLAINTEXT);
});

test("hpkeOpen() refuses another seed, info or context, every changed byte and every length", async () => {
  const sealed = await hpkeSeal(await hpkePublicKey(SEED), PLAINTEXT, INFO, CONTEXT);
  const refuse = (...given: Parameters<typeof hpkeOpen>) =>
    assertRejects(hpkeOpen(...given), "INTEGRITY");
  await refuse(new Uint8Array(32).fill(1), sealed, INFO, CONTEXT);
  await refuse(SEED, sealed, CONTEXT, CONTEXT);
  await refuse(SEED, sealed, INFO, INFO);
  for (let at = 0; at < sealed.length; at++) {
    // The top bit of an X25519 public key is no part of it (RFC 7748 section 5), but HPKE binds it.
    const edited = sealed.slice();
    edited[at] = (edited[at] ?? 0) ^ 0x80;
    await refuse(SEED, edited, INFO, CONTEXT);
    await refuse(SEED, sealed.slice(0, at), INFO, CONTEXT);
  }
  await refuse(SEED, new Uint8Array([...sealed, 0]), INFO, CONTEXT);
});

test("hpkeSeal() refuses what is no public key, and one that gives no secret", async () => {
  for (const length of [0, 31, 33]) {
    const publicKey = new Uint8Array(length).fill(9);
    await assertRejects(hpkeSeal(publicKey, PLAINTEXT, INFO, CONTEXT), "INTEGRITY");
  }
  await assertRejects(hpkeSeal(new Uint8Array(32), PLAINTEXT, INFO, CONTEXT), "INTEGRITY");
});
