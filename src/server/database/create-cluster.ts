import { spawn } from "node:child_process";
import { chownSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { DATABASE_NAME } from "#server/database/access.ts";
import type { Access } from "#server/database/access.ts";
import type { PostgresBinaries } from "#server/database/binaries.ts";
import { DatabaseUnavailable } from "#server/database/errors.ts";
import { postgresEnvironment } from "#server/database/postmaster.ts";
import type { SystemUser } from "#server/database/system-user.ts";

export type ClusterOptions = {
  readonly binaries: PostgresBinaries;
  /** Must not exist yet. */
  readonly dataFolder: string;
  readonly user: SystemUser | null;
  readonly access: Access;
};

/**
 * Makes a new database cluster: UTF-8, order and case of the C locale, so that every machine sorts alike. It appears
 * under its name only when it is whole. Throws {@link DatabaseUnavailable}.
 */
export async function createCluster(options: ClusterOptions): Promise<void> {
  const unfinished = `${options.dataFolder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (options.user !== null) chownSync(unfinished, options.user.uid, options.user.gid);
  const args = [
    `--pgdata=${unfinished}`,
    `--username=${DATABASE_NAME}`,
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    ...options.access.initArgs,
  ];
  await run(options.binaries.initdb, args, options.user);
  renameSync(unfinished, options.dataFolder);
}

function run(program: string, args: readonly string[], user: SystemUser | null): Promise<void> {
  const child = spawn(program, args, {
    cwd: "/",
    env: postgresEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-2_000);
  });
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => {
      reject(new DatabaseUnavailable(`${program} cannot be run.`, { cause }));
    });
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new DatabaseUnavailable(`initdb failed: ${said.trim().replaceAll("\n", " / ")}`));
    });
  });
}
