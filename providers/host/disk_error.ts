/**
 * What the platform says when a disk or a file refuses, as an error of ours.
 *
 * @module
 */
import { VaultError } from "../../lib/errors.ts";

/** The symbolic code of a system error, such as `ENOENT`; `""` for any other error. */
export function errnoOf(error: unknown): string {
  // Deno lets nobody open devices and the like without all permissions.
  if (error instanceof Error && error.name === "NotCapable") return "EPERM";
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** Whether a system error says that nothing is where it was looked for. */
export function isAbsence(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "ENOENT" || errno === "ENOTDIR";
}

/** `error` as a `DISK` error, unless it is one of ours already. */
export function diskError(attempted: string, error: unknown): unknown {
  if (error instanceof VaultError) return error;
  const errno = errnoOf(error);
  if (errno === "") return error;
  return new VaultError("DISK", attempted, problems[errno] ?? `the system says ${errno}`, {
    hints: errno === "ENOSPC" || errno === "EDQUOT"
      ? ["make room, then try again; nothing was lost"]
      : [],
    cause: error,
  });
}

const problems: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "something else is in its place",
  ENOENT: "there is no such file or directory",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  EIO: "the disk reports an error",
  EISDIR: "it is a directory",
  ELOOP: "symbolic links lead in a circle",
  ENAMETOOLONG: "the path is too long",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a directory",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};
