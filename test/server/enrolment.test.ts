import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EnrolmentAnswer } from "#contract/wire.ts";
import { generateKeyPair, toBase64url } from "#sealing/keys.ts";
import { BadValidity, issueCode } from "#server/stations/issue-code.ts";
import { UnknownPlace } from "#server/stations/places.ts";
import { publicKeysOf } from "#server/vault/province-keys.ts";
import { engines, startTestProvince } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { enrolRaw, problemOf } from "./support/station.ts";

const HOUR_MS = 3_600_000;

describe.each(engines)("enrolment on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    async function outcome(code: string, keys = generateKeyPair("ed25519")): Promise<string> {
      const answered = await enrolRaw(province.app, code, keys);
      return answered.status === 200
        ? "enrolled"
        : `${answered.status} ${problemOf(answered).code}`;
    }

    function issue(validHours: number) {
      const parts = {
        pool: province.pool,
        enrolmentKey: province.secrets.enrolmentKey,
        random: province.random,
      };
      return issueCode(parts, { ...province.place, validHours }, province.clock.nowMs());
    }

    test("a code makes a station of the place and gate that it was issued for", async () => {
      const code = await province.newCode();
      expect(code).toMatch(/^[0-9]{20}$/);

      const answered = await enrolRaw(province.app, code, generateKeyPair("ed25519"));

      const answer = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));
      expect(answer).toMatchObject({
        place: province.place.place,
        place_name: "Chợ Mẫu",
        gate: province.place.gate,
        gate_name: "Cổng 1",
        province_name: "Tỉnh Mẫu",
        server_time_ms: province.clock.nowMs(),
        keys: publicKeysOf(province.secrets),
      });
      expect(answer.rules).toMatchObject({ version: 0, repeat_window_ms: 120_000 });
    });

    test("a code works once; its own station gets the same answer again", async () => {
      const code = await province.newCode();
      const keys = generateKeyPair("ed25519");
      const first = await enrolRaw(province.app, code, keys);

      const again = await enrolRaw(province.app, code, keys);
      province.clock.advance(48 * HOUR_MS);
      const late = await enrolRaw(province.app, code, keys);

      expect(stationOf(again.body)).toBe(stationOf(first.body));
      expect(stationOf(late.body)).toBe(stationOf(first.body));
      expect(await outcome(code)).toBe("409 enrolment-code-used");
    });

    test("two computers with one code: one becomes the station", async () => {
      const code = await province.newCode();

      const outcomes = await Promise.all(Array.from({ length: 6 }, () => outcome(code)));

      expect(outcomes.toSorted()).toEqual([
        ...Array(5).fill("409 enrolment-code-used"),
        "enrolled",
      ]);
    });

    test("one computer that asks six times at once is one station", async () => {
      const code = await province.newCode();
      const keys = generateKeyPair("ed25519");

      const answers = await Promise.all(
        Array.from({ length: 6 }, () => enrolRaw(province.app, code, keys)),
      );

      const stations = answers.map(
        ({ body }) => Value.Parse(EnrolmentAnswer, JSON.parse(body)).station,
      );
      expect(new Set(stations).size).toBe(1);
    });

    test("a code ends with its time", async () => {
      const short = (await issue(0.25)).code;
      const long = (await issue(72)).code;

      province.clock.advance(HOUR_MS / 4 + 1);
      expect(await outcome(short)).toBe("410 enrolment-code-expired");
      province.clock.advance(71 * HOUR_MS);
      expect(await outcome(long)).toBe("enrolled");
    });

    test("refuses to issue codes for other times, places and gates", async () => {
      await expect(issue(0.2)).rejects.toThrow(BadValidity);
      await expect(issue(73)).rejects.toThrow(BadValidity);
      await expect(issue(Number.NaN)).rejects.toThrow(BadValidity);
      const parts = {
        pool: province.pool,
        enrolmentKey: province.secrets.enrolmentKey,
        random: province.random,
      };
      const elsewhere = { place: "p-none", gate: province.place.gate, validHours: 1 };
      await expect(issueCode(parts, elsewhere, province.clock.nowMs())).rejects.toThrow(
        UnknownPlace,
      );
    });

    test("locks a code after five wrong secrets, also for its owner", async () => {
      const code = await province.newCode();
      const wrong = withSecret(code, "0000000000000");

      const outcomes = [];
      for (let attempt = 0; attempt < 6; attempt += 1) outcomes.push(await outcome(wrong));

      expect(outcomes).toEqual([
        ...Array(4).fill("404 enrolment-code-unknown"),
        ...Array(2).fill("403 enrolment-code-locked"),
      ]);
      expect(await outcome(code)).toBe("403 enrolment-code-locked");
    });

    test("four wrong secrets do not lock out the owner", async () => {
      const code = await province.newCode();
      for (let attempt = 0; attempt < 4; attempt += 1) {
        await outcome(withSecret(code, "0000000000000"));
      }

      expect(await outcome(code)).toBe("enrolled");
    });

    test("wrong secrets at the same moment count one by one", async () => {
      const code = await province.newCode();
      const wrong = withSecret(code, "0000000000000");

      const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcome(wrong)));

      expect(outcomes.filter((one) => one === "404 enrolment-code-unknown")).toHaveLength(4);
    });

    test("who lacks the secret learns nothing of a code's state", async () => {
      const used = await province.newCode();
      await outcome(used);
      const expired = (await issue(0.25)).code;
      province.clock.advance(HOUR_MS);

      const outcomes = [used, expired, "99999900000000000000"].map((code) =>
        outcome(withSecret(code, "0000000000000")),
      );

      expect(await Promise.all(outcomes)).toEqual(Array(3).fill("404 enrolment-code-unknown"));
    });

    test("tells malformed codes from unknown ones, and counts no try for them", async () => {
      const code = await province.newCode();
      const typo = code.replace(/.$/, (digit) => String((Number(digit) + 1) % 10));

      expect(await outcome(typo)).toBe("400 enrolment-code-malformed");
      expect(await outcome("123")).toBe("400 enrolment-code-malformed");
      expect(await outcome("x".repeat(20))).toBe("400 enrolment-code-malformed");
      expect(await outcome(code)).toBe("enrolled");
    });

    test("every single wrong digit is caught before it costs a try", async () => {
      const code = await province.newCode();

      const typos = Array.from(code).flatMap((digit, index) =>
        Array.from({ length: 9 }, (_, step) => {
          const other = String((Number(digit) + step + 1) % 10);
          return `${code.slice(0, index)}${other}${code.slice(index + 1)}`;
        }),
      );

      const outcomes = new Set<string>();
      for (const typo of typos) outcomes.add(await outcome(typo));
      expect([...outcomes]).toEqual(["400 enrolment-code-malformed"]);
      expect(await outcome(code)).toBe("enrolled");
    });

    test("refuses what is no enrolment request", async () => {
      const code = await province.newCode();
      const key = toBase64url(generateKeyPair("ed25519").publicKey);
      const bodies = [
        "",
        "{}",
        "[]",
        "not json",
        JSON.stringify({ code, public_key: "short", app_version: "1" }),
        JSON.stringify({ code, public_key: key, app_version: "x".repeat(65) }),
      ];

      const codes = [];
      for (const payload of bodies) {
        const response = await province.app.inject({
          method: "POST",
          url: "/v1/enrolments",
          headers: { "content-type": "application/json" },
          payload,
        });
        codes.push(response.json<{ code: string }>().code);
      }

      expect(codes).toEqual([
        "request-invalid",
        "request-invalid",
        "request-invalid",
        "request-invalid",
        "request-invalid",
        "request-invalid",
      ]);
    });

    test("keeps no secret that a stolen database could tell", async () => {
      const code = await province.newCode();

      const rows = await province.pool.query("SELECT * FROM enrolment_codes");

      expect(JSON.stringify(rows.rows)).not.toContain(code.slice(6, 19));
      expect(province.logged()).not.toContain(code.slice(6, 19));
    });

    test("one address may not try many codes in one minute", async () => {
      const app = province.anotherApp({ enrolmentsPerMinute: 3 });
      const attempt = async () => {
        const code = withSecret("00000000000000000000", "0000000000000");
        const answered = await enrolRaw(app, code, generateKeyPair("ed25519"));
        return answered.status;
      };

      const statuses = [];
      for (let index = 0; index < 5; index += 1) statuses.push(await attempt());
      province.clock.advance(60_000);
      statuses.push(await attempt());

      expect(statuses).toEqual([404, 404, 404, 429, 429, 404]);
    });
  });
});

function stationOf(body: string): string {
  return Value.Parse(EnrolmentAnswer, JSON.parse(body)).station;
}

/** The same code with another secret and the check digit that belongs to it. */
function withSecret(code: string, secret: string): string {
  const digits = `${code.slice(0, 6)}${secret}`;
  let product = 10;
  for (const digit of digits) {
    const sum = (product + Number(digit)) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return `${digits}${(11 - product) % 10}`;
}
