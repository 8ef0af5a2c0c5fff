import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { storeContract } from "../contract/store.ts";

storeContract("MemoryStore", (work) => work(new MemoryStore()));
