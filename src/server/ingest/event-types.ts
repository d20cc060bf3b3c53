import type { EventType } from "#core/entry.ts";

/** `satisfies` makes the compiler refuse a type that the core has and this table lacks. */
const known = {
  entry: true,
  unread: true,
  stop: true,
  attachment: true,
  undo: true,
  correction: true,
  "clock-jump": true,
  mode: true,
  heartbeat: true,
  "instance-start": true,
} satisfies Record<EventType, true>;

/** True for the event types of this program; others wait in quarantine for a newer one. */
export function isKnownEventType(type: string): boolean {
  return Object.hasOwn(known, type);
}
