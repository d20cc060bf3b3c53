/** One line of the benchmark's report: ours beside its baseline of the same run. */
export type Measured = {
  readonly name: string;
  readonly unit: "ms" | "µs" | "per second";
  readonly n: number;
  readonly ours: number;
  readonly baseline: number;
  /** ours ÷ baseline; the target is about this. */
  readonly ratio: number;
  /** Such as `≤ 3`; from the targets. */
  readonly target: string;
  readonly isMet: boolean;
};

/** Nearest-rank percentile of unsorted samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((one, other) => one - other);
  const rank = Math.ceil((percent / 100) * sorted.length) - 1;
  return sorted[Math.max(0, Math.min(sorted.length - 1, rank))] ?? Number.NaN;
}

export type Comparison = Pick<Measured, "name" | "unit" | "n" | "ours" | "baseline"> &
  ({ readonly atMost: number } | { readonly atLeast: number });

export function compare(comparison: Comparison): Measured {
  const { name, unit, n, ours, baseline } = comparison;
  const ratio = ours / baseline;
  const target = "atMost" in comparison ? `≤ ${comparison.atMost}` : `≥ ${comparison.atLeast}`;
  const isMet = "atMost" in comparison ? ratio <= comparison.atMost : ratio >= comparison.atLeast;
  return { name, unit, n, ours, baseline, ratio, target, isMet };
}

/** Ours and the baseline, one right after the other. */
export type Round = Pick<Measured, "ours" | "baseline">;

/** The round whose ratio is the median: on a machine with other work, single rounds tell little. */
export function compareRounds(
  what: Pick<Measured, "name" | "unit" | "n"> & { readonly atLeast: number },
  rounds: readonly Round[],
): Measured {
  const sorted = rounds.toSorted(
    (one, other) => one.ours / one.baseline - other.ours / other.baseline,
  );
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  return compare({ ...what, ours: median?.ours ?? Number.NaN, baseline: median?.baseline ?? 1 });
}

/** A figure with a limit of its own instead of a baseline (time to paint): the ratio is to the limit. */
export function within(
  figure: Pick<Measured, "name" | "unit" | "n" | "ours"> & { readonly limitMs: number },
): Measured {
  const { name, unit, n, ours, limitMs } = figure;
  const ratio = ours / limitMs;
  return {
    name,
    unit,
    n,
    ours,
    baseline: limitMs,
    ratio,
    target: `≤ ${limitMs} ms`,
    isMet: ratio <= 1,
  };
}

export function formatMeasured(line: Measured): string {
  const figures = `${line.ours.toFixed(3)} ${line.unit} against ${line.baseline.toFixed(3)}`;
  const verdict = line.isMet ? "met" : "MISSED";
  return `${line.name}: ratio ${line.ratio.toFixed(2)} (target ${line.target}, ${verdict}); ${figures}; n=${line.n}`;
}
