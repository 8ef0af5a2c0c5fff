/**
 * What the program is allowed where the runtime asks.
 *
 * @module
 */

/**
 * The least permissions with which every command works under Deno: files (a vault, a key file and what is read may be
 * anywhere), the environment (the variable that holds a key has any name), the home and the user id, whether the
 * process that left a lock or a temporary file still runs (`getPriority`), and the command of the macOS Keychain. No
 * network, no code from elsewhere, no native library.
 */
export const DENO_PERMISSIONS: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys=homedir,uid,getPriority",
  "--allow-run=/usr/bin/security",
  "--no-prompt",
];
