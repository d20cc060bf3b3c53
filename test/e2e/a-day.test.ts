import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAsShown, stepsOf } from "./day-page.ts";
import type { Step } from "./day-page.ts";
import { startProgram } from "./program.ts";
import { tempFolder } from "./province.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/operations/a-day.md");
const PORTS = ["8090", "9187"] as const;
/** Between the answers in what the shell says: signs that no answer has. */
const [BEGIN, END] = ["\u001e", "\u001f"] as const;
const DAY_LIMIT_MS = 400_000;

type Said = { readonly answer: string; readonly code: string };

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Types all commands into one shell, in which `tramqr` is this program. */
function typeAll(folder: string, commands: readonly string[]): Promise<readonly Said[]> {
  const script = [
    "exec 2>&1",
    `NGAY='${folder}'`,
    `tramqr() { '${process.execPath}' '${join(ROOT, "src/cli.ts")}' "$@"; }`,
    ...commands.flatMap((command) => [
      `printf '${BEGIN}'`,
      command,
      `printf '${END}%s${END}' "$?"`,
    ]),
  ];
  const path = join(folder, "day.sh");
  writeFileSync(path, `${script.join("\n")}\n`);
  const limits = { cwd: ROOT, timeout: DAY_LIMIT_MS, maxBuffer: 16 * 1_024 * 1_024 };
  return new Promise((resolve) => {
    execFile("bash", [path], limits, (_fault, output) => {
      const parts = output.split(BEGIN).slice(1);
      resolve(
        parts.map((part) => {
          const [answer = "", code = ""] = part.split(END);
          return { answer: answer.replace(/\n$/, ""), code };
        }),
      );
    });
  });
}

function differences(steps: readonly Step[], said: readonly Said[]): readonly object[] {
  return steps.flatMap(({ command, answer }, index) => {
    const here = said[index] ?? { answer: "(never came)", code: "" };
    const isRight = here.code === "0" && isAsShown(here.answer, answer);
    return isRight ? [] : [{ command, said: here.answer, shown: answer, code: here.code }];
  });
}

test(
  "a day of a province goes as its page says, command by command",
  { timeout: DAY_LIMIT_MS },
  async () => {
    const folder = tempFolder("day");
    const ports = [await freePort(), await freePort()];
    const page = PORTS.reduce(
      (changed, port, index) => changed.replaceAll(port, String(ports[index])),
      readFileSync(PAGE, "utf8"),
    );
    const typed = / run server -- (.*)/.exec(page)?.[1] ?? "";
    const args = [...typed.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) =>
      (quoted ?? word).replace("$NGAY", folder),
    );
    const server = startProgram(["server", ...args]);
    await server.line(`TramQR server ready http://127.0.0.1:${ports[0]}`);
    const steps = stepsOf(page);
    const evening = steps.at(-1);
    if (evening === undefined) throw new Error("the page shows no commands");

    const day = await typeAll(
      folder,
      steps.slice(0, -1).map(({ command }) => command),
    );
    await server.terminate();
    const stopped = await typeAll(folder, [
      `export TRAMQR_DATA='${folder}/province'`,
      evening.command,
    ]);

    expect(steps.length).toBeGreaterThan(50);
    expect(differences(steps, [...day, ...stopped.slice(1)])).toEqual([]);
    expect(server.lines.at(-1)).toBe("TramQR server stopped");
  },
);
