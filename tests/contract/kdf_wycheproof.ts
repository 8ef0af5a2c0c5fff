/**
 * The vectors of Wycheproof for HKDF and HMAC.
 *
 * @module
 */
import assert from "node:assert/strict";
import { equalBytes } from "../../lib/crypto/bytes.ts";
import { hkdfSha256, hmacSha256 } from "../../lib/crypto/kdf.ts";
import { hex, readWycheproof, type WycheproofTest } from "../helpers/vectors.ts";

/** Tests a behaviour, unless there is a reason not to. */
export type Check = (
  behaviour: string,
  body: () => void | Promise<void>,
  skip?: string | false,
) => unknown;

interface HkdfTest extends WycheproofTest {
  readonly ikm: string;
  readonly salt: string;
  readonly info: string;
  readonly size: number;
  readonly okm: string;
}

const hkdf = readWycheproof<object, HkdfTest>("wycheproof_hkdf_sha256.json");

interface MacTest extends WycheproofTest {
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
}

const hmac = readWycheproof<{ tagSize: number }, MacTest>("wycheproof_hmac_sha256.json");

/** Tests the vectors of both by `check`. */
export function wycheproofKdf(check: Check, without: string | false): void {
  check(
    "hkdfSha256() agrees with the 86 HKDF-SHA-256 vectors of Wycheproof",
    () => {
      const { file } = hkdf;
      assert.ok(file);
      const count = { valid: 0, invalid: 0 };
      for (const vector of file.testGroups.flatMap((group) => group.tests)) {
        const derive = () =>
          hkdfSha256(hex(vector.ikm), hex(vector.salt), hex(vector.info), vector.size);
        const name = `tcId ${vector.tcId}: ${vector.comment}`;
        if (vector.result === "valid") {
          count.valid++;
          assert.deepEqual(derive(), hex(vector.okm), name);
        } else {
          count.invalid++;
          assert.throws(derive, Error, name);
        }
      }
      assert.deepEqual(count, { valid: 83, invalid: 3 });
      assert.equal(file.numberOfTests, 86);
    },
    without === false ? hkdf.skip : without,
  );

  check(
    "hmacSha256() agrees with the 174 HMAC-SHA-256 vectors of Wycheproof",
    () => {
      const { file } = hmac;
      assert.ok(file);
      const count = { valid: 0, invalid: 0 };
      for (const { tagSize, tests } of file.testGroups) {
        for (const vector of tests) {
          const tag = hmacSha256(hex(vector.key), hex(vector.msg)).subarray(0, tagSize / 8);
          const accepted = equalBytes(tag, hex(vector.tag));
          const name = `tcId ${vector.tcId}: ${vector.comment}`;
          assert.equal(accepted, vector.result === "valid", name);
          count[accepted ? "valid" : "invalid"]++;
        }
      }
      assert.deepEqual(count, { valid: 66, invalid: 108 });
      assert.equal(file.numberOfTests, 174);
    },
    without === false ? hmac.skip : without,
  );
}
