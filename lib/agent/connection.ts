/**
 * What the agent and its clients ask of a connection, of whatever kind.
 *
 * @module
 */

/** One end of a connection that carries bytes in order, both ways. */
export interface Connection {
  /** What came next; `undefined` when nothing will come any more. The caller wipes it. */
  receive(): Promise<Uint8Array | undefined>;
  /** Resolves when `bytes` may be wiped; rejects if the connection is closed before. */
  send(bytes: Uint8Array): Promise<void>;
  /** Ends both directions: a pending {@linkcode Connection.receive} gives `undefined`. */
  close(): void;
}

/** Connects to an agent; `undefined` if there is none. */
export type Connector = () => Promise<Connection | undefined>;
