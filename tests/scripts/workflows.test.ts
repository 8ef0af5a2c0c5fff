/** The workflows: what they run is pinned, and they may do no more than they need. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { VERSION } from "../../lib/version.ts";
import { npmManifest } from "../../scripts/build_npm.ts";
import { TARGETS } from "../../scripts/build/targets.ts";
import { ROOT } from "../../scripts/source_tree.ts";
import { ended, startCommand, withDirectory } from "../helpers/program.ts";

const folder = join(ROOT, ".github/workflows");
const workflows = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
);

describe("CHANGELOG.md", () => {
  it("has the form of Keep a Changelog, and the version of the package or nothing released", () => {
    const text = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
    const [first, ...released] = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    assert.equal(first, "[Unreleased]");
    for (const heading of released) {
      assert.match(heading ?? "", /^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/);
    }
    if (released[0] !== undefined) assert.ok(released[0].startsWith(`[${VERSION}]`), released[0]);
    const kinds = [...text.matchAll(/^### (.*)$/gm)].map(([, kind = ""]) => kind);
    const known = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
    assert.deepEqual(kinds.filter((kind) => !known.includes(kind)), []);
    assert.ok(kinds.length > 0);
  });
});

describe("the workflows", () => {
  it("pin every action to a commit, the same one everywhere, and name its version", () => {
    const pins = new Map<string, string>();
    for (const [name, text] of workflows) {
      for (const [line, action = "", rest = ""] of text.matchAll(/uses: ([^@\s]+)@?(.*)/g)) {
        assert.match(rest, /^[0-9a-f]{40} # v\d+\.\d+\.\d+$/, `${name}: ${line}`);
        assert.equal(pins.get(action) ?? rest, rest, action);
        pins.set(action, rest);
      }
    }
    assert.ok(pins.has("actions/checkout"));
  });

  it("begin with no permission, and give each job its own", () => {
    for (const [name, text] of workflows) {
      assert.match(text, /^permissions: \{\}$/m, name);
      const jobs = text.slice(text.indexOf("\njobs:")).split(/\n {2}(?=\w+:\n)/).slice(1);
      for (const job of jobs) {
        assert.match(job, /\n {4}permissions:\n/, `${name}: ${job.slice(0, 20)}`);
      }
      assert.doesNotMatch(text, /write-all|read-all|pull_request_target|persist-credentials: true/);
    }
  });

  it("put nothing of an event into a script", () => {
    for (const [name, text] of workflows) {
      for (const [script] of text.matchAll(/^ +- run: (?:\|\n(?: {10,}.*\n)+|.*)/gm)) {
        assert.doesNotMatch(script, /\$\{\{/, name);
      }
    }
  });

  it("release an executable for every target, each built once", () => {
    const text = workflows.get("release.yml") ?? "";
    const built = [...text.matchAll(/[a-z0-9_]+-(?:unknown|apple|pc)-[a-z]+(?:-[a-z]+)?/g)].map(
      String,
    );
    assert.deepEqual(built.sort(), TARGETS.map(({ name }) => name).sort());
  });

  it("take a release's notes from its section of the changelog, and fail without one", {
    skip: process.platform === "win32" && "the step runs on Linux",
  }, () =>
    withDirectory(async (directory) => {
      const text = workflows.get("release.yml") ?? "";
      const [, step = ""] = /- run: \|\n((?: {10}.*\n)*? {10}test -s notes\.md\n)/.exec(text) ?? [];
      assert.match(step, /CHANGELOG\.md > notes\.md\n/);
      const sections = ["Unreleased", "1.2.30] - 2026-02-01", "1.2.3] - 2026-01-01", "1.2.2]"];
      const changelog = sections.map((each) => `## [${each}\n\n- of ${each}\n\n`).join("");
      await writeFile(join(directory, "CHANGELOG.md"), `# Changelog\n\n${changelog}`);
      const take = async (tag: string) => {
        const env = { GITHUB_REF_NAME: tag };
        return await ended(startCommand(["sh", "-e", "-c", step], { cwd: directory, env }));
      };
      assert.equal((await take("v1.2.3")).exitCode, 0);
      const notes = await readFile(join(directory, "notes.md"), "utf8");
      assert.equal(notes.trim(), "- of 1.2.3] - 2026-01-01");
      assert.notEqual((await take("v1.2.4")).exitCode, 0);
    }));

  it("name the repository in npm's package, which npm refuses with provenance otherwise", () => {
    const text = workflows.get("release.yml") ?? "";
    const command = 'build_npm.ts --repository "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"\n';
    assert.ok(text.includes(command));
    assert.match(text, /npm publish \.\/dist\/npm --provenance/);
    const source = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const { repository } = npmManifest(source, "https://github.com/owner/aivault");
    assert.deepEqual(repository, {
      type: "git",
      url: "git+https://github.com/owner/aivault.git",
    });
    assert.equal("repository" in npmManifest(source), false);
  });
});
