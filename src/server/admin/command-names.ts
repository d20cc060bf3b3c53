import type { FlagTable } from "#server/admin/flags.ts";

/** What a table of commands says about each. */
type Named = { readonly flags: FlagTable };

/** A command with the arguments that follow its name. */
export type FoundCommand<C> = {
  readonly name: string;
  readonly command: C;
  readonly rest: readonly string[];
};

/** Names of commands have so many words at most. */
const MOST_WORDS = 3;

/** The command whose name, of up to three words, the arguments begin with; null when there is none. The longest name wins. */
export function commandNamed<C>(
  commands: Readonly<Record<string, C>>,
  args: readonly string[],
): FoundCommand<C> | null {
  for (let words = MOST_WORDS; words > 0; words -= 1) {
    const name = args.slice(0, words).join(" ");
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command !== undefined) return { name, command, rest: args.slice(words) };
  }
  return null;
}

/** The commands whose names begin with the given words, each with its flags; all of them when none does. */
export function usageOf(
  commands: Readonly<Record<string, Named>>,
  words: readonly string[],
): readonly string[] {
  const names = Object.keys(commands).toSorted();
  for (let count = Math.min(words.length, MOST_WORDS); count > 0; count -= 1) {
    const begin = words.slice(0, count).join(" ");
    const like = names.filter((name) => name === begin || name.startsWith(`${begin} `));
    if (like.length > 0) return like.map((name) => usageLine(name, commands[name]?.flags ?? {}));
  }
  return names.map((name) => usageLine(name, commands[name]?.flags ?? {}));
}

function usageLine(name: string, flags: FlagTable): string {
  const known = Object.entries(flags).map(([flag, kind]) =>
    kind === "text" ? `[--${flag} TEXT]` : `[--${flag}]`,
  );
  return [`tramqr admin ${name}`, ...known].join(" ");
}
