import { isoTime } from "#core/dates.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Flags } from "#server/admin/flags.ts";
import { listCommunes } from "#server/registry/communes.ts";
import { adoptCode, listUnknownCodes } from "#server/registry/place-codes.ts";
import { audited } from "#server/vault/audit.ts";

/** Most codes that are listed at once. */
const MAX_LISTED = 1_000;

/** `commune list`: one JSON object a line, with what each was made of in 2025. */
export async function listCommunesCommand(
  parts: AdminParts,
  _flags: Flags,
  { io }: Caller,
): Promise<number> {
  for (const commune of await listCommunes(parts.pool)) await io.write(JSON.stringify(commune));
  return 0;
}

/** `place adopt-code --place ID --code TEXT`: an earlier site's poster leads to this place from now on. */
export async function adoptCodeCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const [place, code] = [flags.text("place"), flags.verbatim("code")];
  const nowMs = parts.clock.nowMs();
  const record = { at_ms: nowMs, actor, action: "place-code-adopted", target: place } as const;
  const isNew = await audited(parts.pool, record, (client) =>
    adoptCode(client, { place, code, by: actor }, nowMs),
  );
  await io.write(JSON.stringify({ place, code, new: isNew }));
  return 0;
}

/** `place unknown-codes`: codes that were seen and that no place has, one JSON object a line, most seen first. */
export async function unknownCodesCommand(
  parts: AdminParts,
  _flags: Flags,
  { io }: Caller,
): Promise<number> {
  for (const seen of await listUnknownCodes(parts.pool, MAX_LISTED)) {
    const { first_seen_at_ms, last_seen_at_ms, ...rest } = seen;
    const line = {
      ...rest,
      first_seen_at: isoTime(first_seen_at_ms),
      last_seen_at: isoTime(last_seen_at_ms),
    };
    await io.write(JSON.stringify(line));
  }
  return 0;
}
