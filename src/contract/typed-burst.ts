/** What a page may say that it read from the keys of a scanner that types; checked before anybody acts. */
import { Type } from "typebox";
import type { Static } from "typebox";
import { MAX_SCAN_BYTES } from "#core/scan.ts";

/** Bytes of a scan in base64. */
const scanBytes = Type.String({
  minLength: 4,
  maxLength: Math.ceil(MAX_SCAN_BYTES / 3) * 4,
  pattern: "^[A-Za-z0-9+/]+={0,2}$",
});

/** No scan takes longer to type. */
export const MAX_TYPING_MS = 600_000;

/** What a page read from the keys of a scanner that types: see core/wedge-run.ts. */
export const TypedBurst = Type.Union([
  Type.Object(
    {
      kind: Type.Literal("scan"),
      bytes: scanBytes,
      interference: Type.Optional(
        Type.Object(
          {
            kind: Type.Literal("input-method"),
            explanations: Type.Array(scanBytes, { maxItems: 2 }),
          },
          { additionalProperties: false },
        ),
      ),
      arrival: Type.Object(
        {
          endedBy: Type.Union([Type.Literal("terminator"), Type.Literal("silence")]),
          tookMs: Type.Number({ minimum: 0, maximum: MAX_TYPING_MS }),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal("dropped"),
      reason: Type.Union([
        Type.Literal("oversize"),
        Type.Literal("noise"),
        Type.Literal("torn"),
        Type.Literal("commands"),
      ]),
      byteCount: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    },
    { additionalProperties: false },
  ),
]);
export type TypedBurst = Static<typeof TypedBurst>;
