/**
 * Checks of the vault's place: its files, its disk, and what dead processes left there.
 *
 * @module
 */
import type { FileProblem } from "../health_place.ts";
import { type Check, type Finding, fine, keyFileOf, type OpenScene, type Scene } from "./check.ts";

/** Less than this is little: 16 MiB, and room for another copy of the database. */
const LITTLE_SPACE = 16 * 1024 * 1024;

/** Owners and modes; of the key file too, if the vault's row says where that is. */
export const filesCheck: Check<Scene & Partial<Pick<OpenScene, "row">>> = {
  name: "files",
  async run({ health, row }) {
    const keyFile = row === undefined ? undefined : keyFileOf(row);
    const { examined, problems } = await health.files(keyFile);
    const findings = problems.map((problem) => finding(problem, "error"));
    return { summary: `${examined} files and directories, owners and modes`, findings };
  },
};

/** Temporary files and locks of processes that are gone. */
export const leftoversCheck: Check<OpenScene> = {
  name: "leftovers",
  async run({ health, row }) {
    const left = await health.leftovers(keyFileOf(row));
    return {
      summary: "files and locks of processes that are gone",
      findings: left.map((problem) => finding(problem, "warning")),
    };
  },
};

function finding({ cause, mend, fix }: FileProblem, severity: Finding["severity"]): Finding {
  if (fix === undefined) return { severity, cause, mend, code: "DISK" };
  const mended = async (): Promise<string> => {
    await fix();
    return mend;
  };
  return { severity, cause, mend, code: "DISK", fix: mended };
}

/** Room on the disk. */
export const spaceCheck: Check<Scene> = {
  name: "disk",
  async run({ health }) {
    const space = await health.space();
    if (space === undefined) return fine("the platform does not tell how much is free");
    const { free, database } = space;
    const summary = `${mebibytes(free)} free, the database has ${mebibytes(database)}`;
    if (free >= LITTLE_SPACE + 2 * database) return fine(summary);
    return {
      summary,
      findings: [{
        severity: "error",
        cause: "there is too little room to rotate the master key or to restore a backup",
        mend: "make room on that disk",
        code: "DISK",
      }],
    };
  },
};

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** The structure of the database, by SQLite itself. */
export const databaseCheck: Check<Scene> = {
  name: "database",
  async run({ health }) {
    const problems = await health.databaseProblems();
    return {
      summary: "structure and references, by SQLite",
      findings: problems.map((cause) => ({
        severity: "error",
        cause,
        mend: "aivault backup restore <file> --force",
        code: "INTEGRITY",
      })),
    };
  },
};
