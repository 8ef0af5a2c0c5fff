/**
 * Checks of what the key opens.
 *
 * @module
 */
import { checkSecrets } from "../../vault/secrets/check_secrets.ts";
import { providerOf } from "../../vault/keys/key_source.ts";
import { openProofKeys } from "../../vault/audit/proof_key.ts";
import { inOneState } from "../../vault/read_row.ts";
import { checkNotRevoked, checkRecovery } from "../../vault/keys/recovery.ts";
import { verifyAudit } from "../../vault/audit/verify_audit.ts";
import { findingLine } from "../verification.ts";
import { type Check, fine, type UnlockedScene } from "./check.ts";

/** The key, and the vault's own row. */
export const keyCheck: Check<UnlockedScene> = {
  name: "key",
  async run(scene) {
    const { provider: settings } = await inOneState(scene, async (_, row, key) => {
      (await openProofKeys(key, row)).wipe();
      return row;
    });
    const { providers } = scene;
    return fine(`the vault's own, from ${providerOf(providers, settings.type).describe(settings)}`);
  },
};

/** Every DEK and every value. */
export const secretsCheck: Check<UnlockedScene> = {
  name: "secrets",
  async run(scene) {
    const { secrets, broken } = await inOneState(scene, async (reader, row, key) => {
      const total = await reader.countSecrets();
      return await checkSecrets(reader, row, key, (checked) => {
        scene.progress(`checking secrets: ${checked} of ${total}`);
      });
    });
    return {
      summary: secrets === 1 ? "1 secret opens" : `${secrets} secrets, opened one by one`,
      findings: broken.map(({ id, name }) => ({
        severity: "error",
        cause: `secret ${name || "(name unknown)"} (${id}) does not open`,
        mend: `restore it from a backup, or remove it: aivault secrets delete ${id}`,
        code: "INTEGRITY",
      })),
    };
  },
};

/** The events, and the secrets against them. */
export const auditCheck: Check<UnlockedScene> = {
  name: "audit",
  async run({ store, keys, progress }) {
    progress("verifying the audit");
    const audit = await verifyAudit({ store, keys });
    return {
      summary: `${audit.events} events, head ${audit.head}`,
      findings: audit.findings.map((finding) => ({
        severity: "error",
        cause: findingLine(finding),
        mend: "do not trust what is named; see aivault audit verify, and restore an earlier backup",
        code: "INTEGRITY",
      })),
    };
  },
};

/** The recovery key. */
export const recoveryCheck: Check<UnlockedScene> = {
  name: "recovery",
  async run(scene) {
    const isThere = await inOneState(scene, async (reader, row, key) => {
      const { recovery, vaultId } = row;
      if (recovery === null) return false;
      await checkRecovery(key, row, recovery);
      const proofKeys = await openProofKeys(key, row);
      try {
        await checkNotRevoked(reader, vaultId, recovery, proofKeys);
      } finally {
        proofKeys.wipe();
      }
      return true;
    });
    if (isThere) return fine("a recovery key, and it opens the present key");
    return {
      summary: "no recovery key",
      findings: [{
        severity: "warning",
        cause: "if the vault's key is lost, nothing opens it any more",
        mend: "aivault recovery create",
        code: "KEY_MISSING",
      }],
    };
  },
};
