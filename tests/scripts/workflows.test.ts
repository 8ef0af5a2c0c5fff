/** The workflows: what they run is pinned, and they may do no more than they need. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { npmManifest } from "../../scripts/build_npm.ts";
import { TARGETS } from "../../scripts/build/targets.ts";
import { ROOT } from "../../scripts/source_tree.ts";

const folder = join(ROOT, ".github/workflows");
const workflows = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
);

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
