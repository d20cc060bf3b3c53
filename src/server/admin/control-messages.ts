import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";

/** Most signs of document numbers that go with one command: about two thousand pairs. */
export const MAX_PAIRS_INPUT = 65_536;

/** What a command asks of the running server: one JSON line. */
export const ControlRequest = Type.Object({
  args: Type.Array(Type.String({ maxLength: 4_096 }), { maxItems: 64 }),
  actor: Type.String({ minLength: 1, maxLength: 100 }),
  folder: Type.Optional(Type.String({ maxLength: 4_096 })),
  input: Type.Optional(Type.Union([Type.String({ maxLength: MAX_PAIRS_INPUT }), Type.Null()])),
});
export type ControlRequest = Static<typeof ControlRequest>;

/** What comes back: JSON lines, the exit code last. A connection that ends without it was cut. */
export const ControlReply = Type.Union([
  Type.Tuple([Type.Literal("out"), Type.String()]),
  Type.Tuple([Type.Literal("err"), Type.String()]),
  Type.Tuple([Type.Literal("exit"), Type.Integer({ minimum: 0, maximum: 255 })]),
]);
export type ControlReply = Static<typeof ControlReply>;

/** Null for what is no request. */
export function parseControlRequest(line: string): ControlRequest | null {
  const value = parseJson(line);
  return Value.Check(ControlRequest, value) ? value : null;
}

/** Null for what is no reply. */
export function parseControlReply(line: string): ControlReply | null {
  const value = parseJson(line);
  return Value.Check(ControlReply, value) ? value : null;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
