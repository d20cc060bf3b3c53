import { Type } from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";

/** First byte of a frame: what the rest of it is (docs/formats/backup.md). */
export const frameKinds = {
  /** JSON, {@link Manifest}; the first frame. */
  manifest: 0x6d,
  /** The text of the province's key file. */
  keys: 0x6b,
  /** Name of the table whose rows follow. */
  table: 0x74,
  /** Rows in PostgreSQL's COPY text form, compressed with zstd. */
  rows: 0x72,
  /** JSON, {@link Closing}; the last frame. */
  closing: 0x65,
} as const;

export type FrameKind = keyof typeof frameKinds;

const Name = Type.String({ pattern: "^[a-z_][a-z0-9_]{0,62}$" });
const Day = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" });

/** What a backup holds, said before it comes. */
export const Manifest = Type.Object({
  format: Type.Literal("tramqr-backup-1"),
  province: Type.String(),
  made_at_ms: Type.Integer(),
  migrations: Type.Array(
    Type.Object({ version: Type.Integer(), name: Type.String(), sha256: Type.String() }),
  ),
  tables: Type.Array(Type.Object({ name: Name, columns: Type.Array(Name) })),
  partitions: Type.Array(Type.Object({ parent: Name, name: Name, from: Day, to: Day })),
  sequences: Type.Array(Type.Object({ name: Name, value: Type.Integer() })),
});
export type Manifest = Static<typeof Manifest>;

/** What a backup held, said after it came. */
export const Closing = Type.Object({
  rows: Type.Record(Type.String(), Type.Integer({ minimum: 0 })),
});
export type Closing = Static<typeof Closing>;

const manifest = Compile(Manifest);
const closing = Compile(Closing);

export function frameOf(kind: FrameKind, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([frameKinds[kind]]), content]);
}

/** Null for a kind of a newer program. */
export function kindOf(frame: Uint8Array): FrameKind | null {
  const names: readonly FrameKind[] = ["manifest", "keys", "table", "rows", "closing"];
  return names.find((name) => frameKinds[name] === frame[0]) ?? null;
}

/** Null when it is not of this form. */
export function parseManifest(text: string): Manifest | null {
  const value: unknown = JSON.parse(text);
  return manifest.Check(value) ? value : null;
}

/** Null when it is not of this form. */
export function parseClosing(text: string): Closing | null {
  const value: unknown = JSON.parse(text);
  return closing.Check(value) ? value : null;
}
