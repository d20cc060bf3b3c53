import { writeFile } from "node:fs/promises";
import { isoTime } from "#core/dates.ts";
import type { Command } from "#server/admin/commands.ts";
import { AdminUsage, pathFrom } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Flags } from "#server/admin/flags.ts";
import { findPlace, placeParts } from "#server/registry/places.ts";
import { posterOrigin } from "#server/registry/public-url.ts";
import { enrolmentSheetPdf } from "#server/stations/enrolment-sheet.ts";
import type { EnrolmentPage } from "#server/stations/enrolment-sheet.ts";
import { DEFAULT_VALID_HOURS, issueCode } from "#server/stations/issue-code.ts";
import type { CodeRequest, IssuedCode } from "#server/stations/issue-code.ts";
import { UnknownPlace, requireGate } from "#server/stations/places.ts";
import { auditOne } from "#server/vault/audit.ts";

/** Commands that let new stations in. */
export const enrolmentCommands: Readonly<Record<string, Command>> = {
  "station enrol-code": {
    flags: { place: "text", gate: "text", "valid-hours": "text" },
    run: enrolCodeCommand,
  },
  "station enrol-sheet": {
    flags: { place: "text", gate: "text", "valid-hours": "text", out: "text" },
    run: enrolSheetCommand,
  },
};

/** More pages would hold codes that nobody gets round to before they expire. */
const MOST_PAGES = 100;

/** `station enrol-code --place ID --gate ID [--valid-hours N]`: a code for one new station. */
async function enrolCodeCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const [place, gate] = [flags.text("place"), flags.text("gate")];
  const issued = await issue(parts, caller, { place, gate, validHours: validHoursOf(flags) });
  const expires_at = isoTime(issued.expiresAtMs);
  await caller.io.write(JSON.stringify({ code: issued.code, place, gate, expires_at }));
  return 0;
}

/**
 * `station enrol-sheet --place ID [--gate ID] [--valid-hours N] --out FILE.pdf`: a page with a new code for the gate, or
 * for every gate of the place.
 */
async function enrolSheetCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const [place, out] = [flags.text("place"), pathFrom(caller, flags.text("out"))];
  const { publicUrl, provinceName } = await posterOrigin(parts.pool);
  const { placeName, gates } = await gatesOf(parts, place, flags.optionalText("gate"));
  const validHours = validHoursOf(flags);
  const pages: EnrolmentPage[] = [];
  for (const { gate, name } of gates) {
    const issued = await issue(parts, caller, { place, gate, validHours });
    pages.push({ placeName, gateName: name, ...issued });
  }
  const atMs = parts.clock.nowMs();
  const bytes = await enrolmentSheetPdf({ provinceName, serverUrl: publicUrl, pages, atMs });
  // Whoever reads the file can enrol a station.
  await writeFile(out, bytes, { mode: 0o600 });
  await caller.io.write(JSON.stringify({ place, gates: gates.length, file: out }));
  return 0;
}

type NamedGate = { readonly gate: string; readonly name: string };

async function gatesOf(
  { pool }: AdminParts,
  place: string,
  only: string | null,
): Promise<{ readonly placeName: string; readonly gates: readonly NamedGate[] }> {
  const found = await findPlace(pool, place);
  if (found === null) throw new UnknownPlace(`There is no place ${place}.`);
  if (only !== null) await requireGate(pool, place, only);
  const { gates: all } = await placeParts(pool, place);
  const gates = all.filter(({ gate }) => only === null || gate === only);
  if (gates.length === 0) throw new UnknownPlace(`Place ${place} has no gates yet.`);
  if (gates.length > MOST_PAGES) {
    throw new AdminUsage(`A sheet has at most ${MOST_PAGES} pages: name one gate with --gate.`);
  }
  return { placeName: found.name, gates };
}

async function issue(
  { pool, secrets, random, clock }: AdminParts,
  { actor }: Caller,
  request: CodeRequest,
): Promise<IssuedCode> {
  const nowMs = clock.nowMs();
  const issuing = { pool, enrolmentKey: secrets.enrolmentKey, random };
  const issued = await issueCode(issuing, request, nowMs);
  await auditOne(pool, { at_ms: nowMs, actor, action: "code-issued", target: request.gate });
  return issued;
}

function validHoursOf(flags: Flags): number {
  const hours = flags.optionalText("valid-hours");
  return hours === null ? DEFAULT_VALID_HOURS : Number(hours);
}
