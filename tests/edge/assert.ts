/**
 * What the core's tests use of `node:assert/strict`, where there is no Node. `tests/edge/shims.test.ts` holds it to
 * Node's own verdicts.
 *
 * @module
 */
import { sameDeep } from "./same_deep.ts";

type Message = string | Error | undefined;
type Matcher =
  | RegExp
  | ((error: unknown) => boolean)
  | (abstract new (...parameters: never[]) => unknown)
  | Readonly<Record<string, unknown>>;

/** A failed assertion. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

function check(holds: boolean, message: Message, otherwise: () => string): void {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError(message ?? otherwise());
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value, (_, item) => typeof item === "bigint" ? `${item}n` : item) ??
      String(value);
  } catch {
    return String(value);
  }
}

function ok(value: unknown, message?: string | Error): void {
  check(Boolean(value), message, () => `${show(value)} is not truthy`);
}

function equal(actual: unknown, expected: unknown, message?: string | Error): void {
  check(Object.is(actual, expected), message, () => `${show(actual)} is not ${show(expected)}`);
}

function notEqual(actual: unknown, other: unknown, message?: string | Error): void {
  check(!Object.is(actual, other), message, () => `${show(actual)} is what it must not be`);
}

function deepEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  check(sameDeep(actual, expected), message, () => `${show(actual)} is not ${show(expected)}`);
}

function notDeepEqual(actual: unknown, other: unknown, message?: string | Error): void {
  check(!sameDeep(actual, other), message, () => `${show(actual)} is what it must not be`);
}

function match(text: string, pattern: RegExp, message?: string | Error): void {
  check(new RegExp(pattern).test(text), message, () => `${show(text)} does not match ${pattern}`);
}

function doesNotMatch(text: string, pattern: RegExp, message?: string | Error): void {
  check(!new RegExp(pattern).test(text), message, () => `${show(text)} matches ${pattern}`);
}

function fail(message?: string | Error): never {
  throw message instanceof Error ? message : new AssertionError(message ?? "failed");
}

function throws(work: () => unknown, matcher?: Matcher, message?: string): void {
  try {
    work();
  } catch (error) {
    return checkError(error, matcher, message);
  }
  fail(message ?? "it threw nothing");
}

async function rejects(
  work: PromiseLike<unknown> | (() => PromiseLike<unknown>),
  matcher?: Matcher,
  message?: string,
): Promise<void> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    return checkError(error, matcher, message);
  }
  fail(message ?? "it did not reject");
}

function checkError(error: unknown, matcher: Matcher | undefined, message?: string): void {
  if (matcher === undefined) return;
  const fits = matcher instanceof RegExp
    ? new RegExp(matcher).test(String(error))
    : typeof matcher === "function"
    ? fitsFunction(error, matcher)
    : Object.entries(matcher).every(([key, wanted]) => fitsMember(error, key, wanted));
  check(fits, message, () => `${show(error)} is not the error expected`);
}

function fitsFunction(error: unknown, matcher: unknown): boolean {
  if (typeof matcher !== "function") return false;
  const { prototype } = matcher;
  if (typeof prototype === "object" && prototype !== null) return error instanceof matcher;
  return matcher(error) === true;
}

function fitsMember(error: unknown, key: string, wanted: unknown): boolean {
  const found: unknown = typeof error === "object" && error !== null
    ? Reflect.get(error, key)
    : undefined;
  return wanted instanceof RegExp && typeof found === "string"
    ? new RegExp(wanted).test(found)
    : sameDeep(found, wanted);
}

const assert = Object.assign(ok, {
  ok,
  equal,
  notEqual,
  deepEqual,
  notDeepEqual,
  match,
  doesNotMatch,
  fail,
  throws,
  rejects,
  AssertionError,
});

export { assert as default };
