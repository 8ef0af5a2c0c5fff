/**
 * A socket as a connection.
 *
 * @module
 */
import type { Socket } from "node:net";
import { wipe } from "../../lib/crypto/bytes.ts";
import type { Connection } from "../../lib/agent/connection.ts";

/** The connection of a socket that is connected. While a chunk waits to be received no more are read. */
export function socketConnection(socket: Socket): Connection {
  const chunks: Uint8Array[] = [];
  let isOver = false;
  let wake: () => void = () => {};
  const end = (): void => {
    isOver = true;
    wake();
  };
  socket.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    socket.pause();
    wake();
  });
  socket.on("end", end).on("close", end);
  socket.on("error", end);
  // A connection that nobody waits on keeps no process alive.
  socket.unref();
  return {
    async receive() {
      while (chunks.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          socket.ref();
          socket.resume();
        });
        socket.unref();
      }
      return chunks.shift();
    },
    send(bytes) {
      return new Promise((resolve, reject) => {
        if (isOver || socket.destroyed) return reject(new Error("the connection is closed"));
        const fail = () => reject(new Error("the connection was closed"));
        socket.once("close", fail);
        socket.write(bytes, (error) => {
          socket.off("close", fail);
          if (error) fail();
          else resolve();
        });
      });
    },
    close() {
      wipe(...chunks.splice(0));
      socket.destroy();
      end();
    },
  };
}
