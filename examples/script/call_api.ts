/**
 * Calls an API with a key that a vault lends: the vault of the command line.
 *
 *     aivault secrets create OPENAI_API_KEY
 *     node call_api.ts OPENAI_API_KEY https://api.openai.com/v1/models
 *
 * It prints the answer's status. The key is in memory only while the request is made, and the use is on record:
 * `aivault audit`.
 *
 * @module
 */
import process from "node:process";
import { openVault } from "@aivault/cli/providers";

const [name = "", url = ""] = process.argv.slice(2);

const vault = await openVault({ actor: "call_api.ts" });
try {
  const { status } = await vault.use(name, {}, (key) => {
    const authorization = `Bearer ${new TextDecoder().decode(key)}`;
    return fetch(url, { headers: { authorization } });
  });
  console.log(status);
} finally {
  await vault.close();
}
