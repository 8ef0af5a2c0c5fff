/**
 * The stand-in for `security` as a program. The environment says where things are:
 *
 * - `FAKE_SECURITY_KEYCHAIN`: the entries, a JSON file, made if absent;
 * - `FAKE_SECURITY_BEHAVIOUR`: how it behaves, a file that holds one word, `normal` if absent;
 * - `FAKE_SECURITY_LOG`: a file that gets the arguments of every run, a JSON array on a line.
 *
 * @module
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { concat } from "../../lib/crypto/bytes.ts";
import { type FakeBehaviour, fakeSecurity } from "./fake_security.ts";

const {
  FAKE_SECURITY_KEYCHAIN: keychainFile,
  FAKE_SECURITY_BEHAVIOUR: behaviourFile,
  FAKE_SECURITY_LOG: logFile,
} = process.env;
if (keychainFile === undefined || behaviourFile === undefined || logFile === undefined) {
  throw new Error("the stand-in for security needs its environment");
}
const read = (file: string, absent: string): string =>
  existsSync(file) ? readFileSync(file, "utf8") : absent;

const args = process.argv.slice(2);
appendFileSync(logFile, `${JSON.stringify(args)}\n`);
const stdin: Uint8Array[] = [];
for await (const chunk of process.stdin) stdin.push(chunk);
const keychain = {
  entries: JSON.parse(read(keychainFile, "[]")),
  behaviour: read(behaviourFile, "normal") as FakeBehaviour,
};
const { exitCode, stdout, stderr } = fakeSecurity(keychain, args, concat(...stdin));
writeFileSync(`${keychainFile}.${process.pid}`, JSON.stringify(keychain.entries));
renameSync(`${keychainFile}.${process.pid}`, keychainFile);
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = exitCode;
