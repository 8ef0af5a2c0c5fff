/**
 * What the core's tests use of `node:test`, where there is no Node: it collects the tests of a file as they are
 * registered, and runs them one after another.
 *
 * @module
 */

/** What became of one test. */
export interface EdgeResult {
  /** The names of the enclosing suites and of the test, joined by ` > `. */
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** The failure, or the reason of the skip. */
  readonly detail: string;
}

type Body = () => unknown;
interface Options {
  readonly skip?: string | false | undefined;
  readonly timeout?: number;
}
interface Registered {
  readonly name: string;
  readonly skip: string | undefined;
  readonly body: Body;
}

let registered: Registered[] = [];
let suites: string[] = [];

/** Registers a test. */
export function test(name: string, options: Options | Body, body?: Body): void {
  const { skip }: Options = typeof options === "function" ? {} : options;
  const run = typeof options === "function" ? options : body;
  registered.push({
    name: [...suites, name].join(" > "),
    skip: typeof skip === "string" ? skip : undefined,
    body: run ?? (() => {}),
  });
}

/** Registers the tests of a suite. */
export function describe(name: string, options: Options | Body, body?: Body): void {
  const run = typeof options === "function" ? options : body;
  suites = [...suites, name];
  run?.();
  suites = suites.slice(0, -1);
}

/**
 * Loads a file of tests and runs what it registers.
 *
 * @param skip A reason to run none of them.
 */
export async function runFile(
  load: () => Promise<unknown>,
  skip: string | undefined,
): Promise<EdgeResult[]> {
  registered = [];
  await load();
  const results: EdgeResult[] = [];
  for (const each of registered) {
    const reason = skip ?? each.skip;
    results.push(
      reason === undefined
        ? await runTest(each)
        : { name: each.name, outcome: "skipped", detail: reason },
    );
  }
  return results;
}

async function runTest({ name, body }: Registered): Promise<EdgeResult> {
  try {
    await body();
    return { name, outcome: "passed", detail: "" };
  } catch (error) {
    const detail = error instanceof Error ? error.stack ?? String(error) : String(error);
    return { name, outcome: "failed", detail };
  }
}

export { test as default, test as it };
