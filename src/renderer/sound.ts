import type { VerdictKind } from "#contract/bridge.ts";
import { renderTone } from "#renderer/tones.ts";

/** The page's loudspeaker. */
export type Sound = {
  /** Starts at once, over whatever still sounds. Everything that is heard is also seen. */
  play(kind: VerdictKind): void;
};

const kinds: readonly VerdictKind[] = ["in", "out", "notice", "unknown", "stop"];

/** Renders all sounds now, so that playing one costs nothing on the way to the verdict. */
export function createSound(): Sound {
  const context = new AudioContext({ latencyHint: "interactive" });
  const buffers = new Map(kinds.map((kind) => [kind, bufferOf(context, kind)]));
  return {
    play(kind) {
      // Suspended until the first key where a browser was started without our autoplay flag.
      if (context.state === "suspended") void context.resume();
      const source = context.createBufferSource();
      source.buffer = buffers.get(kind) ?? null;
      source.connect(context.destination);
      source.start();
    },
  };
}

function bufferOf(context: AudioContext, kind: VerdictKind): AudioBuffer {
  const samples = renderTone(kind, context.sampleRate);
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  return buffer;
}
