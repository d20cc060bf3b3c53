import { parseArgs } from "node:util";
import { AdminUsage } from "#server/admin/context.ts";

/** How a command takes its arguments. */
export type FlagTable = Readonly<Record<string, "text" | "switch">>;

export type Flags = {
  /** Throws {@link AdminUsage} when it is missing or empty. */
  text(name: string): string;
  optionalText(name: string): string | null;
  /** Like {@link Flags.text}, sign by sign as it was given. */
  verbatim(name: string): string;
  isSet(name: string): boolean;
  /** The arguments without a name. */
  readonly words: readonly string[];
};

/** Longest text that an administrator may give. */
const MAX_TEXT = 500;

/** Throws {@link AdminUsage} for a flag that the table does not know. */
export function parseFlags(args: readonly string[], table: FlagTable): Flags {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, kind]) => [
      name,
      { type: kind === "text" ? ("string" as const) : ("boolean" as const) },
    ]),
  );
  const { values, positionals } = parseOrUsage(args, options);
  const givenOf = (name: string) => {
    const value = values[name];
    if (typeof value !== "string") return null;
    if (value.length > MAX_TEXT)
      throw new AdminUsage(`--${name} is longer than ${MAX_TEXT} signs.`);
    if (value.includes("\0")) throw new AdminUsage(`--${name} has a zero character.`);
    return value;
  };
  const textOf = (name: string) => givenOf(name)?.normalize("NFC").trim() ?? null;
  return {
    text: (name) => present(name, textOf(name)),
    verbatim: (name) => present(name, givenOf(name)),
    optionalText: textOf,
    isSet: (name) => values[name] === true,
    words: positionals,
  };
}

function present(name: string, value: string | null): string {
  if (value === null || value === "") throw new AdminUsage(`--${name} is missing.`);
  return value;
}

type Options = Readonly<Record<string, { readonly type: "string" | "boolean" }>>;

function parseOrUsage(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split(". ")[0] ?? "") : "";
    const known = Object.keys(options).map((name) => `--${name}`);
    throw new AdminUsage(`${reason}. Known here: ${known.join(" ") || "no flags"}.`, { cause });
  }
}

/** The one word that a command takes besides its flags. Throws {@link AdminUsage}. */
export function oneWord(flags: Flags, what: string): string {
  const [word, ...more] = flags.words;
  if (word === undefined || word === "" || word.length > 64 || more.length > 0) {
    throw new AdminUsage(`${what} is missing or is more than one word.`);
  }
  return word;
}

/** As {@link oneWord}, of any length: a path, or an id that another program made. Throws {@link AdminUsage}. */
export function onlyWord(flags: Flags, what: string): string {
  const [word, ...more] = flags.words;
  if (word === undefined || word === "" || more.length > 0) {
    throw new AdminUsage(`${what} is missing.`);
  }
  return word;
}
