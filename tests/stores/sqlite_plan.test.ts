/**
 * How SQLite finds a secret with its names and groups, at any number of secrets.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { SECRET_COLUMNS } from "../../providers/stores/sqlite_rows.ts";
import { withDirectory } from "../helpers/program.ts";

test("SqliteStore reads secrets, names and groups by index alone, names without a look into their table", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    await (await SqliteStore.open({ path, create: true })).close();
    const database = new DatabaseSync(path);
    for (const condition of ["s.id = ?", "s.id > ? order by s.id limit 100"]) {
      const sql = `explain query plan select ${SECRET_COLUMNS} from secrets s where ${condition}`;
      const steps = database.prepare(sql).all("").map((row) => String(row.detail));
      assert.deepEqual(steps.filter((step) => step.includes("SCAN")), [], steps.join("\n"));
      const names = steps.filter((step) => step.startsWith("SEARCH n "));
      assert.equal(names.length, 1, steps.join("\n"));
      assert.match(names[0] ?? "", /COVERING INDEX secret_names_by_secret \(secret_id=\? AND/);
    }
    database.close();
  });
});
