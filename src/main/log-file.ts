import { join } from "node:path";
import openRolling from "pino-roll";
import { requireWritable } from "#storage/open-database.ts";

/** The station's log in its data folder: `DIR/log/station.N.log`, ten files of 1 MB at most. */
export type LogFile = { write(line: string): void; close(): Promise<void> };

/** Throws FolderNotWritable. */
export async function openLogFile(dataDir: string): Promise<LogFile> {
  const folder = join(dataDir, "log");
  requireWritable(folder);
  const stream = await openRolling({
    file: join(folder, "station"),
    extension: ".log",
    size: "1m",
    limit: { count: 9 },
  });
  return {
    write: (line) => void stream.write(line),
    close: () =>
      new Promise((resolve) => {
        stream.once("close", () => resolve());
        stream.end();
      }),
  };
}
