import { storeContract } from "../contract/store.ts";
import { withDirectory } from "../helpers/program.ts";
import { sqliteStore } from "../helpers/vaults.ts";

storeContract("SqliteStore", (work) =>
  withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }));
