import type { JSX } from "preact";
import type { VerdictKind } from "#contract/bridge.ts";
import type { LaneDirection } from "#core/entry.ts";

/** Drawn, because no self-hosted font holds arrows and signs; decoration beside the word, so hidden from readers. */
function Drawing({ children, name }: { readonly children: JSX.Element; readonly name: string }) {
  return (
    <svg class={`shape shape-${name}`} viewBox="0 0 120 120" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const verdictDrawings: Readonly<Record<VerdictKind, JSX.Element>> = {
  in: <path d="M68 16h34v88H68M14 60h58M50 36l24 24-24 24" />,
  out: <path d="M68 16h34v88H68M74 60H16M38 36 14 60l24 24" />,
  notice: (
    <g>
      <path d="M60 14 110 104H10Z" />
      <path d="M60 46v26" />
      <path class="shape-dot" d="M60 89v.5" />
    </g>
  ),
  unknown: (
    <g>
      <path
        class="shape-dashes"
        d="M16 34V16h18M50 16h20M86 16h18v18M104 50v20M104 86v18H86M70 104H50M34 104H16V86M16 70V50"
      />
      <path d="M46 47c0-9 6-15 14-15s14 6 14 14c0 11-14 12-14 24" />
      <path class="shape-dot" d="M60 87v.5" />
    </g>
  ),
  stop: (
    <g>
      <path d="M41 12h38l29 29v38l-29 29H41L12 79V41Z" />
      <path d="M38 60h44" />
    </g>
  ),
};

/** The picture of a verdict class: known without reading and without colour. */
export function VerdictShape({ kind }: { readonly kind: VerdictKind }) {
  return <Drawing name={kind}>{verdictDrawings[kind]}</Drawing>;
}

/** A frame for a code with the scanner's line: "hold it here". */
export function ScanShape() {
  return (
    <Drawing name="scan">
      <path d="M14 40V14h26M80 14h26v26M106 80v26H80M40 106H14V80M14 60h92" />
    </Drawing>
  );
}

/** A plug that wants its socket back. */
export function PlugShape() {
  return (
    <Drawing name="plug">
      <path d="M42 14v26M78 14v26M28 40h64v18c0 18-14 30-32 30S28 76 28 58ZM60 88v20" />
    </Drawing>
  );
}

/** Nothing is recorded for now. */
export function PauseShape() {
  return (
    <Drawing name="wait">
      <path d="M60 12a48 48 0 1 1 0 96 48 48 0 0 1 0-96ZM46 40v40M74 40v40" />
    </Drawing>
  );
}

/** The station is being looked for. */
export function WaitShape() {
  return (
    <Drawing name="wait">
      <path d="M60 12a48 48 0 1 1 0 96 48 48 0 0 1 0-96ZM60 34v28l18 12" />
    </Drawing>
  );
}

const arrows: Readonly<Record<LaneDirection, string>> = {
  in: "M10 60h92M70 28l34 32-34 32",
  out: "M110 60H18M50 28 16 60l34 32",
  auto: "M14 60h92M38 36 14 60l24 24M82 36l24 24-24 24",
};

/** The way of a lane: in, out, or both. */
export function WayArrow({ direction }: { readonly direction: LaneDirection }) {
  return (
    <Drawing name="way">
      <path d={arrows[direction]} />
    </Drawing>
  );
}
