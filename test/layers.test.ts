import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, test } from "vitest";

/** Who may import whom: design/02's table. Wanting a new arrow? Change the table in its own commit, with a record. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contract: ["core"],
  sealing: ["core", "contract"],
  print: ["core"],
  ui: ["core", "contract"],
  drivers: ["core"],
  storage: ["core"],
  sync: ["core", "contract", "sealing"],
  main: ["core", "contract", "sealing", "print", "drivers", "storage", "sync"],
  renderer: ["core", "contract", "ui"],
  server: ["core", "contract", "sealing", "print"],
  web: ["core", "contract", "ui"],
};

const SOURCE = /\.(ts|tsx)$/;
const IMPORT = /(?:from|import)\s*\(?\s*["']([^"']+)["']/g;

type Import = { readonly file: string; readonly folder: string; readonly target: string };

function importsBelow(folder: string): readonly Import[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => SOURCE.test(name))
    .flatMap((name) => {
      const file = join(folder, name);
      const layer = relative("src", file).split(sep)[0] ?? "";
      const text = readFileSync(file, "utf8");
      return [...text.matchAll(IMPORT)].map((match) => ({
        file,
        folder: layer,
        target: match[1] ?? "",
      }));
    });
}

/** Imports that the table forbids; `src/cli.ts` stands outside it. */
function violations(imports: readonly Import[]): readonly string[] {
  return imports
    .filter(({ folder }) => folder in mayImport)
    .filter(({ folder, target }) => {
      if (target.startsWith("../")) return true;
      const layer = /^#([a-z]+)\//.exec(target)?.[1];
      if (layer !== undefined) return layer !== folder && !mayImport[folder]?.includes(layer);
      return folder === "core";
    })
    .map(({ file, target }) => `${file} imports ${target}`);
}

describe("layers", () => {
  test("every folder imports only what the table allows", () => {
    const imports = importsBelow("src");

    expect(imports.length).toBeGreaterThan(50);
    expect(violations(imports)).toEqual([]);
  });

  test("a forbidden arrow, a path upwards and a library in the core are noticed", () => {
    const planted: readonly Import[] = [
      { file: "src/core/a.ts", folder: "core", target: "#storage/open-database.ts" },
      { file: "src/core/b.ts", folder: "core", target: "node:fs" },
      { file: "src/drivers/c.ts", folder: "drivers", target: "#storage/entry-book.ts" },
      { file: "src/sync/d.ts", folder: "sync", target: "../main/station.ts" },
      { file: "src/main/e.ts", folder: "main", target: "#server/app.ts" },
    ];

    expect(violations(planted)).toHaveLength(planted.length);
  });

  test("there is no folder outside the table", () => {
    const folders = readdirSync("src", { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);

    expect(folders.filter((name) => !(name in mayImport))).toEqual([]);
  });
});
