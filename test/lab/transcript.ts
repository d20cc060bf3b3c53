import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** What happened, line by line, on the terminal and in a file. */
export type Transcript = {
  /** `who`: `boot`, `guest`, `host`. */
  say(who: string, text: string): void;
  check(name: string, isGood: boolean, detail: string): void;
  /** The closing line `N passed, N failed`. Resolves to the number of failures once the file is whole. */
  close(): Promise<number>;
};

/** Times are seconds since now. An older transcript in the same place is replaced. */
export function openTranscript(path: string): Transcript {
  mkdirSync(dirname(path), { recursive: true });
  const file = createWriteStream(path);
  const startedMs = performance.now();
  const counts = { passed: 0, failed: 0 };
  const write = (line: string) => {
    console.log(line);
    file.write(`${line}\n`);
  };
  const say = (who: string, text: string) => {
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6);
    write(`[${seconds} s] ${who.padEnd(5)} ${text}`);
  };
  return {
    say,
    check(name, isGood, detail) {
      counts[isGood ? "passed" : "failed"] += 1;
      say(isGood ? "ok" : "FAIL", detail === "" ? name : `${name} (${detail})`);
    },
    close() {
      write(`${counts.passed} passed, ${counts.failed} failed`);
      return new Promise((resolve) => file.end(() => resolve(counts.failed)));
    },
  };
}
