import { CipherSuite, Aes256Gcm, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { expect, test } from "vitest";
import type { PersonalBody } from "#contract/wire.ts";
import {
  CannotOpen,
  openMessage,
  recipientContext,
  sealMessage,
  senderContext,
} from "#sealing/hpke.ts";
import { generateKeyPair, keyPairFromSecret, secretOfKey } from "#sealing/keys.ts";
import { createSealer, openBody } from "#sealing/sealed-body.ts";
import { openEscrow, sealEscrow } from "#sealing/escrow.ts";

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});
const bytes = (text: string) => new TextEncoder().encode(text);
const plain = (buffer: Uint8Array) => Buffer.from(buffer).toString("utf8");
/** A copy in its own ArrayBuffer, as WebCrypto wants it. */
const own = (view: Uint8Array) => new Uint8Array(view).buffer;

const body: PersonalBody = {
  identity: "cccd:079085012345",
  document: "079085012345",
  name: "Nguyễn Văn Thử",
  birth_date: "1985-03-15",
  sex: "male",
  valid_to: null,
};

test("an independent HPKE opens what ours sealed, message by message", async () => {
  const recipient = generateKeyPair("x25519");
  const ephemeral = generateKeyPair("x25519");
  const context = senderContext(recipient.publicKey, ephemeral, bytes("info"));
  const sealed = [0, 1, 2].map((n) =>
    sealMessage(context, n, bytes(`aad ${n}`), bytes(`message ${n}`)),
  );

  const theirs = await suite.createRecipientContext({
    recipientKey: await suite.kem.importKey("raw", own(secretOfKey(recipient.privateKey)), false),
    enc: own(ephemeral.publicKey),
    info: own(bytes("info")),
  });

  for (const [n, message] of sealed.entries()) {
    const opened = await theirs.open(own(message), own(bytes(`aad ${n}`)));
    expect(plain(new Uint8Array(opened))).toBe(`message ${n}`);
  }
});

test("ours opens what an independent HPKE sealed, also out of order", async () => {
  const recipient = generateKeyPair("x25519");
  const theirs = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.importKey("raw", own(recipient.publicKey), true),
    info: own(bytes("info")),
  });
  const sealed: Uint8Array[] = [];
  for (const n of [0, 1, 2])
    sealed.push(new Uint8Array(await theirs.seal(own(bytes(`message ${n}`)), own(bytes("aad")))));

  const context = recipientContext(recipient, new Uint8Array(theirs.enc), bytes("info"));

  for (const n of [2, 0, 1]) {
    expect(plain(openMessage(context, n, bytes("aad"), sealed[n] ?? bytes("")))).toBe(
      `message ${n}`,
    );
  }
});

test("every body opens alone, across days, and in any order", () => {
  const province = generateKeyPair("x25519");
  const sealer = createSealer(province.publicKey, () => generateKeyPair("x25519"));
  const days = ["2026-11-23", "2026-11-24", "2026-11-24", "2026-11-23"];
  const sealed = days.map((day, index) =>
    sealer.seal({ ...body, name: `Người ${index}` }, `id-${index}`, day),
  );

  const names = [3, 1, 0, 2].map(
    (index) => openBody(sealed[index] ?? bytes(""), `id-${index}`, province).name,
  );

  expect(names).toEqual(["Người 3", "Người 1", "Người 0", "Người 2"]);
});

test("a sealed body shows nothing, and two of the same person look different", () => {
  const province = generateKeyPair("x25519");
  const sealer = createSealer(province.publicKey, () => generateKeyPair("x25519"));

  const [one, two] = [1, 2].map(() => Buffer.from(sealer.seal(body, "same-id", "2026-11-24")));

  expect(one?.includes("079085012345")).toBe(false);
  expect(one?.equals(two ?? Buffer.alloc(0))).toBe(false);
});

test("a body damaged, moved to another event, or sealed to another key does not open", () => {
  const province = generateKeyPair("x25519");
  const sealed = createSealer(province.publicKey, () => generateKeyPair("x25519")).seal(
    body,
    "id",
    "2026-11-24",
  );
  const flips = Array.from(sealed.keys(), (index) => {
    const copy = new Uint8Array(sealed);
    copy[index] = (copy[index] ?? 0) ^ 1;
    return copy;
  });

  for (const flipped of flips) expect(() => openBody(flipped, "id", province)).toThrow(CannotOpen);
  expect(() => openBody(sealed, "other-id", province)).toThrow(CannotOpen);
  expect(() => openBody(sealed, "id", generateKeyPair("x25519"))).toThrow(CannotOpen);
  expect(() => openBody(sealed.subarray(0, 30), "id", province)).toThrow(CannotOpen);
});

test("a key pair survives being written down", () => {
  for (const curve of ["ed25519", "x25519"] as const) {
    const pair = generateKeyPair(curve);

    expect(keyPairFromSecret(curve, secretOfKey(pair.privateKey)).publicKey).toEqual(
      pair.publicKey,
    );
  }
});

test("the province alone opens the escrow of a book's key", () => {
  const province = generateKeyPair("x25519");
  const key = new Uint8Array(32).fill(9);
  const sealed = sealEscrow(key, province.publicKey, generateKeyPair("x25519"));

  expect(new Uint8Array(openEscrow(sealed, province))).toEqual(key);
  expect(() => openEscrow(sealed, generateKeyPair("x25519"))).toThrow(CannotOpen);
  expect(() => openEscrow(sealed.subarray(0, 20), province)).toThrow(CannotOpen);
});
