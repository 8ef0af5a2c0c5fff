/**
 * The machines for which there are executables.
 *
 * @module
 */
import process from "node:process";

/** What makes the executable. */
export type Engine = "deno" | "bun";

/** A machine, by the name that Rust and Deno have for it, and the one that Bun has. */
export interface Target {
  /** Such as `x86_64-unknown-linux-gnu`. */
  readonly name: string;
  /** What Bun calls it. */
  readonly bun: string;
  /** The engines that have a base executable for it. */
  readonly engines: readonly Engine[];
}

const BOTH = ["deno", "bun"] as const;

/** Every target. */
export const TARGETS: readonly Target[] = [
  { name: "x86_64-unknown-linux-gnu", bun: "bun-linux-x64", engines: BOTH },
  { name: "aarch64-unknown-linux-gnu", bun: "bun-linux-arm64", engines: BOTH },
  { name: "x86_64-unknown-linux-musl", bun: "bun-linux-x64-musl", engines: ["bun"] },
  { name: "aarch64-unknown-linux-musl", bun: "bun-linux-arm64-musl", engines: ["bun"] },
  { name: "x86_64-apple-darwin", bun: "bun-darwin-x64", engines: BOTH },
  { name: "aarch64-apple-darwin", bun: "bun-darwin-arm64", engines: BOTH },
  { name: "x86_64-pc-windows-msvc", bun: "bun-windows-x64", engines: BOTH },
  { name: "aarch64-pc-windows-msvc", bun: "bun-windows-arm64", engines: BOTH },
];

/** The targets of these names; `all` stands for every one that `engine` can make. */
export function findTargets(names: readonly string[], engine: Engine): Target[] {
  const makeable = TARGETS.filter((target) => target.engines.includes(engine));
  return names.flatMap((name) => {
    if (name === "all") return makeable;
    const target = makeable.find((known) => known.name === name);
    if (target !== undefined) return [target];
    const known = makeable.map((each) => each.name).join(", ");
    throw new RangeError(`${engine} has no target "${name}"; known are all, ${known}`);
  });
}

/** The name of the executable for `target`, or for this machine. */
export function executableName(target: Target | undefined): string {
  if (target === undefined) return process.platform === "win32" ? "aivault.exe" : "aivault";
  return `aivault-${target.name}${target.name.includes("windows") ? ".exe" : ""}`;
}
