import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";

/** What has to be set in a scanner, in this order. */
export const setUpSteps = ["defaults", "interface", "suffix", "charset", "beep-off"] as const;
export type SetUpStepName = (typeof setUpSteps)[number];

const Step = Type.Object({
  step: Type.Union(setUpSteps.map((name) => Type.Literal(name))),
  manual: Type.String(),
  /** Content of the maker's setting code, with the source that it is known from. */
  code: Type.Optional(Type.String({ pattern: "^[ -~]+$" })),
  code_source: Type.Optional(Type.String()),
});

const Profile = Type.Object({
  family: Type.String(),
  recommended_mode: Type.String(),
  hid_pos_layout: Type.String(),
  factory_suffix: Type.String(),
  verified: Type.String(),
  sources: Type.Array(Type.String(), { minItems: 1 }),
  setup: Type.Optional(Type.Array(Step)),
  usb: Type.Array(Type.Object({ model: Type.String(), mode: Type.String() })),
});

/** What is known of one family of scanners: a file of resources/scanners. */
export type ScannerProfile = Static<typeof Profile> & {
  /** Its name on the command line: the file's. */
  readonly key: string;
};

const FOLDER = fileURLToPath(new URL("../../resources/scanners", import.meta.url));

/** Every profile that comes with the program, by file name. Throws when a file is not of the form: a bug of ours. */
export function readScannerProfiles(folder = FOLDER): readonly ScannerProfile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".toml"))
    .toSorted()
    .map((name) => parseProfile(basename(name, ".toml"), readFileSync(join(folder, name), "utf8")));
}

function parseProfile(key: string, text: string): ScannerProfile {
  const value = parse(text);
  if (Value.Check(Profile, value)) return { ...value, key };
  const [first] = Value.Errors(Profile, value);
  throw new Error(`resources/scanners/${key}.toml: ${first?.instancePath} ${first?.message}`);
}

/** The profile that a person means by a maker's or a model's name; null: none, or more than one. */
export function profileNamed(
  profiles: readonly ScannerProfile[],
  name: string,
): ScannerProfile | null {
  const wanted = name.trim().toLowerCase();
  const byName = profiles.find(
    ({ key, family }) => key === wanted || family.toLowerCase() === wanted,
  );
  if (byName !== undefined) return byName;
  const byModel = profiles.filter(({ usb }) =>
    usb.some(({ model }) =>
      model
        .toLowerCase()
        .split(/[\s,]+/)
        .includes(wanted),
    ),
  );
  return byModel.length === 1 ? (byModel[0] ?? null) : null;
}
