/**
 * What the program says: data on stdout, the rest on stderr.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import type { CliContext, Output } from "./context.ts";
import { exitCodeOf } from "./exit_code.ts";

/** What a command has to say. */
export interface CommandResult {
  /** Lines for people. */
  readonly text: readonly string[];
  /** One document for programs. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Something that is wrong all the same: it is reported, and decides the exit code. */
  readonly failure?: unknown;
  /** Whether the command has printed it already. Default: false. */
  readonly isPrinted?: boolean;
}

/** Prints a result, and gives the exit code. */
export function reportResult(context: CliContext, result: CommandResult, asJson: boolean): number {
  const { json, failure } = result;
  if (result.isPrinted !== true) {
    const error = failure === undefined ? {} : { error: errorDocument(failure) };
    context.stdout.write(resultText({ ...result, json: { ...json, ...error } }, asJson));
  }
  if (failure === undefined) return 0;
  printError(context.stderr, failure);
  return exitCodeOf(failure);
}

/** Prints an error, and gives the exit code. */
export function reportError(
  context: Pick<CliContext, "stdout" | "stderr">,
  error: unknown,
  asJson: boolean,
): number {
  if (asJson) {
    printDocument(context.stdout, { error: errorDocument(error) });
  }
  printError(context.stderr, error);
  return exitCodeOf(error);
}

/** Says something beside the result, on stderr. */
export function say(context: CliContext, line: string): void {
  context.stderr.write(`${printable(line)}\n`);
}

/** Says something that the user should know, on stderr. */
export function warn(context: CliContext, message: string): void {
  context.stderr.write(`${paint(context.stderr, "33", "warning:")} ${printable(message)}\n`);
}

/** Says what can be done, on stderr. */
export function hint(context: CliContext, message: string): void {
  context.stderr.write(`${paint(context.stderr, "36", "hint:")} ${printable(message)}\n`);
}

/** Prints a document on one line. */
export function printLine(output: Output, document: unknown): void {
  output.write(`${documentText(document)}\n`);
}

function printDocument(output: Output, document: unknown): void {
  output.write(`${documentText(document, 2)}\n`);
}

function resultText({ text, json }: CommandResult, asJson: boolean): string {
  if (asJson) return `${documentText(json, 2)}\n`;
  return text.map((line) => `${printable(line)}\n`).join("");
}

/**
 * Prints a result before what depends on its being seen is done. A document stays open until it is told how that
 * went: it is one document, whatever happens.
 *
 * @returns Ends the document, with the failure if there was one.
 * @throws {VaultError} `DISK` if it could not be printed.
 */
export async function deliverResult(
  { stdout }: CliContext,
  result: CommandResult,
  asJson: boolean,
  attempted: string,
): Promise<(failure: unknown) => void> {
  const text = resultText(result, asJson);
  if (!await stdout.deliver(asJson ? text.slice(0, -DOCUMENT_END.length) : text)) {
    throw new VaultError("DISK", attempted, "what was printed has gone nowhere", {
      hints: ["nothing was changed; see where standard output goes, then try again"],
    });
  }
  return (failure) => {
    if (!asJson) return;
    if (failure !== undefined) {
      const error = documentText(errorDocument(failure), 2).replaceAll("\n", "\n  ");
      stdout.write(`,\n  "error": ${error}`);
    }
    stdout.write(DOCUMENT_END);
  };
}

const DOCUMENT_END = "\n}\n";

function documentText(document: unknown, indent = 0): string {
  // What JSON leaves as it is and would steer a terminal can only stand in a string, where it can be escaped.
  return JSON.stringify(document, null, indent).replace(steering, (character) => {
    if (character === "\n") return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function printError(output: Output, error: unknown): void {
  const program = paint(output, "31", "aivault:");
  output.write(`${program} ${printable(messageOf(error))}\n`);
  for (const line of hintsOf(error)) {
    output.write(`${paint(output, "36", "hint:")} ${printable(line)}\n`);
  }
}

function errorDocument(error: unknown): Record<string, unknown> {
  return {
    code: error instanceof VaultError ? error.code : "UNEXPECTED",
    message: messageOf(error),
    hints: hintsOf(error),
    exitCode: exitCodeOf(error),
  };
}

// The message of a foreign error may quote what it was given, so only its class is named.
function messageOf(error: unknown): string {
  if (error instanceof VaultError) return error.message;
  const kind = error instanceof Error ? error.name : typeof error;
  return `run the command: unexpected failure (${kind})`;
}

function hintsOf(error: unknown): readonly string[] {
  if (error instanceof VaultError) return error.hints;
  return ["this is a fault of aivault; set AIVAULT_DEBUG=1 to see where it happened"];
}

const steering = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

// A stored or typed text must not steer the terminal that it is shown on.
function printable(line: string): string {
  return line.replace(
    steering,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function paint(output: Output, colour: string, text: string): string {
  return output.hasColour ? `\u001b[${colour}m${text}\u001b[0m` : text;
}
