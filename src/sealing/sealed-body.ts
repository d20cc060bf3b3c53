import { createHash } from "node:crypto";
import { PersonalBody } from "#contract/wire.ts";
import { Compile } from "typebox/compile";
import {
  CannotOpen,
  openMessage,
  recipientContext,
  sealMessage,
  senderContext,
} from "#sealing/hpke.ts";
import type { HpkeContext } from "#sealing/hpke.ts";
import type { KeyPair } from "#sealing/keys.ts";

/**
 * A sealed body: version (1) ‖ key id (8) ‖ encapsulated key (32) ‖ sequence (4, big endian) ‖ ciphertext and tag.
 * It opens alone. Additional data is the event id, so a body cannot be moved to another event.
 */
const VERSION = 1;
const KEY_ID_BYTES = 8;
const ENCAPSULATED_BYTES = 32;
const HEADER_BYTES = 1 + KEY_ID_BYTES + ENCAPSULATED_BYTES + 4;
const INFO = Buffer.from("tramqr-body-v1");

/** Seals bodies to the province at the moment of the scan. */
export type Sealer = {
  /** `localDay` such as `2026-11-24` (Asia/Ho_Chi_Minh): a new day begins a new HPKE context. */
  seal(body: PersonalBody, eventId: string, localDay: string): Uint8Array;
};

/**
 * One HPKE context per sealer (one run of the station) and local day. The ephemeral key never reaches the disk, so
 * the station cannot read its own sealed entries again.
 */
export function createSealer(recipient: Uint8Array, newEphemeral: () => KeyPair): Sealer {
  const keyId = keyIdOf(recipient);
  let day = "";
  let sequence = 0;
  let head: Buffer = Buffer.alloc(0);
  let context: HpkeContext | null = null;

  return {
    seal(body, eventId, localDay) {
      if (context === null || day !== localDay) {
        const ephemeral = newEphemeral();
        context = senderContext(recipient, ephemeral, INFO);
        head = Buffer.concat([Buffer.from([VERSION]), keyId, ephemeral.publicKey]);
        day = localDay;
        sequence = 0;
      }
      const number = Buffer.alloc(4);
      number.writeUInt32BE(sequence);
      const plaintext = Buffer.from(JSON.stringify(body), "utf8");
      const sealed = sealMessage(context, sequence, Buffer.from(eventId), plaintext);
      sequence += 1;
      return Buffer.concat([head, number, sealed]);
    },
  };
}

/** Opens a sealed body with the province's key. Throws {@link CannotOpen} with what was wrong; never returns half a body. */
export function openBody(sealed: Uint8Array, eventId: string, recipient: KeyPair): PersonalBody {
  return createBodyOpener(recipient, 1).open(sealed, eventId);
}

/** Opens many bodies: the key agreement is made once for all bodies of one run and day of a station. */
export type BodyOpener = {
  /** As {@link openBody}. */
  open(sealed: Uint8Array, eventId: string): PersonalBody;
};

/** `maxContexts` bounds the memory; the oldest context goes first. */
export function createBodyOpener(recipient: KeyPair, maxContexts: number): BodyOpener {
  const ownKeyId = keyIdOf(recipient.publicKey);
  // Compiled here and not above: a station, which only seals, need not wait for it at its start.
  const personalBody = Compile(PersonalBody);
  const contexts = new Map<string, HpkeContext>();

  function contextOf(encapsulated: Buffer): HpkeContext {
    const name = encapsulated.toString("latin1");
    const known = contexts.get(name);
    if (known !== undefined) return known;
    const context = recipientContext(recipient, encapsulated, INFO);
    const [oldest] = contexts.keys();
    if (oldest !== undefined && contexts.size >= maxContexts) contexts.delete(oldest);
    contexts.set(name, context);
    return context;
  }

  return {
    open(sealed, eventId) {
      if (sealed.length < HEADER_BYTES) throw new CannotOpen("shorter than its header");
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
      if (bytes[0] !== VERSION) throw new CannotOpen(`version ${bytes[0]}`);
      const keyId = bytes.subarray(1, 1 + KEY_ID_BYTES);
      if (!keyId.equals(ownKeyId)) throw new CannotOpen("sealed to another key");
      const context = contextOf(bytes.subarray(1 + KEY_ID_BYTES, HEADER_BYTES - 4));
      const sequence = bytes.readUInt32BE(HEADER_BYTES - 4);
      const ciphertext = bytes.subarray(HEADER_BYTES);
      const plaintext = openMessage(context, sequence, Buffer.from(eventId), ciphertext);
      const body = parseJson(Buffer.from(plaintext).toString("utf8"));
      if (personalBody.Check(body)) return body;
      throw new CannotOpen("opened, but is not a personal body");
    },
  };
}

/** First eight bytes of SHA-256 of a sealing key: tells which key opens a body after a rotation. */
export function keyIdOf(publicKey: Uint8Array): Buffer {
  return createHash("sha256").update(publicKey).digest().subarray(0, KEY_ID_BYTES);
}

/** Undefined for what is no JSON. The parser's own error is dropped: it quotes the text, which is about a person. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
