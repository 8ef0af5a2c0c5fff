import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buildInfo, readCommit } from "../../providers/host/build_info.ts";
import { ROOT, withDirectory } from "../helpers/program.ts";

const A = "0123456789abcdef0123456789abcdef01234567";
const B = "89abcdef0123456789abcdef0123456789abcdef";

async function commitIn(files: Readonly<Record<string, string>>, at = "."): Promise<unknown> {
  return await withDirectory(async (directory) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    return await readCommit(join(directory, at));
  });
}

describe("readCommit()", () => {
  const cases: readonly [name: string, files: Record<string, string>, expected: unknown][] = [
    ["a branch", { ".git/HEAD": "ref: refs/heads/w/x\n", ".git/refs/heads/w/x": `${A}\n` }, A],
    ["a detached head", { ".git/HEAD": `${A}\n` }, A],
    ["a SHA-256 repository", { ".git/HEAD": `${A}${B.slice(0, 24)}\n` }, A + B.slice(0, 24)],
    ["a packed branch", {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".git/packed-refs": `# pack-refs\n${B} refs/heads/other-main\n${A} refs/heads/main\n`,
    }, A],
    ["a branch both loose and packed, the loose one", {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".git/refs/heads/main": `${A}\n`,
      ".git/packed-refs": `${B} refs/heads/main\n`,
    }, A],
    ["no commit yet", { ".git/HEAD": "ref: refs/heads/main\n" }, undefined],
    ["something that is no commit", { ".git/HEAD": "main\n" }, undefined],
    ["no checkout", { "README.md": "" }, undefined],
  ];
  for (const [name, files, expected] of cases) {
    it(`gives ${expected === undefined ? "nothing" : "the commit"} for ${name}`, async () => {
      assert.equal(await commitIn(files), expected);
    });
  }

  it("follows a linked worktree to the branches of its repository", async () => {
    const files = {
      "tree/.git": "gitdir: ../repo/.git/worktrees/tree\n",
      "repo/.git/worktrees/tree/HEAD": "ref: refs/heads/side\n",
      "repo/.git/worktrees/tree/commondir": "../..\n",
      "repo/.git/refs/heads/side": `${A}\n`,
      "repo/.git/refs/heads/main": `${B}\n`,
    };
    assert.equal(await commitIn(files, "tree"), A);
  });

  it("agrees with git", async () => {
    await withDirectory(async (directory) => {
      const git = (...args: string[]) =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
          cwd: directory,
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        }).trim();
      git("init", "--quiet");
      git("commit", "--quiet", "--allow-empty", "--message", "a");
      assert.equal(await readCommit(directory), git("rev-parse", "HEAD"));
      git("pack-refs", "--all");
      assert.equal(await readCommit(directory), git("rev-parse", "HEAD"));
      await rm(join(directory, ".git"), { recursive: true });
      assert.equal(await readCommit(directory), undefined);
    });
  });
});

describe("buildInfo()", () => {
  it("names the commit that is checked out here, or unknown", async () => {
    const { commit } = await buildInfo();
    assert.equal(commit, await readCommit(ROOT) ?? "unknown");
  });
});
