/**
 * What the backup commands ask of the platform.
 *
 * @module
 */
import type { BackupTarget, OpenedBackup } from "../vault/backup.ts";

/** What came of putting a copy in the vault's place. */
export interface Installed {
  /** Where the database that was there is kept now; `undefined` if there was none. */
  readonly aside: string | undefined;
}

/** Backups of the vault of one place. */
export interface BackupPlace {
  /** A new backup file. */
  target(path: string): BackupTarget;
  /** Runs `work` on what a backup file holds, in a private place that is removed afterwards. */
  withBackup<T>(
    path: string,
    purpose: "verify" | "restore",
    work: (backup: OpenedBackup) => Promise<T>,
  ): Promise<T>;
  /**
   * Puts the database of `backup` in the vault's place, in one step that a crash leaves done or not done.
   *
   * @param backup Opened to be restored.
   * @param force Replace what is there; it is kept aside.
   * @param check Called where a vault lives, once nobody else writes to it. If it fails, nothing is changed.
   * @throws {VaultError} `ALREADY_EXISTS` if a database is there, without `force`.
   */
  install(backup: OpenedBackup, force: boolean, check?: () => Promise<void>): Promise<Installed>;
}
