import { Value } from "typebox/value";
import { Problem } from "#contract/wire.ts";

/** Bytes of a stranger as JSON; undefined when they are none. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    // Bad UTF-8 is a TypeError, bad JSON a SyntaxError, and ten thousand nested brackets a RangeError.
    if (cause instanceof TypeError || cause instanceof SyntaxError || cause instanceof RangeError) {
      return undefined;
    }
    throw cause;
  }
}

/** The stable code of an RFC 9457 problem; null when the body is something else. */
export function problemCode(body: unknown): string | null {
  return Value.Check(Problem, body) ? body.code : null;
}
