/** The station's settings file, `tramqr.toml` in its data folder. Flags and `TRAMQR_…` variables win over it. */
import { Type } from "typebox";
import type { Static } from "typebox";

const Direction = Type.Union([Type.Literal("in"), Type.Literal("out"), Type.Literal("auto")]);

export const LaneSettings = Type.Object(
  {
    /** As `--scanner`: `serial:/dev/ttyUSB0?baud=9600`, `usb:1eab:1a10:A0001`, `hid`, `wedge`, `stdin`, `demo:2`. */
    scanner: Type.String({ minLength: 1, maxLength: 300 }),
    direction: Type.Optional(Direction),
    /** The lane's name in events and logs, for ever; `lane-1` and so on when it is not set. */
    name: Type.Optional(Type.String({ pattern: "^[a-z0-9-]{1,32}$" })),
    /** What people at this gate call it, on the screen. */
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 24 })),
    /** Which of three pitches its verdicts have; each lane its own when it is not set. */
    sound: Type.Optional(
      Type.Union([Type.Literal("normal"), Type.Literal("low"), Type.Literal("high")]),
    ),
  },
  { additionalProperties: false },
);
export type LaneSettings = Static<typeof LaneSettings>;

export const StationSettings = Type.Object(
  {
    /** Base URL of the provincial server; without it the embedded one is started. */
    server: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    shell: Type.Optional(Type.Union([Type.Literal("electron"), Type.Literal("browser")])),
    headless: Type.Optional(Type.Boolean()),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    server_port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    /** PEM file with the signers of health certificates that are trusted, instead of the one that is shipped. */
    trust: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    /** PEM file with the country signers (CSCA) of card chips that are trusted. */
    chip_trust: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    lanes: Type.Optional(Type.Array(LaneSettings, { maxItems: 16 })),
  },
  { additionalProperties: false },
);
export type StationSettings = Static<typeof StationSettings>;
