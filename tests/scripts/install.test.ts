/** The installer of a release, against a server on this machine. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { fillTemplate } from "../../scripts/fill_packaging.ts";
import { TARGETS } from "../../scripts/build/targets.ts";
import { type Ended, ended, ROOT, withDirectory } from "../helpers/program.ts";

const skip = process.platform === "win32" && "the installer is for systems with sh";
const SCRIPT = join(ROOT, "packaging/install.sh");
/** What stands in for the executable. */
const PROGRAM = '#!/bin/sh\n[ "$1" = --version ] && echo 1.2.3\n';

interface Site {
  readonly directory: string;
  readonly url: string;
  /** What the server answers, by path. */
  readonly files: Map<string, string>;
  install(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Serves a release with an executable for each target. */
async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  const names = TARGETS.map(({ name }) => `aivault-${name}`);
  const files = new Map(names.map((name) => [`/${name}`, PROGRAM]));
  files.set("/SHA256SUMS", names.map((name) => `${sha256(PROGRAM)}  ${name}\n`).join(""));
  const server = createServer((request, response) => {
    const body = files.get(request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://127.0.0.1:${address.port}`;
  try {
    await withDirectory(async (directory) => {
      await mkdir(join(directory, "home"));
      const install: Site["install"] = (args = [], env = {}) => {
        const all = {
          HOME: join(directory, "home"),
          PATH: process.env["PATH"] ?? "",
          TMPDIR: directory,
          AIVAULT_RELEASE_URL: url,
          ...env,
        };
        return ended(
          spawn("sh", [SCRIPT, ...args], { env: all, stdio: ["ignore", "pipe", "pipe"] }),
        );
      };
      await work({ directory, url, files, install });
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What is below the home, and in the directory for temporary files. */
async function leftovers({ directory }: Site): Promise<string[]> {
  return [...await readdir(join(directory, "home")), ...await readdir(directory)]
    .filter((name) => name !== "home");
}

describe("packaging/install.sh", () => {
  it(
    "installs the executable for this machine into the user's own directory",
    { skip },
    () =>
      withSite(async (site) => {
        const { exitCode, stdout, stderr } = await site.install();
        assert.equal(exitCode, 0, stderr);
        const path = join(site.directory, "home/.local/bin/aivault");
        assert.match(stdout, /^installed .*\/home\/\.local\/bin\/aivault \(1\.2\.3\)\n/);
        assert.match(stdout, /hint: .* is not on your PATH/);
        assert.equal(await readFile(path, "utf8"), PROGRAM);
        assert.equal((await stat(path)).mode & 0o777, 0o755);
        assert.deepEqual(await readdir(join(path, "..")), ["aivault"]);
        assert.deepEqual(await readdir(site.directory), ["home"]);
      }),
  );

  it(
    "replaces an older one, in a directory of another name",
    { skip },
    () =>
      withSite(async (site) => {
        const directory = join(site.directory, "home/ein Ort für Programme");
        await mkdir(directory);
        await writeFile(join(directory, "aivault"), "older");
        const env = { AIVAULT_INSTALL_DIR: directory, PATH: `${process.env["PATH"]}:${directory}` };
        const { exitCode, stdout, stderr } = await site.install([], env);
        assert.equal(exitCode, 0, stderr);
        assert.doesNotMatch(stdout, /hint/);
        assert.equal(await readFile(join(directory, "aivault"), "utf8"), PROGRAM);
      }),
  );

  it(
    "changes nothing with --dry-run, and checks all the same",
    { skip },
    () =>
      withSite(async (site) => {
        const { exitCode, stdout } = await site.install(["--dry-run"]);
        assert.equal(exitCode, 0);
        assert.match(stdout, new RegExp(`would install aivault-.* \\(${sha256(PROGRAM)}\\) as `));
        assert.deepEqual(await leftovers(site), []);
      }),
  );

  const refused: readonly [string, RegExp, (site: Site) => void][] = [
    ["an executable that is not the one of the sums", /is not what the release says/, (site) => {
      for (const { name } of TARGETS) site.files.set(`/aivault-${name}`, `${PROGRAM}# changed\n`);
    }],
    ["a release without a sum for this machine", /has no single sum for aivault-/, (site) => {
      site.files.set("/SHA256SUMS", `${sha256(PROGRAM)}  aivault-pdp11\n`);
    }],
    ["sums that name a file twice", /has no single sum for aivault-/, (site) => {
      site.files.set("/SHA256SUMS", `${site.files.get("/SHA256SUMS") ?? ""}`.repeat(2));
    }],
    ["sums of other files that end in its name", /has no single sum for aivault-/, (site) => {
      const sums = (site.files.get("/SHA256SUMS") ?? "").replaceAll("  aivault", "  x/aivault");
      site.files.set("/SHA256SUMS", sums);
    }],
    [
      "a release that is not there",
      /SHA256SUMS cannot be downloaded/,
      (site) => site.files.clear(),
    ],
    ["an executable that does not run", /does not run on this machine/, (site) => {
      const text = "#!/bin/sh\nexit 1\n";
      for (const { name } of TARGETS) site.files.set(`/aivault-${name}`, text);
      const sums = TARGETS.map(({ name }) => `${sha256(text)}  aivault-${name}\n`);
      site.files.set("/SHA256SUMS", sums.join(""));
    }],
  ];
  for (const [what, expected, prepare] of refused) {
    it(`refuses ${what}, and leaves the older one alone`, { skip }, () =>
      withSite(async (site) => {
        const bin = join(site.directory, "home/.local/bin");
        await mkdir(bin, { recursive: true });
        await writeFile(join(bin, "aivault"), "older");
        prepare(site);
        const { exitCode, stdout, stderr } = await site.install();
        assert.equal(exitCode, 1, stdout);
        assert.match(stderr, expected);
        assert.deepEqual(await readdir(bin), ["aivault"]);
        assert.equal(await readFile(join(bin, "aivault"), "utf8"), "older");
        assert.deepEqual(await readdir(site.directory), ["home"]);
      }));
  }

  it(
    "refuses an unknown flag, plain http and a copy that knows no release",
    { skip },
    () =>
      withSite(async (site) => {
        const cases: readonly [string[], Record<string, string>, RegExp][] = [
          [["--now"], {}, /there is no flag --now/],
          [[], { AIVAULT_RELEASE_URL: "http://example.com/x" }, /is not https/],
          [[], { AIVAULT_RELEASE_URL: "http://127.0.0.1.example.com/x" }, /is not https/],
          [[], { AIVAULT_RELEASE_URL: "" }, /does not know where the release is/],
          [[], { HOME: "" }, /is not set|HOME/],
        ];
        for (const [args, env, expected] of cases) {
          const { exitCode, stderr } = await site.install(args, env);
          assert.notEqual(exitCode, 0);
          assert.match(stderr, expected);
        }
        assert.deepEqual(await leftovers(site), []);
      }),
  );

  it(
    "refuses a machine that there is no executable for",
    { skip },
    () =>
      withSite(async (site) => {
        const bin = join(site.directory, "home/odd");
        await mkdir(bin);
        const machines: readonly [system: string, machine: string, expected: RegExp][] = [
          ["Linux", "riscv64", /there is no executable for a riscv64\n$/],
          ["FreeBSD", "x86_64", /there is no executable for FreeBSD\n/],
          ["MINGW64_NT-10.0", "x86_64", /hint: on Windows, download the \.exe of the release\n$/],
        ];
        for (const [system, machine, expected] of machines) {
          const uname = `#!/bin/sh\n[ "$1" = -m ] && echo ${machine} || echo ${system}\n`;
          await writeFile(join(bin, "uname"), uname);
          await chmod(join(bin, "uname"), 0o755);
          const { exitCode, stdout, stderr } = await site.install([], {
            PATH: `${bin}:${process.env["PATH"]}`,
          });
          assert.deepEqual([exitCode, stdout], [1, ""]);
          assert.match(stderr, expected);
        }
        assert.deepEqual(await leftovers(site), ["odd"]);
      }),
  );

  it(
    "refuses a directory in the place of the program, and puts nothing into it",
    { skip },
    () =>
      withSite(async (site) => {
        const bin = join(site.directory, "home/.local/bin");
        await mkdir(join(bin, "aivault"), { recursive: true });
        const { exitCode, stdout, stderr } = await site.install();
        assert.deepEqual([exitCode, stdout], [1, ""]);
        assert.match(stderr, /\/bin\/aivault is a directory\nhint: /);
        assert.deepEqual(await readdir(bin, { recursive: true }), ["aivault"]);
      }),
  );

  it("installs nothing where the sum cannot be computed", { skip }, () =>
    withSite(async (site) => {
      // A PATH that has what it needs, but no program for SHA-256.
      const bin = join(site.directory, "home/few");
      await mkdir(bin);
      for (
        const name of ["curl", "uname", "mktemp", "rm", "cut", "awk", "ls", "mkdir", "cp", "mv"]
      ) {
        const path = join(bin, name);
        await writeFile(path, `#!/bin/sh\nPATH='${process.env["PATH"]}' exec ${name} "$@"\n`);
        await chmod(path, 0o755);
      }
      const sh = await ended(
        spawn("/bin/sh", [SCRIPT], {
          env: { HOME: join(site.directory, "home"), PATH: bin, AIVAULT_RELEASE_URL: site.url },
          stdio: ["ignore", "pipe", "pipe"],
        }),
      );
      assert.notEqual(sh.exitCode, 0);
      assert.match(sh.stderr, /neither sha256sum nor shasum is here/);
      assert.deepEqual(await readdir(join(site.directory, "home")), ["few"]);
    }));
});

describe("fillTemplate()", () => {
  const names = TARGETS.map(({ name }) => `aivault-${name}`);
  const filling = {
    version: "1.2.3",
    releaseUrl: "https://example.com/v1.2.3",
    homepage: "https://example.com",
    sums: names.map((name) => `${sha256(name)}  ${name}\n`).join(""),
  };

  it("leaves no place of the templates empty, and gives each file its own sum", async () => {
    for (const name of ["install.sh", "aivault.rb"]) {
      const template = await readFile(join(ROOT, "packaging", name), "utf8");
      const filled = fillTemplate(template, filling);
      assert.doesNotMatch(filled, /@[A-Z0-9_]+[:@]/);
      assert.match(filled, /https:\/\/example\.com\/v1\.2\.3/);
      for (const [, file, sum] of filled.matchAll(/url ".*\/(.*)"\n +sha256 "(.*)"/g)) {
        assert.equal(sum, sha256(file ?? ""));
      }
    }
  });

  it("refuses sums that lack a file, and a place that nobody knows", () => {
    assert.throws(() => fillTemplate("@SHA256:aivault-pdp11@", filling), /nothing is known for/);
    assert.throws(() => fillTemplate("@WHO@", filling), /nothing is known for @WHO@/);
  });
});
