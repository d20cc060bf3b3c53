import { resolve } from "node:path";
import { AdminUsage } from "#server/admin/context.ts";
import { defaultDataDir } from "#server/settings.ts";

/** The data folder that arguments or the environment name, and the arguments without it. Throws {@link AdminUsage}. */
export function splitData(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): { readonly dataDir: string; readonly rest: readonly string[] } {
  const rest: string[] = [];
  let named = environment["TRAMQR_DATA"] ?? null;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    if (arg === "--data") {
      const value = args[index + 1];
      if (value === undefined || value === "") throw new AdminUsage("--data needs a folder.");
      named = value;
      index += 1;
    } else if (arg.startsWith("--data=")) {
      named = arg.slice("--data=".length);
    } else {
      rest.push(arg);
    }
  }
  return { dataDir: resolve(named ?? defaultDataDir(environment)), rest };
}
