/**
 * Prints where a vault and a key in the home directory are. Run by the tests as a process of its own.
 *
 * @module
 */
import { keyFilePath } from "../../providers/host/key_file_path.ts";
import { vaultPaths } from "../../providers/host/paths.ts";

console.log(vaultPaths(undefined).directory);
console.log(keyFilePath({ vaultDirectory: "/srv/vault" }, "~/key"));
