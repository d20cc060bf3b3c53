import { resolve } from "node:path";
import { defineConfig } from "electron-vite";

/** Builds Electron's main and sandboxed preload, and the screens of both shells, into `out/`. Needs no Electron binary. */
export default defineConfig({
  main: {
    build: {
      outDir: "out/main",
      rolldownOptions: {
        input: { electron: resolve("src/main/electron.ts") },
        output: { format: "es", entryFileNames: "[name].js" },
      },
    },
  },
  preload: {
    build: {
      outDir: "out/preload",
      rolldownOptions: {
        input: { preload: resolve("src/main/preload.ts") },
        // A sandboxed preload must be CommonJS.
        output: { format: "cjs", entryFileNames: "[name].cjs" },
      },
    },
  },
  renderer: {
    root: "src/renderer",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: "out/renderer",
      emptyOutDir: true,
      minify: true,
      rolldownOptions: { input: { index: resolve("src/renderer/index.html") } },
    },
  },
});
