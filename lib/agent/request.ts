/**
 * What a client may ask of an agent, and how that is written.
 *
 * There is no request for the KEK. `lock` and `stop` are understood in every version of the
 * protocol, so that any program can lock any agent.
 *
 * @module
 */
import { KEY_LENGTH } from "../crypto/aead.ts";
import { fromUtf8, utf8 } from "../crypto/bytes.ts";
import type { Rewrap } from "../vault/keys/kek.ts";
import { decodeFields, encodeFrame } from "./frame.ts";
import { MAX_TIMEOUT_MS, type Timeouts } from "./timeouts.ts";

/** The version of the protocol that this program speaks. */
export const PROTOCOL_VERSION = 1;

/** The most keys that one `rewrap` may hold, so that nobody waits long for their turn. */
export const MAX_BATCH = 256;

/** One request. */
export type Request =
  /** Wipe the key. */
  | { readonly op: "lock" }
  /** Wipe the key and end the process. */
  | { readonly op: "stop" }
  /** Say how things stand. A `kekId` is the one that the vault has now. */
  | { readonly op: "status"; readonly kekId: string | undefined }
  /** Hold this key from now on. */
  | {
    readonly op: "hold";
    readonly vaultId: string;
    readonly kek: Uint8Array;
    readonly timeouts: Timeouts;
  }
  /** Wrap a key. */
  | {
    readonly op: "wrap";
    readonly kekId: string;
    readonly key: Uint8Array;
    readonly context: Uint8Array;
  }
  /** Unwrap a key. */
  | {
    readonly op: "unwrap";
    readonly kekId: string;
    readonly wrapped: Uint8Array;
    readonly context: Uint8Array;
  }
  /** Prepare to wrap keys anew under this one. */
  | { readonly op: "next"; readonly kekId: string; readonly kek: Uint8Array }
  /** Wrap keys anew under a prepared one. */
  | {
    readonly op: "rewrap";
    readonly kekId: string;
    readonly nextKekId: string;
    readonly batch: readonly Rewrap[];
  }
  /** No more will be wrapped under a prepared key. */
  | { readonly op: "forget"; readonly nextKekId: string };

// Codes are for ever: a number is never given to another request.
const CODES = {
  lock: 1,
  stop: 2,
  status: 3,
  hold: 4,
  wrap: 5,
  unwrap: 6,
  next: 7,
  rewrap: 8,
  forget: 9,
} as const satisfies Record<Request["op"], number>;

/** The frame of a request. The caller wipes it. */
export function encodeRequest(request: Request): Uint8Array {
  return encodeFrame({ version: PROTOCOL_VERSION, code: CODES[request.op] }, fieldsOf(request));
}

/** The fields of a request. */
export function fieldsOf(request: Request): Uint8Array[] {
  switch (request.op) {
    case "lock":
    case "stop":
      return [];
    case "status":
      return [utf8(request.kekId ?? "")];
    case "hold": {
      const { vaultId, kek, timeouts } = request;
      return [utf8(vaultId), kek, milliseconds(timeouts.idleMs), milliseconds(timeouts.maxAgeMs)];
    }
    case "wrap":
      return [utf8(request.kekId), request.key, request.context];
    case "unwrap":
      return [utf8(request.kekId), request.wrapped, request.context];
    case "next":
      return [utf8(request.kekId), request.kek];
    case "rewrap": {
      const { kekId, nextKekId, batch } = request;
      const keys = batch.flatMap(({ wrapped, from, to }) => [wrapped, from, to]);
      return [utf8(kekId), utf8(nextKekId), ...keys];
    }
    case "forget":
      return [utf8(request.nextKekId)];
  }
}

/** Why a body is no request. */
export type Unreadable = "version" | "malformed";

/** Reads a body as a request, with which it shares memory. */
export function decodeRequest(body: Uint8Array): Request | Unreadable {
  const [version, code] = body;
  if (code === CODES.lock) return { op: "lock" };
  if (code === CODES.stop) return { op: "stop" };
  if (version !== PROTOCOL_VERSION) return "version";
  const fields = decodeFields(body);
  return (fields === undefined ? undefined : read(code, fields)) ?? "malformed";
}

function read(code: number | undefined, fields: readonly Uint8Array[]): Request | undefined {
  switch (code) {
    case CODES.status:
      return readStatus(fields);
    case CODES.hold:
      return readHold(fields);
    case CODES.wrap:
    case CODES.unwrap:
      return readWrap(code, fields);
    case CODES.next: {
      const [kekId, kek] = [kekIdIn(fields[0]), fields[1]];
      if (fields.length !== 2 || kekId === undefined || !isKey(kek)) return undefined;
      return { op: "next", kekId, kek };
    }
    case CODES.rewrap:
      return readRewrap(fields);
    case CODES.forget: {
      const nextKekId = kekIdIn(fields[0]);
      return fields.length === 1 && nextKekId !== undefined
        ? { op: "forget", nextKekId }
        : undefined;
    }
    default:
      return undefined;
  }
}

function readStatus(fields: readonly Uint8Array[]): Request | undefined {
  if (fields.length !== 1) return undefined;
  if (fields[0]?.length === 0) return { op: "status", kekId: undefined };
  const kekId = kekIdIn(fields[0]);
  return kekId === undefined ? undefined : { op: "status", kekId };
}

function readHold(fields: readonly Uint8Array[]): Request | undefined {
  const [id, kek, idle, age] = fields;
  const vaultId = textIn(id);
  const [idleMs, maxAgeMs] = [timeoutIn(idle), timeoutIn(age)];
  if (fields.length !== 4 || vaultId === undefined || !/^[0-9a-f-]{36}$/.test(vaultId)) {
    return undefined;
  }
  if (!isKey(kek) || idleMs === undefined || maxAgeMs === undefined) return undefined;
  return { op: "hold", vaultId, kek, timeouts: { idleMs, maxAgeMs } };
}

function readWrap(
  code: typeof CODES.wrap | typeof CODES.unwrap,
  fields: readonly Uint8Array[],
): Request | undefined {
  const [id, key, context] = fields;
  const kekId = kekIdIn(id);
  if (fields.length !== 3 || kekId === undefined || key === undefined || context === undefined) {
    return undefined;
  }
  if (code === CODES.unwrap) return { op: "unwrap", kekId, wrapped: key, context };
  return isKey(key) ? { op: "wrap", kekId, key, context } : undefined;
}

function readRewrap(fields: readonly Uint8Array[]): Request | undefined {
  const [kekId, nextKekId] = [kekIdIn(fields[0]), kekIdIn(fields[1])];
  if (kekId === undefined || nextKekId === undefined) return undefined;
  if ((fields.length - 2) % 3 !== 0 || fields.length - 2 > 3 * MAX_BATCH) return undefined;
  const batch: Rewrap[] = [];
  for (let i = 2; i < fields.length; i += 3) {
    const [wrapped, from, to] = fields.slice(i, i + 3);
    if (wrapped === undefined || from === undefined || to === undefined) return undefined;
    batch.push({ wrapped, from, to });
  }
  return { op: "rewrap", kekId, nextKekId, batch };
}

function isKey(field: Uint8Array | undefined): field is Uint8Array {
  return field?.length === KEY_LENGTH;
}

function textIn(field: Uint8Array | undefined): string | undefined {
  return field === undefined ? undefined : fromUtf8(field);
}

function kekIdIn(field: Uint8Array | undefined): string | undefined {
  const text = textIn(field);
  return text !== undefined && /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

function milliseconds(ms: number): Uint8Array {
  const field = new Uint8Array(8);
  new DataView(field.buffer).setBigUint64(0, BigInt(ms));
  return field;
}

function timeoutIn(field: Uint8Array | undefined): number | undefined {
  if (field?.length !== 8) return undefined;
  const ms = new DataView(field.buffer, field.byteOffset, 8).getBigUint64(0);
  return ms <= BigInt(MAX_TIMEOUT_MS) ? Number(ms) : undefined;
}
