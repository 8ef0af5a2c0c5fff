/**
 * Reads the JUnit reports of `deno test`, `bun test` and `node --test-reporter=junit` into one shape.
 *
 * @module
 */

/** The runtimes on which the suite runs, in the order of their reports. */
export const RUNTIMES = ["deno", "bun", "node"] as const;
/** One of {@linkcode RUNTIMES}. */
export type Runtime = (typeof RUNTIMES)[number];

/** What became of one test. */
export interface TestResult {
  /** The names of the enclosing suites and of the test, joined by ` > `. */
  readonly name: string;
  /** How it ended; a `todo` counts as skipped. */
  readonly outcome: "passed" | "failed" | "skipped";
  /** The failure as reported, or the reason of the skip; empty if the runtime gives none. */
  readonly detail: string;
}

const TAG =
  /<(\/?)(testsuite|testcase|failure|error|skipped)\b((?:\s+[\w:.-]+="[^"]*")*)\s*(\/?)>/g;
const STEP_FAILURE = /^\d+ test steps? failed/;

/** Lists the tests of one report. A suite is not a test, unless it is what failed. */
export function parseJUnit(xml: string, runtime: Runtime): TestResult[] {
  const suites: string[] = [];
  const results: { name: string; outcome: TestResult["outcome"]; detail: string }[] = [];
  let bodyStart = 0;
  for (const match of xml.matchAll(TAG)) {
    const [tag, slash, element, attributes = "", selfClosing] = match;
    const closing = slash === "/";
    const test = results.at(-1);
    if (element === "testsuite") {
      if (closing) suites.pop();
      else if (selfClosing !== "/") suites.push(attribute(attributes, "name"));
    } else if (element === "testcase") {
      if (closing) continue;
      const name = fullName(attribute(attributes, "name"), suites, runtime);
      results.push({ name, outcome: "passed", detail: "" });
    } else if (test !== undefined && !closing) {
      test.outcome = element === "skipped" ? "skipped" : "failed";
      test.detail = attribute(attributes, "message");
      bodyStart = match.index + tag.length;
    } else if (test !== undefined && element === "failure") {
      test.detail = unescape(xml.slice(bodyStart, match.index)).trim() || test.detail;
    }
  }
  return runtime === "deno" ? results.filter((test) => !isSuite(test, results)) : results;
}

/** Deno puts the path into the name, Bun has one suite for the file, Node has none. */
function fullName(name: string, suites: readonly string[], runtime: Runtime): string {
  if (runtime === "deno") return name;
  return [...suites.slice(runtime === "bun" ? 1 : 0), name].join(" > ");
}

/** Deno reports a `describe` as a test beside its steps, failed whenever a step has failed. */
function isSuite(test: TestResult, all: readonly TestResult[]): boolean {
  if (test.outcome === "failed" && !STEP_FAILURE.test(test.detail)) return false;
  return all.some((other) => other.name.startsWith(`${test.name} > `));
}

function attribute(attributes: string, name: string): string {
  const match = attributes.match(new RegExp(`\\s${name}="([^"]*)"`));
  return unescape(match?.[1] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|apos);/g, (whole, entity: string) => ENTITIES[entity] ?? whole)
    .replaceAll("&amp;", "&");
}
