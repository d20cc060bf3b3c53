import {
  addUserCommand,
  issueKeyCommand,
  listKeysCommand,
  listUsersCommand,
  revokeKeyCommand,
  revokeUserCommand,
} from "#server/admin/access-commands.ts";
import { auditCommands } from "#server/admin/audit-commands.ts";
import { AdminUsage } from "#server/admin/context.ts";
import {
  closeFeedbackCommand,
  listDeclarationsCommand,
  listFeedbackCommand,
} from "#server/admin/citizens-commands.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import { enrolmentCommands } from "#server/admin/enrolment-commands.ts";
import { runEntries } from "#server/admin/entries-command.ts";
import {
  addLinkCommand,
  approveLinkCommand,
  listLinksCommand,
  removeLinkCommand,
} from "#server/admin/link-commands.ts";
import { commandNamed, usageOf } from "#server/admin/command-names.ts";
import type { FoundCommand } from "#server/admin/command-names.ts";
import { parseFlags } from "#server/admin/flags.ts";
import type { FlagTable, Flags } from "#server/admin/flags.ts";
import { placeCommands } from "#server/admin/place-commands.ts";
import {
  addGateCommand,
  addPlaceCommand,
  listStationsCommand,
  openCaseCommand,
  revokeStationCommand,
} from "#server/admin/registry-commands.ts";
import { fleetCommands } from "#server/fleet/commands.ts";
import { operationsCommands } from "#server/operations/commands.ts";
import { offlineCommands } from "#server/operations/offline-commands.ts";
import { tracingCommands } from "#server/tracing/command-table.ts";

/** One administrator's command. Returns the exit code: 0 done, 1 refused. */
export type Command = {
  readonly flags: FlagTable;
  /** What `--document-stdin` reads; one line when it is not said. */
  readonly input?: "line" | "pairs";
  run(parts: AdminParts, flags: Flags, caller: Caller): Promise<number>;
};

/** The words that name a command, as they are typed. */
export const commands: Readonly<Record<string, Command>> = {
  entries: {
    flags: { ndjson: "switch", open: "switch", case: "text", reason: "text", approve: "switch" },
    run: runEntries,
  },
  "case open": {
    flags: { basis: "text", reason: "text", from: "text", to: "text" },
    run: openCaseCommand,
  },
  "place add": { flags: { name: "text", type: "text", address: "text" }, run: addPlaceCommand },
  "gate add": { flags: { place: "text", name: "text" }, run: addGateCommand },
  ...enrolmentCommands,
  "station list": { flags: {}, run: listStationsCommand },
  "station revoke": { flags: {}, run: revokeStationCommand },
  "user add": {
    flags: { name: "text", kind: "text", role: "text", commune: "text", place: "text" },
    run: addUserCommand,
  },
  "user list": { flags: {}, run: listUsersCommand },
  "user revoke": {
    flags: { role: "text", commune: "text", place: "text" },
    run: revokeUserCommand,
  },
  "key issue": { flags: { days: "text", label: "text" }, run: issueKeyCommand },
  "key list": { flags: {}, run: listKeysCommand },
  "key revoke": { flags: {}, run: revokeKeyCommand },
  "declaration list": {
    flags: { all: "switch", open: "switch", case: "text", reason: "text", approve: "switch" },
    run: listDeclarationsCommand,
  },
  "feedback list": { flags: { all: "switch", after: "text" }, run: listFeedbackCommand },
  "feedback close": { flags: { note: "text" }, run: closeFeedbackCommand },
  "link add": {
    flags: {
      subject: "text",
      "same-as": "text",
      "document-stdin": "switch",
      reason: "text",
      approve: "switch",
    },
    input: "pairs",
    run: addLinkCommand,
  },
  "link approve": { flags: {}, run: approveLinkCommand },
  "link remove": { flags: { reason: "text" }, run: removeLinkCommand },
  "link list": { flags: {}, run: listLinksCommand },
  ...auditCommands,
  ...placeCommands,
  ...operationsCommands,
  ...tracingCommands,
  ...fleetCommands,
};

/**
 * Runs the command that `args` begin with. Throws {@link AdminUsage}, also for `--approve` where there is no local
 * administrator who could stand for a second officer.
 */
export async function runCommand(
  parts: AdminParts,
  args: readonly string[],
  caller: Caller,
): Promise<number> {
  const { command, rest } = findCommand(args);
  const flags = parseFlags(rest, command.flags);
  if (flags.isSet("approve") && !parts.isEmbedded) {
    throw new AdminUsage(
      "--approve is for the embedded database only: leave it out, and a second officer is asked (admin trace request list, admin link list).",
    );
  }
  return command.run(parts, flags, caller);
}

/**
 * What a command reads from standard input: nothing, one secret line, or many. Throws {@link AdminUsage} for arguments that
 * no command takes; asks nobody and starts nothing.
 */
export function checkCommand(args: readonly string[]): "nothing" | "line" | "pairs" {
  const { command, rest } = findCommand(args);
  const flags = parseFlags(rest, command.flags);
  return flags.isSet("document-stdin") ? (command.input ?? "line") : "nothing";
}

function findCommand(args: readonly string[]): FoundCommand<Command> {
  const found = commandNamed(commands, args);
  if (found !== null) return found;
  const known = usageOf({ ...commands, ...offlineCommands }, args);
  throw new AdminUsage(
    ["Không có lệnh này. Có: / There is no such command. There are:", ...known].join("\n"),
  );
}
