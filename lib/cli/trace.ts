/**
 * Where an error happened, for reports of faults.
 *
 * @module
 */

/**
 * The kind of `error`, where it was thrown, and the same of its causes. Its message is left out: that of a foreign
 * error may quote what it was given.
 */
export function traceLines(error: unknown): string[] {
  if (!(error instanceof Error)) return [typeof error];
  const code = "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  const frames = framesOf(error).split("\n").filter((line) => /^\s+at /.test(line));
  const cause = error.cause === undefined ? [] : traceLines(error.cause);
  return [
    `${error.name}${code}`,
    ...frames,
    ...cause.map((line, index) => index === 0 ? `caused by ${line}` : line),
  ];
}

// A message may have lines that look like those of the stack.
function framesOf({ stack = "", message }: Error): string {
  if (!message.includes("\n")) return stack;
  const start = stack.indexOf(message);
  return start < 0 ? "" : stack.slice(start + message.length);
}
