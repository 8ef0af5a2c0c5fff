/**
 * The KEK that an agent holds, as the vault uses it.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { VaultError } from "../errors.ts";
import { type KekHandle, kekIdOf, type Rewrap, type Rewrapper } from "../vault/keys/kek.ts";
import type { AgentClient } from "./client.ts";
import { expectOk } from "./client.ts";
import { frameRoom, MAX_BODY } from "./frame.ts";
import { fieldsOf, MAX_BATCH, type Request } from "./request.ts";

/** What is needed besides the client to use a key that the agent of a vault holds. */
export interface AgentKekOptions {
  readonly client: AgentClient;
  /** The vault. */
  readonly vaultId: string;
  /** The key. */
  readonly kekId: string;
}

/** A handle of the key `kekId`. Closing it leaves the agent as it is. */
export function agentKek({ client, vaultId, kekId }: AgentKekOptions): KekHandle {
  let isClosed = false;
  const use = async (request: Request): Promise<readonly Uint8Array[]> => {
    if (isClosed) throw locked("the vault was closed");
    const answer = await client.ask(request);
    if (answer === undefined) throw locked("it was locked meanwhile");
    switch (answer.status) {
      case "locked":
        throw locked("it was locked meanwhile");
      case "stale":
        throw new VaultError("KEY_STALE", ATTEMPTED, "the master key was rotated meanwhile");
      case "damaged":
        throw new VaultError("INTEGRITY", "open sealed data", "authentication failed");
      default:
        return expectOk(answer);
    }
  };
  const one = async (request: Request): Promise<Uint8Array> => {
    const [field] = await use(request);
    if (field === undefined) throw new VaultError("KEY_UNAVAILABLE", ATTEMPTED, "the agent failed");
    const copy = new Uint8Array(field);
    wipe(field);
    return copy;
  };
  return {
    kekId,
    wrap: (key, context) => one({ op: "wrap", kekId, key, context }),
    unwrap: (wrapped, context) => one({ op: "unwrap", kekId, wrapped, context }),
    async rewrapper(next) {
      await use({ op: "next", kekId, kek: next });
      const nextKekId = kekIdOf(next, vaultId);
      let isRewrapperClosed = false;
      return {
        async rewrap(batch) {
          if (isRewrapperClosed) throw locked("the rotation was ended");
          return await rewrapInParts(use, kekId, nextKekId, batch);
        },
        close() {
          if (isRewrapperClosed || isClosed) return;
          isRewrapperClosed = true;
          // It cannot fail: the agent forgets the key after a while by itself.
          client.ask({ op: "forget", nextKekId }).catch(() => {});
        },
      } satisfies Rewrapper;
    },
    close() {
      isClosed = true;
      client.close();
    },
  };
}

const ATTEMPTED = "use the vault's key";

async function rewrapInParts(
  use: (request: Request) => Promise<readonly Uint8Array[]>,
  kekId: string,
  nextKekId: string,
  batch: readonly Rewrap[],
): Promise<(Uint8Array | undefined)[]> {
  const all: (Uint8Array | undefined)[] = [];
  for (let start = 0; start < batch.length;) {
    const part = nextPart(kekId, nextKekId, batch, start);
    const fields = await use({ op: "rewrap", kekId, nextKekId, batch: part });
    if (fields.length !== part.length) {
      throw new VaultError("KEY_UNAVAILABLE", ATTEMPTED, "the agent left keys out");
    }
    all.push(...fields.map((field) => field.length === 0 ? undefined : new Uint8Array(field)));
    start += part.length;
  }
  return all;
}

/** As many as fit into a frame, but at least one. */
function nextPart(
  kekId: string,
  nextKekId: string,
  batch: readonly Rewrap[],
  start: number,
): readonly Rewrap[] {
  let room = MAX_BODY - frameRoom(fieldsOf({ op: "rewrap", kekId, nextKekId, batch: [] }));
  let end = start;
  const empty = frameRoom([]);
  for (; end < batch.length && end - start < MAX_BATCH; end++) {
    const each = batch[end];
    if (each === undefined) break;
    room -= frameRoom([each.wrapped, each.from, each.to]) - empty;
    if (room < 0 && end > start) break;
  }
  return batch.slice(start, end);
}

function locked(problem: string): VaultError {
  return new VaultError("LOCKED", ATTEMPTED, problem, {
    hints: ["unlock it with: aivault unlock"],
  });
}
