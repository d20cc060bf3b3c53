import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runAdmin } from "#server/admin/run-admin.ts";
import { runAndExplain } from "#server/admin/run-and-explain.ts";
import { subjectOf } from "#server/vault/subject.ts";
import { engines, startTestProvince, tempFolder } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { newStation } from "./support/station.ts";

type Said = { readonly code: number; readonly out: readonly string[]; readonly err: string };

describe("links between documents that are named by their numbers", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
  });
  afterAll(() => province.stop());

  async function link(input: string | null, ...args: readonly string[]): Promise<Said> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = {
      write: (line: string) => void out.push(line),
      error: (line: string) => void err.push(line),
    };
    const words = ["link", "add", "--document-stdin", "--reason", "Thẻ cũ", ...args];
    const code = await runAndExplain(province, words, { actor: "local:an", input, io });
    return { code, out, err: err.join("\n") };
  }

  const hexOf = (identity: string) =>
    subjectOf(identity, province.secrets.subjectKey).toString("hex");

  test("join what the older document has recorded to the document of today", async () => {
    const station = await newStation(province);
    const older = {
      identity: "bhyt:0123456789",
      document: null,
      name: "X",
      birth_date: null,
      sex: null,
      valid_to: null,
    };
    await station.send([station.event({}, older)]);
    await province.vault.catchUp();

    const said = await link("0123456789; 079 085 000 001\n", "--approve");

    expect(said).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(said.out[0] ?? "")).toEqual({
      subject: hexOf("bhyt:0123456789"),
      state: "joined",
      events: 1,
    });
    const stored = await province.pool.query<{ subject: Buffer }>(
      "SELECT subject FROM event_subjects",
    );
    expect(stored.rows[0]?.subject.toString("hex")).toBe(hexOf("cccd:079085000001"));
  });

  test("come many at once, and each is told apart", async () => {
    const said = await link(
      "1000000001,079085000011\n\n1000000002\t079085000012\r\n1000000001;079085000013",
    );

    expect(said.code).toBe(1);
    expect(said.out).toHaveLength(2);
    expect(said.err).toContain("Pair 3:");
    expect(said.err).toContain("linked to another subject already");
  });

  test("are not made at all when one line cannot be read, and the line is named without its words", async () => {
    const before = await province.pool.query("SELECT FROM document_links");
    const said = [
      await link("1000000003;079085000014\n1000000004 SECRET"),
      await link("1000000003;SECRET"),
      await link("1000000003;079085000014;079085000015"),
      await link("\n"),
      await link("1000000003;079085000014", "--subject", "0".repeat(32)),
    ];
    const after = await province.pool.query("SELECT FROM document_links");

    expect(said.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
    expect(said[0]?.err).toContain("Dòng 2");
    expect(said[1]?.err).toContain("Line 1");
    expect(said.every(({ err }) => !err.includes("SECRET"))).toBe(true);
    expect(after.rowCount).toBe(before.rowCount);
  });
});

describe("what is typed after admin", () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  async function typed(...args: readonly string[]): Promise<Said> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = {
      write: (line: string) => void out.push(line),
      error: (line: string) => void err.push(line),
    };
    return { code: await runAdmin(args, io, {}), out, err: err.join("\n") };
  }

  test("with --help, or as nothing or nonsense, is answered by what there is, and starts nothing", async () => {
    const all = await typed("--help");
    const links = await typed("link", "--help");
    const one = await typed("link", "add", "--help");
    const nothing = await typed();
    const nonsense = await typed("link", "mend");

    expect(all.code).toBe(0);
    expect(all.out).toContain("tramqr admin restore [--key TEXT]");
    expect(all.out.length).toBeGreaterThan(40);
    expect(links.out.map((line) => line.split(" ")[3])).toEqual([
      "add",
      "approve",
      "list",
      "remove",
    ]);
    expect(one.out).toEqual([expect.stringContaining("[--document-stdin] [--reason TEXT]")]);
    expect(nothing).toMatchObject({ code: 2, out: [] });
    expect(nothing.err).toContain("tramqr admin place add");
    expect(nonsense).toMatchObject({ code: 2, out: [] });
    expect(nonsense.err).toContain("Không có lệnh này");
    expect(nonsense.err).toContain("tramqr admin link approve");
    expect(nonsense.err).not.toContain("tramqr admin place");
  });

  test("takes numbers through a pipe and paths of any length", { timeout: 120_000 }, async () => {
    const dataDir = tempFolder("input");
    folders.push(dataDir);
    const deep = join(dataDir, "thư mục ".repeat(8).trim(), "danh sách cơ sở.csv");
    mkdirSync(join(deep, ".."), { recursive: true });
    writeFileSync(deep, "ten,dia_chi\n");

    const linked = await piped("1000000009;079085000019\n", [
      "link",
      "add",
      "--document-stdin",
      "--reason",
      "r",
      "--data",
      dataDir,
    ]);
    const imported = await typed("place", "import", deep, "--dry-run", "--data", dataDir);

    expect(linked).toMatchObject({ code: 0, err: "" });
    expect(linked.out[0]).toContain('"state":"proposed"');
    expect(imported.err).not.toContain("more than one word");
    expect(imported.out.at(-1)).toContain('"imported":false');
  });
});

/** The program itself, with what another one writes to it. */
function piped(input: string, args: readonly string[]): Promise<Said> {
  const cli = join(import.meta.dirname, "../../src/cli.ts");
  const child = spawn(process.execPath, [cli, "admin", ...args]);
  const parts = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (parts.out += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (parts.err += chunk.toString("utf8")));
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.once("close", (code) =>
      resolve({ code: code ?? -1, out: parts.out.split("\n"), err: parts.err }),
    );
  });
}
