/**
 * Standard output and standard error.
 *
 * @module
 */
import process from "node:process";
import { descriptorWriter } from "./descriptor_writer.ts";
import { streamWriter } from "./stream_writer.ts";
import type { TextWriter } from "./text_writer.ts";

/**
 * Gives what writes text to one of the standard streams.
 *
 * @param onFailure Told once if the text is lost for another reason than a reader that went away.
 */
export function standardWriter(
  name: "stdout" | "stderr",
  onFailure: (error: unknown) => void,
): TextWriter {
  // Only the stream knows which characters a console of Windows understands.
  if (process.platform === "win32") return streamWriter(process[name], onFailure);
  return descriptorWriter(DESCRIPTORS[name], onFailure);
}

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

/** Whether a standard stream is a terminal. What tells it is loaded when it is asked for. */
export function isTerminal(name: "stdout" | "stderr"): boolean {
  return process.getBuiltinModule("node:tty").isatty(DESCRIPTORS[name]);
}
