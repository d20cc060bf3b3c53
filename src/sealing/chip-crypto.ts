import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from "@noble/curves/misc.js";
import type { ECDSA } from "@noble/curves/abstract/weierstrass.js";
import type { ChipCrypto, ChipCurve, CipherWay } from "#core/chip/chip-crypto.ts";

/** Standardised parameter ids (Doc 9303-11, table of 9.5.1) of the curves that are spoken. */
const curves: Readonly<Record<number, ECDSA>> = {
  12: p256,
  13: brainpoolP256r1,
  15: p384,
  16: brainpoolP384r1,
  17: brainpoolP512r1,
  18: p521,
};

/** Cryptography for reading chips: Node's own, and a curve library for the sums of points that Node does not offer. */
export const chipCrypto: ChipCrypto = {
  sha1: (bytes) => createHash("sha1").update(bytes).digest(),
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  tripleDes: (way, key, iv, bytes) => cipher("des-ede3-cbc", way, key, iv, bytes),
  aes: (way, key, iv, bytes) => cipher(`aes-${key.length * 8}-cbc`, way, key, iv, bytes),
  randomBytes: (count) => randomBytes(count),
  curve(parameterId) {
    const curve = curves[parameterId];
    return curve === undefined ? null : chipCurve(curve);
  },
};

function cipher(
  name: string,
  way: CipherWay,
  key: Uint8Array,
  iv: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  const running =
    way === "encrypt" ? createCipheriv(name, key, iv) : createDecipheriv(name, key, iv);
  running.setAutoPadding(false);
  return new Uint8Array(Buffer.concat([running.update(bytes), running.final()]));
}

function chipCurve(curve: ECDSA): ChipCurve {
  const { Point } = curve;
  const order = Point.Fn.ORDER;
  return {
    generator: Point.BASE.toBytes(false),
    randomScalar: () => curve.utils.randomSecretKey(),
    multiply(point, scalar) {
      const number = BigInt(`0x${Buffer.from(scalar).toString("hex")}`) % order;
      return Point.fromBytes(point).multiply(number).toBytes(false);
    },
    add: (one, other) => Point.fromBytes(one).add(Point.fromBytes(other)).toBytes(false),
  };
}
