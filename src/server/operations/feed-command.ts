import { AdminUsage } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Command } from "#server/admin/commands.ts";
import type { Flags } from "#server/admin/flags.ts";
import { parseCursor, readFeed } from "#server/operations/feed.ts";
import type { FeedCursor } from "#server/operations/feed.ts";
import { auditOne } from "#server/vault/audit.ts";

/** The feed of entries for other systems. */
export const feedCommands: Readonly<Record<string, Command>> = {
  feed: { flags: { after: "text", limit: "text" }, run: feedCommand },
};

const PAGE = 1_000;

/** `feed [--after CURSOR] [--limit N]`: entries in the order of arrival, one JSON object a line, without persons. */
async function feedCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  let after = cursorOf(flags);
  let left = limitOf(flags);
  const nowMs = parts.clock.nowMs();
  const target = `after ${after?.receivedAtMs ?? "the beginning"}`;
  await auditOne(parts.pool, { at_ms: nowMs, actor, action: "feed-read", target });
  while (left > 0) {
    const wanted = Math.min(left, PAGE);
    const lines = await readFeed(parts.pool, { after, limit: wanted, nowMs });
    for (const line of lines) await io.write(JSON.stringify(line));
    const last = lines.at(-1);
    if (last === undefined || lines.length < wanted) return 0;
    after = parseCursor(last.cursor);
    left -= lines.length;
  }
  return 0;
}

function cursorOf(flags: Flags): FeedCursor | null {
  const text = flags.optionalText("after");
  if (text === null) return null;
  const cursor = parseCursor(text);
  if (cursor === null) throw new AdminUsage("--after is the cursor of an earlier line.");
  return cursor;
}

function limitOf(flags: Flags): number {
  const text = flags.optionalText("limit");
  if (text === null) return Number.POSITIVE_INFINITY;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new AdminUsage("--limit is a whole number from 1 on.");
  return limit;
}
