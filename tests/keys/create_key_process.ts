/**
 * Makes or adopts the key in the file that it is given, and prints whether it adopted, and the key's digest.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import process from "node:process";
import { fileKeyProvider } from "../../providers/keys/file.ts";

const path = process.argv[2] ?? "";
const provider = fileKeyProvider({ vaultDirectory: dirname(path), defaultPath: path });
const { adopted, kek } = await provider.create({});
console.log(`${adopted ? "adopted" : "made"} ${createHash("sha256").update(kek).digest("hex")}`);
