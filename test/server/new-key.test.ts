import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSigningKeys } from "#main/signing-keys.ts";
import type { SigningKeys } from "#main/signing-keys.ts";
import { proveNewKey } from "#sealing/new-key.ts";
import { generateKeyPair, secretOfKey, toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import type { SettingsTable } from "#storage/settings-table.ts";
import { runIn } from "./operations/support.ts";
import { engines, startTestProvince } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { TestStation, newStation, problemOf } from "./support/station.ts";

/** Settings that die at their `dieAt`th write, as a power cut would have it. */
function settingsDyingAt(dieAt: number): SettingsTable & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  let writes = 0;
  return {
    kept,
    get: (name) => kept.get(name) ?? null,
    set(name, value) {
      writes += 1;
      if (writes === dieAt) throw new Error("power cut");
      kept.set(name, value);
    },
  };
}

describe.each(engines.filter(({ isHere }) => isHere))(
  "a new key of a station on $name",
  (engine) => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    const signedBy = (station: TestStation, keys: KeyPair) =>
      new TestStation(province.app, station.enrolment, keys, () => province.clock.nowMs());
    const ask = (station: TestStation) => runIn(province, "station", "rotate-key", station.id);
    const listed = async (station: TestStation) => {
      const said = await runIn(province, "station", "list");
      const lines = said.out.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      return lines.find((line) => line["station"] === station.id);
    };
    const propose = (station: TestStation, pair: KeyPair) => {
      const key = toBase64url(pair.publicKey);
      return station.hello({ new_key: { key, proof: proveNewKey(station.id, pair) } });
    };

    test("counts beside the old one until it was used, and then alone", async () => {
      const station = await newStation(province);
      const pair = generateKeyPair("ed25519");
      const renewed = signedBy(station, pair);
      expect((await station.hello()).wants_new_key).toBeUndefined();
      expect((await ask(station)).code).toBe(0);
      expect((await station.hello()).wants_new_key).toBe(true);

      expect((await propose(station, pair)).accepted_key).toBe(toBase64url(pair.publicKey));
      // The answer was lost: the same again.
      expect((await propose(station, pair)).accepted_key).toBe(toBase64url(pair.publicKey));
      expect((await station.sayHello()).status).toBe(200);

      expect(await listed(station)).toMatchObject({ key_changed_at: null });
      expect(await renewed.hello()).not.toHaveProperty("wants_new_key");
      expect(await listed(station)).toMatchObject({
        key_asked_at: null,
        key_changed_at: new Date(province.clock.nowMs()).toISOString(),
      });
      expect(await renewed.results([renewed.event()])).toEqual(["stored"]);
      expect(problemOf(await station.sayHello()).code).toBe("signature-invalid");
    });

    test("is not heard when nobody asked, and not believed without its own proof", async () => {
      const station = await newStation(province);
      const [pair, stranger] = [generateKeyPair("ed25519"), generateKeyPair("ed25519")];
      expect(await propose(station, pair)).not.toHaveProperty("accepted_key");
      expect((await signedBy(station, pair).sayHello()).status).toBe(401);
      await ask(station);

      const key = toBase64url(pair.publicKey);
      const proofs = [proveNewKey(station.id, stranger), proveNewKey("s-another", pair)];
      for (const proof of proofs) {
        const answer = await station.hello({ new_key: { key, proof } });
        expect(answer).toMatchObject({ wants_new_key: true });
        expect(answer).not.toHaveProperty("accepted_key");
      }
      expect((await signedBy(station, pair).sayHello()).status).toBe(401);
      expect((await runIn(province, "station", "rotate-key", "s-none")).code).toBe(1);
    });

    test.each([1, 2, 3, 4, 5])(
      "comes about whenever the station dies, here at its write %i",
      async (dieAt) => {
        const station = await newStation(province);
        await ask(station);
        const settings = settingsDyingAt(dieAt);
        settings.kept.set("signing-key", toBase64url(secretOfKey(station.keys.privateKey)));
        const alive = await liveOnce(station, () => openSigningKeys(settings, station.id));
        expect(alive).toBe(dieAt > 4);
        const restarted = openSigningKeys(settings, station.id);

        for (let hello = 0; hello < 3; hello += 1) await exchange(station, restarted);

        const current = restarted.current();
        expect(toBase64url(current.publicKey)).not.toBe(toBase64url(station.keys.publicKey));
        expect(restarted.proposal()).toBeNull();
        expect((await signedBy(station, current).sayHello()).status).toBe(200);
        expect((await station.sayHello()).status).toBe(401);
      },
    );

    /** A hello as the station's sync says it. */
    async function exchange(station: TestStation, keys: SigningKeys): Promise<void> {
      const proposal = keys.proposal();
      const hello = proposal === null ? {} : { new_key: proposal };
      const answer = await signedBy(station, keys.current()).hello(hello);
      keys.heard({
        wantsNewKey: answer.wants_new_key === true,
        acceptedKey: answer.accepted_key ?? null,
      });
    }

    async function liveOnce(station: TestStation, open: () => SigningKeys): Promise<boolean> {
      try {
        const keys = open();
        for (let hello = 0; hello < 3; hello += 1) await exchange(station, keys);
        return true;
      } catch (cause) {
        if (cause instanceof Error && cause.message === "power cut") return false;
        throw cause;
      }
    }

    test("is given up for the one before when the province was restored from earlier, and comes again", async () => {
      const station = await newStation(province);
      await ask(station);
      const settings = settingsDyingAt(0);
      settings.kept.set("signing-key", toBase64url(secretOfKey(station.keys.privateKey)));
      const keys = openSigningKeys(settings, station.id);
      for (let hello = 0; hello < 3; hello += 1) await exchange(station, keys);
      await province.pool.query(
        "UPDATE stations SET public_key = $2, key_asked_at_ms = NULL WHERE station = $1",
        [station.id, Buffer.from(station.keys.publicKey)],
      );

      expect((await signedBy(station, keys.current()).sayHello()).status).toBe(401);
      keys.notKnown();
      await exchange(station, keys);

      expect(toBase64url(keys.current().publicKey)).toBe(toBase64url(station.keys.publicKey));
      const restarted = openSigningKeys(settings, station.id);
      expect(toBase64url(restarted.current().publicKey)).toBe(toBase64url(station.keys.publicKey));
      await ask(station);
      for (let hello = 0; hello < 3; hello += 1) await exchange(station, restarted);
      expect(toBase64url(restarted.current().publicKey)).not.toBe(
        toBase64url(station.keys.publicKey),
      );
    });
  },
);
