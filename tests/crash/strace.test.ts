import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { withDirectory } from "../helpers/program.ts";
import { callsBelow, callsIn } from "./syscalls/strace.ts";

// As strace(1) prints them.
const LOG = `10 mkdir("/v/vault", 0700 <unfinished ...>
11 write(4</v/log>, ""..., 3 <unfinished ...>
10 <... mkdir resumed>)              = -1 EEXIST (File exists)
10 openat(AT_FDCWD</>, "/v/a.key", O_WRONLY|O_CREAT|O_EXCL, 0600 <unfinished ...>
11 <... write resumed>)              = 3
11 umask(0177 <unfinished ...>
10 <... openat resumed>)             = 5</v/a.key>
11 <... umask resumed>)              = 022
10 fsync(5</v/a.key>)                = 0
10 rename("/v/a.key", "/v/b.key" <unfinished ...>
11 +++ killed by SIGKILL +++
10 <... rename resumed>)             = ?
10 +++ killed by SIGKILL +++
`;

test("a system call that another thread's came into is read in one piece", async () => {
  await withDirectory(async (directory) => {
    const log = join(directory, "log");
    await writeFile(log, LOG);
    const calls = await callsBelow(log, "/v");
    assert.deepEqual(calls.map(({ name, isLast }) => [name, isLast]), [
      ["mkdir", false],
      ["write", false],
      ["openat", false],
      ["fsync", false],
      ["rename", true],
    ]);
    assert.match(calls[0]?.text ?? "", /^mkdir\("\/v\/vault", 0700\) += -1 EEXIST/);
    assert.match(calls[2]?.text ?? "", /0600\) += 5<\/v\/a\.key>$/);
    const [umask] = (await callsIn(log)).filter(({ name }) => name === "umask");
    assert.match(umask?.text ?? "", /^umask\(0177\) += 022$/);
  });
});
