/**
 * `aivault recovery …`
 *
 * @module
 */
import { equalBytes, fromUtf8, wipe } from "../../crypto/bytes.ts";
import { GROUP_LENGTH } from "../../crypto/typed_key.ts";
import { hasCode, VaultError, withHints } from "../../errors.ts";
import { Vault } from "../../vault/vault.ts";
import { dropOtherKey } from "../agent_status.ts";
import type { CliContext, Terminal } from "../context.ts";
import { factLines } from "../facts.ts";
import { passphraseFlags, type UnlockFlags } from "../flags.ts";
import { readRecoveryKey } from "../inputs.ts";
import { chosenProvider, keyOptions, type ProviderFlags, SHARED_KEY } from "../provider_flags.ts";
import { refuseForeign } from "../refuse_foreign.ts";
import { type CommandResult, deliverResult, hint } from "../report.ts";
import { ACTOR, openExisting, withProviders } from "../session.ts";
import { withVault } from "../with_vault.ts";

/** Flags of `recovery create`. */
export interface RecoveryCreateFlags extends UnlockFlags {
  readonly print?: boolean;
  readonly replace?: boolean;
}

const ATTEMPTS = 3;

/** Makes a recovery key and shows it once: on the terminal, or on standard output if asked to. */
export async function create(
  context: CliContext,
  flags: RecoveryCreateFlags,
): Promise<CommandResult> {
  const attempted = "make a recovery key";
  const toStdout = flags.print === true || flags.json === true;
  const terminal = toStdout ? undefined : await context.terminal();
  if (!toStdout && terminal === undefined) {
    throw new VaultError("INVALID_INPUT", attempted, "there is no terminal to show it on", {
      hints: ["to have it on standard output, add --print or --json"],
    });
  }
  // The key itself is sealed for the recovery key, and the agent does not give it out.
  const passphrase = { ...passphraseFlags(flags), otherWays: [] };
  let isShown = false;
  let end: ((failure: unknown) => void) | undefined;
  const show = async (text: Uint8Array): Promise<void> => {
    if (terminal !== undefined) await showAndAsk(terminal, text, attempted);
    else {
      const recoveryKey = fromUtf8(text) ?? "";
      const shown = { text: [recoveryKey], json: { recoveryKey } };
      end = await deliverResult(context, shown, flags.json === true, attempted);
    }
    isShown = true;
  };
  const isPrinted = terminal === undefined;
  try {
    await withVault(context, passphrase, async (vault) => {
      try {
        await vault.createRecoveryKey(show, { replace: flags.replace });
      } catch (error) {
        throw isShown ? withHints(error, OPENS_NOTHING) : error;
      }
    });
  } catch (failure) {
    if (!isShown) throw failure;
    end?.(failure);
    return { text: [], json: {}, failure, isPrinted };
  }
  end?.(undefined);
  hint(context, "it opens the vault whatever becomes of its key: keep it on paper, or apart");
  return { text: ["made a recovery key"], json: {}, isPrinted };
}

const OPENS_NOTHING = "the recovery key that was shown opens nothing: throw it away";

async function showAndAsk(terminal: Terminal, text: Uint8Array, attempted: string): Promise<void> {
  const groups = (fromUtf8(text) ?? "").split("-");
  const half = groups.length / 2;
  terminal.tell(
    "\nThe recovery key. It is not shown again: write it down.\n\n" +
      `    ${groups.slice(0, half).join("-")}\n    ${groups.slice(half).join("-")}\n\n`,
  );
  const index = randomIndex(groups.length);
  const start = index * (GROUP_LENGTH + 1);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const typed = await askGroup(terminal, `Type group ${index + 1} of ${groups.length}`);
    if (typed === undefined) break;
    const isSame = equalBytes(upperCase(typed), text.subarray(start, start + GROUP_LENGTH));
    wipe(typed);
    if (isSame) return;
    terminal.tell("That is not the group.\n");
  }
  throw new VaultError("INVALID_INPUT", attempted, "it was not confirmed", {
    hints: ["nothing was changed: the key that was shown opens nothing"],
  });
}

/** What is typed for a group: nothing, if it cannot be one. */
async function askGroup(terminal: Terminal, question: string): Promise<Uint8Array | undefined> {
  try {
    return await terminal.askHidden(question);
  } catch (error) {
    if (!hasCode(error, "INVALID_INPUT")) throw error;
    return new Uint8Array();
  }
}

function upperCase(typed: Uint8Array): Uint8Array {
  for (const [i, byte] of typed.entries()) if (byte >= 0x61 && byte <= 0x7a) typed[i] = byte - 0x20;
  return typed;
}

function randomIndex(count: number): number {
  return (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % count;
}

/** Flags of `recovery use`. */
export type RecoveryUseFlags = ProviderFlags & { readonly recoveryKeyFile?: string };

/** Comes back with the recovery key when the vault's key is lost: the master key is rotated to a new one. */
export function use(context: CliContext, flags: RecoveryUseFlags): Promise<CommandResult> {
  const attempted = "recover the vault";
  return withProviders(context, passphraseFlags(flags), async (providers) => {
    const provider = chosenProvider(context, providers, flags, attempted);
    const options = keyOptions(provider, providers, flags, attempted);
    await context.useNativeCipher();
    await refuseForeign(context, attempted);
    const store = await openExisting(context);
    if (store === undefined) {
      throw new VaultError("NOT_FOUND", attempted, "there is no vault here", {
        hints: [
          "a recovery key opens a vault, it does not hold one; restore the vault from a backup first",
        ],
      });
    }
    let vault: Vault | undefined;
    let recoveryKey: Uint8Array | undefined;
    try {
      recoveryKey = await readRecoveryKey(context, flags.recoveryKeyFile, attempted);
      let adopted = false;
      vault = await Vault.recover({
        store,
        providers,
        actor: ACTOR,
        recoveryKey,
        async next() {
          const key = await provider.create(options);
          adopted = key.adopted;
          return key;
        },
      });
      if (adopted && provider.type !== "env") hint(context, SHARED_KEY);
      hint(context, "the recovery key stays as it is; if others may have seen it, replace it");
      const info = await vault.info();
      await dropOtherKey(context, info.kekId);
      const { directory } = context.place;
      const key = provider.describe(info.provider);
      const { secrets, kekId } = info;
      return {
        text: factLines([
          ["recovered", directory],
          ["provider", provider.type],
          ["key", `${key}${adopted ? " (adopted)" : ""}`],
          ["secrets", String(secrets)],
        ]),
        json: { directory, provider: provider.type, key, adopted, secrets, kekId },
      };
    } finally {
      wipe(recoveryKey);
      await (vault ?? store).close();
    }
  });
}

/** Takes the recovery key away. */
export function revoke(context: CliContext, flags: UnlockFlags): Promise<CommandResult> {
  return withVault(context, passphraseFlags(flags), async (vault) => {
    await vault.revokeRecoveryKey();
    hint(
      context,
      "it still opens older copies of the vault; if others may have it, rotate the master key now: aivault rotate-master",
    );
    return { text: ["revoked the recovery key"], json: { revoked: true } };
  });
}
