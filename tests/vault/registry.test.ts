import assert from "node:assert/strict";
import test from "node:test";
import { builtInRegistry, createRegistry, pinFor } from "../../lib/vault/registry.ts";
import { REGISTRY_DATA } from "../../lib/vault/registry_data.ts";

/** Who claims what, as the providers' own documentation has it. */
const expected: Record<string, string> = {
  AIRTABLE_API_KEY: "airtable",
  ANTHROPIC_API_KEY: "anthropic",
  ASSEMBLYAI_API_KEY: "assemblyai",
  AWS_SECRET_ACCESS_KEY: "aws",
  AZURE_OPENAI_API_KEY: "azure-openai",
  BRAVE_API_KEY: "brave-search",
  CLOUDFLARE_API_TOKEN: "cloudflare",
  CO_API_KEY: "cohere",
  DD_API_KEY: "datadog",
  DEEPGRAM_API_KEY: "deepgram",
  DEEPSEEK_API_KEY: "deepseek",
  DIGITALOCEAN_ACCESS_TOKEN: "digitalocean",
  DISCORD_TOKEN: "discord",
  ELEVENLABS_API_KEY: "elevenlabs",
  EXA_API_KEY: "exa",
  FIRECRAWL_API_KEY: "firecrawl",
  FIREWORKS_API_KEY: "fireworks",
  GEMINI_API_KEY: "gemini",
  GH_TOKEN: "github",
  GITHUB_TOKEN: "github",
  GITLAB_TOKEN: "gitlab",
  GOOGLE_API_KEY: "gemini",
  GROQ_API_KEY: "groq",
  HF_TOKEN: "hugging-face",
  HUBSPOT_PERSONAL_ACCESS_KEY: "hubspot",
  LANGSMITH_API_KEY: "langsmith",
  LINEAR_API_KEY: "linear",
  MAILGUN_API_KEY: "mailgun",
  MISTRAL_API_KEY: "mistral",
  NETLIFY_AUTH_TOKEN: "netlify",
  NOTION_API_KEY: "notion",
  NOTION_TOKEN: "notion",
  NPM_TOKEN: "npm",
  OPENAI_API_KEY: "openai",
  OPENROUTER_API_KEY: "openrouter",
  PERPLEXITY_API_KEY: "perplexity",
  PINECONE_API_KEY: "pinecone",
  POSTMARK_SERVER_TOKEN: "postmark",
  REPLICATE_API_TOKEN: "replicate",
  RESEND_API_KEY: "resend",
  SENDGRID_API_KEY: "sendgrid",
  SENTRY_AUTH_TOKEN: "sentry",
  SHOPIFY_API_SECRET: "shopify",
  SLACK_BOT_TOKEN: "slack",
  STRIPE_SECRET_KEY: "stripe",
  SUPABASE_SERVICE_ROLE_KEY: "supabase",
  TAVILY_API_KEY: "tavily",
  TELEGRAM_BOT_TOKEN: "telegram",
  TOGETHER_API_KEY: "together",
  TWILIO_AUTH_TOKEN: "twilio",
  VERCEL_TOKEN: "vercel",
  VOYAGE_API_KEY: "voyage",
  XAI_API_KEY: "xai",
};

test("REGISTRY_DATA has at least 44 providers, sorted, each with names", () => {
  const ids = Object.keys(REGISTRY_DATA);
  assert.ok(ids.length >= 44, `${ids.length} providers`);
  assert.deepEqual(ids, [...ids].sort());
  for (const [id, names] of Object.entries(REGISTRY_DATA)) {
    assert.match(id, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    assert.ok(names.length > 0, `${id} claims no name`);
  }
});

test("REGISTRY_DATA has no name twice", () => {
  const names = Object.values(REGISTRY_DATA).flat();
  assert.equal(new Set(names).size, names.length);
});

test("REGISTRY_DATA has names of secrets only: no key ids, organisations, addresses or public keys", () => {
  for (const name of Object.values(REGISTRY_DATA).flat()) {
    assert.match(name, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/);
    assert.match(name, /(KEY|TOKEN|SECRET|PASSWORD)(_|$)/);
    assert.doesNotMatch(name, /(_ID|_URL|_HOST|_ORG|_SID|_EMAIL|_DSN)$|PUBLIC|PUBLISHABLE|ANON/);
  }
});

test("builtInRegistry.claimant() names the provider of every canonical name", () => {
  for (const [name, provider] of Object.entries(expected)) {
    assert.equal(builtInRegistry.claimant(name), provider, name);
  }
});

test("builtInRegistry.claimant() claims exact names alone", () => {
  const others = [
    "",
    "MY_OWN_TOKEN",
    "openai_api_key",
    "OPENAI_API_KEY_2",
    " OPENAI_API_KEY",
    "OPENAI",
    "AWS_ACCESS_KEY_ID",
    "OPENAI_ORG_ID",
    "API_KEY",
    "openai",
    "__proto__",
    "constructor",
    "toString",
  ];
  for (const name of others) assert.equal(builtInRegistry.claimant(name), undefined, name);
});

test("createRegistry() refuses a name that two providers claim", () => {
  assert.throws(
    () => createRegistry({ one: ["A_KEY", "B_KEY"], two: ["C_KEY", "B_KEY"] }),
    { name: "RangeError", message: "B_KEY is claimed by one and two" },
  );
});

test("createRegistry() keeps what it was given, whatever becomes of the list", () => {
  const names = ["A_KEY"];
  const registry = createRegistry({ one: names });
  names.push("B_KEY");
  assert.equal(registry.claimant("A_KEY"), "one");
  assert.equal(registry.claimant("B_KEY"), undefined);
  assert.equal(createRegistry({}).claimant("A_KEY"), undefined);
});

const registry = createRegistry({ one: ["ONE_KEY", "ONE_TOKEN"], two: ["TWO_KEY"] });

test("pinFor() pins to the provider that claims any of the names", () => {
  assert.equal(pinFor(registry, ["ONE_KEY"], null, "x"), "one");
  assert.equal(pinFor(registry, ["mine", "also mine", "TWO_KEY"], null, "x"), "two");
  assert.equal(pinFor(registry, ["ONE_KEY", "mine", "ONE_TOKEN"], null, "x"), "one");
});

test("pinFor() leaves a secret unpinned when nobody claims its names", () => {
  assert.equal(pinFor(registry, ["mine"], null, "x"), null);
  assert.equal(pinFor(registry, [], null, "x"), null);
});

test("pinFor() keeps the pin of a secret that takes a name of nobody, or of its own provider", () => {
  assert.equal(pinFor(registry, ["mine"], "one", "x"), "one");
  assert.equal(pinFor(registry, [], "one", "x"), "one");
  assert.equal(pinFor(registry, ["ONE_TOKEN"], "one", "x"), "one");
  assert.equal(pinFor(registry, ["mine"], "gone", "x"), "gone");
});

test("pinFor() refuses names of two providers, in either order", () => {
  for (
    const [names, problem] of [
      [["ONE_KEY", "TWO_KEY"], "TWO_KEY belongs to provider two, the secret is pinned to one"],
      [["TWO_KEY", "x", "ONE_KEY"], "ONE_KEY belongs to provider one, the secret is pinned to two"],
    ] as const
  ) {
    assert.throws(() => pinFor(registry, names, null, "create secret"), {
      code: "INVALID_INPUT",
      message: `create secret: ${problem}`,
      hints: ["create another secret for it"],
    });
  }
});

test("pinFor() refuses a name of another provider than the pin", () => {
  assert.throws(() => pinFor(registry, ["mine", "TWO_KEY"], "one", "rename secret"), {
    code: "INVALID_INPUT",
    message: "rename secret: TWO_KEY belongs to provider two, the secret is pinned to one",
  });
});
