const MINUTE_MS = 60_000;

/** How long people usually stay: one in twenty less than `shortMs`, half less than `usualMs`, one in twenty more than `longMs`. */
export type StayModel = {
  readonly shortMs: number;
  readonly usualMs: number;
  readonly longMs: number;
};

/** Minutes by type of place. Our own assumptions, to be replaced by what a province's seen exits say. */
const minutesByType: Readonly<Record<string, readonly [number, number, number]>> = {
  shop: [3, 20, 90],
  market: [5, 40, 180],
  restaurant: [15, 50, 150],
  office: [20, 240, 600],
  "government-office": [10, 45, 240],
  factory: [120, 540, 780],
  school: [60, 270, 600],
  hospital: [15, 120, 720],
  clinic: [10, 50, 180],
  pharmacy: [2, 8, 30],
  station: [5, 30, 180],
  "apartment-building": [30, 600, 900],
  hotel: [60, 600, 900],
  worship: [15, 60, 180],
};

/** The model of a type of place; null when the type says nothing. */
export function stayModelOf(placeType: string | null): StayModel | null {
  const minutes =
    placeType !== null && Object.hasOwn(minutesByType, placeType)
      ? minutesByType[placeType]
      : undefined;
  if (minutes === undefined) return null;
  const [short, usual, long] = minutes;
  return {
    shortMs: short * MINUTE_MS,
    usualMs: usual * MINUTE_MS,
    longMs: long * MINUTE_MS,
  };
}
