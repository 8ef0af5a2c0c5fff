/**
 * A vault in an edge worker: it signs what it is sent, and nobody can ask it for the key it signs with.
 *
 *     npm install @aivault/cli
 *     bun build --target browser worker.ts --outfile worker.js
 *     AIVAULT_KEY=$(openssl rand -base64 32) WEBHOOK_KEY=whsec-example workerd serve config.capnp
 *     curl -d 'a message' http://127.0.0.1:8080/sign/WEBHOOK_KEY
 *
 * @module
 */
import { type AuditRow, MemoryStore, Vault, VaultError } from "@aivault/cli";

/** What the worker is given: the vault's key, 32 bytes in base64, and the secret that it starts with. */
export interface Env {
  readonly AIVAULT_KEY: string;
  readonly WEBHOOK_KEY: string;
}

let vault: Promise<Vault> | undefined;

async function openVault(env: Env): Promise<Vault> {
  const kek = Uint8Array.from(atob(env.AIVAULT_KEY), (character) => character.charCodeAt(0));
  const opened = await Vault.init({ store: new MemoryStore(), kek });
  kek.fill(0);
  await opened.create({ name: "WEBHOOK_KEY", value: new TextEncoder().encode(env.WEBHOOK_KEY) });
  return opened;
}

async function sign(key: Uint8Array, message: ArrayBuffer): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const hmac = await crypto.subtle.importKey("raw", key.slice(), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, message));
  return Array.from(signature, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function describe({ seq, timeMs, kind, secretName }: AuditRow): Partial<AuditRow> {
  return { seq, timeMs, kind, secretName };
}

async function answer(request: Request, env: Env): Promise<Response> {
  const [, action, name = ""] = new URL(request.url).pathname.split("/");
  const open = await (vault ??= openVault(env));
  if (action === "audit") return Response.json((await open.audit()).map(describe));
  if (action !== "sign") return new Response("not found\n", { status: 404 });
  const message = await request.arrayBuffer();
  try {
    return new Response(`${await open.use(name, {}, (key) => sign(key, message))}\n`);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return new Response(`${error.message}\n`, { status: error.code === "NOT_FOUND" ? 404 : 403 });
  }
}

const worker: { fetch(request: Request, env: Env): Promise<Response> } = { fetch: answer };

export { worker as default };
