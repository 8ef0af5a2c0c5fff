/**
 * What an agent answers, and how that is written.
 *
 * @module
 */
import * as v from "valibot";
import { fromUtf8, utf8 } from "../crypto/bytes.ts";
import { decodeFields, encodeFrame } from "./frame.ts";
import { PROTOCOL_VERSION } from "./request.ts";

// Codes are for ever, like those of requests. The head of an answer is the same in every version.
const CODES = {
  /** Done; the fields are the result. */
  ok: 0,
  /** The agent holds no key, or not that of this vault. */
  locked: 1,
  /** The agent holds a newer key than the one that was named. */
  stale: 2,
  /** Something is not authentic. */
  damaged: 3,
  /** The request cannot be read. */
  malformed: 4,
  /** The request is of another version of the protocol. */
  version: 5,
  /** A key to wrap anew under was not prepared, or not used for too long. */
  unprepared: 6,
} as const;

/** How an agent answers. */
export type AnswerStatus = keyof typeof CODES;

/** One answer. The fields may hold keys. */
export interface Answer {
  readonly status: AnswerStatus;
  readonly fields: readonly Uint8Array[];
}

const STATUSES = new Map<number, AnswerStatus>(
  (Object.keys(CODES) as AnswerStatus[]).map((status) => [CODES[status], status]),
);

/** An answer without a result. */
export function answer(status: AnswerStatus, ...fields: readonly Uint8Array[]): Answer {
  return { status, fields };
}

/** The frame of an answer. The caller wipes it. */
export function encodeAnswer({ status, fields }: Answer): Uint8Array {
  return encodeFrame({ version: PROTOCOL_VERSION, code: CODES[status] }, fields);
}

/** Reads a body as an answer, with which it shares memory. */
export function decodeAnswer(body: Uint8Array): Answer | "version" | "malformed" {
  const [version, code = -1] = body;
  if (version !== PROTOCOL_VERSION) return "version";
  const status = STATUSES.get(code);
  const fields = decodeFields(body);
  return status === undefined || fields === undefined ? "malformed" : { status, fields };
}

/** The field that says whether the agent ends, and closes its connections when nobody can reach it any more. */
export function encodeEnds(ends: boolean): Uint8Array {
  return new Uint8Array([ends ? 1 : 0]);
}

/** What {@linkcode encodeEnds} says. */
export function decodeEnds(field: Uint8Array | undefined): boolean {
  return field?.[0] === 1;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const statusSchema = v.object({
  /** The agent's process. */
  pid: count,
  /** The version of the program that it runs. */
  version: v.pipe(v.string(), v.maxLength(64)),
  /** When it was started. Milliseconds since 1970-01-01 UTC. */
  startedAtMs: count,
  /** What it holds; `null` while it is locked. */
  held: v.nullable(v.object({
    /** The vault. */
    vaultId: v.pipe(v.string(), v.maxLength(64)),
    /** Commits to the key. */
    kekId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
    /** Since when. Milliseconds since 1970-01-01 UTC. */
    unlockedAtMs: count,
    /** Milliseconds after the last use; `null` for never. */
    idleTimeoutMs: v.nullable(count),
    /** Milliseconds after it was unlocked; `null` for never. */
    maxAgeMs: v.nullable(count),
    /** When it will lock by itself if the key is not used. Milliseconds since 1970-01-01 UTC; `null` for never. */
    locksAtMs: v.nullable(count),
  })),
});

/** How things stand with an agent; nothing secret. */
export type AgentStatus = v.InferOutput<typeof statusSchema>;

/** The field that holds a status. */
export function encodeStatus(status: AgentStatus): Uint8Array {
  return utf8(JSON.stringify(status));
}

/** The status in a field; `undefined` if there is none. */
export function decodeStatus(field: Uint8Array | undefined): AgentStatus | undefined {
  const text = field === undefined ? undefined : fromUtf8(field);
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(statusSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
