import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import { syncFolder, writeFileDurably } from "#storage/durable-file.ts";
import { forgetFolder } from "#storage/forget-folder.ts";

/** File in the station's folder that carries a wipe over a restart. */
export const WIPE_FILE = "wipe.json";

const Telling = {
  station: Type.String(),
  /** Secret Ed25519 key, base64url: the last thing that this station says is signed, too. */
  signing_key: Type.String(),
  answer_key: Type.String(),
  instance: Type.String(),
  seq: Type.Integer(),
  hash: Type.String(),
};

/**
 * How far a wipe has come. `forget`: it was decided, files may still be there. `tell`: they are gone, and the province
 * is to be told. `told`: it knows, the key is gone, too.
 */
const WipeNote = Type.Union([
  Type.Object({ step: Type.Literal("forget"), ...Telling }),
  Type.Object({ step: Type.Literal("tell"), ...Telling }),
  Type.Object({ step: Type.Literal("told") }),
]);
export type WipeNote = Static<typeof WipeNote>;

/** What is left to be told. */
export type TellNote = Extract<WipeNote, { step: "tell" }>;

/** Null when nothing was wiped here, or the note is damaged: nothing is ever deleted for half a note. */
export function readWipeNote(folder: string): WipeNote | null {
  const path = join(folder, WIPE_FILE);
  if (!existsSync(path)) return null;
  const [text = "", checksum] = readFileSync(path, "utf8").split("\n");
  if (checksum !== sha256Hex(text)) return null;
  const note: unknown = JSON.parse(text);
  return Value.Check(WipeNote, note) ? note : null;
}

/** Durable on return; it is the old note or the new one after a power cut. */
export function writeWipeNote(folder: string, note: WipeNote): void {
  const text = JSON.stringify(note);
  writeFileDurably(join(folder, WIPE_FILE), Buffer.from(`${text}\n${sha256Hex(text)}\n`, "utf8"));
}

/** The station is enrolled anew, and what it was before is of no account. */
export function removeWipeNote(folder: string): void {
  rmSync(join(folder, WIPE_FILE), { force: true });
  syncFolder(folder);
}

/** Takes a decided wipe to the point where no file of the old station is left. Nothing when none was decided. */
export function finishForgetting(folder: string): void {
  const note = readWipeNote(folder);
  if (note?.step !== "forget") return;
  forgetFolder(folder, WIPE_FILE);
  writeWipeNote(folder, { ...note, step: "tell" });
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
