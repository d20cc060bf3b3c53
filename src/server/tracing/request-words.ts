import type { AdminParts } from "#server/admin/context.ts";
import type { ApprovalRequest } from "#server/tracing/approvals.ts";

/** What to tell whoever has to wait for a second officer. */
export function requestWords(
  { isEmbedded }: Pick<AdminParts, "isEmbedded">,
  { request, persons, days }: ApprovalRequest,
): string {
  const what = `${persons} persons${days === null ? "" : ` in ${days} days`} need a second officer`;
  const who = `Another one grants it with admin trace request grant ${request} --note TEXT; then give the same command again.`;
  return isEmbedded
    ? `${what}; the local administrator may add --approve. Request ${request} waits. ${who}`
    : `${what}. Request ${request} waits. ${who}`;
}
