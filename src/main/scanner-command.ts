/** `tramqr scanner sheet | list`: a printed page to set a scanner up and to test it, and what is known of which. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { testCodeNames, testCodePayload } from "#core/scanner-test-codes.ts";
import { profileNamed, readScannerProfiles, setUpSteps } from "#main/scanner-profiles.ts";
import type { ScannerProfile } from "#main/scanner-profiles.ts";
import {
  resultNotes,
  setUpNote,
  stepTexts,
  testTexts,
  testTitle,
} from "#main/scanner-sheet-texts.ts";
import { UsageError } from "#main/usage-error.ts";
import { scannerSheetPdf } from "#print/scanner-sheet.ts";
import type { ScannerSheet } from "#print/scanner-sheet.ts";

/** The profile that stands for scanners of which nothing is known. */
const GENERAL = "other-makers";

const USAGE = "scanner sheet [--model NAME] --out FILE.pdf | scanner list";

/**
 * Runs `scanner sheet [--model NAME] --out FILE.pdf` or `scanner list`; returns the exit code. Throws {@link UsageError}
 * for anything else, for a model that no profile knows, and for a file that cannot be written.
 */
export async function runScannerCommand(
  args: readonly string[],
  write: (line: string) => void,
  nowMs: number,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === "list" && rest.length === 0) {
    for (const line of readScannerProfiles().flatMap(listed)) write(line);
    return 0;
  }
  if (name !== "sheet") throw usage();
  const { model, out } = parseSheetFlags(rest);
  const profile = chosenProfile(model);
  const pdf = await scannerSheetPdf(sheetOf(profile, nowMs));
  await writeOut(out, pdf);
  write(`${out}: ${profile.family}, ${testCodeNames.length} mã thử / test codes`);
  return 0;
}

function usage(): UsageError {
  return new UsageError(`Cách dùng: tramqr ${USAGE}`, `Usage: tramqr ${USAGE}`);
}

function parseSheetFlags(args: readonly string[]): {
  readonly model: string | undefined;
  readonly out: string;
} {
  const options = { model: { type: "string" }, out: { type: "string" } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    if (values.out !== undefined) return { model: values.model, out: values.out };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
  }
  throw usage();
}

function chosenProfile(model: string | undefined): ScannerProfile {
  const profiles = readScannerProfiles();
  const profile = profileNamed(profiles, model ?? GENERAL);
  if (profile !== null && profile.setup !== undefined) return profile;
  const known = profiles.flatMap(({ key, setup }) => (setup === undefined ? [] : [key])).join(", ");
  throw new UsageError(
    `Chưa có thông tin về máy quét "${model}". Có: ${known}. Không có --model: phiếu chung.`,
    `Nothing is known of the scanner "${model}". Known: ${known}. Without --model: the general sheet.`,
  );
}

async function writeOut(path: string, pdf: Uint8Array): Promise<void> {
  try {
    await writeFile(path, pdf);
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new UsageError(
      `Không ghi được tệp ${path} (${reason}).`,
      `Cannot write ${path} (${reason}).`,
    );
  }
}

/** The sheet of one family. */
export function sheetOf(profile: ScannerProfile, nowMs: number): ScannerSheet {
  const isGeneral = profile.key === GENERAL;
  const steps = setUpSteps.flatMap((name) => {
    const step = profile.setup?.find((one) => one.step === name);
    if (step === undefined) return [];
    return [{ what: stepTexts[name], manual: step.manual, code: step.code ?? null }];
  });
  const hasCodes = steps.some(({ code }) => code !== null);
  return {
    title: {
      vietnamese: `Cài đặt và thử máy quét${isGeneral ? "" : `: ${profile.family}`}`,
      english: `Scanner set-up and test${isGeneral ? "" : `: ${profile.family}`}`,
    },
    steps,
    testTitle,
    tests: testCodeNames.map((name) => ({ what: testTexts[name], payload: testCodePayload(name) })),
    notes: hasCodes ? [setUpNote, ...resultNotes] : resultNotes,
    footer: footerOf(profile, nowMs),
    atMs: nowMs,
  };
}

function footerOf(profile: ScannerProfile, nowMs: number): string {
  const codes = profile.setup?.flatMap(({ code, code_source: source }) =>
    code === undefined ? [] : [`${code}: ${source ?? ""}`],
  );
  const sources = [...(codes ?? []), ...profile.sources].join("; ");
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Ho_Chi_Minh" }).format(nowMs);
  return `Nguồn/Sources: ${sources}. TramQR, ${day}.`;
}

function listed(profile: ScannerProfile): readonly string[] {
  const models = [...new Set(profile.usb.map(({ model }) => model))].join("; ");
  return [
    `${profile.key} (${profile.family})`,
    `  models: ${models}`,
    `  mode: ${profile.recommended_mode}; HID layout: ${profile.hid_pos_layout}; suffix: ${profile.factory_suffix}`,
    `  sheet: ${profile.setup === undefined ? "-" : `scanner sheet --model ${profile.key}`}`,
    `  verified: ${profile.verified}`,
    ...profile.sources.map((source) => `  source: ${source}`),
  ];
}
